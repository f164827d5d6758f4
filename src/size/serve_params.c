/* serve_params.c - names, defaults and assignments of serve_params.h */
#include "size/serve_params.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *text;
    size_t offset;
    double value;
} table[MZ_SERVE_PARAM_COUNT] = {
#define MZ_SERVE_PARAM_ROW(name, value, text)                                                      \
    { #name, text, offsetof(struct mz_serve_params, name), value },
    MZ_SERVE_PARAMS(MZ_SERVE_PARAM_ROW)
#undef MZ_SERVE_PARAM_ROW
};

void mz_serve_params_default(struct mz_serve_params *ret_params)
{
#define MZ_SERVE_PARAM_SET(name, value, text) ret_params->name = value;
    MZ_SERVE_PARAMS(MZ_SERVE_PARAM_SET)
#undef MZ_SERVE_PARAM_SET
}

const char *mz_serve_param_name(int index)
{
    assert(index >= 0 && index < MZ_SERVE_PARAM_COUNT);
    return table[index].name;
}

const char *mz_serve_param_text(int index)
{
    assert(index >= 0 && index < MZ_SERVE_PARAM_COUNT);
    return table[index].text;
}

double mz_serve_param_get(const struct mz_serve_params *params, int index)
{
    double value;

    assert(index >= 0 && index < MZ_SERVE_PARAM_COUNT);
    memcpy(&value, (const char *)params + table[index].offset, sizeof(value));
    return value;
}

enum mz_status mz_serve_params_set(
    struct mz_serve_params *params, const char *assignment, struct mz_error *err)
{
    const char *equals = strchr(assignment, '=');
    char *end;
    double value;

    for (int i = 0; equals && i < MZ_SERVE_PARAM_COUNT; i++) {
        size_t length = strlen(table[i].name);

        if ((size_t)(equals - assignment) != length ||
            strncmp(assignment, table[i].name, length) != 0)
            continue;
        value = strtod(equals + 1, &end);
        if (end == equals + 1 || *end || !isfinite(value) || value < 0)
            return mz_fail(
                err, MZ_E_INPUT, "'%.80s': wants a number that is not negative", assignment);
        memcpy((char *)params + table[i].offset, &value, sizeof(value));
        return MZ_OK;
    }
    return mz_fail(err, MZ_E_INPUT, "'%.80s': no such constant of serving", assignment);
}
