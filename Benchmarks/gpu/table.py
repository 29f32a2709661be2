"""Prints the results of Benchmarks/gpu.sh as a table: table.py RESULTS.jsonl GPU."""

import json
import sys

results = {line["name"]: line for line in map(json.loads, open(sys.argv[1]))}
ceiling = results.get("ceiling", {}).get("result", {}).get("tflops")
print(f"{sys.argv[2]}\n")
if ceiling:
    print(f"bfloat16 matrix products of 8192 × 8192: {ceiling:.0f} TFLOP/s, measured in the same run\n")
for precision, bound in (("f32", 2e-3), ("bf16", 1e-2)):
    line = results.get(f"losses {precision}", {})
    if "result" in line:
        difference = line["result"]["greatest_relative_difference"]
        verdict = "agree" if difference <= bound else "DIFFER"
        print(f"first {line['result']['steps']} losses of argonne-small, {precision}: {verdict} with the CPU's (greatest difference {difference:.1e}, bound {bound:.0e})\n")
    elif line:
        print(f"losses in {precision}: {line['error']}\n")

print("| model | framework | tokens/s | TFLOP/s | of the ceiling | step, s | GiB | to the better PyTorch |\n|---|---|---|---|---|---|---|---|")
for name, line in results.items():
    model, _, framework = name.partition(" argonne") if " argonne" in name else name.partition(" torch")
    if name == "ceiling" or name.startswith("losses"):
        continue
    framework = "argonne" + framework if " argonne" in name else "torch" + framework
    if "error" in line:
        print(f"| {model} | {framework} | {line['error']} | | | | | |")
        continue
    r = line["result"]
    peers = [results.get(f"{model} {peer}", {}).get("result", {}).get("tokens_per_second", 0) for peer in ("torch", "torch compiled")]
    ratio = f"{r['tokens_per_second'] / max(peers):.2f}" if framework.startswith("argonne") and max(peers) else ""
    share = f"{r['tflops'] / ceiling:.0%}" if ceiling else ""
    print(f"| {model} | {framework} | {r['tokens_per_second']:,.0f} | {r['tflops']:.0f} | {share} | {r['step_seconds']:.3f} | {r['peak_gib']} | {ratio} |")
rate = results.get("argonne-1.5 argonne", {}).get("result", {}).get("tokens_per_second")
if rate:
    print(f"\nargonne-1.5 to the 3,440 tokens/s of an A100 that its training had: {rate / 3440:.1f}")
