/* job_spec.c - defaults and words of a job */
#include "domain/job_spec.h"

#define SECOND_US INT64_C(1000000)

struct mz_job_spec mz_job_spec_default(void)
{
    return (struct mz_job_spec){
        .priority = 50,
        .preemptible = true,
        .max_price_micro_per_chip_hour = -1,
        .max_restarts = 20,
        .lease_us = 300 * SECOND_US,
        .checkpoint_lead_us = 30 * SECOND_US,
        .kill_us = 10 * SECOND_US,
    };
}

int32_t mz_job_spec_chips(const struct mz_job_spec *spec)
{
    if (spec->chips > 0)
        return spec->chips;
    int32_t nodes = spec->nodes > 0 ? spec->nodes : 1;
    int32_t per_node = spec->chips_per_node > 0 ? spec->chips_per_node : 1;
    int64_t chips = (int64_t)nodes * per_node;

    return chips > MZ_SPEC_CHIPS_MAX ? MZ_SPEC_CHIPS_MAX : (int32_t)chips;
}

const char *mz_dependency_kind_name(enum mz_dependency_kind kind)
{
    switch (kind) {
    case MZ_AFTER_OK: return "afterok";
    case MZ_AFTER_ANY: return "afterany";
    case MZ_AFTER_NOT_OK: return "afternotok";
    }
    return "invalid";
}
