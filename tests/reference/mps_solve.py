#!/usr/bin/env python3
"""Solve a free-format MPS file with HiGHS and print its objective.

    mps_solve.py FILE.mps [--lp-relaxation] [--gap G] [--time-limit S] [--json]

It is a reader of its own, so that the matrix another program writes is checked by other code and
another solver. Sections: NAME, OBJSENSE, ROWS, COLUMNS (with MARKER INTORG and INTEND), RHS,
RANGES, BOUNDS (UP LO FX FR MI PL BV UI LI), ENDATA. Names without blanks; fixed-format files read
as well as long as no name has one.

Conventions: the first N row is the objective, further N rows are dropped; a right-hand side of
the objective is the negative of a constant; an integer column without bounds lies in [0, 1], as
CPLEX and COIN-OR read it (--integer-unbounded for [0, inf)); an upper bound below 0 on a column
without a lower bound makes the lower one -inf.
"""

import argparse
import json
import math
import sys

import numpy as np
from scipy import sparse

from plan_solver import solve

INF = math.inf


class Problem:
    """What solve() needs: a, cost, lo, hi, row_lo, row_hi, integer."""


class Reader:
    def __init__(self, path):
        self.path = path
        self.maximise = False
        self.objective = None
        self.dropped = set()
        self.rows, self.kinds, self.cols = {}, [], {}
        self.cost, self.integer = [], []
        self.entries = []
        self.rhs, self.ranges, self.constant = {}, {}, 0.0
        self.lower, self.upper = {}, {}
        self.inside_marker = False

    def fail(self, number, message):
        raise SystemExit(f"{self.path}:{number}: {message}")

    def read(self):
        section = None
        with open(self.path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.strip() or line.startswith("*"):
                    continue
                words = line.split()
                if not line[0].isspace():
                    section = words[0].upper()
                    if section == "ENDATA":
                        return self
                    if section == "OBJSENSE" and len(words) > 1:
                        self.maximise = words[1].upper().startswith("MAX")
                    if section not in ("NAME", "OBJSENSE", "ROWS", "COLUMNS", "RHS", "RANGES",
                                       "BOUNDS"):
                        self.fail(number, f"unknown section {section}")
                    continue
                try:
                    getattr(self, "_" + section.lower())(words)
                except (KeyError, ValueError, IndexError, AttributeError) as error:
                    self.fail(number, f"{section}: {error!r}")
        return self

    def _objsense(self, words):
        self.maximise = words[0].upper().startswith("MAX")

    def _rows(self, words):
        kind, name = words[0].upper(), words[1]
        if kind == "N":
            if self.objective is None:
                self.objective = name
            else:
                self.dropped.add(name)
            return
        if kind not in "LGE":
            raise ValueError(f"row type {kind}")
        if name in self.rows:
            raise ValueError(f"row {name} stands twice")
        self.rows[name] = len(self.kinds)
        self.kinds.append(kind)

    def _columns(self, words):
        if len(words) == 3 and words[1].strip("'\"").upper() == "MARKER":
            self.inside_marker = words[2].strip("'\"").upper() == "INTORG"
            return
        name = words[0]
        if name not in self.cols:
            self.cols[name] = len(self.cost)
            self.cost.append(0.0)
            self.integer.append(self.inside_marker)
        column = self.cols[name]
        for row, value in zip(words[1::2], words[2::2]):
            if row == self.objective:
                self.cost[column] += float(value)
            elif row not in self.dropped:
                self.entries.append((self.rows[row], column, float(value)))

    def _pairs(self, words):
        """(row, value) pairs; the name of the vector in front of them may be missing."""
        return zip(words[len(words) % 2::2], map(float, words[len(words) % 2 + 1::2]))

    def _rhs(self, words):
        for row, value in self._pairs(words):
            if row == self.objective:
                self.constant = -value
            elif row not in self.dropped:
                self.rhs[self.rows[row]] = value

    def _ranges(self, words):
        for row, value in self._pairs(words):
            self.ranges[self.rows[row]] = value

    def _bounds(self, words):
        kind = words[0].upper()
        needs_value = kind not in ("FR", "MI", "PL", "BV")
        rest = words[1:]
        # The vector's name may be missing; FR, MI, PL and BV may carry a value all the same.
        if needs_value:
            name, value = rest[-2], float(rest[-1])
        else:
            name, value = (rest[0] if len(rest) == 1 else rest[1]), 0.0
        column = self.cols[name]
        if kind in ("UI", "LI", "BV"):
            self.integer[column] = True
        if kind in ("UP", "UI"):
            self.upper[column] = value
            if value < 0 and column not in self.lower:
                self.lower[column] = -INF
        elif kind in ("LO", "LI"):
            self.lower[column] = value
        elif kind == "FX":
            self.lower[column] = self.upper[column] = value
        elif kind == "FR":
            self.lower[column], self.upper[column] = -INF, INF
        elif kind == "MI":
            self.lower[column] = -INF
        elif kind == "PL":
            self.upper[column] = INF
        elif kind == "BV":
            self.lower[column], self.upper[column] = 0.0, 1.0
        else:
            raise ValueError(f"bound type {kind}")

    def problem(self, integer_unbounded):
        p = Problem()
        rows, cols, values = zip(*self.entries) if self.entries else ((), (), ())
        p.a = sparse.csc_matrix((values, (rows, cols)), shape=(len(self.kinds), len(self.cost)))
        if p.a.nnz != len(self.entries):
            print(f"{self.path}: {len(self.entries) - p.a.nnz} entries stand twice; added",
                  file=sys.stderr)
        p.cost = np.array(self.cost) * (-1 if self.maximise else 1)
        p.integer = np.array(self.integer, dtype=int)
        p.lo = np.array([self.lower.get(j, 0.0) for j in range(len(self.cost))])
        p.hi = np.array([self.upper.get(j, INF) for j in range(len(self.cost))])
        for j, integer in enumerate(self.integer):
            if integer and j not in self.lower and j not in self.upper and not integer_unbounded:
                p.hi[j] = 1.0
        p.row_lo, p.row_hi = np.empty(len(self.kinds)), np.empty(len(self.kinds))
        for i, kind in enumerate(self.kinds):
            p.row_lo[i], p.row_hi[i] = self._row_bounds(
                kind, self.rhs.get(i, 0.0), self.ranges.get(i))
        return p

    @staticmethod
    def _row_bounds(kind, rhs, width):
        if kind == "E":
            if width is None:
                return rhs, rhs
            return min(rhs, rhs + width), max(rhs, rhs + width)
        if kind == "L":
            return (-INF if width is None else rhs - abs(width)), rhs
        return rhs, (INF if width is None else rhs + abs(width))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--lp-relaxation", action="store_true")
    parser.add_argument("--gap", type=float, default=0.0)
    parser.add_argument("--time-limit", type=float)
    parser.add_argument("--integer-unbounded", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    reader = Reader(options.file).read()
    p = reader.problem(options.integer_unbounded)
    found = solve(p, options.lp_relaxation, options.gap, options.time_limit)
    sign = -1 if reader.maximise else 1
    answer = {"status": found.status, "rows": p.a.shape[0], "columns": p.a.shape[1],
              "entries": int(p.a.nnz), "integers": int(p.integer.sum())}
    if found.objective is not None:
        answer["objective"] = sign * found.objective + reader.constant
    if options.json:
        print(json.dumps(answer))
    else:
        for key, value in answer.items():
            print(f"{key:10} {value if not isinstance(value, float) else repr(value)}")
    return 3 if found.status == "infeasible" else 0


if __name__ == "__main__":
    sys.exit(main())
