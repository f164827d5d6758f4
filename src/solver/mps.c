/* mps.c - writing free MPS (declared in lp.h)
 * Numbers as %.17g: a reader gets the very doubles that were solved. Names carry no meaning: the
 * user's words for rows and columns are in the plan's own output. */
#include "base/text.h"
#include "solver/lp.h"

static void write_rows(const struct mz_lp *lp, struct mz_text *out)
{
    mz_text_add(out, "ROWS\n N cost\n");
    for (int32_t r = 0; r < lp->row_count; r++) {
        bool has_lower = isfinite(lp->row_lower[r]);
        bool has_upper = isfinite(lp->row_upper[r]);
        const char *sense = has_lower && has_upper
            ? (lp->row_lower[r] == lp->row_upper[r] ? "E" : "L")
            : has_lower ? "G"
            : has_upper ? "L"
                        : "N";

        mz_text_addf(out, " %s r%d\n", sense, (int)r);
    }
}

static void write_columns(const struct mz_lp *lp, struct mz_text *out)
{
    bool in_integers = false;

    mz_text_add(out, "COLUMNS\n");
    for (int32_t c = 0; c < lp->column_count; c++) {
        if (lp->is_integer[c] != in_integers) {
            in_integers = lp->is_integer[c];
            mz_text_addf(out, " M%d 'MARKER' '%s'\n", (int)c, in_integers ? "INTORG" : "INTEND");
        }
        /* the cost is written even when 0, so that a column without entries still exists */
        mz_text_addf(out, " c%d cost %.17g\n", (int)c, lp->cost[c]);
        for (int32_t i = lp->starts[c]; i < lp->starts[c + 1]; i++)
            mz_text_addf(out, " c%d r%d %.17g\n", (int)c, (int)lp->rows[i], lp->values[i]);
    }
    if (in_integers)
        mz_text_addf(out, " M%d 'MARKER' 'INTEND'\n", (int)lp->column_count);
}

static void write_right_sides(const struct mz_lp *lp, struct mz_text *out)
{
    mz_text_add(out, "RHS\n");
    for (int32_t r = 0; r < lp->row_count; r++) {
        double side = isfinite(lp->row_upper[r]) ? lp->row_upper[r] : lp->row_lower[r];

        if (isfinite(side) && side != 0)
            mz_text_addf(out, " rhs r%d %.17g\n", (int)r, side);
    }
    mz_text_add(out, "RANGES\n");
    for (int32_t r = 0; r < lp->row_count; r++) {
        if (isfinite(lp->row_lower[r]) && isfinite(lp->row_upper[r]) &&
            lp->row_lower[r] < lp->row_upper[r])
            mz_text_addf(out, " rng r%d %.17g\n", (int)r, lp->row_upper[r] - lp->row_lower[r]);
    }
}

static void write_bounds(const struct mz_lp *lp, struct mz_text *out)
{
    mz_text_add(out, "BOUNDS\n");
    for (int32_t c = 0; c < lp->column_count; c++) {
        double lower = lp->col_lower[c];
        double upper = lp->col_upper[c];

        if (lower == upper) {
            mz_text_addf(out, " FX bnd c%d %.17g\n", (int)c, lower);
            continue;
        }
        if (!isfinite(lower) && !isfinite(upper)) {
            mz_text_addf(out, " FR bnd c%d\n", (int)c);
            continue;
        }
        if (!isfinite(lower))
            mz_text_addf(out, " MI bnd c%d\n", (int)c);
        else if (lower != 0)
            mz_text_addf(out, " LO bnd c%d %.17g\n", (int)c, lower);
        if (isfinite(upper))
            mz_text_addf(out, " UP bnd c%d %.17g\n", (int)c, upper);
        else if (lp->is_integer[c])
            mz_text_addf(out, " PL bnd c%d\n", (int)c);
    }
}

void mz_lp_write_mps(const struct mz_lp *lp, const char *name, struct mz_text *out)
{
    char word[64];
    size_t used = 0;

    for (const char *s = name; *s && used + 1 < sizeof(word); s++)
        word[used++] = (*s > ' ' && *s < 0x7F) ? *s : '_';
    word[used] = '\0';
    mz_text_addf(out, "NAME %s FREE\n", used ? word : "plan");
    write_rows(lp, out);
    write_columns(lp, out);
    write_right_sides(lp, out);
    write_bounds(lp, out);
    mz_text_add(out, "ENDATA\n");
}
