#!/usr/bin/env python3
"""Check the data files of catalogue/: form, marks, figures and the ties between files.

Usage: check_catalogue.py [FOLDER]     FOLDER is catalogue/ beside tests/ when not given.
Exit 0 when every rule holds, 1 with one sentence per broken rule.

What is checked, per file: the exact header; UTF-8, LF, RFC 4180 with quotes only where needed;
no comment, empty line, NUL or stray blank; unique keys; numbers that parse and lie in a
plausible range; dates; the mark `verified` and the words that must go with it; a licence that
SOURCES.md explains. Across files: a price names a known chip, parameter counts follow from the
shape of a model, prices that are known well have not moved, every column is in the glossary.
"""
import csv
import io
import math
import os
import re
import sys

MARK = "recalled, unverified"
TAIL = ["verified", "date", "source", "licence"]
LICENCES = {"Apache-2.0", "BSD-3-Clause", "CC-BY-4.0", "LicenseRef-JDF-as-is", "MIT", "MPL-2.0",
            "facts-only", "public-domain-US"}
STATUSES = {"verified-in-stored-page", "partly verified (existence)", MARK, "derived"}
PRICE_KINDS = {"on-demand", "spot", "capacity-block"}
# A row marked `partly` must say what is weak in it, with one of these words.
WEAK = (MARK, "assumed", "not stated", "wrong in the source", "only the existence")
FORBIDDEN = (r"(?:^|[\s(\"'=:])(?:/(?:home|work|tmp|root|Users|mnt|var|opt)/|file://|[A-Z]:\\)",
             "a path of one machine")
FAILURES_MAX = 40

# file -> (header, key columns, least number of rows)
FILES = {
    "chips.csv": (
        "chip vendor status bf16_tflops fp8_tflops fp4_tflops int8_tops hbm_gb hbm_gbps "
        "chip_tdp_w server_w_per_chip chips_per_server scaleup_domain scaleup_gbps_uni "
        "scaleup_lat_us nic_gbit_per_chip pcie_gbps_uni".split() + TAIL + ["note"], ["chip"], 27),
    "models.csv": (
        "model family kind layers hidden heads kv_heads head_dim ffn gated vocab tied_embed "
        "n_experts topk moe_ffn n_shared shared_ffn moe_layers dense_layers attn mla_q_rank "
        "mla_kv_rank mla_rope_dim mla_nope_dim mla_v_dim window mtp_layers context params_b_calc "
        "active_b_calc".split() + TAIL + ["note"], ["model"], 65),
    "sites.csv": (
        "partner site location lat lon grid_zone pue pue_year wue_l_per_kwh grid_g_per_kwh "
        "grid_year provider_cfe cfe_year max_mw mw_status price_zone energy_usd_per_mwh".split()
        + TAIL + ["note"], ["partner", "site"], 122),
    "prices.csv": (
        "partner product chip chips_per_instance region zone usd_per_chip_hour "
        "spot_usd_per_chip_hour kind date verified source licence note".split(),
        ["partner", "product", "chip", "chips_per_instance", "region", "zone", "kind"], 274),
    "carbon.csv": (
        "scope code name year g_per_kwh low_carbon_share_percent".split() + TAIL,
        ["scope", "code"], 253),
    "contracts.csv": (
        "id buyer provider announced kind amount_busd term_years start full_capacity_by "
        "capacity_gw chips terms status".split() + TAIL + ["note"], ["id"], 31),
    "facts.csv": ("key value unit status".split() + TAIL + ["note"], ["key"], 34),
    "kernels.csv": (
        "curve chip dtype flops_inf half_m half_n half_k wave_power bytes_per_s edge t0_s m_power "
        "sm_count operand_bytes rows error_mean error_mean_large".split() + TAIL, ["curve"], 24),
    "collectives.csv": (
        "curve chip op t0_s alpha_s bytes_per_s share_power edge rows error_mean".split() + TAIL,
        ["curve"], 28),
}
# Cells that may be empty; every other cell must hold something.
OPTIONAL = {
    "chips.csv": "bf16_tflops fp8_tflops fp4_tflops int8_tops chip_tdp_w nic_gbit_per_chip note",
    "models.csv": "kv_heads head_dim ffn n_experts topk moe_ffn n_shared shared_ffn moe_layers "
                  "dense_layers mla_q_rank mla_kv_rank mla_rope_dim mla_nope_dim mla_v_dim window "
                  "mtp_layers params_b_calc active_b_calc note",
    "sites.csv": "lat lon grid_zone pue pue_year wue_l_per_kwh grid_g_per_kwh grid_year "
                 "provider_cfe cfe_year max_mw note",
    "prices.csv": "zone usd_per_chip_hour spot_usd_per_chip_hour note",
    "carbon.csv": "low_carbon_share_percent",
    "contracts.csv": "amount_busd term_years start full_capacity_by capacity_gw chips note",
    "facts.csv": "note",
    "kernels.csv": "",
    "collectives.csv": "",
}
# file -> column -> (least, most, whole number?)
NUMBERS = {
    "chips.csv": {
        "bf16_tflops": (10, 20000, False), "fp8_tflops": (10, 60000, False),
        "fp4_tflops": (10, 120000, False), "int8_tops": (10, 60000, False),
        "hbm_gb": (8, 2048, False), "hbm_gbps": (100, 60000, False),
        "chip_tdp_w": (30, 5000, False), "server_w_per_chip": (50, 8000, False),
        "chips_per_server": (1, 64, True), "scaleup_domain": (1, 20000, True),
        "scaleup_gbps_uni": (8, 10000, False), "scaleup_lat_us": (0.1, 100, False),
        "nic_gbit_per_chip": (10, 6400, False), "pcie_gbps_uni": (8, 512, False)},
    "models.csv": {
        "layers": (1, 1000, True), "hidden": (64, 131072, True), "heads": (1, 1024, True),
        "kv_heads": (1, 1024, True), "head_dim": (16, 1024, True), "ffn": (64, 1048576, True),
        "gated": (0, 1, True), "vocab": (1000, 2000000, True), "tied_embed": (0, 1, True),
        "n_experts": (2, 4096, True), "topk": (1, 256, True), "moe_ffn": (64, 131072, True),
        "n_shared": (0, 16, True), "shared_ffn": (0, 131072, True), "moe_layers": (1, 1000, True),
        "dense_layers": (0, 1000, True), "mla_q_rank": (1, 16384, True),
        "mla_kv_rank": (1, 16384, True), "mla_rope_dim": (1, 1024, True),
        "mla_nope_dim": (1, 1024, True), "mla_v_dim": (1, 1024, True),
        "window": (1, 1048576, True), "mtp_layers": (0, 16, True),
        "context": (512, 100000000, True), "params_b_calc": (0.001, 100000, False),
        "active_b_calc": (0.001, 100000, False)},
    "sites.csv": {
        "lat": (-90, 90, False), "lon": (-180, 180, False), "pue": (1, 3, False),
        "pue_year": (2015, 2100, True), "wue_l_per_kwh": (0, 10, False),
        "grid_g_per_kwh": (0, 1500, False), "grid_year": (2015, 2100, True),
        "provider_cfe": (0, 1, False), "cfe_year": (2015, 2100, True),
        "max_mw": (1, 100000, False), "energy_usd_per_mwh": (5, 1000, False)},
    "prices.csv": {
        "chips_per_instance": (1, 1024, True), "usd_per_chip_hour": (0.05, 100, False),
        "spot_usd_per_chip_hour": (0.02, 100, False)},
    "carbon.csv": {
        "year": (2000, 2100, True), "g_per_kwh": (0, 1500, False),
        "low_carbon_share_percent": (0, 100, False)},
    "contracts.csv": {
        "amount_busd": (0, 10000, False), "term_years": (0.25, 50, False),
        "capacity_gw": (0.001, 1000, False)},
    "facts.csv": {},
    "kernels.csv": {"rows": (20, 1000000, True)},
    "collectives.csv": {"rows": (5, 1000000, True)},
}
NAME = re.compile(r"[a-z0-9][a-z0-9.+_-]*\Z")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?\Z")  # no exponent, sign or leading zero
DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?\Z")
EVENT = re.compile(r"\d{4}(-H[12]|-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?\Z")

# Prices read in more than one place: (partner, chip, region, chips per instance) -> USD, to a cent.
KNOWN_PRICES = {
    ("aws", "h100-sxm", "us-east-1", 8): 6.88, ("aws", "h100-sxm", "us-west-1", 8): 8.60,
    ("oracle", "h100-sxm", "eu-stockholm-1", 8): 10.00, ("lambda", "h100-sxm", "us-east-1", 8): 3.99,
    ("nebius", "h100-sxm", "eu-north1", 8): 2.95, ("aws", "b200-sxm", "us-east-1", 8): 14.24,
    ("nebius", "b200-sxm", "us-central1", 8): 5.50, ("lambda", "b200-sxm", "us-east-1", 8): 6.69,
    ("aws", "b300-sxm", "us-west-2", 8): 17.80,
}

failures = []


def fail(place, sentence):
    """Note one broken rule; the run goes on, so that one run shows them all."""
    failures.append("%s: %s." % (place, sentence))


def number(text):
    """The value of a plain decimal, None for an empty cell or anything else."""
    return float(text) if DECIMAL.match(text) else None


def read_table(folder, name):
    """Rows of one file as (place, dict), after the checks of form; None without a file."""
    header = FILES[name][0]
    path = os.path.join(folder, name)
    try:
        with open(path, "rb") as file:
            raw = file.read()
    except OSError as error:
        fail(name, "cannot be read: %s" % error.strerror)
        return None
    for byte, what in ((b"\0", "a NUL byte"), (b"\r", "a carriage return"), (b"\t", "a tab"),
                       (b"\xef\xbb\xbf", "a byte order mark")):
        if byte in raw:
            fail(name, "holds %s" % what)
            return []
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        fail(name, "is not UTF-8 at byte %d" % error.start)
        return []
    if not text.endswith("\n"):
        fail(name, "does not end with a line end")
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        fail(name, "is not RFC 4180: %s" % error)
        return []
    again = io.StringIO(newline="")
    csv.writer(again, lineterminator="\n").writerows(table)
    if again.getvalue() != text:
        fail(name, "is not written in the one canonical way (quotes only where needed, no blank line)")
    if not table or table[0] != header:
        fail(name, "has not the header %s" % ",".join(header))
        return []
    rows = []
    for index, cells in enumerate(table[1:], 2):
        place = "%s row %d" % (name, index)
        if len(cells) != len(header):
            fail(place, "has %d fields instead of %d" % (len(cells), len(header)))
            continue
        if cells[0].startswith("#"):
            fail(place, "is a comment")
        for column, cell in zip(header, cells):
            if cell != cell.strip() or "  " in cell or "\n" in cell:
                fail(place, "column %s has a stray blank or line end" % column)
        rows.append(("%s (%s)" % (place, "/".join(cells[:2])), dict(zip(header, cells))))
    return rows


def check_common(name, rows, sources_text):
    """Rules that hold for the rows of every file."""
    header, key_columns, count_min = FILES[name]
    optional = set(OPTIONAL[name].split())
    if len(rows) < count_min:
        fail(name, "has %d rows, but had %d before" % (len(rows), count_min))
    keys = {}
    for place, row in rows:
        key = tuple(row[column].lower() for column in key_columns)
        if key in keys:
            fail(place, "has the same key as %s" % keys[key])
        keys[key] = place
        for column in header:
            if not row[column] and column not in optional:
                fail(place, "column %s is empty" % column)
            if re.search(FORBIDDEN[0], row[column]):
                fail(place, "column %s holds %s" % (column, FORBIDDEN[1]))
        for column, (least, most, whole) in NUMBERS[name].items():
            if not row[column]:
                continue
            value = number(row[column])
            if value is None:
                fail(place, "column %s is no plain number: '%s'" % (column, row[column]))
            elif not least <= value <= most:
                fail(place, "column %s is outside %g to %g: %s" % (column, least, most, row[column]))
            elif whole and value != int(value):
                fail(place, "column %s is no whole number: %s" % (column, row[column]))
        check_marks(place, row, sources_text)


def check_marks(place, row, sources_text):
    """verified, date, source and licence of one row, and that they agree with its words."""
    words = " | ".join(row.get(column, "") for column in ("source", "note", "status", "mw_status"))
    verified = row["verified"]
    if verified == "read":
        # Only plain words count: "recalled" anywhere means that a figure was not read.
        if "recalled" in words or "assumed to" in words or "year assumed" in words:
            fail(place, "is marked read although its words say that something was recalled or assumed")
    elif verified == "partly":
        said = row.get("note", "") or row["source"]
        if not any(word in said for word in WEAK):
            fail(place, "is marked partly, but does not say which figure is weak")
    elif verified == "unverified":
        if MARK not in words:
            fail(place, "is marked unverified without the words '%s'" % MARK)
    else:
        fail(place, "verified is '%s', not read, partly or unverified" % verified)
    if row.get("status") == MARK and verified != "unverified":
        fail(place, "has the status '%s' but is marked %s" % (MARK, verified))
    if re.search(r"recalled(?!, unverified)", row.get("note", "")):
        fail(place, "the note says recalled without ', unverified' after it")
    if row["date"] != "undated" and not DATE.match(row["date"]):
        fail(place, "date is neither YYYY-MM, YYYY-MM-DD nor undated: '%s'" % row["date"])
    if re.match(r"(the )?same\b|see |-|\?|n/?a\Z|unknown\Z", row["source"], re.I):
        fail(place, "names no source of its own: '%s'" % row["source"])
    for licence in row["licence"].split(" AND "):
        if licence not in LICENCES:
            fail(place, "the licence '%s' is not among those the project takes" % licence)
        elif "`%s`" % licence not in sources_text and sources_text:
            fail(place, "the licence '%s' is not explained in SOURCES.md" % licence)


def check_pair(place, row, first, second):
    if bool(row[first]) != bool(row[second]):
        fail(place, "%s and %s must both be given or both be empty" % (first, second))


def check_chips(rows):
    for place, row in rows:
        if not NAME.match(row["chip"]):
            fail(place, "the name of a chip is lower case without blanks")
        value = {column: number(row[column]) for column in NUMBERS["chips.csv"]}
        if not value["bf16_tflops"] and not value["fp8_tflops"]:
            fail(place, "has neither bf16 nor fp8 throughput")
        for slow, fast in (("bf16_tflops", "fp8_tflops"), ("fp8_tflops", "fp4_tflops")):
            if value[slow] and value[fast] and value[slow] > value[fast]:
                fail(place, "%s is above %s" % (slow, fast))
        if value["chip_tdp_w"] and value["server_w_per_chip"] \
                and value["server_w_per_chip"] <= value["chip_tdp_w"]:
            fail(place, "a server needs more power per chip than the chip alone")
        if value["chips_per_server"] and value["scaleup_domain"]:
            small = min(value["chips_per_server"], value["scaleup_domain"])
            if max(value["chips_per_server"], value["scaleup_domain"]) % small:
                fail(place, "scale-up domain and server do not divide each other")


def params_billion(row):
    """Parameters in all and per token, in 1e9, from the shape; norms and biases left out."""
    value = {column: number(row[column]) or 0.0 for column in NUMBERS["models.csv"]}
    hidden, heads = value["hidden"], value["heads"]
    matrices = 3 if value["gated"] else 2
    if row["attn"] == "mla":
        attention = (hidden * value["mla_q_rank"]
                     + value["mla_q_rank"] * heads * (value["mla_nope_dim"] + value["mla_rope_dim"])
                     + hidden * (value["mla_kv_rank"] + value["mla_rope_dim"])
                     + value["mla_kv_rank"] * heads * (value["mla_nope_dim"] + value["mla_v_dim"])
                     + heads * value["mla_v_dim"] * hidden)
    else:
        attention = 2 * hidden * value["head_dim"] * (heads + value["kv_heads"])
    dense = matrices * hidden * value["ffn"]
    embed = value["vocab"] * hidden * (1 if value["tied_embed"] else 2)
    if row["kind"] == "dense":
        total = value["layers"] * (attention + dense) + embed
        return total / 1e9, total / 1e9
    expert = matrices * hidden * value["moe_ffn"]
    fixed = matrices * hidden * value["shared_ffn"] + value["n_experts"] * hidden
    common = value["layers"] * attention + value["dense_layers"] * dense \
        + value["moe_layers"] * fixed + embed
    return ((common + value["moe_layers"] * value["n_experts"] * expert) / 1e9,
            (common + value["moe_layers"] * value["topk"] * expert) / 1e9)


def check_models(rows):
    moe_columns = "n_experts topk moe_ffn n_shared shared_ffn".split()
    mla_columns = "mla_q_rank mla_kv_rank mla_rope_dim mla_nope_dim mla_v_dim".split()
    for place, row in rows:
        hybrid = row["attn"].startswith("hybrid")
        if not NAME.match(row["model"]):
            fail(place, "the name of a model is lower case without blanks")
        if row["kind"] not in ("dense", "moe"):
            fail(place, "kind is '%s', not dense or moe" % row["kind"])
        if row["attn"] not in ("mha", "gqa", "mla", "gqa_alternating_window") and not hybrid:
            fail(place, "attn is '%s', which the size model does not know" % row["attn"])
        for column in moe_columns:
            if bool(row[column]) != (row["kind"] == "moe"):
                fail(place, "%s belongs to moe models and to each of them" % column)
        for column in mla_columns:
            if bool(row[column]) != (row["attn"] == "mla"):
                fail(place, "%s belongs to mla attention and to each such model" % column)
        for column in ("kv_heads", "head_dim"):
            if bool(row[column]) == (row["attn"] == "mla"):
                fail(place, "%s is empty for mla attention and given for any other" % column)
        if row["kv_heads"] and (number(row["heads"]) or 1) % (number(row["kv_heads"]) or 1):
            fail(place, "heads is no multiple of kv_heads")
        if row["attn"] == "mha" and row["kv_heads"] != row["heads"]:
            fail(place, "mha attention has as many kv_heads as heads")
        if row["attn"] == "gqa" and row["kv_heads"] == row["heads"]:
            fail(place, "gqa attention has fewer kv_heads than heads")
        if row["topk"] and (number(row["topk"]) or 0) > (number(row["n_experts"]) or 0):
            fail(place, "topk is above n_experts")
        if row["kind"] == "moe" and not hybrid and \
                (number(row["moe_layers"]) or 0) + (number(row["dense_layers"]) or 0) \
                != number(row["layers"]):
            fail(place, "moe_layers and dense_layers do not sum to layers")
        check_pair(place, row, "params_b_calc", "active_b_calc")
        if bool(row["params_b_calc"]) == hybrid:
            fail(place, "parameter counts are empty for hybrid models and given for any other")
        if row["params_b_calc"] and not hybrid:
            for column, wanted in zip(("params_b_calc", "active_b_calc"), params_billion(row)):
                given = number(row[column])
                if given is not None and abs(given - wanted) > 0.01 + 0.002 * wanted:
                    fail(place, "%s is %s, but the shape gives %.2f" % (column, row[column], wanted))


def check_sites(rows):
    for place, row in rows:
        for column in ("partner", "site"):
            if not NAME.match(row[column]):
                fail(place, "the name of a %s is lower case without blanks" % column)
        for first, second in (("lat", "lon"), ("pue", "pue_year"), ("grid_g_per_kwh", "grid_year"),
                              ("provider_cfe", "cfe_year")):
            check_pair(place, row, first, second)
        if row["max_mw"] and row["mw_status"] == "not published":
            fail(place, "gives max_mw and calls it not published")
        # A price is either read in a named table or marked as recalled: never silent.
        if ("energy price: " in row["source"]) == ("energy price " + MARK in row["note"]):
            fail(place, "energy price needs either its table in source or '%s' in note" % MARK)
        if MARK in row["mw_status"] and row["max_mw"] and "max_mw " + MARK not in row["note"]:
            fail(place, "max_mw is recalled, but the note does not say so")


def check_prices(rows, chip_names):
    order = []
    firm = {}
    for place, row in rows:
        if row["chip"] not in chip_names:
            fail(place, "the chip '%s' is not in chips.csv" % row["chip"])
        for column in ("partner", "region"):
            if not NAME.match(row[column]):
                fail(place, "%s is lower case without blanks" % column)
        kind, usd, spot = row["kind"], row["usd_per_chip_hour"], row["spot_usd_per_chip_hour"]
        if kind not in PRICE_KINDS:
            fail(place, "kind is '%s', not one of %s" % (kind, ", ".join(sorted(PRICE_KINDS))))
        if bool(usd) == (kind == "spot"):
            fail(place, "usd_per_chip_hour is empty for kind spot and given for any other")
        if kind == "spot" and not spot or kind == "capacity-block" and spot:
            fail(place, "spot_usd_per_chip_hour does not fit the kind '%s'" % kind)
        for text in (usd, spot):
            if len(text.replace(".", "").lstrip("0")) > 6:
                fail(place, "a price has more than six digits: %s" % text)
        if row["zone"] != " ".join(sorted(set(row["zone"].split()))):
            fail(place, "zones are not sorted and unique")
        order.append((row["partner"], row["chip"], row["product"],
                      int(number(row["chips_per_instance"]) or 0), row["region"], kind, row["zone"]))
        if kind == "on-demand" and number(usd) is not None:
            firm.setdefault((order[-1][0], order[-1][1], order[-1][4], order[-1][3]),
                            set()).add(round(number(usd) * 100))
    for before, after in zip(order, order[1:]):
        if before > after:
            fail("prices.csv", "is not sorted at %s" % "/".join(str(part) for part in after))
            break
    for key, usd in KNOWN_PRICES.items():
        if round(usd * 100) not in firm.get(key, set()):
            fail("prices.csv", "the known price of %g USD is missing for %s with %d chips"
                 % (usd, "/".join(key[:3]), key[3]))


def check_carbon(rows):
    for place, row in rows:
        pattern = {"country": r"[A-Z]{3}\Z", "cloud_region": r"[a-z]+:[a-z0-9-]+\Z"}.get(row["scope"])
        if pattern is None:
            fail(place, "scope is '%s', not country or cloud_region" % row["scope"])
        elif not re.match(pattern, row["code"]):
            fail(place, "the code '%s' does not fit its scope" % row["code"])


def check_contracts(rows):
    for place, row in rows:
        if not NAME.match(row["id"]):
            fail(place, "an id is lower case without blanks")
        if row["status"] not in STATUSES - {"derived"}:
            fail(place, "status is '%s'" % row["status"])
        for column in ("announced", "start", "full_capacity_by"):
            if row[column] and not EVENT.match(row[column]):
                fail(place, "%s is no year, half-year, month or day: '%s'" % (column, row[column]))
        if row["start"] and row["full_capacity_by"] and row["full_capacity_by"][:4] < row["start"][:4]:
            fail(place, "is complete before it starts")


def check_facts(rows):
    for place, row in rows:
        if not NAME.match(row["key"]):
            fail(place, "a key is lower case without blanks")
        if row["status"] not in STATUSES:
            fail(place, "status is '%s'" % row["status"])
        if row["status"] == "derived" and not row["source"].startswith("computed"):
            fail(place, "is derived, but its source does not say from what it is computed")
        ends = [number(part) for part in row["value"].split("-", 1)]
        if None in ends or ends != sorted(ends):
            fail(place, "value is neither a number nor a range low-high: '%s'" % row["value"])
    value = {row["key"]: number(row["value"]) for _, row in rows}
    for key, parts in (("kw_per_gb200_all_in_it", ("rack_gb200_nvl72_max_kw", 1 / 72)),
                       ("racks_per_gw", ("capex_per_gw_bernstein", 1000 / 5.9))):
        given, base = value.get(key), value.get(parts[0])
        if given and base and not math.isclose(given, base * parts[1], rel_tol=0.01):
            fail("facts.csv", "%s does not follow from %s any more" % (key, parts[0]))


def check_curves(name, rows, chips):
    """Fitted curves: every figure is a finite number, the chip is known, the error is stated."""
    words = {"curve", "chip", "dtype", "op", "verified", "date", "source", "licence"}
    for place, row in rows:
        if row["chip"] not in chips:
            fail(place, "the chip '%s' is not in chips.csv" % row["chip"])
        for column in row:
            if column in words:
                continue
            try:
                value = float(row[column])
            except ValueError:
                value = math.nan
            if not math.isfinite(value) or value < 0:
                fail(place, "column %s of %s is no number from 0 on: '%s'"
                     % (column, name, row[column]))


def main(arguments):
    here = os.path.dirname(os.path.abspath(__file__))
    folder = arguments[1] if len(arguments) > 1 \
        else os.path.join(here, os.pardir, os.pardir, "catalogue")
    try:
        with open(os.path.join(folder, "SOURCES.md"), encoding="utf-8") as file:
            sources_text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        fail("SOURCES.md", "cannot be read: %s" % error)
        sources_text = ""
    if re.search(FORBIDDEN[0], sources_text):
        fail("SOURCES.md", "holds %s" % FORBIDDEN[1])
    tables = {}
    for name in FILES:
        rows = read_table(folder, name)
        tables[name] = rows or []
        if rows is not None:
            check_common(name, rows, sources_text)
        if "`%s`" % name not in sources_text and sources_text:
            fail("SOURCES.md", "does not name %s" % name)
        for column in FILES[name][0]:
            if "`%s`" % column not in sources_text and sources_text:
                fail("SOURCES.md", "the glossary lacks the column %s of %s" % (column, name))
    if os.path.isdir(folder):
        for name in sorted(os.listdir(folder)):
            if name.endswith(".csv") and name not in FILES:
                fail(name, "is in the catalogue, but no rule checks it")
    check_chips(tables["chips.csv"])
    check_models(tables["models.csv"])
    check_sites(tables["sites.csv"])
    check_prices(tables["prices.csv"], {row["chip"] for _, row in tables["chips.csv"]})
    check_carbon(tables["carbon.csv"])
    check_contracts(tables["contracts.csv"])
    check_facts(tables["facts.csv"])
    for name in ("kernels.csv", "collectives.csv"):
        check_curves(name, tables[name], {row["chip"] for _, row in tables["chips.csv"]})
    if failures:
        for sentence in failures[:FAILURES_MAX]:
            print(sentence, file=sys.stderr)
        if len(failures) > FAILURES_MAX:
            print("%d more." % (len(failures) - FAILURES_MAX), file=sys.stderr)
        return 1
    print("catalogue: %s rows, all rules hold"
          % ", ".join("%d %s" % (len(tables[name]), name[:-4]) for name in FILES))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
