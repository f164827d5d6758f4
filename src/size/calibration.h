/* calibration.h - the factor of one's own cluster
 *
 * Runs of one's own, in the format of the validation files, against predictions: `factor` is the
 * median of measured over predicted step time, `band` the factor around it inside which four of five
 * runs lie (finite sample: the ceil(0.8 (n + 1))-th smallest distance). Below five runs the band is
 * that of the model times the spread seen. Written as JSON, read by later calls.
 */
#ifndef MZ_SIZE_CALIBRATION_H
#define MZ_SIZE_CALIBRATION_H

#include "base/text.h"
#include "size/validate.h"

enum { MZ_CALIBRATION_BYTES_MAX = 64 * 1024 };

struct mz_calibration {
    double factor; /* times the predicted step time */
    double band;   /* above 1 */
    int32_t rows;
};

/* From rows that were predicted without factors. MZ_E_INPUT when none of them can be compared. */
enum mz_status mz_calibration_fit(const struct mz_validation *validation,
    struct mz_calibration *ret_calibration, struct mz_error *err);

void mz_calibration_write(const struct mz_calibration *calibration, struct mz_text *out);

/* MZ_E_PARSE, MZ_E_INPUT, MZ_E_RANGE with the file named. */
enum mz_status mz_calibration_parse(const char *name, const char *bytes, size_t length,
    struct mz_calibration *ret_calibration, struct mz_error *err);

#endif
