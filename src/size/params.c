/* params.c - defaults and names of the global constants; the meaning is in params.h */
#include "size/params.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct param_entry {
    const char *name;
    const char *text;
    size_t offset;
    double value;
};

static const struct param_entry entries[] = {
#define MZ_SIZE_PARAM_ENTRY(name, value, text)                                                     \
    { #name, text, offsetof(struct mz_size_params, name), value },
    MZ_SIZE_PARAMS(MZ_SIZE_PARAM_ENTRY)
#undef MZ_SIZE_PARAM_ENTRY
};

_Static_assert(sizeof(entries) / sizeof(entries[0]) == MZ_SIZE_PARAM_COUNT, "one entry a field");

void mz_size_params_default(struct mz_size_params *ret_params)
{
    for (int i = 0; i < MZ_SIZE_PARAM_COUNT; i++)
        *mz_size_param_at(ret_params, i) = entries[i].value;
}

const char *mz_size_param_name(int index)
{
    assert(index >= 0 && index < MZ_SIZE_PARAM_COUNT);
    return entries[index].name;
}

const char *mz_size_param_text(int index)
{
    assert(index >= 0 && index < MZ_SIZE_PARAM_COUNT);
    return entries[index].text;
}

double *mz_size_param_at(struct mz_size_params *params, int index)
{
    assert(index >= 0 && index < MZ_SIZE_PARAM_COUNT);
    return (double *)(void *)((char *)params + entries[index].offset);
}

enum mz_status mz_size_params_set(
    struct mz_size_params *params, const char *assignment, struct mz_error *err)
{
    const char *equals = strchr(assignment, '=');
    char *end;
    double value;

    if (!equals)
        return mz_fail(err, MZ_E_INPUT, "'%s' is not name=value", assignment);
    value = strtod(equals + 1, &end);
    if (end == equals + 1 || *end || !isfinite(value) || value < 0)
        return mz_fail(err, MZ_E_INPUT, "'%s': the value is not a number of 0 or more", assignment);
    for (int i = 0; i < MZ_SIZE_PARAM_COUNT; i++) {
        if (strlen(entries[i].name) == (size_t)(equals - assignment) &&
            strncmp(entries[i].name, assignment, (size_t)(equals - assignment)) == 0) {
            *mz_size_param_at(params, i) = value;
            return MZ_OK;
        }
    }
    return mz_fail(err, MZ_E_INPUT, "'%s' names no constant of the model", assignment);
}
