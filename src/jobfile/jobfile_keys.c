/* jobfile_keys.c - the table of keys
 * Order is the order of the canonical JSON, of messages and of docs/jobs.md. */
#include "jobfile/jobfile_keys.h"

#include "base/text.h"
#include "domain/job_spec.h"
#include "scenario/schema.h"

#include <assert.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FIELD(name) offsetof(struct mz_job_spec, name)
#define SECOND_US INT64_C(1000000)

/* in the order of their enums */
static const char *const kinds[] = { "batch", "train", NULL };
static const char *const losses[] = { "move", "wait", "fail", NULL };
static const char *const levels[] = { "rack", "spine", "site", "partner", NULL };
static const char *const orders[] = { "contract", NULL };

const char *const mz_job_pass_keys[] = { "account", "comment", "constraint", "partition", "qos",
    "reservation", NULL };

static const struct mz_job_key topology_keys[] = {
    { "required", MZ_JOB_LEVEL, FIELD(required_level), .words = levels, .unit = "level",
        .standard = "partner", .doc = "all nodes lie within one of these" },
    { "preferred", MZ_JOB_LEVEL, FIELD(preferred_level), .words = levels, .unit = "level",
        .standard = "none", .doc = "tried first" },
};
static const struct mz_job_schema topology = { topology_keys, COUNT(topology_keys) };

static const struct mz_job_key placement_keys[] = {
    { "partners", MZ_JOB_NAMES, FIELD(partner_names), FIELD(partner_count), 1, MZ_SPEC_PARTNERS_MAX,
        .others = " partner clusters cluster cloud ", .unit = "list of names",
        .standard = "anywhere", .doc = "where it may run" },
    { "order", MZ_JOB_UNREAD, .words = orders, .unit = "contract", .standard = "contract",
        .doc = "understood, does nothing yet: the daemon's policy orders" },
    { "topology", MZ_JOB_MAP, .map = &topology, .unit = "map", .standard = "none",
        .doc = "how near each other the nodes lie" },
    { "max_price", MZ_JOB_PRICE, FIELD(max_price_micro_per_chip_hour), .min = 0,
        .max = MZ_JOB_PRICE_MICRO_MAX, .json = "max_price_usd_per_chip_hour",
        .unit = "USD/chip-hour", .standard = "none", .doc = "dearer places are not used" },
};
static const struct mz_job_schema placement = { placement_keys, COUNT(placement_keys) };

static const struct mz_job_key recovery_keys[] = {
    { "on_partner_loss", MZ_JOB_WORD, FIELD(on_partner_loss), .words = losses,
        .unit = "move, wait, fail", .standard = "move", .doc = "when the partner is cut off" },
    { "max_restarts", MZ_JOB_COUNT, FIELD(max_restarts), .min = 0, .max = MZ_SPEC_RESTARTS_MAX,
        .unit = "count", .standard = "20", .doc = "after losses, preemptions, failed nodes" },
    { "lease", MZ_JOB_DURATION, FIELD(lease_us), .min = 2 * SECOND_US, .max = MZ_JOB_DAY_US,
        .json = "lease_s", .unit = "time", .standard = "300 s",
        .doc = "so long may the partner be cut off before the job counts as lost" },
    { "job", MZ_JOB_BOOL, FIELD(restart_on_failure), .unit = "true, false", .standard = "false",
        .doc = "restart after a non-zero exit too" },
};
static const struct mz_job_schema recovery = { recovery_keys, COUNT(recovery_keys) };

static const struct mz_job_key checkpoint_keys[] = {
    { "dir", MZ_JOB_PATH, FIELD(checkpoint_dir), .others = " path directory ", .unit = "path",
        .standard = "one is given", .doc = "where the program writes checkpoints" },
    { "every", MZ_JOB_DURATION, FIELD(checkpoint_every_us), .min = SECOND_US,
        .max = MZ_JOB_TIME_US_MAX, .json = "every_s", .others = " interval period ", .unit = "time",
        .standard = "none", .doc = "how often; what a stop loses at most" },
    { "signal", MZ_JOB_SIGNAL, FIELD(checkpoint_signal), .min = 1, .max = 31, .unit = "USR1@120s",
        .standard = "none", .doc = "sent that long before a stop, and by 'every'" },
    { "lead", MZ_JOB_DURATION, FIELD(checkpoint_lead_us), .min = 0, .max = MZ_JOB_DAY_US,
        .json = "lead_s", .unit = "time", .standard = "30 s",
        .doc = "the time behind the @ of 'signal'" },
};
static const struct mz_job_schema checkpoint = { checkpoint_keys, COUNT(checkpoint_keys) };

static const struct mz_job_key job_keys[] = {
    { "name", MZ_JOB_NAME, FIELD(name), .others = " job_name jobname ", .unit = "text",
        .standard = "name of the file or command", .doc = "what people call it" },
    { "kind", MZ_JOB_WORD, FIELD(kind), .words = kinds, .unit = "batch, train", .standard = "batch",
        .doc = "train: progress and checkpoints are expected" },
    { "run", MZ_JOB_TEXT, FIELD(run), .others = " cmd shell exec ", .unit = "shell line",
        .standard = "one of run, command, script", .doc = "given to /bin/sh -c" },
    { "command", MZ_JOB_ARGV, FIELD(argv), FIELD(argc), 1, MZ_SPEC_ARGV_MAX,
        .others = " argv entrypoint ", .unit = "list of texts",
        .standard = "one of run, command, script", .doc = "a program and its arguments, no shell" },
    { "script", MZ_JOB_SCRIPT, FIELD(script), .unit = "text that begins with #!",
        .standard = "one of run, command, script", .doc = "written beside the job and run" },
    { "args", MZ_JOB_ARGV, FIELD(script_argv), FIELD(script_argc), 1, MZ_SPEC_ARGV_MAX,
        .others = " arguments ", .unit = "list of texts", .standard = "none",
        .doc = "arguments of the script" },
    { "workdir", MZ_JOB_PATH, FIELD(workdir), .others = " chdir cwd working_dir directory ",
        .unit = "path", .standard = "the job's own; of a #SBATCH script, where it was submitted",
        .doc = "where it starts" },
    { "output", MZ_JOB_OUTPUT, FIELD(output), .others = " stdout log logs ",
        .unit = "path with %j %n %t", .standard = "mizan logs",
        .doc = "stdout and stderr; %j job, %n attempt, %t rank" },
    { "env", MZ_JOB_ENV, FIELD(env_names), FIELD(env_count), 0, MZ_SPEC_ENV_MAX,
        .others = " envs environment variables ", .unit = "map of texts", .standard = "none",
        .doc = "added to the environment of the node" },
    { "nodes", MZ_JOB_COUNT, FIELD(nodes), .min = 1, .max = MZ_SPEC_NODES_MAX,
        .others = " num_nodes replicas machines ", .unit = "count", .standard = "as chips need",
        .doc = "all start together" },
    { "chips_per_node", MZ_JOB_COUNT, FIELD(chips_per_node), .min = 1, .max = MZ_SPEC_CHIPS_MAX,
        .others = " gpus_per_node accelerators_per_node ", .unit = "count",
        .standard = "as a node has", .doc = "chips on each node" },
    { "chips", MZ_JOB_COUNT, FIELD(chips), .min = 1, .max = MZ_SPEC_CHIPS_MAX,
        .others = " gpus num_gpus gres ", .unit = "count",
        .standard = "nodes x chips_per_node, or 1", .doc = "chips in all" },
    { "chip", MZ_JOB_NAMES, FIELD(chip_names), FIELD(chip_count), 1, MZ_JOB_CHIP_NAMES_MAX,
        .others = " gpu gpu_type accelerator accelerators ", .unit = "name, or list of names",
        .standard = "any", .doc = "kinds that will do, in order of preference" },
    { "cpus_per_node", MZ_JOB_COUNT, FIELD(cpus_per_node), .min = 1, .max = MZ_JOB_CPUS_MAX,
        .others = " cpus cores ", .unit = "count", .standard = "not stated",
        .doc = "CPU cores on each node" },
    { "memory", MZ_JOB_MEMORY, FIELD(memory_mib), .min = 1, .max = MZ_JOB_MEMORY_MIB_MAX,
        .json = "memory_mib", .others = " mem ram ", .unit = "MiB, GiB, TiB",
        .standard = "not stated", .doc = "on each node" },
    { "time", MZ_JOB_DURATION, FIELD(time_us), .min = SECOND_US, .max = MZ_JOB_TIME_US_MAX,
        .json = "time_s", .others = " walltime time_limit timeout duration ", .unit = "time",
        .standard = "not stated", .doc = "the longest run; then it is stopped" },
    { "team", MZ_JOB_NAME, FIELD(team), .others = " project group queue ", .unit = "name",
        .standard = "none", .doc = "whose share it draws on" },
    { "priority", MZ_JOB_COUNT, FIELD(priority), .min = -MZ_JOB_PRIORITY_MAX,
        .max = MZ_JOB_PRIORITY_MAX, .unit = "number", .standard = "50", .doc = "larger first" },
    { "preemptible", MZ_JOB_BOOL, FIELD(preemptible), .unit = "true, false", .standard = "true",
        .doc = "may be stopped for a job of higher priority" },
    { "hold", MZ_JOB_BOOL, FIELD(hold), .unit = "true, false", .standard = "false",
        .doc = "waits until it is released" },
    { "placement", MZ_JOB_MAP, .map = &placement, .others = " resources ", .unit = "map",
        .standard = "none", .doc = "where" },
    { "recovery", MZ_JOB_MAP, .map = &recovery, .others = " job_recovery restart ", .unit = "map",
        .standard = "none", .doc = "when something is lost" },
    { "checkpoint", MZ_JOB_MAP, .map = &checkpoint, .others = " checkpoints ckpt ", .unit = "map",
        .standard = "none", .doc = "how it saves its work" },
    { "kill_after", MZ_JOB_DURATION, FIELD(kill_us), .min = 0, .max = MZ_JOB_DAY_US,
        .json = "kill_after_s", .others = " grace grace_period ", .unit = "time",
        .standard = "10 s", .doc = "between SIGTERM and SIGKILL" },
    { "array", MZ_JOB_ARRAY, FIELD(array_indices), FIELD(array_count), 1, MZ_SPEC_ARRAY_MAX,
        .unit = "1-8,12%4", .standard = "none", .doc = "one job for each index, so many at once" },
    { "dependency", MZ_JOB_DEPENDENCY, FIELD(dependencies), FIELD(dependency_count), 1,
        MZ_SPEC_DEPENDENCY_MAX, .alias = "after", .others = " dependencies depends_on needs ",
        .unit = "afterok:4127", .standard = "none",
        .doc = "afterok, afterany, afternotok; all have to hold" },
    { "slurm", MZ_JOB_PASS, FIELD(pass), FIELD(pass_count), 0, MZ_JOB_PASS_MAX,
        .unit = "partner: {key: text}", .standard = "none",
        .doc = "account, comment, constraint, partition, qos, reservation for that partner's "
               "Slurm; partner \"*\": for any" },
};
const struct mz_job_schema mz_job_schema = { job_keys, COUNT(job_keys) };

_Static_assert(COUNT(job_keys) <= MZ_JOB_KEYS_MAX, "readers keep one flag for each key");

const struct mz_job_key *mz_job_key_find(
    const struct mz_job_schema *schema, const char *name, bool json, bool *ret_base)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct mz_job_key *key = &schema->keys[i];
        bool base = json && key->json && strcmp(key->json, name) == 0;

        if (base || strcmp(key->name, name) == 0 || (key->alias && strcmp(key->alias, name) == 0)) {
            *ret_base = base;
            return key;
        }
    }
    return NULL;
}

const struct mz_job_key *mz_job_key_at(const char *path)
{
    const struct mz_job_schema *schema = &mz_job_schema;
    char part[64];

    for (;;) {
        size_t length = strcspn(path, ".");
        const struct mz_job_key *key;
        bool base;

        assert(length < sizeof(part));
        memcpy(part, path, length);
        part[length] = '\0';
        key = mz_job_key_find(schema, part, false, &base);
        assert(key);
        if (path[length] == '\0')
            return key;
        assert(key->map);
        schema = key->map;
        path += length + 1;
    }
}

/* Is the word one of a list between blanks? */
static bool listed(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; at && length > 0 && (at = strstr(at, word)); at++) {
        if (at > list && at[-1] == ' ' && at[length] == ' ')
            return true;
    }
    return false;
}

const char *mz_job_key_nearest(const struct mz_job_schema *schema, const char *name)
{
    const char *names[MZ_JOB_KEYS_MAX];
    char plain[64];
    size_t length = 0;

    for (; name[length] && length + 1 < sizeof(plain); length++)
        plain[length] = name[length] == '-' ? '_' : name[length];
    plain[length] = '\0';
    for (size_t i = 0; i < schema->count; i++) {
        if (listed(schema->keys[i].others, plain))
            return schema->keys[i].name;
        names[i] = schema->keys[i].name;
    }
    return mz_nearest_word(plain, names, schema->count);
}

const char *mz_job_keys_join(char *buffer, size_t size, const struct mz_job_schema *schema)
{
    const char *names[MZ_JOB_KEYS_MAX];

    for (size_t i = 0; i < schema->count; i++)
        names[i] = schema->keys[i].name;
    return mz_words_join(buffer, size, names, schema->count);
}
