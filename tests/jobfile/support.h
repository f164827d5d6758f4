/* support.h - reading jobs in tests, and what came of it as one text */
#ifndef MZ_TESTS_JOBFILE_SUPPORT_H
#define MZ_TESTS_JOBFILE_SUPPORT_H

#include "jobfile/jobfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define JOB_DIRECTORY "/home/u"

/* "3:7 error M0112 'time' needs a unit | write ... | known ..." a line, then the canonical JSON
 * when it was read; without the script, which has to be the file. The caller finishes the text. */
static inline struct mz_text read_as_text(const char *file, const char *bytes, size_t length)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_jobfile_source source = { file, bytes, length, JOB_DIRECTORY };
    struct mz_job_spec spec = mz_job_spec_default();
    struct mz_diags diags;
    struct mz_text text = { 0 };
    enum mz_status status;

    mz_diags_init(&diags, arena);
    status = mz_jobfile_is_script(&source) ? mz_jobfile_read_script(arena, &source, &spec, &diags)
                                           : mz_jobfile_read_yaml(arena, &source, &spec, &diags);
    assert_int_equal(status == MZ_OK, diags.error_count == 0);
    for (size_t i = 0; i < diags.count; i++) {
        const struct mz_diag *diag = &diags.list[i];

        assert_string_equal(diag->mark.file, file);
        mz_text_addf(&text, "%d:%d %s %s %s", diag->mark.line, diag->mark.column,
            diag->severity == MZ_SEVERITY_ERROR ? "error" : "warning", diag->code, diag->message);
        mz_text_addf(&text, diag->label ? " | %s" : "%s", diag->label ? diag->label : "");
        mz_text_addf(&text, diag->note ? " | %s\n" : "%s\n", diag->note ? diag->note : "");
    }
    if (status == MZ_OK) {
        if (mz_jobfile_is_script(&source)) {
            assert_int_equal(strlen(spec.script), length);
            assert_memory_equal(spec.script, bytes, length);
            spec.script = NULL;
        }
        mz_jobfile_write_json(&spec, &text);
        mz_text_add(&text, "\n");
    } else {
        assert_null(spec.name); /* a failed call changes nothing */
    }
    mz_arena_free(arena);
    return text;
}

#endif
