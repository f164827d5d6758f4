#!/usr/bin/env python3
"""How the solve grows with columns: the exponent of 10k, 30k and 100k; about 1.9 was measured.

Passes up to 2.2: the size past which a plan should be solved by parts follows from it.
"""

from measure import exponent, report, rounds, summary

SIZES = [10000, 30000, 100000]
GOAL = 2.2


def main():
    columns, ours, bare = [], [], []
    for size in SIZES:
        done = rounds(size, "mizan", "bare")
        columns.append(done[0]["mizan"]["columns"])
        ours.append(summary([r["mizan"]["solve"] for r in done])["median"])
        bare.append(summary([r["bare"]["cpu_s"] for r in done])["median"])
    value = exponent(columns, ours)
    report("growth of the solve", f"exponent <= {GOAL}", "exponent", [value], value <= GOAL,
           value / exponent(columns, bare), "exponent of bare CLP", columns=columns,
           solve_s=ours, bare_s=bare)


if __name__ == "__main__":
    main()
