#!/usr/bin/python3
"""size-tables.py SIZE_PROGRAM SERVE_PROGRAM VALIDATION_DIR HELD_OUT_DIR DOCS_DIR: measured tables of the docs.

In size-model.md and size-serve.md text between "<!-- table NAME -->" and "<!-- end -->" is replaced by
what the drivers (bench/size_main, bench/serve_main) print, or by files of HELD_OUT_DIR:
fit-kernels.txt (fit-kernels.py), train-fit.txt (fit-train.py),
stacks.txt (fit-stacks.py), models.tsv and sources.tsv (fit-serve.py --leave-out models, sources),
serve-bands.txt (fit-serve-bands.py).
"""
import math
import re
import subprocess
import sys

FAMILIES = [("deepseek",), ("qwen3-32b",), ("llama3-8b",), ("llama3-70b",), ("gpt-oss",), ("qwen3.5",),
            ("qwen3-235b", "llama4", "mixtral"), ("gpt-j", "llama2", "(gpt")]
PUBLISHERS = [("inferencex",), ("trtllm-1",), ("trtllm-0.6", "kipply"),
              ("vllm", "azure", "deepseek-overview")]


def run(*args):
    return subprocess.run(args, check=True, capture_output=True, text=True).stdout


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def training_tables(program, data, held):
    def grouped(*args):
        text = run(program, *args)
        return dict((block.split(None, 1)[0], block) for block in text.split("\n\n"))

    training = grouped("--validate", data + "/training.csv")
    calibrated = grouped("--calibrated", "--validate", data + "/training.csv")
    single = grouped("--validate", data + "/training_vtrain_single.csv")
    grids = [line for line in run(program, "--validate", data + "/training.csv").splitlines()
             if line.startswith("grid")]
    return {
        "source": training["source"], "chip": training["chip"], "model": training["model"],
        "stack": training["stack"], "all": training["all"], "calibrated": calibrated["all"],
        "single": single["all"], "grids": "\n".join(grids),
        "families": "\n".join(l for l in read(held + "/train-fit.txt").splitlines() if "%" in l),
        "stacks": read(held + "/stacks.txt"), "kernels": read(held + "/fit-kernels.txt"),
        "constants": run(program, "constants"),
    }


def left_out_rows(path):
    """id, source, mode, model, log errors of tokens, tpot and ttft, kind."""
    rows = [line.split("\t") for line in read(path).splitlines()]
    return [{"id": r[0], "source": r[1], "model": r[3], "e": [float(v) for v in r[4:7]]}
            for r in rows]


def mean_error(rows, metric):
    values = [abs(math.expm1(r["e"][metric])) for r in rows if math.isfinite(r["e"][metric])]
    return "%5d %6.1f" % (len(values), 100 * sum(values) / len(values)) if values else "    -      -"


def serving_left_out(seen, held):
    lines = ["%-36s %s" % ("left out: rows, seen %, unseen %", "        tokens/s |            tpot |            ttft")]

    def line(title, chosen, unseen):
        mine = [r for r in seen if chosen(r)]
        lines.append("%-36s %s" % (title, " | ".join(
            mean_error(mine, m) + " " + mean_error(unseen, m)[6:] for m in range(3))))

    for key, groups, name in (("model", FAMILIES, "models"), ("source", PUBLISHERS, "sources")):
        every = left_out_rows("%s/%s.tsv" % (held, name))
        for group in groups:
            line(", ".join(group), lambda r: r[key].startswith(group),
                 [r for r in every if r[key].startswith(group)])
        line("all by " + ("family" if key == "model" else "publisher"), lambda r: True, every)
    return "\n".join(lines)


def serving_tables(program, data, held):
    seen = []
    for line in run(program, data + "/inference.csv", "--rows").splitlines():
        f = line.split("\t")
        if f[19] == "0":  # workers known, and so predicted
            seen.append({"source": f[1], "model": f[2], "e": [float(v) for v in f[16:19]]})
    text = run(program, data + "/inference.csv")
    bare = run(program, data + "/inference.csv", "--bare")
    return {"serving": text.split("\n\n", 1)[1], "serveconstants": run(program, "constants"),
            "servebare": "\n\n".join(b for b in bare.split("\n\n")
                                     if b.startswith("tokens/s/chip by source") or " by all " in b[:40]),
            "servebands": read(held + "/serve-bands.txt"), "serveunseen": serving_left_out(seen, held)}


def write(path, tables):
    def replace(match):
        body = "\n".join(line.rstrip() for line in tables[match.group(1)].strip("\n").splitlines())
        return "<!-- table %s -->\n\n```text\n%s\n```\n\n<!-- end -->" % (match.group(1), body)

    text = re.sub(r"<!-- table (\w+) -->.*?<!-- end -->", replace, read(path), flags=re.S)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main():
    size, serve, data, held, docs = sys.argv[1:6]
    write(docs + "/size-model.md", training_tables(size, data, held))
    write(docs + "/size-serve.md", serving_tables(serve, data, held))


if __name__ == "__main__":
    main()
