/* slurm_words.c - notations that every Slurm interface uses: host lists, gres, memory, states
 *
 * Host lists: names with commas between them; a bracket holds numbers and ranges, leading zeros
 * give the width, and a name may have several brackets ("rack[1-2]n[01-16]"). Limits:
 * MZ_SLURM_NODE_COUNT_MAX names, MZ_SLURM_NAME_MAX bytes a name, HOST_BRACKETS_MAX in a name.
 * Gres: gpu[:KIND][:COUNT], with "gres:" or "gres/" before it and "(IDX:0-3)" or "=COUNT" behind
 * it, as the version and the place like it. */
#include "driver/slurm_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HOST_BRACKETS_MAX = 8 };

struct hosts {
    struct mz_arena *arena;
    char **names;
    size_t count;
    size_t capacity;
};

struct mz_slurm_job *mz_slurm_list_add_job(struct mz_slurm_list *list)
{
    struct mz_slurm_job *job;

    list->jobs = mz_arena_grow(list->arena, list->jobs, (size_t)list->job_count,
        (size_t)list->job_count + 1, &list->job_capacity, sizeof(*list->jobs));
    job = &list->jobs[list->job_count++];
    *job = (struct mz_slurm_job){ .id = "", .name = "", .user = "", .reason = "" };
    return job;
}

struct mz_slurm_node *mz_slurm_list_add_node(struct mz_slurm_list *list)
{
    struct mz_slurm_node *node;

    list->nodes = mz_arena_grow(list->arena, list->nodes, (size_t)list->node_count,
        (size_t)list->node_count + 1, &list->node_capacity, sizeof(*list->nodes));
    node = &list->nodes[list->node_count++];
    *node = (struct mz_slurm_node){
        .name = "", .chip = "", .reason = "", .partitions = "", .used_chips = -1
    };
    return node;
}

void mz_slurm_job_share(struct mz_slurm_list *list, struct mz_slurm_job *job, const char *nodes,
    int32_t cpus_total, int32_t chips, int64_t memory_mib)
{
    char **names;
    int32_t count;

    if (!mz_slurm_hosts(list->arena, nodes, &names, &count) || count == 0)
        return;
    job->shares = mz_arena_alloc(list->arena, (size_t)count, sizeof(*job->shares));
    job->share_count = count;
    for (int32_t i = 0; i < count; i++) {
        job->shares[i] = (struct mz_slurm_share){ .node = names[i],
            .chips = chips,
            .cpus = cpus_total / count + (cpus_total % count > 0),
            .memory_mib = memory_mib };
    }
}

static bool add_host(struct hosts *hosts, const char *name, size_t length)
{
    if (length == 0 || length >= MZ_SLURM_NAME_MAX || hosts->count >= MZ_SLURM_NODE_COUNT_MAX)
        return false;
    hosts->names = mz_arena_grow(hosts->arena, hosts->names, hosts->count, hosts->count + 1,
        &hosts->capacity, sizeof(*hosts->names));
    hosts->names[hosts->count++] = mz_arena_strndup(hosts->arena, name, length);
    return true;
}

/* A number of at most nine digits; *ret_width is their count. */
static const char *read_number(const char *text, const char *end, int32_t *ret, int32_t *ret_width)
{
    const char *at = text;
    int32_t value = 0;

    while (at < end && *at >= '0' && *at <= '9' && at - text < 9)
        value = value * 10 + (*at++ - '0');
    *ret = value;
    *ret_width = (int32_t)(at - text);
    return at == text ? NULL : at;
}

static bool expand(
    struct hosts *hosts, const char *prefix, const char *text, const char *end, int32_t depth);

/* "1-3,7" between brackets: each number behind the prefix, then the rest of the name. */
static bool expand_ranges(struct hosts *hosts, const char *prefix, const char *open,
    const char *close, const char *end, int32_t depth)
{
    const char *at = open;
    char name[MZ_SLURM_NAME_MAX];

    while (at < close) {
        int32_t first;
        int32_t last;
        int32_t width;
        int32_t last_width;

        at = read_number(at, close, &first, &width);
        if (!at)
            return false;
        last = first;
        if (at < close && *at == '-') {
            at = read_number(at + 1, close, &last, &last_width);
            if (!at)
                return false;
        }
        if (last < first || last - first >= MZ_SLURM_NODE_COUNT_MAX)
            return false;
        for (int32_t number = first; number <= last; number++) {
            int length = snprintf(name, sizeof(name), "%s%0*d", prefix, (int)width, (int)number);

            if (length < 0 || (size_t)length >= sizeof(name) ||
                !expand(hosts, name, close + 1, end, depth + 1))
                return false;
        }
        if (at < close && *at++ != ',')
            return false;
    }
    return true;
}

/* One name, without commas at its top level. */
static bool expand(
    struct hosts *hosts, const char *prefix, const char *text, const char *end, int32_t depth)
{
    const char *open = memchr(text, '[', (size_t)(end - text));
    const char *close = open ? memchr(open, ']', (size_t)(end - open)) : NULL;
    const char *plain_end = open ? open : end;
    char name[MZ_SLURM_NAME_MAX];
    int length;

    if ((open && !close) || depth > HOST_BRACKETS_MAX || plain_end - text >= MZ_SLURM_NAME_MAX)
        return false;
    length = snprintf(name, sizeof(name), "%s%.*s", prefix, (int)(plain_end - text), text);
    if (length < 0 || (size_t)length >= sizeof(name))
        return false;
    if (!open)
        return add_host(hosts, name, (size_t)length);
    return expand_ranges(hosts, name, open + 1, close, end, depth);
}

bool mz_slurm_hosts(struct mz_arena *arena, const char *text, char ***ret_names, int32_t *ret_count)
{
    struct hosts hosts = { .arena = arena };
    const char *begin = text;
    bool inside = false;

    for (const char *at = text;; at++) {
        inside = *at == '[' || (inside && *at != ']');
        if (*at && (inside || *at != ','))
            continue;
        if (at > begin && !expand(&hosts, "", begin, at, 0))
            return false;
        if (!*at)
            break;
        begin = at + 1;
    }
    *ret_names = hosts.names;
    *ret_count = (int32_t)hosts.count;
    return true;
}

/* One gres between commas: its GPUs, and its kind when it names one. */
static int32_t gres_one(const char *text, size_t length, char *kind, size_t *ret_kind_length)
{
    const char *end = text + length;
    const char *paren = memchr(text, '(', length);
    const char *word;
    int32_t count = 1;

    *ret_kind_length = 0;
    if (paren)
        end = paren;
    if (end - text > 5 && strncmp(text, "gres", 4) == 0 && (text[4] == ':' || text[4] == '/'))
        text += 5;
    if (end - text < 3 || strncmp(text, "gpu", 3) != 0 ||
        (end - text > 3 && text[3] != ':' && text[3] != '='))
        return 0;
    for (text += 3; text < end; text = word) {
        int32_t width;

        word = ++text;
        while (word < end && *word != ':' && *word != '=')
            word++;
        if (read_number(text, word, &count, &width) == word)
            continue;
        count = 1; /* it was a name that begins with a digit, or a name */
        *ret_kind_length = (size_t)(word - text);
        if (*ret_kind_length >= MZ_SLURM_NAME_MAX)
            *ret_kind_length = MZ_SLURM_NAME_MAX - 1;
        memcpy(kind, text, *ret_kind_length);
    }
    return count;
}

int32_t mz_slurm_gres(const char *text, char *kind)
{
    int64_t total = 0;
    const char *begin = text;
    int32_t depth = 0;
    char found[MZ_SLURM_NAME_MAX];
    size_t length;

    kind[0] = '\0';
    for (const char *at = text;; at++) {
        depth += *at == '(' ? 1 : (*at == ')' ? -1 : 0);
        if (*at && (depth > 0 || *at != ','))
            continue;
        total += gres_one(begin, (size_t)(at - begin), found, &length);
        if (length > 0 && !kind[0]) {
            memcpy(kind, found, length);
            kind[length] = '\0';
        }
        if (!*at)
            break;
        begin = at + 1;
    }
    return mz_slurm_count(total);
}

static int64_t within(int64_t stated, int64_t max)
{
    return stated < 0 ? 0 : (stated > max ? max : stated);
}

int32_t mz_slurm_count(int64_t stated)
{
    return (int32_t)within(stated, MZ_SLURM_COUNT_MAX);
}

int64_t mz_slurm_mib(int64_t stated)
{
    return within(stated, INT64_C(1) << 40);
}

int64_t mz_slurm_unix_s(int64_t stated)
{
    return within(stated, INT64_C(1) << 37);
}

int64_t mz_slurm_memory_mib(const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || !(value >= 0))
        return 0;
    switch (*end) {
    case 'K':
    case 'k': value /= 1024; break;
    case 'G':
    case 'g': value *= 1024; break;
    case 'T':
    case 't': value *= 1024.0 * 1024; break;
    case 'P':
    case 'p': value *= 1024.0 * 1024 * 1024; break;
    default: break; /* M, or nothing */
    }
    return value < 1e12 ? (int64_t)value : mz_slurm_mib(INT64_MAX);
}

enum mz_remote_state mz_slurm_job_state(const char *word)
{
    static const char *const queued[] = { "PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED",
        "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD" };
    static const char *const ended[] = { "COMPLETED", "CANCELLED", "FAILED", "TIMEOUT", "NODE_FAIL",
        "PREEMPTED", "BOOT_FAIL", "DEADLINE", "OUT_OF_MEMORY", "REVOKED", "LAUNCH_FAILED",
        "RECONFIG_FAIL" };

    for (size_t i = 0; i < sizeof(queued) / sizeof(queued[0]); i++) {
        if (strcmp(word, queued[i]) == 0)
            return MZ_REMOTE_QUEUED;
    }
    for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++) {
        if (strcmp(word, ended[i]) == 0)
            return MZ_REMOTE_ENDED;
    }
    return MZ_REMOTE_RUNNING; /* COMPLETING too: its processes are not gone yet */
}

static bool is_one_of(const char *word, size_t length, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i]) == length && strncasecmp(word, words[i], length) == 0)
            return true;
    }
    return false;
}

void mz_slurm_node_word(struct mz_slurm_node_words *words, const char *text)
{
    static const char *const down[] = { "DOWN", "ERROR", "UNKNOWN", "FUTURE", "NOT_RESPONDING",
        "NO_RESPOND", "INVALID_REG", "INVALID", "REBOOT_ISSUED", "REBOOT", "PERFCTRS",
        "DYNAMIC_FUTURE" };
    static const char *const drain[] = { "DRAIN", "DRAINING", "DRAINED", "FAIL", "FAILING", "MAINT",
        "MAINTENANCE", "REBOOT_REQUESTED", "POWERING_DOWN", "UNDRAIN_PENDING", "BLOCKED" };
    static const char *const busy[] = { "ALLOCATED", "ALLOC", "MIXED", "COMPLETING", "DRAINING",
        "FAILING" };

    while (*text) {
        size_t length = strcspn(text, "+*~#!%$@^- ");

        words->is_down |= is_one_of(text, length, down, sizeof(down) / sizeof(down[0]));
        words->is_drain |= is_one_of(text, length, drain, sizeof(drain) / sizeof(drain[0]));
        words->is_busy |= is_one_of(text, length, busy, sizeof(busy) / sizeof(busy[0]));
        text += length;
        words->is_down |= *text == '*'; /* does not answer the controller */
        if (*text)
            text++;
    }
}

void mz_slurm_node_settle(const struct mz_slurm_node_words *words, struct mz_slurm_node *node)
{
    bool is_busy = words->is_busy || node->used_cpus > 0;

    node->is_up = !words->is_down && (!words->is_drain || is_busy);
    node->is_cordoned = node->is_up && words->is_drain;
}
