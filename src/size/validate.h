/* validate.h - predicted against measured
 *
 * Reads training.csv or training_vtrain_single.csv (recognised by the header), predicts every row
 * and compares with the figure that was published (primary_metric), FLOP figures in the convention
 * of their source. What a row does not state (micro-batch, interleaving, recomputation, whole
 * layouts) is searched. Rows are skipped, with the reason kept, when they are marked recalled and
 * unverified, a known regression, or including evaluation, and when the model cannot express them.
 * The file may come from anywhere: errors name file and line.
 */
#ifndef MZ_SIZE_VALIDATE_H
#define MZ_SIZE_VALIDATE_H

#include "base/arena.h"
#include "size/search.h"

enum mz_metric { MZ_METRIC_STEP_S, MZ_METRIC_TOKENS_S, MZ_METRIC_TFLOPS, MZ_METRIC_GPU_HOURS };

enum { MZ_VALIDATION_ROWS_MAX = 100000, MZ_VALIDATION_BYTES_MAX = 64 << 20 };

struct mz_validation_row {
    int32_t line;
    const char *id;
    const char *source_id;
    const char *model;
    const char *chip_name;
    const char *skip; /* why the row is left out; NULL: it counts */
    struct mz_model_shape shape;
    const struct mz_size_chip *chip;
    const struct mz_stack *stack;
    enum mz_precision precision;
    enum mz_train_task task;
    struct mz_search_pins pins;
    int32_t chips, seq, batch;
    double total_tokens;
    bool searched; /* the whole layout was unknown */
    bool moe;
    enum mz_metric metric;
    double measured; /* in the unit of the metric */
    /* Filled by mz_validation_predict: */
    double predicted;
    double error;       /* predicted / measured - 1 */
    double band;        /* half width of the printed 80 % band, as a factor - 1 (band.h) */
    bool out_of_memory; /* every layout that matches the row was too large: a false alarm */
    struct mz_layout layout;
    struct mz_train_result result;
};

struct mz_validation {
    struct mz_validation_row *rows;
    size_t count;
    size_t skipped;
};

/* Parses into the arena. MZ_E_PARSE, MZ_E_RANGE, MZ_E_LIMIT or MZ_E_INPUT with "file:line: ...". */
enum mz_status mz_validation_read(struct mz_arena *arena, const struct mz_catalogue *catalogue,
    const char *name, const char *bytes, size_t length, struct mz_validation *ret_validation,
    struct mz_error *err);

/* Predicts every row that counts. calibrated: stack factors are applied. */
void mz_validation_predict(struct mz_validation *validation, const struct mz_size_params *params,
    bool calibrated, struct mz_layer_memo *memo);

/* Errors of a set of rows. Each source weighs the same, each row of a source the same. */
struct mz_error_summary {
    size_t rows, sources;
    double mean, median, p90, max; /* of |error| */
    double bias;                   /* mean of log(predicted / measured) */
    double spearman;               /* of predicted and measured ranks; NaN below 3 rows */
    double inside;                 /* share of rows inside their band */
    size_t out_of_memory;
};

/* How rows are grouped. */
enum mz_validation_by { MZ_BY_ALL, MZ_BY_SOURCE, MZ_BY_MODEL, MZ_BY_CHIP, MZ_BY_STACK };

struct mz_error_group {
    const char *name;
    struct mz_error_summary summary;
};

/* Groups in order of first appearance; arena owns the list. */
size_t mz_validation_group(struct mz_arena *arena, const struct mz_validation *validation,
    enum mz_validation_by by, struct mz_error_group **ret_groups);

/* Layout choice on a grid: rows of one source, model and chip count (at least 4) compete. */
struct mz_grid_choice {
    const char *source_id;
    const char *model;
    int32_t chips;
    size_t rows;
    double loss; /* measured time of the predicted best over the measured best, minus 1 */
    size_t rank; /* of the measured best in the predicted order, 1 = first */
};

size_t mz_validation_grids(struct mz_arena *arena, const struct mz_validation *validation,
    struct mz_grid_choice **ret_grids);

#endif
