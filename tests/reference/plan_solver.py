"""Solving a matrix with HiGHS, and writing it as free MPS; see plan_reference.py.

A matrix here is any object with a (scipy CSC), cost, lo, hi, row_lo, row_hi and integer (0 / 1).
"""

import math
import os
import re
import sys

import numpy as np
from scipy import sparse

INF = math.inf


class Result:
    def __init__(self, status, x=None, objective=None, bound=None):
        self.status, self.x, self.objective, self.bound = status, x, objective, bound


def solve_highspy(m, integer, gap, limit):
    import highspy
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = m.a.shape[1], m.a.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = m.cost, m.lo, m.hi
    lp.row_lower_, lp.row_upper_ = m.row_lo, m.row_hi
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = m.a.indptr, m.a.indices
    lp.a_matrix_.value_ = m.a.data
    if integer is not None:
        lp.integrality_ = [highspy.HighsVarType.kInteger if i
                           else highspy.HighsVarType.kContinuous for i in integer]
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", bool(os.environ.get("PLAN_REFERENCE_LOG")))
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("primal_feasibility_tolerance", 1e-9)
    highs.setOptionValue("dual_feasibility_tolerance", 1e-9)
    highs.setOptionValue("mip_feasibility_tolerance", 1e-9)
    highs.setOptionValue("mip_rel_gap", gap)
    highs.setOptionValue("mip_abs_gap", 1e-7)
    if limit:
        highs.setOptionValue("time_limit", float(limit))
    highs.passModel(lp)
    highs.run()
    status = highs.getModelStatus()
    info = highs.getInfo()
    solution = highs.getSolution()
    x = np.array(solution.col_value) if solution.value_valid else None
    bound = info.mip_dual_bound if integer is not None else info.objective_function_value
    if status == highspy.HighsModelStatus.kOptimal:
        return Result("optimal", x, info.objective_function_value, bound)
    if status in (highspy.HighsModelStatus.kInfeasible,
                  highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return Result("infeasible")
    return Result(str(status), x, info.objective_function_value if x is not None else None, bound)


def solve_scipy(m, integer, gap, limit):
    from scipy.optimize import Bounds, LinearConstraint, linprog, milp
    if integer is not None:
        options = {"mip_rel_gap": gap}
        if limit:
            options["time_limit"] = limit
        answer = milp(m.cost, integrality=integer, bounds=Bounds(m.lo, m.hi),
                      constraints=LinearConstraint(m.a, m.row_lo, m.row_hi), options=options)
        status = {0: "optimal", 2: "infeasible"}.get(answer.status, answer.message)
        return Result(status, answer.x, answer.fun, getattr(answer, "mip_dual_bound", None))
    rows = m.a.tocsr()
    equal = m.row_lo == m.row_hi
    upper = ~equal & np.isfinite(m.row_hi)
    lower = ~equal & np.isfinite(m.row_lo)
    answer = linprog(
        m.cost, A_ub=sparse.vstack([rows[upper], -rows[lower]], format="csr"),
        b_ub=np.concatenate([m.row_hi[upper], -m.row_lo[lower]]),
        A_eq=rows[equal], b_eq=m.row_lo[equal], bounds=np.column_stack([m.lo, m.hi]),
        method="highs", options={"primal_feasibility_tolerance": 1e-9,
                                 "dual_feasibility_tolerance": 1e-9})
    status = {0: "optimal", 2: "infeasible"}.get(answer.status, answer.message)
    return Result(status, answer.x, answer.fun, answer.fun)


def solve_once(m, integer, gap=0.0, limit=None):
    try:
        import highspy                                         # noqa: F401
        return solve_highspy(m, integer, gap, limit)
    except ImportError:
        return solve_scipy(m, integer, gap, limit)


def fix(m, which, values):
    """Optimum with some columns fixed at values; the matrix is left as it was."""
    lo, hi = m.lo, m.hi
    m.lo, m.hi = lo.copy(), hi.copy()
    m.lo[which] = m.hi[which] = values
    try:
        return solve_once(m, None)
    finally:
        m.lo, m.hi = lo, hi


def branch(m, best):
    """Depth-first branch and bound by LPs alone, from the best solution known so far.

    The search of old HiGHS releases (scipy 1.10) has been seen to call a wrong plan optimal, so
    small problems are searched here, where only the LP solver has to be trusted.
    """
    lo, hi = m.lo, m.hi
    columns = np.flatnonzero(m.integer)
    open_nodes = [({}, -INF)]
    while open_nodes:
        fixed, bound = open_nodes.pop()
        tolerance = 1e-9 * max(1.0, abs(best.objective)) if best.x is not None else 0.0
        if best.x is not None and bound >= best.objective - tolerance:
            continue
        m.lo, m.hi = lo.copy(), hi.copy()
        for column, value in fixed.items():
            m.lo[column] = m.hi[column] = value
        found = solve_once(m, None)
        m.lo, m.hi = lo, hi
        if found.status != "optimal":
            if found.status == "infeasible":
                continue
            return Result(found.status)
        if best.x is not None and found.objective >= best.objective - tolerance:
            continue
        off = np.abs(found.x[columns] - np.round(found.x[columns]))
        if off.max() <= 1e-9:
            rounded = fix(m, columns, np.round(found.x[columns]))
            if rounded.status == "optimal" and (best.x is None
                                                or rounded.objective < best.objective):
                best = rounded
            continue
        column = columns[off.argmax()]
        near = round(found.x[column])
        for value in (1 - near, near):        # the nearer one is taken from the stack first
            open_nodes.append(({**fixed, column: value}, found.objective))
    best.bound = best.objective
    return best


OWN_SEARCH_MAX = 40      # binaries up to which branch() is used with scipy


def solve(m, relaxed=False, gap=0.0, limit=None, own_search=False):
    """Optimum; after a search the integers are fixed and the rest is solved once more.

    The second solve removes what the integrality tolerance let through.
    """
    if relaxed or not m.integer.any():
        return solve_once(m, None)
    found = solve_once(m, m.integer, gap, limit)
    if found.x is not None:
        which = np.flatnonzero(m.integer)
        fixed = fix(m, which, np.round(found.x[which]))
        if fixed.status == "optimal":
            fixed.status, fixed.bound = found.status, found.bound
            found = fixed
    scipy_only = "highspy" not in sys.modules
    if own_search or (scipy_only and m.integer.sum() <= OWN_SEARCH_MAX and gap == 0):
        found = branch(m, found)
    return found


def write_mps(m, path):
    """Free MPS; infinite bounds and ranges as usual. Objective in M USD."""
    def names(texts, prefix):
        return [prefix + str(i) + "_" + re.sub(r"\s", "_", t) for i, t in enumerate(texts)]

    cols, rows = names(m.col_name, "c"), names(m.row_name, "r")
    with open(path, "w", encoding="utf-8") as out:
        out.write("NAME plan\nROWS\n N objective\n")
        kinds = []
        for lo, hi in zip(m.row_lo, m.row_hi):
            kinds.append("E" if lo == hi else "N" if lo == -INF and hi == INF
                         else "L" if hi < INF else "G")
        for kind, name in zip(kinds, rows):
            out.write(f" {kind} {name}\n")
        out.write("COLUMNS\n")
        inside = False
        for j, name in enumerate(cols):
            if bool(m.integer[j]) != inside:
                inside = not inside
                out.write(f" MARKER 'MARKER' '{'INTORG' if inside else 'INTEND'}'\n")
            out.write(f" {name} objective {m.cost[j]:.17g}\n")
            for p in range(m.a.indptr[j], m.a.indptr[j + 1]):
                out.write(f" {name} {rows[m.a.indices[p]]} {m.a.data[p]:.17g}\n")
        if inside:
            out.write(" MARKER 'MARKER' 'INTEND'\n")
        out.write("RHS\n")
        for kind, name, lo, hi in zip(kinds, rows, m.row_lo, m.row_hi):
            value = hi if kind == "L" else lo
            if kind != "N" and value:
                out.write(f" rhs {name} {value:.17g}\n")
        out.write("RANGES\n")
        for kind, name, lo, hi in zip(kinds, rows, m.row_lo, m.row_hi):
            if kind == "L" and lo > -INF:
                out.write(f" rng {name} {hi - lo:.17g}\n")
        out.write("BOUNDS\n")
        for name, lo, hi in zip(cols, m.lo, m.hi):
            if lo == hi:
                out.write(f" FX bnd {name} {lo:.17g}\n")
                continue
            if lo == -INF:
                out.write(f" {'FR' if hi == INF else 'MI'} bnd {name}\n")
            elif lo:
                out.write(f" LO bnd {name} {lo:.17g}\n")
            if hi < INF:
                out.write(f" UP bnd {name} {hi:.17g}\n")
        out.write("ENDATA\n")
