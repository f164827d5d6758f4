/* read.h - from a tree of values to the fields of a job
 *
 * The one reader behind YAML, JSON, options and #SBATCH lines: each makes nodes (scenario/tree.h)
 * and hands them over with the key. What is wrong goes to diags, marked where the node came from.
 */
#ifndef MZ_JOBFILE_READ_H
#define MZ_JOBFILE_READ_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "domain/job_spec.h"
#include "jobfile/jobfile_keys.h"
#include "scenario/check.h"
#include "scenario/tree.h"

#include <stdbool.h>

enum mz_job_form {
    MZ_JOB_YAML,
    MZ_JOB_JSON,  /* names in base units too; relative paths refused */
    MZ_JOB_OPTION /* times in Slurm's forms (a bare number: minutes), bare MiB and prices */
};

struct mz_job_reader {
    struct mz_check check; /* arena and diags */
    enum mz_job_form form;
    const char *directory; /* NULL: relative paths are refused */
    struct mz_job_spec *spec;
};

/* One key. `what` names it in messages ("checkpoint.every", "--time"); `base`: see
 * mz_job_key_find. False: reported, and the field is as it was. */
bool mz_job_set(struct mz_job_reader *reader, const struct mz_job_key *key, const char *what,
    bool base, const struct mz_node *node);

/* Lists, maps and what has an inner form (read_list.c); called by mz_job_set. */
bool mz_job_set_list(struct mz_job_reader *reader, const struct mz_job_key *key, const char *what,
    const struct mz_node *node);

/* A whole tree. Keys of maps that are right are set even where others are wrong. */
void mz_job_read_tree(struct mz_job_reader *reader, const struct mz_node *root);

/* Reports err's sentence as "'what' cannot be 'text'" with what to write; `code` where its status
 * has none of its own. */
void mz_job_report(struct mz_job_reader *reader, const char *what, const struct mz_node *node,
    const char *code, const struct mz_error *err);

/* One environment variable, behind or in place of the others. */
bool mz_job_env_put(struct mz_job_reader *reader, const char *what, const char *name,
    const char *value, struct mz_mark mark);
/* One key of what is passed through. Keeps the list sorted by partner and key. */
bool mz_job_pass_put(struct mz_job_reader *reader, const char *what, const char *partner,
    const char *key, const char *value, struct mz_mark mark);

/* A path as it is kept, or NULL: reported. `directory` stands before a relative one. */
const char *mz_job_path(struct mz_job_reader *reader, const char *what, const char *text,
    struct mz_mark mark, const char *directory);

/* The first error as a sentence, with how many more there are. */
enum mz_status mz_job_fail(const struct mz_diags *diags, struct mz_error *err);

/* Fields as a struct's bytes. */
static inline void *mz_job_field(struct mz_job_spec *spec, size_t offset)
{
    return (char *)spec + offset;
}

/* The name that a job has when nobody gave it one. `file` may be NULL or "-". */
const char *mz_job_default_name(
    struct mz_arena *arena, const char *file, const struct mz_job_spec *spec);

#endif
