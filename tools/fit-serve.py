#!/usr/bin/env python3
"""fit-serve.py - the stack factors of src/size/serve_params.h, by coordinate descent on inference.csv

usage: fit-serve.py BINARY CSV [--leave-out models|sources] [--rounds N] > report

A stack factor is what a serving stack adds to its kernels: host time a step and a sequence, the
front end, kernels for weights that have to be widened, and scheduling. No
collective, attention, memory or routing constant is here: those come from micro-benchmarks (fit-kernels.py,
fit-widened.py), are published or counted (docs/size-serve.md, "Constants").

BINARY is the driver serve_main.c: `BINARY CSV --rows name=value ...` prints one predicted row a
line. The loss is the mean of |log(predicted / measured)| of tokens/s, time per token and, at a
quarter of their weight, time to first token, each cut at 0.6, so that runs that the model cannot
know (a prefix cache, an eager engine) do not move the factors. Rows outside InferenceX weigh
three times as much: they are 6 % of the file and all of its other publishers.

With --leave-out every family of models (or every publisher) is predicted by factors that were
fitted without it, from START and not from the result of the full fit; the held-out rows go to
stdout as tab-separated id, source, mode, model, log errors, kind, chip, engine; fit-serve-bands.py
turns them into the widths of serve_band.c.
"""
import argparse
import math
import subprocess
import sys

# name: guess, sigma of its log: a weak prior for factors that a left-out group leaves without rows.
FIT = {"widen": (2, 0.5), "bunch": (0.3, 0.5)}
for engine, front in (("vllm", 20), ("sglang", 150), ("trtllm", 80)):
    FIT.update({"experts_%s" % engine: (1.2, 0.5), "host_%s_us" % engine: (400, 0.7), "seq_%s_us" % engine: (10, 0.7),
                "front_%s_ms" % engine: (front, 1.0), "client_%s_ms" % engine: (2, 1.0)})
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
                       "out_of_memory": f[20] == "1", "class": f[23], "chip": f[3], "engine": f[4]})
    return result


def prior(params):
    return PRIOR * sum((math.log(value / FIT[name][0]) / FIT[name][1]) ** 2
                       for name, value in params.items())


def loss(result):
    total = weight = 0.0
    for row in result:
        w = 1 if row["source"] == "inferencex" else 3
        for error, share in zip(row["errors"], (1, 1, 0.25)):
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
    key = "model" if args.leave_out == "models" else "source"
    for group in FAMILIES if key == "model" else PUBLISHERS:
        def held(row, group=group):
            return any(row[key].startswith(prefix) for prefix in group)
        params, best = fit(args, lambda row: not held(row), dict(START))
        unseen = [row for row in rows(args, params) if held(row)]
        print("%s: train %.4f held out %.4f" % (group[0], best, loss(unseen)), file=sys.stderr)
        for row in unseen:
            print(row["id"], row["source"], row["mode"], row["model"],
                  *["%.4f" % error for error in row["errors"]], row["class"], row["chip"], row["engine"], sep="\t")


if __name__ == "__main__":
    main()
