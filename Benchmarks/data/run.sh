#!/bin/bash
# All numbers of Benchmarks/data/README.md and Benchmarks/tokenizer/README.md, interleaved in one run: a JSON line for each; table.py makes tables of them.
#
#   Benchmarks/data/run.sh [rounds] [folder with fineweb-mini and qwen2.5-tokenizer]
#
# PYTHON names an interpreter with tokenizers, tiktoken, pyarrow, numpy and torch; without PYTHON the peers are left out.
# ONLY=encode|train|data|wait chooses a part.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
rounds=${1:-3} data=${2:-$root/../shared/data} argonne=$root/.build/release/argonne
shards=("$data"/fineweb-mini/*.parquet) tokenizer=$data/qwen2.5-tokenizer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

part() { [ -z "${ONLY:-}" ] || [ "$ONLY" = "$1" ]; }
# One program at a time: a label, then its JSON lines. `pinned` gives it one core.
line() { local label=$1; shift; "$@" | sed "s/^{/{\"bench\":\"$label\",/"; }
pinned() { taskset -c 1 "$@"; }
on() { local threads=$1; shift; if [ "$threads" = 1 ]; then pinned "$@"; else "$@"; fi; }
peer() { [ -z "${PYTHON:-}" ] || "$@"; }

echo "{\"bench\":\"machine\",\"cpu\":\"$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)\",\"cores\":$(nproc),\"load\":\"$(cut -d' ' -f1-3 /proc/loadavg)\"}"

if part data; then
  # 25 copies, so that reading prepared tokens takes longer than beginning to.
  mkdir "$work/copies"
  for copy in $(seq 25); do for shard in "${shards[@]}"; do ln -s "$(realpath "$shard")" "$work/copies/$copy-$(basename "$shard")"; done; done
  TIMEFORMAT='{"bench":"prepare","megabytes":445.71,"seconds":%R,"user_seconds":%U}'
  { time pinned "$argonne" data prepare --data "$work/copies" --output "$work/prepared" --tokenizer "$tokenizer" --workers 1 2>/dev/null; } 2>&1
fi

for _ in $(seq "$rounds"); do
  if part encode; then
    for threads in 1 2; do
      line encode on $threads "$argonne" bench tokenizer --tokenizer "$tokenizer" --threads $threads "${shards[@]}"
      peer line encode on $threads "${PYTHON:-}" "$root/Benchmarks/tokenizer/peers.py" encode tiktoken "$tokenizer/tokenizer.json" "${shards[@]}" --threads $threads
      peer line encode on $threads "${PYTHON:-}" "$root/Benchmarks/tokenizer/peers.py" encode hf-tokenizers "$tokenizer/tokenizer.json" "${shards[@]}" --threads $threads
    done
  fi
  if part train; then
    for threads in 1 2; do
      line train on $threads "$argonne" bench tokenizer --train --threads $threads "${shards[@]}"
      peer line train on $threads "${PYTHON:-}" "$root/Benchmarks/tokenizer/peers.py" train hf-tokenizers - "${shards[@]}" --threads $threads
    done
  fi
  if part data; then
    line raw pinned "$argonne" bench data --data "$data/fineweb-mini" --tokenizer "$tokenizer" --seconds 5
    line raw-bytes pinned "$argonne" bench data --data "$data/fineweb-mini" --seconds 5
    line raw-2-workers "$argonne" bench data --data "$data/fineweb-mini" --tokenizer "$tokenizer" --workers 2 --seconds 5
    line prepared pinned "$argonne" bench data --data "$work/prepared" --tokenizer "$tokenizer" --seconds 3
    line prepared-in-order pinned "$argonne" bench data --data "$work/prepared" --tokenizer "$tokenizer" --shuffle-window 0 --seconds 3
    peer line data pinned "${PYTHON:-}" "$root/Benchmarks/data/peers.py" "$tokenizer/tokenizer.json" "${shards[@]}"
  fi
done

if part wait; then
  # The share of training's time that waits for data: raw Parquet, tokenised while the model trains on the same cores.
  "$argonne" tokenizer train --data "$data/fineweb-mini" --output "$work/tokenizer" 2>/dev/null
  for run in "argonne-nano 40" "argonne-tiny 8"; do
    read -r model steps <<<"$run"
    "$argonne" train --model "$model" --data "$data/fineweb-mini" --tokenizer "$work/tokenizer" --run "$work/$model" --steps "$steps" \
      --sample-every 0 2>&1 \
      | sed -n "s/.*; \([0-9.]*\) % of the time was waiting for it/{\"bench\":\"wait\",\"model\":\"$model\",\"steps\":$steps,\"data_wait_percent\":\1}/p"
  done
fi
