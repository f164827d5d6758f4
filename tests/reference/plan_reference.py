#!/usr/bin/env python3
"""Second implementation of the plan model, written from docs/plan-model.md alone.

    plan_reference.py SCENARIO.yaml [--override NAME]... [--set PATH=VALUE]...
                      [--strict] [--lp-relaxation] [--write-mps FILE] [--json]

It reads a scenario, builds the matrix rule by rule (R1 ... R13, 2.3) and solves it with HiGHS,
through highspy when that module can be imported, else through scipy.optimize. It exists to be
compared with the program on `objective_usd`; it shares no code and no scaling with it.

plan_scenario.py reads the file, plan_solver.py solves; here are the matrix with its money ledger,
the model (one method for each rule) and the command line. Units inside the matrix: k chips, MW,
M USD, 10^9 tokens/day (serve, batch), 10^12 tokens (backlog, training), kt CO2.
"""

import argparse
import copy
import json
import os
import sys
import time

import numpy as np
import yaml
from scipy import sparse

from plan_scenario import ALWAYS, INF, Scenario, ScenarioError, apply_override, hours_of, load_text
from plan_solver import solve, write_mps

LATE_MONTHS = 12     # training may go on for so long behind its window


# ------------------------------------------------------------------ matrix ----

class Matrix:
    """Columns, rows and a ledger of money.

    The ledger holds what each column costs in which period, by kind, in M USD, not discounted.
    Objective and cash rows are both made from it, so they cannot disagree.
    """

    def __init__(self):
        self.col_name, self.col_lo, self.col_hi, self.integer = [], [], [], []
        self.row_name, self.row_lo, self.row_hi = [], [], []
        self.entries = []            # (row, column, coefficient)
        self.ledger = []             # (kind, period, column, M USD)
        self.objective_only = []     # (kind, column, M USD, discounted already)
        self.one = self.column("one", lo=1.0, hi=1.0)

    def column(self, *name, lo=0.0, hi=INF, integer=False):
        self.col_name.append("|".join(str(n) for n in name))
        self.col_lo.append(lo)
        self.col_hi.append(hi)
        self.integer.append(integer)
        return len(self.col_name) - 1

    def row(self, name, terms, lo=-INF, hi=INF):
        """terms: (column, coefficient) pairs; the same column may stand there twice."""
        sums = {}
        for column, coefficient in terms:
            sums[column] = sums.get(column, 0.0) + coefficient
        index = len(self.row_name)
        self.row_name.append("|".join(str(n) for n in name))
        self.row_lo.append(lo)
        self.row_hi.append(hi)
        self.entries += [(index, c, a) for c, a in sums.items() if a != 0]

    def pay(self, kind, t, column, musd):
        if musd:
            self.ledger.append((kind, t, column, musd))

    def finish(self, discounts):
        shape = (len(self.row_name), len(self.col_name))
        rows, cols, values = zip(*self.entries) if self.entries else ((), (), ())
        self.a = sparse.csc_matrix((values, (rows, cols)), shape=shape)
        self.cost = np.zeros(shape[1])
        for kind, t, column, musd in self.ledger:
            self.cost[column] += musd * discounts[t]
        for kind, column, musd in self.objective_only:
            self.cost[column] += musd
        self.lo, self.hi = np.array(self.col_lo), np.array(self.col_hi)
        self.row_lo, self.row_hi = np.array(self.row_lo), np.array(self.row_hi)
        self.integer = np.array(self.integer, dtype=int)


# ------------------------------------------------------------------- model ----

COST_KINDS = ("spend", "capex", "energy", "carbon", "short", "fees", "interest")
CASH_KINDS = COST_KINDS + ("workload revenue",)


class Model:
    """The matrix of section 2, one method for each rule."""

    def __init__(self, scenario, strict=False):
        self.s = scenario
        self.strict = strict
        self.m = Matrix()
        self.range = range(len(scenario.periods))
        self.dlv, self.new, self.sign, self.add = {}, {}, {}, {}
        self.x, self.demand_left, self.full = {}, {}, {}
        self.energy_use = {}         # (site, kind, t) -> column
        self.tons = [[] for _ in self.range]   # (column, kt CO2) of each period
        self.delivery()
        self.use_columns()
        self.use()
        self.serve()
        self.batch()
        self.train()
        self.expansion()
        self.power()
        self.build_rate()
        self.chip_supply()
        self.rented_and_own_money()
        self.energy_kinds()
        self.carbon()
        self.partner_share()
        self.commitments()
        self.survive_loss()
        self.first_refusal()
        self.finance()
        self.m.finish([p.discount for p in scenario.periods])

    # -- helpers

    def live(self, s, lead, term, t):
        """Hour share of t in [A_s, A_s + term)."""
        arrival = self.s.arrival(s, lead)
        if arrival is None:
            return 0.0
        begin = self.s.periods[arrival].a
        return self.s.hour_share(t, begin, -ALWAYS if term is None else begin + term)

    def signing_periods(self, window, lead):
        return [s for s in self.range
                if self.s.in_window(s, window) and self.s.arrival(s, lead) is not None]

    def delivered(self, t, contract=None, pool=None):
        """(column, 1) of the deliveries in t of one contract and / or pool."""
        contracts = [contract] if contract else self.s.contracts.values()
        return [(self.dlv[c.name, k, t], 1.0) for c in contracts for k in c.pools
                if (pool is None or k == pool) and (c.name, k, t) in self.dlv]

    def hard(self):
        """Upper bound of a hard slack."""
        return 0.0 if self.strict else INF

    def best_throughput(self, work, periods):
        values = [self.s.mean(thr, t) for thr in work.throughput.values() for t in periods]
        if not values or max(values) <= 0:
            raise ScenarioError(f"workload {work.name}: no pool can run it")
        return max(values)

    def token_price(self, penalty, work, periods):
        """USD/Mtok of a penalty that may be stated per chip-hour."""
        if penalty.dimension == "USD/Mtok":
            return penalty.value
        return penalty.value / (3600 * self.best_throughput(work, periods)) * 1e6

    def unserved_price(self, work, t, periods=None):
        if work.unserved is not None:
            return self.s.mean(work.unserved, t)
        key = "unserved_critical" if work.critical else "unserved"
        return self.token_price(self.s.penalty[key], work, periods or [t])

    def capex(self, kind, s, column, musd, lead):
        """Capex in equal parts over the `lead` months from a_s, at once without lead."""
        begin = self.s.periods[s].a
        for month in range(begin, begin + lead) if lead else [begin]:
            t = self.s.period_of(month)
            if t is not None:
                self.m.pay(kind, t, column, musd / max(lead, 1))

    def credit(self, s, column, musd, lead, life):
        """Value of the life behind the horizon, at the end of it."""
        begin = self.s.periods[self.s.arrival(s, lead)].a
        behind = begin + life - max(begin, self.s.end)
        if behind > 0:
            self.m.objective_only.append(
                ("credit", column, -self.s.discount_end * musd * behind / life))

    # -- R1

    def delivery(self):
        for contract in self.s.contracts.values():
            for pool in contract.pools:
                for t in self.range:
                    available = self.s.periods[t].a >= self.s.chip_from.get(pool[1], ALWAYS)
                    if contract.cap[t] > 0 and available:
                        self.dlv[contract.name, pool, t] = self.m.column(
                            "dlv", contract.name, *pool, t)
            if contract.whole:
                self._whole_option(contract)
                continue
            for t in self.range:
                terms = self.delivered(t, contract)
                if contract.cap[t] < INF and terms:
                    self.m.row(("cap", contract.name, t), terms, hi=contract.cap[t] / 1e3)
            if contract.kind == "committed":
                self._never_falls(contract)
            elif contract.kind in ("option", "own"):
                self._signed(contract)

    def _never_falls(self, contract):
        for pool in contract.pools:
            for t in self.range[1:]:
                now = self.dlv.get((contract.name, pool, t))
                before = self.dlv.get((contract.name, pool, t - 1))
                if now is not None and before is not None:
                    self.m.row(("keep", contract.name, *pool, t),
                               [(now, 1.0), (before, -contract.fall[t])], lo=0.0)

    def _signed(self, contract):
        """Partial options and own chips: what is there is what was signed and still lives.

        The row stands where no delivery can be, too: chips that would arrive before `from`, or
        while nothing is offered, cannot be signed.
        """
        for pool in contract.pools:
            terms = {t: [] for t in self.range}
            for s in self.signing_periods(contract.sign, contract.lead):
                column = self.m.column("new", contract.name, *pool, s)
                self.new[contract.name, pool, s] = column
                arrival = self.s.arrival(s, contract.lead)
                left = 1.0
                for t in self.range[arrival:]:
                    if t > arrival:
                        left *= contract.fall[t]
                    share = left * self.live(s, contract.lead, contract.term, t)
                    if share > 0:
                        terms[t].append((column, -share))
            for t in self.range:
                delivery = self.dlv.get((contract.name, pool, t))
                if delivery is not None:
                    terms[t].append((delivery, 1.0))
                if terms[t]:
                    self.m.row(("signed", contract.name, *pool, t), terms[t], lo=0.0, hi=0.0)

    def _whole_option(self, contract):
        signing = self.signing_periods(contract.sign, contract.lead)
        for s in signing:
            self.sign[contract.name, s] = self.m.column("sign", contract.name, s, hi=1.0,
                                                        integer=True)
        signs = [(self.sign[contract.name, s], s) for s in signing]
        if signs:
            self.m.row(("sign once", contract.name), [(c, 1.0) for c, _ in signs], hi=1.0)
        lives = {(s, t): self.live(s, contract.lead, contract.term, t)
                 for s in signing for t in self.range}
        for t in self.range:
            cap = contract.cap[t] / 1e3
            terms = self.delivered(t, contract)
            terms += [(c, -cap * lives[s, t]) for c, s in signs]
            if any(a for _, a in terms):
                self.m.row(("whole", contract.name, t), terms, lo=0.0, hi=0.0)
            if t == 0:
                continue
            before_cap = contract.cap[t - 1] / 1e3
            ending = [(c, before_cap * max(0.0, lives[s, t - 1] - lives[s, t]))
                      for c, s in signs]
            for pool in contract.pools:
                now = self.dlv.get((contract.name, pool, t))
                before = self.dlv.get((contract.name, pool, t - 1))
                if before is None:
                    continue
                row = [(before, -contract.fall[t])] + ending
                if now is not None:
                    row.append((now, 1.0))
                self.m.row(("keep", contract.name, *pool, t), row, lo=0.0)

    # -- R2

    def runs_in(self, work, t):
        """Hour share of t in the window of a training and the months behind it; else 1."""
        if work.kind != "train":
            return 1.0
        return self.s.hour_share(t, work.first, work.last + 1 + LATE_MONTHS)

    def use_columns(self):
        for work in self.s.workloads.values():
            for pool in work.throughput:
                for t in self.range:
                    if self.delivered(t, pool=pool) and self.runs_in(work, t) > 0:
                        self.x[work.name, pool, t] = self.m.column("x", work.name, *pool, t)

    def use(self):
        for pool in self.s.pools:
            availability = self.s.sites[pool[0]].availability
            for t in self.range:
                terms = [(self.x[w, pool, t], 1.0) for w in self.s.workloads
                         if (w, pool, t) in self.x]
                if terms:
                    terms += [(c, -availability) for c, _ in self.delivered(t, pool=pool)]
                    self.m.row(("use", *pool, t), terms, hi=0.0)

    # -- R3

    def assigned(self, work, t, factor, region=None):
        """(column, factor * throughput) of what runs in t, at the sites of one region or all."""
        return [(self.x[work.name, pool, t], factor * self.s.mean(thr, t))
                for pool, thr in work.throughput.items()
                if (work.name, pool, t) in self.x
                and (region is None or self.s.sites[pool[0]].region == region)]

    def unserved(self, work, t, name, demand, days):
        """Column of demand (10^9 tokens/day) not served in t; pays its penalty."""
        slack = self.m.column("u", work.name, name, t,
                              hi=min(demand, self.hard()) if work.critical else demand)
        self.m.pay("unserved critical" if work.critical else "unserved", t, slack,
                   self.unserved_price(work, t) * days / 1e3 if demand else 0.0)
        self.m.pay("workload revenue", t, slack, self.s.mean(work.revenue, t) * days / 1e3)
        return slack

    def serve(self):
        for work in self.s.workloads.values():
            if work.kind != "serve":
                continue
            for t in self.range:
                demand = self.s.mean(work.demand, t) / 1e9
                days = self.s.periods[t].days
                self.m.pay("workload revenue", t, self.m.one,
                           -self.s.mean(work.revenue, t) * days * demand / 1e3)
                for region, share in (work.regions or {None: 1.0}).items():
                    slack = self.unserved(work, t, region or "anywhere", share * demand, days)
                    terms = self.assigned(work, t, 86400 * 1e3 / 1e9, region)
                    self.m.row(("demand", work.name, region, t), terms + [(slack, 1.0)],
                               lo=share * demand)

    def batch(self):
        for work in self.s.workloads.values():
            if work.kind != "batch":
                continue
            before = None
            for t in self.range:
                demand = self.s.mean(work.demand, t) / 1e9
                days = self.s.periods[t].days
                slack = self.unserved(work, t, "anywhere", demand, days)
                self.m.pay("workload revenue", t, self.m.one,
                           -self.s.mean(work.revenue, t) * days * demand / 1e3)
                last = t == self.range[-1]
                waiting = self.m.column("back", work.name, t,
                                        hi=0.0 if last else work.wait * demand / 1e3)
                terms = [(waiting, 1.0), (slack, days / 1e3)]
                terms += self.assigned(work, t, 86400 * days * 1e3 / 1e12)
                if before is not None:
                    terms.append((before, -1.0))
                self.m.row(("batch", work.name, t), terms, lo=days * demand / 1e3,
                           hi=days * demand / 1e3)
                before = waiting

    # -- R4

    def train(self):
        for work in self.s.workloads.values():
            if work.kind != "train":
                continue
            months = range(work.first, work.last + 1)
            inside = sum(hours_of(m) for m in months if self.s.start <= m < self.s.end)
            share = inside / sum(hours_of(m) for m in months)
            periods = [t for t in self.range if self.runs_in(work, t) > 0]
            if share > 0:
                self._train(work, periods, work.tokens * share / 1e12)

    def _train(self, work, periods, tokens):
        done = {t: self.m.column("work", work.name, t) for t in periods}
        undone = self.m.column("u", work.name)
        last = periods[-1]
        price = self.unserved_price(work, last, periods)       # M USD per 10^12 tokens
        self.m.pay("unserved", last, undone, price)
        self.m.row(("tokens", work.name), [(done[t], 1.0) for t in periods] + [(undone, 1.0)],
                   lo=tokens, hi=tokens)
        late = work.late / 1e6 if work.late is not None else 0.05 * price * tokens
        for t in periods:
            factor = 3600 * self.s.periods[t].hours * 1e3 / 1e12
            self.m.row(("work", work.name, t),
                       self.assigned(work, t, factor) + [(done[t], -1.0)], lo=0.0)
            behind = sum(1 for m in self.s.periods[t].month_hours
                         if work.last < m <= work.last + LATE_MONTHS)
            if behind:
                slack = self.m.column("late", work.name, t)
                self.m.row(("late", work.name, t),
                           [(slack, 1.0), (done[t], 0.5 / tokens)]
                           + [(done[q], 1.0 / tokens) for q in periods if q < t], lo=1.0)
                self.m.pay("late", t, slack, late * behind)
        self._train_chips(work, periods)

    def _train_chips(self, work, periods):
        if work.chips_max is None:
            return
        most = work.chips_max / 1e3
        sites = list(dict.fromkeys(pool[0] for pool in work.throughput))
        at = {}
        if work.one_site:
            at = {site: self.m.column("z", work.name, site, hi=1.0, integer=True)
                  for site in sites}
            self.m.row(("one site", work.name), [(c, 1.0) for c in at.values()], lo=1.0, hi=1.0)
        for t in periods:
            share = self.runs_in(work, t)
            chips = [(c, 1.0) for c, _ in self.assigned(work, t, 1.0)]
            if work.chips_min is None:
                self.m.row(("most", work.name, t), chips, hi=share * most)
            else:
                runs = self.m.column("run", work.name, t, hi=1.0, integer=True)
                self.m.row(("most", work.name, t), chips + [(runs, -share * most)], hi=0.0)
                self.m.row(("least", work.name, t),
                           chips + [(runs, -share * work.chips_min / 1e3)], lo=0.0)
            for site, column in at.items():
                here = [(self.x[work.name, pool, t], 1.0) for pool in work.throughput
                        if pool[0] == site and (work.name, pool, t) in self.x]
                if here:
                    self.m.row(("at", work.name, site, t), here + [(column, -share * most)],
                               hi=0.0)

    # -- R11, R5, R12

    def expansion(self):
        for site in self.s.sites.values():
            if not site.expand:
                continue
            expand = site.expand
            terms = []
            for s in self.signing_periods(expand.window, expand.lead + site.slip):
                column = self.m.column("add", site.name, s)
                self.add[site.name, s] = column
                terms.append((column, 1.0))
                price = self.s.mean(expand.capex, s) / 1e6
                self.capex("capex", s, column, price, expand.lead)
                self.credit(s, column, price, expand.lead + site.slip, expand.life)
            if terms:
                self.m.row(("expand", site.name), terms, hi=expand.max)

    def power_terms(self, t, sites):
        return [(c, self.s.facility_mw(pool)) for pool in self.s.pools if pool[0] in sites
                for c, _ in self.delivered(t, pool=pool)]

    def power(self):
        for site in self.s.sites.values():
            if site.power is None:
                continue
            for t in self.range:
                terms = self.power_terms(t, {site.name})
                if not terms:
                    continue
                if site.expand:
                    lead = site.expand.lead + site.slip
                    terms += [(column, -self.live(s, lead, site.expand.life, t))
                              for (name, s), column in self.add.items() if name == site.name]
                self.m.row(("power", site.name, t), terms, hi=self.s.mean(site.power, t))

    def build_rate(self):
        new_sites = {s.name for s in self.s.sites.values() if s.new or s.partner == "own"}
        for t in self.range[1:]:
            growth = self.power_terms(t, new_sites)
            growth += [(c, -a) for c, a in self.power_terms(t - 1, new_sites)]
            weeks = (self.s.periods[t - 1].weeks + self.s.periods[t].weeks) / 2
            if self.s.holds(self.s.build_rate, t):
                self.m.row(("build rate", t), growth,
                           hi=self.s.mean(self.s.build_rate, t) * weeks)
            if self.s.holds(self.s.build_goal, t):
                miss = self.m.column("miss", t)
                self.m.row(("build goal", t), growth + [(miss, 1.0)],
                           lo=self.s.mean(self.s.build_goal, t) * weeks)
                self.m.pay("goal", t, miss, self.s.penalty["goal"].value / 1e6)

    def chip_supply(self):
        for chip, rate in self.s.chip_supply.items():
            pools = [k for k in self.s.pools if k[1] == chip]
            for t in self.range[1:]:
                if not self.s.holds(rate, t):
                    continue
                terms = [(c, 1.0) for k in pools for c, _ in self.delivered(t, pool=k)]
                terms += [(c, -1.0) for k in pools for c, _ in self.delivered(t - 1, pool=k)]
                months = (self.s.periods[t - 1].months + self.s.periods[t].months) / 2
                self.m.row(("supply", chip, t), terms, hi=self.s.mean(rate, t) * months / 1e3)

    # -- 2.3, R13

    def rented_and_own_money(self):
        self.spend = {}              # (contract, t) -> (column, M USD) pairs
        self.own_energy = [[] for _ in self.range]
        for contract in self.s.contracts.values():
            for (name, pool, t), column in self.dlv.items():
                if name != contract.name:
                    continue
                hours = self.s.periods[t].hours
                site = self.s.sites[pool[0]]
                musd = self.s.mean(contract.price[pool[1]], t) * hours * 1e3 / 1e6
                self.m.pay("spend", t, column, musd)
                self.spend.setdefault((name, t), []).append((column, musd))
                if site.kinds:
                    continue
                mwh = self.s.facility_mw(pool) * site.draw * hours
                self.tons[t].append((column, mwh * self.s.mean(site.carbon, t) / 1e6))
                if contract.kind == "own":
                    musd = mwh * self.s.mean(site.energy, t) / 1e6
                    self.m.pay("energy", t, column, musd)
                    self.own_energy[t].append((column, musd))
        for (name, pool, s), column in self.new.items():
            contract = self.s.contracts[name]
            if contract.kind == "own":
                price = self.s.mean(contract.capex, s) * 1e3 / 1e6
                self.capex("capex", s, column, price, contract.lead)
                self.credit(s, column, price, contract.lead, contract.term)

    def energy_kinds(self):
        for site in self.s.sites.values():
            for t in self.range if site.kinds else []:
                need = [(c, a * site.draw) for c, a in self.power_terms(t, {site.name})]
                if not need:
                    continue
                hours = self.s.periods[t].hours
                for name, kind in site.kinds.items():
                    if self.s.periods[t].a < kind.start:
                        continue
                    most = INF if kind.max is None else self.s.mean(kind.max, t)
                    column = self.m.column("e", site.name, name, t, hi=most)
                    musd = self.s.mean(kind.price, t) * hours / 1e6
                    self.m.pay("energy", t, column, musd)
                    self.own_energy[t].append((column, musd))
                    self.tons[t].append((column, self.s.mean(kind.carbon, t) * hours / 1e6))
                    need.append((column, -1.0))
                self.m.row(("energy", site.name, t), need, lo=0.0, hi=0.0)

    def carbon(self):
        for t in self.range:
            price = self.s.mean(self.s.carbon_price, t)        # USD/t = k USD/kt
            for column, kilotons in self.tons[t]:
                self.m.pay("carbon", t, column, kilotons * price / 1e3)
            if self.s.holds(self.s.carbon_cap, t):
                slack = self.m.column("co2", t, hi=self.hard())
                limit = self.s.mean(self.s.carbon_cap, t) / 1e3 * self.s.periods[t].months / 12
                self.m.row(("carbon cap", t), self.tons[t] + [(slack, -1.0)], hi=limit)
                self.m.pay("carbon cap", t, slack, self.s.penalty["carbon"].value / 1e3)

    # -- R6

    def measure(self, of, t, partner=None):
        """Terms of power (MW), spend (M USD) or chips (k) of one partner, or of all."""
        terms = []
        for contract in self.s.contracts.values():
            if partner is not None and contract.partner != partner:
                continue
            if of == "spend":
                terms += self.spend.get((contract.name, t), [])
                continue
            for pool in contract.pools:
                column = self.dlv.get((contract.name, pool, t))
                if column is not None:
                    terms.append((column, self.s.facility_mw(pool) if of == "power" else 1.0))
        if of == "spend" and partner in (None, "own"):
            terms += self.own_energy[t]
        return terms

    def partner_share(self):
        per_unit = {"power": 1e3, "chips": 1e3}     # kWh of a MWh, chip-hours of 1000 chips
        for number, rule in enumerate(self.s.partner_share):
            if rule.of not in ("power", "spend", "chips"):
                raise ScenarioError(f"partner_share of '{rule.of}'")
            partners = [rule.partner] if rule.partner else [p for p in self.s.partners
                                                            if p != "own"]
            for t in self.range:
                if not self.s.in_window(t, rule.window):
                    continue
                total = self.measure(rule.of, t)
                for partner in partners:
                    part = self.measure(rule.of, t, partner)
                    if not part:
                        continue
                    over = self.m.column("over", number, partner, t, hi=self.hard())
                    self.m.row(("share", number, partner, t),
                               part + [(c, -rule.max * a) for c, a in total] + [(over, -1.0)],
                               hi=0.0)
                    price = self.s.penalty["share"].value
                    if rule.of != "spend":
                        price *= per_unit[rule.of] * self.s.periods[t].hours / 1e6
                    self.m.pay("share", t, over, price)

    # -- R7

    def commitments(self):
        for contract in self.s.contracts.values():
            if contract.commit is None:
                continue
            life = range(contract.start, contract.end + 1)
            if contract.commit_by_year:
                parts = [life[i:i + 12] for i in range(0, len(life), 12)]
            else:
                parts = [life]
            for number, months in enumerate(parts):
                self._commitment(contract, number, life, months)

    def _commitment(self, contract, number, life, months):
        def chip_hours(span):
            return sum(self.s.month_cap(contract, m) * hours_of(m) for m in span)

        total = chip_hours(life)
        if total <= 0:
            return
        inside = [m for m in months if self.s.start <= m < self.s.end]
        due = contract.commit * chip_hours(inside) / total
        offered, spend, pay_in = 0.0, [], None
        for t in self.range:
            hours = self.s.periods[t].month_hours
            in_life = sum(h for m, h in hours.items() if m in life)
            if not in_life or contract.cap[t] <= 0:
                continue
            part = sum(h for m, h in hours.items() if m in months) / in_life
            if part <= 0:
                continue
            pay_in = t
            lowest = min(self.s.mean(contract.price[chip], t) for _, chip in contract.pools)
            offered += part * contract.cap[t] * self.s.periods[t].hours * lowest
            spend += [(c, part * a) for c, a in self.spend.get((contract.name, t), [])]
        if pay_in is None:
            return
        short = self.m.column("short", contract.name, number)
        self.m.row(("commit", contract.name, number), spend + [(short, 1.0)],
                   lo=contract.take_or_pay * min(due, offered) / 1e6)
        self.m.pay("short", pay_in, short, 1.0)

    # -- R8

    def survive_loss(self):
        critical = [w for w in self.s.workloads.values() if w.critical]
        for lost in self.s.lost if critical else []:
            for t in self.range:
                if self.s.periods[t].a >= self.s.survive_from:
                    self._survive(lost, t, critical)

    def _survive(self, lost, t, critical):
        used = {}
        for work in critical:
            terms = []
            for pool, thr in work.throughput.items():
                if self.s.sites[pool[0]].partner == lost or not self.delivered(t, pool=pool):
                    continue
                column = self.m.column("xl", work.name, *pool, t, lost)
                used.setdefault(pool, []).append((column, 1.0))
                terms.append((column, 86400 * 1e3 / 1e9 * self.s.mean(thr, t)))
            demand = self.s.critical_share * self.s.mean(work.demand, t) / 1e9
            slack = self.m.column("n1", work.name, t, lost, hi=self.hard())
            self.m.row(("survive", work.name, t, lost), terms + [(slack, 1.0)], lo=demand)
            if demand:
                price = self.token_price(self.s.penalty["n1"], work, [t])
                self.m.pay("n1", t, slack, price * self.s.periods[t].days / 1e3)
        for pool, terms in used.items():
            availability = self.s.sites[pool[0]].availability
            terms = terms + [(c, -availability) for c, _ in self.delivered(t, pool=pool)]
            self.m.row(("use after loss", *pool, t, lost), terms, hi=0.0)

    # -- R10

    def first_refusal(self):
        for contract in self.s.contracts.values():
            partner = self.s.partners.get(contract.partner)
            for rofr in (contract.rofr, partner.rofr if partner else None):
                if rofr is None or rofr.holder == contract.partner:
                    continue
                for t in self.range:
                    if self.s.periods[t].a < rofr.until:
                        self._refused(contract, rofr.holder, t)

    def _refused(self, contract, holder, t):
        if contract.kind == "committed":
            return
        if contract.whole:
            if (contract.name, t) in self.sign:
                self.m.row(("rofr", contract.name, t),
                           [(self.sign[contract.name, t], 1.0),
                            (self.holder_full(holder, t), -1.0)], hi=0.0)
            return
        if contract.kind == "on-demand":
            terms = self.delivered(t, contract)
            if t:
                terms += [(c, -1.0) for c, _ in self.delivered(t - 1, contract)]
            big = contract.cap[t]
        else:
            terms = [(self.new[contract.name, k, t], 1.0) for k in contract.pools
                     if (contract.name, k, t) in self.new]
            big = max(contract.cap)
            if terms:       # a life shorter than the period of arrival: more may be signed
                arrival = self.s.arrival(t, contract.lead)
                big /= self.live(t, contract.lead, contract.term, arrival)
        if terms:
            big = min(big / 1e3, self.most_chips(contract, t))
            self.m.row(("rofr", contract.name, t),
                       terms + [(self.holder_full(holder, t), -big)], hi=0.0)

    def most_chips(self, contract, t):
        """A bound (k chips) on what a contract can sign in t, from the power of its sites."""
        total = 0.0
        for pool in contract.pools:
            site = self.s.sites[pool[0]]
            if site.power is None:
                return 1e5           # no bound is known: far above any demand
            power = max(self.s.mean(site.power, q) for q in self.range)
            power += site.expand.max if site.expand else 0.0
            total += power / self.s.facility_mw(pool)
        if contract.kind in ("option", "own"):
            total /= self.live(t, contract.lead, contract.term,
                               self.s.arrival(t, contract.lead))
        return total

    def holder_full(self, holder, t):
        """Binary: 1 only when everything that the holder offers in t is taken."""
        if (holder, t) in self.full:
            return self.full[holder, t]
        full = self.full[holder, t] = self.m.column("full", holder, t, hi=1.0, integer=True)
        for contract in self.s.contracts.values():
            if contract.partner != holder or contract.kind == "own":
                continue
            if contract.kind in ("committed", "on-demand"):
                if 0 < contract.cap[t] < INF:
                    self.m.row(("full", contract.name, t),
                               self.delivered(t, contract) + [(full, -contract.cap[t] / 1e3)],
                               lo=0.0)
                continue
            if not self.s.in_window(t, contract.sign):
                continue
            if contract.whole:
                signed = [(c, 1.0) for (n, s), c in self.sign.items()
                          if n == contract.name and s <= t]
                need = 1.0
            else:
                signed = [(c, 1.0) for (n, _, s), c in self.new.items()
                          if n == contract.name and s <= t]
                need = max(contract.cap) / 1e3
            self.m.row(("full", contract.name, t), signed + [(full, -need)], lo=0.0)
        return full

    # -- R9

    def finance(self):
        finance = self.s.finance
        if finance is None:
            return
        flows = [[] for _ in self.range]     # (column, M USD into the cash) of each period
        for t in self.range:
            flows[t].append((self.m.one, (self.s.total(finance.revenue, t)
                                          - self.s.total(finance.costs, t)) / 1e6))
        flows[0].append((self.m.one, finance.cash / 1e6))
        for source in finance.funding.values():
            if source.when is not None:
                t = self.s.period_of(source.when)
                if t is not None:
                    flows[t].append((self.m.one, source.amount / 1e6))
                    self._equity_cost(source, t, self.m.one, source.amount / 1e6)
            elif source.kind == "equity":
                self._equity(source, flows)
            else:
                self._debt(source, flows)
        for kind, t, column, musd in self.m.ledger:
            if kind in CASH_KINDS:
                flows[t].append((column, -musd))
        before = None
        for t in self.range:
            floor = (self.s.mean(self.s.cash_floor, t) / 1e6
                     if self.s.holds(self.s.cash_floor, t) else -INF)
            cash = self.m.column("cash", t, lo=floor)
            gap = self.m.column("gap", t, hi=self.hard())
            self.m.pay("cash gap", t, gap, self.s.penalty["cash_gap"].value)
            terms = [(cash, 1.0), (gap, -1.0)] + [(c, -a) for c, a in flows[t]]
            if before is not None:
                terms.append((before, -1.0))
            self.m.row(("cash", t), terms, lo=0.0, hi=0.0)
            before = cash

    def _equity_cost(self, source, t, column, amount):
        for q in self.range[t:]:
            self.m.pay("cost of equity", q, column,
                       source.cost * self.s.periods[q].months / 12 * amount)

    def _equity(self, source, flows):
        raised = []
        for t in self.range:
            if self.s.in_window(t, source.window):
                column = self.m.column("raise", source.name, t)
                raised.append((column, 1.0))
                flows[t].append((column, 1.0))
                self.m.pay("fees", t, column, source.fee)
                self._equity_cost(source, t, column, 1.0)
        if raised:
            self.m.row(("equity", source.name), raised, hi=source.max / 1e6)

    def _debt(self, source, flows):
        changes = [[] for _ in self.range]
        for t in self.range:
            if self.s.in_window(t, source.window):
                column = self.m.column("raise", source.name, t)
                self.m.pay("fees", t, column, source.fee)
                changes[t].append((column, 1.0))
                back = self.s.period_of(self.s.periods[t].a + source.term)
                if back is not None:
                    changes[back].append((column, -1.0))
        before = None
        for t in self.range:
            owed = self.m.column("owed", source.name, t, hi=source.max / 1e6)
            terms = [(owed, 1.0)] + [(c, -a) for c, a in changes[t]]
            if before is not None:
                terms.append((before, -1.0))
            self.m.row(("owed", source.name, t), terms, lo=0.0, hi=0.0)
            self.m.pay("interest", t, owed,
                       source.interest * self.s.periods[t].months / 12)
            flows[t] += changes[t]
            before = owed


# ------------------------------------------------------------ command line ----

def totals(model, x):
    """Undiscounted M USD by kind; the credit is that of the objective (discounted)."""
    sums = {}
    for kind, _, column, musd in model.m.ledger:
        sums[kind] = sums.get(kind, 0.0) + musd * x[column]
    for kind, column, musd in model.m.objective_only:
        sums[kind] = sums.get(kind, 0.0) + musd * x[column]
    return sums


def build(tree, overrides=(), settings=(), catalogue=None, strict=False):
    """Model of a loaded file with overrides by name and PATH=VALUE settings."""
    tree = copy.deepcopy(tree)
    for name in overrides:
        if name not in (tree.get("overrides") or {}):
            raise ScenarioError(f"no override '{name}'")
        for path, value in tree["overrides"][name].items():
            apply_override(tree, path, value)
    for setting in settings:
        path, _, value = setting.partition("=")
        apply_override(tree, path, load_text(value))
    return Model(Scenario(tree, catalogue), strict)


def run(model, relaxed=False, gap=0.0, limit=None, own_search=False):
    """Solve; a dictionary of what is printed."""
    began = time.process_time()
    found = solve(model.m, relaxed, gap, limit, own_search)
    answer = {"status": found.status, "rows": model.m.a.shape[0], "columns": model.m.a.shape[1],
              "entries": int(model.m.a.nnz), "integers": int(model.m.integer.sum()),
              "solve_s": round(time.process_time() - began, 3)}
    if found.x is not None:
        sums = totals(model, found.x)
        answer["objective_usd"] = found.objective * 1e6
        answer["bound_usd"] = found.bound * 1e6 if found.bound is not None else None
        answer["cost_usd"] = sum(sums.get(kind, 0.0) for kind in COST_KINDS) * 1e6
        answer["totals_usd"] = {kind: value * 1e6 for kind, value in sorted(sums.items())}
        answer["x"] = found.x
    return answer


def default_catalogue():
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in (os.path.join(here, "..", "..", "catalogue"),
                   os.path.join(here, "..", "..", "..", "shared", "catalogue")):
        if os.path.exists(os.path.join(folder, "chips.csv")):
            return folder
    return None


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenario")
    parser.add_argument("--override", action="append", default=[])
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    parser.add_argument("--strict", action="store_true", help="fix the hard slacks at 0")
    parser.add_argument("--lp-relaxation", action="store_true", help="leave out the integrality")
    parser.add_argument("--gap", type=float, default=0.0, help="relative gap of the search")
    parser.add_argument("--time-limit", type=float, help="seconds of the search")
    parser.add_argument("--own-search", action="store_true",
                        help="prove the integers by branching on LPs here")
    parser.add_argument("--catalogue", default=default_catalogue(), metavar="DIR")
    parser.add_argument("--write-mps", metavar="FILE")
    parser.add_argument("--columns", metavar="FILE", help="write the nonzero columns to a file")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    try:
        with open(options.scenario, encoding="utf-8") as file:
            tree = load_text(file)
        model = build(tree, options.override, options.set, options.catalogue, options.strict)
    except (ScenarioError, KeyError, OSError, yaml.YAMLError) as error:
        print(f"{options.scenario}: {error!r}", file=sys.stderr)
        return 2
    if options.write_mps:
        write_mps(model.m, options.write_mps)
    answer = run(model, options.lp_relaxation, options.gap, options.time_limit,
                 options.own_search)
    x = answer.pop("x", None)
    if options.columns and x is not None:
        with open(options.columns, "w", encoding="utf-8") as out:
            out.writelines(f"{n} {v:.12g}\n" for n, v in zip(model.m.col_name, x) if v)
    if options.json:
        print(json.dumps(answer, indent=1))
    else:
        for key in ("status", "objective_usd", "cost_usd", "bound_usd"):
            value = answer.get(key)
            print(f"{key:14} {value if not isinstance(value, float) else format(value, '.6f')}")
        for kind, value in answer.get("totals_usd", {}).items():
            print(f"  {kind:20} {value:24.6f}")
        print(f"{answer['rows']} rows, {answer['columns']} columns, {answer['integers']} integers, "
              f"{answer['entries']} entries, {answer['solve_s']} s")
    return 3 if answer["status"] == "infeasible" else 0


if __name__ == "__main__":
    sys.exit(main())
