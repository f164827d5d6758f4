/* status.c - writing the sentence that goes with a status */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

enum mz_status mz_fail(struct mz_error *err, enum mz_status status, const char *format, ...)
{
    if (err) {
        va_list args;

        err->status = status;
        va_start(args, format);
        (void)vsnprintf(err->text, sizeof(err->text), format, args);
        va_end(args);
    }
    return status;
}

const char *mz_status_name(enum mz_status status)
{
    switch (status) {
    case MZ_OK: return "ok";
    case MZ_E_IO: return "io";
    case MZ_E_PARSE: return "parse";
    case MZ_E_INPUT: return "input";
    case MZ_E_RANGE: return "range";
    case MZ_E_LIMIT: return "limit";
    case MZ_E_SOLVER: return "solver";
    case MZ_E_INTERRUPT: return "interrupted";
    }
    return "invalid";
}
