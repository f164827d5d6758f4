/* parse.c - numbers, times, memory, prices, signals, names
 * Lists of numbers (arrays, dependencies) are in parse_list.c. */
#include "jobfile/parse.h"

#include "base/duration.h"
#include "base/quantity.h"
#include "base/text.h"
#include "jobfile/jobfile_keys.h"
#include "scenario/tree.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 15, FIELD_DIGITS_MAX = 9 };

enum mz_status mz_job_count_parse(
    const char *text, int64_t min, int64_t max, int64_t *ret_value, struct mz_error *err)
{
    const char *digits = text + (*text == '-');
    size_t length = strspn(digits, "0123456789");
    int64_t value = 0;

    if (length == 0 || digits[length] != '\0')
        return mz_fail(err, MZ_E_PARSE, "write a whole number from %lld to %lld", (long long)min,
            (long long)max);
    for (size_t i = 0; i < length; i++)
        value = value > max ? value : value * 10 + (digits[i] - '0');
    value = *text == '-' ? -value : value;
    if (value < min || value > max)
        return mz_fail(err, MZ_E_RANGE, "write a whole number from %lld to %lld", (long long)min,
            (long long)max);
    *ret_value = value;
    return MZ_OK;
}

/* A field of digits at *s; false when there is none or it is too long. */
static bool take_number(const char **s, int64_t *ret_value)
{
    size_t length = strspn(*s, "0123456789");

    if (length == 0 || length > FIELD_DIGITS_MAX)
        return false;
    *ret_value = strtoll(*s, NULL, 10);
    *s += length;
    return true;
}

/* min, min:sec, h:min:sec, d-h, d-h:min, d-h:min:sec */
static bool parse_slurm_time(const char *text, int64_t *ret_s)
{
    int64_t fields[3] = { 0, 0, 0 };
    int64_t days = 0;
    const char *s = text;
    bool has_days = false;
    int32_t count = 0;

    if (!take_number(&s, &fields[count++]))
        return false;
    if (*s == '-') {
        has_days = true;
        days = fields[0];
        s++;
        if (!take_number(&s, &fields[0]))
            return false;
    }
    for (; *s == ':' && count < 3; count++) {
        s++;
        if (!take_number(&s, &fields[count]))
            return false;
    }
    if (*s != '\0')
        return false;
    if (has_days || count == 3)
        *ret_s = days * 86400 + fields[0] * 3600 + fields[1] * 60 + fields[2];
    else
        *ret_s = fields[0] * 60 + fields[1];
    return true;
}

static enum mz_status fail_range(int64_t min_us, int64_t max_us, struct mz_error *err)
{
    char low[MZ_DURATION_TEXT_MAX];
    char high[MZ_DURATION_TEXT_MAX];

    return mz_fail(err, MZ_E_RANGE, "write a time from %s to %s", mz_duration_format(low, min_us),
        mz_duration_format(high, max_us));
}

enum mz_status mz_job_time_parse(const char *text, bool slurm, int64_t min_us, int64_t max_us,
    int64_t *ret_us, struct mz_error *err)
{
    bool bare = text[0] && strspn(text, "0123456789") == strlen(text);
    int64_t seconds;
    int64_t us;

    if (slurm && (strcasecmp(text, "unlimited") == 0 || strcasecmp(text, "infinite") == 0)) {
        *ret_us = 0;
        return MZ_OK;
    }
    if (bare && !slurm)
        return mz_fail(
            err, MZ_E_INPUT, "write \"%.20s s\", \"%.20s min\" or \"%.20s h\"", text, text, text);
    if (bare || strpbrk(text, ":-")) {
        if (bare && strlen(text) > FIELD_DIGITS_MAX)
            return fail_range(min_us, max_us, err);
        if (!parse_slurm_time(text, &seconds))
            return mz_fail(err, MZ_E_PARSE, "write a time such as 48h, 90min or 2-00:00:00");
        us = seconds * 1000000;
    } else if (!mz_duration_parse(text, &us)) {
        return mz_fail(err, MZ_E_PARSE, "write a time such as 48h, 90min or 2-00:00:00");
    }
    if (!(slurm && us == 0) && (us < min_us || us > max_us))
        return fail_range(min_us, max_us, err);
    *ret_us = us;
    return MZ_OK;
}

static double memory_unit(const char *unit, bool slurm)
{
    static const struct {
        const char *word;
        double binary; /* MiB */
        double decimal;
    } units[] = {
        { "K", 1.0 / 1024, 1.0 / 1024 },
        { "M", 1, 1 },
        { "G", 1024, 1024 },
        { "T", 1048576, 1048576 },
        { "KiB", 1.0 / 1024, 1.0 / 1024 },
        { "MiB", 1, 1 },
        { "GiB", 1024, 1024 },
        { "TiB", 1048576, 1048576 },
        { "KB", 1.0 / 1024, 1e3 / 1048576 },
        { "MB", 1, 1e6 / 1048576 },
        { "GB", 1024, 1e9 / 1048576 },
        { "TB", 1048576, 1e12 / 1048576 },
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (slurm ? strcasecmp(units[i].word, unit) == 0 : strcmp(units[i].word, unit) == 0)
            return slurm ? units[i].binary : units[i].decimal;
    }
    return 0;
}

enum mz_status mz_job_memory_parse(
    const char *text, bool slurm, int64_t max_mib, int64_t *ret_mib, struct mz_error *err)
{
    size_t digits = strspn(text, "0123456789.");
    double scale = 1;
    double value;
    char *end;

    if (digits == 0 || digits > DIGITS_MAX || text[0] == '.')
        return mz_fail(err, MZ_E_PARSE, "write memory such as \"64 GiB\"");
    value = strtod(text, &end);
    if (end != text + digits)
        return mz_fail(err, MZ_E_PARSE, "write memory such as \"64 GiB\"");
    while (*end == ' ')
        end++;
    if (*end == '\0' && !slurm)
        return mz_fail(err, MZ_E_INPUT, "write \"%.15s MiB\" or \"%.15s GiB\"", text, text);
    if (*end != '\0')
        scale = memory_unit(end, slurm);
    if (scale == 0)
        return mz_fail(err, MZ_E_PARSE, "write memory such as \"64 GiB\"");
    value = ceil(value * scale);
    if (value > (double)max_mib || (value < 1 && !slurm))
        return mz_fail(err, MZ_E_RANGE, "write memory from 1 MiB to %lld MiB", (long long)max_mib);
    *ret_mib = (int64_t)value;
    return MZ_OK;
}

enum mz_status mz_job_price_parse(
    const char *text, int64_t max_micro, int64_t *ret_micro, struct mz_error *err)
{
    double usd = 0;
    size_t length = mz_number_length(text);

    if (length > 0 && text[length] == '\0')
        return mz_fail(err, MZ_E_INPUT, "write \"%.40s USD/chip-hour\"", text);
    if (mz_quantity_parse(text, MZ_Q_USD_PER_CHIP_HOUR, &usd, NULL) != MZ_OK)
        return mz_fail(err, MZ_E_PARSE, "write a price such as \"2.50 USD/chip-hour\"");
    if (!(usd >= 0) || usd * 1e6 > (double)max_micro)
        return mz_fail(err, MZ_E_RANGE, "write a price from 0 to %lld USD/chip-hour",
            (long long)(max_micro / 1000000));
    *ret_micro = llround(usd * 1e6);
    return MZ_OK;
}

enum mz_status mz_job_millionths_parse(
    const char *text, int64_t min, int64_t max, int64_t *ret_value, struct mz_error *err)
{
    char low[MZ_JOB_TIME_TEXT_MAX];
    char high[MZ_JOB_TIME_TEXT_MAX];
    size_t length = mz_number_length(text);
    double value = length > 0 && text[length] == '\0' ? strtod(text, NULL) * 1e6 : NAN;

    mz_job_millionths_format(low, min);
    mz_job_millionths_format(high, max);
    if (!isfinite(value))
        return mz_fail(err, MZ_E_PARSE, "write a number from %s to %s", low, high);
    if (value < (double)min || value > (double)max)
        return mz_fail(err, MZ_E_RANGE, "write a number from %s to %s", low, high);
    *ret_value = llround(value);
    return MZ_OK;
}

const char *mz_job_millionths_format(char *buffer, int64_t millionths)
{
    size_t length;

    (void)snprintf(buffer, MZ_JOB_TIME_TEXT_MAX, "%lld.%06lld", (long long)(millionths / 1000000),
        (long long)(millionths % 1000000));
    length = strlen(buffer);
    while (buffer[length - 1] == '0')
        length--;
    if (buffer[length - 1] == '.')
        length--;
    buffer[length] = '\0';
    return buffer;
}

static const struct {
    const char *name;
    int number;
} signals[] = {
    { "HUP", SIGHUP },
    { "INT", SIGINT },
    { "QUIT", SIGQUIT },
    { "ILL", SIGILL },
    { "TRAP", SIGTRAP },
    { "ABRT", SIGABRT },
    { "BUS", SIGBUS },
    { "FPE", SIGFPE },
    { "USR1", SIGUSR1 },
    { "SEGV", SIGSEGV },
    { "USR2", SIGUSR2 },
    { "PIPE", SIGPIPE },
    { "ALRM", SIGALRM },
    { "TERM", SIGTERM },
    { "CHLD", SIGCHLD },
    { "CONT", SIGCONT },
    { "TSTP", SIGTSTP },
    { "TTIN", SIGTTIN },
    { "TTOU", SIGTTOU },
    { "URG", SIGURG },
    { "XCPU", SIGXCPU },
    { "XFSZ", SIGXFSZ },
    { "VTALRM", SIGVTALRM },
    { "PROF", SIGPROF },
    { "WINCH", SIGWINCH },
    { "SYS", SIGSYS },
};
enum { SIGNAL_COUNT = sizeof(signals) / sizeof(signals[0]) };

const char *mz_job_signal_name(int32_t number)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        if (signals[i].number == number)
            return signals[i].name;
    }
    return NULL;
}

/* 0: none */
static int32_t find_signal(const char *word, size_t length)
{
    int64_t number;
    char text[16];

    if (length == 0 || length >= sizeof(text))
        return 0;
    memcpy(text, word, length);
    text[length] = '\0';
    if (mz_job_count_parse(text, 1, 64, &number, NULL) == MZ_OK)
        return mz_job_signal_name((int32_t)number) ? (int32_t)number : 0;
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        if (strcasecmp(signals[i].name, text) == 0 ||
            (strncasecmp(text, "SIG", 3) == 0 && strcasecmp(signals[i].name, text + 3) == 0))
            return signals[i].number;
    }
    return 0;
}

enum mz_status mz_job_signal_parse(
    const char *text, int32_t *ret_signal, int64_t *ret_lead_us, struct mz_error *err)
{
    size_t length = strcspn(text, "@");
    int32_t number = find_signal(text, length);
    const char *lead = text[length] ? text + length + 1 : NULL;
    int64_t lead_us = -1;

    if (number == 0)
        return mz_fail(
            err, MZ_E_PARSE, "write a signal such as USR1@120s; KILL and STOP cannot be caught");
    if (lead && !mz_duration_parse(lead, &lead_us))
        return mz_fail(err, MZ_E_PARSE, "write the time behind @ such as USR1@120s");
    if (lead_us > MZ_JOB_DAY_US)
        return mz_fail(err, MZ_E_RANGE, "write a time of 1 day at most behind @");
    *ret_signal = number;
    *ret_lead_us = lead_us;
    return MZ_OK;
}

bool mz_job_printable(const char *text)
{
    size_t length = strlen(text);
    char *buffer = mz_xcalloc(length + 1, 1);
    bool same = strcmp(mz_text_printable(buffer, length + 1, text), text) == 0;

    free(buffer);
    return same;
}

const char *mz_job_name_problem(const char *name)
{
    size_t length = strlen(name);

    if (length == 0)
        return "it is empty";
    if (length > MZ_SPEC_NAME_MAX)
        return "it is longer than 128 bytes";
    if (!mz_job_printable(name))
        return "it has a control character, or bytes that are not UTF-8";
    if (name[strspn(name, " ")] == '\0')
        return "it is blank";
    return NULL;
}
