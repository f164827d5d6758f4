#!/usr/bin/python3
"""fit-stacks.py UNSEEN.CSV: factor and bands of each software stack, from errors of unseen runs.

UNSEEN.CSV is written by fit-train.py. Prints what src/size/stack.c and band.c hold.

factor = measured over predicted time: the geometric mean, drawn to 1 by n / (n + 4).

band = half width in log time that holds four of five unseen runs. Runs are of three classes: dense,
experts inside an NVLink rack, experts elsewhere (hybrids are classed by their experts).
  strange  quantile 0.8 of |error| with the publisher left out and its software taken as unknown,
           publishers of equal weight. Experts have one publisher: what publishers differ by (taken from
           dense runs) is added in quadrature. For a stack without published runs.
  unknown  the same with the facts of the stack known.
  stack    quantile 0.8 of |error| with the source left out, sources of equal weight, drawn to the
           unknown band where that is wider: log width = (S log stack + 2 log unknown) / (S + 2), S
           sources.
Quantiles are order statistics 0.8 (1 + 1/n). Chips of another vendor than their curves: BORROWED in
quadrature (here as in band.c).

The last table repeats all of it for each source with everything that this source, or where its stack
has no other source its publisher, taught left out: the share of its runs inside.
"""
import csv
import math
import sys
from collections import defaultdict

BORROWED = 0.15
DRAW = 2
FLOOR = 0.05
CLASSES = ("dense", "rack", "other")


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def quantile(rows, key, by):
    """Order statistic 0.8 (1 + 1/n) of |key|, every value of `by` of equal weight."""
    count = defaultdict(int)
    for r in rows:
        count[r[by]] += 1
    ordered = sorted((abs(r[key]), 1 / count[r[by]] / len(count)) for r in rows)
    level = min(1, 0.8 * (1 + 1 / len(rows)))
    total = 0
    for value, weight in ordered:
        total += weight
        if total >= level - 1e-9:
            return value
    return ordered[-1][0]


def between(rows, key):
    """Standard deviation of the means of publishers, dense runs."""
    groups = defaultdict(list)
    for r in rows:
        if r["class"] == "dense":
            groups[r["publisher"]].append(r[key])
    means = [mean(v) for v in groups.values()]
    return math.sqrt(mean(m * m for m in means))


def unknown_band(rows, kind, key="publisher_left_out"):
    """None when no run is left to learn from. kind: dense, rack, other, hybrid."""
    if kind == "hybrid":
        chosen = [r for r in rows if r["kind"] == "hybrid"]
    else:
        chosen = [r for r in rows if r["class"] == kind and r["kind"] != "hybrid"]
    if not chosen:
        return None
    width = quantile(chosen, key, "publisher")
    return width if kind == "dense" else math.hypot(width, between(rows, key))


def stack_band(rows, stack, kind, unknown):
    chosen = [r for r in rows if r["stack"] == stack and r["class"] == kind]
    if not chosen:
        return None
    sources = len({r["source_id"] for r in chosen})
    own = max(FLOOR, quantile(chosen, "source_left_out", "source_id"))
    drawn = math.exp((sources * math.log(own) + DRAW * math.log(unknown)) / (sources + DRAW))
    return max(own, drawn)


def read(path):
    with open(path, newline="", encoding="ascii") as f:
        rows = list(csv.DictReader(f))
    for r in rows:
        for key in ("seen", "source_left_out", "publisher_left_out", "strange"):
            r[key] = float(r[key])
        r["sign"] = int(r["sign"])
        r["class"] = ("dense" if r["kind"] == "dense" else
                      "rack" if "nvl" in r["chip"] else "other")
        r["vendor"] = r["chip"].startswith("mi")
    return rows


def error(rows, key):
    """Mean of the published metric in percent, sources of equal weight."""
    groups = defaultdict(list)
    for r in rows:
        groups[r["source_id"]].append(abs(math.expm1(r["sign"] * r[key])))
    return 100 * mean(mean(v) for v in groups.values())


def print_stacks(rows):
    unknown = {k: unknown_band(rows, k) for k in CLASSES + ("hybrid",)}
    print("%-26s %4s %4s %7s %7s %7s %7s %8s %8s" % ("stack", "rows", "src", "factor", "dense", "rack",
                                                    "other", "without", "with"))
    for stack in dict.fromkeys(r["stack"] for r in rows):
        members = [r for r in rows if r["stack"] == stack]
        n = len(members)
        bias = mean(r["seen"] for r in members)
        for r in members:  # by a factor that its own row did not enter; its own source did not
            r["row"] = r["seen"] - (bias * n - r["seen"]) / (n + 3)
            rest = [o["seen"] for o in members if o["source_id"] != r["source_id"]]
            r["source"] = r["seen"] - sum(rest) / (len(rest) + 4)
        widths = [stack_band(rows, stack, k, unknown[k]) for k in CLASSES]
        print("%-26s %4d %4d %7.3f %7s %7s %7s %8.1f %8.1f" % (
            stack, n, len({r["source_id"] for r in members}), math.exp(-bias * n / (n + 4)),
            *["%.3f" % w if w else "-" for w in widths], error(members, "seen"),
            error(members, "row")))
    for title, key in (("facts known", "publisher_left_out"), ("strange", "strange")):
        print("%-12s dense %.3f, experts in a rack %.3f, elsewhere %.3f, hybrids %.3f; publishers "
              "differ by %.3f" % (title, *[unknown_band(rows, k, key) for k in CLASSES + ("hybrid",)],
                                  between(rows, key)))
    for key, title in (("seen", "without factors"), ("row", "with factors, own row left out"),
                       ("source", "with factors, own source left out")):
        print("%-34s %.1f%% mean, equal weight per source" % (title, error(rows, key)))


def left_out_width(rows, r):
    """The band of a run, from what is not its source; its publisher where its stack is new."""
    others = [o for o in rows if o["source_id"] != r["source_id"]]
    strangers = [o for o in rows if o["publisher"] != r["publisher"]]
    unknown = unknown_band(strangers, r["class"]) or unknown_band(others, r["class"])
    width = stack_band(others, r["stack"], r["class"], unknown)
    known = width is not None
    width = width or unknown
    return (math.hypot(width, BORROWED) if r["vendor"] else width), known


def print_strange(rows):
    shares = []
    for source in dict.fromkeys(r["source_id"] for r in rows):
        mine = [r for r in rows if r["source_id"] == source]
        inside = 0
        for r in mine:
            others = [o for o in rows if o["publisher"] != r["publisher"]]
            width = (unknown_band(others, r["class"], "strange") or
                     unknown_band([o for o in rows if o["source_id"] != source], r["class"], "strange"))
            inside += abs(r["strange"]) <= (math.hypot(width, BORROWED) if r["vendor"] else width)
        shares.append(inside / len(mine))
    print("\nevery source as one of an unknown stack, bands of other publishers: mean over sources %.0f%%"
          % (100 * mean(shares)))


def print_coverage(rows):
    print("\n%-38s %5s %7s %6s  %s" % ("source", "rows", "inside", "width", "band from"))
    shares = []
    every = 0
    for source in dict.fromkeys(r["source_id"] for r in rows):
        mine = [r for r in rows if r["source_id"] == source]
        inside = 0
        widths = []
        for r in mine:
            width, known = left_out_width(rows, r)
            widths.append(width)
            inside += abs(r["source_left_out" if known else "publisher_left_out"]) <= width
        shares.append(inside / len(mine))
        every += inside
        print("%-38s %5d %6.0f%% %6.3f  %s" % (source, len(mine), 100 * inside / len(mine),
                                               mean(widths), "stack" if known else "publishers"))
    print("mean over sources %.0f%%, of all rows %.0f%%" % (100 * mean(shares),
                                                            100 * every / len(rows)))


def main():
    rows = read(sys.argv[1])
    print_stacks(rows)
    print_coverage(rows)
    print_strange(rows)


if __name__ == "__main__":
    main()
