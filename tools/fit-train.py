#!/usr/bin/python3
"""fit-train.py SIZE_PROGRAM TRAINING.CSV [--families OUT.CSV | --sources OUT.CSV]: global constants of the training model.

Chooses the constants of src/size/params.h: robust least squares of log(predicted / measured) with
every source of equal weight, and a prior on each constant (log-normal around its physical guess), so
that what the data do not say stays where physics puts it. --families repeats the choice with each
family of sources (all releases of one publisher) left out and reports the error on the one that was
not seen; --sources does so for each single source and writes the errors that the bands are made of.
"""
import subprocess
import sys

import numpy as np
from scipy.optimize import least_squares

# name: guess, sigma of the log, low, high
PARAMS = {
    "attn_fwd": (0.75, 0.15, 0.4, 1.1), "attn_bwd": (0.65, 0.15, 0.35, 1.0),
    "attn_gemm": (0.55, 0.2, 0.3, 0.9), "memory_eff": (0.85, 0.08, 0.65, 1.0),
    "sustained_a16": (0.88, 0.04, 0.75, 1.0), "sustained_h16": (0.92, 0.05, 0.75, 1.05),
    "sustained_h8": (0.86, 0.07, 0.7, 1.05), "sustained_b16": (0.90, 0.07, 0.7, 1.05),
    "sustained_b8": (0.90, 0.07, 0.7, 1.1), "sustained_bmx": (0.88, 0.07, 0.7, 1.1),
    "sustained_b4": (0.88, 0.10, 0.6, 1.2), "attn_half": (1000, 0.5, 200, 3000),
    "dp_overlap_moe": (0.5, 0.4, 0.05, 0.95), "slow_scaleup": (0.15, 0.3, 0.03, 0.3),
    "cast_hopper": (0.7, 0.3, 0.2, 1.5), "cast_blackwell": (0.4, 0.3, 0.1, 1.0),
    "p2p_blocking": (0.7, 0.3, 0.2, 1.0), "imbalance": (0.7, 0.3, 0.2, 1.0), "congestion": (0.03, 0.5, 0.005, 0.15),
    "tp_overlap": (0.75, 0.2, 0.3, 0.97), "ep_overlap": (0.4, 0.4, 0.1, 0.9),
    "ep_eff": (0.6, 0.3, 0.25, 1.0), "host_eager_us": (43.0, 0.05, 30, 60), "host_kernel_us": (10.0, 0.5, 3.0, 40.0),
    "host_moe_ms": (6.0, 0.4, 1.0, 15.0), "gap_us": (1.5, 0.4, 0.3, 6.0),
    "moe_eff": (0.8, 0.15, 0.5, 1.05), "moe_bytes": (1.0, 0.4, 0.3, 3.0),
    "step_fixed_ms": (8.0, 0.5, 1.0, 40.0), "p2p_overlap": (0.8, 0.2, 0.4, 0.95),
    "straggler": (0.006, 0.4, 0.001, 0.03), "mamba_eff": (0.06, 0.7, 0.01, 0.5),
    "borrowed_eff": (0.75, 0.15, 0.5, 1.1), "dp_overlap": (0.85, 0.1, 0.6, 0.97),
    "optimizer_bytes": (40.0, 0.2, 24.0, 60.0), "unfused_bytes": (1.0, 0.25, 0.5, 1.5),
}
NAMES = list(PARAMS)
GUESS = np.log([PARAMS[n][0] for n in NAMES])
SIGMA = np.array([PARAMS[n][1] for n in NAMES])
LOW = np.log([PARAMS[n][2] for n in NAMES])
HIGH = np.log([PARAMS[n][3] for n in NAMES])
SCALE = 0.035 # an error of this size counts as one; larger ones count ever less


def family(source):
    for name in ("mbridge", "mlperf", "nemo", "vtrain", "korthikanti", "mtnlg", "sc21", "mcore"):
        if source.startswith(name):
            return name
    return source


def run(program, path, x, extra=()):
    args = ["--%s=%.10g" % (n, np.exp(v)) for n, v in zip(NAMES, x)]
    out = subprocess.run([program, *extra, *args, "--ratios", "--validate", path], check=True,
                         capture_output=True, text=True).stdout
    rows = [line.split(",") for line in out.splitlines()]
    return rows, np.array([float(r[5]) for r in rows])


def weights(rows):
    sources = [r[1] for r in rows]
    count = {s: sources.count(s) for s in sources}
    return np.array([1 / count[s] for s in sources])


def fit(program, path, keep, start):
    rows, _ = run(program, path, start)
    w = np.sqrt(weights(rows)) * keep

    def residual(x):
        e = run(program, path, x)[1] / SCALE
        soft = np.sign(e) * np.sqrt(2 * (np.sqrt(1 + e * e) - 1))
        return np.concatenate([w * soft, 0.7 * (x - GUESS) / SIGMA])

    x = np.clip(start, LOW + 1e-3, HIGH - 1e-3)
    return least_squares(residual, x, bounds=(LOW, HIGH), diff_step=0.01, max_nfev=10).x


def report(rows, e, select, title):
    """Mean |predicted/measured - 1| of the published metric, equal weight per source."""
    by = {}
    for r, v, s in zip(rows, e, select):
        if s:
            by.setdefault(r[1], []).append(abs(np.expm1(v)))
    means = {k: np.mean(v) for k, v in by.items()}
    print("%-34s %5.1f%% mean over %d sources, %d rows" % (
        title, 100 * np.mean(list(means.values())), len(means), int(np.sum(select))))


def main():
    program, path = sys.argv[1:3]
    rows, _ = run(program, path, GUESS)
    fam = np.array([family(r[1]) for r in rows])
    everything = np.ones(len(rows), bool)
    x = fit(program, path, everything, GUESS)
    rows, e = run(program, path, x)
    print(" ".join("%s=%.4g" % (n, np.exp(v)) for n, v in zip(NAMES, x)))
    report(rows, e, everything, "all, seen")
    mode = sys.argv[3] if len(sys.argv) > 3 else ""
    if mode not in ("--families", "--sources"):
        return
    if mode == "--sources":
        fam = np.array([r[1] for r in rows])
    held = np.zeros(len(rows))
    for f in sorted(set(fam)):
        xf = fit(program, path, fam != f, x)
        _, ef = run(program, path, xf)
        held[fam == f] = ef[fam == f]
        report(rows, e, fam == f, f + " seen")
        report(rows, ef, fam == f, f + " held out")
    report(rows, held, everything, "all, held out")
    with open(sys.argv[4], "w") as out:
        out.write("id,source_id,chip,stack,kind,log_time_error_unseen,log_time_error_seen\n")
        for r, v, w in zip(rows, held, e):
            out.write(",".join([*r[:5], "%.6g" % v, "%.6g" % w]) + "\n")


if __name__ == "__main__":
    main()
