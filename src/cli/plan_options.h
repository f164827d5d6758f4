/* plan_options.h - the command line of mizan plan, read and checked */
#ifndef MZ_CLI_PLAN_OPTIONS_H
#define MZ_CLI_PLAN_OPTIONS_H

#include "base/arena.h"
#include "plan/html_report.h"
#include "plan/study.h"

enum { MZ_LIST_COUNT_MAX = 32 };

struct mz_sweep_request {
    const char *path;
    int32_t count;
    double factors[MZ_SWEEP_POINT_COUNT_MAX];
};

struct mz_plan_arguments {
    const char *file;
    struct mz_change changes[MZ_OVERRIDE_COUNT_MAX];
    size_t change_count;
    struct mz_change whatifs[MZ_LIST_COUNT_MAX];
    const char *whatif_names[MZ_LIST_COUNT_MAX];
    int32_t whatif_count;
    const char *stresses[MZ_LIST_COUNT_MAX];
    int32_t stress_count;
    struct mz_sweep_request *sweeps[MZ_LIST_COUNT_MAX];
    int32_t sweep_count;
    double alternatives; /* 0: not asked for */
    enum { MZ_RESERVATION_AUTO, MZ_RESERVATION_YES, MZ_RESERVATION_NO } reservation;
    struct mz_plan_options plan;
    bool relax; /* whole numbers may be parts: an LP */
    bool json;
    bool wide;
    bool no_header;
    bool quiet;
    bool help;
    const char *colour;
    const char *out_dir;
    const char *report_file;
    const char *mps_file;
    const char *fleet_file;
    enum mz_language language;
};

extern const char mz_plan_usage[];

/* 0, or the exit status of wrong use, which was said. */
int mz_plan_read_arguments(
    struct mz_arena *arena, int argc, char **argv, struct mz_plan_arguments *args);

#endif
