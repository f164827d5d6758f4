#!/usr/bin/env python3
"""Reading a scenario, building its matrix and loading it into the solver: 0.15 s per 100k columns.

bench_load does what `mizan plan` does before it solves. The ratio is to CLP reading the same matrix
from its MPS file, the next thing that one would load it with.
"""

from measure import alternate, build_path, matrix, ratios, report, run, scenario, summary

COLUMNS = 100000
PAIRS = 5
GOAL = 0.15


def main():
    files = scenario(COLUMNS), matrix(COLUMNS)
    ours, theirs = alternate(
        PAIRS, lambda: run([build_path("bench", "bench_load"), files[0]]).json(),
        lambda: run([build_path("bench", "bench_clp"), "--read", files[1]]).json())
    per = [o["cpu_s"] / o["columns"] * 100000 for o in ours]
    ratio = summary(ratios([o["cpu_s"] for o in ours], [t["read_s"] for t in theirs]))["median"]
    parts = {key: summary([o[key] for o in ours])["median"]
             for key in ("read_s", "build_s", "load_s")}
    report("read, build and load", f"<= {GOAL} s per 100k columns", "s per 100k columns", per,
           summary(per)["median"] <= GOAL, ratio, "CLP reading the same matrix as MPS",
           columns=ours[0]["columns"], parts=parts)


if __name__ == "__main__":
    main()
