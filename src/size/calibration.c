/* calibration.c - the factor of one's own cluster: fitted, written, read */
#include "size/calibration.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char schema[] = "mizan.size-calibration/1";

enum { BAND_ROWS_MIN = 5 };

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Log of measured over predicted time: rates turn round. */
static double log_ratio(const struct mz_validation_row *row)
{
    bool is_time = row->metric == MZ_METRIC_STEP_S || row->metric == MZ_METRIC_GPU_HOURS;
    double ratio = log(row->measured / row->predicted);

    return is_time ? ratio : -ratio;
}

enum mz_status mz_calibration_fit(const struct mz_validation *validation,
    struct mz_calibration *ret_calibration, struct mz_error *err)
{
    double *ratios = mz_xcalloc(validation->count + 1, sizeof(*ratios));
    size_t count = 0;
    double middle;
    double widest = 0; /* of the model's own bands */
    size_t at;

    for (size_t i = 0; i < validation->count; i++) {
        const struct mz_validation_row *row = &validation->rows[i];
        double ratio;

        if (row->skip || row->out_of_memory)
            continue;
        ratio = log_ratio(row);
        if (!isfinite(ratio))
            continue;
        ratios[count++] = ratio;
        widest = fmax(widest, log1p(row->band));
    }
    if (count == 0) {
        free(ratios);
        return mz_fail(err, MZ_E_INPUT, "no run of the file can be compared with a prediction");
    }
    qsort(ratios, count, sizeof(*ratios), compare);
    middle = (ratios[(count - 1) / 2] + ratios[count / 2]) / 2;
    for (size_t i = 0; i < count; i++)
        ratios[i] = fabs(ratios[i] - middle);
    qsort(ratios, count, sizeof(*ratios), compare);
    at = (size_t)ceil(0.8 * ((double)count + 1));
    *ret_calibration = (struct mz_calibration){ .factor = exp(middle), .rows = (int32_t)count };
    ret_calibration->band =
        count < BAND_ROWS_MIN || at > count ? exp(widest + ratios[count - 1]) : exp(ratios[at - 1]);
    if (ret_calibration->band < 1.01)
        ret_calibration->band = 1.01; /* no run is that even */
    free(ratios);
    return MZ_OK;
}

void mz_calibration_write(const struct mz_calibration *calibration, struct mz_text *out)
{
    char factor[MZ_NUMBER_MAX];
    char band[MZ_NUMBER_MAX];

    mz_text_addf(out, "{\"schema\": \"%s\", \"factor\": %s, \"band\": %s, \"rows\": %d}\n", schema,
        mz_format_exact(factor, calibration->factor), mz_format_exact(band, calibration->band),
        calibration->rows);
}

enum mz_status mz_calibration_parse(const char *name, const char *bytes, size_t length,
    struct mz_calibration *ret_calibration, struct mz_error *err)
{
    json_error_t problem;
    json_t *document = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &problem);
    struct mz_calibration read = { 0 };
    const char *found = json_string_value(json_object_get(document, "schema"));
    enum mz_status status = MZ_OK;

    if (!document)
        return mz_fail(err, MZ_E_PARSE, "%s:%d: %s", name, problem.line, problem.text);
    read.factor = json_number_value(json_object_get(document, "factor"));
    read.band = json_number_value(json_object_get(document, "band"));
    read.rows = (int32_t)json_integer_value(json_object_get(document, "rows"));
    if (!found || strcmp(found, schema) != 0)
        status = mz_fail(err, MZ_E_INPUT,
            "%s: it is no calibration: the schema has to be \"%s\"; 'mizan size --calibrate' "
            "writes "
            "one",
            name, schema);
    else if (!(read.factor >= 0.01 && read.factor <= 100) ||
        !(read.band >= 1 && read.band <= 100) || read.rows < 1)
        status = mz_fail(err, MZ_E_RANGE,
            "%s: factor has to be 0.01 to 100, band 1 to 100, rows at least 1", name);
    json_decref(document);
    if (status == MZ_OK)
        *ret_calibration = read;
    return status;
}
