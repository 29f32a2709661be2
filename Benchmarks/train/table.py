"""The lines of run.sh as a Markdown table: medians over the rounds, ranges in brackets, and the ratio to the better PyTorch variant.

    PYTHON=python3 Benchmarks/train/run.sh 3 > lines.jsonl; python3 Benchmarks/train/table.py lines.jsonl
"""

import json
import statistics
import sys

lines = [json.loads(line) for line in open(sys.argv[1])]
ceiling = next(line["tflops"] for line in lines if line["shape"] == "ceiling")
print(f"Products of 4096 × 4096 matrices: {ceiling:.3f} TFLOP/s.\n")
print("| shape | Argonne | PyTorch eager | PyTorch compiled | ratio | peak memory: Argonne, eager, compiled | share of the ceiling |")
print("|---|---|---|---|---|---|---|")
for shape in dict.fromkeys(line["shape"] for line in lines if line["shape"] != "ceiling"):
    rates, memory = {}, {}
    for peer in ("argonne", "eager", "compiled"):
        runs = [line for line in lines if line["shape"] == shape and line["peer"] == peer]
        rates[peer] = [line["tokens_per_second"] for line in runs]
        memory[peer] = max((line["peak_gib"] for line in runs), default=0)
        operations = statistics.median(line["tflops"] for line in runs) if peer == "argonne" else operations
    medians = {peer: statistics.median(values) for peer, values in rates.items() if values}
    cells = [f"{medians[p]:,.0f} ({min(v):,.0f}–{max(v):,.0f})" if v else "" for p, v in rates.items()]
    best = max((value for peer, value in medians.items() if peer != "argonne"), default=None)
    ratio = f"{medians['argonne'] / best:.2f} ×" if best else ""
    gibibytes = ", ".join(f"{value:.2f}" for value in memory.values()) + " GiB"
    print(f"| {shape} | " + " | ".join(cells) + f" | {ratio} | {gibibytes} | {operations / ceiling:.0%} |")
