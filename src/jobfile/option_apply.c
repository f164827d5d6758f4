/* option_apply.c - what each option does to a job
 * Options that set one key hand a node to the reader of keys; the others are here. */
#include "jobfile/options.h"

#include "base/text.h"
#include "jobfile/parse.h"

#include <assert.h>
#include <string.h>

static const int64_t slurm_signal_lead_us = 60 * INT64_C(1000000);

static struct mz_diag *error_at(struct mz_job_sizes *sizes, const char *code, struct mz_mark mark,
    const char *what, const char *value, const char *label)
{
    struct mz_diag *diag = mz_check_error(
        &sizes->reader->check, code, mark, "'%s' cannot be '%.100s'", what, value ? value : "");

    diag->label = label;
    return diag;
}

static void warn(
    struct mz_job_sizes *sizes, struct mz_mark mark, const char *what, const char *label)
{
    mz_diags_add(
        sizes->reader->check.diags, MZ_SEVERITY_WARNING, "M0221", mark, "'%s' is ignored", what)
        ->label = label;
}

static bool set_key(struct mz_job_sizes *sizes, const char *path, const char *what,
    const char *value, struct mz_mark mark)
{
    struct mz_node node = {
        .kind = MZ_NODE_SCALAR, .height = 1, .size = 1, .quoted = true, .mark = mark, .text = value
    };

    return mz_job_set(sizes->reader, mz_job_key_at(path), what, false, &node);
}

/* "a,b" as a list; the nodes stay in the arena. */
static void set_list(struct mz_job_sizes *sizes, const char *path, const char *what,
    const char *value, struct mz_mark mark)
{
    struct mz_arena *arena = sizes->reader->check.arena;
    struct mz_node list = { .kind = MZ_NODE_LIST, .mark = mark };
    const char *s = value;

    for (;; s++) {
        size_t length = strcspn(s, ",");
        struct mz_node *node = mz_arena_alloc(arena, 1, sizeof(*node));

        *node = (struct mz_node){ .kind = MZ_NODE_SCALAR,
            .quoted = true,
            .mark = mark,
            .text = mz_arena_strndup(arena, s, length) };
        list.entries = mz_arena_grow(
            arena, list.entries, list.count, list.count + 1, &list.capacity, sizeof(*list.entries));
        list.entries[list.count++] = (struct mz_entry){ .key_mark = mark, .value = node };
        s += length;
        if (*s == '\0')
            break;
    }
    mz_job_set(sizes->reader, mz_job_key_at(path), what, false, &list);
}

static void set_chip_kind(struct mz_job_sizes *sizes, const char *kind)
{
    const char **names;

    if (!kind)
        return;
    names = mz_arena_alloc(sizes->reader->check.arena, 1, sizeof(*names));
    names[0] = kind;
    sizes->reader->spec->chip_names = names;
    sizes->reader->spec->chip_count = 1;
}

static bool parse_chips(struct mz_job_sizes *sizes, const char *what, const char *value,
    struct mz_mark mark, int64_t *ret_count)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_node node = { .kind = MZ_NODE_SCALAR, .mark = mark, .text = value };
    const char *kind = NULL;

    if (mz_job_chips_parse(sizes->reader->check.arena, value, MZ_SPEC_CHIPS_MAX, &kind, ret_count,
            &err) != MZ_OK) {
        mz_job_report(sizes->reader, what, &node, "M0203", &err);
        return false;
    }
    set_chip_kind(sizes, kind);
    return true;
}

static void set_chips(struct mz_job_sizes *sizes, const char *key, const char *what,
    const char *value, struct mz_mark mark)
{
    int64_t count = 0;

    if (!parse_chips(sizes, what, value, mark, &count))
        return;
    if (strcmp(key, "chips") == 0)
        sizes->reader->spec->chips = (int32_t)count;
    else
        sizes->reader->spec->chips_per_node = (int32_t)count;
}

/* gpu, gpu:8, gpu:h100, gpu:h100:8, on each node */
static void set_gres(
    struct mz_job_sizes *sizes, const char *what, const char *value, struct mz_mark mark)
{
    const char *rest = strncmp(value, "gres/", 5) == 0 ? value + 5 : value;
    const char *last;

    if (strcmp(rest, "none") == 0)
        return;
    if (strchr(rest, ',')) {
        error_at(sizes, "M0222", mark, what, value, "a job has one kind of chip: gpu:h100:8");
        return;
    }
    if (strncmp(rest, "gpu", 3) != 0 || (rest[3] && rest[3] != ':')) {
        error_at(sizes, "M0222", mark, what, value, "only gpu is known: gpu:8 or gpu:h100:8");
        return;
    }
    last = strrchr(rest, ':');
    if (!last || strspn(last + 1, "0123456789") != strlen(last + 1) || last[1] == '\0')
        rest = mz_arena_printf(sizes->reader->check.arena, "%s:1", rest);
    set_chips(sizes, "chips_per_node", what, rest + 4, mark);
}

static void set_memory(
    struct mz_job_sizes *sizes, const char *what, const char *value, struct mz_mark mark)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_node node = { .kind = MZ_NODE_SCALAR, .mark = mark, .text = value };
    int64_t mib = 0;

    if (mz_job_memory_parse(value, true, MZ_JOB_MEMORY_MIB_MAX, &mib, &err) != MZ_OK) {
        mz_job_report(sizes->reader, what, &node, "M0203", &err);
        return;
    }
    if (mib == 0)
        warn(sizes, mark, mz_arena_printf(sizes->reader->check.arena, "%s=0", what),
            "no memory is asked for: write how much the job needs");
    sizes->reader->spec->memory_mib = (int32_t)mib;
}

static void set_task(struct mz_job_sizes *sizes, const struct mz_job_option *option,
    const char *what, const char *value, struct mz_mark mark)
{
    const struct {
        const char *name;
        int64_t *field;
        int64_t max;
    } tasks[] = {
        { "ntasks", &sizes->ntasks, MZ_SPEC_CHIPS_MAX },
        { "ntasks_per_node", &sizes->ntasks_per_node, MZ_JOB_CPUS_MAX },
        { "cpus_per_task", &sizes->cpus_per_task, MZ_JOB_CPUS_MAX },
        { "gpus_per_task", &sizes->gpus_per_task, MZ_SPEC_CHIPS_MAX },
        { "cpus_per_gpu", &sizes->cpus_per_gpu, MZ_JOB_CPUS_MAX },
        { "mem_per_cpu", &sizes->mem_per_cpu, MZ_JOB_MEMORY_MIB_MAX },
        { "mem_per_gpu", &sizes->mem_per_gpu, MZ_JOB_MEMORY_MIB_MAX },
    };
    struct mz_error err = { MZ_OK, "" };
    struct mz_node node = { .kind = MZ_NODE_SCALAR, .mark = mark, .text = value };
    enum mz_status status;
    size_t i = 0;

    if (!sizes->whole) {
        if (strcmp(option->key, "cpus_per_task") == 0)
            set_key(sizes, "cpus_per_node", what, value, mark);
        else
            mz_check_error(&sizes->reader->check, "M0222", mark,
                "'%s' has a meaning only in a script with #SBATCH lines", what)
                ->label = "write --nodes, --chips-per-node, --cpus-per-node and --mem";
        return;
    }
    while (strcmp(tasks[i].name, option->key) != 0)
        i++;
    if (strcmp(option->key, "gpus_per_task") == 0) {
        if (parse_chips(sizes, what, value, mark, tasks[i].field))
            sizes->task_mark = mark;
        return;
    }
    status = strncmp(option->key, "mem", 3) == 0
        ? mz_job_memory_parse(value, true, tasks[i].max, tasks[i].field, &err)
        : mz_job_count_parse(value, 1, tasks[i].max, tasks[i].field, &err);
    if (status != MZ_OK)
        mz_job_report(sizes->reader, what, &node, "M0203", &err);
    else
        sizes->task_mark = mark;
}

static void set_signal(
    struct mz_job_sizes *sizes, const char *what, const char *value, struct mz_mark mark)
{
    const char *signal = strncmp(value, "B:", 2) == 0 ? value + 2 : value;
    bool timed = strchr(signal, '@') != NULL;

    if (set_key(sizes, "checkpoint.signal", what, signal, mark) && !timed)
        sizes->reader->spec->checkpoint_lead_us = slurm_signal_lead_us;
}

static void put_env(
    struct mz_job_sizes *sizes, const char *what, const char *text, struct mz_mark mark)
{
    const char *equals = strchr(text, '=');

    if (!equals)
        error_at(sizes, "M0208", mark, what, text, "write NAME=VALUE");
    else
        mz_job_env_put(sizes->reader, what,
            mz_arena_strndup(sizes->reader->check.arena, text, (size_t)(equals - text)), equals + 1,
            mark);
}

static void set_export(
    struct mz_job_sizes *sizes, const char *what, const char *value, struct mz_mark mark)
{
    struct mz_arena *arena = sizes->reader->check.arena;
    const char *s = value;
    bool all = false;

    for (;; s++) {
        size_t length = strcspn(s, ",");
        const char *part = mz_arena_strndup(arena, s, length);

        if (strcmp(part, "ALL") == 0)
            all = true;
        else if (strcmp(part, "NONE") == 0 || strcmp(part, "NIL") == 0)
            error_at(sizes, "M0222", mark, what, part,
                "a job has the environment of its node: start the program with env -i");
        else if (!strchr(part, '='))
            error_at(sizes, "M0222", mark, what, part,
                "the environment of mizan submit is not copied: write NAME=VALUE");
        else
            put_env(sizes, what, part, mark);
        s += length;
        if (*s == '\0')
            break;
    }
    if (!all && strchr(value, '='))
        mz_diags_add(sizes->reader->check.diags, MZ_SEVERITY_WARNING, "M0221", mark,
            "'%s' without ALL", what)
            ->label = "these are added to the environment of the node";
}

static void set_recovery(
    struct mz_job_sizes *sizes, const char *what, const char *value, struct mz_mark mark)
{
    if (strcmp(value, "job") == 0)
        sizes->reader->spec->restart_on_failure = true;
    else if (strcmp(value, "none") == 0)
        sizes->reader->spec->restart_on_failure = false;
    else
        error_at(sizes, "M0116", mark, what, value, "write job or none");
}

static void set_only(struct mz_job_sizes *sizes, const struct mz_job_option *option,
    const char *what, const char *value, struct mz_mark mark)
{
    if (strcmp(value, option->key) != 0)
        error_at(sizes, "M0222", mark, what, value, option->doc);
}

static void set_own(struct mz_job_sizes *sizes, const struct mz_job_option *option,
    const char *what, const char *value, struct mz_mark mark)
{
    struct mz_job_spec *spec = sizes->reader->spec;
    struct mz_job_spec standard = mz_job_spec_default();

    switch (option->action) {
    case MZ_ACT_GRES: set_gres(sizes, what, value, mark); break;
    case MZ_ACT_MEMORY: set_memory(sizes, what, value, mark); break;
    case MZ_ACT_SIGNAL: set_signal(sizes, what, value, mark); break;
    case MZ_ACT_REQUEUE:
        spec->max_restarts = spec->max_restarts ? spec->max_restarts : standard.max_restarts;
        break;
    case MZ_ACT_NO_REQUEUE: spec->max_restarts = 0; break;
    case MZ_ACT_RECOVERY: set_recovery(sizes, what, value, mark); break;
    case MZ_ACT_EXPORT: set_export(sizes, what, value, mark); break;
    case MZ_ACT_ENV: put_env(sizes, what, value, mark); break;
    case MZ_ACT_OUTPUT:
        sizes->output = value;
        sizes->output_mark = mark;
        break;
    case MZ_ACT_ERROR:
        sizes->error = value;
        sizes->error_mark = mark;
        break;
    case MZ_ACT_ONLY: set_only(sizes, option, what, value, mark); break;
    case MZ_ACT_WARN: warn(sizes, mark, what, option->doc); break;
    case MZ_ACT_REFUSE:
        mz_check_error(&sizes->reader->check, "M0222", mark, "'%s' is not supported", what)->label =
            option->doc;
        break;
    case MZ_ACT_NOTHING:
    case MZ_ACT_KEY:
    case MZ_ACT_LIST:
    case MZ_ACT_TRUE:
    case MZ_ACT_FALSE:
    case MZ_ACT_CHIPS:
    case MZ_ACT_TASK:
    case MZ_ACT_PASS: break;
    }
}

void mz_job_option_apply(struct mz_job_sizes *sizes, const struct mz_job_option *option,
    const char *what, const char *value, struct mz_mark mark)
{
    assert((option->value != MZ_VALUE_NEEDED) || value);
    if (option->key && (strcmp(option->key, "nodes") == 0 || strncmp(option->key, "chips", 5) == 0))
        sizes->size_mark = mark;
    switch (option->action) {
    case MZ_ACT_KEY: set_key(sizes, option->key, what, value, mark); break;
    case MZ_ACT_LIST: set_list(sizes, option->key, what, value, mark); break;
    case MZ_ACT_TRUE: set_key(sizes, option->key, what, "true", mark); break;
    case MZ_ACT_FALSE: set_key(sizes, option->key, what, "false", mark); break;
    case MZ_ACT_CHIPS: set_chips(sizes, option->key, what, value, mark); break;
    case MZ_ACT_TASK: set_task(sizes, option, what, value, mark); break;
    case MZ_ACT_PASS: mz_job_pass_put(sizes->reader, what, "*", option->key, value, mark); break;
    case MZ_ACT_GRES:
    case MZ_ACT_MEMORY:
    case MZ_ACT_SIGNAL:
    case MZ_ACT_REQUEUE:
    case MZ_ACT_NO_REQUEUE:
    case MZ_ACT_RECOVERY:
    case MZ_ACT_EXPORT:
    case MZ_ACT_ENV:
    case MZ_ACT_OUTPUT:
    case MZ_ACT_ERROR:
    case MZ_ACT_ONLY:
    case MZ_ACT_NOTHING:
    case MZ_ACT_WARN:
    case MZ_ACT_REFUSE: set_own(sizes, option, what, value, mark); break;
    }
}
