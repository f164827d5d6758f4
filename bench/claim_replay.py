#!/usr/bin/env python3
"""Replays of Philly's 11cb48 on 12 x 8 chips: <= 4 ms of CPU and >= 10 M events/s for plain FIFO and
SJF (HeliosArtifact: 4 to 10 CPU-s), and >= 1 M events/s with fair share, EASY and preemption over
all five virtual clusters together, each with a fifth of 40 x 8 chips as its quota.

Side by side: the naive scheduler of tests/reference, whole processes with reading; the ratio is its
CPU time to that of `mizan sim`. An event is a submission, a start, an end or another decision.
"""

import sys

from measure import PYTHON, ROOT, alternate, build_path, mizan, note, ratios, report, run, summary
from traces import philly

RUNS = 5
SPAN = ["--vc", "11cb48", "--from", "2017-10-01", "--to", "2017-11-30 23:59"]
TEAMS = "fair+easy+preempt"


def main():
    path = philly()
    if not path:
        note("skipped: the Philly trace is not there (../shared/traces)")
        return
    ours, theirs = alternate(
        RUNS, lambda: run([mizan(), "sim", "--nodes", "12x8", "--trace", f"philly:{path}", *SPAN,
                           "--policy", "fifo", "--quiet"]),
        lambda: run([PYTHON, f"{ROOT}/tests/reference/easy_reference.py", "--kind", "philly", *SPAN,
                     "--nodes", "12", "--policy", "fifo", path]))
    ratio = summary(ratios([t.cpu_s for t in theirs], [o.cpu_s for o in ours]))["median"]
    plain = [r for _ in range(RUNS) for r in run(
        [build_path("bench", "bench_sim"), f"philly:{path}", "11cb48", "12", "2017-10-01",
         "2017-11-30 23:59", "1", *["fifo", "sjf"] * 20]).json()["replays"]]
    shared = [r for _ in range(3) for r in run(
        [build_path("bench", "bench_sim"), f"philly:{path}", "-", "40", "2017-10-01",
         "2017-11-30 23:59", "1", TEAMS, TEAMS]).json()["replays"]]
    rates = [r["events_per_s"] / 1e6 for r in plain]
    fair = [r["events_per_s"] / 1e6 for r in shared]
    report("replay, fifo and sjf", ">= 10 M events/s", "M events per CPU-s", rates,
           summary(rates)["median"] >= 10, ratio, "the naive scheduler in Python, CPU time",
           cpu_ms=summary([r["cpu_s"] * 1e3 for r in plain]),
           whole_command_cpu_s=summary([o.cpu_s for o in ours]))
    report("replay, fair+easy+preempt", ">= 1 M events/s", "M events per CPU-s", fair,
           summary(fair)["median"] >= 1, max(fair) / max(rates), "plain fifo and sjf",
           events=shared[0]["events"], preemptions=shared[0]["preemptions"])


if __name__ == "__main__":
    sys.exit(main())
