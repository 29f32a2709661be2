#!/usr/bin/env bash
# Benchmarks/gpu.sh [PART…]: what Argonne does on this machine's NVIDIA GPU, beside PyTorch, in under nine minutes. Needs the kit that
# Benchmarks/gpu/prepare.sh makes, python3 with PyTorch, and the CUDA plugin (make deps-cuda, or jax-cuda13-pjrt beside PyTorch).
# Parts, in this order unless named: ceiling, losses, argonne-2.0, argonne-small, argonne-1.5; also flags, which tries XLA's flags.
# Each result is a line of $OUT/results.jsonl as soon as it is there; $OUT/log.txt has what the programs said; $OUT/table.md the table.
set -uo pipefail
cd "$(dirname "$0")/.."
out=${OUT:-Benchmarks/gpu/results}
kit=$PWD/Benchmarks/gpu/kit
deadline=$((SECONDS + ${ALLOWED_SECONDS:-530}))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
: > "$out/results.jsonl"
: > "$out/log.txt"
gunzip -c "$kit/argonne.gz" > "$work/argonne" || { echo "error: no kit: run Benchmarks/gpu/prepare.sh TEXT where Swift is" >&2; exit 1; }
chmod +x "$work/argonne"

if [ -z "${ARGONNE_PJRT_PLUGIN:-}" ]; then
  ARGONNE_PJRT_PLUGIN=$(python3 -c 'import glob, sys
places = [".deps/cuda"] + sys.path
print(next((p for d in places for p in glob.glob(d + "/jax_plugins/xla_cuda*/xla_cuda_plugin.so")), ""))')
fi
[ -n "$ARGONNE_PJRT_PLUGIN" ] || { echo "error: no CUDA plugin: run make deps-cuda, or set ARGONNE_PJRT_PLUGIN" >&2; exit 1; }
export ARGONNE_PJRT_PLUGIN
# Python packages may come without the compiler's parts (ptxas, libdevice); then the CUDA toolkit's are used.
toolkit=$(dirname "$(dirname "$(readlink -f "$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)")")")
if [ ! -d "$(dirname "$ARGONNE_PJRT_PLUGIN")/../../nvidia/cu13/nvvm" ] && [ -d "$toolkit/nvvm/libdevice" ]; then
  export PATH=$toolkit/bin:$PATH XLA_FLAGS="${XLA_FLAGS:-} --xla_gpu_cuda_data_dir=$toolkit"
fi
gpu=$(nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits | head -1)
[ -n "$gpu" ] || { echo "error: nvidia-smi finds no GPU" >&2; exit 1; }
memory=$(echo "$gpu" | cut -d, -f2 | tr -d ' ')
echo "$gpu; $ARGONNE_PJRT_PLUGIN" | tee -a "$out/log.txt"

# measure NAME SECONDS COMMAND…: the command's last line, a JSON object, becomes a result of that name.
measure() {
  local name=$1 most=$2 left=$((deadline - SECONDS)) start=$SECONDS code=0
  shift 2
  if ((left < 15)); then
    echo "{\"name\": \"$name\", \"error\": \"not run: the time was up\"}" >> "$out/results.jsonl"
    return
  fi
  echo "== $name: $*" >> "$out/log.txt"
  timeout "$((left < most ? left : most))" "$@" > "$work/out" 2> "$work/err" || code=$?
  cat "$work/err" >> "$out/log.txt"
  python3 - "$name" "$code" "$((SECONDS - start))" "$work" >> "$out/results.jsonl" <<'PYTHON'
import json, sys
name, code, seconds, work = sys.argv[1:]
lines = open(work + "/out").read().strip().splitlines()
result = {"name": name, "wall_seconds": int(seconds)}
try:
    result["result"] = json.loads(lines[-1])
except (IndexError, ValueError):
    said = open(work + "/err").read().strip().splitlines()
    result["error"] = f"exit status {code}: {said[-1][:300] if said else 'it said nothing'}"
print(json.dumps(result))
PYTHON
  tail -1 "$out/results.jsonl"
}

# losses PRECISION: the first losses on the GPU beside the processor's.
losses() {
  "$work/argonne" train --config Benchmarks/gpu/losses.json --data "$kit/text.txt" --run "$work/$1" --device cuda --precision "$1" >&2 \
    && python3 Benchmarks/gpu/compare_losses.py "$kit/cpu-losses.jsonl" "$work/$1/metrics.jsonl"
}
export -f losses
export kit work

# pair NAME FLAGS…: the same step by Argonne, by PyTorch, and by PyTorch compiled; $torch_only are flags for PyTorch alone.
torch_only=()
pair() {
  local name=$1
  shift
  measure "$name argonne" 150 "$work/argonne" bench train --device cuda --bf16 --recompute none "$@"
  if tail -1 "$out/results.jsonl" | grep -q '"error": "exit'; then
    measure "$name argonne --attention composed" 150 "$work/argonne" bench train --device cuda --bf16 --recompute none --attention composed "$@"
  fi
  measure "$name torch" 90 python3 Benchmarks/train/torch_train.py --device cuda --bf16 "$@" "${torch_only[@]}"
  measure "$name torch compiled" 150 python3 Benchmarks/train/torch_train.py --device cuda --bf16 --compile "$@" "${torch_only[@]}"
}

small=(--layers 14 --hidden 768 --heads 12 --kv-heads 4 --ffn 2560 --vocab 32000 --seq 2048 --batch 16)
for part in ${*:-ceiling losses argonne-2.0 argonne-small argonne-1.5}; do
  case $part in
    ceiling) measure "ceiling" 60 "$work/argonne" bench matmul --device cuda --bf16 --size 8192 ;;
    losses)
      measure "losses f32" 100 bash -c 'losses f32'
      measure "losses bf16" 100 bash -c 'losses bf16'
      ;;
    argonne-small) pair "argonne-small" "${small[@]}" ;;
    argonne-1.5) pair "argonne-1.5" --gpt --layers 16 --hidden 1296 --heads 16 --vocab 12000 --seq 2048 --batch 16 ;;
    argonne-2.0)
      # With its optimizer it needs 79 GB: on a smaller card half of the blocks stand in for all. PyTorch, which also holds the logits of the
      # whole batch, has to compute blocks again to fit.
      if ((memory > 100000)); then name="argonne-2.0" layers=24; else name="argonne-2.0 (12 of 24 blocks)" layers=12; fi
      shape=(--layers $layers --hidden 4080 --heads 24 --kv-heads 8 --ffn 11008 --vocab 151665 --seq 4096 --steps 6)
      torch_only=(--remat)
      pair "$name" "${shape[@]}" --batch 2
      torch_only=()
      measure "$name argonne --batch 4" 120 "$work/argonne" bench train --device cuda --bf16 --recompute none "${shape[@]}" --batch 4
      ;;
    flags)
      for flag in --xla_gpu_enable_latency_hiding_scheduler=false --xla_gpu_enable_triton_gemm=false --xla_gpu_enable_command_buffer= \
        --xla_gpu_autotune_level=0; do
        XLA_FLAGS="${XLA_FLAGS:-} $flag" measure "argonne-small argonne $flag" 90 "$work/argonne" bench train --device cuda --bf16 --recompute none "${small[@]}"
      done
      measure "argonne-small argonne --attention composed" 90 "$work/argonne" bench train --device cuda --bf16 --recompute none --attention composed "${small[@]}"
      ;;
    *) echo "error: no part is called $part" >&2 ;;
  esac
done
python3 Benchmarks/gpu/table.py "$out/results.jsonl" "$gpu" | tee "$out/table.md"
