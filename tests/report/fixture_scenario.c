/* fixture_scenario.c - the nouns of the made-up plan */
#include "report/fixture_plan.h"

#include <stdio.h>
#include <string.h>

enum { START = 2025 * 12 + 10, END = 2033 * 12 };

struct place {
    const char *name;
    int32_t partner;
    double power_mw;
    double carbon;
    bool is_new;
};

static const char *const partner_names[] = { "azure", "aws", "oracle", "coreweave", "gcp", "nscale",
    "g42", "own" };
static const char *const partner_labels[] = { "Microsoft Azure", "Amazon Web Services",
    "Oracle Cloud", "CoreWeave", "Google Cloud", "Nscale", "G42", "own" };

static const struct place places[] = { { "azure/fairwater-wi", 0, 2200, 420, true },
    { "azure/eastus2", 0, 1200, 340, false }, { "azure/swedencentral", 0, 1300, 25, false },
    { "azure/southeastasia", 0, 600, 470, false }, { "aws/us-east-1", 1, 900, 320, false },
    { "aws/us-east-2", 1, 600, 410, false }, { "aws/ap-northeast-1", 1, 250, 460, false },
    { "oracle/abilene-tx", 2, 1800, 389, true }, { "oracle/shackelford-tx", 2, 1400, 389, true },
    { "oracle/dona-ana-nm", 2, 1900, 380, true }, { "coreweave/plano-tx", 3, 330, 389, false },
    { "coreweave/falun-se", 3, 110, 25, false }, { "gcp/us-central1", 4, 500, 390, false },
    { "gcp/europe-north1", 4, 200, 60, false }, { "nscale/narvik-no", 5, 520, 30, true },
    { "g42/abu-dhabi-ae", 6, 1000, 382, true }, { "own/milam-tx", 7, 1800, 300, true },
    { "own/lordstown-oh", 7, 300, 396, true }, { "own/southern-ohio", 7, 2600, 260, true } };

static const struct {
    const char *name;
    double server_w;
} chips[] = { { "h100-sxm", 1300 }, { "gb200-nvl72", 1800 }, { "gb300-nvl72", 2000 },
    { "vera-rubin-nvl144", 2700 }, { "trainium3", 1000 }, { "tpu-v7", 1100 }, { "mi450", 2300 },
    { "xpu-1", 1500 } };

struct deal {
    const char *name;
    int32_t partner;
    enum mz_contract_kind kind;
    int32_t start;
    int32_t end;
    double commit_busd;
    double take_or_pay;
    struct fixture_terms terms;
    int32_t pool_count;
    struct mz_pool pools[4];
};

#define M(year, month) ((year)*12 + (month)-1)

static const struct deal deals[] = {
    { "azure-existing", 0, MZ_CONTRACT_COMMITTED, START, M(2030, 1), 35, 0.9,
        { 520e3, 1, 2.1, 0, true }, 3, { { 1, 0 }, { 2, 0 }, { 3, 0 } } },
    { "azure-250b", 0, MZ_CONTRACT_COMMITTED, M(2026, 1), M(2034, 1), 250, 0.7,
        { 950e3, 50, 4.3, 0, true }, 4, { { 0, 3 }, { 2, 3 }, { 1, 3 }, { 3, 2 } } },
    { "azure-more", 0, MZ_CONTRACT_OPTION, M(2027, 6), M(2032, 6), 0, 1, { 0, 1, 4.7, 0, false }, 2,
        { { 0, 3 }, { 2, 3 } } },
    { "aws-38b", 1, MZ_CONTRACT_COMMITTED, START, M(2032, 11), 38, 0.8, { 210e3, 14, 2.8, 0, true },
        3, { { 4, 1 }, { 5, 2 }, { 6, 2 } } },
    { "aws-more", 1, MZ_CONTRACT_OPTION, M(2027, 1), M(2035, 1), 0, 1,
        { 700e3, 20, 1.25, 0, false }, 2, { { 4, 4 }, { 5, 4 } } },
    { "oracle-abilene", 2, MZ_CONTRACT_COMMITTED, START, M(2032, 1), 45, 0.8,
        { 400e3, 15, 3.1, 0, true }, 1, { { 7, 2 } } },
    { "oracle-300b", 2, MZ_CONTRACT_COMMITTED, M(2027, 1), M(2033, 1), 300, 0.6,
        { 1020e3, 37, 4.6, 0, true }, 3, { { 8, 3 }, { 9, 3 }, { 7, 3 } } },
    { "oracle-more", 2, MZ_CONTRACT_OPTION, M(2028, 1), M(2033, 1), 0, 1,
        { 120e3, 12, 4.5, 0, false }, 2, { { 7, 3 }, { 9, 3 } } },
    { "coreweave-22b", 3, MZ_CONTRACT_COMMITTED, START, M(2030, 11), 22.4, 0.95,
        { 160e3, 13, 3.0, 0, true }, 2, { { 10, 2 }, { 11, 2 } } },
    { "gcp-tpu", 4, MZ_CONTRACT_OPTION, M(2026, 9), M(2031, 9), 9, 0.9, { 120e3, 1, 1.9, 0, false },
        2, { { 12, 5 }, { 13, 5 } } },
    { "gcp-flex", 4, MZ_CONTRACT_ON_DEMAND, M(2026, 1), MZ_MONTH_NEVER, 0, 1,
        { 0, 1, 6.0, 0, false }, 1, { { 12, 1 } } },
    { "nscale-norway", 5, MZ_CONTRACT_COMMITTED, M(2026, 6), M(2033, 1), 15, 0.8,
        { 100e3, 7, 2.95, 0, true }, 1, { { 14, 2 } } },
    { "g42-uae", 6, MZ_CONTRACT_OPTION, M(2027, 3), M(2033, 1), 0, 1, { 250e3, 22, 4.2, 0, false },
        1, { { 15, 3 } } },
    { "own-amd", 7, MZ_CONTRACT_OWN, M(2027, 3), M(2033, 1), 0, 1, { 520e3, 40, 0.25, 52e3, false },
        2, { { 16, 6 }, { 17, 6 } } },
    { "own-broadcom", 7, MZ_CONTRACT_OWN, M(2028, 9), M(2033, 1), 0, 1,
        { 900e3, 44, 0.2, 31e3, false }, 2, { { 18, 7 }, { 16, 7 } } },
};

static const struct {
    const char *name;
    enum mz_workload_kind kind;
    bool critical;
    int32_t from;
    int32_t end;
} works[] = { { "chat", MZ_WORKLOAD_SERVE, true, START, END },
    { "api", MZ_WORKLOAD_SERVE, false, START, END },
    { "video", MZ_WORKLOAD_SERVE, false, START, END },
    { "devices", MZ_WORKLOAD_SERVE, false, M(2027, 1), END },
    { "science", MZ_WORKLOAD_BATCH, false, START, END },
    { "frontier-2026", MZ_WORKLOAD_TRAIN, false, M(2026, 3), M(2026, 11) },
    { "frontier-2028", MZ_WORKLOAD_TRAIN, false, M(2028, 1), M(2028, 10) } };

#define COUNT(array) ((int32_t)(sizeof(array) / sizeof((array)[0])))

static const char file_name[] = "examples/openai-2025.yaml";

static struct mz_mark mark_at(int32_t line)
{
    return (struct mz_mark){ file_name, line, 3, 0 };
}

const struct fixture_terms *fixture_terms_of(int32_t contract)
{
    return &deals[contract].terms;
}

static void fill_periods(struct mz_arena *arena, struct mz_scenario *scenario)
{
    struct mz_period *periods = mz_arena_alloc(arena, 29, sizeof(*periods));
    int32_t month = START;

    for (int32_t t = 0; t < 29; t++) {
        int32_t length = t < 14 ? 1 : t < 26 ? 3 : 12;

        periods[t] = mz_period_make(month, month + length);
        month += length;
    }
    scenario->start_month = START;
    scenario->period_count = 29;
    scenario->periods = periods;
}

static void fill_places(struct mz_arena *arena, struct mz_scenario *scenario)
{
    struct mz_partner *partners = mz_arena_alloc(arena, 8, sizeof(*partners));
    struct mz_site *sites = mz_arena_alloc(arena, COUNT(places), sizeof(*sites));
    struct mz_chip *types = mz_arena_alloc(arena, COUNT(chips), sizeof(*types));

    for (int32_t p = 0; p < 8; p++)
        partners[p] = (struct mz_partner){ .name = partner_names[p],
            .label = partner_labels[p],
            .is_own = p == 7,
            .mark = mark_at(36 + p) };
    for (int32_t s = 0; s < COUNT(places); s++)
        sites[s] = (struct mz_site){ .name = places[s].name,
            .partner = places[s].partner,
            .is_new = places[s].is_new,
            .region = -1,
            .pue = 1.2,
            .availability = 0.95,
            .draw = 0.8,
            .chip = -1,
            .mark = mark_at(50 + s) };
    for (int32_t c = 0; c < COUNT(chips); c++)
        types[c] = (struct mz_chip){ .name = chips[c].name, .server_w = chips[c].server_w };
    scenario->partner_count = 8;
    scenario->partners = partners;
    scenario->site_count = COUNT(places);
    scenario->sites = sites;
    scenario->chip_count = COUNT(chips);
    scenario->chips = types;
}

static void fill_needs(struct mz_arena *arena, struct mz_scenario *scenario)
{
    struct mz_contract *contracts = mz_arena_alloc(arena, COUNT(deals), sizeof(*contracts));
    struct mz_workload *workloads = mz_arena_alloc(arena, COUNT(works), sizeof(*workloads));

    for (int32_t g = 0; g < COUNT(deals); g++)
        contracts[g] = (struct mz_contract){ .name = deals[g].name,
            .partner = deals[g].partner,
            .kind = deals[g].kind,
            .pool_count = deals[g].pool_count,
            .pools = deals[g].pools,
            .start_month = deals[g].start,
            .end_month = deals[g].end,
            .commit_usd = deals[g].commit_busd * 1e9,
            .take_or_pay = deals[g].take_or_pay,
            .mark = mark_at(90 + 9 * g) };
    for (int32_t w = 0; w < COUNT(works); w++)
        workloads[w] = (struct mz_workload){ .name = works[w].name,
            .kind = works[w].kind,
            .critical = works[w].critical,
            .window_from_month = works[w].from,
            .window_end_month = works[w].end };
    scenario->contract_count = COUNT(deals);
    scenario->contracts = contracts;
    scenario->workload_count = COUNT(works);
    scenario->workloads = workloads;
}

static void fill_limits(struct mz_arena *arena, struct mz_scenario *scenario)
{
    struct mz_share_limit *shares = mz_arena_alloc(arena, 1, sizeof(*shares));
    struct mz_assumption *assumptions = mz_arena_alloc(arena, 36, sizeof(*assumptions));

    shares[0] = (struct mz_share_limit){ MZ_SHARE_POWER, 0.48, -1, M(2027, 1), MZ_MONTH_NEVER,
        mark_at(12) };
    scenario->limits.share_count = 1;
    scenario->limits.shares = shares;
    scenario->limits.critical_share = 0.8;
    scenario->finance.present = true;
    for (int32_t i = 0; i < 36; i++)
        assumptions[i] = (struct mz_assumption){ .key = mz_arena_printf(arena, "sites.%s.%s",
                                                     places[i % COUNT(places)].name,
                                                     i < COUNT(places) ? "availability" : "draw"),
            .value = i < COUNT(places) ? "95%" : "80%",
            .source = i % 3 == 0 ? "sites.csv, operator's report 2025" : "default",
            .verified = i % 3 == 0,
            .mark = mark_at(50 + i % COUNT(places)) };
    scenario->assumption_count = 36;
    scenario->assumptions = assumptions;
}

void fixture_scenario_fill(struct mz_arena *arena, struct mz_scenario *scenario)
{
    *scenario = (struct mz_scenario){ .name = "openai-2025", .file = file_name };
    fill_periods(arena, scenario);
    fill_places(arena, scenario);
    fill_needs(arena, scenario);
    fill_limits(arena, scenario);
}
