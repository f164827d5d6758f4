/* format.c - numbers written for people (declared in text.h)
 * Rounding happens once, on the value that is printed; a value that rounds up to the next power
 * moves to the next suffix ($999.9B is fine, $1000B becomes $1.00T). */
#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct power {
    double factor;
    const char *suffix;
};

static const char *format_scaled(
    char *buffer, const char *prefix, double value, const struct power *powers, size_t power_count)
{
    const char *sign = value < 0 ? "-" : "";
    double size = fabs(value);

    if (!isfinite(value))
        return strcpy(buffer, "-");
    for (size_t i = 0; i < power_count; i++) {
        double scaled = size / powers[i].factor;
        int32_t decimals = scaled >= 99.95 ? 1 : scaled >= 9.995 ? 1 : 2;

        if (scaled < 0.9995 && i + 1 < power_count)
            continue;
        if (powers[i].suffix[0] == '\0')
            decimals = scaled >= 99.995 || scaled == floor(scaled) ? 0 : 2;
        (void)snprintf(buffer, MZ_NUMBER_MAX, "%s%s%.*f%s", sign, prefix, (int)decimals, scaled,
            powers[i].suffix);
        return buffer;
    }
    return buffer;
}

const char *mz_format_usd(char *buffer, double usd)
{
    static const struct power powers[] = { { 1e12, "T" }, { 1e9, "B" }, { 1e6, "M" }, { 1e3, "k" },
        { 1, "" } };

    if (fabs(usd) < 0.005)
        return strcpy(buffer, "$0");
    return format_scaled(buffer, "$", usd, powers, sizeof(powers) / sizeof(powers[0]));
}

const char *mz_format_count(char *buffer, double count)
{
    static const struct power powers[] = { { 1e12, "T" }, { 1e9, "B" }, { 1e6, "M" } };

    if (!isfinite(count) || fabs(count) >= 999.5e3)
        return format_scaled(buffer, "", count, powers, sizeof(powers) / sizeof(powers[0]));
    return mz_format_fixed(buffer, count, fabs(count) < 10 && count != floor(count) ? 2 : 0);
}

const char *mz_format_power_mw(char *buffer, double power_mw)
{
    static const struct power powers[] = { { 1e3, " GW" }, { 1, " MW" }, { 1e-3, " kW" } };

    if (power_mw == 0)
        return strcpy(buffer, "0 MW");
    return format_scaled(buffer, "", power_mw, powers, sizeof(powers) / sizeof(powers[0]));
}

const char *mz_format_fixed(char *buffer, double value, int32_t decimals)
{
    char digits[400];
    size_t length;
    size_t whole;
    size_t used = 0;

    assert(decimals >= 0 && decimals <= 9);
    if (!isfinite(value) || fabs(value) >= 1e15)
        return strcpy(buffer, "-");
    (void)snprintf(digits, sizeof(digits), "%.*f", (int)decimals, fabs(value));
    length = strlen(digits);
    whole = length - (decimals ? (size_t)decimals + 1 : 0);
    if (value < 0 && strspn(digits, "0.") != length)
        buffer[used++] = '-';
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0)
            buffer[used++] = ',';
        buffer[used++] = digits[i];
    }
    buffer[used] = '\0';
    return buffer;
}

const char *mz_format_percent(char *buffer, double fraction, int32_t decimals)
{
    if (!isfinite(fraction))
        return strcpy(buffer, "-");
    (void)snprintf(buffer, MZ_NUMBER_MAX, "%.*f%%", (int)decimals, fraction * 100 + 0.0);
    return buffer;
}

const char *mz_format_exact(char *buffer, double value)
{
    double size = fabs(value);
    int precision = 1;

    for (; precision < 17; precision++) {
        (void)snprintf(buffer, MZ_NUMBER_MAX, "%.*g", precision, value);
        if (strtod(buffer, NULL) == value)
            break;
    }
    (void)snprintf(buffer, MZ_NUMBER_MAX, "%.*g", precision, value);
    if (size >= 1e-5 && size < 1e15 && strchr(buffer, 'e')) { /* 1e+06 is nothing people read */
        int decimals = precision - 1 - (int)floor(log10(size));

        (void)snprintf(buffer, MZ_NUMBER_MAX, "%.*f", decimals > 0 ? decimals : 0, value);
    }
    return buffer;
}
