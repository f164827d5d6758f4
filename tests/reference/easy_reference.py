#!/usr/bin/env python3
"""A naive scheduler to compare `mizan sim` with: FIFO, SJF and EASY backfill on equal nodes.

    easy_reference.py jobs.csv --vc 11cb48 --from 2017-10-01 --to 2017-11-30 --nodes 12 \\
                      --policy fifo,sjf,easy

Rules, from Mu'alem and Feitelson (IEEE TPDS 12(6), 2001) and the simulator of HeliosArtifact
(SC'21); nothing is shared with the program:
- Run times are exact. The head of the queue blocks under fifo (by submission) and sjf (shortest
  first); ends of a time come before submissions of that time.
- Consolidated best fit: up to a node's chips lie on the node with the least free chips that fits,
  the lowest of them; more take whole free nodes, the lowest, and the rest best fit on one more.
- easy: fifo, and the head that does not fit gets the earliest time at which, after the ends known
  now, it fits. Anyone behind it, in order, starts when it fits now and either ends by that time or
  the head still fits at that time with it running; where the best node would not do, the next.
Everything is counted anew at each step; no structure but lists.
"""

import argparse
import heapq
import sys

from check_events import parse_time, read_trace


def place(free, chips, size):
    """[(node, chips)] of the best fit, or None."""
    parts = []
    whole, rest = divmod(chips, size) if chips > size else (0, chips)
    if whole:
        nodes = [i for i, f in enumerate(free) if f == size]
        if len(nodes) < whole:
            return None
        parts = [(i, size) for i in nodes[:whole]]
    if rest:
        taken = {i for i, _ in parts}
        best = -1
        for i, f in enumerate(free):
            if rest <= f and i not in taken and (best < 0 or f < free[best]):
                best = i
        if best < 0:
            return None
        parts.append((best, rest))
    return parts


def take(free, parts, sign=-1):
    for node, chips in parts:
        free[node] += sign * chips


def shadow(free, running, chips, size, now):
    """When the job fits by itself, and what is free then."""
    later = list(free)
    ends = sorted(running)
    i = 0
    while i < len(ends):
        at = ends[i][0]
        while i < len(ends) and ends[i][0] == at:
            take(later, ends[i][2], +1)
            i += 1
        if place(later, chips, size) is not None:
            return max(at, now), later
    raise ValueError(f"{chips} chips never fit")


def simulate(jobs, nodes, size, policy):
    """jobs: [(submit, run, chips)] by submission. Returns the starts, in order of the jobs."""
    free = [size] * nodes
    running = []        # heap of (end, job, parts)
    waiting = []        # (key, job)
    starts = [None] * len(jobs)
    i = 0
    while i < len(jobs) or running:
        now = min(jobs[i][0] if i < len(jobs) else 1 << 62, running[0][0] if running else 1 << 62)
        while running and running[0][0] == now:
            take(free, heapq.heappop(running)[2], +1)
        while i < len(jobs) and jobs[i][0] == now:
            waiting.append(((jobs[i][1] if policy == "sjf" else 0, jobs[i][0], i), i))
            if policy == "sjf":
                waiting.sort()
            i += 1

        def start(job, parts, now=now):
            starts[job] = now
            take(free, parts)
            heapq.heappush(running, (now + jobs[job][1], job, parts))

        head = 0
        while head < len(waiting):
            parts = place(free, jobs[waiting[head][1]][2], size)
            if parts is None:
                break
            start(waiting[head][1], parts)
            head += 1
        del waiting[:head]
        if policy == "easy" and len(waiting) > 1 and max(free) > 0:
            backfill(jobs, size, free, running, waiting, start, now)
    return starts


def beside_head(free, then, want, size, chips, parts):
    """The best fit if the head still fits with it, else the best of the single nodes with which
    it does; taken from `then`."""
    others = sorted((f, i) for i, f in enumerate(free) if f >= want) if want <= size else []
    for choice in [parts] + [[(i, want)] for _, i in others]:
        if all(then[node] >= part for node, part in choice):
            take(then, choice)
            if place(then, chips, size) is not None:
                return choice
            take(then, choice, +1)
    return None


def backfill(jobs, size, free, running, waiting, start, now):
    chips = jobs[waiting[0][1]][2]
    at, then = shadow(free, running, chips, size, now)
    left = [waiting[0]]
    failed = set()
    for entry in waiting[1:]:
        _, run, want = jobs[entry[1]]
        parts = None if want in failed else place(free, want, size)
        if parts is None:
            failed.add(want)
            left.append(entry)
            continue
        if now + run > at:
            parts = beside_head(free, then, want, size, chips, parts)
            if parts is None:
                left.append(entry)
                continue
        start(entry[1], parts)
    waiting[:] = left


def averages(jobs, starts):
    queue = sum(start - job[0] for start, job in zip(starts, jobs)) / len(jobs) / 1e6
    run = sum(job[1] for job in jobs) / len(jobs) / 1e6
    last = max(start + job[1] for start, job in zip(starts, jobs))
    return {"avg_jct_s": queue + run, "avg_queue_s": queue,
            "makespan_s": (last - jobs[0][0]) / 1e6}


def plain(jobs):
    return [(job.submit, job.run, job.chips) for job in jobs.values()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trace")
    parser.add_argument("--kind", default="philly")
    parser.add_argument("--vc")
    parser.add_argument("--from", dest="begin")
    parser.add_argument("--to", dest="end")
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--chips", type=int, default=8)
    parser.add_argument("--policy", default="fifo,sjf,easy")
    args = parser.parse_args()
    jobs = plain(read_trace(args.kind, args.trace, args.vc,
                            parse_time(args.begin) if args.begin else None,
                            parse_time(args.end, True) if args.end else None))
    for policy in args.policy.split(","):
        found = averages(jobs, simulate(jobs, args.nodes, args.chips, policy))
        print(f"{policy}\t{len(jobs)} jobs\tavg JCT {found['avg_jct_s']:.2f}\tavg queue "
              f"{found['avg_queue_s']:.2f}\tmakespan {found['makespan_s']:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
