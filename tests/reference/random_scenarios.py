#!/usr/bin/env python3
"""Small random scenarios for comparing two implementations of the plan model.

    random_scenarios.py --seed N --out DIR --count K

Writes DIR/s<seed>.yaml for the seeds N ... N + K - 1; one seed always gives the same file. Every
file is valid and states its throughputs. Sizes are drawn around a fleet that the demand needs, so
that offers, power, cash and limits bind in some places and not in others. A file may have
overrides; they are meant to be applied one at a time.
"""

import argparse
import os
import random

REGIONS = ("us", "eu", "asia")
MODELS = ("gpt-oss-120b", "deepseek-v3", "llama3-70b")
HOURS = 730          # of a month, for estimates only


def date(month):
    return f"{month // 12}-{month % 12 + 1:02d}"


def number(value, digits=3):
    """A plain decimal text with a few significant digits."""
    text = format(float(f"{value:.{digits}g}"), ".10f").rstrip("0").rstrip(".")
    return text


def amount(value, unit, digits=3):
    """Now and then with a suffix that touches the number."""
    for suffix, factor in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= factor and float(f"{value:.{digits}g}") % 1 == 0:
            return number(value / factor, digits) + suffix + " " + unit
    return number(value, digits) + " " + unit


def flow(value):
    """YAML flow text of nested maps and lists."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return str(value)


def text_of(tree):
    lines = []
    for key, value in tree.items():
        if isinstance(value, dict) and key in ("limits", "partners", "sites", "contracts", "chips",
                                               "workloads", "finance", "overrides"):
            lines.append(f"{key}:")
            lines += [f"  {k}: {flow(v)}" for k, v in value.items()]
        else:
            lines.append(f"{key}: {flow(value)}")
    return "\n".join(lines) + "\n"


class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.seed = seed

    def maybe(self, probability):
        return self.r.random() < probability

    def between(self, low, high):
        return self.r.uniform(low, high)

    def month(self, low=0.0, high=1.0):
        """A month at a share of the horizon, 0 = start."""
        return self.start + int(self.between(low, high) * self.months)

    def over_time(self, write, low, high, first=None, ramp=0.2, steps=0.5, rising=False):
        """A scalar, or one to three dated values in [low, high]; write(value) makes the text."""
        if not self.maybe(steps):
            return write(self.between(low, high))
        begin = self.start if first is None else first
        dates = sorted({begin, *(self.month(0.1, 0.95) for _ in range(self.r.randint(1, 2)))})
        dates = [d for d in dates if d >= begin]
        values = [self.between(low, high) for _ in dates]
        if rising:
            values.sort()
        points = {date(d): write(v) for d, v in zip(dates, values)}
        if len(points) > 1 and self.maybe(ramp):
            return {"ramp": "linear", **points}
        return points

    # -- the parts of a scenario

    def scenario(self):
        self.start = self.r.randint(2025, 2027) * 12 + self.r.randint(0, 11)
        periods = self._periods()
        self.fleet = 10 ** self.between(2.7, 4.5)            # chips that the demand needs
        tree = {"mizan": 1, "name": f"random-{self.seed}", "start": date(self.start),
                "periods": periods}
        if self.maybe(0.8):
            tree["discount"] = number(self.between(2, 15)) + "%"
        tree["limits"] = {}
        self._chips(tree)
        self._partners(tree)
        self._sites(tree)
        self._contracts(tree)
        self._rofr(tree)
        self._workloads(tree)
        self._limits(tree)
        if self.maybe(0.25):
            self._penalties(tree)
        if self.maybe(0.65):
            self._finance(tree)
        if self.maybe(0.5):
            self._overrides(tree)
        if not tree["limits"]:
            del tree["limits"]
        return tree

    def _periods(self):
        while True:
            parts = [("months", self.r.randint(0, 6)), ("quarters", self.r.randint(0, 4)),
                     ("years", self.r.choice((0, 0, 0, 1, 1, 2)))]
            count = sum(n for _, n in parts)
            if 3 <= count <= 10:
                break
        if self.maybe(0.2):
            self.r.shuffle(parts)
        length = {"months": 1, "quarters": 3, "years": 12}
        self.months = sum(length[name] * n for name, n in parts)
        self.lengths = [length[name] for name, n in parts for _ in range(n)]
        return {name: n for name, n in parts if n}

    def _chips(self, tree):
        known = {"h100-sxm": 1.275, "gb300-nvl72": 1.958, "xa": self.between(0.6, 1.5),
                 "xb": self.between(1.5, 3.0)}
        names = self.r.sample(list(known), self.r.randint(1, 3))
        self.kilowatt = {}
        self.late_chip = {}
        tree["chips"] = {}
        for index, name in enumerate(names):
            entry = {}
            if name.startswith("x"):
                self.kilowatt[name] = float(number(known[name]))
                entry["power"] = number(known[name]) + " kW/chip"
            else:
                self.kilowatt[name] = known[name]
            if index and self.maybe(0.35):
                self.late_chip[name] = self.month(0.0, 0.5)
                entry["from"] = date(self.late_chip[name])
            if entry:
                tree["chips"][name] = entry
        if not tree["chips"]:
            del tree["chips"]
        self.chips = names
        self.throughput = {c: self.between(300, 900) * self.kilowatt[c] for c in names}

    def _partners(self, tree):
        names = self.r.sample(["alpha", "beta", "gamma", "delta"], self.r.randint(1, 3))
        tree["partners"] = {n: {"label": n.capitalize()} for n in names}
        self.partners = names
        self.has_own = self.maybe(0.6) or len(names) == 1

    def _sites(self, tree):
        tree["sites"] = {}
        self.regions = []
        self.kind_sites = set()
        sites = []
        for partner in self.partners + (["own"] if self.has_own else []):
            for index in range(1 if len(sites) >= 4 else self.r.randint(1, 2)):
                sites.append((partner, f"{partner}/s{index}"))
        self.sites = sites[:5] if len(sites) > 5 else sites
        if self.has_own and all(p != "own" for p, _ in self.sites):
            self.sites[-1] = ("own", "own/s0")
        for partner, name in self.sites:
            tree["sites"][name] = self._site(partner, name)
        self.sites_tree = tree["sites"]

    def _site(self, partner, name):
        site = {}
        if self.maybe(0.75):
            site["region"] = self.r.choice(REGIONS[:2])
            self.regions.append(site["region"])
        for key, probability, low, high, unit in (("pue", 0.7, 1.05, 1.5, ""),
                                                  ("carbon", 0.6, 20, 700, " g/kWh"),
                                                  ("availability", 0.4, 80, 100, "%"),
                                                  ("draw", 0.4, 50, 100, "%")):
            if self.maybe(probability):
                site[key] = number(self.between(low, high)) + unit
        if "carbon" in site and self.maybe(0.2):
            site["carbon"] = self.over_time(lambda v: number(v) + " g/kWh", 20, 700, steps=1)
        power = self.fleet * 1.4 / 1000                      # MW that the whole fleet draws
        if partner == "own" or self.maybe(0.6):
            site["power"] = self.over_time(lambda v: amount(v, "MW"), 0.15 * power, 0.8 * power,
                                           rising=self.maybe(0.8), first=self._first_date())
            if self.maybe(0.3):
                site["slip"] = f"{self.r.randint(1, 5)} months"
            if self.maybe(0.5 if partner == "own" else 0.15):
                site["expand"] = self._expand(power)
                if partner == "own" and self.maybe(0.3):
                    del site["power"]
        if partner != "own" and self.maybe(0.3):
            site["new"] = "true"
        if partner == "own":
            if self.maybe(0.5):
                site["energy"] = self._energy_kinds(power)
                self.kind_sites.add(name)
            elif self.maybe(0.6):
                site["energy"] = self.over_time(lambda v: number(v) + " USD/MWh", 30, 150)
        return site

    def _first_date(self):
        """First date of a value over time: the start, before it, or a little behind it."""
        return self.start + self.r.choice((0, 0, 0, -3, 2))

    def _expand(self, power):
        expand = {}
        if self.maybe(0.6):
            expand["from"] = date(self.month(-0.1, 0.2))
        if self.maybe(0.4):
            expand["to"] = date(self.month(0.4, 1.0))
        if self.maybe(0.8):
            expand["lead"] = f"{self.r.randint(1, max(2, self.months // 4))} months"
        expand["max"] = amount(self.between(0.2, 0.8) * power, "MW")
        if self.maybe(0.9):
            expand["capex"] = self.over_time(lambda v: number(v) + "M USD/MW", 1, 10, steps=0.3)
        expand["life"] = self.r.choice(("10 years", "20 years", "8 months", "18 months"))
        return expand

    def _energy_kinds(self, power):
        kinds = {}
        for name in self.r.sample(["grid", "gas", "solar", "nuclear"], self.r.randint(1, 3)):
            kind = {"price": self.over_time(lambda v: number(v) + " USD/MWh", 30, 140, steps=0.2)}
            if self.maybe(0.7):
                kind["carbon"] = number(self.between(5, 700)) + " g/kWh"
            if self.maybe(0.7):
                kind["max"] = self.over_time(lambda v: amount(v, "MW"), 0.1 * power, 0.6 * power,
                                             steps=0.4, rising=True, first=self._first_date())
            if self.maybe(0.3):
                kind["from"] = date(self.month(-0.1, 0.5))
            kinds[name] = kind
        return kinds

    def _contracts(self, tree):
        tree["contracts"] = {}
        self.contract_kind = {}
        owners = self.partners + (["own"] if self.has_own else [])
        self.pools_used = set()
        for partner in owners:
            mine = [s for p, s in self.sites if p == partner]
            for _ in range(1 if self.maybe(0.5) else 2):
                if not mine:
                    continue
                name = f"c{len(tree['contracts']) + 1}"
                tree["contracts"][name] = self._contract(name, partner, mine)

    def _contract(self, name, partner, sites):
        kind = "own" if partner == "own" else self.r.choice(
            ("committed", "committed", "option", "option", "on-demand"))
        self.contract_kind[name] = kind
        pools = {}
        for site in self.r.sample(sites, self.r.randint(1, len(sites))):
            pools[site] = self.r.sample(self.chips, self.r.randint(1, min(2, len(self.chips))))
        self.pools_used |= {(s, c) for s, chips in pools.items() for c in chips}
        contract = {"kind": kind, "pools": pools}
        if partner != "own":
            contract["partner"] = partner
        chips = sorted({c for v in pools.values() for c in v})
        size = self.fleet * self.between(0.25, 0.9)
        if kind != "own" or self.maybe(0.3):
            contract["capacity"] = self.over_time(
                lambda v: amount(v, "chips"), 0.3 * size, size, rising=self.maybe(0.7),
                first=self._first_date())
        if kind == "own":
            self._own_terms(contract)
            return contract
        low, high = (2.5, 6) if kind == "on-demand" else (1, 4)
        price = self.between(low, high)
        if len(chips) > 1 and self.maybe(0.6):
            contract["price"] = {c: self.over_time(lambda v: number(v) + " USD/chip-hour",
                                                   0.7 * price, 1.3 * price, steps=0.25)
                                 for c in chips}
        else:
            contract["price"] = self.over_time(lambda v: number(v) + " USD/chip-hour",
                                               0.7 * price, 1.3 * price, steps=0.25)
        if kind == "committed":
            self._committed_terms(contract, size, price)
        elif kind == "option":
            self._option_terms(contract)
        else:
            if self.maybe(0.3):
                contract["start"] = date(self.month(-0.2, 0.4))
            if self.maybe(0.3):
                contract["end"] = date(self.month(0.5, 1.3))
        return contract

    def _committed_terms(self, contract, size, price):
        begin = self.start
        if self.maybe(0.6):
            begin = self.month(-0.5, 0.4)
            contract["start"] = date(begin)
        if self.maybe(0.75):
            end = max(begin + 2, self.month(0.5, 1.5))
            contract["end"] = date(end)
            if self.maybe(0.75):
                months = end - begin + 1
                contract["commit"] = amount(
                    size * price * HOURS * months * self.between(0.2, 0.9), "USD")
                if self.maybe(0.5):
                    contract["commit_per"] = self.r.choice(("year", "year", "life"))
                if self.maybe(0.8):
                    contract["take_or_pay"] = f"{self.r.randint(50, 100)}%"

    def _option_terms(self, contract):
        if self.maybe(0.8):
            contract["sign"] = self._window()
        if self.maybe(0.7):
            contract["lead"] = f"{self.r.randint(1, max(2, self.months // 4))} months"
        if self.maybe(0.6):
            contract["term"] = f"{self.r.randint(2, max(3, self.months))} months"
        if self.maybe(0.45):
            contract["whole"] = "true"

    def _own_terms(self, contract):
        if self.maybe(0.6):
            contract["sign"] = self._window()
        if self.maybe(0.9):
            contract["capex"] = self.over_time(lambda v: number(v, 4) + "k USD/chip", 5, 30,
                                               steps=0.3)
        if self.maybe(0.8):
            contract["opex"] = self.over_time(lambda v: number(v) + " USD/chip-hour", 0.1, 0.6,
                                              steps=0.2)
        if self.maybe(0.7):
            contract["lead"] = f"{self.r.randint(1, max(2, self.months // 4))} months"
        contract["life"] = self.r.choice(("5 years", "36 months", "60 months", "7 months",
                                          "14 months"))

    def _window(self):
        """A window to sign or to raise, now and then partly outside the horizon."""
        window = {}
        if self.maybe(0.8):
            window["from"] = date(self.month(-0.2, 0.3))
        if self.maybe(0.7):
            window["to"] = date(self.month(0.4, 1.2))
        return window or {"to": date(self.month(0.5, 1.0))}

    def _rofr(self, tree):
        if len(self.partners) < 2 or not self.maybe(0.45):
            return
        holder, other = self.r.sample(self.partners, 2)
        right = {"holder": holder, "until": date(self.month(0.15, 0.8))}
        mine = [n for n, c in tree["contracts"].items() if c.get("partner") == other]
        if mine and self.maybe(0.5):
            tree["contracts"][self.r.choice(mine)]["rofr"] = right
        else:
            tree["partners"][other]["rofr"] = right

    # -- work

    def _workloads(self, tree):
        tree["workloads"] = {}
        kinds = ["serve"] + self.r.choices(("serve", "batch", "train"), k=self.r.randint(1, 3))
        load = self.between(0.7, 1.5)
        critical = self.r.choice((True, True, False))
        used = sorted({c for _, c in self.pools_used})
        for index, kind in enumerate(kinds):
            share = load * self.between(0.5, 1.5) / len(kinds)
            chips = used
            if len(used) > 1 and self.maybe(0.3):
                chips = self.r.sample(used, len(used) - 1)
            work = {"kind": kind, "model": self.r.choice(MODELS)}
            factor = self.between(0.6, 1.6)
            rates = {c: self.throughput[c] * factor for c in chips}
            if len(rates) == len(used) == 1 and self.maybe(0.5):
                work["throughput"] = number(rates[used[0]]) + " tokens/s"
            else:
                work["throughput"] = {
                    c: self.over_time(lambda v: number(v) + " tokens/s", v, 1.2 * v, steps=0.15,
                                      rising=True) for c, v in rates.items()}
            best = max(rates.values())
            if kind == "train":
                self._train(work, share, best)
            else:
                self._demand(work, share, best)
                if kind == "serve":
                    self._serve(work, critical and index == 0)
                elif self.maybe(0.8):
                    work["wait"] = self.r.choice(("14 days", "3 days", "36 hours", "3 weeks"))
            if self.maybe(0.75):
                value = self.between(1.5, 20) * (4 if work.get("critical") else 1)
                price = value / (best * 3600) * 1e6
                work["unserved"] = self.over_time(lambda v: number(v) + " USD/Mtok", price,
                                                  1.3 * price, steps=0.2)
            tree["workloads"][f"w{index + 1}"] = work

    def _demand(self, work, share, best):
        tokens = self.fleet * share * best * 86400
        growth = self.maybe(0.5)
        work["demand"] = self.over_time(lambda v: amount(v, "tokens/day", 4), 0.4 * tokens, tokens,
                                        steps=0.5, rising=self.maybe(0.6),
                                        first=self._first_date(), ramp=0 if growth else 0.4)
        if growth:
            rate = self.between(-20, 120) if self.months > 11 else self.between(50, 300)
            work["growth"] = number(max(rate, 5)) + "%/year"
        if self.maybe(0.6):
            price = self.between(0.5, 6) / (best * 3600) * 1e6
            work["revenue"] = self.over_time(lambda v: number(v) + " USD/Mtok", 0.6 * price, price,
                                             steps=0.3)

    def _serve(self, work, critical):
        if self.regions and self.maybe(0.6):
            regions = sorted(set(self.regions))
            if len(regions) == 1:
                work["regions"] = {regions[0]: "100%"}
            else:
                share = self.r.randint(25, 75)
                work["regions"] = {regions[0]: f"{share}%", regions[1]: f"{100 - share}%"}
            if self.maybe(0.1):
                work["anywhere"] = "true"
        elif self.maybe(0.5):
            work["anywhere"] = "true"
        if critical:
            work["critical"] = "true"

    def _train(self, work, share, best):
        length = self.r.randint(1, max(2, self.months // 3))
        begin = self.month(0.0, 0.6)
        if self.maybe(0.3):          # partly, and now and then wholly, outside the horizon
            begin = self.start - self.r.randint(1, length)
        elif self.maybe(0.15):
            begin = self.start + self.months - self.r.randint(0, length)
        work["window"] = {"from": date(begin), "to": date(begin + length - 1)}
        chips = self.fleet * share
        tokens = chips * best * 3600 * HOURS * length * self.between(0.4, 1.2)
        work["tokens"] = amount(tokens, "tokens", 4)
        if self.maybe(0.7):
            limits = {"max": amount(chips * self.between(1, 2), "chips")}
            if self.maybe(0.6):
                limits["min"] = amount(chips * self.between(0.3, 0.8), "chips")
            work["chips"] = limits
            if self.maybe(0.5):
                work["one_site"] = "true"
        if self.maybe(0.6):
            work["late"] = amount(chips * HOURS * self.between(0.3, 6), "USD/month")

    # -- limits, penalties, money

    def _limits(self, tree):
        limits = tree["limits"]
        rented = [p for p in self.partners
                  if any(c.get("partner") == p for c in tree["contracts"].values())]
        if self.maybe(0.5):
            limits["partner_share"] = self._shares(rented)
        if rented and self.maybe(0.6):
            if self.maybe(0.6):
                limits["survive_loss_of"] = "any"
            else:
                limits["survive_loss_of"] = self.r.sample(rented, self.r.randint(1, len(rented)))
            if self.maybe(0.5):
                limits["survive_from"] = date(self.month(0.0, 0.5))
            if self.maybe(0.8):
                limits["critical_share"] = f"{self.r.randint(30, 90)}%"
        power = self.fleet * 1.4 / 1000
        if self.maybe(0.4):
            rate = power / self.between(6, 60)
            limits["build_rate"] = self.over_time(lambda v: amount(v, "MW/week"), 0.3 * rate, rate,
                                                  steps=0.7, ramp=0.1,
                                                  first=self.month(-0.1, 0.4))
        if self.maybe(0.15):
            rate = power / self.between(6, 60)
            tree["goals"] = {"build_rate": {date(self.month(0.0, 0.7)): amount(rate, "MW/week")}}
        if self.maybe(0.4):
            limits["chip_supply"] = {
                c: self.over_time(lambda v: amount(v, unit), 0.05 * self.fleet * months,
                                  0.3 * self.fleet * months, steps=0.7, ramp=0.1,
                                  first=self.month(0.0, 0.3))
                for c in self.chips if self.maybe(0.6)
                for unit, months in [self.r.choice((("chips/month", 1), ("chips/quarter", 3),
                                                    ("chips/year", 12)))]}
            if not limits["chip_supply"]:
                del limits["chip_supply"]
        choice = self.r.random()
        if choice < 0.4:
            limits["carbon"] = {"price": self.over_time(lambda v: number(v) + " USD/t", 10, 200,
                                                        steps=0.3)}
        elif choice < 0.65:
            tons = power * 0.8 * 8760 * 0.4
            limits["carbon"] = {"cap": self.over_time(lambda v: amount(v / 1000, "kt/year"),
                                                      0.2 * tons, 0.9 * tons, steps=0.3,
                                                      first=self.month(0.0, 0.3))}

    def _shares(self, rented):
        shares = []
        for of in self.r.sample(["power", "spend", "chips"], self.r.randint(1, 2)):
            rule = {"of": of, "max": f"{self.r.randint(30, 75)}%"}
            if rented and self.maybe(0.35):
                rule["partner"] = self.r.choice(rented)
            if self.maybe(0.5):
                rule["from"] = date(self.month(-0.1, 0.5))
            if self.maybe(0.3):
                rule["to"] = date(self.month(0.5, 1.1))
            shares.append(rule)
        return shares

    def _penalties(self, tree):
        values = {"unserved_critical": f"{self.r.randint(50, 300)} USD/chip-hour",
                  "n1": f"{self.r.randint(2, 150)} USD/chip-hour",
                  "cash_gap": f"{self.r.randint(2, 20)} USD/USD",
                  "carbon": f"{self.r.randint(500, 20000)} USD/t",
                  "unserved": f"{self.r.randint(3, 40)} USD/chip-hour"}
        chosen = self.r.sample(list(values), self.r.randint(1, 3))
        tree["penalties"] = {k: values[k] for k in chosen}

    def _finance(self, tree):
        monthly = self.fleet * 2.5 * HOURS
        finance = {"cash": amount(monthly * self.between(0.2, 5), "USD")}
        if self.maybe(0.7):
            finance["costs"] = self.over_time(lambda v: amount(v, "USD/month"), 0.1 * monthly,
                                              0.9 * monthly, first=self._first_date())
        if self.maybe(0.6):
            finance["revenue"] = self.over_time(lambda v: amount(v, "USD/month"), 0.05 * monthly,
                                                0.7 * monthly, first=self._first_date())
        funding = {}
        if self.maybe(0.5):
            funding["round"] = {"kind": "equity", "when": date(self.month(-0.1, 1.05)),
                                "amount": amount(monthly * self.between(1, 6), "USD")}
            if self.maybe(0.3):
                funding["round"]["fee"] = f"{self.r.randint(1, 5)}%"
            if self.maybe(0.5):
                funding["round"]["cost"] = f"{self.r.randint(5, 20)}%/year"
        if self.maybe(0.6):
            funding["ipo"] = {"kind": "equity", **self._window(),
                              "max": amount(monthly * self.between(2, 12), "USD")}
            if self.maybe(0.7):
                funding["ipo"]["fee"] = f"{self.r.randint(1, 7)}%"
            if self.maybe(0.7):
                funding["ipo"]["cost"] = f"{self.r.randint(5, 20)}%/year"
        if self.maybe(0.7):
            funding["credit"] = {"kind": "debt", **self._window(),
                                 "max": amount(monthly * self.between(1, 8), "USD"),
                                 "interest": number(self.between(3, 14)) + "%",
                                 "term": f"{self.r.randint(1, max(2, self.months))} months"}
            if self.maybe(0.2):
                funding["credit"]["fee"] = "1%"
        if funding:
            finance["funding"] = funding
        if self.maybe(0.5):
            tree["limits"]["cash_floor"] = self.over_time(
                lambda v: amount(v, "USD"), 0.1 * monthly, monthly,
                first=self.start + self.r.choice((0, 2, -1)))
        tree["finance"] = finance

    def _overrides(self, tree):
        choices = []
        for name, contract in tree["contracts"].items():
            capacity = contract.get("capacity")
            if capacity is not None and not (isinstance(capacity, dict) and "ramp" in capacity):
                choices.append((f"lose-{name}", f"contracts.{name}.capacity",
                                {date(self.month(0.2, 0.8)): "0 chips"}))
                if not isinstance(capacity, dict):
                    choices.append((f"half-{name}", f"contracts.{name}.capacity",
                                    {date(self.month(0.2, 0.8)): amount(
                                        0.1 * self.fleet, "chips")}))
        for name, site in tree["sites"].items():
            if "power" in site:
                choices.append((f"slip-{name.replace('/', '-')}", f"sites.{name}.slip",
                                f"{self.r.randint(1, 8)} months"))
        for name, work in tree["workloads"].items():
            if "growth" in work:
                choices.append((f"boom-{name}", f"workloads.{name}.growth", "200%/year"))
        for name in tree.get("finance", {}).get("funding", {}):
            choices.append((f"no-{name}", f"finance.funding.{name}", "null"))
        if choices:
            tree["overrides"] = {n: {path: value} for n, path, value
                                 in self.r.sample(choices, min(2, len(choices)))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True, metavar="DIR")
    parser.add_argument("--count", type=int, default=1)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    for seed in range(options.seed, options.seed + options.count):
        path = os.path.join(options.out, f"s{seed}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text_of(Generator(seed).scenario()))


if __name__ == "__main__":
    main()
