/* slurm_body.c - versions of slurmrestd, and a job as JSON for each of them
 *
 *   v0.0.36-38  Slurm 20.11 to 22.05: options of sbatch under their long names. Only these keys are
 *               sent: `argv` crashes slurmrestd 22.05, `nodes: [2,2]` is silently one node,
 *               `required_nodes` is a disabled key and `nodelist` is meant; `requeue: false` turns
 *               requeueing ON (the value is not looked at), `no_requeue` turns it off
 *   v0.0.39     Slurm 23.02: fields of the job description; {"set", "number"}; gres with ':'
 *   v0.0.40-42  Slurm 23.11 to 24.11: gres with '/'; the script stands in the job
 * v0.0.38 is tested against the real thing, the rest against their documentation. */
#include "driver/slurm_impl.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct slurm_version {
    int32_t number;
    bool has_options; /* keys are sbatch's options */
    bool has_script_in_job;
    const char *gres_prefix;
};

static const struct slurm_version versions[] = {
    { 36, true, false, "" },
    { 37, true, false, "" },
    { 38, true, false, "" },
    { 39, false, false, "gres:gpu:" },
    { 40, false, true, "gres/gpu:" },
    { 41, false, true, "gres/gpu:" },
    { 42, false, true, "gres/gpu:" },
};

static const struct slurm_version *version_find(int32_t number)
{
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        if (versions[i].number == number)
            return &versions[i];
    }
    return NULL;
}

bool mz_slurm_version_is_known(int32_t version)
{
    return version_find(version) != NULL;
}

static void set_text(json_t *job, const char *key, const char *value)
{
    if (value
            [0]) /* bytes that are not UTF-8 leave the key out: names and accounts never have any */
        (void)json_object_set_new(job, key, json_string(value));
}

static void set_count(json_t *job, const char *key, int64_t value)
{
    if (value > 0)
        (void)json_object_set_new(job, key, json_integer(value));
}

static void set_number(json_t *job, const char *key, int64_t value)
{
    if (value > 0)
        (void)json_object_set_new(job, key, json_pack("{s:b,s:I}", "set", 1, "number", value));
}

static char *chips_text(const char *prefix, const struct mz_driver_submit *submit)
{
    struct mz_text text = { 0 };

    mz_text_addf(&text, "%s%s%s%d", prefix, submit->chip, submit->chip[0] ? ":" : "",
        submit->chips_per_node);
    return text.bytes;
}

static void add_options(json_t *job, const struct mz_driver_submit *submit)
{
    struct mz_text nodes = { 0 };
    char *chips = submit->chips_per_node > 0 ? chips_text("", submit) : NULL;

    for (int32_t i = 0; i < submit->node_count; i++)
        mz_text_addf(&nodes, "%s%s", i ? "," : "", submit->nodes[i]);
    set_text(job, "nodelist", mz_text_string(&nodes));
    set_count(job, "nodes", submit->node_count);
    set_text(job, "gpus_per_node", chips ? chips : "");
    set_count(job, "memory_per_node", submit->memory_mib);
    set_count(job, "time_limit", mz_slurm_minutes(submit->time_us));
    (void)json_object_set_new(job, "no_requeue", json_true());
    (void)json_object_set_new(
        job, "environment", json_pack("{s:s}", "PATH", "/usr/local/bin:/usr/bin:/bin"));
    mz_text_finish(&nodes);
    free(chips);
}

static void add_fields(
    json_t *job, const struct slurm_version *version, const struct mz_driver_submit *submit)
{
    json_t *nodes = json_array();
    struct mz_text count = { 0 };
    char *chips = submit->chips_per_node > 0 ? chips_text(version->gres_prefix, submit) : NULL;

    for (int32_t i = 0; i < submit->node_count; i++)
        (void)json_array_append_new(nodes, json_string(submit->nodes[i]));
    (void)json_object_set_new(job, "required_nodes", nodes);
    mz_text_addf(&count, "%d", submit->node_count);
    set_text(job, "nodes", mz_text_string(&count));
    set_text(job, "tres_per_node", chips ? chips : "");
    set_number(job, "memory_per_node", submit->memory_mib);
    set_number(job, "time_limit", mz_slurm_minutes(submit->time_us));
    (void)json_object_set_new(job, "requeue", json_false());
    (void)json_object_set_new(
        job, "environment", json_pack("[s]", "PATH=/usr/local/bin:/usr/bin:/bin"));
    mz_text_finish(&count);
    free(chips);
}

void mz_slurm_body(struct mz_text *text, int32_t version_number, const struct mz_driver_keys *keys,
    const struct mz_driver_submit *submit, const char *script)
{
    const struct slurm_version *version = version_find(version_number);
    json_t *root = json_object();
    json_t *job = json_object();
    char *dump;

    set_text(job, "name", submit->name);
    set_text(job, "comment", submit->comment);
    for (int32_t i = 0; i < submit->pass_count; i++) {
        const char *name = submit->pass_names[i];

        if (strcmp(name, "partition") != 0)
            set_text(job, strcmp(name, "constraint") == 0 ? "constraints" : name,
                submit->pass_values[i]);
    }
    set_text(job, "partition", mz_slurm_partition(keys, submit));
    set_text(job, "current_working_directory", mz_slurm_directory(keys));
    set_text(job, "standard_output", "/dev/null");
    set_text(job, "standard_error", "/dev/null");
    set_count(job, "tasks_per_node", 1);
    set_count(job, "cpus_per_task", submit->cpus_per_node);
    if (version->has_options)
        add_options(job, submit);
    else
        add_fields(job, version, submit);
    set_text(version->has_script_in_job ? job : root, "script", script);
    (void)json_object_set_new(root, "job", job);
    dump = json_dumps(root, JSON_COMPACT);
    mz_text_add(text, dump ? dump : "{}");
    free(dump);
    json_decref(root);
}
