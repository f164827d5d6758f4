/* table.c - tables for terminal, pipe and CSV; spark lines; rounding that adds up */
#include "report/table.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SEPARATION = 2, TEXT_COLUMNS_MIN = 6 };

void mz_table_init(struct mz_table *table, struct mz_arena *arena, const struct mz_column *columns,
    int32_t column_count)
{
    assert(column_count > 0 && column_count <= MZ_TABLE_COLUMN_COUNT_MAX);
    *table = (struct mz_table){ .arena = arena, .columns = columns, .column_count = column_count };
}

static struct mz_cell *add_cell(struct mz_table *table)
{
    table->cells = mz_arena_grow(table->arena, table->cells, table->cell_count,
        table->cell_count + 1, &table->cell_capacity, sizeof(table->cells[0]));
    table->cells[table->cell_count] = (struct mz_cell){ .number = NAN };
    return &table->cells[table->cell_count++];
}

void mz_table_add_look(struct mz_table *table, const char *text, enum mz_cell_look look)
{
    struct mz_cell *cell = add_cell(table);

    cell->text = mz_arena_strdup(table->arena, text ? text : "-");
    cell->look = look;
}

void mz_table_add(struct mz_table *table, const char *text)
{
    mz_table_add_look(table, text, MZ_CELL_PLAIN);
}

void mz_table_add_value(struct mz_table *table, double value, int32_t decimals, const char *text)
{
    struct mz_cell *cell = add_cell(table);

    cell->text = mz_arena_strdup(table->arena, text);
    cell->number = value;
    cell->decimals = decimals;
    cell->is_number = true;
}

void mz_table_add_number(struct mz_table *table, double value, int32_t decimals)
{
    char buffer[MZ_NUMBER_MAX];

    mz_table_add_value(table, value, decimals, mz_format_fixed(buffer, value, decimals));
}

void mz_table_look(struct mz_table *table, enum mz_cell_look look)
{
    assert(table->cell_count > 0);
    table->cells[table->cell_count - 1].look = look;
}

int32_t mz_table_row_count(const struct mz_table *table)
{
    assert(table->cell_count % (size_t)table->column_count == 0);
    return (int32_t)(table->cell_count / (size_t)table->column_count);
}

const struct mz_cell *mz_table_cell(const struct mz_table *table, int32_t row, int32_t column)
{
    return &table->cells[(size_t)row * (size_t)table->column_count + (size_t)column];
}

static const char *printable(const struct mz_table *table, const char *text)
{
    size_t size = strlen(text) + 1;
    char *buffer = mz_arena_alloc(table->arena, size, 1);

    return mz_text_printable(buffer, size, text);
}

static bool has_unit(const struct mz_column *column)
{
    return column->unit && column->unit[0] != '\0';
}

static void measure(const struct mz_table *table, int32_t widths[MZ_TABLE_COLUMN_COUNT_MAX])
{
    int32_t row_count = mz_table_row_count(table);

    for (int32_t c = 0; c < table->column_count; c++) {
        const struct mz_column *column = &table->columns[c];

        widths[c] = mz_text_columns(printable(table, column->title));
        if (has_unit(column) && mz_text_columns(column->unit) > widths[c])
            widths[c] = mz_text_columns(column->unit);
        for (int32_t r = 0; r < row_count; r++) {
            int32_t need = mz_text_columns(printable(table, mz_table_cell(table, r, c)->text));

            widths[c] = need > widths[c] ? need : widths[c];
        }
    }
}

int32_t mz_table_width_least(const struct mz_table *table, int32_t text_min)
{
    int32_t widths[MZ_TABLE_COLUMN_COUNT_MAX];
    int32_t total = SEPARATION * (table->column_count - 1);

    measure(table, widths);
    for (int32_t c = 0; c < table->column_count; c++)
        total +=
            table->columns[c].kind == MZ_COLUMN_TEXT && widths[c] > text_min ? text_min : widths[c];
    return total;
}

/* Takes from the widest text column, one column of text at a time, until the table fits or no text
 * column may give more. */
static void fit(
    const struct mz_table *table, int32_t widths[MZ_TABLE_COLUMN_COUNT_MAX], int32_t width)
{
    int32_t total = SEPARATION * (table->column_count - 1);

    for (int32_t c = 0; c < table->column_count; c++)
        total += widths[c];
    while (total > width) {
        int32_t widest = -1;

        for (int32_t c = 0; c < table->column_count; c++) {
            if (table->columns[c].kind == MZ_COLUMN_TEXT && widths[c] > TEXT_COLUMNS_MIN &&
                (widest < 0 || widths[c] > widths[widest]))
                widest = c;
        }
        if (widest < 0)
            return;
        widths[widest]--;
        total--;
    }
}

/* The first `columns` columns of a text, the last of them an ellipsis when it was cut. */
static const char *cut(const struct mz_table *table, const char *text, int32_t columns)
{
    const char *end = text;

    if (mz_text_columns(text) <= columns)
        return text;
    while (*end) {
        const char *next = end + 1;

        while ((*next & 0xC0) == 0x80)
            next++;
        if (mz_text_columns(mz_arena_strndup(table->arena, text, (size_t)(next - text))) >
            columns - 1)
            break;
        end = next;
    }
    return mz_arena_printf(table->arena, "%.*s\xE2\x80\xA6", (int)(end - text), text);
}

static const char *look_escape(enum mz_cell_look look)
{
    switch (look) {
    case MZ_CELL_PLAIN: return "";
    case MZ_CELL_BOLD: return "\x1b[1m";
    case MZ_CELL_DIM: return "\x1b[2m";
    case MZ_CELL_GOOD: return "\x1b[32m";
    case MZ_CELL_WARN: return "\x1b[33m";
    case MZ_CELL_BAD: return "\x1b[31m";
    }
    return "";
}

static void pad(struct mz_text *out, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        mz_text_add(out, " ");
}

static void write_cell(const struct mz_table *table, int32_t column, const char *text,
    int32_t width, const char *escape, struct mz_text *out)
{
    bool right = table->columns[column].kind == MZ_COLUMN_NUMBER;
    bool last = column == table->column_count - 1;
    const char *shown = cut(table, printable(table, text), width);
    int32_t space = width - mz_text_columns(shown);

    pad(out, (column > 0 ? SEPARATION : 0) + (right ? space : 0));
    mz_text_add(out, escape);
    mz_text_add(out, shown);
    if (escape[0] != '\0')
        mz_text_add(out, "\x1b[0m");
    if (!right && !last)
        pad(out, space);
}

void mz_table_write_terminal(
    const struct mz_table *table, const struct mz_table_style *style, struct mz_text *out)
{
    int32_t widths[MZ_TABLE_COLUMN_COUNT_MAX];
    int32_t row_count = mz_table_row_count(table);
    bool any_unit = false;

    measure(table, widths);
    if (style->width > 0)
        fit(table, widths, style->width);
    for (int32_t c = 0; c < table->column_count; c++) {
        any_unit = any_unit || has_unit(&table->columns[c]);
        write_cell(table, c, table->columns[c].title, widths[c],
            style->colour ? look_escape(MZ_CELL_BOLD) : "", out);
    }
    mz_text_add(out, "\n");
    for (int32_t c = 0; any_unit && c < table->column_count; c++)
        write_cell(table, c, has_unit(&table->columns[c]) ? table->columns[c].unit : "", widths[c],
            style->colour ? look_escape(MZ_CELL_DIM) : "", out);
    if (any_unit)
        mz_text_add(out, "\n");
    for (int32_t r = 0; r < row_count; r++) {
        for (int32_t c = 0; c < table->column_count; c++) {
            const struct mz_cell *cell = mz_table_cell(table, r, c);
            bool total = table->has_total && r == row_count - 1 && cell->look == MZ_CELL_PLAIN;

            write_cell(table, c, cell->text, widths[c],
                style->colour ? look_escape(total ? MZ_CELL_BOLD : cell->look) : "", out);
        }
        mz_text_add(out, "\n");
    }
}

void mz_table_write_pipe(const struct mz_table *table, bool no_header, struct mz_text *out)
{
    int32_t row_count = mz_table_row_count(table);

    for (int32_t c = 0; !no_header && c < table->column_count; c++) {
        mz_text_add(out, c > 0 ? "\t" : "");
        mz_text_add(out, printable(table, table->columns[c].title));
        if (has_unit(&table->columns[c]))
            mz_text_addf(out, " %s", table->columns[c].unit);
    }
    if (!no_header)
        mz_text_add(out, "\n");
    for (int32_t r = 0; r < row_count; r++) {
        for (int32_t c = 0; c < table->column_count; c++) {
            mz_text_add(out, c > 0 ? "\t" : "");
            mz_text_add(out, printable(table, mz_table_cell(table, r, c)->text));
        }
        mz_text_add(out, "\n");
    }
}

void mz_table_write_csv(const struct mz_table *table, struct mz_text *out)
{
    int32_t row_count = mz_table_row_count(table);

    for (int32_t c = 0; c < table->column_count; c++) {
        mz_text_add(out, c > 0 ? "," : "");
        mz_text_add_csv(out, table->columns[c].key);
    }
    mz_text_add(out, "\r\n");
    for (int32_t r = 0; r < row_count; r++) {
        for (int32_t c = 0; c < table->column_count; c++) {
            const struct mz_cell *cell = mz_table_cell(table, r, c);

            mz_text_add(out, c > 0 ? "," : "");
            if (!cell->is_number)
                mz_text_add_csv(out, cell->text);
            else if (isfinite(cell->number))
                mz_text_addf(out, "%.*f", (int)cell->decimals, cell->number + 0.0);
        }
        mz_text_add(out, "\r\n");
    }
}

void mz_spark_add(struct mz_text *out, const double *values, int32_t count)
{
    double min = 0;
    double max = 0;

    for (int32_t i = 0; i < count; i++) {
        if (isfinite(values[i])) {
            min = fmin(min, values[i]);
            max = fmax(max, values[i]);
        }
    }
    for (int32_t i = 0; i < count; i++) {
        double share = max > min ? (values[i] - min) / (max - min) : 0;
        int32_t level = (int32_t)fmin(7, floor(share * 8));

        if (!isfinite(values[i]))
            mz_text_add(out, " ");
        else
            mz_text_addf(out, "\xE2\x96%c", 0x81 + level);
    }
}

double mz_round_to_total(const double *values, int32_t count, int32_t decimals, double *ret_rounded)
{
    double unit = pow(10, -decimals);
    double sum = 0;
    double floor_sum = 0;
    double missing;

    for (int32_t i = 0; i < count; i++) {
        if (isfinite(values[i])) {
            sum += values[i];
            floor_sum += floor(values[i] / unit + 1e-9);
        }
    }
    missing = round(sum / unit) - floor_sum;
    /* Counted in units, quadratic: a table has some dozen rows. Remainders are kept in place:
     * ret_rounded holds the value until its floor is taken. */
    for (int32_t i = 0; i < count; i++)
        ret_rounded[i] = isfinite(values[i]) ? values[i] / unit : NAN;
    for (; missing >= 1; missing -= 1) {
        int32_t best = -1;
        double best_remainder = -1;

        for (int32_t i = 0; i < count; i++) {
            double remainder = ret_rounded[i] - floor(ret_rounded[i] + 1e-9);

            if (isfinite(remainder) && remainder > best_remainder + 1e-9) {
                best = i;
                best_remainder = remainder;
            }
        }
        if (best < 0)
            break;
        ret_rounded[best] = floor(ret_rounded[best] + 1e-9) + 1;
    }
    for (int32_t i = 0; i < count; i++)
        ret_rounded[i] = isfinite(ret_rounded[i]) ? floor(ret_rounded[i] + 1e-9) * unit : NAN;
    return round(sum / unit) * unit;
}
