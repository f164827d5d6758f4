#!/usr/bin/env python3
"""fit-serve.py - the constants of src/size/serve_params.h, by coordinate descent on inference.csv

usage: fit-serve.py BINARY CSV [--leave-out models|sources] [--rounds N] > report

BINARY is the driver serve_main.c: `BINARY CSV --rows name=value ...` prints one predicted row a
line. The loss is the mean of |log(predicted / measured)| of tokens/s, time per token and, at an
eighth of their weight, time to first token, each cut at 0.6, so that runs that the model cannot
know (a prefix cache, an eager engine) do not move the constants. Rows outside InferenceX weigh
three times as much: they are 6 % of the file and all of its other publishers.

With --leave-out every family of models (or every publisher) is predicted by constants that were
fitted without it, from START and not from the result of the full fit; the held-out rows go to
stdout as tab-separated id, source, mode, model, log errors, kind, and to stderr go the losses and
the quantiles 0.8 of |log error| of each kind, which are the widths in serve_band.c.
"""
import argparse
import math
import subprocess
import sys

# name: guess, sigma of its log. What a benchmark, a formula or a manual gives is not here: it stays at
# its value in serve_params.h (docs/size-serve.md, "Constants").
FIT = {
    "gemm_8": (1, 0.1), "gemm_4": (1, 0.2), "moe_time": (1.3, 0.15), "moe_fp4": (1, 0.3),
    "expand_time": (1.5, 0.5), "route_skew": (0.7, 0.2), "imbalance": (0.4, 0.4),
    "element_passes": (16, 0.3), "gap_us": (2, 0.15), "linear_us": (25, 0.3),
    "host_vllm_us": (600, 0.4), "host_sglang_us": (600, 0.4), "host_trtllm_us": (600, 0.4),
    "seq_us": (10, 0.3), "ttft_ms": (80, 0.3),
}
START = {name: guess for name, (guess, _) in FIT.items()}
PRIOR = 0.0005  # of the loss, for a constant that is one sigma from its guess
FAMILIES = [["deepseek"], ["qwen3-32b"], ["llama3-8b"], ["llama3-70b"], ["gpt-oss"], ["qwen3.5"],
            ["qwen3-235b", "llama4", "mixtral"], ["gpt-j", "llama2", "(gpt"]]
PUBLISHERS = [["inferencex"], ["trtllm-1"], ["trtllm-0.6", "kipply"],
              ["vllm", "azure", "deepseek-overview"]]
CUT = 0.6


def rows(args, params):
    command = [args.binary, args.csv, "--rows"] + ["%s=%.5g" % item for item in params.items()]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    result = []
    for line in output.splitlines():
        f = line.split("\t")
        if len(f) < 22 or f[19] == "1":
            continue
        result.append({"id": f[0], "source": f[1], "model": f[2], "mode": f[6],
                       "errors": [float(f[16]), float(f[17]), float(f[18])],
                       "out_of_memory": f[20] == "1", "class": f[23] if len(f) > 23 else ""})
    return result


def prior(params):
    return PRIOR * sum((math.log(value / FIT[name][0]) / FIT[name][1]) ** 2
                       for name, value in params.items())


def loss(result):
    total = weight = 0.0
    for row in result:
        w = 1 if row["source"] == "inferencex" else 3
        for error, share in zip(row["errors"], (1, 1, 0.125)):
            if math.isfinite(error):
                total += w * share * min(abs(error), CUT)
                weight += w * share
        total += 3 * row["out_of_memory"]
    return total / weight


def fit(args, keep, params):
    steps = dict.fromkeys(params, 0.2)
    best = loss([r for r in rows(args, params) if keep(r)]) + prior(params)
    for _ in range(args.rounds):
        for name in params:
            for sign in (1, -1):
                trial = dict(params)
                trial[name] = params[name] * math.exp(sign * steps[name])
                value = loss([r for r in rows(args, trial) if keep(r)]) + prior(trial)
                if value < best - 1e-6:
                    best, params = value, trial
                    steps[name] *= 1.3
                    break
            else:
                steps[name] *= 0.5
    return params, best


def quantile(errors, share):
    values = sorted(abs(e) for e in errors if math.isfinite(e))
    return values[min(len(values) - 1, int(share * len(values)))] if values else math.nan


def print_widths(unseen):
    for kind in sorted({row["class"] for row in unseen}):
        of_kind = [row["errors"] for row in unseen if row["class"] == kind]
        print("%s: %d rows, tokens %.3f, tpot %.3f" % (kind, len(of_kind),
              quantile([e[0] for e in of_kind], 0.8), quantile([e[1] for e in of_kind], 0.8)),
              file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("csv")
    parser.add_argument("--leave-out", choices=["models", "sources"])
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    if not args.leave_out:
        params, best = fit(args, lambda row: True, dict(START))
        print("loss %.5f" % best)
        for name, value in params.items():
            print("%s=%.4g" % (name, value))
        return
    every = []
    key = "model" if args.leave_out == "models" else "source"
    for group in FAMILIES if key == "model" else PUBLISHERS:
        def held(row, group=group):
            return any(row[key].startswith(prefix) for prefix in group)
        params, best = fit(args, lambda row: not held(row), dict(START))
        unseen = [row for row in rows(args, params) if held(row)]
        print("%s: train %.4f held out %.4f" % (group[0], best, loss(unseen)), file=sys.stderr)
        for row in unseen:
            print(row["id"], row["source"], row["mode"], row["model"],
                  *["%.4f" % error for error in row["errors"]], row["class"], sep="\t")
        every += unseen
    print_widths(every)


if __name__ == "__main__":
    main()
