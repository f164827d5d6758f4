/* trace.h - what was submitted, when, and how long it ran
 *
 * One form for every kind of trace. Readers take text in their format and refuse what they do not
 * understand with file and line; they never guess. Kinds:
 *   philly  CSV with submit_time,duration_s,num_gpus,vc in any column order
 *   openb   pod list CSV: name,cpu_milli,memory_mib,num_gpu,gpu_milli and optionally gpu_spec,
 *           creation_time,deletion_time,scheduled_time; with its node list CSV
 *   swf     Standard Workload Format 2.2, ';' comments; processors are chips
 *   sacct   `sacct --parsable2` with at least JobID, Submit, Start, End (or Elapsed) and AllocTRES
 *           or ReqTRES; steps are skipped
 *   mizan   own CSV, docs/placement.md "The trace"
 *
 * Reading is by lines of at most MZ_TRACE_LINE_MAX bytes from a stream, so a file of any size costs
 * the memory of its jobs only. Jobs come out sorted by submit time, ties as in the file.
 * Times are microseconds of Unix time; traces in local time are taken as UTC. Everything lives in
 * the arena given.
 */
#ifndef MZ_SIM_TRACE_H
#define MZ_SIM_TRACE_H

#include "base/arena.h"
#include "base/status.h"
#include "place/fleet.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    MZ_TRACE_LINE_MAX = 64 * 1024,
    MZ_TRACE_JOB_COUNT_MAX = 50 * 1000 * 1000,
    MZ_TRACE_CHIPS_MAX = 4 * 1024 * 1024 /* of one job */
};

#define MZ_TRACE_TIME_MAX_US (INT64_C(1) << 60) /* 36,000 years: sums of two stay in range */

enum mz_trace_kind {
    MZ_TRACE_PHILLY,
    MZ_TRACE_OPENB,
    MZ_TRACE_SWF,
    MZ_TRACE_SACCT,
    MZ_TRACE_MIZAN
};

const char *mz_trace_kind_name(enum mz_trace_kind kind);
bool mz_trace_kind_parse(const char *text, enum mz_trace_kind *ret_kind);

struct mz_trace_job {
    int64_t submit_us;       /* -1: the trace states none (openb variants without times) */
    int64_t run_us;          /* time it runs when nothing disturbs it; -1: not stated */
    int64_t limit_us;        /* what its owner asked for; -1: not stated */
    int64_t deadline_us;     /* -1: none */
    int64_t checkpoint_us;   /* interval; -1: none stated */
    const char *name;        /* NULL: the line number is its name */
    const char *chip;        /* "h100-sxm|h200-sxm": allowed kinds; NULL: any */
    const char *data_site;   /* where its data lies; NULL: anywhere */
    int32_t team;            /* index into team_names: virtual cluster, queue, account; -1: none */
    int32_t user;            /* index into user_names; -1: none */
    int32_t line;            /* in its file */
    int32_t priority;        /* larger goes first; 0: not stated */
    int32_t chips;           /* 0: CPU only */
    int32_t chip_milli;      /* of each; below 1000 only when chips is 1 */
    int32_t chips_per_node;  /* 0: as many as fit */
    int32_t cpu_milli;       /* on each node that it uses; 0: none stated */
    int32_t memory_mib;      /* the same */
    enum mz_level required;  /* lies within one domain of this level; MZ_LEVEL_PARTNER by default */
    enum mz_level preferred; /* MZ_LEVEL_NODE by default: the lower the better */
    bool preemptible;        /* true unless the trace says no */
};

struct mz_trace {
    const char *name; /* for messages */
    enum mz_trace_kind kind;
    bool synthetic;               /* made by a generator: labelled so wherever it is shown */
    const char *synthetic_source; /* the statistics that it is fitted to, and where they are from */
    int64_t job_count;
    struct mz_trace_job *jobs;
    int32_t team_count;
    const char *const *team_names;
    int32_t user_count;
    const char *const *user_names;
    int64_t skipped_count; /* rows that the format itself marks as not run (cancelled, 0 chips) */
};

/* Reads a trace; "-" is standard input. MZ_E_IO, MZ_E_PARSE ("FILE:LINE: ..."), MZ_E_RANGE,
 * MZ_E_LIMIT. */
enum mz_status mz_trace_read(struct mz_arena *arena, enum mz_trace_kind kind, const char *path,
    struct mz_trace **ret_trace, struct mz_error *err);

/* The same from memory: for tests and the fuzz target. */
enum mz_status mz_trace_read_bytes(struct mz_arena *arena, enum mz_trace_kind kind,
    const char *name, const char *bytes, size_t length, struct mz_trace **ret_trace,
    struct mz_error *err);

/* An openb node list (sn,cpu_milli,memory_mib,gpu,model) as a fleet of one partner and one site,
 * without topology, in the order of the file, replicated `scale` times. */
enum mz_status mz_trace_read_nodes(struct mz_arena *arena, const char *path, int32_t scale,
    struct mz_fleet **ret_fleet, struct mz_error *err);
enum mz_status mz_trace_read_nodes_bytes(struct mz_arena *arena, const char *name,
    const char *bytes, size_t length, int32_t scale, struct mz_fleet **ret_fleet,
    struct mz_error *err);

/* Keeps what was submitted in [from_us, to_us] and, with `team`, by that team only. MZ_E_INPUT
 * when the team is unknown (the nearest named) or nothing is left. */
enum mz_status mz_trace_filter(
    struct mz_trace *trace, const char *team, int64_t from_us, int64_t to_us, struct mz_error *err);

/* "2017-10-01" (midnight), "2017-11-30 23:59", with or without seconds, 'T' and 'Z'. A bare date
 * as an end (`is_end`) means its last second. */
bool mz_trace_parse_time(const char *text, bool is_end, int64_t *ret_us);

/* Replicates every arrival `scale` times (for --scale): copies keep their submit time. */
void mz_trace_scale(struct mz_trace *trace, struct mz_arena *arena, int32_t scale);

/* Synthetic traces, by name ("llm"): `job_count` jobs over `span_us`, offered load such that the
 * chips asked for are `load` x chip_total over the span. Same seed, same trace. */
struct mz_synth {
    const char *name;
    int64_t chip_total;
    int64_t span_us;
    double load;
    uint64_t seed;
};
enum mz_status mz_trace_synthesise(struct mz_arena *arena, const struct mz_synth *synth,
    struct mz_trace **ret_trace, struct mz_error *err);

#endif
