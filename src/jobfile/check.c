/* check.c - what the whole of a job has to satisfy, wherever its parts came from */
#include "jobfile/jobfile.h"
#include "jobfile/jobfile_keys.h"
#include "jobfile/parse.h"

#include <string.h>

enum mz_status mz_job_sizes_check(const struct mz_job_spec *spec, struct mz_error *err)
{
    int64_t nodes = spec->nodes;
    int64_t per_node = spec->chips_per_node;
    int64_t chips = spec->chips;

    if (nodes > 0 && per_node > 0 && nodes * per_node > MZ_SPEC_CHIPS_MAX)
        return mz_fail(err, MZ_E_INPUT,
            "%lld nodes of %lld chips are more than the %d chips that a job may have",
            (long long)nodes, (long long)per_node, MZ_SPEC_CHIPS_MAX);
    if (chips == 0)
        return MZ_OK;
    if (nodes > 0 && per_node > 0 && nodes * per_node != chips)
        return mz_fail(err, MZ_E_INPUT,
            "%lld nodes of %lld chips are %lld chips, not %lld: leave one of the three out",
            (long long)nodes, (long long)per_node, (long long)(nodes * per_node), (long long)chips);
    if (nodes > 0 && chips % nodes != 0)
        return mz_fail(err, MZ_E_INPUT,
            "%lld chips do not divide over %lld nodes: every node of a job has as many",
            (long long)chips, (long long)nodes);
    if (nodes == 0 && per_node > 0 && chips % per_node != 0)
        return mz_fail(err, MZ_E_INPUT,
            "%lld chips are not whole nodes of %lld: every node of a job has as many",
            (long long)chips, (long long)per_node);
    return MZ_OK;
}

static enum mz_status check_run(const struct mz_job_spec *spec, struct mz_error *err)
{
    int32_t stated = (spec->run != NULL) + (spec->argc > 0) + (spec->script != NULL);

    if (stated == 0)
        return mz_fail(err, MZ_E_INPUT,
            "there is nothing to run: write 'run', 'command' or 'script' in the job file, or a "
            "command behind --");
    if (stated > 1)
        return mz_fail(err, MZ_E_INPUT,
            "'run', 'command' and 'script' exclude each other: a job runs one of them");
    if (spec->argc > 0 && spec->argv[0][0] == '\0')
        return mz_fail(err, MZ_E_INPUT, "the name of the program to run is empty");
    if (spec->script_argc > 0 && !spec->script)
        return mz_fail(err, MZ_E_INPUT, "'args' are arguments of a script, and there is none");
    if (spec->script && strncmp(spec->script, "#!", 2) != 0)
        return mz_fail(
            err, MZ_E_INPUT, "the script does not begin with its interpreter, such as #!/bin/sh");
    return MZ_OK;
}

static size_t bytes_of(const char *const *texts, int32_t count)
{
    size_t bytes = 0;

    for (int32_t i = 0; i < count; i++)
        bytes += strlen(texts[i]) + 1;
    return bytes;
}

static enum mz_status check_bytes(const struct mz_job_spec *spec, struct mz_error *err)
{
    size_t bytes = bytes_of(spec->argv, spec->argc) +
        bytes_of(spec->script_argv, spec->script_argc) +
        bytes_of(spec->env_names, spec->env_count) + bytes_of(spec->env_values, spec->env_count);

    if (spec->argc > MZ_SPEC_ARGV_MAX || spec->script_argc > MZ_SPEC_ARGV_MAX)
        return mz_fail(err, MZ_E_LIMIT, "a command has %d arguments at most", MZ_SPEC_ARGV_MAX);
    if (spec->env_count > MZ_SPEC_ENV_MAX)
        return mz_fail(err, MZ_E_LIMIT, "a job sets %d variables at most", MZ_SPEC_ENV_MAX);
    if (bytes > MZ_SPEC_TEXT_BYTES_MAX)
        return mz_fail(err, MZ_E_LIMIT,
            "arguments and environment are %zu bytes together; %d is the limit", bytes,
            MZ_SPEC_TEXT_BYTES_MAX);
    if ((spec->script && strlen(spec->script) > MZ_SPEC_TEXT_BYTES_MAX) ||
        (spec->run && strlen(spec->run) > MZ_SPEC_TEXT_BYTES_MAX))
        return mz_fail(err, MZ_E_LIMIT, "a script has %d bytes at most", MZ_SPEC_TEXT_BYTES_MAX);
    return MZ_OK;
}

/* rack < spine < site < partner; -1: not stated */
static int32_t level_of(const char *level)
{
    bool base;
    const struct mz_job_key *topology =
        mz_job_key_find(mz_job_key_at("placement")->map, "topology", false, &base);
    const char *const *words = topology->map->keys[0].words;

    for (int32_t i = 0; level && words[i]; i++) {
        if (strcmp(words[i], level) == 0)
            return i;
    }
    return -1;
}

enum mz_status mz_jobfile_check(const struct mz_job_spec *spec, struct mz_error *err)
{
    enum mz_status status;
    const char *problem = spec->name ? mz_job_name_problem(spec->name) : "it is missing";

    if (problem)
        return mz_fail(err, MZ_E_INPUT, "the name of the job cannot be used: %s", problem);
    status = check_run(spec, err);
    if (status == MZ_OK)
        status = check_bytes(spec, err);
    if (status == MZ_OK)
        status = mz_job_sizes_check(spec, err);
    if (status != MZ_OK)
        return status;
    if (spec->required_level && level_of(spec->preferred_level) > level_of(spec->required_level))
        return mz_fail(err, MZ_E_INPUT,
            "the topology '%s' is preferred, but '%s' is required, which is nearer",
            spec->preferred_level, spec->required_level);
    return MZ_OK;
}
