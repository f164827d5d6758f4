/* need.c - from a spec to what placing it takes */
#include "control/need.h"

#include "base/arena.h"
#include "base/text.h"

#include "place/fleet.h"

#include <stdlib.h>
#include <string.h>

static enum mz_status read_partners(const struct mz_job_spec *spec,
    const char *const *partner_names, int32_t partner_count, struct mz_need *need,
    struct mz_error *err)
{
    if (spec->partner_count == 0)
        need->partner_mask = ~UINT64_C(0);
    for (int32_t i = 0; i < spec->partner_count; i++) {
        const char *name = spec->partner_names[i];
        int32_t p = 0;

        while (p < partner_count && strcmp(partner_names[p], name) != 0)
            p++;
        if (p == partner_count) {
            const char *near = mz_nearest_word(name, partner_names, (size_t)partner_count);

            return mz_fail(err, MZ_E_INPUT, "there is no partner '%.80s'%s%s%s", name,
                near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
        need->partner_mask |= UINT64_C(1) << p;
    }
    return MZ_OK;
}

static enum mz_status read_level(
    const char *text, enum mz_level otherwise, int32_t *ret_level, struct mz_error *err)
{
    enum mz_level level = otherwise;

    if (text && !mz_level_parse(text, &level))
        return mz_fail(err, MZ_E_INPUT,
            "'%.40s' is no level of the network: node, rack, spine, site, partner, fleet", text);
    *ret_level = (int32_t)level;
    return MZ_OK;
}

enum mz_status mz_need_from_spec(struct mz_intern *intern, const struct mz_job_spec *spec,
    const char *const *partner_names, int32_t partner_count, struct mz_need **ret_need,
    struct mz_error *err)
{
    struct mz_need *need = mz_xcalloc(1, sizeof(*need));
    enum mz_status status = read_partners(spec, partner_names, partner_count, need, err);

    if (status == MZ_OK)
        status = read_level(spec->required_level, MZ_LEVEL_PARTNER, &need->required, err);
    if (status == MZ_OK)
        status = read_level(spec->preferred_level, MZ_LEVEL_NODE, &need->preferred, err);
    if (status != MZ_OK) {
        free(need);
        return status;
    }
    if (need->preferred > need->required)
        need->preferred = need->required;
    need->chips = mz_job_spec_chips(spec);
    /* Nodes without a number of chips: one each. */
    need->chips_per_node = spec->chips_per_node > 0 ? spec->chips_per_node
        : spec->nodes > 1 && spec->chips > 0        ? (spec->chips + spec->nodes - 1) / spec->nodes
        : spec->nodes > 1                           ? 1
                                                    : 0;
    if (spec->nodes > 1)
        need->chips = spec->nodes * need->chips_per_node;
    need->cpus_per_node = spec->cpus_per_node;
    need->memory_mib = spec->memory_mib;
    for (int32_t c = 0; c < spec->chip_count && c < MZ_NEED_CHIP_MAX; c++)
        need->chips_wanted[need->chip_count++] =
            intern ? mz_intern_text(intern, spec->chip_names[c]) : spec->chip_names[c];
    need->max_price_micro = spec->max_price_micro_per_chip_hour;
    need->time_us = spec->time_us;
    need->lease_us = spec->lease_us;
    need->stop_us = (spec->checkpoint_signal > 0 ? spec->checkpoint_lead_us : 0) + spec->kill_us;
    need->checkpoint_us = spec->checkpoint_every_us;
    need->max_restarts = spec->max_restarts;
    need->array_parallel = spec->array_parallel;
    need->on_partner_loss = spec->on_partner_loss;
    need->restart_on_failure = spec->restart_on_failure;
    need->preemptible = spec->preemptible;
    need->dependency_count = spec->dependency_count;
    if (spec->dependency_count > 0) {
        need->dependencies =
            mz_xcalloc((size_t)spec->dependency_count, sizeof(*need->dependencies));
        memcpy(need->dependencies, spec->dependencies,
            (size_t)spec->dependency_count * sizeof(*need->dependencies));
    }
    *ret_need = need;
    return MZ_OK;
}

void mz_need_free(struct mz_need *need)
{
    if (!need)
        return;
    free(need->dependencies);
    free(need);
}
