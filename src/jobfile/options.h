/* options.h - every option of `mizan submit` and of #SBATCH lines, in one table
 *
 * An option sets a key of the table of keys, or has a meaning of its own, or is known and ignored
 * (a warning says so), or is known and refused, because ignoring it would change what runs.
 * The same name may stand twice, as sbatch and as mizan mean it.
 */
#ifndef MZ_JOBFILE_OPTIONS_H
#define MZ_JOBFILE_OPTIONS_H

#include "base/mark.h"
#include "jobfile/read.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mz_job_action {
    MZ_ACT_KEY,  /* sets `key` */
    MZ_ACT_LIST, /* the same, from names between commas */
    MZ_ACT_TRUE, /* sets the bool `key` */
    MZ_ACT_FALSE,
    MZ_ACT_CHIPS,  /* "h100:8": sets the count `key` and the kind of chip */
    MZ_ACT_GRES,   /* "gpu:h100:4" */
    MZ_ACT_TASK,   /* a number that gives sizes only together with others: `key` names it */
    MZ_ACT_MEMORY, /* --mem; 0 is all of a node */
    MZ_ACT_PASS,   /* handed to Slurm partners under the name `key` */
    MZ_ACT_SIGNAL, /* [B:]USR1@120 */
    MZ_ACT_REQUEUE,
    MZ_ACT_NO_REQUEUE,
    MZ_ACT_RECOVERY, /* job or none */
    MZ_ACT_EXPORT,
    MZ_ACT_ENV, /* NAME=VALUE */
    MZ_ACT_OUTPUT,
    MZ_ACT_ERROR,   /* stderr */
    MZ_ACT_ONLY,    /* `key` is the only value that changes nothing */
    MZ_ACT_NOTHING, /* about sbatch's own output */
    MZ_ACT_WARN,    /* ignored, and said so: `doc` is the reason */
    MZ_ACT_REFUSE   /* `doc` is what to do instead */
};

enum { MZ_IN_SBATCH = 1, MZ_IN_MIZAN = 2, MZ_IN_BOTH = 3 };
enum { MZ_VALUE_NONE, MZ_VALUE_NEEDED, MZ_VALUE_MAY /* only behind = */ };

struct mz_job_option {
    const char *name;
    char letter; /* 0: none */
    uint8_t value;
    uint8_t where;
    enum mz_job_action action;
    const char *key;
    const char *doc;
};

extern const struct mz_job_option mz_job_options[];
extern const size_t mz_job_option_count;

/* By whole name or letter, as `where` means it; MZ_IN_MIZAN takes what only sbatch has too.
 * With `shortened` the beginning of one sbatch name alone will do, as getopt has it. NULL: none. */
const struct mz_job_option *mz_job_option_find(const char *name, uint8_t where, bool shortened);
const char *mz_job_option_nearest(const char *name, uint8_t where); /* NULL: none */

/* What options say together; one for a script. */
struct mz_job_sizes {
    struct mz_job_reader *reader;
    bool whole; /* false: one option alone, and what needs others is refused */
    /* MZ_ACT_TASK; 0: not stated */
    int64_t ntasks;
    int64_t ntasks_per_node;
    int64_t cpus_per_task;
    int64_t gpus_per_task;
    int64_t cpus_per_gpu;
    int64_t mem_per_cpu; /* MiB */
    int64_t mem_per_gpu;
    struct mz_mark task_mark; /* of the last of them */
    struct mz_mark size_mark; /* of the last that gave nodes or chips */
    const char *output;
    struct mz_mark output_mark;
    const char *error;
    struct mz_mark error_mark;
};

/* `what` is the option as it was written ("--time"). value NULL: none. */
void mz_job_option_apply(struct mz_job_sizes *sizes, const struct mz_job_option *option,
    const char *what, const char *value, struct mz_mark mark);

/* Sizes from tasks, and the output, which may name the job. Last. */
void mz_job_options_finish(struct mz_job_sizes *sizes);
void mz_job_sizes_derive(struct mz_job_sizes *sizes);

#endif
