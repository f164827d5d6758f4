/* need.h - what placing a job takes, taken from its spec
 *
 * A spec may be large (a script, an environment); a need is what stays in memory while the job is
 * not over: for the core and for the planner. Strings are interned (intern.h) and live as long as
 * the intern table.
 */
#ifndef MZ_CONTROL_NEED_H
#define MZ_CONTROL_NEED_H

#include "base/status.h"
#include "control/intern.h"
#include "domain/job_spec.h"

#include <stdbool.h>
#include <stdint.h>

enum { MZ_NEED_CHIP_MAX = 8 };

struct mz_need {
    int32_t chips;
    int32_t chips_per_node; /* 0: as the nodes have them */
    int32_t cpus_per_node;
    int32_t memory_mib;
    int32_t required; /* enum mz_level */
    int32_t preferred;
    int32_t chip_count; /* 0: any */
    const char *chips_wanted[MZ_NEED_CHIP_MAX];
    uint64_t partner_mask;   /* by the fleet file's order */
    int64_t max_price_micro; /* per chip-hour; -1: none */
    int64_t time_us;
    int64_t lease_us;
    int64_t stop_us; /* from the order to stop to the last kill: lead + kill */
    int64_t checkpoint_us;
    int32_t max_restarts;
    int32_t array_parallel;
    enum mz_partner_loss on_partner_loss;
    bool restart_on_failure;
    bool preemptible;
    int32_t dependency_count;
    struct mz_dependency *dependencies; /* malloc'd; NULL: none */
};

/* partner_names: of the fleet file. Names of chips are kept in `intern`; without one (NULL) they are
 * the spec's and live as long: interned names are never given back, so that what may still be
 * refused must not leave any there. MZ_E_INPUT when the spec names one that is not there, or a
 * level that there is not. */
enum mz_status mz_need_from_spec(struct mz_intern *intern, const struct mz_job_spec *spec,
    const char *const *partner_names, int32_t partner_count, struct mz_need **ret_need,
    struct mz_error *err);
void mz_need_free(struct mz_need *need); /* NULL is fine */

#endif
