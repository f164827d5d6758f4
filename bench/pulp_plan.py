#!/usr/bin/env python3
"""The plan model of a scenario in PuLP, solved by CBC, to compare with.

    pulp_plan.py matrix SCENARIO.yaml FILE.npz    rows and columns of the reference implementation
    pulp_plan.py solve FILE.npz                   the same rows in PuLP; prints one JSON line

The first step is tests/reference/plan_reference.py, which writes the model down from its page and
shares no code with the program; it is not counted. Counted in the second step is what a user of
PuLP pays: variables and constraints made (from lists of pairs, PuLP's quickest way), the model
handed over as a file, CBC, the answer read. Not counted: the interpreter's start, imports, reading
FILE. Memory is the largest of the two processes, not their sum, although both are there at once.
"""

import json
import os
import resource
import sys
import tempfile
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def save_matrix(scenario, path):
    sys.path.insert(0, os.path.join(HERE, "..", "tests", "reference"))
    import plan_reference
    from plan_scenario import load_text

    with open(scenario, encoding="utf-8") as file:
        m = plan_reference.build(load_text(file), catalogue=os.path.join(HERE, "..", "catalogue")).m
    a = m.a.tocsr()
    np.savez(path, starts=a.indptr, columns=a.indices, values=a.data, cost=m.cost, lo=m.lo,
             hi=m.hi, row_lo=m.row_lo, row_hi=m.row_hi, integer=m.integer)


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + used.ru_utime + used.ru_stime


def build(pulp, m):
    problem = pulp.LpProblem("plan", pulp.LpMinimize)
    x = [pulp.LpVariable(f"x{j}", None if lo == -np.inf else lo, None if hi == np.inf else hi,
                         pulp.LpInteger if whole else pulp.LpContinuous)
         for j, (lo, hi, whole) in enumerate(zip(m["lo"], m["hi"], m["integer"]))]
    problem += pulp.LpAffineExpression([(x[j], c) for j, c in enumerate(m["cost"]) if c])
    starts, columns, values = m["starts"], m["columns"], m["values"]
    for r, (lo, hi) in enumerate(zip(m["row_lo"], m["row_hi"])):
        terms = [(x[columns[i]], values[i]) for i in range(starts[r], starts[r + 1])]
        if not terms:
            continue
        if lo == hi:
            problem += pulp.LpConstraint(terms_of(pulp, terms), pulp.LpConstraintEQ, f"r{r}", lo)
            continue
        if lo > -np.inf:
            problem += pulp.LpConstraint(terms_of(pulp, terms), pulp.LpConstraintGE, f"g{r}", lo)
        if hi < np.inf:
            problem += pulp.LpConstraint(terms_of(pulp, terms), pulp.LpConstraintLE, f"l{r}", hi)
    return problem


def terms_of(pulp, terms):
    return pulp.LpAffineExpression(terms)


def solve(path):
    import pulp

    m = {key: value.tolist() for key, value in np.load(path).items()}
    begin = cpu_seconds()
    problem = build(pulp, m)
    built = cpu_seconds()
    with tempfile.TemporaryDirectory() as folder:
        solver = pulp.COIN_CMD(path="/usr/bin/cbc", msg=0)
        solver.tmpDir = folder
        problem.solve(solver)
    end = cpu_seconds()
    kilobytes = [resource.getrusage(who).ru_maxrss
                 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({
        "status": pulp.LpStatus[problem.status], "objective": pulp.value(problem.objective),
        "columns": len(m["cost"]), "rows": len(m["row_lo"]), "entries": len(m["values"]),
        "build_s": built - begin, "solve_s": end - built, "cpu_s": end - begin,
        "python_kb": kilobytes[0], "cbc_kb": kilobytes[1], "peak_kb": max(kilobytes)}))


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "matrix":
        save_matrix(sys.argv[2], sys.argv[3])
    elif len(sys.argv) == 3 and sys.argv[1] == "solve":
        solve(sys.argv[2])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
