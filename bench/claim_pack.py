#!/usr/bin/env python3
"""Packing: one openb experiment <= 0.5 CPU-s, and pods on 250,000 nodes with 1.28 M chips: >= 100,000
decisions/s, p50 <= 5 us, p99 <= 300 us, worst <= 20 ms with kinds of pod never seen, <= 1 GB.

The first: `mizan sim --pack` with frag over five seeds; the ratio is that of 10 seeds to 5, so that
start and reading do not hide. The second: bench_pack, which fills the replicated fleet, and then
keeps it at 87% while pods come and end; the ratio is steady to fill.
"""

from measure import build_path, mizan, note, report, run, summary
from traces import trace

RUNS = 3


def experiment(nodes, pods, seeds):
    return run([mizan(), "sim", "--pack", "--nodes", nodes, "--trace", f"openb:{pods}", "--tune",
                "1.3", "--seeds", seeds, "--policy", "frag", "--quiet"]).cpu_s


def main():
    nodes = trace("openb", "openb_node_list_gpu_node.csv")
    pods = trace("openb", "openb_pod_list_default.csv")
    if not nodes or not pods:
        note("skipped: the openb traces are not there (../shared/traces)")
        return
    few = [experiment(nodes, pods, "42-46") for _ in range(RUNS)]
    many = [experiment(nodes, pods, "42-51") for _ in range(RUNS)]
    each = [(m - f) / 5 for f, m in zip(few, many)]
    report("one packing experiment, frag", "<= 0.5 CPU-s", "CPU-s", each,
           summary(each)["max"] <= 0.5, summary(many)["median"] / summary(few)["median"],
           "ten seeds to five")
    runs = {mode: [run([build_path("bench", "bench_pack"), nodes, pods, f"mode={mode}",
                        "new=20"]).json() for _ in range(RUNS)] for mode in ("fill", "steady")}
    fill = summary([r["decisions_per_s"] for r in runs["fill"]])["median"]
    for mode, found in runs.items():
        rates = [r["decisions_per_s"] for r in found]
        good = (summary(rates)["median"] >= 100000 and
                all(r["p50_us"] <= 5 and r["p99_us"] <= 300 and r["max_us"] <= 20000 and
                    r["rss_mib"] <= 1024 for r in found))
        report(f"250,000 nodes, {mode}", ">= 100k decisions/s, p99 <= 300 us", "decisions per CPU-s",
               rates, good, summary(rates)["median"] / fill, "filling an empty fleet",
               **{key: summary([r[key] for r in found])["median"]
                  for key in ("p50_us", "p99_us", "max_us", "rss_mib")},
               allocated=found[0]["allocated"])


if __name__ == "__main__":
    main()
