#!/usr/bin/python3
"""fit-widened.py KERNELS.CSV GEMM.CSV: expand_time of src/size/serve_params.h.

KERNELS.CSV is the catalogue's, GEMM.CSV is shared/calibration/gemm_aiconfigurator.csv. Dense GEMMs on 4-bit
weights that an A100 widens to 16 bits (int4_wo), time without launch over that of the chip's 16-bit curve with
the bytes of the small weights: up to 256 rows and weights of 30 million values or more, where bytes or tiles
rule. Prints the median and the quartiles.
"""
import csv
import math
import statistics
import sys

OPERAND = 0.5 + 2 / 128  # 4 bits, a 16-bit scale for every 128 values
FIELDS = ("flops_inf", "half_m", "half_n", "half_k", "wave_power", "bytes_per_s", "edge", "t0_s", "m_power",
          "sm_count")


def read(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def seconds(c, m, n, k):
    """mz_gemm_s of src/size/kernel.c."""
    rows = (m ** c["m_power"] + c["half_m"] ** c["m_power"]) ** (1 / c["m_power"])
    u = math.ceil(m / 128) * math.ceil(n / 128) / c["sm_count"]
    rate = c["flops_inf"] * n / (n + c["half_n"]) * k / (k + c["half_k"]) * (u / math.ceil(u)) ** c["wave_power"]
    compute = 2 * rows * n * k / rate
    memory = (OPERAND * n * k + 2 * m * (n + k)) / c["bytes_per_s"]
    return (compute ** c["edge"] + memory ** c["edge"]) ** (1 / c["edge"])


def main():
    row = next(r for r in read(sys.argv[1]) if r["chip"] == "a100-80g-sxm" and r["dtype"] == "bf16")
    curve = {name: float(row[name]) for name in FIELDS}
    ratios = []
    for r in read(sys.argv[2]):
        m, n, k = float(r["m"]), float(r["n"]), float(r["k"])
        if r["chip"] == "a100-80g-sxm" and r["dtype"] == "int4_wo" and n * k >= 3e7 and m <= 256:
            ratios.append((float(r["latency_us"]) * 1e-6 - curve["t0_s"]) / seconds(curve, m, n, k))
    low, median, high = statistics.quantiles(ratios, n=4)
    print("expand_time=%.3g (median of %d, quartiles %.2f and %.2f)" % (median, len(ratios), low, high))


if __name__ == "__main__":
    main()
