/* parse_list.c - arrays, dependencies, and chips with their kind
 * An array is kept as sorted indices, each once, as sbatch does with its bitmap. What is expanded
 * is counted before it is kept, so that a short text cannot ask for much. */
#include "jobfile/jobfile.h"
#include "jobfile/jobfile_keys.h"
#include "jobfile/parse.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER_DIGITS_MAX = 18 };

static const char array_form[] = "write indices such as 1-8,12 or 0-30:10, and %4 for four at once";

/* A number at *s; -1 when there is none or it is above the limit. */
static int64_t take_number(const char **s, int64_t max)
{
    size_t length = strspn(*s, "0123456789");
    int64_t value = 0;

    if (length == 0 || length > NUMBER_DIGITS_MAX)
        return -1;
    for (size_t i = 0; i < length; i++)
        value = value * 10 + ((*s)[i] - '0');
    *s += length;
    return value <= max ? value : -1;
}

struct range {
    int64_t first;
    int64_t last;
    int64_t step;
};

/* "7", "1-3", "10-20:5" */
static enum mz_status take_range(const char **s, struct range *range, struct mz_error *err)
{
    *range = (struct range){ take_number(s, MZ_JOB_INDEX_MAX), -1, 1 };
    range->last = range->first;
    if (range->first >= 0 && **s == '-') {
        (*s)++;
        range->last = take_number(s, MZ_JOB_INDEX_MAX);
        if (range->last >= 0 && **s == ':') {
            (*s)++;
            range->step = take_number(s, MZ_JOB_INDEX_MAX);
        }
    }
    if (range->first < 0 || range->last < 0 || range->step < 1)
        return mz_fail(err, MZ_E_PARSE, "%s; indices go to %d", array_form, MZ_JOB_INDEX_MAX);
    if (range->last < range->first)
        return mz_fail(err, MZ_E_PARSE, "write the smaller index first: %lld-%lld",
            (long long)range->last, (long long)range->first);
    return MZ_OK;
}

static int by_value(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;

    return x < y ? -1 : x > y;
}

static int32_t sort_unique(int32_t *indices, size_t count)
{
    size_t kept = 0;

    qsort(indices, count, sizeof(*indices), by_value);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || indices[kept - 1] != indices[i])
            indices[kept++] = indices[i];
    }
    return (int32_t)kept;
}

enum mz_status mz_jobfile_array_parse(struct mz_arena *arena, const char *text, int32_t *ret_count,
    const int32_t **ret_indices, int32_t *ret_parallel, struct mz_error *err)
{
    int32_t *indices = NULL;
    size_t capacity = 0;
    size_t count = 0;
    int64_t parallel = 0;
    const char *s = text;
    enum mz_status status;

    for (;; s++) {
        struct range range;
        size_t more;

        status = take_range(&s, &range, err);
        if (status != MZ_OK)
            return status;
        more = (size_t)((range.last - range.first) / range.step) + 1;
        if (count + more > MZ_SPEC_ARRAY_MAX)
            return mz_fail(err, MZ_E_LIMIT, "an array has %d elements at most", MZ_SPEC_ARRAY_MAX);
        indices = mz_arena_grow(arena, indices, count, count + more, &capacity, sizeof(*indices));
        for (int64_t i = range.first; i <= range.last; i += range.step)
            indices[count++] = (int32_t)i;
        if (*s != ',')
            break;
    }
    if (*s == '%') {
        s++;
        parallel = take_number(&s, MZ_SPEC_ARRAY_MAX);
        parallel = parallel == 0 ? -1 : parallel;
    }
    if (*s != '\0' || parallel < 0)
        return mz_fail(err, MZ_E_PARSE, "%s", array_form);
    *ret_count = sort_unique(indices, count);
    *ret_indices = indices;
    *ret_parallel = (int32_t)parallel;
    return MZ_OK;
}

static bool find_kind(const char *word, size_t length, enum mz_dependency_kind *ret_kind)
{
    for (int32_t i = MZ_AFTER_OK; i <= MZ_AFTER_NOT_OK; i++) {
        const char *name = mz_dependency_kind_name((enum mz_dependency_kind)i);

        if (strlen(name) == length && strncmp(name, word, length) == 0) {
            *ret_kind = (enum mz_dependency_kind)i;
            return true;
        }
    }
    return false;
}

static enum mz_status fail_kind(const char *word, size_t length, struct mz_error *err)
{
    static const char *const slurm[] = { "after", "aftercorr", "afterburstbuffer", "singleton",
        "expand" };

    for (size_t i = 0; i < sizeof(slurm) / sizeof(slurm[0]); i++) {
        if (strlen(slurm[i]) == length && strncmp(slurm[i], word, length) == 0)
            return mz_fail(err, MZ_E_PARSE,
                "'%s' is not supported: write afterok, afterany or afternotok", slurm[i]);
    }
    if (length > 0 && strspn(word, "0123456789") >= length)
        return mz_fail(err, MZ_E_PARSE, "write what is waited for: afterok:%.*s",
            length < 20 ? (int)length : 20, word);
    return mz_fail(err, MZ_E_PARSE, "write dependencies such as afterok:4127:4130,afterany:4131");
}

enum mz_status mz_job_dependency_parse(
    const char *text, struct mz_dependency *list, int32_t *count, struct mz_error *err)
{
    const char *s = text;

    for (;; s++) {
        size_t length = strcspn(s, ":,?");
        enum mz_dependency_kind kind;

        if (!find_kind(s, length, &kind))
            return fail_kind(s, length, err);
        s += length;
        if (*s != ':')
            return mz_fail(err, MZ_E_PARSE, "write the number of a job: %s:4127",
                mz_dependency_kind_name(kind));
        while (*s == ':') {
            s++;
            int64_t job = take_number(&s, INT64_MAX);

            if (job < 1 || (*s && !strchr(":,?", *s)))
                return mz_fail(err, MZ_E_PARSE, "write the number of a job: %s:4127",
                    mz_dependency_kind_name(kind));
            if (*count >= MZ_SPEC_DEPENDENCY_MAX)
                return mz_fail(
                    err, MZ_E_LIMIT, "a job waits for %d others at most", MZ_SPEC_DEPENDENCY_MAX);
            list[(*count)++] = (struct mz_dependency){ kind, job };
        }
        if (*s == '?')
            return mz_fail(err, MZ_E_PARSE, "'?' (any of them) is not supported: all have to hold");
        if (*s == '\0')
            return MZ_OK;
    }
}

enum mz_status mz_job_chips_parse(struct mz_arena *arena, const char *text, int64_t max,
    const char **ret_kind, int64_t *ret_count, struct mz_error *err)
{
    const char *colon = strrchr(text, ':');
    const char *count = colon ? colon + 1 : text;
    const char *kind = NULL;
    int64_t value;

    if (strchr(text, ','))
        return mz_fail(err, MZ_E_PARSE, "all chips of a job are of one kind: write h100:8");
    if (colon) {
        kind = mz_arena_strndup(arena, text, (size_t)(colon - text));
        if (mz_job_name_problem(kind) || strchr(kind, ':'))
            return mz_fail(err, MZ_E_PARSE, "write a number, or a kind and a number: h100:8");
    }
    if (mz_job_count_parse(count, 1, max, &value, err) != MZ_OK)
        return err ? err->status : MZ_E_PARSE;
    *ret_kind = kind;
    *ret_count = value;
    return MZ_OK;
}
