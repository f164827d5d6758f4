/* serve_validate.h - predicted against measured serving
 *
 * Reads inference.csv (shared/validation), predicts every row that says enough and compares output
 * tokens per second and chip, time per output token, or time to first token, whichever was
 * published. Rows that do not state what decides the answer are skipped with the reason (lengths,
 * number of workers, a layout that cannot be run). The file may come from anywhere: errors name
 * file and line.
 */
#ifndef MZ_SIZE_SERVE_VALIDATE_H
#define MZ_SIZE_SERVE_VALIDATE_H

#include "base/arena.h"
#include "size/serve.h"
#include "size/serve_band.h"

enum { MZ_SERVE_ROWS_MAX = 100000, MZ_SERVE_FILE_BYTES_MAX = 64 << 20 };

enum mz_serve_mode {
    MZ_SERVE_AGG,
    MZ_SERVE_DISAGG,
    MZ_SERVE_STATIC,
    MZ_SERVE_OFFLINE,
    MZ_SERVE_FIRST_TOKEN,
    MZ_SERVE_MLPERF,
    MZ_SERVE_DISAGG_PREFILL,
    MZ_SERVE_DISAGG_DECODE,
};

const char *mz_serve_mode_name(enum mz_serve_mode mode);

struct mz_serve_row {
    int32_t line;
    const char *id;
    const char *source_id;
    const char *model;
    const char *chip_name;
    const char *engine;
    const char *version;
    const char *skip; /* why the row is left out; NULL: it counts */
    enum mz_serve_mode mode;
    struct mz_model_shape shape;
    struct mz_serve_case serve; /* its shape is set by mz_serve_validation_predict */
    struct mz_serve_layout layout;
    struct mz_serve_pools pools;
    int32_t chips;
    double load;        /* batch or concurrency; 0: what fits */
    double out_nominal; /* tokens that the published rate was derived with */
    bool partial;       /* workers were not published; predicted as one decode instance */
    bool spec_unknown;  /* the model can draft its own tokens and the row does not say */
    /* Published; 0: not. */
    double tokens_s, tpot_s, ttft_s;
    /* Filled by mz_serve_validation_predict: */
    struct mz_serve_result result;
    double predicted_tokens_s; /* per chip, as tokens_s */
    double error_tokens;       /* predicted / measured - 1; NaN: nothing to compare */
    double error_tpot;
    double error_ttft;
    enum mz_serve_kind kind;
    struct mz_serve_band band;
    bool out_of_memory;
};

struct mz_serve_validation {
    struct mz_serve_row *rows;
    size_t count;
    size_t skipped;
    size_t partial; /* not skipped, workers unknown: predicted on request only */
};

/* True when the first line of the file has the columns of inference.csv. */
bool mz_serve_validation_recognise(const char *bytes, size_t length);

/* Parses into the arena. MZ_E_PARSE, MZ_E_RANGE, MZ_E_LIMIT or MZ_E_INPUT with "file:line: ...". */
enum mz_status mz_serve_validation_read(struct mz_arena *arena,
    const struct mz_catalogue *catalogue, const char *name, const char *bytes, size_t length,
    struct mz_serve_validation *ret_validation, struct mz_error *err);

/* Predicts every row that counts; with `partial` also those whose workers are unknown. */
void mz_serve_validation_predict(struct mz_serve_validation *validation,
    const struct mz_size_params *params, const struct mz_serve_params *serve, bool partial);

enum mz_serve_metric { MZ_SERVE_BY_TOKENS, MZ_SERVE_BY_TPOT, MZ_SERVE_BY_TTFT };

/* Errors of a set of rows, every row the same weight. */
struct mz_serve_summary {
    size_t rows;
    double mean, median, p90, max; /* of |error| */
    double bias;                   /* mean of log(predicted / measured) */
    double spearman;               /* of predicted and measured; NaN below 3 rows */
    double inside;                 /* share of rows inside their band */
    size_t out_of_memory;
};

enum mz_serve_group_by {
    MZ_SERVE_GROUP_ALL,
    MZ_SERVE_GROUP_SOURCE,
    MZ_SERVE_GROUP_MODEL,
    MZ_SERVE_GROUP_CHIP,
    MZ_SERVE_GROUP_ENGINE,
    MZ_SERVE_GROUP_MODE
};

struct mz_serve_group {
    const char *name;
    struct mz_serve_summary summary;
};

/* Groups in order of first appearance; groups without a row of this metric are left out. */
size_t mz_serve_validation_group(struct mz_arena *arena,
    const struct mz_serve_validation *validation, enum mz_serve_group_by by,
    enum mz_serve_metric metric, struct mz_serve_group **ret_groups);

#endif
