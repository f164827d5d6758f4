"""Measuring for the claims: CPU seconds and peak memory of child processes, scenarios, rounds.

A claim is a script claim_NAME.py that prints one JSON line; bench/run starts it with
    MIZAN_BUILD       the build folder (default: build)
    MIZAN_BENCH_DIR   a folder for what is made on the way: scenarios, matrices, measured rounds
    MIZAN_BENCH_SIDES what the chosen claims need measured side by side (default: what one needs)
    MIZAN_BENCH_PAIRS at least so many rounds of every size (default: 5, 3 and 1, see ROUNDS)
Time is user and system CPU time of the child, so that other work on the machine shows little; one
child runs at a time. Side by side means A B A B in the same minutes; what is reported as a ratio is
the median of the ratios of the rounds.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PYTHON = "/usr/bin/python3"
ROUNDS = {10000: 5, 30000: 3, 100000: 1}     # columns -> rounds; the largest takes minutes
NOT_SHARED = {30000: ("pulp",)}              # sides no claim needs at a size


def build_path(*names):
    return os.path.join(os.path.abspath(os.environ.get("MIZAN_BUILD", "build")), *names)


def mizan():
    return build_path("mizan")


_folder = None


def folder():
    global _folder
    given = os.environ.get("MIZAN_BENCH_DIR")
    if given:
        return given
    if _folder is None:
        _folder = tempfile.TemporaryDirectory(prefix="mizan-bench-")
    return _folder.name


def note(text):
    print(f"  {text}", file=sys.stderr, flush=True)


class Run:
    """What a child used and said."""

    def __init__(self, cpu_s, peak_kb, status, out):
        self.cpu_s, self.peak_kb, self.status, self.out = cpu_s, peak_kb, status, out

    def json(self):
        return json.loads(self.out)


def run(argv, expect=(0,)):
    """Runs to its end; CPU seconds and peak memory are the child's own, from wait4."""
    begin = time.monotonic()
    with tempfile.TemporaryFile(mode="w+", encoding="utf-8") as out, \
            tempfile.TemporaryFile(mode="w+", encoding="utf-8") as err:
        child = subprocess.Popen(argv, stdout=out, stderr=err, cwd=ROOT)
        _, code, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(code)
        out.seek(0)
        err.seek(0)
        text, complaint = out.read(), err.read()
    name = os.path.basename(argv[0])
    if child.returncode not in expect:
        sys.exit(f"{name} {' '.join(argv[1:3])}: exit {child.returncode}\n{complaint[-2000:]}")
    cpu = used.ru_utime + used.ru_stime
    note(f"{name:10} {cpu:8.3f} s CPU {time.monotonic() - begin:8.2f} s wall "
         f"{used.ru_maxrss / 1024:7.1f} MB")
    return Run(cpu, used.ru_maxrss, child.returncode, text)


def alternate(count, *sides):
    """Runs side 0, side 1, ..., side 0, ...; each side is a function. A list of runs a side."""
    runs = [[] for _ in sides]
    for _ in range(count):
        for i, side in enumerate(sides):
            runs[i].append(side())
    return runs


def summary(values):
    return {"median": round(statistics.median(values), 6), "min": round(min(values), 6),
            "max": round(max(values), 6)}


def ratios(over, under):
    return [a / b for a, b in zip(over, under)]


def report(claim, goal, unit, values, passed, ratio, ratio_of, **more):
    """The line of a claim. ratio: the number that does not depend on the machine."""
    line = {"claim": claim, "goal": goal, "unit": unit, "measured": summary(values),
            "pass": bool(passed), "n": len(values), "ratio": round(ratio, 4),
            "ratio_of": ratio_of, **more}
    print(json.dumps(line), flush=True)


def exponent(sizes, values):
    """b of value = a * size ** b, least squares on logarithms."""
    xs, ys = [math.log(s) for s in sizes], [math.log(v) for v in values]
    x, y = statistics.mean(xs), statistics.mean(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def same_objective(a, b):
    """In M USD, as docs/plan-model.md compares implementations."""
    return abs(a - b) <= 1e-6 * max(abs(a), 1)


# --- scenarios and matrices ----------------------------------------------------------------

def scenario(columns):
    path = os.path.join(folder(), f"large-{columns}.yaml")
    if not os.path.exists(path):
        text = subprocess.run([PYTHON, os.path.join(HERE, "make_scenario.py"), "--columns",
                               str(columns)], check=True, capture_output=True).stdout
        with open(path, "wb") as file:
            file.write(text)
    return path


def matrix(columns):
    """The program's own matrix, built and written without solving it."""
    path = os.path.join(folder(), f"large-{columns}.mps")
    if not os.path.exists(path):
        run([build_path("bench", "bench_load"), scenario(columns), path])
    return path


def pulp_matrix(columns):
    path = os.path.join(folder(), f"large-{columns}.npz")
    if not os.path.exists(path):
        run([PYTHON, os.path.join(HERE, "pulp_plan.py"), "matrix", scenario(columns), path])
    return path


# --- rounds: the same size by several programs ---------------------------------------------

def side_mizan(columns):
    done = run([mizan(), "plan", scenario(columns), "--json", "--quiet", "--reservation", "no"])
    data = done.json()["data"]
    return {"cpu_s": done.cpu_s, "peak_kb": done.peak_kb, "objective": data["objective_usd"] / 1e6,
            "columns": data["columns"], "rows": data["rows"], **data["seconds"]}


def side_bare(columns):
    """CLP's dual simplex with perturbation 50; only the solve counts, not reading the matrix."""
    done = run([build_path("bench", "bench_clp"), matrix(columns)])
    data = done.json()
    return {"cpu_s": data["solve_s"], "peak_kb": done.peak_kb, "objective": data["objective"],
            "read_s": data["read_s"]}


def side_clp(columns):
    """CLP's own program, its presolve included; all of the process counts."""
    done = run(["clp", matrix(columns), "-dualsimplex"])
    words = [line.split() for line in done.out.splitlines() if line.startswith("Optimal objective")]
    return {"cpu_s": done.cpu_s, "peak_kb": done.peak_kb, "objective": float(words[-1][2])}


def side_pulp(columns):
    return run([PYTHON, os.path.join(HERE, "pulp_plan.py"), "solve", pulp_matrix(columns)]).json()


SIDES = {"mizan": side_mizan, "bare": side_bare, "clp": side_clp, "pulp": side_pulp}


def prepare(columns, sides):
    scenario(columns)
    if {"bare", "clp"} & set(sides):
        matrix(columns)
    if "pulp" in sides:
        pulp_matrix(columns)


def rounds(columns, *needed):
    """Rounds of `needed` sides at this size, measured side by side: a list of {side: figures}.

    Claims of one bench/run share them: the first that asks measures for all that were chosen.
    """
    path = os.path.join(folder(), f"rounds-{columns}.json")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            known = json.load(file)
        if all(side in known[0] for side in needed):
            return known
    others = [s for s in os.environ.get("MIZAN_BENCH_SIDES", "").split()
              if s not in NOT_SHARED.get(columns, ())]
    wanted = [s for s in SIDES if s in needed or s in others]
    count = max(int(os.environ.get("MIZAN_BENCH_PAIRS", "0")), ROUNDS[columns])
    prepare(columns, wanted)
    result = []
    for i in range(count):
        note(f"{columns} columns, round {i + 1} of {count}")
        result.append({side: SIDES[side](columns) for side in wanted})
    for one in result:
        for side in wanted:
            if not same_objective(one[wanted[0]]["objective"], one[side]["objective"]):
                sys.exit(f"{columns} columns: the objective of {side} is another: {one}")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(result, file)
    return result
