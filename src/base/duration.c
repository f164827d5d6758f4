/* duration.c - lengths of time as people write them */
#include "base/duration.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *unit;
    double seconds;
} units[] = {
    { "s", 1 },
    { "sec", 1 },
    { "seconds", 1 },
    { "m", 60 },
    { "min", 60 },
    { "minutes", 60 },
    { "h", 3600 },
    { "hour", 3600 },
    { "hours", 3600 },
    { "d", 86400 },
    { "day", 86400 },
    { "days", 86400 },
    { "w", 604800 },
    { "week", 604800 },
    { "weeks", 604800 },
};

static const double longest_s = 1000.0 * 366 * 86400;

bool mz_duration_parse(const char *text, int64_t *ret_us)
{
    size_t digits = strspn(text, "0123456789.");
    double scale = 0;
    double seconds;
    char *end;

    if (digits == 0 || digits > 15 || text[0] == '.')
        return false;
    seconds = strtod(text, &end);
    if (end != text + digits)
        return false;
    while (*end == ' ')
        end++;
    if (*end == '\0')
        scale = 1;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].unit) == 0)
            scale = units[i].seconds;
    }
    if (scale == 0 || seconds * scale > longest_s)
        return false;
    *ret_us = llround(seconds * scale * 1e6);
    return true;
}

const char *mz_duration_format(char *buffer, int64_t us)
{
    double s = (double)us / 1e6;
    const char *unit = "s";

    if (s >= 48 * 3600) {
        s /= 86400;
        unit = "d";
    } else if (s >= 2 * 3600) {
        s /= 3600;
        unit = "h";
    } else if (s >= 120) {
        s /= 60;
        unit = "min";
    }
    (void)snprintf(
        buffer, MZ_DURATION_TEXT_MAX, s < 9.95 && s != floor(s) ? "%.1f %s" : "%.0f %s", s, unit);
    return buffer;
}
