/* options.c - the table of options, and the one option of `mizan submit`
 * In the order of docs/jobs.md: what is known, ignored, refused. */
#include "jobfile/options.h"

#include "base/text.h"
#include "jobfile/jobfile.h"

#include <assert.h>
#include <string.h>

#define NONE MZ_VALUE_NONE
#define NEEDED MZ_VALUE_NEEDED
#define MAY MZ_VALUE_MAY
#define SBATCH MZ_IN_SBATCH
#define MIZAN MZ_IN_MIZAN
#define BOTH MZ_IN_BOTH

const struct mz_job_option mz_job_options[] = {
    /* name, letter, value, where, action, key, doc */
    { "nodes", 'N', NEEDED, BOTH, MZ_ACT_KEY, "nodes", "one number, no range" },
    { "gpus", 'G', NEEDED, BOTH, MZ_ACT_CHIPS, "chips", "chips in all; h100:8 names the kind" },
    { "chips", 0, NEEDED, MIZAN, MZ_ACT_CHIPS, "chips", "the same as --gpus" },
    { "gpus-per-node", 0, NEEDED, BOTH, MZ_ACT_CHIPS, "chips_per_node", "h100:8 names the kind" },
    { "chips-per-node", 0, NEEDED, MIZAN, MZ_ACT_CHIPS, "chips_per_node",
        "the same as --gpus-per-node" },
    { "chip", 0, NEEDED, MIZAN, MZ_ACT_LIST, "chip", "kinds in order of preference" },
    { "gres", 0, NEEDED, BOTH, MZ_ACT_GRES, "chips_per_node", "gpu:8 or gpu:h100:8, on each node" },
    { "ntasks", 'n', NEEDED, SBATCH, MZ_ACT_TASK, "ntasks", "with --ntasks-per-node gives nodes" },
    { "ntasks-per-node", 0, NEEDED, SBATCH, MZ_ACT_TASK, "ntasks_per_node",
        "with --cpus-per-task gives CPUs" },
    { "cpus-per-task", 'c', NEEDED, BOTH, MZ_ACT_TASK, "cpus_per_task",
        "with tasks gives CPUs; for mizan submit, CPUs on each node" },
    { "gpus-per-task", 0, NEEDED, SBATCH, MZ_ACT_TASK, "gpus_per_task", "with tasks gives chips" },
    { "cpus-per-gpu", 0, NEEDED, SBATCH, MZ_ACT_TASK, "cpus_per_gpu", "with chips gives CPUs" },
    { "cpus-per-node", 0, NEEDED, MIZAN, MZ_ACT_KEY, "cpus_per_node", "CPU cores on each node" },
    { "mem", 0, NEEDED, BOTH, MZ_ACT_MEMORY, "memory", "on each node; a bare number is MiB" },
    { "memory", 0, NEEDED, MIZAN, MZ_ACT_MEMORY, "memory", "the same as --mem" },
    { "mem-per-cpu", 0, NEEDED, SBATCH, MZ_ACT_TASK, "mem_per_cpu", "with CPUs gives memory" },
    { "mem-per-gpu", 0, NEEDED, SBATCH, MZ_ACT_TASK, "mem_per_gpu", "with chips gives memory" },
    { "time", 't', NEEDED, BOTH, MZ_ACT_KEY, "time", "4h, or Slurm's forms; bare: minutes" },
    { "job-name", 'J', NEEDED, BOTH, MZ_ACT_KEY, "name", "what people call it" },
    { "name", 0, NEEDED, MIZAN, MZ_ACT_KEY, "name", "the same as --job-name" },
    { "kind", 0, NEEDED, MIZAN, MZ_ACT_KEY, "kind", "batch or train" },
    { "team", 0, NEEDED, MIZAN, MZ_ACT_KEY, "team", "whose share it draws on" },
    { "priority", 0, NEEDED, MIZAN, MZ_ACT_KEY, "priority", "larger first" },
    { "partners", 0, NEEDED, MIZAN, MZ_ACT_LIST, "placement.partners", "where it may run: a,b" },
    { "topology", 0, NEEDED, MIZAN, MZ_ACT_KEY, "placement.topology.required",
        "within one rack, spine, site or partner" },
    { "topology-preferred", 0, NEEDED, MIZAN, MZ_ACT_KEY, "placement.topology.preferred",
        "tried first" },
    { "max-price", 0, NEEDED, MIZAN, MZ_ACT_KEY, "placement.max_price",
        "USD/chip-hour; a bare number will do" },
    { "hold", 'H', NONE, BOTH, MZ_ACT_TRUE, "hold", "waits until it is released" },
    { "array", 'a', NEEDED, BOTH, MZ_ACT_KEY, "array", "1-8,12%4" },
    { "dependency", 'd', NEEDED, BOTH, MZ_ACT_KEY, "dependency",
        "afterok, afterany, afternotok; all have to hold" },
    { "after", 0, NEEDED, MIZAN, MZ_ACT_KEY, "dependency", "the same as --dependency" },
    { "env", 0, NEEDED, MIZAN, MZ_ACT_ENV, "env", "NAME=VALUE; may be repeated" },
    { "export", 0, NEEDED, SBATCH, MZ_ACT_EXPORT, "env", "ALL, and NAME=VALUE; NONE is refused" },
    { "chdir", 'D', NEEDED, BOTH, MZ_ACT_KEY, "workdir", "where it starts" },
    { "workdir", 0, NEEDED, MIZAN, MZ_ACT_KEY, "workdir", "the same as --chdir" },
    { "output", 'o', NEEDED, BOTH, MZ_ACT_OUTPUT, "output",
        "%j %n %t as in the job file; %x the name, %A and %a become %j" },
    { "error", 'e', NEEDED, SBATCH, MZ_ACT_ERROR, "output", "stderr goes where stdout goes" },
    { "checkpoint-dir", 0, NEEDED, MIZAN, MZ_ACT_KEY, "checkpoint.dir", "where they are written" },
    { "checkpoint-every", 0, NEEDED, MIZAN, MZ_ACT_KEY, "checkpoint.every", "30min" },
    { "checkpoint-signal", 0, NEEDED, MIZAN, MZ_ACT_KEY, "checkpoint.signal", "USR1@120s" },
    { "signal", 0, NEEDED, SBATCH, MZ_ACT_SIGNAL, "checkpoint.signal",
        "[B:]USR1@120; without a time 60 s" },
    { "kill-after", 0, NEEDED, MIZAN, MZ_ACT_KEY, "kill_after", "between SIGTERM and SIGKILL" },
    { "max-restarts", 0, NEEDED, MIZAN, MZ_ACT_KEY, "recovery.max_restarts", "after losses" },
    { "on-partner-loss", 0, NEEDED, MIZAN, MZ_ACT_KEY, "recovery.on_partner_loss",
        "move, wait or fail" },
    { "lease", 0, NEEDED, MIZAN, MZ_ACT_KEY, "recovery.lease", "300s" },
    { "recovery", 0, NEEDED, MIZAN, MZ_ACT_RECOVERY, "recovery.job",
        "job: restart after a non-zero exit too; none: not" },
    { "requeue", 0, NONE, SBATCH, MZ_ACT_REQUEUE, "recovery.max_restarts", "20 where it was 0" },
    { "no-requeue", 0, NONE, SBATCH, MZ_ACT_NO_REQUEUE, "recovery.max_restarts", "0" },
    { "preemptible", 0, NONE, MIZAN, MZ_ACT_TRUE, "preemptible", "may be stopped for another" },
    { "not-preemptible", 0, NONE, MIZAN, MZ_ACT_FALSE, "preemptible", "may not" },
    { "partition", 'p', NEEDED, BOTH, MZ_ACT_PASS, "partition", "for Slurm partners" },
    { "account", 'A', NEEDED, BOTH, MZ_ACT_PASS, "account", "for Slurm partners" },
    { "qos", 'q', NEEDED, BOTH, MZ_ACT_PASS, "qos", "for Slurm partners" },
    { "constraint", 'C', NEEDED, BOTH, MZ_ACT_PASS, "constraint", "for Slurm partners" },
    { "reservation", 0, NEEDED, BOTH, MZ_ACT_PASS, "reservation", "for Slurm partners" },
    { "comment", 0, NEEDED, BOTH, MZ_ACT_PASS, "comment", "for Slurm partners" },
    { "begin", 'b', NEEDED, SBATCH, MZ_ACT_ONLY, "now", "only 'now': submit it later, or --hold" },
    { "input", 'i', NEEDED, SBATCH, MZ_ACT_ONLY, "/dev/null",
        "only /dev/null: redirect it in the script" },
    { "parsable", 0, NONE, SBATCH, MZ_ACT_NOTHING, NULL, "sbatch's own output" },
    { "quiet", 'Q', NONE, SBATCH, MZ_ACT_NOTHING, NULL, "sbatch's own output" },
    { "verbose", 'v', NONE, SBATCH, MZ_ACT_NOTHING, NULL, "sbatch's own output" },
    { "ignore-pbs", 0, NONE, SBATCH, MZ_ACT_NOTHING, NULL, "#PBS lines are never read" },

    { "mail-type", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "mizan sends no mail" },
    { "mail-user", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "mizan sends no mail" },
    { "exclusive", 0, MAY, SBATCH, MZ_ACT_WARN, NULL,
        "a node is its job's own when the job takes all its chips" },
    { "nice", 0, MAY, SBATCH, MZ_ACT_WARN, NULL, "write #MIZAN --priority=40" },
    { "priority", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL,
        "Slurm counts otherwise: write #MIZAN --priority=60" },
    { "wait", 'W', NONE, SBATCH, MZ_ACT_WARN, NULL, "mizan submit returns at once" },
    { "open-mode", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "mizan decides how output is opened" },
    { "time-min", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "--time is not shortened" },
    { "oversubscribe", 's', NONE, SBATCH, MZ_ACT_WARN, NULL, "chips are never shared" },
    { "overcommit", 'O', NONE, SBATCH, MZ_ACT_WARN, NULL, "CPUs are counted once" },
    { "no-kill", 'k', MAY, SBATCH, MZ_ACT_WARN, NULL, "after the loss of a node the job restarts" },
    { "kill-on-invalid-dep", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "it always ends the job" },
    { "wait-all-nodes", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "all nodes always start together" },
    { "contiguous", 0, NONE, SBATCH, MZ_ACT_WARN, NULL, "write #MIZAN --topology=rack" },
    { "switches", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "write #MIZAN --topology=spine" },
    { "spread-job", 0, NONE, SBATCH, MZ_ACT_WARN, NULL, "chips are packed" },
    { "use-min-nodes", 0, NONE, SBATCH, MZ_ACT_WARN, NULL, "that is what happens anyway" },
    { "distribution", 'm', NEEDED, SBATCH, MZ_ACT_WARN, NULL, "give it to srun in the script" },
    { "extra-node-info", 'B', NEEDED, SBATCH, MZ_ACT_WARN, NULL, "give it to srun in the script" },
    { "hint", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "give it to srun in the script" },
    { "threads-per-core", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "give it to srun in the script" },
    { "cores-per-socket", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "nodes are taken as they are" },
    { "sockets-per-node", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "nodes are taken as they are" },
    { "ntasks-per-core", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "give it to srun in the script" },
    { "ntasks-per-socket", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "give it to srun in the script" },
    { "mem-bind", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "give it to srun in the script" },
    { "gpu-bind", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "give it to srun in the script" },
    { "gpu-freq", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "chips run at their own clock" },
    { "cpu-freq", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "CPUs run at their own clock" },
    { "gres-flags", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "nodes are taken as they are" },
    { "core-spec", 'S', NEEDED, SBATCH, MZ_ACT_WARN, NULL, "nodes are taken as they are" },
    { "thread-spec", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "nodes are taken as they are" },
    { "network", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "nodes are taken as they are" },
    { "acctg-freq", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "mizan measures by itself" },
    { "profile", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "mizan measures by itself" },
    { "propagate", 0, MAY, SBATCH, MZ_ACT_WARN, NULL, "limits are those of the node" },
    { "get-user-env", 0, MAY, SBATCH, MZ_ACT_WARN, NULL, "the environment is the node's" },
    { "wckey", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "jobs are accounted by team" },
    { "power", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "nodes are taken as they are" },
    { "prefer", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "write #MIZAN --chip=first,second" },
    { "delay-boot", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "nodes are not booted" },
    { "batch", 0, NEEDED, SBATCH, MZ_ACT_WARN, NULL, "any node will do" },

    { "ntasks-per-gpu", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "write --gpus" },
    { "gpus-per-socket", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "write --gpus-per-node" },
    { "mincpus", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "write --cpus-per-task" },
    { "tmp", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "disks of nodes are not known: remove it" },
    { "nodelist", 'w', NEEDED, SBATCH, MZ_ACT_REFUSE, NULL,
        "nodes are chosen by mizan: write #MIZAN --partners or --topology" },
    { "nodefile", 'F', NEEDED, SBATCH, MZ_ACT_REFUSE, NULL,
        "nodes are chosen by mizan: write #MIZAN --partners or --topology" },
    { "exclude", 'x', NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "drain the node: mizan drain" },
    { "clusters", 'M', NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "write #MIZAN --partners" },
    { "cluster-constraint", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "write #MIZAN --partners" },
    { "licenses", 'L', NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "licenses are not counted: remove it" },
    { "deadline", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "deadlines are not kept: remove it" },
    { "immediate", 'I', MAY, SBATCH, MZ_ACT_REFUSE, NULL, "jobs wait in a queue: remove it" },
    { "test-only", 0, NONE, SBATCH, MZ_ACT_REFUSE, NULL, "give --dry-run to mizan submit" },
    { "wrap", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "write the command behind --" },
    { "export-file", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "write #MIZAN --env=NAME=VALUE" },
    { "uid", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "jobs run as who submits them" },
    { "gid", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "jobs run as who submits them" },
    { "bb", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "burst buffers are not supported" },
    { "bbf", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "burst buffers are not supported" },
    { "container", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "start the container in the script" },
    { "reboot", 0, NONE, SBATCH, MZ_ACT_REFUSE, NULL, "nodes are not rebooted: remove it" },
    { "mcs-label", 0, NEEDED, SBATCH, MZ_ACT_REFUSE, NULL, "labels are not supported" },
};
const size_t mz_job_option_count = sizeof(mz_job_options) / sizeof(mz_job_options[0]);

enum { NAMES_MAX = 160 };
_Static_assert(sizeof(mz_job_options) / sizeof(mz_job_options[0]) <= NAMES_MAX, "nearest word");

static bool is_named(const struct mz_job_option *option, const char *name)
{
    return (name[0] && name[1] == '\0' && option->letter == name[0]) ||
        strcmp(option->name, name) == 0;
}

const struct mz_job_option *mz_job_option_find(const char *name, uint8_t where, bool shortened)
{
    const struct mz_job_option *found = NULL;
    size_t length = strlen(name);

    for (size_t i = 0; i < mz_job_option_count; i++) {
        if ((mz_job_options[i].where & where) && is_named(&mz_job_options[i], name))
            return &mz_job_options[i];
    }
    if (where == MZ_IN_MIZAN)
        return mz_job_option_find(name, MZ_IN_SBATCH, shortened);
    for (size_t i = 0; i < mz_job_option_count && shortened && length > 1; i++) {
        if (!(mz_job_options[i].where & where) ||
            strncmp(mz_job_options[i].name, name, length) != 0)
            continue;
        if (found)
            return NULL;
        found = &mz_job_options[i];
    }
    return found;
}

const char *mz_job_option_nearest(const char *name, uint8_t where)
{
    const char *names[NAMES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < mz_job_option_count; i++) {
        if (mz_job_options[i].where & where)
            names[count++] = mz_job_options[i].name;
    }
    return mz_nearest_word(name, names, count);
}

int32_t mz_jobfile_option_arity(const char *name)
{
    const struct mz_job_option *option = mz_job_option_find(name, MZ_IN_MIZAN, false);

    return !option ? -1 : option->value == MZ_VALUE_NEEDED;
}

const char *mz_jobfile_option_ignored(const char *name)
{
    const struct mz_job_option *option = mz_job_option_find(name, MZ_IN_MIZAN, false);

    return option && (option->action == MZ_ACT_WARN || option->action == MZ_ACT_ERROR) ? option->doc
                                                                                       : NULL;
}

static enum mz_status fail_unknown(const char *name, struct mz_error *err)
{
    const char *nearest = mz_job_option_nearest(name, MZ_IN_MIZAN);
    char printable[2 * MZ_SPEC_NAME_MAX];

    mz_text_printable(printable, sizeof(printable), name);
    if (nearest)
        return mz_fail(err, MZ_E_INPUT, "there is no option '%s%s': did you mean '--%s'?",
            strlen(name) == 1 ? "-" : "--", printable, nearest);
    return mz_fail(err, MZ_E_INPUT, "there is no option '%s%s': see mizan help submit",
        strlen(name) == 1 ? "-" : "--", printable);
}

enum mz_status mz_jobfile_option(struct mz_arena *arena, const char *name, const char *value,
    const char *directory, struct mz_job_spec *spec, struct mz_error *err)
{
    struct mz_job_spec copy = *spec;
    struct mz_diags diags;
    struct mz_job_reader reader = { { arena, &diags }, MZ_JOB_OPTION, directory, &copy };
    struct mz_job_sizes sizes = { .reader = &reader };
    const struct mz_job_option *option = mz_job_option_find(name, MZ_IN_MIZAN, false);
    const char *what;
    int32_t line;
    int32_t column;

    assert(!directory || directory[0] == '/');
    if (!option)
        return fail_unknown(name, err);
    what = mz_arena_printf(arena, "%s%s", strlen(name) == 1 ? "-" : "--", name);
    if (value && mz_bytes_find_bad(value, strlen(value), &line, &column))
        return mz_fail(err, MZ_E_INPUT, "the value of '%s' is not UTF-8 text", what);
    if (value && option->value == MZ_VALUE_NONE)
        return mz_fail(err, MZ_E_INPUT, "'%s' takes no value", what);
    if (!value && option->value == MZ_VALUE_NEEDED)
        return mz_fail(err, MZ_E_INPUT, "'%s' needs a value", what);
    mz_diags_init(&diags, arena);
    mz_job_option_apply(
        &sizes, option, what, value ? mz_arena_strdup(arena, value) : NULL, (struct mz_mark){ 0 });
    mz_job_options_finish(&sizes);
    if (diags.error_count > 0)
        return mz_job_fail(&diags, err);
    *spec = copy;
    return MZ_OK;
}
