#!/usr/bin/env bash
# Benchmarks/gpu/prepare.sh TEXT: makes Benchmarks/gpu/kit, all that Benchmarks/gpu.sh needs on a machine with neither Swift nor a network:
# the program, some text, and the processor's losses on it to compare with. About 40 MB; takes minutes, most of them the losses.
set -euo pipefail
cd "$(dirname "$0")/../.."
text=${1:?"usage: Benchmarks/gpu/prepare.sh TEXT (any text file of a megabyte or more)"}
kit=Benchmarks/gpu/kit
mkdir -p "$kit"

make native
swift build -c release --product argonne --static-swift-stdlib
strip -o "$kit/argonne" "$(swift build -c release --show-bin-path)/argonne"
head -c 2000000 "$text" > "$kit/text.txt"

run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
ARGONNE_NATIVE_DIR=$PWD/.build/native "$kit/argonne" train --config Benchmarks/gpu/losses.json --data "$kit/text.txt" --run "$run/cpu" --device cpu
cp "$run/cpu/metrics.jsonl" "$kit/cpu-losses.jsonl"
du -sh "$kit"
