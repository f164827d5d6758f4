#!/usr/bin/env python3
"""The same model in PuLP, solved by CBC: at least 3 x (10k columns) and 2 x (100k) slower.

The whole of `mizan plan` against what pulp_plan.py counts; memory as pulp_plan.py counts it. The
objectives agree to 1e-6, or nothing is reported.
"""

import sys

from measure import report, rounds, summary

GOALS = {10000: 3.0, 100000: 2.0}
GOAL_MEMORY = 0.4


def claim(columns):
    done = rounds(columns, "mizan", "pulp")
    faster = [r["pulp"]["cpu_s"] / r["mizan"]["cpu_s"] for r in done]
    memory = [r["mizan"]["peak_kb"] / r["pulp"]["peak_kb"] for r in done]
    median = summary(faster)["median"]
    where = f"{columns // 1000}k columns"
    sizes = {side: [done[0][side]["rows"], done[0][side]["columns"]] for side in ("mizan", "pulp")}
    seconds = {"mizan": summary([r["mizan"]["cpu_s"] for r in done])["median"],
               "pulp": summary([r["pulp"]["cpu_s"] for r in done])["median"],
               "pulp_building": summary([r["pulp"]["build_s"] for r in done])["median"]}
    report(f"against PuLP with CBC, {where}", f">= {GOALS[columns]:.0f} x faster", "x", faster,
           median >= GOALS[columns], median, "PuLP with CBC over mizan", cpu_s=seconds,
           rows_columns=sizes)
    median = summary(memory)["median"]
    report(f"memory against PuLP, {where}", f"<= {GOAL_MEMORY} x", "x", memory,
           median <= GOAL_MEMORY, median, "mizan over PuLP with CBC")


def main():
    for columns in [int(a) for a in sys.argv[1:]] or GOALS:
        claim(columns)


if __name__ == "__main__":
    main()
