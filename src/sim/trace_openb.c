/* trace_openb.c - openb (Alibaba, cluster-trace-gpu-v2023, as in FGD, ATC'23): pods and nodes
 *
 * Pods: name,cpu_milli,memory_mib,num_gpu,gpu_milli, and where a variant has them
 * gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time. Times are seconds from the
 * begin of the trace. A pod lies on one node, so its required level is the node. It is submitted at
 * its creation and runs from when it was scheduled (its creation, when it never was) until its
 * deletion. Priority by qos: LS and Guaranteed 2, Burstable 1, BE 0. No pod is skipped: packing
 * takes all of them, whatever their phase was. chip_milli of a pod without GPU is 1000.
 *
 * Nodes: sn,cpu_milli,memory_mib,gpu,model.
 */
#include "base/text.h"
#include "sim/trace_field.h"
#include "sim/trace_kinds.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    POD_NAME,
    POD_CPU,
    POD_MEMORY,
    POD_GPUS,
    POD_GPU_MILLI,
    POD_SPEC,
    POD_QOS,
    POD_PHASE,
    POD_CREATED,
    POD_DELETED,
    POD_SCHEDULED,
    POD_COLUMN_COUNT
};

static const char *const pod_names[POD_COLUMN_COUNT] = { "name", "cpu_milli", "memory_mib",
    "num_gpu", "gpu_milli", "gpu_spec", "qos", "pod_phase", "creation_time", "deletion_time",
    "scheduled_time" };
static const struct mz_trace_columns pod_columns = {
    .kind = "an openb pod list",
    .names = pod_names,
    .count = POD_COLUMN_COUNT,
    .required = (UINT32_C(1) << POD_SPEC) - 1,
};

static enum mz_status read_pod_size(
    const struct mz_trace_table *table, struct mz_trace_job *job, struct mz_error *err)
{
    const int32_t size_max = MZ_UNLIMITED - 1;
    int32_t milli = 0;
    const char *problem = NULL;
    enum mz_status status = mz_trace_table_int32(table, POD_CPU, 0, size_max, &job->cpu_milli, err);

    if (status == MZ_OK)
        status = mz_trace_table_int32(table, POD_MEMORY, 0, size_max, &job->memory_mib, err);
    if (status == MZ_OK)
        status = mz_trace_table_int32(table, POD_GPUS, 0, MZ_TRACE_CHIPS_MAX, &job->chips, err);
    if (status == MZ_OK)
        status = mz_trace_table_int32(table, POD_GPU_MILLI, 0, MZ_MILLI, &milli, err);
    if (status != MZ_OK)
        return status;
    if (job->chips == 0 && milli != 0)
        problem = "gpu_milli has to be 0 when num_gpu is 0";
    else if (job->chips > 0 && milli == 0)
        problem = "gpu_milli is 0 but num_gpu is not";
    else if (job->chips > 1 && milli < MZ_MILLI)
        problem = "gpu_milli below 1000 needs num_gpu to be 1: only one GPU can be shared";
    if (problem)
        return mz_fail(
            err, MZ_E_RANGE, "%s:%d: %s", table->lines->name, (int)table->lines->line, problem);
    job->chip_milli = job->chips > 0 ? milli : MZ_MILLI;
    return MZ_OK;
}

static enum mz_status read_pod_times(
    const struct mz_trace_table *table, struct mz_trace_job *job, struct mz_error *err)
{
    int64_t deleted_us = -1;
    int64_t scheduled_us = -1;
    int64_t start_us;
    enum mz_status status = mz_trace_table_seconds(table, POD_CREATED, &job->submit_us, err);

    if (status == MZ_OK)
        status = mz_trace_table_seconds(table, POD_DELETED, &deleted_us, err);
    if (status == MZ_OK)
        status = mz_trace_table_seconds(table, POD_SCHEDULED, &scheduled_us, err);
    if (status != MZ_OK)
        return status;
    start_us = scheduled_us >= 0 ? scheduled_us : job->submit_us;
    if (start_us < 0 || deleted_us < 0)
        return MZ_OK;
    if (deleted_us < start_us)
        return mz_fail(err, MZ_E_RANGE, "%s:%d: deletion_time lies before %s", table->lines->name,
            (int)table->lines->line, pod_names[scheduled_us >= 0 ? POD_SCHEDULED : POD_CREATED]);
    job->run_us = deleted_us - start_us;
    return MZ_OK;
}

static enum mz_status read_pod_words(const struct mz_trace_table *table,
    struct mz_trace_build *build, struct mz_trace_job *job, struct mz_error *err)
{
    static const struct {
        const char *word;
        int32_t priority;
    } classes[] = { { "", 0 }, { "BE", 0 }, { "Burstable", 1 }, { "LS", 2 }, { "Guaranteed", 2 } };
    struct mz_trace_place place;
    const char *name = "";
    const char *spec = "";
    const char *qos = "";
    enum mz_status status = mz_trace_table_text(table, POD_NAME, &name, err);

    if (status == MZ_OK)
        status = mz_trace_table_text(table, POD_SPEC, &spec, err);
    if (status == MZ_OK)
        status = mz_trace_table_text(table, POD_QOS, &qos, err);
    if (status != MZ_OK)
        return status;
    if (!mz_trace_chips_well_formed(spec)) {
        place = mz_trace_table_place(table, POD_SPEC);
        return mz_trace_field_fail(
            &place, MZ_E_PARSE, spec, "models with '|' between them are expected", err);
    }
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (strcmp(qos, classes[i].word) != 0)
            continue;
        job->priority = classes[i].priority;
        job->name = mz_arena_strdup(build->arena, name);
        job->chip = mz_trace_word_text(build, &build->chips, spec);
        return MZ_OK;
    }
    place = mz_trace_table_place(table, POD_QOS);
    return mz_trace_field_fail(
        &place, MZ_E_PARSE, qos, "LS, Guaranteed, Burstable, BE or nothing is expected", err);
}

enum mz_status mz_trace_read_openb(
    struct mz_trace_build *build, struct mz_trace_lines *lines, struct mz_error *err)
{
    struct mz_trace_table table;
    enum mz_status status = mz_trace_table_begin(&table, lines, &pod_columns, err);
    bool more = true;

    while (status == MZ_OK) {
        struct mz_trace_job job;

        status = mz_trace_table_next(&table, &more, err);
        if (status != MZ_OK || !more)
            break;
        job = mz_trace_job_default(lines->line);
        job.required = MZ_LEVEL_NODE;
        status = read_pod_size(&table, &job, err);
        if (status == MZ_OK)
            status = read_pod_times(&table, &job, err);
        if (status == MZ_OK)
            status = read_pod_words(&table, build, &job, err);
        if (status == MZ_OK)
            status = mz_trace_build_add(build, &job, err);
    }
    return status;
}

/* Nodes */

enum { NODE_NAME, NODE_CPU, NODE_MEMORY, NODE_GPUS, NODE_MODEL, NODE_COLUMN_COUNT };
enum { NODE_NAME_LENGTH_MAX = MZ_NODE_NAME_MAX - 16 /* room for the number of a copy */ };

static const char *const node_names[] = { "sn", "cpu_milli", "memory_mib", "gpu", "model" };
static const struct mz_trace_columns node_columns = {
    .kind = "an openb node list",
    .names = node_names,
    .count = NODE_COLUMN_COUNT,
    .required = (UINT32_C(1) << NODE_MODEL) - 1,
    .present = UINT32_C(1) << NODE_MODEL,
};

struct node_list {
    struct mz_arena *arena; /* dies with the reading: mz_fleet_create copies names */
    struct mz_names *names; /* of nodes, to notice the same one twice */
    struct mz_trace_build words;
    struct mz_node_spec *nodes; /* heap */
    size_t capacity;
    int32_t count;
    int32_t scale;
};

static enum mz_status read_node(const struct mz_trace_table *table, struct node_list *list,
    struct mz_node_spec *node, struct mz_error *err)
{
    const int32_t size_max = MZ_UNLIMITED - 1;
    struct mz_trace_place place = mz_trace_table_place(table, NODE_MODEL);
    const char *name = "";
    const char *model = "";
    enum mz_status status = mz_trace_table_text(table, NODE_NAME, &name, err);

    *node = (struct mz_node_spec){ .chip = -1, .rack = -1, .spine = -1 };
    if (status == MZ_OK)
        status = mz_trace_table_int32(table, NODE_CPU, 1, size_max, &node->cpu_milli, err);
    if (status == MZ_OK)
        status = mz_trace_table_int32(table, NODE_MEMORY, 1, size_max, &node->memory_mib, err);
    if (status == MZ_OK)
        status =
            mz_trace_table_int32(table, NODE_GPUS, 0, MZ_NODE_CHIP_COUNT_MAX, &node->chips, err);
    if (status == MZ_OK)
        status = mz_trace_table_text(table, NODE_MODEL, &model, err);
    if (status != MZ_OK)
        return status;
    if ((node->chips > 0) != (*model != '\0') || strchr(model, '|'))
        return mz_trace_field_fail(&place, MZ_E_PARSE, model,
            node->chips > 0 ? "the model of the node's GPUs is expected"
                            : "a node without GPUs has no model",
            err);
    if (strlen(name) > NODE_NAME_LENGTH_MAX)
        return mz_fail(err, MZ_E_LIMIT, "%s:%d: a node name of more than %d bytes",
            table->lines->name, (int)table->lines->line, (int)NODE_NAME_LENGTH_MAX);
    node->chip = mz_trace_word(&list->words, &list->words.chips, model);
    if (list->words.chips.count > MZ_FLEET_CHIP_COUNT_MAX)
        return mz_fail(err, MZ_E_LIMIT, "%s:%d: more than %d models", table->lines->name,
            (int)table->lines->line, (int)MZ_FLEET_CHIP_COUNT_MAX);
    node->name = mz_arena_strdup(list->arena, name);
    return MZ_OK;
}

static enum mz_status add_node(const struct mz_trace_table *table, struct node_list *list,
    const struct mz_node_spec *node, struct mz_error *err)
{
    char shown[64];

    if (list->count >= MZ_NODE_COUNT_MAX / list->scale)
        return mz_fail(err, MZ_E_LIMIT, "%s:%d: more than %d nodes, each taken %d times",
            table->lines->name, (int)table->lines->line, (int)MZ_NODE_COUNT_MAX / list->scale,
            (int)list->scale);
    if (mz_names_add(list->names, node->name, list->count) >= 0)
        return mz_fail(err, MZ_E_PARSE, "%s:%d: node '%s' is there twice", table->lines->name,
            (int)table->lines->line, mz_text_printable(shown, sizeof(shown), node->name));
    if ((size_t)list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 1024;
        list->nodes = mz_xrealloc(list->nodes, list->capacity, sizeof(*list->nodes));
    }
    list->nodes[list->count++] = *node;
    return MZ_OK;
}

/* The whole list again for each further copy; its nodes are "NAME.2", "NAME.3" and so on. */
static void replicate(struct node_list *list)
{
    size_t count = (size_t)list->count;

    list->nodes = mz_xrealloc(list->nodes, count * (size_t)list->scale, sizeof(*list->nodes));
    for (int32_t copy = 1; copy < list->scale; copy++) {
        struct mz_node_spec *to = list->nodes + count * (size_t)copy;

        memcpy(to, list->nodes, count * sizeof(*to));
        for (size_t i = 0; i < count; i++)
            to[i].name = mz_arena_printf(list->arena, "%s.%d", list->nodes[i].name, copy + 1);
    }
    list->count *= list->scale;
}

static enum mz_status read_nodes(
    struct node_list *list, struct mz_trace_lines *lines, struct mz_error *err)
{
    struct mz_trace_table table;
    enum mz_status status = mz_trace_table_begin(&table, lines, &node_columns, err);
    bool more = true;

    while (status == MZ_OK) {
        struct mz_node_spec node;

        status = mz_trace_table_next(&table, &more, err);
        if (status != MZ_OK || !more)
            break;
        status = read_node(&table, list, &node, err);
        if (status == MZ_OK)
            status = add_node(&table, list, &node, err);
    }
    if (status == MZ_OK && list->count == 0)
        return mz_fail(err, MZ_E_PARSE, "%s:%d: no node in it", lines->name, (int)lines->line);
    return status;
}

static enum mz_status make_fleet(struct mz_arena *arena, const struct node_list *list,
    struct mz_fleet **ret_fleet, struct mz_error *err)
{
    static const char *const partner = "openb";
    const struct mz_fleet_site site = { .name = "openb" };
    const struct mz_fleet_spec spec = {
        .partner_count = 1,
        .partner_names = &partner,
        .site_count = 1,
        .sites = &site,
        .chip_count = list->words.chips.count,
        .chip_names = list->words.chips.list,
        .node_count = list->count,
        .nodes = list->nodes,
    };

    return mz_fleet_create(arena, &spec, ret_fleet, err);
}

static enum mz_status read_fleet(struct mz_arena *arena, struct mz_trace_lines *lines,
    int32_t scale, struct mz_fleet **ret_fleet, struct mz_error *err)
{
    struct node_list list = { .arena = mz_arena_create(), .scale = scale };
    enum mz_status status;

    assert(scale >= 1);
    list.names = mz_names_create(list.arena);
    mz_trace_build_init(&list.words, list.arena, lines->name);
    status = read_nodes(&list, lines, err);
    if (status == MZ_OK) {
        replicate(&list);
        status = make_fleet(arena, &list, ret_fleet, err);
    }
    free(list.nodes);
    mz_trace_build_finish(&list.words);
    mz_arena_free(list.arena);
    return status;
}

enum mz_status mz_trace_read_nodes(struct mz_arena *arena, const char *path, int32_t scale,
    struct mz_fleet **ret_fleet, struct mz_error *err)
{
    struct mz_trace_lines lines;
    enum mz_status status = mz_trace_lines_open(&lines, path, err);

    if (status != MZ_OK)
        return status;
    status = read_fleet(arena, &lines, scale, ret_fleet, err);
    mz_trace_lines_finish(&lines);
    return status;
}

enum mz_status mz_trace_read_nodes_bytes(struct mz_arena *arena, const char *name,
    const char *bytes, size_t length, int32_t scale, struct mz_fleet **ret_fleet,
    struct mz_error *err)
{
    struct mz_trace_lines lines;
    enum mz_status status;

    mz_trace_lines_memory(&lines, name, bytes, length);
    status = read_fleet(arena, &lines, scale, ret_fleet, err);
    mz_trace_lines_finish(&lines);
    return status;
}
