"""Compares the losses of two metrics.jsonl, step by step; prints one JSON line."""

import json
import sys

here, there = ([json.loads(line)["loss"] for line in open(path)] for path in sys.argv[1:])
if len(here) != len(there):
    sys.exit(f"error: {len(here)} losses in {sys.argv[1]} and {len(there)} in {sys.argv[2]}")
differences = [abs(a - b) / a for a, b in zip(here, there)]
print(json.dumps({"steps": len(here), "greatest_relative_difference": max(differences), "cpu": here, "gpu": there}))
