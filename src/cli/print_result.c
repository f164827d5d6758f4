/* print_result.c - see print_result.h */
#include "cli/print_result.h"

#include "cli/commands.h"
#include "cli/print_diag.h"

#include <stdio.h>
#include <unistd.h>

void mz_result_print_table(const struct mz_table *table, const char *colour, bool no_header)
{
    struct mz_table_style style = { mz_cli_width(), mz_colour_wanted(stdout, colour) };
    struct mz_text out;

    mz_text_init(&out);
    if (isatty(STDOUT_FILENO))
        mz_table_write_terminal(table, &style, &out);
    else
        mz_table_write_pipe(table, no_header, &out);
    (void)fwrite(mz_text_string(&out), 1, out.length, stdout);
    mz_text_finish(&out);
}

void mz_result_print_json(const char *schema, json_t *data)
{
    char buffer[32];
    json_t *document = json_pack("{s:s, s:s?, s:o}", "schema", schema, "generated_at",
        mz_cli_generated_at(buffer), "data", data);

    (void)json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    (void)fputc('\n', stdout);
    json_decref(document);
}
