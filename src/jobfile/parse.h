/* parse.h - the small texts inside a job: times, memory, signals, arrays, dependencies
 *
 * On failure the sentence is what to write instead ("write a time such as 48h or 2-00:00:00"); the
 * caller says which key or option it stands behind. MZ_E_INPUT: a unit is missing. MZ_E_RANGE: it
 * can be read, but is too large or too small. MZ_E_LIMIT: too many of them. MZ_E_PARSE: the rest.
 */
#ifndef MZ_JOBFILE_PARSE_H
#define MZ_JOBFILE_PARSE_H

#include "base/arena.h"
#include "base/status.h"
#include "domain/job_spec.h"

#include <stdbool.h>
#include <stdint.h>

enum { MZ_JOB_TIME_TEXT_MAX = 48 };

/* A whole number from min to max. */
enum mz_status mz_job_count_parse(
    const char *text, int64_t min, int64_t max, int64_t *ret_value, struct mz_error *err);

/* "48h", "2-00:00:00", "90 min"; with `slurm` also a bare number of minutes, and 0, UNLIMITED and
 * INFINITE, which give 0. min and max do not bind that 0. */
enum mz_status mz_job_time_parse(const char *text, bool slurm, int64_t min_us, int64_t max_us,
    int64_t *ret_us, struct mz_error *err);

/* "64 GiB", "64G", "500 GB"; with `slurm` a bare number is MiB, and every unit is binary. */
enum mz_status mz_job_memory_parse(
    const char *text, bool slurm, int64_t max_mib, int64_t *ret_mib, struct mz_error *err);

/* "2.50 USD/chip-hour" in millionths. */
enum mz_status mz_job_price_parse(
    const char *text, int64_t max_micro, int64_t *ret_micro, struct mz_error *err);

/* A plain number of base units in millionths: seconds, USD. */
enum mz_status mz_job_millionths_parse(
    const char *text, int64_t min, int64_t max, int64_t *ret_value, struct mz_error *err);

/* "USR1", "SIGUSR1", "10", each with "@120s" (a bare number: seconds). *ret_lead_us is -1 where no
 * time is stated. */
enum mz_status mz_job_signal_parse(
    const char *text, int32_t *ret_signal, int64_t *ret_lead_us, struct mz_error *err);
const char *mz_job_signal_name(int32_t number); /* "USR1"; NULL: no such signal */

/* "afterok:1:2,afterany:3", behind what the array holds already. */
enum mz_status mz_job_dependency_parse(
    const char *text, struct mz_dependency *list, int32_t *count, struct mz_error *err);

/* "64", "h100:64": *ret_kind is NULL without a kind. */
enum mz_status mz_job_chips_parse(struct mz_arena *arena, const char *text, int64_t max,
    const char **ret_kind, int64_t *ret_count, struct mz_error *err);

/* A number of microseconds as "90" or "0.25" seconds. Buffer of MZ_JOB_TIME_TEXT_MAX. */
const char *mz_job_millionths_format(char *buffer, int64_t millionths);

/* What is wrong with a name that people read (printable UTF-8 of 1 to 128 bytes); NULL: nothing. */
const char *mz_job_name_problem(const char *name);
/* Printable, without control characters of any kind? */
bool mz_job_printable(const char *text);

/* MZ_OK, or why sizes contradict each other. */
enum mz_status mz_job_sizes_check(const struct mz_job_spec *spec, struct mz_error *err);

#endif
