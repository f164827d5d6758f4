/* jobfile_keys.h - every key of a job, in one table
 *
 * The table says for each key what stands there, in which unit and range, and where in struct
 * mz_job_spec it goes. The YAML reader, the JSON reader, the JSON writer, the options that set one
 * key, the lists in messages and docs/jobs.md share it, so they cannot disagree.
 * A key whose JSON name differs ("time_s" for "time") is a number in base units there; JSON
 * understands the other name too, with its unit, as in YAML.
 */
#ifndef MZ_JOBFILE_KEYS_H
#define MZ_JOBFILE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mz_job_value {
    MZ_JOB_NAME,       /* const char *: printable */
    MZ_JOB_TEXT,       /* const char *: any text but none */
    MZ_JOB_SCRIPT,     /* const char *: begins with #! */
    MZ_JOB_PATH,       /* const char *: absolute, or relative to the reader's directory */
    MZ_JOB_OUTPUT,     /* the same, with %j, %n and %t */
    MZ_JOB_WORD,       /* an enum: the index of the word */
    MZ_JOB_LEVEL,      /* const char *: one of the words */
    MZ_JOB_COUNT,      /* int32_t */
    MZ_JOB_DURATION,   /* int64_t, microseconds */
    MZ_JOB_MEMORY,     /* int32_t, MiB */
    MZ_JOB_PRICE,      /* int64_t, millionths of USD per chip-hour */
    MZ_JOB_BOOL,       /* bool */
    MZ_JOB_NAMES,      /* const char *const *, and a count */
    MZ_JOB_ARGV,       /* the same, any texts */
    MZ_JOB_ENV,        /* names and values, and a count */
    MZ_JOB_ARRAY,      /* indices, count, parallel */
    MZ_JOB_DEPENDENCY, /* dependencies, and a count */
    MZ_JOB_SIGNAL,     /* int32_t; "USR1@120s" sets the lead too */
    MZ_JOB_PASS,       /* partners -> keys -> values, and a count */
    MZ_JOB_UNREAD,     /* a word that is understood and does nothing yet */
    MZ_JOB_MAP         /* a map of keys */
};

struct mz_job_schema;

struct mz_job_key {
    const char *name;
    enum mz_job_value value;
    size_t offset;       /* of the field in struct mz_job_spec */
    size_t count_offset; /* of its count, where it has one */
    int64_t min;         /* numbers in base units; lists: elements */
    int64_t max;
    const char *const *words; /* ends with NULL */
    const struct mz_job_schema *map;
    const char *json;     /* the name in JSON; NULL: the same */
    const char *others;   /* names that other programs have for it, between blanks */
    const char *alias;    /* a second name that is as good; NULL: none */
    const char *unit;     /* for docs and messages */
    const char *standard; /* what stands without it, for docs */
    const char *doc;
};

struct mz_job_schema {
    const struct mz_job_key *keys;
    size_t count;
};

extern const struct mz_job_schema mz_job_schema;

/* Keys of `slurm: {partner: {...}}`; ends with NULL. */
extern const char *const mz_job_pass_keys[];

enum {
    MZ_JOB_KEYS_MAX = 40,   /* of one map */
    MZ_JOB_TEXT_MAX = 1024, /* bytes of what is passed through */
    MZ_JOB_PATH_MAX = 4096,
    MZ_JOB_CHIP_NAMES_MAX = 64,
    MZ_JOB_PASS_MAX = 64 * 6,
    MZ_JOB_CPUS_MAX = 65536,
    MZ_JOB_PRIORITY_MAX = 1000000,
    MZ_JOB_MEMORY_MIB_MAX = 1 << 30,
    MZ_JOB_INDEX_MAX = 4000000, /* of an array, as in Slurm */
    MZ_JOB_JSON_BYTES_MAX = 64 * 1024 * 1024
};
#define MZ_JOB_TIME_US_MAX (INT64_C(3650) * 86400 * 1000000)
#define MZ_JOB_DAY_US (INT64_C(86400) * 1000000)
#define MZ_JOB_PRICE_MICRO_MAX (INT64_C(1000000) * 1000000)

/* The key of this name; NULL: none. `json`: JSON names are names too. *ret_base: it is the JSON
 * name, so a number in base units stands there. */
const struct mz_job_key *mz_job_key_find(
    const struct mz_job_schema *schema, const char *name, bool json, bool *ret_base);

/* "checkpoint.every"; the path is right or the caller has a bug. */
const struct mz_job_key *mz_job_key_at(const char *path);

/* The name of the key that a wrong word may mean, by what other programs call it or by spelling;
 * NULL: none. */
const char *mz_job_key_nearest(const struct mz_job_schema *schema, const char *name);

/* "name, kind, run" into the buffer. */
const char *mz_job_keys_join(char *buffer, size_t size, const struct mz_job_schema *schema);

#endif
