#!/usr/bin/env python3
"""Peak memory of the whole command at 100k columns: 0.7 kB per column, nothing subtracted."""

from measure import report, rounds, summary

GOAL = 0.7


def main():
    done = rounds(100000, "mizan", "bare")
    values = [r["mizan"]["peak_kb"] / r["mizan"]["columns"] for r in done]
    ratio = summary([r["mizan"]["peak_kb"] / r["bare"]["peak_kb"] for r in done])["median"]
    report("peak memory, 100k columns", f"<= {GOAL} kB per column", "kB per column", values,
           summary(values)["median"] <= GOAL, ratio, "bare CLP's peak, same matrix",
           columns=done[0]["mizan"]["columns"])


if __name__ == "__main__":
    main()
