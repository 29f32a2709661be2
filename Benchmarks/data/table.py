"""The lines of run.sh as Markdown tables: medians over the rounds, with the range in brackets.

    Benchmarks/data/run.sh 3 > lines.jsonl; python3 Benchmarks/data/table.py lines.jsonl
"""

import json
import statistics
import sys

COLUMNS = {
    "encode": ["mb_per_core_second", "mb_per_second"],
    "train": ["core_seconds", "seconds"],
    "batches": ["mb_per_core_second", "mb_per_second", "tokens_per_second", "peak_mb"],
    "prepare": ["megabytes", "user_seconds", "seconds"],
    "wait": ["data_wait_percent"],
}


def shown(value):
    return f"{value / 1e6:,.2f} M" if value >= 1e5 else f"{value:,.0f}" if value >= 10 else f"{value:,.2f}"


def cell(values):
    if not values:
        return ""
    low, middle, high = (shown(v) for v in (min(values), statistics.median(values), max(values)))
    return middle if low == high else f"{middle} ({low}–{high})"


tables = {}
for line in open(sys.argv[1]):
    if not line.startswith("{"):
        continue
    found = json.loads(line)
    bench = found["bench"]
    if bench == "machine":
        print(f"{found['cores']} cores of {found['cpu']}, load average {found['load']} at the beginning")
        continue
    table = bench if bench in COLUMNS else "batches"
    threads = found.get("threads", found.get("workers"))
    name = [found.get("model") or found.get("peer", "argonne"), bench if table == "batches" and bench != "data" else None]
    label = " ".join(filter(None, name)) + (f", {threads} thread{'s' if threads > 1 else ''}" if threads else "")
    tables.setdefault(table, {}).setdefault(label, []).append(found)

for table, rows in tables.items():
    columns = COLUMNS[table]
    print(f"\n| {table} | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")
    for label, lines in rows.items():
        print(f"| {label} | {' | '.join(cell([l[c] for l in lines if c in l]) for c in columns)} |")
