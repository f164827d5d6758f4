/* run_setup.c - jobs, shapes and teams of the trace as the engine takes them */
#include "sim/run_impl.h"

#include "base/text.h"

#include <string.h>

/* Is `path` a proper part of the beginning of `longer`? */
static bool is_parent(const char *path, const char *longer)
{
    size_t length = strlen(path);

    return strncmp(path, longer, length) == 0 && longer[length] == '/';
}

/* What the teams below a path were given together, those below a team with its own quota once. */
static int64_t quota_below(const struct mz_sim_teams *settings, const char *path)
{
    int64_t sum = 0;

    for (int32_t i = 0; i < settings->count; i++) {
        const struct mz_team_setting *setting = &settings->settings[i];
        bool counted = setting->quota_chips >= 0 && is_parent(path, setting->name);

        for (int32_t j = 0; j < settings->count && counted; j++)
            counted = !(settings->settings[j].quota_chips >= 0 &&
                is_parent(path, settings->settings[j].name) &&
                is_parent(settings->settings[j].name, setting->name));
        sum += counted ? setting->quota_chips : 0;
    }
    return sum;
}

static bool states_quota(const struct mz_sim_teams *settings, const char *path)
{
    for (int32_t i = 0; i < settings->count; i++) {
        if (settings->settings[i].quota_chips >= 0 && strcmp(settings->settings[i].name, path) == 0)
            return true;
    }
    return false;
}

/* A team that states no quota has what those below it were given. */
static void fill_parents(struct mz_run *run, const struct mz_sim_teams *settings)
{
    for (int32_t t = 0; t < mz_teams_count(run->teams); t++) {
        const char *path = mz_teams_path(run->teams, t);
        int64_t below = quota_below(settings, path);

        if (below > 0 && !states_quota(settings, path))
            mz_teams_set_quota(run->teams, t, below, MZ_TEAM_NO_LIMIT, MZ_TEAM_NO_LIMIT);
    }
}

/* A setting is for a team of the trace, or for one that is above some. */
static enum mz_status check_team(
    const struct mz_trace *trace, const char *name, struct mz_error *err)
{
    const char *nearest;

    for (int32_t t = 0; t < trace->team_count; t++) {
        if (strcmp(trace->team_names[t], name) == 0 || is_parent(name, trace->team_names[t]))
            return MZ_OK;
    }
    nearest = mz_nearest_word(name, trace->team_names, (size_t)trace->team_count);
    return mz_fail(err, MZ_E_INPUT, "%s: the trace has no team '%s'%s%s%s", trace->name, name,
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static enum mz_status make_teams(
    struct mz_run *run, const struct mz_sim_teams *settings, struct mz_error *err)
{
    const struct mz_trace *trace = run->trace;
    enum mz_status status = MZ_OK;

    run->teams = mz_teams_create(settings ? settings->half_life_us : 0, run->fleet->chip_total);
    run->team_of = mz_arena_alloc(run->arena, (size_t)trace->team_count + 1, sizeof(int32_t));
    for (int32_t t = 0; t < trace->team_count && status == MZ_OK; t++)
        status = mz_teams_add(run->teams, trace->team_names[t], &run->team_of[t], err);
    for (int32_t i = 0; settings && i < settings->count && status == MZ_OK; i++) {
        const struct mz_team_setting *setting = &settings->settings[i];
        int32_t team;

        status = check_team(trace, setting->name, err);
        if (status != MZ_OK)
            break;
        status = mz_teams_add(run->teams, setting->name, &team, err);
        if (status != MZ_OK)
            break;
        if (setting->quota_chips >= 0)
            mz_teams_set_quota(run->teams, team, setting->quota_chips, setting->borrow_chips_max,
                setting->lend_chips_max);
        if (setting->weight > 0)
            mz_teams_set_weight(run->teams, team, setting->weight);
    }
    if (settings && status == MZ_OK)
        fill_parents(run, settings);
    return status;
}

/* Before anything runs, who is not admitted never will be. */
static void mark_over_quota(struct mz_run *run)
{
    for (int64_t i = 0; run->teams && i < run->trace->job_count; i++) {
        const struct mz_trace_job *job = &run->trace->jobs[i];

        run->jobs[i].over_quota = job->team >= 0 &&
            !mz_teams_admits(
                run->teams, run->team_of[job->team], (int64_t)job->chips * job->chip_milli, NULL);
    }
}

static int32_t find_site(const struct mz_fleet *fleet, const char *name)
{
    for (int32_t s = 0; name && s < fleet->site_count; s++) {
        if (strcmp(fleet->sites[s].name, name) == 0)
            return s;
    }
    return -1;
}

static enum mz_status check_trace(struct mz_run *run, struct mz_error *err)
{
    const struct mz_trace *trace = run->trace;

    if (trace->job_count < 1)
        return mz_fail(err, MZ_E_INPUT, "%s: the trace has no jobs", trace->name);
    if (trace->job_count > INT32_MAX)
        return mz_fail(err, MZ_E_LIMIT, "%s: the trace has too many jobs", trace->name);
    for (int64_t i = 0; i < trace->job_count; i++) {
        const struct mz_trace_job *job = &trace->jobs[i];

        if (job->submit_us < 0 || job->run_us < 0)
            return mz_fail(err, MZ_E_INPUT,
                "%s:%d: the job has no %s time, so it cannot be replayed; 'mizan sim --pack' "
                "places pods without times",
                trace->name, job->line, job->submit_us < 0 ? "submit" : "run");
        if (job->run_us > run->longest_us)
            run->longest_us = job->run_us;
        if (job->data_site && find_site(run->fleet, job->data_site) < 0)
            return mz_fail(err, MZ_E_INPUT,
                "%s:%d: the fleet has no site '%s', where its data lies", trace->name, job->line,
                job->data_site);
    }
    return MZ_OK;
}

enum mz_status mz_run_setup(
    struct mz_run *run, const struct mz_sim_teams *teams, struct mz_error *err)
{
    const struct mz_trace *trace = run->trace;
    size_t count = (size_t)trace->job_count;
    enum mz_status status = check_trace(run, err);

    if (status == MZ_OK && (run->policy->order == MZ_ORDER_FAIR || (teams && teams->count > 0)))
        status = make_teams(run, teams, err);
    if (status != MZ_OK)
        return status;
    run->engine = mz_engine_create(run->fleet, run->policy, run->teams, run->contracts);
    mz_engine_expect_jobs(run->engine, (int32_t)trace->job_count);
    run->jobs = mz_arena_alloc(run->arena, count, sizeof(*run->jobs));
    run->trace_job = mz_arena_alloc(run->arena, count, sizeof(*run->trace_job));
    mark_over_quota(run);
    run->down_causes =
        mz_arena_alloc(run->arena, (size_t)run->fleet->node_count, sizeof(*run->down_causes));
    run->left_count = trace->job_count;
    run->team_chip_us =
        mz_arena_alloc(run->arena, (size_t)trace->team_count + 1, sizeof(*run->team_chip_us));
    run->wake_us = MZ_TIME_NEVER;
    return MZ_OK;
}

static int32_t find_name(const char *const *names, int32_t count, const char *name, size_t length)
{
    for (int32_t i = 0; i < count; i++) {
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return i;
    }
    return -1;
}

/* "h100-sxm|h200-sxm" as a set; names that the fleet does not have allow nothing. */
uint64_t mz_run_chip_mask(const struct mz_fleet *fleet, const char *chips)
{
    uint64_t mask = 0;

    if (!chips)
        return ~UINT64_C(0);
    for (;;) {
        size_t length = strcspn(chips, "|");
        int32_t chip = find_name(fleet->chip_names, fleet->chip_count, chips, length);

        if (chip >= 0)
            mask |= UINT64_C(1) << chip;
        if (chips[length] == '\0')
            return mask;
        chips += length + 1;
    }
}

bool mz_run_request(
    struct mz_run *run, int64_t i, struct mz_request *ret_request, const char **ret_reason)
{
    const struct mz_trace_job *from = &run->trace->jobs[i];
    struct mz_run_job *job = &run->jobs[i];
    struct mz_shape shape = { .chips = from->chips,
        .chip_milli = from->chip_milli,
        .chips_per_node = from->chips_per_node,
        .cpu_milli = from->cpu_milli,
        .memory_mib = from->memory_mib,
        .required = from->required,
        .preferred = from->preferred,
        .chip_mask = mz_run_chip_mask(run->fleet, from->chip),
        .partner_mask = ~UINT64_C(0) };
    struct mz_error err;
    int64_t wall_us;

    job->work_us = from->run_us;
    job->interval_us = mz_run_interval_us(run, from);
    job->speed_milli = MZ_MILLI;
    wall_us = mz_run_attempt_us(run, job, MZ_MILLI, false);
    *ret_request = (struct mz_request){ .submit_us = from->submit_us,
        .estimate_us = from->limit_us > wall_us ? from->limit_us : wall_us,
        .deadline_us = from->deadline_us >= 0 ? from->deadline_us : MZ_TIME_NEVER,
        .checkpoint_us = job->interval_us > 0 ? job->interval_us : job->interval_us == 0,
        .priority = from->priority,
        .team = run->teams && from->team >= 0 ? run->team_of[from->team] : -1,
        .data_site = find_site(run->fleet, from->data_site),
        .preemptible = from->preemptible };
    if (ret_request->estimate_us < 1)
        ret_request->estimate_us = 1;
    if (job->over_quota) {
        *ret_reason = mz_arena_printf(run->arena,
            "%d chips are more than team '%s' may ever use: its quota and what it may borrow",
            from->chips, run->trace->team_names[from->team]);
        return false;
    }
    if (mz_engine_shape(run->engine, &shape, &ret_request->shape, &err) == MZ_OK)
        return true;
    *ret_reason = mz_arena_strdup(run->arena, err.text);
    return false;
}
