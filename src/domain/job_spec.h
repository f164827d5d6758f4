/* job_spec.h - what a user asks to be run, as plain data
 *
 * The same struct whatever it was written in: a YAML job file, a script with #SBATCH lines, options
 * of `mizan submit`, or the JSON of the API (room jobfile reads them all and writes the canonical
 * JSON that the journal keeps). Everything lives in the arena of its reader; NULL or 0 means not
 * stated unless a field says otherwise. Checked by the reader: counts are within the limits here,
 * names are printable UTF-8 without control characters, exactly one of run, argv and script is set.
 */
#ifndef MZ_DOMAIN_JOB_SPEC_H
#define MZ_DOMAIN_JOB_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MZ_SPEC_NAME_MAX = 128, /* bytes */
    MZ_SPEC_NODES_MAX = 65536,
    MZ_SPEC_CHIPS_MAX = 4 * 1024 * 1024,
    MZ_SPEC_ARRAY_MAX = 100000, /* elements of one array */
    MZ_SPEC_ENV_MAX = 1024,     /* variables */
    MZ_SPEC_ARGV_MAX = 4096,
    MZ_SPEC_TEXT_BYTES_MAX = 4 * 1024 * 1024, /* of script, of argv and env together */
    MZ_SPEC_DEPENDENCY_MAX = 1024,
    MZ_SPEC_PARTNERS_MAX = 64,
    MZ_SPEC_RESTARTS_MAX = 1000
};

enum mz_spec_kind { MZ_SPEC_BATCH, MZ_SPEC_TRAIN };

enum mz_partner_loss { /* what to do when the partner of a running job is cut off */
    MZ_LOSS_MOVE,      /* after lease + grace it starts elsewhere; the default */
    MZ_LOSS_WAIT,      /* until the partner answers again */
    MZ_LOSS_FAIL
};

enum mz_dependency_kind { /* Slurm's words */
    MZ_AFTER_OK,          /* starts when that job is done with exit code 0; else this one fails */
    MZ_AFTER_ANY,         /* when it has ended in whatever way */
    MZ_AFTER_NOT_OK       /* when it failed or was cancelled; else this one is cancelled */
};

struct mz_dependency {
    enum mz_dependency_kind kind;
    int64_t job;
};

struct mz_spec_pass { /* "slurm: {own: {account: nlp}}": handed to that partner's scheduler */
    const char *partner;
    const char *key; /* account, qos, partition, reservation, constraint, comment */
    const char *value;
};

struct mz_job_spec {
    const char *name; /* default: the script's file name or the command's; never NULL */
    enum mz_spec_kind kind;
    /* what to run: exactly one */
    const char *run; /* for /bin/sh -c */
    int32_t argc;    /* > 0: argv */
    const char *const *argv;
    const char *script;  /* the bytes of a script with a #! line; written beside the job */
    int32_t script_argc; /* its arguments */
    const char *const *script_argv;
    const char *workdir; /* absolute; NULL: the job's own directory */
    const char *output;  /* absolute path pattern for stdout and stderr, %j job, %n attempt, %t
                                rank; NULL: the daemon keeps it (mizan logs) */
    int32_t env_count;
    const char *const *env_names;
    const char *const *env_values;

    /* size. nodes and chips_per_node, or chips in all; all 0: one chip */
    int32_t nodes;
    int32_t chips_per_node;
    int32_t chips;
    int32_t cpus_per_node; /* 0: not stated */
    int32_t memory_mib;    /* per node; 0: not stated */
    int32_t chip_count;    /* kinds that will do, in order of preference; 0: any */
    const char *const *chip_names;
    int64_t time_us; /* longest run; 0: not stated */

    const char *team;
    int32_t priority; /* larger first; default 50 */
    bool preemptible; /* default true */
    bool hold;

    /* where */
    int32_t partner_count; /* 0: anywhere */
    const char *const *partner_names;
    const char *required_level;            /* "rack", "spine", "site", "partner"; NULL: partner */
    const char *preferred_level;           /* NULL: not stated */
    int64_t max_price_micro_per_chip_hour; /* -1: none */
    int32_t pass_count;
    const struct mz_spec_pass *pass;

    /* when a thing goes wrong */
    enum mz_partner_loss on_partner_loss;
    int32_t max_restarts; /* after a loss, a preemption, a failed node; default 20 */
    bool
        restart_on_failure; /* recovery: job: a non-zero exit counts as a loss too; default false */
    int64_t lease_us;       /* default 300 s; 2 s ... 1 day */

    /* checkpoints */
    const char *checkpoint_dir;  /* absolute; NULL: the daemon gives one that all local attempts
                                   share: STATE/checkpoints/JOB, or STATE/jobs/JOB of a
                                   batch job without `every` and `signal` */
    int64_t checkpoint_every_us; /* 0: none */
    int32_t checkpoint_signal;  /* 0: none; sent checkpoint_lead_us before a stop, and by `every` */
    int64_t checkpoint_lead_us; /* between the signal and SIGTERM; default 30 s with a signal */
    int64_t kill_us;            /* between SIGTERM and SIGKILL; default 10 s */

    int32_t array_count; /* 0: no array */
    const int32_t *array_indices;
    int32_t array_parallel; /* at most so many at once; 0: no limit */

    int32_t dependency_count; /* all have to hold */
    const struct mz_dependency *dependencies;
};

/* What stands when nothing is stated. name and what to run are left NULL. */
struct mz_job_spec mz_job_spec_default(void);

/* Chips in all and nodes asked for, after the rule above: nodes x chips_per_node, else chips, else
 * one. CPU-only jobs are not told apart: where a machine has no accelerator a core is a chip. */
int32_t mz_job_spec_chips(const struct mz_job_spec *spec);

const char *mz_dependency_kind_name(enum mz_dependency_kind kind); /* "afterok" */

#endif
