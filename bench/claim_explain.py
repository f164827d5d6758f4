#!/usr/bin/env python3
"""Why nothing is possible, against one cold solve of the same scenario: 1.5 x.

The shipped case with a limit that no plan can keep, strict, as an LP, gap of the integers as in the
program by default, should any be solved. bench_explain times the cold
solve of the same scenario with broken rules priced (what a plan would cost) and everything that an
explanation does: finding the conflict, what is short, remedies that were solved again. The strict
solve that only finds out that nothing is possible is given too; it counts on neither side.
"""

from measure import alternate, build_path, report, run, summary

CASE = "examples/openai-2025.yaml"
GOAL = 1.5
PAIRS = 3
# In both the cash has to stay above a floor that the money on offer cannot keep.
TIGHT = {"far off": ["limits.cash_floor=80B USD"], "near": ["limits.cash_floor=20B USD"]}


def main():
    program = build_path("bench", "bench_explain")
    cases = {name: alternate(PAIRS, lambda s=settings: run(
        [program, CASE, *s]).json())[0] for name, settings in TIGHT.items()}
    values = [one["explain_s"] / one["cold_s"] for case in cases.values() for one in case]
    worst = max(summary([o["explain_s"] / o["cold_s"] for o in case])["median"]
                for case in cases.values())
    report("explanation", f"<= {GOAL} x cold", "x", values, worst <= GOAL, worst,
           "explanation over cold solve, worst case", cases={
               name: {**{k: case[0][k] for k in ("columns", "elements", "remedies")},
                      **{k: summary([o[k] for o in case])["median"]
                         for k in ("cold_s", "strict_s", "conflict_s", "explain_s")}}
               for name, case in cases.items()})


if __name__ == "__main__":
    main()
