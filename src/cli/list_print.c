/* list_print.c - a list from the server as a table, or as JSON (list_print.h)
 * Rows are compared and chosen by the JSON values, never by what the table shows: --sort cost is by
 * the number, not by its rounded text. Equal rows keep the server's order. */
#include "cli/list_print.h"

#include "cli/client_json.h"
#include "cli/commands.h"
#include "cli/print_diag.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 40, TEXT_SHOWN_MIN = 14 };

struct chosen {
    const struct mz_list_column *columns[COLUMNS_MAX];
    int32_t count;
};

/* The value of an option of lists; NULL where the command has none. */
static const char *list_option(const struct mz_client *client, const char *name)
{
    return (client->args->command->groups & MZ_ARGS_LIST) ? mz_args_value(client->args, name)
                                                          : NULL;
}

static const struct mz_list_column *find_column(const struct mz_list *list, const char *key)
{
    for (int32_t i = 0; i < list->column_count; i++) {
        if (strcmp(list->columns[i].key, key) == 0)
            return &list->columns[i];
    }
    return NULL;
}

static int fail_column(
    const struct mz_client *client, const struct mz_list *list, const char *option, const char *key)
{
    const char *keys[COLUMNS_MAX];
    const char *nearest;
    struct mz_text known = { 0 };
    int status;

    for (int32_t i = 0; i < list->column_count; i++) {
        keys[i] = list->columns[i].key;
        mz_text_addf(&known, "%s%s", i > 0 ? ", " : "", keys[i]);
    }
    nearest = mz_nearest_word(key, keys, (size_t)list->column_count);
    if (nearest)
        status = mz_cli_fail_use(client->command, "%s: there is no column '%s': did you mean '%s'?",
            option, key, nearest);
    else
        status = mz_cli_fail_use(client->command, "%s: there is no column '%s'; there are %s",
            option, key, mz_text_string(&known));
    mz_text_finish(&known);
    return status;
}

/* By -o, else those that are not wide. */
static int choose_columns(
    const struct mz_client *client, const struct mz_list *list, struct chosen *ret)
{
    const char *asked = list_option(client, "columns");
    bool wide = asked && strcmp(asked, "wide") == 0;

    ret->count = 0;
    for (int32_t i = 0; (!asked || wide) && i < list->column_count; i++) {
        if (wide || !list->columns[i].is_wide)
            ret->columns[ret->count++] = &list->columns[i];
    }
    for (const char *s = asked; s && !wide;) {
        size_t length = strcspn(s, ",");
        const char *key = mz_arena_strndup(client->arena, s, length);

        if (ret->count == COLUMNS_MAX || !find_column(list, key))
            return fail_column(client, list, "-o", key);
        ret->columns[ret->count++] = find_column(list, key);
        s = s[length] ? s + length + 1 : NULL;
    }
    return -1;
}

/* --where column=value, each of them. */
static int filter(const struct mz_client *client, const struct mz_list *list, json_t *rows)
{
    for (int32_t v = 0; v < client->args->value_count; v++) {
        const struct mz_arg_value *given = &client->args->values[v];
        const char *equals = given->value ? strchr(given->value, '=') : NULL;
        const char *key;

        if (strcmp(given->name, "where") != 0)
            continue;
        if (!equals || equals == given->value)
            return mz_cli_fail_use(
                client->command, "--where needs COLUMN=VALUE, not '%s'", given->value);
        key = mz_arena_strndup(client->arena, given->value, (size_t)(equals - given->value));
        if (!find_column(list, key))
            return fail_column(client, list, "--where", key);
        for (size_t i = json_array_size(rows); i-- > 0;) {
            const json_t *row = json_array_get(rows, i);

            if (strcmp(mz_json_plain(client->arena, json_object_get(row, key)), equals + 1) != 0)
                json_array_remove(rows, i);
        }
    }
    return -1;
}

struct sort_row {
    json_t *row;
    const json_t *value;
    size_t at;
    bool falling;
};

/* Rows without the value come last in either order. */
static int compare_rows(const void *a_, const void *b_)
{
    const struct sort_row *a = a_;
    const struct sort_row *b = b_;
    int order = 0;

    if (json_is_null(a->value) != json_is_null(b->value))
        return json_is_null(a->value) ? 1 : -1;
    if (json_is_number(a->value) && json_is_number(b->value)) {
        double x = json_number_value(a->value);
        double y = json_number_value(b->value);

        order = (x > y) - (x < y);
    } else if (json_is_string(a->value) && json_is_string(b->value)) {
        order = strcmp(json_string_value(a->value), json_string_value(b->value));
    }
    if (order != 0)
        return a->falling ? -order : order;
    return (a->at > b->at) - (a->at < b->at);
}

static int sort(const struct mz_client *client, const struct mz_list *list, json_t *rows)
{
    const char *key = list_option(client, "sort");
    size_t count = json_array_size(rows);
    bool falling = key && key[0] == '-';
    struct sort_row *order;

    if (!key)
        return -1;
    key += falling;
    if (!find_column(list, key))
        return fail_column(client, list, "--sort", key);
    order = mz_arena_alloc(client->arena, count + 1, sizeof(*order));
    for (size_t i = 0; i < count; i++) {
        json_t *row = json_array_get(rows, i);
        const json_t *value = json_object_get(row, key);

        order[i] = (struct sort_row){ json_incref(row), value ? value : json_null(), i, falling };
    }
    qsort(order, count, sizeof(*order), compare_rows);
    json_array_clear(rows);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(rows, order[i].row);
    return -1;
}

/* Fills a table with rows; `columns` has to live as long. */
static void fill(const struct mz_list_context *context, const struct chosen *chosen,
    const json_t *rows, int32_t rows_max, struct mz_column *columns, struct mz_table *ret_table)
{
    size_t i;
    json_t *row;

    for (int32_t c = 0; c < chosen->count; c++) {
        const struct mz_list_column *column = chosen->columns[c];

        columns[c] = (struct mz_column){ column->key, column->title, NULL, column->kind };
    }
    mz_table_init(ret_table, context->arena, columns, chosen->count);
    json_array_foreach(rows, i, row)
    {
        if (rows_max > 0 && i >= (size_t)rows_max)
            break;
        for (int32_t c = 0; c < chosen->count; c++) {
            enum mz_cell_look look = MZ_CELL_PLAIN;
            const char *text = chosen->columns[c]->cell(context, row, chosen->columns[c], &look);

            if (!text || !text[0]) {
                text = context->terminal ? "\xE2\x80\x93" : "-";
                look = MZ_CELL_PLAIN;
            }
            mz_table_add_look(ret_table, text, look);
        }
    }
}

/* Takes out the column that leaves first; false when none may leave. */
static bool drop_column(struct chosen *chosen)
{
    int32_t worst = -1;

    for (int32_t i = 0; i < chosen->count; i++) {
        if (chosen->columns[i]->drop > (worst < 0 ? 0 : chosen->columns[worst]->drop))
            worst = i;
    }
    if (worst < 0)
        return false;
    chosen->count--;
    memmove(&chosen->columns[worst], &chosen->columns[worst + 1],
        (size_t)(chosen->count - worst) * sizeof(chosen->columns[0]));
    return true;
}

static void write_fitted(const struct mz_client *client, const struct mz_list_context *context,
    struct chosen chosen, bool may_drop, const json_t *rows, int32_t width, int32_t rows_max,
    struct mz_text *out)
{
    struct mz_column columns[COLUMNS_MAX];
    struct mz_table_style style = { width, client->colour };
    struct mz_table table;

    fill(context, &chosen, rows, rows_max, columns, &table);
    while (may_drop && mz_table_width_least(&table, TEXT_SHOWN_MIN) > width && drop_column(&chosen))
        fill(context, &chosen, rows, rows_max, columns, &table);
    mz_table_write_terminal(&table, &style, out);
}

void mz_list_write(const struct mz_client *client, const struct mz_list *list,
    const json_t *document, int32_t width, int32_t rows_max, struct mz_text *out)
{
    struct mz_list_context context = { mz_arena_create(), mz_json_generated_at_s(document), true };
    struct chosen chosen;

    if (choose_columns(client, list, &chosen) < 0)
        write_fitted(client, &context, chosen, !list_option(client, "columns"),
            json_object_get(document, "data"), width, rows_max, out);
    mz_arena_free(context.arena);
}

static void print_table(
    const struct mz_client *client, const struct chosen *chosen, const json_t *document)
{
    struct mz_list_context context = { client->arena, mz_json_generated_at_s(document),
        client->terminal };
    const json_t *rows = json_object_get(document, "data");
    struct mz_column columns[COLUMNS_MAX];
    struct mz_table table;
    struct mz_text text = { 0 };

    if (client->terminal) {
        write_fitted(client, &context, *chosen, !list_option(client, "columns"), rows,
            mz_cli_width(), 0, &text);
    } else {
        fill(&context, chosen, rows, 0, columns, &table);
        mz_table_write_pipe(&table,
            (client->args->command->groups & MZ_ARGS_LIST) &&
                mz_args_has(client->args, "no-header"),
            &text);
    }
    (void)fputs(mz_text_string(&text), stdout);
    mz_text_finish(&text);
}

static void say_summary(const struct mz_client *client, const char *summary)
{
    bool dim = mz_colour_wanted(stderr, client->colour_when);
    char printable[1024];

    if (client->quiet || !summary || !summary[0])
        return;
    (void)fflush(stdout);
    (void)fprintf(stderr, "%s%s%s%s\n", client->terminal ? "\n" : "", dim ? "\x1b[2m" : "",
        mz_text_printable(printable, sizeof(printable), summary), dim ? "\x1b[0m" : "");
}

int mz_list_print(const struct mz_client *client, const struct mz_list *list, json_t *document,
    const char *summary)
{
    json_t *rows = json_object_get(document, "data");
    struct chosen chosen;
    int status = choose_columns(client, list, &chosen);
    size_t i;
    json_t *row;

    if (status < 0)
        status = filter(client, list, rows);
    if (status < 0)
        status = sort(client, list, rows);
    if (status >= 0)
        return status;
    if (client->json) {
        mz_json_print(document, false);
    } else if (client->jsonl) {
        json_array_foreach(rows, i, row) mz_json_print(row, true);
    } else if (json_array_size(rows) == 0 && client->terminal) {
        mz_client_note(client, "%s", list->empty);
    } else {
        print_table(client, &chosen, document);
        say_summary(client, summary);
    }
    return MZ_EXIT_DONE;
}
