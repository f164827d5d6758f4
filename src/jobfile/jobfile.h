/* jobfile.h - from what a user wrote to a job, and back
 *
 * Four ways to write a job, one struct (domain/job_spec.h):
 *   YAML       mz_jobfile_read_yaml: the keys of docs/jobs.md through one table
 *              (jobfile_keys.c) that also drives the JSON reader, so that both know the same keys
 *   #SBATCH    mz_jobfile_read_script: a script whose #SBATCH lines (up to the first command) say
 *              what sbatch would read; #MIZAN lines say the rest ("#MIZAN --partners=alpha,beta")
 *   options    mz_jobfile_option: one option of `mizan submit`, over what a file said
 *   JSON       mz_jobfile_read_json: the body of POST /v1/jobs, and the journal's own form
 *
 * What is wrong goes to diags with file, line, column, the nearest known key and what to write;
 * all of it in one run. The reader then answers MZ_E_INPUT. Options of sbatch that Mizan does not
 * know are a warning (named, ignored) when harmless, an error when ignoring them would change what
 * runs (--export=NONE ... see docs/jobs.md).
 */
#ifndef MZ_JOBFILE_JOBFILE_H
#define MZ_JOBFILE_JOBFILE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "base/text.h"
#include "domain/job_spec.h"

#include <stdbool.h>

struct mz_jobfile_source {
    const char *file; /* as the user named it; for diagnostics and the default name */
    const char *bytes;
    size_t length;
    const char *directory; /* against which relative paths are resolved; absolute */
};

/* Does the text begin like a script ("#!")? Then it is read as one, else as YAML. */
bool mz_jobfile_is_script(const struct mz_jobfile_source *source);

/* Each reads over *spec, which begins as mz_job_spec_default() or as what was read before. */
enum mz_status mz_jobfile_read_yaml(struct mz_arena *arena, const struct mz_jobfile_source *source,
    struct mz_job_spec *spec, struct mz_diags *diags);
enum mz_status mz_jobfile_read_script(struct mz_arena *arena,
    const struct mz_jobfile_source *source, struct mz_job_spec *spec, struct mz_diags *diags);

/* One JSON object. The sentence names the key by its path ("checkpoint.every"). No defaults that
 * depend on a directory: relative paths are refused. */
enum mz_status mz_jobfile_read_json(struct mz_arena *arena, const char *bytes, size_t length,
    struct mz_job_spec *spec, struct mz_error *err);

/* An option of `mizan submit` or of a #SBATCH line: name without dashes ("nodes", "N", "G",
 * "chips-per-node", "time", "dependency", "array" ...); value NULL when it takes none.
 * MZ_E_INPUT names the nearest option when there is no such one. */
enum mz_status mz_jobfile_option(struct mz_arena *arena, const char *name, const char *value,
    const char *directory, struct mz_job_spec *spec, struct mz_error *err);
/* Does the option take a value? -1: there is no such option. */
int32_t mz_jobfile_option_arity(const char *name);

/* Why an option of sbatch has no effect ("mizan sends no mail"), for a warning; NULL: it has one, or
 * there is no such option. */
const char *mz_jobfile_option_ignored(const char *name);

/* What the whole has to satisfy: something to run, sizes that go together. Called last. */
enum mz_status mz_jobfile_check(const struct mz_job_spec *spec, struct mz_error *err);

/* The canonical form: keys in a fixed order, what equals the default left out, numbers in base
 * units ("time_s", "lease_s"), no white space. Reading it gives an equal spec. */
void mz_jobfile_write_json(const struct mz_job_spec *spec, struct mz_text *out);

/* "1-3,7,10-20:5%4" as in sbatch --array. */
enum mz_status mz_jobfile_array_parse(struct mz_arena *arena, const char *text, int32_t *ret_count,
    const int32_t **ret_indices, int32_t *ret_parallel, struct mz_error *err);

#endif
