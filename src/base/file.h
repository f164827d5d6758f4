/* file.h - whole files in and out
 *
 * Reading is bounded; writing goes to a temporary file beside the target that is renamed into
 * place, so that a reader never sees half a file and a failed write leaves the old one.
 */
#ifndef MZ_BASE_FILE_H
#define MZ_BASE_FILE_H

#include "base/arena.h"
#include "base/status.h"

#include <stddef.h>

/* Reads all of `path` ("-": stdin) into the arena, NUL-terminated. MZ_E_LIMIT past max_bytes. */
enum mz_status mz_file_read(struct mz_arena *arena, const char *path, size_t max_bytes,
    char **ret_bytes, size_t *ret_length, struct mz_error *err);

/* Writes atomically where the target is a regular file or does not exist, and straight into it
 * otherwise (/dev/stdout, a pipe). "-" is standard output. */
enum mz_status mz_file_write(
    const char *path, const char *bytes, size_t length, struct mz_error *err);

#endif
