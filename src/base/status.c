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
