/* scenario.c - names and small questions about the nouns */
#include "domain/scenario.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

const char *mz_contract_kind_name(enum mz_contract_kind kind)
{
    switch (kind) {
    case MZ_CONTRACT_COMMITTED: return "committed";
    case MZ_CONTRACT_OPTION: return "option";
    case MZ_CONTRACT_ON_DEMAND: return "on-demand";
    case MZ_CONTRACT_OWN: return "own";
    }
    return "invalid";
}

const char *mz_workload_kind_name(enum mz_workload_kind kind)
{
    switch (kind) {
    case MZ_WORKLOAD_SERVE: return "serve";
    case MZ_WORKLOAD_BATCH: return "batch";
    case MZ_WORKLOAD_TRAIN: return "train";
    }
    return "invalid";
}

const char *mz_share_measure_name(enum mz_share_measure of)
{
    switch (of) {
    case MZ_SHARE_POWER: return "power";
    case MZ_SHARE_SPEND: return "spend";
    case MZ_SHARE_CHIPS: return "chips";
    }
    return "invalid";
}

const struct mz_series *mz_chip_series_find(
    const struct mz_chip_series *list, int32_t count, int32_t chip)
{
    const struct mz_series *any = NULL;

    for (int32_t i = 0; i < count; i++) {
        if (list[i].chip == chip)
            return &list[i].series;
        if (list[i].chip < 0)
            any = &list[i].series;
    }
    return any;
}

int32_t mz_scenario_find_partner(const struct mz_scenario *scenario, const char *name)
{
    for (int32_t i = 0; i < scenario->partner_count; i++) {
        if (strcmp(scenario->partners[i].name, name) == 0)
            return i;
    }
    return -1;
}

double mz_pool_kw(const struct mz_scenario *scenario, struct mz_pool pool)
{
    return scenario->chips[pool.chip].server_w * scenario->sites[pool.site].pue / 1000;
}

double mz_contract_capacity_at(const struct mz_contract *contract, int32_t month)
{
    if (month < contract->start_month || month >= contract->end_month)
        return 0;
    if (!mz_series_stated(&contract->capacity_chips))
        return HUGE_VAL;
    return mz_series_at(&contract->capacity_chips, month);
}

double mz_contract_capacity_mean(const struct mz_contract *contract, const struct mz_period *period)
{
    double first = mz_contract_capacity_at(contract, period->month_begin);
    bool constant = true;
    double sum = 0;

    for (int32_t m = period->month_begin; m < period->month_end; m++) {
        double capacity = mz_contract_capacity_at(contract, m);

        constant = constant && capacity == first;
        sum += capacity * mz_month_hours(m);
    }
    return constant ? first : sum / period->hours;
}

bool mz_partner_has_contract(const struct mz_scenario *scenario, int32_t partner)
{
    for (int32_t i = 0; i < scenario->contract_count; i++) {
        if (scenario->contracts[i].partner == partner)
            return true;
    }
    return false;
}
