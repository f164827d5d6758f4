#!/usr/bin/python3
"""fit-kernels.py CALIBRATION_DIR CHIPS.CSV OUT_DIR: kernel and collective curves from micro-benchmarks.

Writes OUT_DIR/kernels.csv and OUT_DIR/collectives.csv, one row a curve, and prints the residuals.

GEMM of m x n x k (docs/size-model.md, "GEMM"):
    compute = 2 rows n k / (F sat(n) sat(k) wave(m, n))          sat(x) = x / (x + half_x)
    rows    = (m ** q + half_m ** q) ** (1/q): fewer rows than a tile has cost as many as a tile
    wave    = (u / ceil(u)) ** wave_power,  u = ceil(m/128) ceil(n/128) / SMs
    bytes   = (a m k + a n k + 2 m n) / B          a = bytes of an operand element
    t       = (compute**p + bytes**p) ** (1/p) + t0
p -> infinity is the maximum of the two; the fit is free to choose how sharp the roof's edge is.
Robust least squares (soft L1) of log(predicted / measured).

Collective of `bytes` over n chips of one tier:
    latency = t0 + alpha (n - 1),  wire = bytes f ((n-1)/n)**share_power / B,  f = 2: all-reduce, else 1
    t = (latency**edge + wire**edge) ** (1/edge)
(edge < 1 says that middle sizes are slower than the sum of both; share_power 1 is the ring; measured it is lower: pairs of chips do not use every link).
`bytes` is the whole buffer (all-gather: after gathering; all-to-all: what one chip sends).
"""
import csv
import math
import sys

import numpy as np
from scipy.optimize import least_squares

SM = {"a100-80g-sxm": 108, "h100-sxm": 132, "h200-sxm": 132, "b200-sxm": 148, "b300-sxm": 148,
      "gb200-nvl72": 148, "l40s": 142}
OPERAND = {"bf16": 2.0, "fp8": 1.0, "fp8_block": 1.03125, "nvfp4": 0.5625}
DTYPE = {"bfloat16": "bf16", "fp16": "fp16-inmodel", "fp8": "fp8", "fp8_block": "fp8_block",
         "nvfp4": "nvfp4"}
NAMES = ["flops_inf", "half_m", "half_n", "half_k", "wave_power", "bytes_per_s", "edge", "t0_s", "m_power"]


def operand(dtype):
    return OPERAND.get(dtype, 2.0)


def predict(theta, m, n, k, a, sm):
    f, hm, hn, hk, g, b, p, t0, q = theta
    rows = (m ** q + hm ** q) ** (1 / q)
    u = np.ceil(m / 128) * np.ceil(n / 128) / sm
    eff = f * (n / (n + hn)) * (k / (k + hk)) * (u / np.ceil(u)) ** g
    tc = 2 * rows * n * k / eff
    tm = (a * m * k + a * n * k + 2 * m * n) / b
    big, small = np.maximum(tc, tm), np.minimum(tc, tm)
    return big * (1 + (small / big) ** p) ** (1 / p) + t0


def unpack(x):
    return np.concatenate([np.exp(x[:4]), [x[4]], np.exp(x[5:9])])


def fit_gemm(m, n, k, t, a, sm, peak, bandwidth):
    low = np.array([math.log(peak * 0.15), -3, -3, -3, 0.0, math.log(bandwidth * 0.3), math.log(1.0),
                    math.log(2e-7), math.log(1.0)])
    high = np.array([math.log(peak * 1.15), 7.6, 7.6, 7.6, 1.0, math.log(bandwidth * 1.2), math.log(20),
                     math.log(3e-5), math.log(8.0)])
    best = None
    for g in (0.2, 0.7):
        for half in (3.0, 5.5):
            start = np.array([math.log(peak * 0.8), half, half, half, g, math.log(bandwidth),
                              math.log(2.5), math.log(3e-6), math.log(2.0)])
            fit = least_squares(lambda x: np.log(predict(unpack(x), m, n, k, a, sm) / t), start,
                                bounds=(low, high), loss="soft_l1", f_scale=0.1)
            if best is None or fit.cost < best.cost:
                best = fit
    return unpack(best.x)


def size_class(m, n, k):
    flop = 2 * m * n * k
    return ("tiny" if flop < 1e9 else "small" if flop < 2e10 else "medium" if flop < 5e11 else
            "large")


def summary(e):
    a = np.abs(np.expm1(e))
    return "%5.1f %5.1f %5.1f" % (100 * a.mean(), 100 * np.median(a), 100 * np.percentile(a, 90))


def read(path):
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def gemms(directory, chips):
    groups = {}
    for r in read(directory + "/gemm_aiconfigurator.csv"):
        if r["dtype"] in DTYPE:
            groups.setdefault((r["chip"], DTYPE[r["dtype"]]), []).append(
                (float(r["m"]), float(r["n"]), float(r["k"]), float(r["latency_us"]) * 1e-6))
    seen = {}
    for r in read(directory + "/gemm_vidur.csv"):
        key = (r["chip"], DTYPE[r["dtype"]])
        shape = (float(r["m"]), float(r["n"]), float(r["k"]))
        seen.setdefault(key, {}).setdefault(shape, []).append(float(r["median_us"]) * 1e-6)
    for key, shapes in seen.items():
        groups[key] = [(*s, float(np.median(t))) for s, t in shapes.items()]
    out = []
    print("%-14s %-13s %6s  mean  med   p90 | held-out third mean | by size (tiny small medium large) mean"
          % ("chip", "dtype", "rows"))
    for (chip, dtype), rows in sorted(groups.items()):
        m, n, k, t = np.array(rows).T
        peak = float(chips[chip]["bf16_tflops"]) * 1e12
        peak *= {"fp8": 2, "fp8_block": 2, "nvfp4": 4}.get(dtype, 1)
        bandwidth = float(chips[chip]["hbm_gbps"]) * 1e9
        a = operand(dtype)
        sm = SM[chip]
        theta = fit_gemm(m, n, k, t, a, sm, peak, bandwidth)
        # Held out: shapes (n, k), not rows, so that the same weights are never on both sides.
        fold = (n.astype(int) // 128 * 2654435761 + k.astype(int) // 128 * 40503) % 65521 % 3
        held = []
        for f in range(3):
            th = fit_gemm(m[fold != f], n[fold != f], k[fold != f], t[fold != f], a, sm, peak,
                          bandwidth)
            s = fold == f
            held.append(np.log(predict(th, m[s], n[s], k[s], a, sm) / t[s]))
        held = np.concatenate(held)
        e = np.log(predict(theta, m, n, k, a, sm) / t)
        cls = np.array([size_class(*r[:3]) for r in rows])
        by = []
        for c in ("tiny", "small", "medium", "large"):
            by.append("%5.1f" % (100 * np.abs(np.expm1(e[cls == c])).mean()) if (cls == c).any()
                      else "    -")
        print("%-14s %-13s %6d %s | %5.1f | %s | F %.0f T of %.0f, half %.0f %.0f %.0f q %.1f wave %.2f B %.0f G edge %.1f t0 %.1f us"
              % (chip, dtype, len(rows), summary(e), 100 * np.abs(np.expm1(held)).mean(),
                 " ".join(by), theta[0] / 1e12, peak / 1e12, *theta[1:4], theta[8], theta[4],
                 theta[5] / 1e9, theta[6], theta[7] * 1e6))
        source = ("microsoft/vidur profiling/compute (gemm_vidur.csv)" if dtype == "fp16-inmodel"
                  else "ai-dynamo/aiconfigurator gemm_perf (gemm_aiconfigurator.csv)")
        large = (cls == "large") | (cls == "medium")
        out.append([chip, dtype, *["%.6g" % v for v in theta], sm, "%g" % a, len(rows),
                    "%.4f" % np.abs(np.expm1(e)).mean(),
                    "%.4f" % np.abs(np.expm1(e[large])).mean(), "read",
                    "undated" if dtype == "fp16-inmodel" else "2026-08", source,
                    "MIT" if dtype == "fp16-inmodel" else "Apache-2.0"])
    return out


OPS = {"all_gather": 1.0, "reduce_scatter": 1.0, "alltoall": 1.0, "all_reduce": 2.0}


def predict_collective(theta, n, size, factor):
    t0, alpha, bandwidth, power, edge = theta
    wire = size * factor * ((n - 1) / n) ** power / bandwidth
    return ((t0 + alpha * (n - 1)) ** edge + wire ** edge) ** (1 / edge)


def collectives(directory):
    groups = {}
    for r in read(directory + "/nccl_aiconfigurator.csv"):
        size = float(r["elements"]) * (2 if r["dtype"] == "half" else 1)
        groups.setdefault((r["chip"], r["op"]), []).append(
            (float(r["num_gpus"]), size, float(r["latency_us"]) * 1e-6))
    out = []
    print("\n%-14s %-15s %5s  mean  med   p90 | below 64K, to 16M, above" % ("chip", "op", "rows"))
    for (chip, op), rows in sorted(groups.items()):
        n, size, t = np.array(rows).T
        f = OPS[op]

        def residual(x):
            theta = np.concatenate([np.exp(x[:3]), x[3:]])
            return np.log(predict_collective(theta, n, size, f) / t)
        fit = least_squares(residual, [math.log(5e-6), math.log(1e-6), math.log(3e11), 0.7, 0.9],
                            bounds=([-16, -20, 20, 0, 0.4], [-9, -11, 29, 1.5, 2]), loss="soft_l1",
                            f_scale=0.1)
        theta = np.concatenate([np.exp(fit.x[:3]), fit.x[3:]])
        e = residual(fit.x)
        by = []
        for low, high in ((0, 65536), (65536, 1.7e7), (1.7e7, 1e12)):
            s = (size >= low) & (size < high)
            by.append("%5.1f" % (100 * np.abs(np.expm1(e[s])).mean()))
        print("%-14s %-15s %5d %s | %s | t0 %.1f us alpha %.2f us B %.0f G share %.2f edge %.2f"
              % (chip, op, len(rows), summary(e), " ".join(by), theta[0] * 1e6, theta[1] * 1e6,
                 theta[2] / 1e9, theta[3], theta[4]))
        out.append([chip, op, *["%.6g" % v for v in theta], len(rows),
                    "%.4f" % np.abs(np.expm1(e)).mean(), "read", "2026-08",
                    "ai-dynamo/aiconfigurator nccl (nccl_aiconfigurator.csv)", "Apache-2.0"])
    return out


def write(path, header, rows):
    with open(path, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(header)
        w.writerows(rows)


def main():
    directory, chips_path, out = sys.argv[1:4]
    chips = {r["chip"]: r for r in read(chips_path)}
    write(out + "/kernels.csv",
          ["curve", "chip", "dtype", *NAMES, "sm_count", "operand_bytes", "rows", "error_mean",
           "error_mean_large", "verified", "date", "source", "licence"],
          [[r[0] + "/" + r[1], *r] for r in gemms(directory, chips)])
    write(out + "/collectives.csv",
          ["curve", "chip", "op", "t0_s", "alpha_s", "bytes_per_s", "share_power", "edge", "rows",
           "error_mean", "verified", "date", "source", "licence"],
          [[r[0] + "/" + r[1], *r] for r in collectives(directory)])


if __name__ == "__main__":
    main()
