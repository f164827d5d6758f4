#!/usr/bin/env python3
"""A large made-up scenario without whole-number decisions, for measuring.

    make_scenario.py --columns 100000 [--seed 1] > large.yaml

Every rule that a large plan has is in it and most of them bind: offers of many partners that grow
in steps, options and own chips, power and expansion of sites, regions, batch work that waits,
training, partner shares, commitments, the loss of two partners, build rate, chip supply, energy
kinds, carbon price, cash with equity and debt. Nothing is `whole`, has one site or a least number
of chips, so the program is linear. --columns is met to a few percent: the horizon hardly grows
with it, workloads with its third root, the number of sites takes the rest. The same arguments give the same
text. Every figure is made up.
"""

import argparse
import random
import sys

PARTNERS = ["azure", "aws", "oracle", "coreweave", "gcp", "nscale", "g42", "lambda"]
LOST = ["azure", "oracle"]
REGIONS = ["us", "eu", "asia"]
CHIPS = {  # tokens/s of a middling model, USD per chip-hour, first month
    "h100-sxm": (180, 2.10, "2025-01"),
    "gb200-nvl72": (560, 2.70, "2025-01"),
    "gb300-nvl72": (760, 3.10, "2025-01"),
    "trainium3": (330, 1.30, "2026-06"),
    "vera-rubin-nvl144": (1330, 4.60, "2027-01"),
    "xpu-1": (550, 0, "2026-10"),
}
RENTED = [chip for chip in CHIPS if chip != "xpu-1"]
BATCH = 2


class Sizes:
    """How many of everything; `sites` are the partners' ones."""

    def __init__(self, columns):
        scale = columns / 10000
        self.months = round(30 * scale ** 0.08)
        self.serve = round(9 * scale ** 0.33)
        self.own = max(1, round(2 * scale ** 0.4))
        self.sites = 8

    def pools(self):
        return 2.5 * self.sites + 2 * self.own

    def columns(self):
        """About what the program makes of it, see docs/plan-model.md."""
        works = 0.8 * (self.serve - 2) + 2 + BATCH
        lost = 2 * 0.75 * len(LOST)
        delivered = 1.3
        late_chips = 0.9  # some chips are not there in the first year
        other = 2.4 * self.serve + 30
        return self.months * (
            late_chips * self.pools() * (works + lost + delivered) + 3 * self.own + other)


def sizes_for(columns):
    sizes = Sizes(columns)
    while sizes.columns() < columns:
        sizes.sites += 1
    return sizes


def month(start, ahead):
    index = int(start[:4]) * 12 + int(start[5:]) - 1 + ahead
    return f"{index // 12}-{index % 12 + 1:02d}"


class Writer:
    def __init__(self, columns, seed):
        self.sizes = sizes_for(columns)
        self.random = random.Random(seed)
        self.start = "2026-01"
        self.lines = []
        self.supply = 0.0  # tokens/s of what is committed at the end, of the middling model

    def near(self, value, spread=0.15):
        return value * self.random.uniform(1 - spread, 1 + spread)

    def steps(self, first, last, count, unit):
        """Growing from first to last in equal steps of time."""
        parts = []
        for i in range(count):
            at = month(self.start, round(self.sizes.months * i / count))
            parts.append(f"{at}: {first + (last - first) * i / max(count - 1, 1):.3f}{unit}")
        return "{" + ", ".join(parts) + "}"

    def add(self, *lines):
        self.lines.extend(lines)

    def head(self):
        end = month(self.start, self.sizes.months * 3 // 4)
        self.add(
            "# Made by bench/make_scenario.py; every figure is made up.",
            "mizan: 1", "name: large", f"start: {self.start}",
            f"periods: {{months: {self.sizes.months}}}", "discount: 9%", "limits:",
            "  partner_share:",
            f"    - {{of: power, max: 17%, from: {month(self.start, 12)}}}",
            f"    - {{of: spend, max: 15%, partner: azure, from: {month(self.start, 12)}}}",
            f"  survive_loss_of: [{', '.join(LOST)}]",
            f"  survive_from: {month(self.start, 9)}", "  critical_share: 85%",
            "  cash_floor: 2B USD",
            f"  build_rate: {{{month(self.start, 1)}: {4 * self.sizes.own} MW/week}}",
            f"  chip_supply: {{gb300-nvl72: {{{self.start}: {3 * self.sizes.sites}k chips/quarter}},"
            f" vera-rubin-nvl144: {{{month(self.start, 12)}: {2 * self.sizes.sites}k chips/quarter,"
            f" {end}: {4 * self.sizes.sites}k chips/quarter}}}}",
            "  carbon: {price: 40 USD/t}", "chips:")
        for chip, (_, _, first) in CHIPS.items():
            power = "power: 1.5 kW/chip, " if chip == "xpu-1" else ""
            self.add(f"  {chip}: {{{power}from: {first}}}")
        self.add("partners:", *(f"  {partner}: {{}}" for partner in PARTNERS))

    def make_sites(self):
        self.partner_sites = {partner: [] for partner in PARTNERS}
        self.chips_of, self.own_sites = {}, []
        self.add("sites:")
        for i in range(self.sizes.sites):
            partner = PARTNERS[i % len(PARTNERS)]
            site = f"{partner}/site-{i}"
            self.partner_sites[partner].append(site)
            self.chips_of[site] = self.random.sample(RENTED, 2 + i % 2)
            first = self.near(40)
            last = self.near(110)
            new = ", new: true" if i % 4 == 0 else ""
            self.add(f"  {site}: {{region: {REGIONS[i % 3]}{new}, pue: {self.near(1.2, .05):.3f}, "
                     f"carbon: {self.near(350, .3):.0f} g/kWh, energy: {self.near(70, .2):.1f} "
                     f"USD/MWh, power: {self.steps(first, last, 4, ' MW')}}}")
        for i in range(self.sizes.own):
            site = f"own/campus-{i}"
            self.own_sites.append(site)
            self.add(f"  {site}:", f"    region: {REGIONS[i % 3]}", "    pue: 1.2",
                     f"    power: {{{month(self.start, 6)}: {self.near(30):.1f} MW}}",
                     f"    expand: {{from: {self.start}, lead: {12 + i % 7} months, "
                     f"max: {self.near(300):.0f} MW, capex: {self.near(13):.2f}M USD/MW, "
                     "life: 20 years}",
                     "    energy:",
                     f"      grid: {{price: {self.near(65):.1f} USD/MWh, carbon: 390 g/kWh, "
                     f"max: {self.near(60):.1f} MW}}",
                     f"      gas: {{price: {self.near(52):.1f} USD/MWh, carbon: 410 g/kWh, "
                     f"max: {self.near(120):.1f} MW, from: {month(self.start, 8)}}}",
                     f"      solar: {{price: {self.near(75):.1f} USD/MWh, carbon: 40 g/kWh, "
                     f"max: {self.near(80):.1f} MW, from: {month(self.start, 14)}}}")

    def pools(self, sites, chips=None):
        parts = []
        for site in sites:
            parts.append(f"{site}: [{', '.join(chips or self.chips_of[site])}]")
        return "{" + ", ".join(parts) + "}"

    def prices(self, sites, factor):
        chips = sorted({chip for site in sites for chip in self.chips_of[site]})
        return "{" + ", ".join(f"{chip}: {self.near(CHIPS[chip][1] * factor, .08):.3f} "
                               "USD/chip-hour" for chip in chips) + "}"

    def committed(self, name, partner, sites):
        last = 16.0 * len(sites)
        speed = max(CHIPS[chip][0] for site in sites for chip in self.chips_of[site]
                    if chip != "vera-rubin-nvl144")
        self.supply += last * 1e3 * speed
        end = month(self.start, self.sizes.months + 11)
        self.add(f"  {name}:", f"    partner: {partner}", "    kind: committed",
                 f"    pools: {self.pools(sites)}", f"    start: {self.start}", f"    end: {end}",
                 f"    capacity: {self.steps(last / 3, last, 5, 'k chips')}",
                 f"    price: {self.prices(sites, 1)}",
                 f"    commit: {last * self.sizes.months * .73 * 1.6 / 1e3:.2f}B USD",
                 f"    take_or_pay: {self.random.choice([60, 70, 80])}%")
        if self.random.random() < .3:
            self.add("    commit_per: year")

    def option(self, name, partner, site, lead):
        last = self.near(12.0)
        self.add(f"  {name}:", f"    partner: {partner}", "    kind: option",
                 f"    pools: {self.pools([site])}",
                 f"    sign: {{from: {self.start}, to: {month(self.start, 11)}}}",
                 f"    lead: {lead} months", "    term: 36 months",
                 f"    capacity: {self.steps(last / 2, last, 3, 'k chips')}",
                 f"    price: {self.prices([site], .95)}")

    def contracts(self):
        self.add("contracts:")
        for partner, sites in self.partner_sites.items():
            for i in range(0, len(sites), 2):
                self.committed(f"{partner}-{i // 2}", partner, sites[i:i + 2])
            self.option(f"{partner}-more", partner, sites[0], self.random.choice([3, 6, 9]))
            if len(sites) > 1:
                self.add(f"  {partner}-hourly:", f"    partner: {partner}", "    kind: on-demand",
                         f"    pools: {self.pools(sites[-1:])}",
                         f"    capacity: {self.near(4):.2f}k chips",
                         f"    price: {self.prices(sites[-1:], 1.6)}")
        for i, site in enumerate(self.own_sites):
            self.add(f"  own-{i}:", "    kind: own",
                     f"    pools: {self.pools([site], ['gb300-nvl72', 'xpu-1'])}",
                     f"    sign: {{from: {self.start}, to: {month(self.start, 23)}}}",
                     f"    capex: {{{self.start}: {self.near(38):.2f}k USD/chip, "
                     f"{month(self.start, 12)}: {self.near(33):.2f}k USD/chip}}",
                     f"    opex: 0.2{i % 10} USD/chip-hour", f"    lead: {6 + i % 6} months",
                     "    life: 5 years")

    def throughput(self, factor, without=()):
        return "{" + ", ".join(f"{chip}: {self.near(value[0] * factor, .12):.1f} tokens/s"
                               for chip, value in CHIPS.items() if chip not in without) + "}"

    def workloads(self):
        # T tokens/day of each, more than the commitments alone can serve
        share = 1.5 * self.supply * 86400 / 1e12 / (self.sizes.serve + BATCH)
        self.add("workloads:")
        for i in range(self.sizes.serve):
            factor = self.random.uniform(.6, 1.8)
            critical = i < 2
            self.add(f"  serve-{i}:", "    kind: serve",
                     f"    demand: {self.steps(share * factor * .25, share * factor, 6, 'T tokens/day')}",
                     f"    revenue: {self.near(4 / factor):.3f} USD/Mtok",
                     f"    unserved: {(30 if critical else self.near(2.5)) / factor:.3f} USD/Mtok",
                     f"    throughput: {self.throughput(factor, () if critical else self.random.sample(RENTED, 1))}",
                     "    anywhere: true" if i % 3 == 2 else
                     "    regions: {us: 50%, eu: 28%, asia: 22%}")
            if critical:
                self.add("    critical: true")
        for i in range(BATCH):
            self.add(f"  batch-{i}:", "    kind: batch",
                     f"    demand: {self.steps(share * .2, share * .8, 4, 'T tokens/day')}",
                     f"    wait: {14 + 14 * i} days", f"    unserved: {self.near(1.6):.3f} USD/Mtok",
                     f"    throughput: {self.throughput(1)}")
        self.add("  frontier:", "    kind: train",
                 f"    tokens: {share * 120:.1f}T tokens",
                 f"    window: {{from: {month(self.start, 6)}, to: {month(self.start, 13)}}}",
                 f"    chips: {{max: {self.sizes.sites * 4}k chips}}", "    late: 100M USD/month",
                 "    unserved: 40 USD/Mtok",
                 f"    throughput: {self.throughput(.3, ('h100-sxm', 'trainium3'))}")

    def finance(self):
        yearly = self.supply / 600 * 2.5 * 8760 / 1e9  # B USD of spend at the end
        self.add("finance:", f"  cash: {yearly / 6 + 2:.2f}B USD",
                 f"  costs: {self.steps(yearly / 80, yearly / 25, 4, 'B USD/month')}",
                 f"  revenue: {yearly / 200:.3f}B USD/month", "  funding:",
                 f"    round: {{kind: equity, when: {month(self.start, 3)}, "
                 f"amount: {yearly / 6:.2f}B USD}}",
                 f"    offer: {{kind: equity, from: {month(self.start, 6)}, max: {yearly / 3:.2f}B USD, "
                 "fee: 4%, cost: 12%/year}",
                 f"    credit: {{kind: debt, from: {self.start}, max: {yearly / 8:.2f}B USD, "
                 "interest: 8%, term: 24 months}")

    def text(self):
        self.head()
        self.make_sites()
        self.contracts()
        self.workloads()
        self.finance()
        return "\n".join(self.lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--columns", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not 8000 <= options.columns <= 1000000:
        parser.error("--columns: from 8000 to 1000000")
    sys.stdout.write(Writer(options.columns, options.seed).text())


if __name__ == "__main__":
    main()
