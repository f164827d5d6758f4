/* diag.c - the list of diagnostics
 * Past MZ_DIAG_COUNT_MAX the last slot is a scratch that callers may still write into. */
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void mz_diags_init(struct mz_diags *diags, struct mz_arena *arena)
{
    *diags = (struct mz_diags){ .arena = arena };
}

struct mz_diag *mz_diags_add(struct mz_diags *diags, enum mz_severity severity, const char *code,
    struct mz_mark mark, const char *format, ...)
{
    struct mz_diag *diag;
    va_list args;
    char text[2048];

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    diags->list = mz_arena_grow(diags->arena, diags->list, diags->count, diags->count + 1,
        &diags->capacity, sizeof(*diags->list));
    diag = &diags->list[diags->count];
    if (diags->count < MZ_DIAG_COUNT_MAX)
        diags->count++;
    if (severity == MZ_SEVERITY_ERROR)
        diags->error_count++;
    else
        diags->warning_count++;
    *diag = (struct mz_diag){
        .severity = severity,
        .code = code,
        .message = mz_arena_strdup(diags->arena, text),
        .mark = mark,
    };
    return diag;
}

static int compare(const struct mz_diag *a, const struct mz_diag *b)
{
    if (a->mark.line != b->mark.line)
        return a->mark.line < b->mark.line ? -1 : 1;
    if (a->mark.column != b->mark.column)
        return a->mark.column < b->mark.column ? -1 : 1;
    return 0;
}

void mz_diags_sort(struct mz_diags *diags)
{
    /* Insertion sort: stable, and the list is short and nearly in order. */
    for (size_t i = 1; i < diags->count; i++) {
        struct mz_diag moved = diags->list[i];
        size_t j = i;

        while (j > 0 && compare(&moved, &diags->list[j - 1]) < 0) {
            diags->list[j] = diags->list[j - 1];
            j--;
        }
        diags->list[j] = moved;
    }
}
