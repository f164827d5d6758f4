/* option_sizes.c - what options say together: sizes from tasks, and the name of the output
 *
 * Slurm counts tasks; a job of ours has nodes, chips and CPUs of a node:
 *   nodes          as stated, else ceil(ntasks / ntasks-per-node)
 *   tasks of a node  ntasks-per-node, else ceil(ntasks / nodes), else 1
 *   cpus_per_node  tasks of a node x cpus-per-task, or chips of a node x cpus-per-gpu
 *   chips          tasks of a node x gpus-per-task on each node, else ntasks x gpus-per-task
 *   memory         of CPUs or chips of a node
 * Where tasks are stated and nodes are not, a job without chips lies on one node. */
#include "jobfile/options.h"

#include "base/text.h"
#include "jobfile/parse.h"

#include <string.h>

static void fail_size(struct mz_job_sizes *sizes, const char *what, int64_t value, int64_t max)
{
    mz_check_error(&sizes->reader->check, "M0115", sizes->task_mark, "the options ask for %lld %s",
        (long long)value, what)
        ->label = mz_arena_printf(sizes->reader->check.arena, "%lld at most", (long long)max);
}

static void put(
    struct mz_job_sizes *sizes, int32_t *field, const char *what, int64_t value, int64_t max)
{
    if (value > max)
        fail_size(sizes, what, value, max);
    else
        *field = (int32_t)value;
}

static void unknown(struct mz_job_sizes *sizes, const char *what)
{
    mz_diags_add(sizes->reader->check.diags, MZ_SEVERITY_WARNING, "M0221", sizes->task_mark,
        "the job asks for no %s", what)
        ->label = "nobody knows how much a node needs: write --nodes";
}

/* Chips of one node; 0: not known. */
static int64_t chips_of_node(const struct mz_job_spec *spec)
{
    if (spec->chips_per_node > 0)
        return spec->chips_per_node;
    if (spec->chips > 0 && spec->nodes > 0)
        return spec->chips / spec->nodes;
    return 0;
}

static void derive_nodes(struct mz_job_sizes *sizes)
{
    struct mz_job_spec *spec = sizes->reader->spec;

    if (spec->nodes > 0 || sizes->ntasks == 0)
        return;
    if (sizes->ntasks_per_node > 0) {
        put(sizes, &spec->nodes, "nodes",
            (sizes->ntasks + sizes->ntasks_per_node - 1) / sizes->ntasks_per_node,
            MZ_SPEC_NODES_MAX);
    } else if (spec->chips == 0 && spec->chips_per_node == 0 && sizes->gpus_per_task == 0) {
        spec->nodes = 1;
        if (sizes->ntasks > 1)
            mz_diags_add(sizes->reader->check.diags, MZ_SEVERITY_WARNING, "M0221", sizes->task_mark,
                "all %lld tasks are put on one node", (long long)sizes->ntasks)
                ->label = "write --nodes where they need more";
    }
}

void mz_job_sizes_derive(struct mz_job_sizes *sizes)
{
    struct mz_job_spec *spec = sizes->reader->spec;
    int64_t per_task = sizes->cpus_per_task > 0 ? sizes->cpus_per_task : 1;
    int64_t tasks = sizes->ntasks_per_node;
    int64_t chips;

    derive_nodes(sizes);
    if (tasks == 0 && spec->nodes > 0)
        tasks = sizes->ntasks > 0 ? (sizes->ntasks + spec->nodes - 1) / spec->nodes : 1;
    if (tasks == 0 && sizes->ntasks <= 1)
        tasks = 1;
    if (sizes->gpus_per_task > 0 && tasks > 0)
        put(sizes, &spec->chips_per_node, "chips on a node", tasks * sizes->gpus_per_task,
            MZ_SPEC_CHIPS_MAX);
    else if (sizes->gpus_per_task > 0)
        put(sizes, &spec->chips, "chips", sizes->ntasks * sizes->gpus_per_task, MZ_SPEC_CHIPS_MAX);
    chips = chips_of_node(spec);
    if (sizes->cpus_per_gpu > 0 && chips > 0)
        put(sizes, &spec->cpus_per_node, "CPUs on a node", chips * sizes->cpus_per_gpu,
            MZ_JOB_CPUS_MAX);
    else if ((sizes->ntasks > 0 || sizes->ntasks_per_node > 0 || sizes->cpus_per_task > 0) &&
        tasks > 0)
        put(sizes, &spec->cpus_per_node, "CPUs on a node", tasks * per_task, MZ_JOB_CPUS_MAX);
    else if (sizes->cpus_per_gpu > 0 || sizes->ntasks > 0)
        unknown(sizes, "CPUs");
    if (sizes->mem_per_gpu > 0 && chips > 0)
        put(sizes, &spec->memory_mib, "MiB on a node", chips * sizes->mem_per_gpu,
            MZ_JOB_MEMORY_MIB_MAX);
    else if (sizes->mem_per_cpu > 0 && spec->cpus_per_node > 0)
        put(sizes, &spec->memory_mib, "MiB on a node", spec->cpus_per_node * sizes->mem_per_cpu,
            MZ_JOB_MEMORY_MIB_MAX);
    else if (sizes->mem_per_gpu > 0 || sizes->mem_per_cpu > 0)
        unknown(sizes, "memory");
}

/* Replaces `from` by `to` wherever it stands behind an even number of %. */
static const char *replaced(
    struct mz_arena *arena, const char *pattern, const char *from, const char *to)
{
    struct mz_text text = { 0 };
    size_t length = strlen(from);
    const char *copy;

    for (const char *s = pattern; *s;) {
        if (strncmp(s, from, length) == 0) {
            mz_text_add(&text, to);
            s += length;
        } else if (s[0] == '%' && s[1] == '%') {
            mz_text_add(&text, "%%");
            s += 2;
        } else {
            mz_text_add_bytes(&text, s++, 1);
        }
    }
    copy = mz_arena_strdup(arena, mz_text_string(&text));
    mz_text_finish(&text);
    return copy;
}

/* The name as it may stand in a path: no %, no slash. */
static const char *name_for_path(struct mz_arena *arena, const char *name)
{
    char *copy = mz_arena_strdup(arena, name ? name : "job");

    for (char *s = copy; *s; s++) {
        if (*s == '%' || *s == '/')
            *s = '_';
    }
    return copy;
}

static void set_output(struct mz_job_sizes *sizes)
{
    struct mz_arena *arena = sizes->reader->check.arena;
    const char *array[] = { "%A_%a", "%A-%a", "%A.%a", "%A", "%a" };
    const char *pattern = sizes->output;
    const char *before;
    struct mz_node node = { .kind = MZ_NODE_SCALAR, .mark = sizes->output_mark };

    pattern = replaced(arena, pattern, "%x", name_for_path(arena, sizes->reader->spec->name));
    before = pattern;
    for (size_t i = 0; i < sizeof(array) / sizeof(array[0]); i++)
        pattern = replaced(arena, pattern, array[i], "%j");
    if (strcmp(before, pattern) != 0)
        mz_diags_add(sizes->reader->check.diags, MZ_SEVERITY_WARNING, "M0221", sizes->output_mark,
            "%%A and %%a become %%j")
            ->label = "each element of an array is a job with a number of its own";
    node.text = pattern;
    mz_job_set(sizes->reader, mz_job_key_at("output"), "--output", false, &node);
}

static void check_sizes(struct mz_job_sizes *sizes)
{
    struct mz_error err = { MZ_OK, "" };

    if (sizes->reader->check.diags->error_count == 0 &&
        mz_job_sizes_check(sizes->reader->spec, &err) != MZ_OK)
        mz_check_error(&sizes->reader->check, "M0209",
            sizes->size_mark.line ? sizes->size_mark : sizes->task_mark, "%s", err.text);
}

void mz_job_options_finish(struct mz_job_sizes *sizes)
{
    if (sizes->whole) {
        mz_job_sizes_derive(sizes);
        check_sizes(sizes);
    }
    if (sizes->output)
        set_output(sizes);
    if (sizes->error && (!sizes->output || strcmp(sizes->error, sizes->output) != 0))
        mz_diags_add(sizes->reader->check.diags, MZ_SEVERITY_WARNING, "M0221", sizes->error_mark,
            "'--error' is ignored")
            ->label = "stderr goes where stdout goes";
}
