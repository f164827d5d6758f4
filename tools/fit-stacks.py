#!/usr/bin/python3
"""fit-stacks.py UNSEEN.CSV: factor and band of each software stack, from errors of unseen sources.

UNSEEN.CSV is written by fit-train.py --sources: each row was predicted with constants that never saw
its source. factor = measured over predicted time, the geometric mean shrunk by n / (n + 4). band = the
80 % quantile of |log error| with the finite-sample correction (order statistic ceil(0.8 (n + 1))).
Prints what src/size/stack.c holds, the error with and without factors (each row judged by a factor
that its own row did not enter), and the share of each source's rows inside the band that the other
sources of its stack give (nested: for stacks of one source, of its kind).
"""
import csv
import math
import sys
from collections import defaultdict


def quantile(values, share=0.8):
    v = sorted(abs(x) for x in values)
    return v[min(len(v), math.ceil(share * (len(v) + 1))) - 1]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def by_source(rows, value):
    groups = defaultdict(list)
    for r in rows:
        groups[r["source_id"]].append(value(r))
    return {k: mean(v) for k, v in groups.items()}


def main():
    with open(sys.argv[1], newline="") as f:
        rows = list(csv.DictReader(f))
    for r in rows:
        r["e"] = float(r["log_time_error_unseen"])
    stacks = defaultdict(list)
    for r in rows:
        stacks[r["stack"]].append(r)
    print("%-26s %5s %7s %11s %9s" % ("stack", "rows", "factor", "band dense", "band moe"))
    for name, members in stacks.items():
        n = len(members)
        bias = mean(r["e"] for r in members)
        for r in members:  # without its own row
            rest = (bias * n - r["e"]) / (n - 1) if n > 1 else 0
            r["c"] = r["e"] - rest * (n - 1) / (n + 3)
        bands = []
        for kind in ("dense", "moe"):
            v = [r["e"] for r in members if r["kind"] == kind]
            bands.append("%.3f (%d)" % (quantile(v), len(v)) if v else "-")
        print("%-26s %5d %7.3f %11s %9s" % (name, n, math.exp(-bias * n / (n + 4)), *bands))
    for key, title in (("e", "without factors"), ("c", "with factors, own row left out")):
        errors = by_source(rows, lambda r: abs(math.expm1(r[key])))
        print("%-32s %.1f%% mean, equal weight per source" % (title, 100 * mean(errors.values())))
    print("\n%-38s %5s %6s  band from" % ("source", "rows", "inside"))
    shares = []
    for source in dict.fromkeys(r["source_id"] for r in rows):
        mine = [r for r in rows if r["source_id"] == source]
        inside = 0
        origin = ""
        for r in mine:
            others = [o["e"] for o in rows if o["source_id"] != source and o["kind"] == r["kind"]]
            same = [o["e"] for o in rows if o["source_id"] != source and o["kind"] == r["kind"]
                    and o["stack"] == r["stack"]]
            origin = "stack" if len(same) >= 5 else "kind"
            inside += abs(r["e"]) <= quantile(same if len(same) >= 5 else others)
        shares.append(inside / len(mine))
        print("%-38s %5d %5.0f%%  %s" % (source, len(mine), 100 * inside / len(mine), origin))
    print("mean over sources %.0f%%" % (100 * mean(shares)))


if __name__ == "__main__":
    main()
