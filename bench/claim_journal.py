#!/usr/bin/env python3
"""Durable accepts: >= 0.5 x the bare loop "insert k rows, COMMIT" of the same run, k = clients, at 8
and at 64. An accept is three rows (spec, job, event) and is answered when they are on the disk.

Side by side in turns, wall time, because the disk is what is measured; the ratio is the median of
the rounds' ratios. rows_ratio: to the same three rows written by one thread with nothing between.
"""

import os
import tempfile

from measure import build_path, folder, ratios, report, run, summary

ROUNDS = 5
SECONDS = 1


def main():
    for clients in (8, 64):
        with tempfile.TemporaryDirectory(dir=folder()) as place:
            found = run([build_path("bench", "bench_journal"), os.path.join(place, "state"),
                         str(clients), str(SECONDS), str(ROUNDS)]).json()
        ratio = summary(ratios(found["accepts_per_s"], found["bare_per_s"]))
        rows = summary(ratios(found["accepts_per_s"], found["rows_per_s"]))
        report(f"durable accepts, {clients} clients", ">= 0.5 x the bare loop", "accepts/s",
               found["accepts_per_s"], ratio["median"] >= 0.5, ratio["median"],
               "one row a client and COMMIT, bare", ratio_min=ratio["min"],
               ratio_max=ratio["max"], rows_ratio=rows["median"],
               **{key: found[key] for key in ("wait_p50_ms", "wait_p99_ms", "wait_max_ms")})


if __name__ == "__main__":
    main()
