#!/usr/bin/env python3
"""The whole command against the bare CLP solve of the same matrix: 1.2 x from 100k columns up.

Bare is the faster of two: CLP's dual simplex with perturbation 50 on the matrix in memory (only the
solve counts), and CLP's own program with its presolve (all of it counts).
"""

from measure import report, rounds, summary

GOAL = 1.2


def ratio_of(one):
    return one["mizan"]["cpu_s"] / min(one["bare"]["cpu_s"], one["clp"]["cpu_s"])


def main():
    small = [ratio_of(r) for r in rounds(10000, "mizan", "bare", "clp")]
    middle = [ratio_of(r) for r in rounds(30000, "mizan", "bare", "clp")]
    large = rounds(100000, "mizan", "bare", "clp")
    values = [ratio_of(r) for r in large]
    median = summary(values)["median"]
    report("whole command, 100k columns", f"<= {GOAL} x bare CLP", "x", values, median <= GOAL,
           median, "bare CLP, the faster of two", columns=large[0]["mizan"]["columns"],
           at_10k=summary(small), at_30k=summary(middle),
           cpu_s={side: summary([r[side]["cpu_s"] for r in large])["median"]
                  for side in ("mizan", "bare", "clp")})


if __name__ == "__main__":
    main()
