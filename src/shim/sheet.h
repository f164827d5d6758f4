/* sheet.h - the launch sheet: what a permit says is to be run, and how
 *
 * Everything points into the bytes of the answer, which the sheet takes over.
 */
#ifndef MZ_SHIM_SHEET_H
#define MZ_SHIM_SHEET_H

#include "shim/buffer.h"

#include <stdint.h>

struct mz_sheet { /* zeroed: empty */
    char *bytes;  /* the answer's memory */
    int32_t arg_count;
    char **args; /* NULL-terminated */
    int32_t env_count;
    char **envs; /* "NAME=VALUE" */
    int32_t unset_count;
    char **unsets;
    const char *workdir; /* NULL: where the shim is */
    const char *output;  /* NULL: DIR/output */
    const char *script;  /* NULL: none */
    size_t script_length;
    int64_t output_max; /* bytes of `output`; 0: no limit */
    int64_t lease_us;
    int64_t lead_us;
    int64_t kill_us;
    int64_t every_us;          /* 0: no */
    int64_t time_us;           /* 0: no limit */
    int64_t checkpoint_signal; /* 0: none */
};

/* Reads the records at buffer->bytes[from .. from + length) and takes the buffer over (it is empty
 * then). False: not a sheet, or no memory; nothing is taken. */
bool mz_sheet_read(struct mz_sheet *sheet, struct mz_buffer *buffer, size_t from, size_t length);
void mz_sheet_finish(struct mz_sheet *sheet);

/* The job's environment, NULL-terminated: `own` changed by the sheet, then by `added` (NULL at its
 * end). Only the list is new memory, for the caller to free. NULL: no memory. */
char **mz_sheet_environment(const struct mz_sheet *sheet, char **own, char *const *added);

#endif
