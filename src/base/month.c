/* month.c - calendar months */
#include "base/month.h"

#include <stdio.h>
#include <string.h>

static bool digits(const char *text, int32_t count, int32_t *ret_value)
{
    int32_t value = 0;

    for (int32_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *ret_value = value;
    return true;
}

bool mz_month_parse(const char *text, bool loose, int32_t *ret_month)
{
    int32_t year;
    int32_t part;
    int32_t month;

    if (!digits(text, 4, &year))
        return false;
    if (text[4] == '-' && digits(text + 5, 2, &part) && text[7] == '\0' && part >= 1 && part <= 12)
        month = year * 12 + part - 1;
    else if (loose && text[4] == 'Q' && text[5] >= '1' && text[5] <= '4' && text[6] == '\0')
        month = year * 12 + (text[5] - '1') * 3;
    else if (loose && text[4] == '\0')
        month = year * 12;
    else
        return false;
    if (month < MZ_MONTH_MIN || month > MZ_MONTH_MAX)
        return false;
    *ret_month = month;
    return true;
}

const char *mz_month_format(char *buffer, int32_t month)
{
    if (month >= MZ_MONTH_NEVER)
        return strcpy(buffer, "never");
    (void)snprintf(
        buffer, MZ_MONTH_TEXT_MAX, "%04d-%02d", (int)(month / 12), (int)(month % 12 + 1));
    return buffer;
}

double mz_month_hours(int32_t month)
{
    static const int32_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int32_t year = month / 12;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return 24.0 * (days[month % 12] + (month % 12 == 1 && leap ? 1 : 0));
}
