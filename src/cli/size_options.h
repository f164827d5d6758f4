/* size_options.h - the command line of mizan size, read and checked */
#ifndef MZ_CLI_SIZE_OPTIONS_H
#define MZ_CLI_SIZE_OPTIONS_H

#include "base/arena.h"
#include "size/search.h"
#include "size/training_run.h"
#include "size/validate.h"

enum { MZ_SIZE_COMPARE_COUNT_MAX = 32 };

enum mz_size_emit { MZ_SIZE_EMIT_NONE, MZ_SIZE_EMIT_MEGATRON, MZ_SIZE_EMIT_TORCHTITAN };

struct mz_size_arguments {
    enum { MZ_SIZE_TRAIN, MZ_SIZE_VALIDATE, MZ_SIZE_CALIBRATE } what;
    const char *model;
    int32_t chip_count; /* kinds to compare; the first is the one that is asked about */
    const char *chips[MZ_SIZE_COMPARE_COUNT_MAX];
    int32_t chips_total;
    int32_t seq;
    double batch_tokens; /* a step */
    double tokens;       /* of the whole run; 0: not stated */
    struct mz_search_options search;
    bool has_layout;
    struct mz_layout layout;
    enum mz_precision precision;
    const char *stack;
    bool calibrated;
    bool lora;
    struct mz_training_assumptions assumptions;
    enum mz_size_emit emit;
    struct mz_size_params params;
    const char *validate_file;
    enum mz_validation_by by;
    const char *per_row_file;
    const char *out_file;         /* of --calibrate */
    const char *calibration_file; /* NULL: none */
    bool json;
    bool no_header;
    bool verbose;
    bool quiet;
    bool help;
    const char *colour;
};

extern const char mz_size_usage[];

/* 0, or the exit status of wrong use, which was said. */
int mz_size_read_arguments(
    struct mz_arena *arena, int argc, char **argv, struct mz_size_arguments *args);

#endif
