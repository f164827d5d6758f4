/* slurm_observe.c - from what was read to an event: which jobs are ours, who uses the nodes
 *
 * Ours is what has an attempt's name of this install and, where the user is known, belongs to the
 * user that we submit as: anybody may give his job any name. All else that has nodes is a use.
 *
 * Where the nodes' own counts of what is in use are known (the commands tell them, slurmrestd up
 * to v0.0.38 does not), what no job accounts for is added: to a foreign job on that node that did
 * not state its GPUs or memory, else as a use by "others". Nodes and jobs are not read at one
 * instant; so only the smaller of two readings that follow each other is believed. */
#include "driver/slurm_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tally { /* what the jobs account for, by node */
    const char *name;
    int32_t node; /* index in the list */
    int64_t chips;
    int64_t cpus;
    int64_t memory_mib;
    int32_t unstated;   /* index of a foreign use of which something is not stated; -1: none */
    bool is_ours_whole; /* a job of ours without stated memory: Slurm gave it all that was left */
};

struct build {
    struct mz_slurm *slurm;
    const struct mz_slurm_list *list;
    struct tally *tallies; /* by name */
    int32_t tally_count;
    struct mz_remote_job *jobs;
    int32_t job_count;
    struct mz_remote_node *nodes;
    int32_t node_count;
    struct mz_remote_use *uses;
    size_t use_count;
    size_t use_capacity;
};

static int compare_tally(const void *a, const void *b)
{
    return strcmp(((const struct tally *)a)->name, ((const struct tally *)b)->name);
}

static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

static void add_nodes(struct build *build)
{
    const struct mz_slurm_list *list = build->list;
    const char *partition = build->slurm->keys->partition;
    size_t size = (size_t)list->node_count + 1;

    build->nodes = mz_arena_alloc(list->arena, size, sizeof(*build->nodes));
    build->tallies = mz_arena_alloc(list->arena, size, sizeof(*build->tallies));
    for (int32_t i = 0; i < list->node_count; i++) {
        const struct mz_slurm_node *node = &list->nodes[i];

        if (!node->name[0] || (partition && !has_word(node->partitions, partition)))
            continue;
        build->tallies[build->tally_count++] =
            (struct tally){ .name = node->name, .node = i, .unstated = -1 };
        build->nodes[build->node_count++] = (struct mz_remote_node){ .name = node->name,
            .is_up = node->is_up,
            .is_cordoned = node->is_cordoned,
            .chips = node->chips,
            .chip = node->chip,
            .cpus = node->cpus,
            .memory_mib = node->memory_mib,
            .reason = node->is_up && !node->is_cordoned ? "" : node->reason };
    }
    qsort(build->tallies, (size_t)build->tally_count, sizeof(*build->tallies), compare_tally);
}

static struct tally *find_tally(struct build *build, const char *name)
{
    struct tally key = { .name = name };

    return bsearch(&key, build->tallies, (size_t)build->tally_count, sizeof(key), compare_tally);
}

static bool is_ours(const struct build *build, const struct mz_slurm_job *job)
{
    int64_t number;
    int32_t n;

    return mz_attempt_name_parse(job->name, build->slurm->setup.install, &number, &n) &&
        (!build->list->user[0] || strcmp(job->user, build->list->user) == 0);
}

static struct mz_remote_use *add_use(struct build *build, const char *node, const char *job)
{
    struct mz_remote_use *use;

    build->uses = mz_arena_grow(build->list->arena, build->uses, build->use_count,
        build->use_count + 1, &build->use_capacity, sizeof(*build->uses));
    use = &build->uses[build->use_count++];
    *use = (struct mz_remote_use){ .node = node, .job = job };
    return use;
}

static void add_shares(struct build *build, const struct mz_slurm_job *job, bool is_foreign)
{
    const char *label = NULL;

    for (int32_t i = 0; i < job->share_count; i++) {
        const struct mz_slurm_share *share = &job->shares[i];
        struct tally *tally = find_tally(build, share->node);
        struct mz_remote_use *use;

        if (!tally)
            continue;
        tally->chips += share->chips > 0 ? share->chips : 0;
        tally->cpus += share->cpus;
        tally->memory_mib += share->memory_mib;
        if (!is_foreign) {
            tally->is_ours_whole |= share->memory_mib == 0;
            continue;
        }
        if (!label)
            label = mz_arena_printf(build->list->arena, "%s of %s", job->id, job->user);
        use = add_use(build, tally->name, label);
        use->chips = share->chips > 0 ? share->chips : 0;
        use->cpus = share->cpus;
        use->memory_mib = share->memory_mib;
        use->end_unix_s = job->end_s;
        if (share->chips < 0 || share->memory_mib == 0)
            tally->unstated = (int32_t)build->use_count - 1;
    }
}

static void add_jobs(struct build *build)
{
    const struct mz_slurm_list *list = build->list;

    build->jobs = mz_arena_alloc(list->arena, (size_t)list->job_count + 1, sizeof(*build->jobs));
    for (int32_t i = 0; i < list->job_count; i++) {
        const struct mz_slurm_job *job = &list->jobs[i];
        bool ours = is_ours(build, job);

        if (ours) {
            build->jobs[build->job_count++] = (struct mz_remote_job){ .name = job->name,
                .remote_id = job->id,
                .submit_s = job->submit_s,
                .state = job->state,
                .reason = job->reason };
        }
        if (job->state != MZ_REMOTE_ENDED)
            add_shares(build, job, !ours);
    }
}

static int compare_rest(const void *name, const void *use)
{
    return strcmp(name, ((const struct mz_slurm_rest_use *)use)->node);
}

/* They were found in the order of names. */
static const struct mz_slurm_rest_use *find_before(const struct mz_slurm *slurm, const char *node)
{
    return slurm->rest_count == 0 ? NULL
                                  : bsearch(node, slurm->rest_uses, (size_t)slurm->rest_count,
                                        sizeof(*slurm->rest_uses), compare_rest);
}

static int64_t less(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void add_rest(struct build *build, const struct tally *tally, struct mz_slurm_rest_use *now)
{
    const struct mz_slurm_rest_use *before = find_before(build->slurm, tally->name);
    int32_t chips = before ? (int32_t)less(before->chips, now->chips) : 0;
    int32_t cpus = before ? (int32_t)less(before->cpus, now->cpus) : 0;
    int64_t memory_mib = before ? less(before->memory_mib, now->memory_mib) : 0;
    struct mz_remote_use *use;

    if (chips == 0 && cpus == 0 && memory_mib == 0)
        return;
    use = tally->unstated >= 0 ? &build->uses[tally->unstated]
                               : add_use(build, tally->name, "others");
    use->chips += chips;
    use->cpus += cpus;
    use->memory_mib += memory_mib;
}

/* What the nodes count and no job accounts for. */
static void add_rests(struct build *build)
{
    struct mz_slurm *slurm = build->slurm;
    size_t size = (size_t)build->tally_count + 1;
    struct mz_slurm_rest_use *found = mz_xcalloc(size, sizeof(*found));
    int32_t count = 0;

    for (int32_t i = 0; i < build->tally_count; i++) {
        const struct tally *tally = &build->tallies[i];
        const struct mz_slurm_node *node = &build->list->nodes[tally->node];
        struct mz_slurm_rest_use now = {
            .chips = mz_slurm_count(node->used_chips - tally->chips),
            .cpus = mz_slurm_count(node->used_cpus - tally->cpus),
            .memory_mib =
                tally->is_ours_whole ? 0 : mz_slurm_mib(node->used_memory_mib - tally->memory_mib),
        };

        if (node->used_chips < 0)
            continue;
        if ((now.chips == 0 && now.cpus == 0 && now.memory_mib == 0) ||
            strlen(tally->name) >= sizeof(now.node))
            continue;
        (void)snprintf(now.node, sizeof(now.node), "%s", tally->name);
        add_rest(build, tally, &now);
        found[count++] = now;
    }
    free(slurm->rest_uses);
    slurm->rest_uses = found;
    slurm->rest_count = count;
}

void mz_slurm_observe_event(
    struct mz_slurm *slurm, const struct mz_slurm_list *list, struct mz_driver_event *event)
{
    struct build build = { .slurm = slurm, .list = list };

    add_nodes(&build);
    add_jobs(&build);
    add_rests(&build);
    event->job_count = build.job_count;
    event->jobs = build.jobs;
    event->node_count = build.node_count;
    event->nodes = build.nodes;
    event->use_count = (int32_t)build.use_count;
    event->uses = build.uses;
}
