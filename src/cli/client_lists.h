/* client_lists.h - jobs and partners as lists: for ps, partners and top */
#ifndef MZ_CLI_CLIENT_LISTS_H
#define MZ_CLI_CLIENT_LISTS_H

#include "cli/list_print.h"

extern const struct mz_list mz_jobs_list;
extern const struct mz_list mz_partners_list;

/* "3 running on 1,088 chips, 1 restarting, 1 pending (32) · $3,497/h"; in the arena. */
const char *mz_jobs_summary(struct mz_arena *arena, const json_t *document);
/* "5 partners, 1 lost · 1,152 of 1,600 chips in use · $3,497/h" */
const char *mz_partners_summary(struct mz_arena *arena, const json_t *document);

/* "1 job", "3 jobs" */
const char *mz_count_text(struct mz_arena *arena, int64_t count, const char *noun);

#endif
