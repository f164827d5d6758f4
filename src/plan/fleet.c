/* fleet.c - what was signed, as a fleet file
 *
 * One contract of the fleet for each contract of the plan that delivers anything, with the chips
 * delivered in each period as its capacity; one site for each pool (a site with several kinds of
 * chip becomes several: "aws/us-east-1/gb200-nvl72"), with the nodes that hold those chips. Numbers
 * are written so that reading gives the same doubles; capacities are rounded to whole chips, because
 * nobody installs a part of one.
 * Format: docs/plan-model.md, "The scenario file"; the fleet keys are those of the live commands.
 */
#include "plan/plan.h"

#include <math.h>
#include <string.h>

/* Chips on one node when the catalogue does not know the chip: the usual server. */
enum { CHIPS_PER_NODE = 8 };

static int32_t chips_per_node(const struct mz_catalogue *catalogue, const char *chip)
{
    const struct mz_catalogue_table *table = mz_catalogue_find_table(catalogue, "chips");
    int32_t row = table ? mz_catalogue_find_row(table, chip) : -1;
    double value;

    if (row < 0 || !mz_catalogue_number(table, (size_t)row, "chips_per_server", &value) ||
        value < 1)
        return CHIPS_PER_NODE;
    return (int32_t)value;
}

static double whole_chips(const struct mz_plan_result *result, int32_t g, int32_t p, int32_t t)
{
    return nearbyint(result->contracts[g].pool_chips[p * result->period_count + t]);
}

static bool delivers(const struct mz_plan_result *result, int32_t g, int32_t p)
{
    for (int32_t t = 0; t < result->period_count; t++) {
        if (whole_chips(result, g, p, t) > 0)
            return true;
    }
    return false;
}

static bool contract_delivers(const struct mz_plan_result *result, int32_t g)
{
    for (int32_t p = 0; p < result->scenario->contracts[g].pool_count; p++) {
        if (delivers(result, g, p))
            return true;
    }
    return false;
}

/* Plain names stand as they are; anything else is quoted. */
static void add_name(struct mz_text *out, const char *name)
{
    bool plain = name[0] != '\0' && name[0] != '-' && name[0] != '~';

    for (const char *s = name; *s; s++)
        plain = plain &&
            ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
                strchr("-_/", *s));
    if (plain && strcmp(name, "null") != 0 && strcmp(name, "true") != 0 &&
        strcmp(name, "false") != 0) {
        mz_text_add(out, name);
        return;
    }
    mz_text_add(out, "\"");
    for (const unsigned char *s = (const unsigned char *)name; *s; s++) {
        if (*s < 0x20 || *s == 0x7F)
            mz_text_addf(out, "\\x%02x", *s);
        else if (*s == 0xC2 && s[1] >= 0x80 && s[1] < 0xA0) /* C1 controls are not YAML either */
            mz_text_addf(out, "\\x%02x", *++s);
        else if (*s == 0xE2 && s[1] == 0x80 && (s[2] == 0xA8 || s[2] == 0xA9)) {
            mz_text_add(out, s[2] == 0xA8 ? "\\L" : "\\P"); /* line ends that YAML would fold */
            s += 2;
        } else
            mz_text_addf(out, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
    }
    mz_text_add(out, "\"");
}

static void add_site_name(
    struct mz_text *out, const struct mz_scenario *scenario, struct mz_pool pool)
{
    struct mz_text name;

    mz_text_init(&name);
    mz_text_addf(&name, "%s/%s", scenario->sites[pool.site].name, scenario->chips[pool.chip].name);
    add_name(out, mz_text_string(&name));
    mz_text_finish(&name);
}

static void add_date(
    struct mz_text *out, const struct mz_plan_result *result, int32_t t, bool first)
{
    char month[MZ_MONTH_TEXT_MAX];

    mz_text_addf(out, "%s%s: ", first ? "" : ", ",
        mz_month_format(month, result->scenario->periods[t].month_begin));
}

/* {2025-11: 20000 chips, ...}: a step where the number changes */
static void add_capacity(struct mz_text *out, const struct mz_plan_result *result, int32_t g)
{
    double last = -1;

    mz_text_add(out, "{");
    for (int32_t t = 0; t < result->period_count; t++) {
        double chips = 0;

        for (int32_t p = 0; p < result->scenario->contracts[g].pool_count; p++)
            chips += whole_chips(result, g, p, t);
        if (chips == last)
            continue;
        add_date(out, result, t, last < 0);
        mz_text_addf(out, "%.0f chips", chips);
        last = chips;
    }
    mz_text_add(out, "}");
}

static void add_prices(struct mz_text *out, const struct mz_plan_result *result, int32_t g)
{
    const struct mz_scenario *scenario = result->scenario;
    const struct mz_contract *contract = &scenario->contracts[g];
    uint64_t done[MZ_CHIP_COUNT_MAX / 64] = { 0 };
    bool first_chip = true;

    mz_text_add(out, "{");
    for (int32_t p = 0; p < contract->pool_count; p++) {
        int32_t chip = contract->pools[p].chip;
        const struct mz_series *price =
            mz_chip_series_find(contract->price_usd_per_chip_hour, contract->price_count, chip);
        double last = -1;

        if (done[chip / 64] & (UINT64_C(1) << (chip % 64)))
            continue;
        done[chip / 64] |= UINT64_C(1) << (chip % 64);
        mz_text_add(out, first_chip ? "" : ", ");
        first_chip = false;
        add_name(out, scenario->chips[chip].name);
        mz_text_add(out, ": {");
        for (int32_t t = 0; t < result->period_count; t++) {
            double value = mz_series_mean(price, &scenario->periods[t]);
            char number[MZ_NUMBER_MAX];

            if (value == last)
                continue;
            add_date(out, result, t, last < 0);
            mz_text_addf(out, "%s USD/chip-hour", mz_format_exact(number, value));
            last = value;
        }
        mz_text_add(out, "}");
    }
    mz_text_add(out, "}");
}

static void add_contract(struct mz_text *out, const struct mz_plan_result *result, int32_t g)
{
    const struct mz_scenario *scenario = result->scenario;
    const struct mz_contract *contract = &scenario->contracts[g];
    char month[MZ_MONTH_TEXT_MAX];
    char number[MZ_NUMBER_MAX];
    bool first = true;

    mz_text_add(out, "  ");
    add_name(out, contract->name);
    mz_text_add(out, ":\n    partner: ");
    add_name(out, scenario->partners[contract->partner].name);
    mz_text_addf(out, "\n    kind: %s\n    pools: {",
        contract->kind == MZ_CONTRACT_OWN ? "own" : "committed");
    for (int32_t p = 0; p < contract->pool_count; p++) {
        if (!delivers(result, g, p))
            continue;
        mz_text_add(out, first ? "" : ", ");
        first = false;
        add_site_name(out, scenario, contract->pools[p]);
        mz_text_add(out, ": [");
        add_name(out, scenario->chips[contract->pools[p].chip].name);
        mz_text_add(out, "]");
    }
    mz_text_addf(
        out, "}\n    start: %s\n", mz_month_format(month, scenario->periods[0].month_begin));
    mz_text_addf(out, "    end: %s\n",
        mz_month_format(month, scenario->periods[result->period_count - 1].month_end - 1));
    mz_text_add(out, "    capacity: ");
    add_capacity(out, result, g);
    if (contract->kind == MZ_CONTRACT_OWN) {
        mz_text_addf(out,
            "\n    capex: 0 USD/chip\n    opex: %s USD/chip-hour\n    life: %d months",
            mz_format_exact(
                number, mz_series_mean(&contract->opex_usd_per_chip_hour, &scenario->periods[0])),
            (int)contract->term_months);
    } else {
        mz_text_add(out, "\n    price: ");
        add_prices(out, result, g);
        if (contract->commit_usd > 0) {
            mz_text_addf(
                out, "\n    commit: %s USD\n", mz_format_exact(number, contract->commit_usd));
            mz_text_addf(
                out, "    take_or_pay: %s%%", mz_format_exact(number, 100 * contract->take_or_pay));
        }
    }
    mz_text_add(out, "\n");
}

/* Nodes of a pool over time: enough for the chips of every contract that delivers into it. */
static void add_site(struct mz_text *out, const struct mz_plan_result *result,
    const struct mz_catalogue *catalogue, int32_t k)
{
    const struct mz_scenario *scenario = result->scenario;
    struct mz_pool pool = result->pools[k];
    const struct mz_site *site = &scenario->sites[pool.site];
    int32_t per_node = chips_per_node(catalogue, scenario->chips[pool.chip].name);
    char number[MZ_NUMBER_MAX];
    double last = -1;

    mz_text_add(out, "  ");
    add_site_name(out, scenario, pool);
    mz_text_add(out, ":\n    chip: ");
    add_name(out, scenario->chips[pool.chip].name);
    mz_text_addf(out, "\n    chips_per_node: %d\n    nodes: {", (int)per_node);
    for (int32_t t = 0; t < result->period_count; t++) {
        double chips = 0;
        double nodes;

        for (int32_t g = 0; g < result->contract_count; g++) {
            for (int32_t p = 0; p < scenario->contracts[g].pool_count; p++) {
                if (scenario->contracts[g].pools[p].site == pool.site &&
                    scenario->contracts[g].pools[p].chip == pool.chip)
                    chips += whole_chips(result, g, p, t);
            }
        }
        nodes = ceil(chips / per_node);
        if (nodes == last)
            continue;
        add_date(out, result, t, last < 0);
        mz_text_addf(out, "%.0f", nodes);
        last = nodes;
    }
    mz_text_addf(out, "}\n    pue: %s\n", mz_format_exact(number, site->pue));
    if (site->region >= 0) {
        mz_text_add(out, "    region: ");
        add_name(out, scenario->regions[site->region]);
        mz_text_add(out, "\n");
    }
    if (scenario->partners[site->partner].is_own)
        mz_text_addf(out, "    power: %s MW\n",
            mz_format_exact(number, 1e6)); /* what was built is there: no limit of its own */
}

static bool pool_delivers(const struct mz_plan_result *result, int32_t k)
{
    for (int32_t g = 0; g < result->contract_count; g++) {
        for (int32_t p = 0; p < result->scenario->contracts[g].pool_count; p++) {
            struct mz_pool pool = result->scenario->contracts[g].pools[p];

            if (pool.site == result->pools[k].site && pool.chip == result->pools[k].chip &&
                delivers(result, g, p))
                return true;
        }
    }
    return false;
}

/* Partners that stand in the file: `own` needs no entry. */
static int32_t partner_count(const struct mz_scenario *scenario)
{
    int32_t count = 0;

    for (int32_t p = 0; p < scenario->partner_count; p++)
        count += !scenario->partners[p].is_own;
    return count;
}

static bool any_delivers(const struct mz_plan_result *result)
{
    for (int32_t g = 0; g < result->contract_count; g++) {
        if (contract_delivers(result, g))
            return true;
    }
    return false;
}

void mz_plan_emit_fleet(
    const struct mz_plan_result *result, const struct mz_catalogue *catalogue, struct mz_text *out)
{
    const struct mz_scenario *scenario = result->scenario;
    char month[MZ_MONTH_TEXT_MAX];
    char number[MZ_NUMBER_MAX];

    mz_text_add(out,
        "# The signed contracts of a plan, with what each delivers, as a fleet file.\n"
        "mizan: 1\nname: ");
    add_name(out, scenario->name);
    mz_text_addf(out, "\nstart: %s\n", mz_month_format(month, scenario->start_month));
    mz_text_add(out, scenario->chip_count > 0 ? "chips:\n" : "");
    for (int32_t c = 0; c < scenario->chip_count; c++) {
        mz_text_add(out, "  ");
        add_name(out, scenario->chips[c].name);
        mz_text_addf(
            out, ": {power: %s W/chip}\n", mz_format_exact(number, scenario->chips[c].server_w));
    }
    mz_text_add(out, partner_count(scenario) > 0 ? "partners:\n" : "");
    for (int32_t p = 0; p < scenario->partner_count; p++) {
        if (scenario->partners[p].is_own)
            continue;
        mz_text_add(out, "  ");
        add_name(out, scenario->partners[p].name);
        mz_text_add(out, ": {label: ");
        add_name(out, scenario->partners[p].label);
        mz_text_add(out, "}\n");
    }
    mz_text_add(out, any_delivers(result) ? "sites:\n" : "");
    for (int32_t k = 0; k < result->pool_count; k++) {
        if (pool_delivers(result, k))
            add_site(out, result, catalogue, k);
    }
    mz_text_add(out, any_delivers(result) ? "contracts:\n" : "");
    for (int32_t g = 0; g < result->contract_count; g++) {
        if (contract_delivers(result, g))
            add_contract(out, result, g);
    }
}
