#!/usr/bin/env bash
# The whole way in a few minutes on a laptop's CPU: real text → tokenizer → training → loss curve → text from the model.
# Text: the King James Bible (public domain) from Debian's package bible-kjv, a document a chapter; or TEXT=file.txt, a document a line.
# About 1.5 million parameters, 500 steps of 16 × 128 tokens = 1 M tokens, 9 TFLOP, under 1 GiB of memory.
set -euo pipefail
cd "$(dirname "$0")/.."
argonne=.build/release/argonne
folder=${RUN:-runs/quickstart}
[ ! -e "$folder" ] || { echo "$folder is there already; remove it, or choose another folder with RUN=DIR" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

text=${TEXT:-$work/kjv.txt}
if [ -z "${TEXT:-}" ]; then
  if ! command -v bible > /dev/null; then
    echo "installing bible-kjv for its text"
    sudo=$([ "$(id -u)" = 0 ] || echo sudo)
    { $sudo apt-get install -y -qq bible-kjv || { $sudo apt-get update -qq && $sudo apt-get install -y -qq bible-kjv; }; } > "$work/apt.log" 2>&1 || {
      cat "$work/apt.log" >&2
      echo "the package bible-kjv cannot be installed here; give a text of your own: make quickstart TEXT=file.txt" >&2
      exit 1
    }
  fi
  # `bible` prints a verse a line as "Ge1:1 In the beginning …"; lines of one chapter are joined.
  bible -f 'Gen1:1-Rev22:21' | awk '{ chapter = $1; sub(/:.*/, "", chapter); sub(/^[^ ]+ /, "")
    if (NR > 1) printf chapter == last ? " " : "\n"; printf "%s", $0; last = chapter } END { print "" }' > "$text"
fi

"$argonne" data convert --data "$text" --output "$work/text.parquet"
"$argonne" tokenizer train --data "$work/text.parquet" --vocabulary-size 4096 --output "$work/tokenizer"
"$argonne" train --model argonne-nano --tokenizer "$work/tokenizer" --data "$work/text.parquet" --run "$folder" --steps 500 \
  --batch-size 16 --sequence-length 128 --learning-rate 3e-3 --checkpoint-every 250 --sample-every 250 --sample-prompt "In the beginning"
echo
echo "What the model writes after \"And it came to pass\":"
"$argonne" generate --model "$folder" --prompt "And it came to pass" --max-new-tokens 80 --temperature 0.7
echo
echo "The loss curve is $folder/loss.svg. Write more: $argonne generate --model $folder --prompt \"...\""
