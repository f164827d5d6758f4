#!/usr/bin/env python3
"""mizan plan against an independent implementation of the plan model, and against another solver.

    test_reference.py MIZAN [FIRST_SEED [COUNT]]

For every hand-computed case and for COUNT random scenarios (each with and without one of its
overrides) three numbers have to agree to 1e-6 of max(|objective|, 1M USD): objective_usd of
`mizan plan --gap 0 --json`, the optimum of tests/reference/plan_reference.py, and the optimum of
the matrix of --write-mps by tests/reference/mps_solve.py.
Without arguments the environment decides: MIZAN, MIZAN_REFERENCE_SEED (1), MIZAN_REFERENCE_COUNT
(40). Every difference is printed with the seed that makes its scenario.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "reference"))
sys.dont_write_bytecode = True
try:
    import hand_cases
    import mps_solve
    import plan_reference
    import plan_scenario
    import random_scenarios
    MISSING = None
except ImportError as error:
    MISSING = f"{error}: install python3-scipy and python3-yaml, run with /usr/bin/python3"

MIZAN = os.environ.get("MIZAN", "build/mizan")
FIRST_SEED = int(os.environ.get("MIZAN_REFERENCE_SEED", "1"))
COUNT = int(os.environ.get("MIZAN_REFERENCE_COUNT", "40"))
SECONDS_MAX = 120         # of one plan; nothing here needs a tenth of it
RELATIVE = 1e-6


def differs(found, expected):
    return found is None or expected is None or \
        abs(found - expected) > RELATIVE * max(abs(expected), 1e6)


def other_reading(tree):
    """Why the two implementations may differ: places that the page leaves to the reader."""
    partners = tree.get("partners") or {}
    for name, contract in (tree.get("contracts") or {}).items():
        partner = partners.get(contract.get("partner")) or {}
        if "rofr" in contract and "rofr" in partner:
            return f"{name} and its partner both have a right of first refusal"
    for name, site in (tree.get("sites") or {}).items():
        if name.startswith("own/") and site and site.get("new") == "false":
            return f"{name} says new: false"
    return None


class Comparison:
    """One scenario text with overrides, in a folder of its own."""

    def __init__(self, folder, text, overrides=()):
        self.path = os.path.join(folder, "case.yaml")
        self.mps = os.path.join(folder, "case.mps")
        self.overrides = list(overrides)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        self.tree = plan_reference.load_text(text)
        self.catalogue = plan_reference.default_catalogue()

    def planned(self):
        """(objective, None) or (None, what went wrong)."""
        words = [MIZAN, "plan", self.path, "--gap", "0", "--json", "-q", "--reservation", "no",
                 "--write-mps", self.mps]
        for name in self.overrides:
            words += ["--override", name]
        try:
            ran = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS_MAX,
                                 check=False)
        except subprocess.TimeoutExpired:
            return None, f"no plan within {SECONDS_MAX} s"
        if ran.returncode != 0:
            return None, f"exit {ran.returncode}: {(ran.stderr or ran.stdout)[:400]}"
        data = json.loads(ran.stdout)["data"]
        if data["status"] != "optimal" or data["gap"] > 1e-9:
            return None, f"{data['status']}, gap {data['gap']}"
        return data["objective_usd"], None

    def reference(self):
        model = plan_reference.build(self.tree, self.overrides, (), self.catalogue)
        return plan_reference.run(model, limit=SECONDS_MAX)

    def matrix(self, expected):
        """Optimum of the written matrix; what is expected where the other solver gives up (HiGHS of
        2022 calls a few bounded programs unbounded)."""
        problem = mps_solve.Reader(self.mps).read().problem(False)
        found = mps_solve.solve(problem, False, 0.0, SECONDS_MAX)
        if found.objective is None and found.status != "infeasible":
            print(f"{self.overrides}: not judged by its matrix: {found.status}", file=sys.stderr,
                  flush=True)
            return expected
        return found.objective * 1e6 if found.objective is not None else None

    def faults(self):
        found, wrong = self.planned()
        if wrong:
            return [wrong]
        faults = []
        expected = self.reference()
        if differs(found, expected.get("objective_usd")):
            faults.append(f"mizan {found:.4f}, reference {expected.get('objective_usd')} "
                          f"({expected['status']})")
        matrix = self.matrix(found)
        if differs(found, matrix):
            faults.append(f"mizan {found:.4f}, its matrix elsewhere {matrix}")
        return faults


@unittest.skipIf(MISSING, MISSING)
class TestReference(unittest.TestCase):
    def test_hand_cases_cost_what_was_computed_by_hand(self):
        for name, text, expected, overrides in hand_cases.CASES:
            with self.subTest(case=name), tempfile.TemporaryDirectory() as folder:
                case = Comparison(folder, text, overrides)
                case.catalogue = None
                found, wrong = case.planned()
                self.assertIsNone(wrong)
                self.assertFalse(differs(found, expected), f"{found} for {expected}")
                self.assertFalse(differs(found, case.matrix(found)), "its matrix says otherwise")

    def test_random_scenarios_cost_the_same_in_two_implementations(self):
        print(f"seeds {FIRST_SEED} to {FIRST_SEED + COUNT - 1}", file=sys.stderr, flush=True)
        for seed in range(FIRST_SEED, FIRST_SEED + COUNT):
            text = random_scenarios.text_of(random_scenarios.Generator(seed).scenario())
            names = list((plan_reference.load_text(text).get("overrides") or {}))
            for overrides in [[]] + [[name] for name in names[:1]]:
                self.compare(seed, text, overrides)

    def compare(self, seed, text, overrides):
        began = time.monotonic()
        with self.subTest(seed=seed, overrides=overrides), \
                tempfile.TemporaryDirectory() as folder:
            case = Comparison(folder, text, overrides)
            try:
                faults = case.faults()
            except plan_scenario.ScenarioError as error:
                self.fail(f"the reference does not read it: {error}")
            reading = other_reading(case.tree)
            if faults and reading:
                print(f"seed {seed} {overrides}: left out, {reading}: {faults}",
                      file=sys.stderr, flush=True)
                return
            seconds = time.monotonic() - began
            if faults or seconds > SECONDS_MAX / 4:
                print(f"seed {seed} {overrides}: {seconds:.1f} s {faults}", file=sys.stderr,
                      flush=True)
            self.assertEqual(faults, [])


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        MIZAN = sys.argv.pop(1)
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        FIRST_SEED = int(sys.argv.pop(1))
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        COUNT = int(sys.argv.pop(1))
    unittest.main()
