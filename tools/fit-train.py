#!/usr/bin/python3
"""fit-train.py SIZE_PROGRAM TRAINING.CSV [OUT.CSV]: two stack factors of training that only rows can say.

Both are what a stack does and not what a chip can: the host's share of an expert block, and how far a
stack's state-space scan, with its convolution and copies, stays behind a fused kernel.

All other constants of src/size/params.h come from the micro-benchmarks, from counting, from a paper or
a manual (docs/size-model.md, "Constants") and no row moves them. Robust least squares of
log(predicted / measured), every source of equal weight, with a log-normal prior on both constants.
The choice is repeated with each source, and with each publisher (all releases of one), left out; what
is left out is predicted by constants that never saw it, and a second time as a run of the default
stack ("strange"), which is what a user with other software gets. Prints the error of the published metric,
seen and left out, and writes OUT.CSV with a row a run, which fit-stacks.py reads.
"""
import subprocess
import sys

import numpy as np
from scipy.optimize import least_squares

# name: guess, sigma of the log, low, high
PARAMS = {
    "mamba_eff": (0.04, 0.7, 0.01, 0.5),   # Mamba-2 paper: near fused attention of 2,048 tokens
    "host_moe_ms": (6.0, 0.4, 1.0, 15.0),  # some 600 launches and three waits
}
NAMES = list(PARAMS)
GUESS = np.log([PARAMS[n][0] for n in NAMES])
SIGMA = np.array([PARAMS[n][1] for n in NAMES])
LOW = np.log([PARAMS[n][2] for n in NAMES])
HIGH = np.log([PARAMS[n][3] for n in NAMES])
SCALE = 0.035  # an error of this size counts as one; larger ones count ever less
PUBLISHERS = ("mbridge", "mlperf", "nemo", "vtrain", "korthikanti", "mtnlg", "sc21", "mcore")


def publisher(source):
    return next((name for name in PUBLISHERS if source.startswith(name)), source)


def run(program, path, x, *extra):
    args = ["--%s=%.10g" % (n, np.exp(v)) for n, v in zip(NAMES, x)]
    out = subprocess.run([program, *extra, *args, "--ratios", "--validate", path], check=True,
                         capture_output=True, text=True).stdout
    rows = [line.split(",") for line in out.splitlines()]
    return rows, np.array([float(r[5]) for r in rows])


def fit(program, path, keep):
    rows, _ = run(program, path, GUESS)
    sources = [r[1] for r in rows]
    w = np.sqrt([1 / sources.count(s) for s in sources]) * keep

    def residual(x):
        e = run(program, path, x)[1] / SCALE
        soft = np.sign(e) * np.sqrt(2 * (np.sqrt(1 + e * e) - 1))
        return np.concatenate([w * soft, 0.7 * (x - GUESS) / SIGMA])

    return least_squares(residual, GUESS, bounds=(LOW, HIGH), diff_step=0.01, max_nfev=10).x


def report(rows, e, select, title):
    """Mean |predicted/measured - 1| of the published metric, equal weight per source."""
    by = {}
    for r, v, s in zip(rows, e, select):
        if s:
            by.setdefault(r[1], []).append(abs(np.expm1(float(r[8]) * v)))
    means = [np.mean(v) for v in by.values()]
    print("%-34s %5.1f%% mean over %d sources, %d rows" % (
        title, 100 * np.mean(means), len(means), int(np.sum(select))))


def leave_out(program, path, groups):
    """Errors of each group by constants that never saw it; the same with its software unknown too."""
    held = np.zeros(len(groups))
    strange = np.zeros(len(groups))
    for g in sorted(set(groups)):
        x = fit(program, path, groups != g)
        held[groups == g] = run(program, path, x)[1][groups == g]
        strange[groups == g] = run(program, path, x, "--strange")[1][groups == g]
    return held, strange


def main():
    program, path = sys.argv[1:3]
    rows, _ = run(program, path, GUESS)
    everything = np.ones(len(rows), bool)
    x = fit(program, path, everything)
    rows, e = run(program, path, x)
    print(" ".join("%s=%.4g" % (n, np.exp(v)) for n, v in zip(NAMES, x)))
    report(rows, e, everything, "all, seen")
    if len(sys.argv) < 4:
        return
    sources = np.array([r[1] for r in rows])
    publishers = np.array([publisher(s) for s in sources])
    by_source, _ = leave_out(program, path, sources)
    by_publisher, strange = leave_out(program, path, publishers)
    report(rows, by_source, everything, "all, each source left out")
    report(rows, by_publisher, everything, "all, each publisher left out")
    report(rows, strange, everything, "all, publisher and stack unknown")
    for p in sorted(set(publishers)):
        report(rows, e, publishers == p, p + " seen")
        report(rows, by_publisher, publishers == p, p + " left out")
    with open(sys.argv[3], "w", encoding="ascii") as out:
        out.write("id,source_id,publisher,chip,stack,kind,sign,seen,source_left_out,publisher_left_out,"
                  "strange\n")
        for r, p, *values in zip(rows, publishers, e, by_source, by_publisher, strange):
            out.write(",".join([r[0], r[1], p, *r[2:5], r[8], *["%.6g" % v for v in values]]) + "\n")


if __name__ == "__main__":
    main()
