"""A plan scenario in numbers: YAML, overrides, quantities, values over time (section 1).

Base units are those named first in UNITS; months are counted as year * 12 + month - 1. Part of
plan_reference.py, which says what it is for.
"""

import calendar
import csv
import math
import os
import re

import yaml

INF = math.inf
ALWAYS = -10**9      # the month of a value that holds since ever
HOURS_PER_DAY = 24


class ScenarioError(Exception):
    """The file says something that the model does not allow."""


# ----------------------------------------------------------------- reading ----

class TextLoader(yaml.BaseLoader):
    """YAML with every scalar as text, so `2025-11` and `no` keep their letters.

    A plain `null` becomes None; a key that stands twice in one map is an error.
    """

    def construct_scalar(self, node):
        if node.style is None and node.value in ("null", "Null", "NULL", "~", ""):
            return None
        return super().construct_scalar(node)

    def construct_mapping(self, node, deep=False):
        mapping = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in mapping:
                line = key_node.start_mark.line + 1
                raise ScenarioError(f"line {line}: key '{key}' stands twice")
            mapping[key] = self.construct_object(value_node, deep=True)
        return mapping


def _construct_scalar(loader, node):
    return loader.construct_scalar(node)


def _construct_map(loader, node):
    return loader.construct_mapping(node, deep=True)


TextLoader.add_constructor("tag:yaml.org,2002:str", _construct_scalar)
TextLoader.add_constructor("tag:yaml.org,2002:map", _construct_map)


def load_text(stream):
    return yaml.load(stream, Loader=TextLoader)


DATE = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")
BASE_VALUE = "*"     # key of a scalar that an override extended to a date map


def is_date_map(value):
    return (isinstance(value, dict) and value
            and all(DATE.match(str(k)) or k in ("ramp", BASE_VALUE) for k in value)
            and any(k != "ramp" for k in value))


def merge(base, over):
    """Value of a key after an override: see 1.1, "An override's path is cut at dots"."""
    if is_date_map(over):
        first = min(k for k in over if DATE.match(k))
        if is_date_map(base):
            kept = {k: v for k, v in base.items()
                    if k in ("ramp", BASE_VALUE) or k < first}
            return {**kept, **over}
        if base is not None and not isinstance(base, dict):
            return {BASE_VALUE: base, **over}
        return over
    if isinstance(over, dict) and isinstance(base, dict):
        merged = dict(base)
        for key, value in over.items():
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = merge(merged.get(key), value)
        return merged
    return over


def apply_override(tree, path, value):
    keys = path.split(".")
    node = tree
    for key in keys[:-1]:
        if not isinstance(node.get(key), dict):
            raise ScenarioError(f"override '{path}': no '{key}'")
        node = node[key]
    if value is None:
        node.pop(keys[-1], None)
    else:
        node[keys[-1]] = merge(node.get(keys[-1]), value)


UNITS = {
    "bare": {"": 1},
    "chips": {"chips": 1, "chip": 1},
    "chips or bare": {"chips": 1, "chip": 1, "": 1},
    "chips/month": {"chips/month": 1, "chips/quarter": 1 / 3, "chips/year": 1 / 12},
    "MW": {"kW": 1e-3, "MW": 1, "GW": 1e3},
    "MW/week": {"kW/week": 1e-3, "MW/week": 1, "GW/week": 1e3},
    "W/chip": {"W/chip": 1, "kW/chip": 1e3},
    "USD": {"USD": 1},
    "USD/month": {"USD/month": 1, "USD/year": 1 / 12},
    "USD/chip-hour": {"USD/chip-hour": 1},
    "USD/chip": {"USD/chip": 1},
    "USD/MW": {"USD/MW": 1, "USD/kW": 1e3, "USD/W": 1e6},
    "USD/MWh": {"USD/MWh": 1, "USD/kWh": 1e3},
    "USD/Mtok": {"USD/Mtok": 1},
    "USD/t": {"USD/t": 1},
    "USD/USD": {"USD/USD": 1},
    "share price": {"USD/USD": 1, "USD/kWh": 1, "USD/chip-hour": 1},
    "tokens": {"tokens": 1, "": 1},
    "tokens/day": {"tokens/day": 1, "tokens/s": 86400},
    "tokens/s": {"tokens/s": 1},
    "g/kWh": {"g/kWh": 1},
    "t/year": {"t/year": 1, "kt/year": 1e3, "Mt/year": 1e6, "t": 1, "kt": 1e3, "Mt": 1e6},
    "share": {"%": 0.01},
    "share/year": {"%/year": 0.01, "%": 0.01},
    "months": {"month": 1, "months": 1, "year": 12, "years": 12},
    "days": {"hours": 1 / 24, "hour": 1 / 24, "day": 1, "days": 1, "week": 7, "weeks": 7},
}
SUFFIX = {"": 1, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
NUMBER = re.compile(r"^([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([kMBT]?)(\s*)(.*)$")


def quantity(text, dimension):
    """Number of a text such as `1.2k chips`, in the first-named unit of its dimension."""
    match = NUMBER.match(text.strip()) if isinstance(text, str) else None
    if not match:
        raise ScenarioError(f"'{text}' is not a quantity in {dimension}")
    number, suffix, space, unit = match.groups()
    if unit and not space and not unit.startswith("%"):
        raise ScenarioError(f"'{text}': no space before the unit")
    if unit not in UNITS[dimension]:
        raise ScenarioError(f"'{text}': unit is not one of {dimension}")
    return float(number) * SUFFIX[suffix] * UNITS[dimension][unit]


def whole_months(text):
    value = quantity(text, "months")
    if value != int(value):
        raise ScenarioError(f"'{text}': not a whole number of months")
    return int(value)


def month_of(text):
    if not isinstance(text, str) or not DATE.match(text):
        raise ScenarioError(f"'{text}' is not a month")
    return int(text[:4]) * 12 + int(text[5:]) - 1


def truth(text):
    if text not in ("true", "false"):
        raise ScenarioError(f"'{text}' is neither true nor false")
    return text == "true"


def hours_of(month):
    return calendar.monthrange(month // 12, month % 12 + 1)[1] * HOURS_PER_DAY


class Series:
    """A value over time: steps, or points on lines; see 1.1.

    before: what holds before the first date: "zero" (amounts), "first" (prices, intensities,
    throughputs) or "none" (limits and goals).
    """

    def __init__(self, points, before, linear=False, growth=0.0, growth_start=ALWAYS):
        self.points = sorted(points)
        self.before = before
        self.linear = linear
        self.growth = growth
        self.growth_start = growth_start

    @property
    def first(self):
        return self.points[0][0]

    def at(self, month):
        """Value at the beginning of a month."""
        index = -1
        for i, (date, _) in enumerate(self.points):
            if date <= month:
                index = i
        if index < 0:
            return 0.0 if self.before == "zero" else self.points[0][1]
        date, value = self.points[index]
        if self.linear and index + 1 < len(self.points) and date > ALWAYS:
            date2, value2 = self.points[index + 1]
            return value + (value2 - value) * (month - date) / (date2 - date)
        if self.growth:
            origin = self.growth_start if date == ALWAYS else date
            return value * (1 + self.growth) ** ((month - origin) / 12)
        return value

    def shifted(self, start, slip):
        """The same with the dates after `start` moved by `slip` months (R5)."""
        points = [(d + slip if d > start else d, v) for d, v in self.points]
        return Series(points, self.before, self.linear, self.growth, self.growth_start)


def series(value, dimension, before, growth=0.0, growth_start=ALWAYS):
    if not isinstance(value, dict):
        return Series([(ALWAYS, quantity(value, dimension))], before,
                      growth=growth, growth_start=growth_start)
    if not is_date_map(value):
        raise ScenarioError(f"{value}: not a map of dates")
    if value.get("ramp", "linear") != "linear":
        raise ScenarioError("ramp is 'linear' or not stated")
    linear = "ramp" in value
    if linear and growth:
        raise ScenarioError("growth does not go with ramp")
    points = [(ALWAYS if k == BASE_VALUE else month_of(k), quantity(v, dimension))
              for k, v in value.items() if k != "ramp"]
    if [p[0] for p in points] != sorted({p[0] for p in points}):
        raise ScenarioError(f"{value}: dates are not in order")
    return Series(points, before, linear, growth, growth_start)


def constant(value, before="first"):
    return Series([(ALWAYS, value)], before)


# ---------------------------------------------------------------- scenario ----

class Thing:
    """A bag of attributes."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


def known_keys(mapping, allowed, where):
    for key in mapping:
        if key not in allowed.split():
            raise ScenarioError(f"{where}: unknown key '{key}'")


def read_catalogue(folder):
    """Server watts by chip, and (pue, carbon, energy price) texts by site name."""
    watts, sites = {}, {}
    if not folder:
        return watts, sites
    with open(os.path.join(folder, "chips.csv"), encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["server_w_per_chip"]:
                watts[row["chip"]] = float(row["server_w_per_chip"])
    with open(os.path.join(folder, "sites.csv"), encoding="utf-8") as file:
        for row in csv.DictReader(file):
            sites[f"{row['partner']}/{row['site']}"] = {
                "pue": row["pue"],
                "carbon": row.get("grid_g_per_kwh") or row.get("grid_gco2_per_kwh"),
                "energy": row.get("energy_usd_per_mwh") or row.get("industrial_usd_per_mwh")}
    return watts, sites


class Scenario:
    """The file in numbers: base units are those named first in UNITS."""

    def __init__(self, tree, catalogue_folder=None):
        known_keys(tree, "mizan name start periods discount limits goals penalties chips partners "
                         "sites contracts workloads finance overrides", "scenario")
        self.watts, self.site_catalogue = read_catalogue(catalogue_folder)
        self.start = month_of(tree["start"])
        self.discount = quantity(tree.get("discount", "0%"), "share/year")
        self._periods(tree["periods"])
        self.end = self.periods[-1].b
        self._chips(tree.get("chips") or {})
        self._partners(tree.get("partners") or {})
        self.sites = {n: self._site(n, v or {}) for n, v in (tree.get("sites") or {}).items()}
        self.contracts = {n: self._contract(n, v)
                          for n, v in (tree.get("contracts") or {}).items()}
        self.pools = list(dict.fromkeys(
            pool for c in self.contracts.values() for pool in c.pools))
        self.workloads = {n: self._workload(n, v)
                          for n, v in (tree.get("workloads") or {}).items()}
        self._limits(tree.get("limits") or {}, tree.get("goals") or {})
        self._penalties(tree.get("penalties") or {})
        self.finance = self._finance(tree["finance"]) if tree.get("finance") else None
        for site in self.sites.values():
            if site.kinds and any(c.kind != "own" for c in self.contracts.values()
                                  if any(k[0] == site.name for k in c.pools)):
                raise ScenarioError(f"{site.name}: energy kinds, but not all contracts are own")

    # -- time

    def _periods(self, lengths):
        months = {"months": 1, "quarters": 3, "years": 12}
        self.periods = []
        begin = self.start
        for name, count in lengths.items():
            for _ in range(int(count)):
                end = begin + months[name]
                hours = {m: hours_of(m) for m in range(begin, end)}
                total = sum(hours.values())
                years = ((begin + end) / 2 - self.start) / 12
                self.periods.append(Thing(
                    a=begin, b=end, months=end - begin, hours=total, month_hours=hours,
                    days=total / 24, weeks=total / 168, discount=(1 + self.discount) ** -years))
                begin = end
        self.discount_end = (1 + self.discount) ** (-(begin - self.start) / 12)

    def mean(self, values, t):
        """Mean over period t, weighted by the hours of the months."""
        period = self.periods[t]
        return sum(values.at(m) * h for m, h in period.month_hours.items()) / period.hours

    def total(self, values, t):
        """Sum over the months of period t (for USD/month)."""
        return sum(values.at(m) for m in self.periods[t].month_hours)

    def holds(self, values, t):
        """Whether a limit or goal holds in t: the period begins at or after its first date."""
        return values is not None and self.periods[t].a >= values.first

    def hour_share(self, t, begin, end):
        """Share of the hours of t that lies in months [begin, end)."""
        period = self.periods[t]
        return sum(h for m, h in period.month_hours.items() if begin <= m < end) / period.hours

    def period_of(self, month):
        for t, period in enumerate(self.periods):
            if period.a <= month < period.b:
                return t
        return None

    def arrival(self, s, lead):
        """First period that begins at or after the beginning of s + lead, or None."""
        for t, period in enumerate(self.periods):
            if period.a >= self.periods[s].a + lead:
                return t
        return None

    def window(self, value, where):
        """Months (from, to) of a map; what is not stated is open."""
        value = value or {}
        known_keys(value, "from to", where)
        return (month_of(value["from"]) if "from" in value else ALWAYS,
                month_of(value["to"]) if "to" in value else -ALWAYS)

    def in_window(self, t, window):
        return window[0] <= self.periods[t].a <= window[1]

    # -- chips, partners, sites

    def _chips(self, tree):
        self.chip_from = {}
        for name, value in tree.items():
            known_keys(value, "power from", f"chip {name}")
            if "power" in value:
                self.watts[name] = quantity(value["power"], "W/chip")
            if "from" in value:
                self.chip_from[name] = month_of(value["from"])

    def _partners(self, tree):
        self.partners = {}
        for name, value in tree.items():
            value = value or {}
            known_keys(value, "label backs rofr", f"partner {name}")
            self.partners[name] = Thing(rofr=self._rofr(value.get("rofr")))

    @staticmethod
    def _rofr(value):
        if value is None:
            return None
        known_keys(value, "holder until", "rofr")
        return Thing(holder=value["holder"], until=month_of(value["until"]))

    def _site(self, name, tree):
        known_keys(tree, "power pue carbon energy region new slip expand availability draw",
                   f"site {name}")
        partner = name.split("/")[0]
        if partner != "own" and partner not in self.partners:
            raise ScenarioError(f"site {name}: unknown partner")
        stored = {k: v for k, v in self.site_catalogue.get(name, {}).items() if v}
        slip = whole_months(tree.get("slip", "0 months"))
        site = Thing(
            name=name, partner=partner, region=tree.get("region"), slip=slip,
            new=truth(tree["new"]) if "new" in tree else partner == "own",
            pue=quantity(tree.get("pue", stored.get("pue", "1.25")), "bare"),
            carbon=series(tree.get("carbon", stored.get("carbon", "400") + " g/kWh"),
                          "g/kWh", "first"),
            availability=quantity(tree.get("availability", "95%"), "share"),
            draw=quantity(tree.get("draw", "80%"), "share"),
            energy=None, kinds={}, power=None, expand=None)
        if "power" in tree:
            site.power = series(tree["power"], "MW", "zero").shifted(self.start, slip)
        elif partner == "own":
            if "expand" not in tree:
                raise ScenarioError(f"site {name}: power is required")
            site.power = constant(0.0)
        if "expand" in tree:
            site.expand = self._expand(name, tree["expand"])
        energy = tree.get("energy", stored.get("energy", "70") + " USD/MWh")
        if isinstance(energy, dict) and not is_date_map(energy):
            site.kinds = {n: self._energy_kind(n, v, site) for n, v in energy.items()}
        else:
            site.energy = series(energy, "USD/MWh", "first")
        return site

    def _expand(self, name, tree):
        known_keys(tree, "from to lead max capex life", f"expand of {name}")
        return Thing(window=self.window({k: tree[k] for k in ("from", "to") if k in tree}, name),
                     lead=whole_months(tree.get("lead", "0 months")),
                     max=quantity(tree["max"], "MW"),
                     capex=series(tree.get("capex", "0 USD/MW"), "USD/MW", "first"),
                     life=whole_months(tree["life"]))

    @staticmethod
    def _energy_kind(name, tree, site):
        known_keys(tree, "price carbon max from", f"energy {name} of {site.name}")
        return Thing(price=series(tree["price"], "USD/MWh", "first"),
                     carbon=(series(tree["carbon"], "g/kWh", "first") if "carbon" in tree
                             else site.carbon),
                     max=series(tree["max"], "MW", "zero") if "max" in tree else None,
                     start=month_of(tree["from"]) if "from" in tree else ALWAYS)

    def facility_mw(self, pool):
        """MW of a thousand chips of a pool at full draw (= kW of one chip)."""
        site, chip = pool
        return self.watts[chip] * self.sites[site].pue / 1000

    # -- contracts

    def by_chip(self, value, chips, dimension):
        """Series by chip of a value that is one for all or a map by chip."""
        if isinstance(value, dict) and not is_date_map(value):
            return {c: series(v, dimension, "first") for c, v in value.items()}
        return {c: series(value, dimension, "first") for c in chips}

    def _contract(self, name, tree):
        known_keys(tree, "partner kind pools start end capacity price commit commit_per "
                         "take_or_pay sign lead term whole capex opex life rofr",
                   f"contract {name}")
        kind = tree["kind"]
        if kind not in ("committed", "option", "on-demand", "own"):
            raise ScenarioError(f"contract {name}: unknown kind '{kind}'")
        partner = tree.get("partner", "own" if kind == "own" else None)
        pools = []
        for site, chips in tree["pools"].items():
            if site not in self.sites or self.sites[site].partner != partner:
                raise ScenarioError(f"contract {name}: site {site} is not one of its partner")
            pools += [(site, chip) for chip in chips]
        for pool in pools:
            if pool[1] not in self.watts:
                raise ScenarioError(f"contract {name}: unknown chip {pool[1]}")
        chips = {chip for _, chip in pools}
        contract = Thing(
            name=name, kind=kind, partner=partner, pools=pools,
            start=month_of(tree["start"]) if "start" in tree else None,
            end=month_of(tree["end"]) if "end" in tree else None,
            capacity=(series(tree["capacity"], "chips", "zero") if "capacity" in tree else None),
            whole=kind == "option" and truth(tree.get("whole", "false")),
            sign=self.window(tree.get("sign"), name),
            lead=whole_months(tree.get("lead", "0 months")),
            term=whole_months(tree["term"]) if "term" in tree else None,
            rofr=self._rofr(tree.get("rofr")), commit=None)
        if contract.capacity is None and kind in ("committed", "option"):
            raise ScenarioError(f"contract {name}: capacity is required")
        if kind == "own":
            contract.term = whole_months(tree["life"])
            contract.capex = series(tree.get("capex", "0 USD/chip"), "USD/chip", "first")
            opex = series(tree.get("opex", "0 USD/chip-hour"), "USD/chip-hour", "first")
            contract.price = {chip: opex for chip in chips}
        else:
            contract.price = self.by_chip(tree["price"], chips, "USD/chip-hour")
        if kind == "committed":
            if contract.start is None:
                contract.start = self.start
            if contract.end is None and contract.term is not None:
                contract.end = contract.start + contract.term - 1
            if "commit" in tree:
                if contract.end is None:
                    raise ScenarioError(f"contract {name}: commit needs end or term")
                contract.commit = quantity(tree["commit"], "USD")
                contract.commit_by_year = tree.get("commit_per", "life") == "year"
                contract.take_or_pay = quantity(tree.get("take_or_pay", "100%"), "share")
        contract.cap = [self._cap(contract, t) for t in range(len(self.periods))]
        contract.fall = [1.0] + [self._fall(contract.cap[t - 1], contract.cap[t])
                                 for t in range(1, len(self.periods))]
        return contract

    @staticmethod
    def month_cap(contract, month):
        """Chips offered in a month, 0 outside start ... end."""
        if contract.start is not None and month < contract.start:
            return 0.0
        if contract.end is not None and month > contract.end:
            return 0.0
        return INF if contract.capacity is None else contract.capacity.at(month)

    def _cap(self, contract, t):
        period = self.periods[t]
        return sum(self.month_cap(contract, m) * h for m, h in period.month_hours.items()
                   if self.month_cap(contract, m) > 0) / period.hours

    @staticmethod
    def _fall(before, now):
        if before == 0 or now == INF:
            return 1.0
        return min(1.0, now / before)

    # -- workloads

    def _workload(self, name, tree):
        known_keys(tree, "kind model tokens demand growth regions anywhere revenue unserved "
                         "critical throughput window chips one_site late wait", f"workload {name}")
        kind = tree["kind"]
        work = Thing(name=name, kind=kind, critical=truth(tree.get("critical", "false")),
                     unserved=(series(tree["unserved"], "USD/Mtok", "first")
                               if "unserved" in tree else None))
        if work.critical and kind != "serve":
            raise ScenarioError(f"workload {name}: only serve can be critical")
        chips = {chip for _, chip in self.pools}
        throughput = self.by_chip(tree["throughput"], chips, "tokens/s")
        work.throughput = {k: throughput[k[1]] for k in self.pools if k[1] in throughput}
        if kind == "train":
            window = tree["window"]
            work.first, work.last = month_of(window["from"]), month_of(window["to"])
            work.tokens = quantity(tree["tokens"], "tokens")
            limits = tree.get("chips") or {}
            known_keys(limits, "min max", f"chips of {name}")
            work.chips_min = quantity(limits["min"], "chips or bare") if "min" in limits else None
            work.chips_max = quantity(limits["max"], "chips or bare") if "max" in limits else None
            work.one_site = truth(tree.get("one_site", "false"))
            if (work.chips_min is not None or work.one_site) and work.chips_max is None:
                raise ScenarioError(f"workload {name}: chips.max is required")
            work.late = quantity(tree["late"], "USD/month") if "late" in tree else None
            return work
        growth = quantity(tree.get("growth", "0%"), "share/year")
        work.demand = series(tree["demand"], "tokens/day", "zero", growth, self.start)
        work.revenue = series(tree.get("revenue", "0 USD/Mtok"), "USD/Mtok", "first")
        if kind == "batch":
            work.wait = quantity(tree.get("wait", "0 days"), "days")
            return work
        if kind != "serve":
            raise ScenarioError(f"workload {name}: unknown kind '{kind}'")
        work.regions = None
        if "regions" in tree and not truth(tree.get("anywhere", "false")):
            work.regions = {r: quantity(v, "share") for r, v in tree["regions"].items()}
            if abs(sum(work.regions.values()) - 1) > 1e-9:
                raise ScenarioError(f"workload {name}: regions do not add up to 100%")
            for region in work.regions:
                if all(s.region != region for s in self.sites.values()):
                    raise ScenarioError(f"workload {name}: no site has region {region}")
        return work

    # -- limits, penalties, finance

    def _limits(self, limits, goals):
        known_keys(limits, "partner_share survive_loss_of survive_from critical_share cash_floor "
                           "build_rate chip_supply carbon", "limits")
        known_keys(goals, "build_rate", "goals")
        self.partner_share = []
        for rule in limits.get("partner_share") or []:
            known_keys(rule, "of max partner from to", "partner_share")
            self.partner_share.append(Thing(
                of=rule["of"], max=quantity(rule["max"], "share"), partner=rule.get("partner"),
                window=self.window({k: rule[k] for k in ("from", "to") if k in rule}, "share")))
        lost = limits.get("survive_loss_of", "none")
        if lost == "any":
            self.lost = sorted({c.partner for c in self.contracts.values()} - {"own"})
        else:
            self.lost = [] if lost in ("none", None) else list(lost)
        self.survive_from = (month_of(limits["survive_from"]) if "survive_from" in limits
                             else ALWAYS)
        self.critical_share = quantity(limits.get("critical_share", "100%"), "share")
        self.cash_floor = series(limits.get("cash_floor", "0 USD"), "USD", "none")
        self.build_rate = (series(limits["build_rate"], "MW/week", "none")
                           if "build_rate" in limits else None)
        self.build_goal = (series(goals["build_rate"], "MW/week", "none")
                           if "build_rate" in goals else None)
        self.chip_supply = {chip: series(v, "chips/month", "none")
                            for chip, v in (limits.get("chip_supply") or {}).items()}
        carbon = limits.get("carbon") or {}
        known_keys(carbon, "price cap", "carbon")
        self.carbon_price = series(carbon.get("price", "0 USD/t"), "USD/t", "first")
        self.carbon_cap = series(carbon["cap"], "t/year", "none") if "cap" in carbon else None

    def _penalties(self, tree):
        known_keys(tree, "unserved_critical n1 cash_gap share carbon goal unserved", "penalties")
        self.penalty = {}
        for key, default, dimensions in (
                ("unserved_critical", "200 USD/chip-hour", ("USD/chip-hour", "USD/Mtok")),
                ("n1", "100 USD/chip-hour", ("USD/chip-hour", "USD/Mtok")),
                ("unserved", "20 USD/chip-hour", ("USD/chip-hour", "USD/Mtok")),
                ("cash_gap", "10 USD/USD", ("USD/USD",)),
                ("share", "10 USD/USD", ("share price",)),
                ("carbon", "10000 USD/t", ("USD/t",)),
                ("goal", "5 USD/W", ("USD/MW",))):
            text = tree.get(key, default)
            unit = NUMBER.match(text).group(4)
            dimension = next((d for d in dimensions if unit in UNITS[d]), dimensions[0])
            self.penalty[key] = Thing(value=quantity(text, dimension), dimension=dimension)

    def _finance(self, tree):
        known_keys(tree, "cash costs revenue funding", "finance")
        finance = Thing(cash=quantity(tree.get("cash", "0 USD"), "USD"),
                        costs=series(tree.get("costs", "0 USD/month"), "USD/month", "zero"),
                        revenue=series(tree.get("revenue", "0 USD/month"), "USD/month", "zero"),
                        funding={})
        for name, value in (tree.get("funding") or {}).items():
            known_keys(value, "kind when amount from to max fee cost interest term", name)
            source = Thing(
                name=name, kind=value["kind"],
                fee=quantity(value.get("fee", "0%"), "share"),
                cost=quantity(value.get("cost", "0%"), "share/year"),
                when=month_of(value["when"]) if "when" in value else None,
                window=self.window({k: value[k] for k in ("from", "to") if k in value}, name))
            if source.when is not None:
                if source.kind != "equity":
                    raise ScenarioError(f"funding {name}: only equity is certain")
                source.amount = quantity(value["amount"], "USD")
            else:
                source.max = quantity(value["max"], "USD")
            if source.kind == "debt":
                source.interest = quantity(value["interest"], "share/year")
                source.term = whole_months(value["term"])
            finance.funding[name] = source
        return finance
