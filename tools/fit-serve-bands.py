#!/usr/bin/env python3
"""fit-serve-bands.py BINARY CSV MODELS.TSV SOURCES.TSV: the widths of src/size/serve_band.c and what they hold.

MODELS.TSV and SOURCES.TSV come from fit-serve.py --leave-out. The width of a kind of answer is the
quantile 0.8 of |log(predicted / measured)| of rows whose family of models had no say, or, where wider, of
rows whose publisher had none: a user has both, a new model and another cluster. A quantile of n rows is the
order statistic 0.8 (n + 1) (split conformal prediction). Prints the table, then the share of rows inside, by
source, engine, chip and kind, seen and left out.
"""
import collections
import math
import subprocess
import sys

METRICS = ("tokens/s", "tpot", "ttft")
SHARE = 0.8


def left_out(path):
    rows = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            r = line.rstrip("\n").split("\t")
            rows.append({"id": r[0], "source": r[1], "model": r[3], "kind": r[7], "chip": r[8],
                         "engine": r[9], "e": [float(v) for v in r[4:7]]})
    return rows


def seen(binary, path):
    out = subprocess.run([binary, path, "--rows"], check=True, capture_output=True, text=True).stdout
    rows = []
    for line in out.splitlines():
        f = line.split("\t")
        if f[19] == "0":
            rows.append({"id": f[0], "source": f[1], "model": f[2], "kind": f[23], "chip": f[3],
                         "engine": f[4], "e": [float(f[16]), float(f[17]), float(f[18])],
                         "band": [math.log(float(f[21])), math.log(float(f[24])), math.log(float(f[25]))]})
    return rows


def quantile(errors):
    values = sorted(abs(e) for e in errors if math.isfinite(e))
    at = math.ceil(SHARE * (len(values) + 1)) - 1
    return values[min(at, len(values) - 1)] if values else math.nan


def inside(rows, bands, metric):
    hits = [abs(r["e"][metric]) <= bands[r["id"]][metric] for r in rows if math.isfinite(r["e"][metric])]
    return "%5.0f of %4d" % (100 * sum(hits) / len(hits), len(hits)) if hits else "            -"


def main():
    binary, path, models, sources = sys.argv[1:5]
    sets = [seen(binary, path), left_out(models), left_out(sources)]
    bands = {r["id"]: r["band"] for r in sets[0]}
    print("%-30s %6s  %s" % ("kind: quantiles 0.8 in log", "rows", "  ".join(
        "%s seen family publisher" % m for m in METRICS)))
    for kind in dict.fromkeys(r["kind"] for r in sets[0]):
        cells = ["  ".join("%.3f" % quantile([r["e"][m] for r in rows if r["kind"] == kind])
                           for rows in sets) for m in range(3)]
        print("%-30s %6d  %s" % (kind, sum(r["kind"] == kind for r in sets[0]), "  |  ".join(cells)))
    for key in ("source", "engine", "chip", "kind"):
        print("\n%-30s %s" % ("inside, %, by " + key, "   ".join(
            "%-8s %s" % (m, "   ".join(("seen", "family out", "publisher out"))) for m in METRICS)))
        groups = collections.OrderedDict.fromkeys(r[key] for r in sets[0])
        for group in groups:
            print("%-30s %s" % (group, " | ".join(" ".join(inside(
                [r for r in rows if r[key] == group], bands, m) for rows in sets) for m in range(3))))


if __name__ == "__main__":
    main()
