#!/usr/bin/env python3
"""A what-if by bounds from the last basis against the same program solved cold: 0.3 x.

bench_whatif takes away each partner's capacity from the middle of the horizon on, by bounds, and
solves both ways, one after the other.
"""

from measure import build_path, report, run, scenario, summary

COLUMNS = 30000
LOSSES = 5
GOAL = 0.3


def main():
    done = run([build_path("bench", "bench_whatif"), scenario(COLUMNS), str(LOSSES)]).json()
    values = [loss["warm_s"] / loss["cold_s"] for loss in done["losses"]]
    median = summary(values)["median"]
    report("what-if by bounds", f"<= {GOAL} x cold", "x", values, median <= GOAL, median,
           "warm over cold, the same program", columns=done["columns"],
           first_cold_s=round(done["first_s"], 3),
           losses={loss["partner"]: [round(loss["warm_s"], 3), round(loss["cold_s"], 3)]
                   for loss in done["losses"]})


if __name__ == "__main__":
    main()
