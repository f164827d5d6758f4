/* sim_options.h - the command line of mizan sim, read and checked */
#ifndef MZ_CLI_SIM_OPTIONS_H
#define MZ_CLI_SIM_OPTIONS_H

#include "base/arena.h"
#include "report/language.h"
#include "scenario/scenario.h"
#include "sim/sim.h"

enum {
    MZ_SIM_POLICY_COUNT_MAX = 50,
    MZ_SIM_SEED_COUNT_MAX = 1000,
    MZ_SIM_SETTING_COUNT_MAX = 1000
};

struct mz_sim_arguments {
    const char *fleet_file; /* scenario; NULL: --nodes */
    const char *nodes;      /* "12x8", "12x8:h100-sxm", or a node list in CSV */
    int32_t month;          /* of the fleet file; -1: the first in which it has nodes */
    struct mz_change changes[MZ_OVERRIDE_COUNT_MAX];
    size_t change_count;
    int64_t scale_nodes; /* 0: as it is */

    enum mz_trace_kind kind;
    const char *trace_file; /* NULL: --synth */
    const char *synth;
    double synth_load;
    int64_t synth_span_us;
    const char *team;
    int64_t from_us; /* -1: from the first */
    int64_t to_us;   /* MZ_TIME_NEVER: to the last */

    int32_t policy_count;
    const char *policies[MZ_SIM_POLICY_COUNT_MAX];
    struct mz_policy settings; /* what the options change in each policy */
    bool has_grace;
    bool has_estimate;
    bool has_ageing;
    struct mz_sim_teams teams;
    struct mz_team_setting team_settings[MZ_SIM_SETTING_COUNT_MAX];
    const char *speeds; /* "h100-sxm=1,gb300=2.2" */
    const char *prefer; /* "time=1.5,share=0.2" */

    int32_t seed_count;
    uint64_t seeds[MZ_SIM_SEED_COUNT_MAX];
    const char *failures; /* "node=1000h,repair=1h", or a CSV file */
    const char *checkpoint;
    const char *spot;

    bool pack;
    double demand;  /* --tune FACTOR with --pack */
    int32_t trials; /* --tune TRIALS, above 10: random search; 0: none */
    const char *why;
    int64_t why_at_us;
    bool check;

    const char *events_file;
    const char *report_file;
    enum mz_language language;
    bool json;
    bool no_header;
    bool quiet;
    bool help;
    const char *colour;
};

extern const char mz_sim_usage[];

/* 0, or the exit status of wrong use, which was said. */
int mz_sim_read_arguments(
    struct mz_arena *arena, int argc, char **argv, struct mz_sim_arguments *args);

#endif
