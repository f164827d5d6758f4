/* slurm_json.c - answers of slurmrestd, of all versions, into plain structs
 *
 * Up to v0.0.38 a number is a number or null, a state is a word. From v0.0.39 on a number may be
 * {"set", "infinite", "number"}, and from v0.0.40 on a state is a list of words; both are read
 * wherever they stand, so that a version which mixes them is read too. What a job has of each node
 * is in job_resources: allocated_nodes[] (up to v0.0.39) or nodes.allocation[]; its GPUs are in
 * gres_detail[], one entry a node, in the same order. Unknown keys are skipped. A list may be 100
 * MB long, and a tree of it ten times that: so lists are cut into their elements by a scanner that
 * knows strings and brackets, and only one element at a time becomes a tree. Errors are
 * {"error_number" or "error_code", "error", "description"}, all under HTTP 500.
 *
 * May run on a thread of its own: touches nothing but its arguments. */
#include "driver/slurm_impl.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(struct mz_slurm_list *list, const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value && value[0] ? mz_arena_strdup(list->arena, value) : "";
}

/* False when it is null, not set, infinite or no number. */
static bool number_of(const json_t *value, int64_t *ret)
{
    if (json_is_object(value)) {
        if (json_is_true(json_object_get(value, "infinite")) ||
            json_is_false(json_object_get(value, "set")))
            return false;
        value = json_object_get(value, "number");
    }
    if (json_is_integer(value))
        *ret = (int64_t)json_integer_value(value);
    else if (json_is_real(value) && json_real_value(value) > -9e18 && json_real_value(value) < 9e18)
        *ret = (int64_t)json_real_value(value);
    else
        return false;
    return true;
}

static int64_t number_at(const json_t *object, const char *key)
{
    int64_t number;

    return number_of(json_object_get(object, key), &number) && number > 0 ? number : 0;
}

static int32_t count_at(const json_t *object, const char *key)
{
    return mz_slurm_count(number_at(object, key));
}

static json_t *load(const char *bytes, size_t length, struct mz_error *err)
{
    json_error_t json_error;
    json_t *root = json_loadb(bytes, length, 0, &json_error);

    if (!json_is_object(root)) {
        json_decref(root);
        (void)mz_fail(err, MZ_E_PARSE, "slurmrestd's answer is not a JSON object: %s",
            root ? "" : json_error.text);
        return NULL;
    }
    return root;
}

void mz_slurm_json_errors(const char *bytes, size_t length, struct mz_slurm_errors *ret_errors)
{
    json_t *root = json_loadb(bytes, length, 0, NULL);
    const json_t *errors = json_object_get(root, "errors");
    const json_t *item;
    size_t i;

    memset(ret_errors, 0, sizeof(*ret_errors));
    json_array_foreach(errors, i, item)
    {
        const char *sentence = json_string_value(json_object_get(item, "error"));
        const char *description = json_string_value(json_object_get(item, "description"));
        int64_t number = 0;

        if (!number_of(json_object_get(item, "error_number"), &number))
            (void)number_of(json_object_get(item, "error_code"), &number);
        ret_errors->any = true;
        if (ret_errors->number == 0)
            ret_errors->number = number;
        if (!ret_errors->text[0] && (sentence || description)) {
            (void)snprintf(ret_errors->text, sizeof(ret_errors->text), "%s%s%s",
                sentence ? sentence : "", sentence && description ? ": " : "",
                description ? description : "");
        }
    }
    json_decref(root);
}

enum mz_status mz_slurm_json_submitted(
    const char *bytes, size_t length, int64_t *ret_id, struct mz_error *err)
{
    json_t *root = load(bytes, length, err);
    int64_t id;
    enum mz_status status = MZ_OK;

    if (!root)
        return MZ_E_PARSE;
    id = number_at(root, "job_id");
    if (id == 0)
        id = number_at(json_object_get(root, "result"), "job_id");
    if (id == 0)
        status = mz_fail(err, MZ_E_PARSE, "slurmrestd's answer to a submit names no job");
    else
        *ret_id = id;
    json_decref(root);
    return status;
}

int32_t mz_slurm_json_version(const char *bytes, size_t length)
{
    json_t *root = json_loadb(bytes, length, 0, NULL);
    json_t *paths = json_object_get(root, "paths");
    int32_t best = 0;
    const char *path;
    json_t *value;

    json_object_foreach(paths, path, value)
    {
        int number = 0;
        int end = 0;

        if (sscanf(path, "/slurm/v0.0.%3d/jobs%n", &number, &end) == 1 && end > 0 &&
            (path[end] == '\0' || strcmp(path + end, "/") == 0) && number > best &&
            mz_slurm_version_is_known(number))
            best = number;
    }
    json_decref(root);
    return best;
}

/* A state: the word, or the one of several that says most: COMPLETING before CANCELLED. */
static enum mz_remote_state job_state(
    struct mz_slurm_list *list, const json_t *value, const char **ret_word)
{
    enum mz_remote_state state = MZ_REMOTE_ENDED;
    const json_t *item;
    size_t i;

    if (json_is_string(value)) {
        *ret_word = mz_arena_strdup(list->arena, json_string_value(value));
        return mz_slurm_job_state(*ret_word);
    }
    *ret_word = "";
    if (json_array_size(value) == 0)
        return MZ_REMOTE_RUNNING;
    json_array_foreach(value, i, item)
    {
        const char *word = json_is_string(item) ? json_string_value(item) : "";
        enum mz_remote_state one = mz_slurm_job_state(word);

        if (i == 0)
            *ret_word = mz_arena_strdup(list->arena, word);
        if (i == 0 || one == MZ_REMOTE_RUNNING ||
            (one == MZ_REMOTE_QUEUED && state == MZ_REMOTE_ENDED))
            state = one;
    }
    return state;
}

/* job_resources and gres_detail over what the totals gave. */
static void read_shares(struct mz_slurm_list *list, const json_t *object, struct mz_slurm_job *job)
{
    const json_t *resources = json_object_get(object, "job_resources");
    const json_t *rows = json_object_get(resources, "allocated_nodes");
    const json_t *gres = json_object_get(object, "gres_detail");
    char kind[MZ_SLURM_NAME_MAX];

    if (!json_is_array(rows))
        rows = json_object_get(json_object_get(resources, "nodes"), "allocation");
    for (int32_t i = 0; i < job->share_count; i++) {
        struct mz_slurm_share *share = &job->shares[i];
        const json_t *row = json_array_get(rows, (size_t)i);
        const char *detail = json_string_value(json_array_get(gres, (size_t)i));
        const char *name = json_string_value(json_object_get(row, "nodename"));
        int64_t memory = number_at(row, "memory_allocated");
        int32_t cpus = count_at(json_object_get(row, "cpus"), "count");

        if (!name)
            name = json_string_value(json_object_get(row, "name"));
        if (name && name[0])
            share->node = mz_arena_strdup(list->arena, name);
        if (memory == 0)
            memory = number_at(json_object_get(row, "memory"), "allocated");
        if (memory > 0)
            share->memory_mib = mz_slurm_mib(memory);
        if (cpus > 0)
            share->cpus = cpus;
        if (json_is_array(gres))
            share->chips = detail ? mz_slurm_gres(detail, kind) : 0;
    }
}

static void read_job(struct mz_slurm_list *list, const json_t *object)
{
    struct mz_slurm_job *job = mz_slurm_list_add_job(list);
    const char *word;

    job->id = mz_arena_printf(list->arena, "%lld", (long long)number_at(object, "job_id"));
    job->name = text_of(list, object, "name");
    job->user = text_of(list, object, "user_name");
    job->state = job_state(list, json_object_get(object, "job_state"), &word);
    job->submit_s = mz_slurm_unix_s(number_at(object, "submit_time"));
    job->end_s =
        job->state == MZ_REMOTE_RUNNING ? mz_slurm_unix_s(number_at(object, "end_time")) : 0;
    job->reason = job->state == MZ_REMOTE_QUEUED ? text_of(list, object, "state_reason") : word;
    if (strcmp(job->reason, "RUNNING") == 0)
        job->reason = "";
    if (job->state == MZ_REMOTE_ENDED)
        return;
    mz_slurm_job_share(list, job, text_of(list, object, "nodes"), count_at(object, "cpus"), -1,
        mz_slurm_mib(number_at(object, "memory_per_node")));
    read_shares(list, object, job);
}

static void add_words(struct mz_slurm_node_words *words, const json_t *value)
{
    const json_t *item;
    size_t i;

    if (json_is_string(value))
        mz_slurm_node_word(words, json_string_value(value));
    json_array_foreach(value, i, item)
    {
        if (json_is_string(item))
            mz_slurm_node_word(words, json_string_value(item));
    }
}

static const char *joined(struct mz_slurm_list *list, const json_t *value)
{
    struct mz_text text = { 0 };
    const char *joined;
    const json_t *item;
    size_t i;

    if (json_is_string(value))
        return mz_arena_strdup(list->arena, json_string_value(value));
    json_array_foreach(value, i, item)
    {
        if (json_is_string(item)) {
            mz_text_add(&text, text.length > 0 ? "," : "");
            mz_text_add(&text, json_string_value(item));
        }
    }
    joined = mz_arena_strdup(list->arena, mz_text_string(&text));
    mz_text_finish(&text);
    return joined;
}

static void read_node(struct mz_slurm_list *list, const json_t *object)
{
    struct mz_slurm_node *node = mz_slurm_list_add_node(list);
    struct mz_slurm_node_words words = { 0 };
    const char *gres = json_string_value(json_object_get(object, "gres"));
    char kind[MZ_SLURM_NAME_MAX] = "";

    node->name = text_of(list, object, "name");
    node->reason = text_of(list, object, "reason");
    node->partitions = joined(list, json_object_get(object, "partitions"));
    node->cpus = count_at(object, "cpus");
    node->memory_mib = mz_slurm_mib(number_at(object, "real_memory"));
    node->chips = gres ? mz_slurm_gres(gres, kind) : 0;
    node->chip = mz_arena_strdup(list->arena, kind);
    add_words(&words, json_object_get(object, "state"));
    add_words(&words, json_object_get(object, "state_flags"));
    mz_slurm_node_settle(&words, node);
}

struct scan { /* over JSON that is too long to be held as a tree */
    const char *at;
    const char *end;
};

static void skip_blanks(struct scan *scan)
{
    while (scan->at < scan->end && memchr(" \t\r\n", *scan->at, 4))
        scan->at++;
}

static bool skip_string(struct scan *scan) /* behind its first quote */
{
    for (; scan->at < scan->end; scan->at++) {
        if (*scan->at == '\\')
            scan->at++;
        else if (*scan->at == '"') {
            scan->at++;
            return true;
        }
    }
    return false;
}

/* One value of any kind; what is inside is not checked. False when it has no end. */
static bool skip_value(struct scan *scan)
{
    int32_t depth = 0;

    skip_blanks(scan);
    while (scan->at < scan->end) {
        char c = *scan->at;

        if (depth == 0 && (c == ',' || c == ']' || c == '}'))
            return true;
        scan->at++;
        if (c == '"' && !skip_string(scan))
            return false;
        depth += c == '{' || c == '[' ? 1 : (c == '}' || c == ']' ? -1 : 0);
    }
    return false;
}

static bool skip_char(struct scan *scan, char c)
{
    skip_blanks(scan);
    if (scan->at >= scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

typedef void read_element(struct mz_slurm_list *list, const json_t *object);

/* Any user may give his job a name that is not UTF-8, and slurmrestd passes it on: such bytes
 * become question marks, so that nobody can make the list of all unreadable. */
static json_t *load_element(const char *bytes, size_t length)
{
    json_t *object = json_loadb(bytes, length, 0, NULL);
    char *copy;

    if (object)
        return object;
    copy = mz_xcalloc(length + 1, 1);
    for (size_t i = 0; i < length; i++)
        copy[i] = (unsigned char)bytes[i] < 128 ? bytes[i] : '?';
    object = json_loadb(copy, length, 0, NULL);
    free(copy);
    return object;
}

/* The elements of an array, one tree at a time. */
static bool read_array(struct scan *scan, struct mz_slurm_list *list, read_element *read)
{
    if (!skip_char(scan, '['))
        return false;
    if (skip_char(scan, ']'))
        return true;
    do {
        const char *begin = scan->at;
        json_t *object = skip_value(scan) ? load_element(begin, (size_t)(scan->at - begin)) : NULL;

        if (!json_is_object(object)) {
            json_decref(object);
            return false;
        }
        read(list, object);
        json_decref(object);
    } while (skip_char(scan, ','));
    return skip_char(scan, ']');
}

/* Reads the array `key` of the outermost object. All of the object has to be there, and it has to
 * be without errors: a list that lacks something proves an absence that is none. */
static enum mz_status read_list(struct mz_slurm_list *list, const char *bytes, size_t length,
    const char *key, read_element *read, struct mz_error *err)
{
    struct scan scan = { .at = bytes, .end = bytes + length };
    bool found = false;
    bool good = skip_char(&scan, '{');

    while (good && skip_char(&scan, '"')) {
        const char *name = scan.at;
        size_t name_length;

        good = skip_string(&scan);
        name_length = (size_t)(scan.at - name) - 1;
        good = good && skip_char(&scan, ':');
        if (good && !found && name_length == strlen(key) && memcmp(name, key, name_length) == 0) {
            found = read_array(&scan, list, read);
            good = found;
        } else {
            const char *value = scan.at;

            good = good && skip_value(&scan);
            if (good && name_length == 6 && memcmp(name, "errors", 6) == 0 &&
                memchr(value, '{', (size_t)(scan.at - value)))
                return mz_fail(err, MZ_E_IO, "slurmrestd gave a list of %s with errors", key);
        }
        if (!good || !skip_char(&scan, ','))
            break;
    }
    if (!good || !found || !skip_char(&scan, '}'))
        return mz_fail(err, MZ_E_PARSE, "slurmrestd's answer is not a list of %s", key);
    return MZ_OK;
}

enum mz_status mz_slurm_json_jobs(
    struct mz_slurm_list *list, const char *bytes, size_t length, struct mz_error *err)
{
    return read_list(list, bytes, length, "jobs", read_job, err);
}

enum mz_status mz_slurm_json_nodes(
    struct mz_slurm_list *list, const char *bytes, size_t length, struct mz_error *err)
{
    return read_list(list, bytes, length, "nodes", read_node, err);
}

/* Base64url without padding; false when it is something else. */
static bool base64url(const char *text, size_t length, char *bytes, size_t *ret_length)
{
    uint32_t bits = 0;
    int32_t bit_count = 0;
    size_t count = 0;

    for (size_t i = 0; i < length; i++) {
        const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;

        if (text[i] == '=')
            break;
        if (!at)
            return false;
        bits = (bits << 6 | (uint32_t)(at - alphabet)) & 0xFFFFFF;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            bytes[count++] = (char)(bits >> bit_count & 0xFF);
        }
    }
    *ret_length = count;
    return true;
}

void mz_slurm_token_read(const char *token, int64_t *ret_exp_s, char *user, size_t user_size)
{
    const char *begin = strchr(token, '.');
    const char *end = begin ? strchr(begin + 1, '.') : NULL;
    char *bytes;
    size_t length;

    *ret_exp_s = 0;
    user[0] = '\0';
    if (!end || end - begin > MZ_SLURM_TOKEN_BYTES_MAX)
        return;
    bytes = mz_xcalloc((size_t)(end - begin), 1);
    if (base64url(begin + 1, (size_t)(end - begin - 1), bytes, &length)) {
        json_t *root = json_loadb(bytes, length, 0, NULL);
        const char *name = json_string_value(json_object_get(root, "sun"));

        *ret_exp_s = mz_slurm_unix_s(number_at(root, "exp"));
        if (!name)
            name = json_string_value(json_object_get(root, "username"));
        if (name)
            (void)snprintf(user, user_size, "%s", name);
        json_decref(root);
    }
    free(bytes);
}
