#!/usr/bin/env python3
"""Small scenarios whose optimum is computed by hand, at least one for each rule of the model.

    hand_cases.py [--list] [--out DIR]

Without options every case is solved with plan_reference.py and compared. `--out DIR` writes the
scenarios and a table `expected.tsv` (case, overrides, objective_usd), so that another program
can be held against the same numbers.

Numbers used throughout: January 2026 has 744 hours, February 672, March 744, April 720. One chip
with 1000 tokens/s makes 86.4M tokens/day, so 43.2B tokens/day are 500 chips; 1 USD/Mtok unserved
is 3.60 USD for each chip-hour missing. Chip c draws 1 kW and d 2 kW, PUE is 1 and availability
and draw are 100% where nothing else stands, discount is 0.
"""

import argparse
import os
import sys

import plan_reference

HEAD = """mizan: 1
name: hand
start: 2026-01
chips: {c: {power: 1 kW/chip}, d: {power: 2 kW/chip}}
partners: {p: {}, q: {}}
"""
SITE = "{pue: 1, availability: 100%, draw: 100%}"
SITE_A = f"sites: {{p/a: {SITE}}}\n"
SITES_AB = f"sites: {{p/a: {SITE}, q/b: {SITE}}}\n"


def serve(demand="43.2B tokens/day", unserved="100 USD/Mtok", more=""):
    return ("workloads:\n  w: {kind: serve, model: gpt-oss-120b, throughput: 1000 tokens/s, "
            f"demand: {demand}, unserved: {unserved}{more}}}\n")


def contract(name, kind, site="p/a", more="capacity: 1000 chips", price="2 USD/chip-hour",
             chips="c"):
    partner = site.split("/")[0]
    return (f"  {name}: {{kind: {kind}, partner: {partner}, pools: {{{site}: [{chips}]}}, "
            f"price: {price}, {more}}}\n")


CASES = []


def case(name, text, expected, override=(), head=HEAD):
    CASES.append((name, head + text, expected, list(override)))


# R2, R3: 80% of what is delivered can be used: 500 / 0.8 = 625 chips.
case("use_availability",
     "periods: {months: 1}\nsites: {p/a: {pue: 1, availability: 80%}}\ncontracts:\n"
     + contract("g", "committed") + serve(), 625 * 2 * 744)

# R3: 1000 chips wanted, 600 there; 400 cost 5 * 3.6 = 18 USD an hour.
case("unserved",
     "periods: {months: 1}\n" + SITE_A + "contracts:\n"
     + contract("g", "committed", more="capacity: 600 chips")
     + serve("86.4B tokens/day", "5 USD/Mtok"), 600 * 2 * 744 + 400 * 18 * 744)

# R3: two regions, 60% and 40% of 500 chips; the eu site has 100 chips only, us cannot help.
# Revenue 1 USD/Mtok = 3.6 USD a chip-hour on what is served: 300 in us, 100 in eu.
case("regions_and_revenue",
     "periods: {months: 1}\nsites:\n  p/a: {pue: 1, availability: 100%, region: us}\n"
     "  q/b: {pue: 1, availability: 100%, region: eu}\ncontracts:\n"
     + contract("g", "committed") + contract("h", "committed", "q/b", "capacity: 100 chips")
     + serve(unserved="5 USD/Mtok", more=", regions: {us: 60%, eu: 40%}, revenue: 1 USD/Mtok"),
     744 * (400 * 2 + 100 * 18 - 400 * 3.6))

# Discount 21%: middles of the periods at 0.5 and 1 + 1.5 months; the quarter has 2136 hours.
case("discount",
     "discount: 21%\nperiods: {months: 1, quarters: 1}\n" + SITE_A + "contracts:\n"
     + contract("g", "on-demand") + serve(),
     500 * 2 * (744 * 1.21 ** (-0.5 / 12) + 2136 * 1.21 ** (-2.5 / 12)))

# Growth 300% a year from July 2025: 4^(6/12), 4^(7/12), 4^(8/12) times 500 chips.
case("growth",
     "periods: {quarters: 1}\n" + SITE_A + "contracts:\n"
     + contract("g", "on-demand", more="start: 2026-01")
     + serve("{2025-07: 43.2B tokens/day}", more=", growth: 300%/year"),
     2 * 500 * (744 * 4 ** 0.5 + 672 * 4 ** (7 / 12) + 744 * 4 ** (8 / 12)))

# Ramp from 0 in December to 2000 chips in April: 500, 1000, 1500 at the beginning of the months.
case("ramp",
     "periods: {quarters: 1}\n" + SITE_A + "contracts:\n"
     + contract("g", "on-demand", more="start: 2026-01")
     + serve("{ramp: linear, 2025-12: 0 tokens/day, 2026-04: 172.8B tokens/day}"),
     2 * (500 * 744 + 1000 * 672 + 1500 * 744))

# R1: committed chips stay when the demand goes; on-demand ones go.
FALLING = serve("{2026-01: 43.2B tokens/day, 2026-02: 0 tokens/day}")
case("committed_stays", "periods: {months: 2}\n" + SITE_A + "contracts:\n"
     + contract("g", "committed") + FALLING, 500 * 2 * (744 + 672))
case("on_demand_goes", "periods: {months: 2}\n" + SITE_A + "contracts:\n"
     + contract("g", "on-demand") + FALLING, 500 * 2 * 744)

# R1: the offer halves in February, so half of the 500 may go.
case("committed_falls_with_offer", "periods: {months: 2}\n" + SITE_A + "contracts:\n"
     + contract("g", "committed", more="capacity: {2026-01: 1000 chips, 2026-02: 500 chips}")
     + FALLING, 2 * (500 * 744 + 250 * 672))

# R1: a contract that ends with January in a quarter of 2160 hours: cap = 1000 * 744 / 2160, all
# of it used (500 chips over the whole quarter are wanted).
case("contract_ends_inside_period", "periods: {quarters: 1}\n" + SITE_A + "contracts:\n"
     + contract("g", "committed", more="capacity: 1000 chips, end: 2026-01")
     + serve(unserved="5 USD/Mtok"), 1000 * 744 * 2 + 18 * (500 * 2160 - 1000 * 744))

# R1: option, lead 1 month, term 2 months, signed in January or February. Signing 500 in February
# serves March and April: cheaper than January (February and March) or both (March twice).
case("option_partial", "periods: {months: 4}\n" + SITE_A + "contracts:\n"
     + contract("g", "option", more="capacity: 1000 chips, sign: {to: 2026-02}, lead: 1 months, "
                                    "term: 2 months")
     + serve(unserved="1 USD/Mtok"), 500 * 3.6 * (744 + 672) + 500 * 2 * (744 + 720))

# R1: the offer halves in February, and what was signed in January with it: 1000 are signed.
case("option_falls_with_offer", "periods: {months: 2}\n" + SITE_A + "contracts:\n"
     + contract("g", "option", more="capacity: {2026-01: 1000 chips, 2026-02: 500 chips}, "
                                    "sign: {to: 2026-01}")
     + serve(), 2 * (1000 * 744 + 500 * 672))

# R1: a chip that is delivered from February on cannot be signed to arrive in January.
case("option_waits_for_chip", "periods: {months: 3}\n" + SITE_A + "contracts:\n"
     + contract("g", "option", more="capacity: 1000 chips, sign: {to: 2026-02}")
     + serve(unserved="5 USD/Mtok"),
     500 * (18 * 744 + 2 * (672 + 744)),
     head=HEAD.replace("c: {power: 1 kW/chip}", "c: {power: 1 kW/chip, from: 2026-02}"))

# R1: all or nothing, 1000 chips for 2 USD: not against 500 * 3.6, but against 500 * 18.
for name, price, value in (("whole_refused", "1 USD/Mtok", 500 * 3.6 * 744),
                           ("whole_taken", "5 USD/Mtok", 1000 * 2 * 744)):
    case(name, "periods: {months: 1}\n" + SITE_A + "contracts:\n"
         + contract("g", "option", more="capacity: 1000 chips, whole: true")
         + serve(unserved=price), value)

# R1: signed whole in January for 2 months: in the quarter February-April (2136 h) it lives 672 h.
case("whole_ends_inside_period", "periods: {months: 1, quarters: 1}\n" + SITE_A + "contracts:\n"
     + contract("g", "option", more="capacity: 1000 chips, whole: true, term: 2 months, "
                                    "sign: {to: 2026-01}")
     + serve(unserved="5 USD/Mtok"), 1000 * 2 * (744 + 672) + 18 * (500 * 2136 - 1000 * 672))

# Own chips, discount 10%: signed in January, paid half in January and half in February, there in
# March. Energy: 500 kW * 50% * 744 h * 100 USD/MWh. Credit: 23 of 24 months lie behind March.
case("own", "discount: 10%\nperiods: {months: 3}\n"
     "sites: {own/a: {pue: 1, availability: 100%, draw: 50%, power: 1 MW, energy: 100 USD/MWh}}\n"
     "contracts:\n  g: {kind: own, pools: {own/a: [c]}, capex: 10k USD/chip, "
     "opex: 0.5 USD/chip-hour, life: 24 months, lead: 2 months, sign: {to: 2026-01}}\n"
     + serve(),
     500 * 360 * (744 * 1.1 ** (-0.5 / 12) + 672 * 1.1 ** (-1.5 / 12))
     + 2.5e6 * (1.1 ** (-0.5 / 12) + 1.1 ** (-1.5 / 12))
     + (500 * 0.5 * 744 + 0.25 * 744 * 100) * 1.1 ** (-2.5 / 12)
     - 1.1 ** (-3 / 12) * 5e6 * 23 / 24)

# R3: batch may wait 10 days: in January (3 USD) 21 days are worked, in February (1 USD) 38.
case("batch_waits", "periods: {months: 2}\n" + SITE_A + "contracts:\n"
     + contract("g", "on-demand", more="capacity: 5000 chips",
                price="{2026-01: 3 USD/chip-hour, 2026-02: 1 USD/chip-hour}")
     + "workloads:\n  w: {kind: batch, model: gpt-oss-120b, throughput: 1000 tokens/s, "
       "demand: 43.2B tokens/day, wait: 10 days, unserved: 100 USD/Mtok}\n",
     500 * 24 * (21 * 3 + 38 * 1))

TRAIN = ("workloads:\n  w: {{kind: train, model: gpt-oss-120b, throughput: 1000 tokens/s, "
         "tokens: {0}T tokens, window: {{from: {1}, to: 2026-01}}, unserved: 100 USD/Mtok{2}}}\n")

# R4: 1000 chips * 744 h = 2.6784T tokens; 500 chips do a half in January, 0.5 * 672 / 744 in
# February and the rest in March. Mean share not done: 0.5 - a/2 in February, (0.5 - a)/2 in March.
A = 0.5 * 672 / 744
case("train_late", "periods: {months: 3}\n" + SITE_A + "contracts:\n"
     + contract("g", "on-demand", more="capacity: 500 chips")
     + TRAIN.format(2.6784, "2026-01", ", late: 1M USD/month"),
     2 * 744000 + 1e6 * (0.5 - A / 2 + (0.5 - A) / 2))

# R4: half of the window lies before the start, so half of 5.3568T tokens are to be done. Late by
# default 5% a month of 100 USD/Mtok * 2.6784T = 13.392M USD. What is left after February is u.
case("train_window_before_start", "periods: {months: 2}\n" + SITE_A + "contracts:\n"
     + contract("g", "on-demand", more="capacity: 500 chips")
     + TRAIN.format(5.3568, "2025-12", ""),
     2 * 500 * (744 + 672) + 13.392e6 * (0.5 - A / 2) + 267.84e6 * (0.5 - A))

# R4: the work of 300 chips for a month, but never less than 400 at once.
case("train_min", "periods: {months: 1}\n" + SITE_A + "contracts:\n" + contract("g", "on-demand")
     + TRAIN.format(0.80352, "2026-01", ", chips: {min: 400 chips, max: 1000 chips}"),
     400 * 2 * 744)

# R4: the work of 500 chips for a month, on one of two sites with 300 each.
case("train_one_site", "periods: {months: 1}\n" + SITES_AB + "contracts:\n"
     + contract("g", "on-demand", more="capacity: 300 chips")
     + contract("h", "on-demand", "q/b", "capacity: 300 chips")
     + TRAIN.format(1.3392, "2026-01", ", one_site: true, chips: {max: 1000 chips}"),
     744 * (300 * 2 + 200 * 360))

# R5: 1.25 kW a chip; the second step slips from February to March: 240, 240, 400 chips.
case("power_slips", "periods: {months: 3}\nsites: {p/a: {pue: 1.25, availability: 100%, "
     "slip: 1 months, power: {2026-01: 0.3 MW, 2026-02: 0.5 MW}}}\ncontracts:\n"
     + contract("g", "on-demand") + serve(unserved="5 USD/Mtok"),
     (744 + 672) * (240 * 2 + 260 * 18) + 744 * (400 * 2 + 100 * 18))

# R5: from 100 kW in January at most 50 kW a week * (744 + 672) / 2 / 168 h more in February.
STEP = 50 * (744 + 672) / 2 / 168
RISING = serve("{2026-01: 8.64B tokens/day, 2026-02: 86.4B tokens/day}", "5 USD/Mtok")
NEW_SITE = ("sites: {p/a: {pue: 1, availability: 100%, new: true, "
            "power: {2026-01: 0.1 MW, 2026-02: 1 MW}}}\n")
case("build_rate", "periods: {months: 2}\nlimits: {build_rate: {2026-02: 0.05 MW/week}}\n"
     + NEW_SITE + "contracts:\n" + contract("g", "on-demand") + RISING,
     100 * 2 * 744 + 672 * ((100 + STEP) * 2 + (900 - STEP) * 18))

# R5: nobody needs more than 100 chips; missing a kW of the goal (5000 USD) is cheaper than 672
# hours of a chip for 20 USD.
case("build_goal", "periods: {months: 2}\ngoals: {build_rate: {2026-02: 0.05 MW/week}}\n"
     + NEW_SITE + "contracts:\n" + contract("g", "on-demand", price="20 USD/chip-hour")
     + serve("8.64B tokens/day"), 100 * 20 * (744 + 672) + 5000 * STEP)

# R6: 60% of the chips, 50% of the spend: 300 chips of p for 2 USD and 200 of q for 3 USD.
for name, rule in (("share_chips", "{of: chips, max: 60%}"), ("share_spend",
                                                             "{of: spend, max: 50%, partner: p}")):
    case(name, f"periods: {{months: 1}}\nlimits: {{partner_share: [{rule}]}}\n" + SITES_AB
         + "contracts:\n" + contract("g", "on-demand")
         + contract("h", "on-demand", "q/b", price="3 USD/chip-hour") + serve(),
         744 * (300 * 2 + 200 * 3))

# R6: power, chip d (2 kW) at q: 1 kW * a = 2 kW * b, so a = 1000/3 and b = 500/3.
case("share_power", "periods: {months: 1}\nlimits: {partner_share: [{of: power, max: 50%}]}\n"
     + SITES_AB + "contracts:\n" + contract("g", "on-demand")
     + contract("h", "on-demand", "q/b", price="3 USD/chip-hour", chips="d") + serve(),
     744 * (1000 / 3 * 2 + 500 / 3 * 3))

# R6: p alone: 40% of 500 kW are over, 10 USD a kWh; cheaper than 18 USD a chip-hour.
case("share_over", "periods: {months: 1}\n"
     "limits: {partner_share: [{of: power, max: 60%, from: 2026-01, to: 2026-01}]}\n" + SITE_A
     + "contracts:\n" + contract("g", "on-demand") + serve(unserved="5 USD/Mtok"),
     744 * (500 * 2 + 200 * 10))

# R7, discount 10%: two of four months in the horizon, 1416 of 2880 hours. 50% of 4M * 1416/2880
# are due, 100 chips are used, the rest is paid in February.
case("commit_life", "discount: 10%\nperiods: {months: 2}\n" + SITE_A + "contracts:\n"
     + contract("g", "committed", more="capacity: 1000 chips, end: 2026-04, commit: 4M USD, "
                                       "take_or_pay: 50%")
     + serve("8.64B tokens/day"),
     200 * (744 * 1.1 ** (-0.5 / 12) + 672 * 1.1 ** (-1.5 / 12))
     + (0.5 * 4e6 * 1416 / 2880 - 200 * 1416) * 1.1 ** (-1.5 / 12))

# R7: 100M are promised, but 1000 chips * 1416 h * 2 USD is all that is offered.
case("commit_offered", "periods: {months: 2}\n" + SITE_A + "contracts:\n"
     + contract("g", "committed", more="capacity: 1000 chips, end: 2026-04, commit: 100M USD")
     + serve("8.64B tokens/day"), 2 * 1000 * 1416)

# R7 by year: life July 2025 to June 2027 (17520 h). First contract-year: 4344 h in the horizon,
# nothing used; second: 4416 h, 900 chips used, more than due.
case("commit_year", "periods: {months: 12}\n" + SITE_A + "contracts:\n"
     + contract("g", "committed", more="capacity: 1000 chips, start: 2025-07, end: 2027-06, "
                                       "commit: 20M USD, commit_per: year")
     + serve("{2026-07: 77.76B tokens/day}"), 20e6 * 4344 / 17520 + 900 * 2 * 4416)

# R8: 80% of 500 chips must be there without p and without q: 400 each.
case("survive_loss", "periods: {months: 1}\n"
     "limits: {survive_loss_of: any, critical_share: 80%}\n" + SITES_AB + "contracts:\n"
     + contract("g", "on-demand") + contract("h", "on-demand", "q/b", price="3 USD/chip-hour")
     + serve(more=", critical: true"), 744 * (400 * 2 + 400 * 3))

# R8: without p nothing is left: 400 chips for 100 USD a chip-hour.
case("survive_loss_short", "periods: {months: 1}\n"
     "limits: {survive_loss_of: [p], critical_share: 80%}\n" + SITE_A + "contracts:\n"
     + contract("g", "on-demand") + serve(more=", critical: true"), 744 * (500 * 2 + 400 * 100))

# R9: 744 k USD to pay, 500 k there.
case("cash_gap", "periods: {months: 1}\nfinance: {cash: 0.5M USD}\n" + SITE_A + "contracts:\n"
     + contract("g", "on-demand") + serve(), 744000 + 10 * 244000)

# R9: certain equity of 2M in January: no fee, 12% a year for two months.
case("equity_certain", "periods: {months: 2}\nfinance: {funding: {r: {kind: equity, "
     "when: 2026-01, amount: 2M USD, fee: 4%, cost: 12%/year}}}\n" + SITE_A + "contracts:\n"
     + contract("g", "on-demand") + serve(), 1000 * 1416 + 2e6 * 0.01 * 2)

# R9: raised as it is needed: 744 k / 0.96 in January, 672 k / 0.96 in February.
case("equity_chosen", "periods: {months: 2}\nfinance: {funding: {r: {kind: equity, "
     "max: 20M USD, fee: 4%, cost: 12%/year}}}\n" + SITE_A + "contracts:\n"
     + contract("g", "on-demand") + serve(),
     1000 * 1416 + 0.04 * 1416000 / 0.96 + 0.01 * (744000 * 2 + 672000) / 0.96)

# R9: debt of d = 744 k + 1% of d, repaid in February out of the revenue.
case("debt", "periods: {months: 2}\nfinance: {revenue: {2026-02: 2M USD/month}, "
     "funding: {r: {kind: debt, max: 20M USD, interest: 12%, term: 1 months}}}\n" + SITE_A
     + "contracts:\n" + contract("g", "on-demand") + serve(),
     1000 * 1416 + 0.01 * 744000 / 0.99)

# R9: the floor holds in February only, costs are 100 k a month: 1.6M - 744 k - 672 k - 200 k.
case("cash_floor", "periods: {months: 2}\nlimits: {cash_floor: {2026-02: 0.1M USD}}\n"
     "finance: {cash: 1.6M USD, costs: 100k USD/month}\n" + SITE_A + "contracts:\n"
     + contract("g", "on-demand") + serve(),
     1416000 + 10 * (100e3 - (1600e3 - 1416e3 - 200e3)))

# R10: before anything is signed at p, all 200 chips of q for 10 USD must be taken. The option
# can be signed in January only.
case("rofr", "periods: {months: 1}\n" + SITES_AB + "contracts:\n"
     + contract("g", "option", more="capacity: 1000 chips, rofr: {holder: q, until: 2026-02}")
     + contract("h", "committed", "q/b", "capacity: 200 chips", "10 USD/chip-hour") + serve(),
     744 * (200 * 10 + 300 * 2))

# R10: on demand at p is under the right until February: in January q's 200 chips and 300 of p.
case("rofr_on_demand", "periods: {months: 2}\n" + SITES_AB + "contracts:\n"
     + contract("g", "on-demand", more="capacity: 1000 chips, rofr: {holder: q, until: 2026-02}")
     + contract("h", "on-demand", "q/b", "capacity: 200 chips", "10 USD/chip-hour") + serve(),
     744 * (200 * 10 + 300 * 2) + 672 * 500 * 2)

# R11: 0.5 MW begun in January are there in March (lead 1 month + slip 1), paid at once in the
# first of them; 118 + 1 of 120 months lie behind. Chips: ordered in January or February.
case("expand", "periods: {months: 3}\nsites: {own/a: {pue: 1, availability: 100%, draw: 100%, "
     "energy: 100 USD/MWh, slip: 1 months, expand: {to: 2026-01, lead: 1 months, max: 1 GW, "
     "capex: 1M USD/MW, life: 10 years}}}\ncontracts:\n"
     "  g: {kind: own, pools: {own/a: [c]}, capex: 10k USD/chip, life: 25 months}\n" + serve(),
     500 * 360 * (744 + 672) + 0.5e6 * (1 - 119 / 120) + 5e6 * (1 - 24 / 25)
     + 0.5 * 744 * 100)

# R12: 100 chips in January, at most 100 a month more.
case("chip_supply", "periods: {months: 2}\n"
     "limits: {chip_supply: {c: {2026-02: 300 chips/quarter}}}\n" + SITE_A + "contracts:\n"
     + contract("g", "on-demand", more="capacity: {2026-01: 100 chips, 2026-02: 1000 chips}")
     + RISING, 100 * 2 * 744 + 672 * (200 * 2 + 800 * 18))

# R13: 50% draw: grid for 0.2 MW carries 400 chips in January; from February gas is cheaper, with
# 50 + 0.5 * 50 = 75 USD/MWh against 100 + 0.4 * 50 = 120 (carbon 50 USD/t, grid at the site's
# 400 g/kWh).
case("energy_kinds", "periods: {months: 2}\nlimits: {carbon: {price: 50 USD/t}}\n"
     "sites: {own/a: {pue: 1, availability: 100%, draw: 50%, power: 1 MW, carbon: 400 g/kWh, "
     "energy: {grid: {price: 100 USD/MWh, max: 0.2 MW}, "
     "gas: {price: 50 USD/MWh, carbon: 500 g/kWh, from: 2026-02}}}}\ncontracts:\n"
     "  g: {kind: own, pools: {own/a: [c]}, life: 25 months}\n" + serve(unserved="5 USD/Mtok"),
     744 * (100 * 18 + 0.2 * 120) + 672 * 0.25 * 75)

# Carbon cap 1.2 kt a year = 100 t in January; 500 kW * 80% * 744 h * 400 g/kWh are 119.04 t. One
# chip-hour less would save 0.32 kg * 10 USD + 2 USD, less than the 18 USD it serves.
case("carbon_cap", "periods: {months: 1}\nlimits: {carbon: {cap: 1.2 kt/year}}\n"
     "sites: {p/a: {pue: 1, availability: 100%, carbon: 400 g/kWh}}\ncontracts:\n"
     + contract("g", "on-demand") + serve(unserved="5 USD/Mtok"),
     744000 + 10000 * 19.04)

# Penalties: 20 USD/chip-hour by the better chip d (2000 tokens/s): 10 USD for each chip-hour of c
# missing. 100 chips d do the work of 200 c.
case("default_unserved", "periods: {months: 1}\n" + SITE_A + "contracts:\n"
     + contract("g", "committed", more="capacity: 100 chips", chips="c, d")
     + "workloads:\n  w: {kind: serve, model: gpt-oss-120b, demand: 86.4B tokens/day, "
       "throughput: {c: 1000 tokens/s, d: 2000 tokens/s}}\n", 744 * (100 * 2 + 800 * 10))

# Override: a date map over a scalar keeps it up to its first date.
case("override_date_map", "periods: {months: 2}\n" + SITE_A + "contracts:\n"
     + contract("g", "committed") + serve(unserved="5 USD/Mtok")
     + "overrides: {lost: {contracts.g.capacity: {2026-02: 0 chips}}}\n",
     500 * 2 * 744 + 500 * 18 * 672, ["lost"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--out", metavar="DIR")
    options = parser.parse_args()
    if options.list:
        print("\n".join(name for name, *_ in CASES))
        return 0
    if options.out:
        os.makedirs(options.out, exist_ok=True)
        with open(os.path.join(options.out, "expected.tsv"), "w", encoding="utf-8") as table:
            for name, text, expected, overrides in CASES:
                table.write(f"{name}\t{','.join(overrides)}\t{expected:.9f}\n")
                path = os.path.join(options.out, name + ".yaml")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
        return 0
    failed = 0
    for name, text, expected, overrides in CASES:
        model = plan_reference.build(plan_reference.load_text(text), overrides)
        found = plan_reference.run(model).get("objective_usd", float("nan"))
        good = abs(found - expected) <= 1e-6 * max(abs(expected), 1e6)
        failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {name:28} {found:20.4f} {expected:20.4f}")
    print(f"{len(CASES) - failed} of {len(CASES)} cases as computed by hand")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
