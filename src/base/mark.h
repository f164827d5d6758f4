/* mark.h - a place in an input file
 *
 * Every noun and every value that was read from a file keeps the place it came from, so that an
 * error, a binding rule and an assumption can name file, line and column.
 * Lines and columns count from 1; line 0 means "no place" (a default, a command-line value).
 * `file` is borrowed from the arena of whoever read the file.
 */
#ifndef MZ_BASE_MARK_H
#define MZ_BASE_MARK_H

#include <stdint.h>

struct mz_mark {
    const char *file;
    int32_t line;
    int32_t column;
    int32_t end_column; /* one behind the last column marked; 0: unknown */
};

#endif
