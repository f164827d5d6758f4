#!/usr/bin/env python3
"""Traces and fleets of the project's own for tests of `mizan sim`; the same seed, the same bytes.

    make_trace.py gang  [--jobs 400] [--seed 1]     mostly gangs of 16 ... 512 chips, 64x8, racks
    make_trace.py mixed [--jobs 400] [--seed 1]     shares, teams, priorities, deadlines, limits
    make_trace.py single --chips 16384 --hours 500  one long job
    make_trace.py same  [--jobs 1000]               all at one second, some without a run time
    make_trace.py fleet-racks | fleet-partners      fleet files for it (YAML)
    make_trace.py fleet-racks-json | ...            the same for check_events.py --fleet

Only random.random() is used, which Python promises to keep. Nothing here is measured: the shapes
are chosen to hurt a scheduler, not to look like a cluster.
"""

import argparse
import json
import math
import random
import sys

RACKS = [{"name": "hall/a", "nodes": 64, "chips_per_node": 8, "chip": "h100-sxm",
          "nodes_per_rack": 8, "racks_per_spine": 4}]
PARTNERS = [
    {"name": "north/n1", "nodes": 12, "chips_per_node": 8, "chip": "h100-sxm",
     "nodes_per_rack": 4, "racks_per_spine": 3},
    {"name": "north/n2", "nodes": 8, "chips_per_node": 8, "chip": "h100-sxm"},
    {"name": "south/s1", "nodes": 10, "chips_per_node": 4, "chip": "gb200-nvl72",
     "nodes_per_rack": 5, "racks_per_spine": 2},
    {"name": "west/w1", "nodes": 16, "chips_per_node": 8, "chip": "h100-sxm"}]
CONTRACTS = """contracts:
  north-committed: {kind: committed, partner: north, pools: {north/n1: [h100-sxm], north/n2: [h100-sxm]},
    start: 2026-01, end: 2026-12, capacity: 160 chips, price: 2 USD/chip-hour, commit: %s USD}
  south-small: {kind: committed, partner: south, pools: {south/s1: [gb200-nvl72]},
    start: 2026-01, end: 2026-12, capacity: 40 chips, price: 4 USD/chip-hour}
  west-list: {kind: on-demand, partner: west, pools: {west/w1: [h100-sxm]},
    capacity: 128 chips, price: 3 USD/chip-hour}
"""


def fleet_yaml(sites, contracts=""):
    """A scenario file with these sites; topology where racks are stated."""
    lines = ["mizan: 1", "name: made", "start: 2026-01", "periods: {months: 12}", "partners:"]
    for partner in dict.fromkeys(site["name"].split("/")[0] for site in sites):
        lines.append(f"  {partner}: {{label: {partner}}}")
    lines.append("sites:")
    for site in sites:
        text = f"  {site['name']}: {{nodes: {site['nodes']}, chips_per_node: " \
               f"{site['chips_per_node']}, chip: {site['chip']}"
        if site.get("nodes_per_rack"):
            per_spine = site["nodes_per_rack"] * site["racks_per_spine"]
            text += f", topology: {{spines: {math.ceil(site['nodes'] / per_spine)}, " \
                    f"racks_per_spine: {site['racks_per_spine']}, " \
                    f"nodes_per_rack: {site['nodes_per_rack']}}}"
        lines.append(text + "}")
    return "\n".join(lines) + "\n" + contracts


class Chance:
    def __init__(self, seed):
        self.random = random.Random(seed).random

    def pick(self, values):
        return values[int(self.random() * len(values))]

    def gap(self, mean):
        return -mean * math.log(1.0 - self.random())

    def between(self, low, high):
        """Log-uniform whole number."""
        return int(math.exp(math.log(low) + self.random() * math.log(high / low)))


COLUMNS = "name,submit,run_s,chips,team,user,priority,limit_s,deadline,checkpoint_s,chip_milli," \
          "chips_per_node,required,preferred,preemptible".split(",")


def as_csv(rows):
    lines = [",".join(COLUMNS)]
    lines += [",".join(str(row.get(column, "")) for column in COLUMNS) for row in rows]
    return "\n".join(lines) + "\n"


def gang(jobs=400, seed=1, chips=512, load=0.95, racks=True):
    """Three quarters gangs of 16 ... 512 chips, a quarter of 1 ... 8; some tied to racks."""
    chance = Chance(seed)
    sizes = [16, 16, 24, 32, 32, 40, 64, 64, 96, 128, 128, 256, 512]
    rows = []
    for i in range(jobs):
        big = chance.random() < 0.75
        row = {"name": f"g{i}", "chips": chance.pick(sizes if big else [1, 1, 2, 4, 8]),
               "run_s": chance.between(60, 40000), "team": chance.pick(["red", "blue", "green"]),
               "priority": chance.pick([0, 0, 0, 1, 2])}
        if racks and row["chips"] <= 64 and chance.random() < 0.5:
            row["required"] = "rack"
        elif racks and row["chips"] <= 256 and chance.random() < 0.5:
            row["required"], row["preferred"] = "spine", "rack"
        rows.append(row)
    area = sum(row["chips"] * row["run_s"] for row in rows)
    mean = area / (load * chips) / jobs
    at = 0.0
    for row in rows:
        row["submit"] = int(at)
        row["deadline"] = int(at) + int(row["run_s"] * (1.5 + 4 * chance.random()))
        at += chance.gap(mean)
    return as_csv(rows)


def mixed(jobs=400, seed=1, chips=512, load=0.9):
    """Shares of chips, whole nodes, fixed chips a node, limits longer than the run, and zero runs."""
    chance = Chance(seed)
    rows = []
    for i in range(jobs):
        kind = chance.random()
        row = {"name": f"m{i}", "run_s": chance.between(30, 20000),
               "team": chance.pick(["red/a", "red/b", "blue", "green"]),
               "user": chance.pick(["ann", "bob", "cyd"]), "priority": int(7 * chance.random()) - 2}
        if kind < 0.35:
            row["chips"], row["chip_milli"] = 1, chance.pick([100, 250, 300, 500, 700])
        elif kind < 0.6:
            row["chips"] = chance.pick([1, 2, 3, 4, 5, 6, 7, 8])
        elif kind < 0.85:
            row["chips"] = chance.pick([9, 12, 16, 20, 33, 64, 100])
        else:
            row["chips"], row["chips_per_node"] = chance.pick([(8, 4), (8, 2), (16, 4), (12, 6)])
        if chance.random() < 0.02:
            row["run_s"] = 0
        if chance.random() < 0.3:
            row["limit_s"] = max(1, int(row["run_s"] * (1 + 3 * chance.random())))
        if chance.random() < 0.3:
            row["preemptible"] = chance.pick(["yes", "no"])
        if chance.random() < 0.2:
            row["checkpoint_s"] = chance.pick([60, 600, 1800])
        rows.append(row)
    area = sum(row["chips"] * row["run_s"] * row.get("chip_milli", 1000) / 1000 for row in rows)
    mean = area / (load * chips) / jobs
    at = 0.0
    for row in rows:
        row["submit"] = f"{at:.6f}"
        if chance.random() < 0.4:
            row["deadline"] = int(at + row["run_s"] * (1.2 + 3 * chance.random())) + 60
        at += chance.gap(mean)
    return as_csv(rows)


def single(chips=16384, hours=500):
    return as_csv([{"name": "long", "submit": 0, "run_s": hours * 3600, "chips": chips}])


def same(jobs=1000, seed=1):
    chance = Chance(seed)
    return as_csv([{"name": f"s{i}", "submit": 100, "run_s": 0 if i % 3 == 0 else 60,
                    "chips": chance.pick([1, 2, 8, 16])} for i in range(jobs)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind")
    parser.add_argument("--jobs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chips", type=int, default=512, help="of the fleet; of the single job")
    parser.add_argument("--hours", type=int, default=500)
    args = parser.parse_args()
    makers = {"gang": lambda: gang(args.jobs, args.seed, args.chips),
              "mixed": lambda: mixed(args.jobs, args.seed, args.chips),
              "single": lambda: single(args.chips, args.hours),
              "same": lambda: same(args.jobs, args.seed),
              "fleet-racks": lambda: fleet_yaml(RACKS),
              "fleet-partners": lambda: fleet_yaml(PARTNERS, CONTRACTS % "1k"),
              "fleet-racks-json": lambda: json.dumps(RACKS, indent=1) + "\n",
              "fleet-partners-json": lambda: json.dumps(PARTNERS, indent=1) + "\n"}
    if args.kind not in makers:
        parser.error(f"'{args.kind}': one of {', '.join(makers)}")
    sys.stdout.write(makers[args.kind]())
    return 0


if __name__ == "__main__":
    sys.exit(main())
