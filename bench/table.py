#!/usr/bin/env python3
"""JSON lines of claims on stdin -> a table on stdout. Exit status 1 when one is missed."""

import json
import sys


def as_claim(line):
    """A line of a goal of the running daemon (live.py) in the other lines' words."""
    return {"claim": line["name"], "goal": f"{line['goal']} {line['unit']}", "n": line["n"],
            "measured": {"median": line["value"], "min": line["spread"][0],
                         "max": line["spread"][1]}, "pass": line["met"],
            "ratio": line["value"] if line["unit"] == "ratio" else float("nan")}


def main():
    rows = [("claim", "goal", "median", "min", "max", "n", "ratio", "")]
    missed = 0
    for text in sys.stdin:
        line = json.loads(text)
        if "name" in line:
            line = as_claim(line)
        numbers = [f"{line['measured'][key]:.3f}" for key in ("median", "min", "max")]
        missed += not line["pass"]
        rows.append((line["claim"], line["goal"], *numbers, str(line["n"]), f"{line['ratio']:.3f}",
                     "pass" if line["pass"] else "MISSED"))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[i].ljust(widths[i]) if i < 2 or i == 7 else row[i].rjust(widths[i])
                 for i in range(len(row))]
        print("  ".join(cells).rstrip())
    print(f"{len(rows) - 1} claims, {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
