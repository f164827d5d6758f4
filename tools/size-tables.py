#!/usr/bin/python3
"""size-tables.py SIZE_PROGRAM VALIDATION_DIR HELD_OUT_DIR DOC: writes the measured tables into DOC.

Text between "<!-- table NAME -->" and "<!-- end -->" is replaced by what the program prints, or by the
files that fit-kernels.py, fit-train.py and fit-stacks.py wrote to HELD_OUT_DIR.
"""
import re
import subprocess
import sys


def main():
    program, data, held, path = sys.argv[1:5]

    def run(*args):
        return subprocess.run([program, *args], check=True, capture_output=True, text=True).stdout

    def read(name):
        with open(held + "/" + name, encoding="utf-8") as f:
            return f.read()

    training = run("--validate", data + "/training.csv")
    calibrated = run("--calibrated", "--validate", data + "/training.csv")
    single = run("--validate", data + "/training_vtrain_single.csv")
    parts = dict((block.split(None, 1)[0], block) for block in training.split("\n\n"))
    seen = [line for line in read("lofo.txt").splitlines() if "%" in line]
    tables = {
        "source": parts["source"], "chip": parts["chip"], "model": parts["model"],
        "stack": parts["stack"], "all": parts["all"],
        "calibrated": [b for b in calibrated.split("\n\n") if b.startswith("all")][0],
        "single": [b for b in single.split("\n\n") if b.startswith("all")][0],
        "families": "\n".join(seen), "stacks": read("stacks.txt"), "kernels": read("fit-kernels.txt"),
        "constants": run("constants"),
    }
    with open(path, encoding="utf-8") as f:
        text = f.read()

    def replace(match):
        body = "\n".join(line.rstrip() for line in tables[match.group(1)].strip("\n").splitlines())
        return "<!-- table %s -->\n\n```text\n%s\n```\n\n<!-- end -->" % (match.group(1), body)

    text = re.sub(r"<!-- table (\w+) -->.*?<!-- end -->", replace, text, flags=re.S)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


if __name__ == "__main__":
    main()
