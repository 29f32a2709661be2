#!/bin/bash
# The training step beside PyTorch's, in turn: a JSON line for each run, named by shape. table.py makes the table of them.
#
#   PYTHON=python3 Benchmarks/train/run.sh [rounds] > lines.jsonl
#
# PYTHON names an interpreter with torch; without PYTHON the peers are left out. ONLY="default wide" chooses shapes.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
rounds=${1:-3}
declare -A shapes=(
  [default]=""
  [wide]="--layers 12 --hidden 768 --heads 12 --kv-heads 4 --ffn 2048 --seq 512 --batch 2 --steps 5"
  [vocabulary]="--layers 4 --hidden 256 --heads 4 --kv-heads 2 --ffn 768 --vocab 151665 --batch 4 --steps 5"
  [gpt]="--gpt --layers 6 --hidden 384 --heads 6"
)

# A label and a shape, then what runs.
line() {
  local shape=$1 peer=$2
  shift 2
  "$@" 2>/dev/null | tail -1 | sed "s/^{/{\"shape\":\"$shape\",\"peer\":\"$peer\",/"
}

line ceiling argonne "$root/.build/release/argonne" bench matmul --size 4096 --products 2 --steps 8
for _ in $(seq "$rounds"); do
  for shape in ${ONLY:-default wide vocabulary gpt}; do
    read -ra flags <<< "${shapes[$shape]}"
    line "$shape" argonne "$root/.build/release/argonne" bench train "${flags[@]}"
    [ -n "${PYTHON:-}" ] || continue
    line "$shape" eager "$PYTHON" "$root/Benchmarks/train/torch_train.py" "${flags[@]}"
    line "$shape" compiled "$PYTHON" "$root/Benchmarks/train/torch_train.py" --compile "${flags[@]}"
  done
done
