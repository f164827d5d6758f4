#!/usr/bin/env python3
"""The shipped case end to end with its report: 1.5 s CPU as an LP, 8 s with integers at gap 1e-3.

Beside them the same matrix, by bare CLP and by bare CBC at the same gap (at most CBC_SECONDS).
"""

import os
import re

from measure import alternate, build_path, folder, mizan, ratios, report, run, summary

CASE = "examples/openai-2025.yaml"
GOAL_LP, GOAL_MIP = 1.5, 8.0
PAIRS = 3
CBC_SECONDS = 60


def write_matrix():
    path = os.path.join(folder(), "shipped.mps")
    run([build_path("bench", "bench_load"), CASE, path])
    return path


def command(*more):
    done = run([mizan(), "plan", CASE, "--quiet", "--json", "--report",
                os.path.join(folder(), "shipped.html"), *more])
    return done, done.json()["data"]


def report_lp(mps):
    ours, bare = alternate(PAIRS, lambda: command("--relax"),
                           lambda: run([build_path("bench", "bench_clp"), mps]).json())
    values = [done.cpu_s for done, _ in ours]
    ratio = summary(ratios(values, [b["solve_s"] for b in bare]))["median"]
    report("shipped case as LP with report", f"< {GOAL_LP} s CPU", "s", values,
           summary(values)["median"] < GOAL_LP, ratio, "bare CLP, same matrix",
           columns=ours[0][1]["columns"], solve_s=ours[0][1]["seconds"]["solve"])


def report_mip(mps):
    cbc = ["cbc", mps, "-ratioGap", "0.001", "-sec", str(CBC_SECONDS), "-solve"]
    ours = [command("--gap", "0.001") for _ in range(PAIRS)]
    theirs = run(cbc)
    found = re.search(r"^Objective value:\s+(\S+)", theirs.out, re.M)
    stopped = "Stopped on time limit" in theirs.out
    values = [done.cpu_s for done, _ in ours]
    data = ours[0][1]
    ratio = summary(values)["median"] / theirs.cpu_s
    report("shipped case with integers and report", f"< {GOAL_MIP:.0f} s CPU at gap 0.001", "s",
           values, summary(values)["median"] < GOAL_MIP and data["status"] == "optimal", ratio,
           "bare CBC, same matrix and gap", integers=data["integers"], gap=data["gap"],
           objective_musd=round(data["objective_usd"] / 1e6, 3), solver=data["solver"],
           cbc={"cpu_s": round(theirs.cpu_s, 2), "stopped": stopped,
                "objective_musd": float(found.group(1)) if found else None})


def main():
    mps = write_matrix()
    report_lp(mps)
    report_mip(mps)


if __name__ == "__main__":
    main()
