#!/usr/bin/env python3
"""A second opinion on `mizan sim --events`: replays the CSV against the trace and the fleet.

    check_events.py EVENTS.csv --fleet 12x8 --trace philly:jobs.csv --vc 11cb48 --json sim.json

Written from docs and headers only (src/sim/sim.h, trace.h, output.h; src/place/job.h, place.h).
The fleet is NODESxCHIPS, or a JSON file: a list of sites in the order of the fleet,
    [{"name": "aws/use1", "nodes": 64, "chips_per_node": 8, "chip": "h100-sxm",
      "nodes_per_rack": 8, "racks_per_spine": 4}, ...]
Prints what it checked; exit 1 with the first violation explained. As a module: check(...) raises
Violation, else returns the counts.
"""

import argparse
import bisect
import calendar
import csv
import json
import math
import re
import sys

LEVELS = ("node", "rack", "spine", "site", "partner", "fleet")
HEADER = "time_us,seq,event,job,attempt,partner,site,node,chips_milli,until_us,reason".split(",")
EVENTS = ("submit", "reserve", "start", "end", "preempt", "fail", "checkpoint", "drop")


class Violation(Exception):
    """The events contradict the trace, the fleet or the results."""


# ---- the fleet ----

class Fleet:
    def __init__(self, sites):
        self.sites = {}
        self.chips = {}     # node name: chips
        self.domains = {}   # node name: domain at each level
        self.kind = {}      # node name: chip
        for site in sites:
            site = dict({"chip": "any", "nodes_per_rack": 0, "racks_per_spine": 0}, **site)
            self.sites[site["name"]] = site
            partner = site["name"].split("/")[0]
            width = max(4, len(str(site["nodes"] - 1)))
            for i in range(site["nodes"]):
                name = f"{site['name']}/{i:0{width}d}"
                rack = i // site["nodes_per_rack"] if site["nodes_per_rack"] else i
                spine = rack // site["racks_per_spine"] if site["racks_per_spine"] else rack
                self.chips[name] = site["chips_per_node"]
                self.kind[name] = site["chip"]
                self.domains[name] = (name, (site["name"], rack), (site["name"], spine),
                                      site["name"], partner, "")
        self.total = sum(self.chips.values())
        self.milli = {name: 1000 * chips for name, chips in self.chips.items()}
        self.largest = max(self.chips.values(), default=0)

    @staticmethod
    def read(text):
        match = re.fullmatch(r"(\d+)x(\d+)(?::(.+))?", text)
        if match:
            return Fleet([{"name": "local", "nodes": int(match[1]), "chips_per_node": int(match[2]),
                           "chip": match[3] or "any"}])
        with open(text, encoding="utf-8") as file:
            return Fleet(json.load(file))

    def could_hold(self, job):
        """Would the empty fleet hold the job by its chips and levels? None: not known here."""
        if job.cpu or job.memory:
            return None
        groups = {}
        for name, chips in self.chips.items():
            if job.kinds and self.kind[name] not in job.kinds:
                continue
            key = (self.domains[name][job.required], self.kind[name])
            groups.setdefault(key, []).append(chips)
        for sizes in groups.values():
            if len(set(sizes)) != 1:
                return None
            if job.chips_per_node:
                need = job.chips // job.chips_per_node
                fits = sizes[0] >= job.chips_per_node and len(sizes) >= need
            else:
                fits = len(sizes) >= max(1, math.ceil(job.chips / sizes[0]))
            if fits:
                return True
        return False


# ---- the trace ----

class Job:
    def __init__(self, name, submit, run, chips):
        self.name = name
        self.submit = submit
        self.run = run
        self.chips = chips
        self.milli = 1000
        self.chips_per_node = 0
        self.required = LEVELS.index("partner")
        self.kinds = ()
        self.checkpoint = 0
        self.cpu = self.memory = 0
        self.team = ""
        self.limit = 0
        # from the events
        self.attempts = []      # [start, end, how, until, parts]
        self.open = None
        self.submitted = None
        self.over = None        # "done" or "drop"
        self.promise = None     # (at, until) of the first reserve since it last stopped
        self.promise_last = 0


def exact_us(text):
    """Decimal seconds as microseconds, exactly."""
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("+-").partition(".")
    return sign * (int(whole or "0") * 1000000 + int((part + "000000")[:6]))


def parse_time(text, is_end=False):
    """Unix seconds, or a date with or without a time, as microseconds of UTC."""
    text = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return exact_us(text)
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?)?"
                         r"(Z|[+-]\d\d:\d\d)?", text)
    if not match:
        raise Violation(f"'{text}' is not a time")
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if match[4] is None:
        hour, minute, second = (23, 59, 59) if is_end else (0, 0, 0)
    else:
        hour, minute = int(match[4]), int(match[5])
        second = int(match[6]) if match[6] else (59 if is_end else 0)
    us = calendar.timegm((year, month, day, hour, minute, second)) * 1000000
    if match[7]:
        us += exact_us("0" + match[7])
    if match[8] and match[8] != "Z":
        shift = (int(match[8][1:3]) * 60 + int(match[8][4:6])) * 60000000
        us += -shift if match[8][0] == "+" else shift
    return us


def read_trace(kind, path, vc=None, begin=None, end=None):
    """Jobs by name, those of the team and the span only, in order of submission."""
    jobs = []
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        columns = {name: i for i, name in enumerate(next(rows))}
        for row in rows:
            def cell(name, default="", row=row):
                return row[columns[name]] if name in columns and row[columns[name]] else default
            line = str(rows.line_num)
            if kind == "philly":
                job = Job(line, parse_time(cell("submit_time")), exact_us(cell("duration_s")),
                          int(cell("num_gpus")))
                job.team = cell("vc")
            elif kind == "mizan":
                job = Job(cell("name", line), parse_time(cell("submit")), exact_us(cell("run_s")),
                          int(cell("chips")))
                job.team = cell("team")
                job.milli = int(cell("chip_milli", "1000"))
                job.chips_per_node = int(cell("chips_per_node", "0"))
                job.required = LEVELS.index(cell("required", "partner"))
                job.kinds = tuple(filter(None, cell("chip").split("|")))
                job.checkpoint = exact_us(cell("checkpoint_s", "0"))
                job.cpu = int(cell("cpu_milli", "0"))
                job.memory = int(cell("memory_mib", "0"))
                job.limit = exact_us(cell("limit_s", "0"))
            else:
                raise Violation(f"trace kind '{kind}' is not read here: philly and mizan are")
            if (vc is None or job.team == vc) and (begin is None or job.submit >= begin) and \
                    (end is None or job.submit <= end):
                jobs.append(job)
    jobs.sort(key=lambda job: job.submit)
    if len({job.name for job in jobs}) != len(jobs):
        raise Violation("two jobs of the trace have one name: this checker cannot tell them apart")
    return {job.name: job for job in jobs}


# ---- checkpoints: what an attempt has to last ----

class Checkpoints:
    """cost, restart and every in microseconds; mean_us: between interruptions of one node, for
    Young's interval where none is stated. free: with failures and no cost nothing is lost."""

    def __init__(self, cost=0, restart=0, every=0, mean_us=0):
        self.cost = cost
        self.restart = restart
        self.every = every
        self.mean_us = mean_us

    def interval(self, job, nodes):
        if job.checkpoint:
            return job.checkpoint
        if self.every:
            return self.every
        if self.mean_us and self.cost:
            return math.sqrt(2.0 * self.cost * self.mean_us / nodes)
        return 0

    def length(self, job, nodes, left, is_restart):
        """Microseconds that an undisturbed attempt takes for so much work."""
        every = self.interval(job, nodes)
        writes = max(0, math.ceil(left / every) - 1) if every else 0
        return (self.restart if is_restart else 0) + left + writes * self.cost

    def saved(self, job, nodes, left, elapsed, is_restart):
        """Work that stays when an attempt is cut after so long, without notice."""
        every = self.interval(job, nodes)
        if not every:
            if self.mean_us and not self.cost:
                return max(0, min(left, elapsed - (self.restart if is_restart else 0)))
            return 0
        elapsed -= self.restart if is_restart else 0
        whole = max(0, elapsed // (every + self.cost))
        return min(left, whole * every)


# ---- the replay ----

def unshared(milli):
    """Thousandths of chips that no other such part can share: a share above a half stands alone."""
    if milli >= 1000:
        return milli
    return 1000 if milli > 500 else 0


class Replay:
    def __init__(self, fleet, jobs, preempts=False, exact=True, checkpoints=None, drops_known=True):
        self.fleet = fleet
        self.jobs = jobs
        self.has_trace = jobs is not None
        self.preempts = preempts
        self.exact = exact
        self.checkpoints = checkpoints
        self.drops_known = drops_known
        self.used = dict.fromkeys(fleet.chips, 0)
        self.whole = dict.fromkeys(fleet.chips, 0)      # chips that nobody can share
        self.running = {name: set() for name in fleet.chips}
        self.down = {}           # node: until
        self.fail_times = []     # when nodes went down
        self.last = (-1, -1)
        self.count = dict.fromkeys(EVENTS, 0)
        self.late = []           # promises broken where preemption may do so
        self.promises = 0
        self.undisturbed = 0
        self.peak = 0
        self.now_used = 0
        self.row = None
        self.seen = {}           # jobs by name when there is no trace
        self.outages = []        # (node, from, until)

    def fail(self, text):
        where = f"row {self.row[1]} at {self.row[0]} us ({','.join(map(str, self.row))})" \
            if self.row else "after the last row"
        raise Violation(f"{where}: {text}")

    # -- one group of rows: the same time, event, job and attempt, one after the other

    def run(self, path):
        with open(path, encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            if next(rows, None) != HEADER:
                raise Violation(f"{path}: the header is not {','.join(HEADER)}")
            group, key = [], None
            for row in rows:
                if len(row) != len(HEADER):
                    raise Violation(f"{path}:{rows.line_num}: {len(row)} fields, not {len(HEADER)}")
                row[0], row[1] = int(row[0]), int(row[1])
                self.row = row
                if row[1] != self.last[1] + 1:
                    self.fail(f"seq {row[1]} behind {self.last[1]}")
                if row[0] < self.last[0]:
                    self.fail("time goes backwards")
                self.last = (row[0], row[1])
                this = (row[0], row[2], row[3], row[4])
                if row[2] == "fail" and row[3] == "":
                    this += (row[7],)
                if group and this != key:
                    self.group(group)
                    group = []
                key = this
                group.append(row)
            if group:
                self.group(group)
        self.row = None

    def group(self, rows):
        self.row = rows[0]
        kind = rows[0][2]
        if kind not in EVENTS:
            self.fail(f"unknown event '{kind}'")
        self.count[kind] += 1
        if kind == "fail" and rows[0][3] == "":
            return self.node_down(rows)
        name = rows[0][3]
        if kind == "submit":
            return self.submit(name, rows)
        job = (self.jobs if self.has_trace else self.seen).get(name)
        if job is None or job.submitted is None:
            self.fail(f"job '{name}' was not submitted")
        if job.over:
            self.fail(f"job '{name}' is over since {job.over}")
        if kind == "start":
            return self.start(job, rows)
        if kind in ("end", "preempt", "fail"):
            return self.stop(job, rows, kind)
        if kind == "reserve":
            return self.reserve(job, rows)
        if kind == "drop":
            return self.drop(job, rows)
        return None

    def submit(self, name, rows):
        at = rows[0][0]
        if len(rows) != 1:
            self.fail(f"job '{name}' was submitted {len(rows)} times")
        if not self.has_trace:
            if name in self.seen:
                self.fail(f"job '{name}' was submitted twice")
            self.seen[name] = Job(name, at, None, None)
        job = (self.jobs if self.has_trace else self.seen).get(name)
        if job is None:
            self.fail(f"the trace has no job '{name}'")
        if job.submitted is not None:
            self.fail(f"job '{name}' was submitted twice")
        if at != job.submit:
            self.fail(f"job '{name}' was submitted at {job.submit} by the trace")
        job.submitted = at

    def node_down(self, rows):
        for row in rows:
            self.row = row
            if row[7] not in self.fleet.chips:
                self.fail(f"no node '{row[7]}' in this fleet")
            if row[9] == "":
                self.fail("a node fails without until_us")
            if int(row[9]) < row[0]:
                self.fail("the node is up again before it failed")
            # a domain that fails has one row, with its first node and its level in the reason
            level = row[10].split(" ")[0]
            nodes = [row[7]]
            if level in LEVELS[1:]:
                domain = self.fleet.domains[row[7]][LEVELS.index(level)]
                nodes = [node for node, domains in self.fleet.domains.items()
                         if domains[LEVELS.index(level)] == domain]
            elif row[10] not in ("node failed", "reclaimed"):
                self.fail(f"a failure of '{row[10]}'?")
            self.fail_times.append(row[0])
            for node in nodes:
                self.down[node] = max(int(row[9]), self.down.get(node, 0))
                self.outages.append((node, row[0], int(row[9])))

    def reserve(self, job, rows):
        at = rows[0][0]
        if job.open:
            self.fail(f"'{job.name}' runs and gets a reservation")
        if len(rows) != 1:      # what is lost with a node may be made earlier in the same step
            for row in rows:
                self.reserve(job, [row])
            return
        self.row = rows[0]
        if rows[0][9] == "":
            self.fail("a reservation without until_us")
        until = int(rows[0][9])
        if until < at:
            self.fail("the promised start is in the past")
        if int(rows[0][4]) != len(job.attempts):
            self.fail(f"attempt {rows[0][4]}, but it started {len(job.attempts)} times")
        if job.promise is None:
            job.promise = (at, until)
        elif until > job.promise_last and not self.failed_between(job.promise[0], at):
            self.broken(job, f"its promise went from {job.promise_last} back to {until}")
        job.promise_last = until

    def failed_between(self, begin, end):
        i = bisect.bisect_left(self.fail_times, begin)
        return i < len(self.fail_times) and self.fail_times[i] <= end

    def broken(self, job, text):
        if not self.preempts:
            self.fail(f"'{job.name}': {text}, and nothing failed in between")
        self.late.append((job.name, self.row[0], text))

    def start(self, job, rows):
        at = rows[0][0]
        if job.open:
            self.fail(f"'{job.name}' starts while it runs")
        if at < job.submit:
            self.fail(f"'{job.name}' starts before it was submitted")
        if int(rows[0][4]) != len(job.attempts) + 1:
            self.fail(f"attempt {rows[0][4]} of '{job.name}' should be {len(job.attempts) + 1}")
        if len({row[9] for row in rows}) != 1:
            self.fail("the parts of a gang end at different times")
        until = int(rows[0][9]) if rows[0][9] else None
        if until is not None and until < at:
            self.fail("the expected end is before the start")
        parts = self.parts(rows)
        self.check_gang(job, parts)
        for node, milli in parts.items():
            if self.down.get(node, -1) > at:
                self.fail(f"node {node} is down until {self.down[node]}")
            self.used[node] += milli
            self.whole[node] += unshared(milli)
            self.running[node].add(job.name)
            if self.used[node] > self.fleet.milli[node]:
                self.fail(f"node {node} has {self.fleet.milli[node]} thousandths of chips, "
                          f"{self.used[node]} are used: {sorted(self.running[node])}")
            if self.whole[node] > self.fleet.milli[node]:
                self.fail(f"node {node}: jobs that cannot share a chip need "
                          f"{self.whole[node] // 1000} chips")
            self.now_used += milli
        self.peak = max(self.peak, self.now_used)
        if job.promise:
            self.promises += 1
            if at > job.promise[1] and not self.failed_between(job.promise[0], at):
                self.broken(job, f"promised at {job.promise[0]} to start at {job.promise[1]}, "
                            f"started at {at}")
            job.promise = None
        job.open = [at, None, None, until, parts]

    def parts(self, rows):
        parts = {}
        for row in rows:
            self.row = row
            if row[7] not in self.fleet.chips:
                self.fail(f"no node '{row[7]}' in this fleet")
            if row[7] in parts:
                self.fail(f"two parts on node {row[7]}")
            domains = self.fleet.domains[row[7]]
            if row[5] != domains[4] or row[6] != domains[3]:
                self.fail(f"node {row[7]} lies at partner {domains[4]}, site {domains[3]}")
            parts[row[7]] = int(row[8])
        self.row = rows[0]
        return parts

    def check_gang(self, job, parts):
        if job.chips is None:
            return
        want = job.chips * job.milli
        if sum(parts.values()) != want:
            self.fail(f"'{job.name}' asked for {want} thousandths and has {sum(parts.values())}")
        if job.chips_per_node:
            if len(parts) != job.chips // job.chips_per_node or \
                    any(milli != 1000 * job.chips_per_node for milli in parts.values()):
                self.fail(f"'{job.name}' wants {job.chips_per_node} chips on each node")
        else:
            partial = [node for node, milli in parts.items() if milli != self.fleet.milli[node]]
            if len(partial) > 1:
                self.fail(f"'{job.name}' has parts of {len(partial)} nodes: one may be in part")
            size = min(self.fleet.chips[node] for node in parts)
            if len(parts) != max(1, math.ceil(job.chips / size)) and len(
                    {self.fleet.chips[node] for node in parts}) == 1:
                self.fail(f"'{job.name}' lies on {len(parts)} nodes of {size} chips")
        domains = {self.fleet.domains[node][job.required] for node in parts}
        if len(domains) != 1:
            self.fail(f"'{job.name}' has to lie within one {LEVELS[job.required]}, lies in "
                      f"{len(domains)}")
        kinds = {self.fleet.kind[node] for node in parts}
        if len(kinds) != 1:
            self.fail(f"'{job.name}' has chips of {len(kinds)} kinds")
        if job.kinds and not kinds <= set(job.kinds):
            self.fail(f"'{job.name}' runs on {kinds}, allowed are {job.kinds}")

    def stop(self, job, rows, kind):
        at = rows[0][0]
        if not job.open:
            self.fail(f"'{job.name}' stops but does not run")
        if int(rows[0][4]) != len(job.attempts) + 1:
            self.fail(f"attempt {rows[0][4]} of '{job.name}' should be {len(job.attempts) + 1}")
        parts = self.parts(rows)
        if parts != job.open[4]:
            self.fail(f"'{job.name}' stops on other nodes than it started on")
        for node, milli in parts.items():
            self.used[node] -= milli
            self.whole[node] -= unshared(milli)
            self.running[node].discard(job.name)
            self.now_used -= milli
        job.open[1], job.open[2] = at, kind
        job.attempts.append(job.open)
        if kind == "end":
            job.over = "done"
            until = job.open[3]
            if until is not None and at > until and self.exact:
                self.fail(f"'{job.name}' ends at {at}, later than the {until} of its start")
            self.check_length(job)
        job.open = None

    def check_length(self, job):
        if job.run is None or not self.exact:
            return
        nodes = len(job.attempts[0][4])
        points = self.checkpoints
        left = job.run
        slack = 0
        for i, (start, end, how, _, _) in enumerate(job.attempts):
            ran = end - start
            if how == "end":
                want = points.length(job, nodes, left, i > 0) if points else left
                # Young's interval is rounded somewhere: allow a microsecond a write
                slack += 2 + (want - left) // 1000000 if points and points.mean_us and \
                    not points.every and not job.checkpoint else 0
                if abs(ran - want) > slack:
                    self.fail(f"'{job.name}' ran {ran} us in attempt {i + 1}; {want} us of work "
                              f"and checkpoints were left of {job.run} us")
                self.undisturbed += i == 0
            elif how == "preempt" and (points or job.checkpoint):
                return      # what a victim saves depends on its notice
            elif points:
                saved = points.saved(job, nodes, left, ran, i > 0)
                left -= saved
                slack += 2 + saved // 1000000 if points.mean_us else 0

    def drop(self, job, rows):
        if job.open or job.attempts:
            self.fail(f"'{job.name}' is dropped though it started")
        if rows[0][10] == "":
            self.fail(f"'{job.name}' is dropped without a reason")
        if self.has_trace and self.drops_known and self.fleet.could_hold(job):
            self.fail(f"'{job.name}' is dropped, but the empty fleet holds it")
        job.over = "drop"

    # -- at the end

    def nobody_on_failed_nodes(self):
        """Every attempt against every time that one of its nodes was down."""
        downs = {}
        for node, begin, until in self.outages:
            downs.setdefault(node, []).append((begin, until))
        for job in self.all_jobs():
            for start, end, _, _, parts in job.attempts:
                for node in parts:
                    for begin, until in downs.get(node, ()):
                        if start < until and begin < end:
                            self.fail(f"'{job.name}' ran on {node} in {start}..{end}, which was "
                                      f"down in {begin}..{until}")

    def all_jobs(self):
        return list((self.jobs if self.has_trace else self.seen).values())

    def finish(self, complete):
        unfinished = 0
        for job in self.all_jobs():
            if job.submitted is None and not complete:
                unfinished += 1
                continue
            if job.submitted is None:
                self.fail(f"job '{job.name}' of the trace was never submitted")
            if not job.over:
                unfinished += 1
                if complete:
                    self.fail(f"job '{job.name}' neither ended nor was dropped")
        self.nobody_on_failed_nodes()
        return unfinished

    def metrics(self, begin=None):
        done = [job for job in self.all_jobs() if job.over == "done"]
        if not done:
            return {}
        if begin is None:
            begin = min(job.submitted for job in self.all_jobs() if job.submitted is not None)
        jct = [job.attempts[-1][1] - job.submit for job in done]
        held = [sum(end - start for start, end, *_ in job.attempts) for job in done]
        last = max(job.attempts[-1][1] for job in done)
        area = sum((end - start) * sum(parts.values())
                   for job in self.all_jobs() for start, end, _, _, parts in job.attempts)
        work = sum((job.run or 0) * job.chips * job.milli for job in done) if self.has_trace else 0
        span = last - begin
        return {"jobs": len(done),
                "avg_jct_s": sum(jct) / len(done) / 1e6,
                "avg_queue_s": sum(a - b for a, b in zip(jct, held)) / len(done) / 1e6,
                "makespan_s": span / 1e6,
                "utilisation": area / (1000.0 * self.fleet.total * span) if span else 0,
                "used_chip_hours": area / 3.6e12,
                "work_chip_hours": work / 3.6e12,
                "goodput": work / area if area else 1.0}


def compare(found, result, keys):
    for key in keys:
        a, b = found.get(key), result.get(key)
        if a is None or b is None or abs(a - b) > 1e-9 * max(1.0, abs(a), abs(b)):
            raise Violation(f"{key}: the events give {a}, --json says {b}")


def check(events, fleet, jobs=None, result=None, preempts=False, exact=True, checkpoints=None,
          begin=None, drops_known=True):
    """Raises Violation. fleet: Fleet; jobs: of read_trace, None: not known; result: one object of
    --json's data; preempts: promises may be broken for someone more important (they are counted
    as `late`); exact: run times are those of the trace (no speeds); checkpoints: Checkpoints."""
    replay = Replay(fleet, jobs, preempts, exact, checkpoints, drops_known)
    replay.run(events)
    complete = result["complete"] if result else True
    unfinished = replay.finish(complete)
    found = replay.metrics(begin)
    if result and complete:
        keys = ["jobs", "avg_jct_s", "avg_queue_s", "makespan_s", "used_chip_hours"]
        keys += ["utilisation"] if found.get("makespan_s") else []
        if found:
            compare(found, result, keys)
            if jobs is not None and exact:
                compare(found, result, ["goodput"] if found["used_chip_hours"] else [])
                total = found["work_chip_hours"] + result["lost_chip_hours"] + \
                    result["checkpoint_chip_hours"]
                if abs(total - result["used_chip_hours"]) > 1e-6 * max(1.0, total):
                    raise Violation(f"work + lost + checkpoints are {total} chip-hours, "
                                    f"{result['used_chip_hours']} were used")
        if result["dropped"] != replay.count["drop"]:
            raise Violation(f"dropped: {replay.count['drop']} events, --json {result['dropped']}")
        # a victim that ends or fails inside its grace time counts as preempted, without an event
        if result["preemptions"] < replay.count["preempt"]:
            raise Violation(f"preemptions: {replay.count['preempt']} events, --json "
                            f"{result['preemptions']}")
    if result and result["unfinished"] != unfinished:
        raise Violation(f"unfinished: {unfinished} in the events, --json {result['unfinished']}")
    found.update(rows=replay.last[1] + 1, count=replay.count, promises=replay.promises,
                 late=len(replay.late), late_list=replay.late, undisturbed=replay.undisturbed,
                 peak_chips=replay.peak / 1000, outages=len(replay.outages),
                 unfinished=unfinished, replay=replay)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events")
    parser.add_argument("--fleet", required=True)
    parser.add_argument("--trace", help="philly:FILE or mizan:FILE")
    parser.add_argument("--vc")
    parser.add_argument("--from", dest="begin")
    parser.add_argument("--to", dest="end")
    parser.add_argument("--json", help="what mizan sim --json printed, of this one policy")
    parser.add_argument("--preempt", action="store_true", help="report broken promises, go on")
    parser.add_argument("--speeds", action="store_true", help="run times differ by chip")
    parser.add_argument("--checkpoint", help="cost=60,restart=300,every=1800,mean=3600000: seconds")
    args = parser.parse_args()
    try:
        jobs = None
        if args.trace:
            kind, _, path = args.trace.partition(":")
            jobs = read_trace(kind, path, args.vc, parse_time(args.begin) if args.begin else None,
                              parse_time(args.end, True) if args.end else None)
        result = None
        if args.json:
            with open(args.json, encoding="utf-8") as file:
                result = json.load(file)["data"][0]
        points = None
        if args.checkpoint:
            words = {k: exact_us(v) for k, v in
                     (word.split("=") for word in args.checkpoint.split(","))}
            points = Checkpoints(words.get("cost", 0), words.get("restart", 0),
                                 words.get("every", 0), words.get("mean", 0))
        found = check(args.events, Fleet.read(args.fleet), jobs, result, args.preempt,
                      not args.speeds, points, parse_time(args.begin) if args.begin else None)
    except Violation as violation:
        print(f"VIOLATION: {violation}")
        return 1
    count = found["count"]
    print(f"{found['rows']} rows: no chip used twice (peak {found['peak_chips']:g} chips), "
          f"{count['start']} starts whole and in their domains, nothing on {found['outages']} "
          "failed nodes")
    print(f"{found.get('jobs', 0)} jobs ended once, {count['drop']} dropped, "
          f"{found['unfinished']} unfinished; {found['undisturbed']} ran exactly their time")
    print(f"{found['promises']} promises, {found['late']} broken" +
          (" (preemption may)" if args.preempt else ""))
    if found.get("jobs"):
        print(f"avg JCT {found['avg_jct_s']:.2f} s, avg queue {found['avg_queue_s']:.2f} s, "
              f"makespan {found['makespan_s']:.6g} s" + (", as --json says" if result else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
