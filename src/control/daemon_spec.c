/* daemon_spec.c - specs by number: from the journal, parsed, the last few kept */
#include "control/daemon_impl.h"

#include "jobfile/jobfile.h"

#include <string.h>

static enum mz_status parse(struct mz_daemon *daemon, struct mz_arena *arena, int64_t id,
    struct mz_job_spec *ret_spec, struct mz_error *err)
{
    const char *json = NULL;
    enum mz_status status = mz_store_spec(daemon->store, arena, id, &json, err);

    if (status != MZ_OK)
        return status;
    if (!json)
        return mz_fail(err, MZ_E_INPUT, "spec %lld is not in the journal", (long long)id);
    *ret_spec = mz_job_spec_default();
    return mz_jobfile_read_json(arena, json, strlen(json), ret_spec, err);
}

const struct mz_job_spec *mz_daemon_spec(struct mz_daemon *daemon, int64_t id)
{
    struct mz_spec_entry *oldest = &daemon->specs[0];
    struct mz_error err;

    for (int32_t i = 0; i < MZ_SPEC_CACHE_COUNT; i++) {
        struct mz_spec_entry *entry = &daemon->specs[i];

        if (entry->id == id && entry->arena) {
            entry->used = ++daemon->spec_use;
            return &entry->spec;
        }
        if (entry->used < oldest->used)
            oldest = entry;
    }
    mz_arena_free(oldest->arena);
    *oldest = (struct mz_spec_entry){ .id = id, .arena = mz_arena_create() };
    if (parse(daemon, oldest->arena, id, &oldest->spec, &err) != MZ_OK) {
        mz_daemon_log(daemon, "%s", err.text);
        mz_arena_free(oldest->arena);
        *oldest = (struct mz_spec_entry){ 0 };
        return NULL;
    }
    oldest->used = ++daemon->spec_use;
    return &oldest->spec;
}

struct mz_need *mz_daemon_need_of(void *context, const struct mz_job_row *row)
{
    struct mz_daemon *daemon = context;
    const struct mz_job_spec *spec = mz_daemon_spec(daemon, row->spec);
    struct mz_need *need = NULL;
    struct mz_error err;

    if (spec &&
        mz_need_from_spec(daemon->intern, spec, daemon->partner_names,
            daemon->scenario->partner_count, &need, &err) != MZ_OK)
        mz_daemon_log(daemon, "job %lld: %s", (long long)row->id, err.text);
    return need;
}
