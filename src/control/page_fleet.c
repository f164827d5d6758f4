/* page_fleet.c - partners as bars, nodes as squares
 *
 * A square is a node: empty, partly or fully used, cordoned or down, told by its shape as well as
 * its colour. Nodes that are not up are named below, so nothing needs a pointer to be known. When
 * there are more than MZ_PAGE_SQUARE_COUNT_MAX, one square stands for several of one partner and
 * shows the worst of them. */
#include "control/page_impl.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BAD_NAMES_MAX = 8, TITLE_SQUARES_MAX = 600 };

/* ---- partners ---- */

static void add_state(struct mz_text *out, const struct mz_page_partner *partner)
{
    static const struct {
        const char *class_name;
        const char *mark;
        const char *word;
    } looks[] = { { "good", "●", "ok" }, { "good", "●", "full" }, { "idle", "‖", "drained" },
        { "bad", "▲", "lost" }, { "idle", "○", "not heard yet" } };
    int32_t down = partner->nodes - partner->nodes_up - partner->nodes_cordoned;
    bool is_up = partner->state == MZ_PAGE_PARTNER_OK || partner->state == MZ_PAGE_PARTNER_FULL;

    if (is_up && down > 0) {
        mz_text_addf(out,
            "<span class=\"st warn\"><i aria-hidden=\"true\">▲</i>%" PRId32 " down</span>", down);
        return;
    }
    mz_text_addf(out, "<span class=\"st %s\"><i aria-hidden=\"true\">%s</i>%s</span>",
        looks[partner->state].class_name, looks[partner->state].mark, looks[partner->state].word);
}

static void add_partner_row(
    struct mz_text *out, const struct mz_page_overview *view, const struct mz_page_partner *partner)
{
    const char *name = mz_page_partner_label(&view->head, partner->partner);
    double chips = partner->chips > 0 ? (double)partner->chips : NAN;
    int64_t own = partner->chips_used - partner->chips_used_by_others;
    char color[8];
    char fill[8];
    int32_t count = 0;

    (void)snprintf(fill, sizeof(fill), "f%s", mz_page_color(&view->head, partner->partner, color));
    mz_text_add(out, "<tr><th scope=\"row\"><a href=\"/jobs");
    mz_page_add_query(out, &count, "state", "live");
    mz_page_add_query(out, &count, "partner", name);
    mz_text_add(out, "\">");
    mz_page_add_partner(out, &view->head, name);
    mz_text_add(out, "</a></th><td class=\"bar-cell\">");
    mz_page_add_bar(out,
        (const struct mz_page_bar_part[]){ { (double)own / chips, fill },
            { (double)partner->chips_used_by_others / chips, "others" } },
        2);
    mz_text_add(out, "</td><td class=\"n\">");
    mz_page_add_count(out, partner->chips_used);
    mz_text_add(out, "<span class=\"dim\">/");
    mz_page_add_count(out, partner->chips);
    mz_text_add(out, "</span></td><td>");
    add_state(out, partner);
    mz_text_add(out, "</td><td class=\"n low\">");
    mz_page_add_count(out, partner->jobs);
    mz_text_add(out, "</td><td class=\"low\">");
    if (mz_page_has(partner->contract)) {
        mz_text_add(out, "<bdi>");
        mz_text_add_html(out, partner->contract);
        mz_text_add(out, "</bdi>");
        if (isfinite(partner->contract_percent))
            mz_text_addf(out, " <span class=\"dim\">%.1f%%</span>", partner->contract_percent);
    } else {
        mz_page_add_dash(out);
    }
    mz_text_add(out, "</td></tr>\n");
    if (!mz_page_has(partner->problem) || partner->state == MZ_PAGE_PARTNER_FULL ||
        partner->state == MZ_PAGE_PARTNER_OK)
        return;
    mz_text_add(out, "<tr class=\"note\"><td colspan=\"6\">");
    mz_text_add_html(out, partner->problem);
    if (partner->heard_us > 0) {
        mz_text_add(out, " · last heard ");
        mz_page_add_time(out, partner->heard_us, view->head.now_us);
    }
    mz_text_add(out, "</td></tr>\n");
}

void mz_page_partners_write(const void *overview, struct mz_text *out)
{
    const struct mz_page_overview *view = overview;

    mz_page_panel_open(out, "partners", "Partners", "any", 0,
        "<span class=\"links\"><a href=\"/v1/partners\">JSON</a></span>");
    if (view->partner_count == 0) {
        mz_text_add(out,
            "<div class=\"empty\"><p>No partner is in the fleet file. Name one "
            "there, or start with three pretend ones:</p><p>");
        mz_page_add_command(out, "mizan demo");
        mz_text_add(out, "</p></div>");
        mz_page_panel_close(out);
        return;
    }
    mz_text_add(out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby="
        "\"h-partners\"><table class=\"partners\"><thead><tr><th scope=\"col\">"
        "Partner</th><th scope=\"col\" class=\"bar-cell\"><span class=\"sr\">Use"
        "</span></th><th scope=\"col\" class=\"n\">Chips used</th><th scope=\"col\">"
        "State</th><th scope=\"col\" class=\"n low\">Jobs</th><th scope=\"col\" "
        "class=\"low\">Contract</th></tr></thead><tbody>\n");
    for (int32_t p = 0; p < view->partner_count; p++)
        add_partner_row(out, view, &view->partners[p]);
    mz_text_add(out, "</tbody></table></div>");
    mz_page_panel_close(out);
}

/* ---- nodes ---- */

/* "x" down, "o" cordoned, "0" ... "4" quarters in use, rounded up; of several nodes. */
static char look_of(const struct mz_page_node *nodes, int32_t count)
{
    int64_t chips = 0;
    int64_t used = 0;
    bool is_cordoned = false;

    for (int32_t i = 0; i < count; i++) {
        if (nodes[i].state == MZ_PAGE_NODE_DOWN)
            return 'x';
        is_cordoned = is_cordoned || nodes[i].state == MZ_PAGE_NODE_CORDONED;
        chips += nodes[i].chips;
        used += nodes[i].chips - nodes[i].chips_free;
    }
    if (is_cordoned)
        return 'o';
    if (chips <= 0 || used <= 0)
        return '0';
    return (char)('0' + (used >= chips ? 4 : used * 4 < chips ? 1 : used * 4 / chips));
}

static void add_square(
    struct mz_text *out, const struct mz_page_node *nodes, int32_t count, bool with_title)
{
    static const char *const words[] = { "", ", cordoned", ", down" };

    mz_text_addf(out, "<i class=\"q%c\"", look_of(nodes, count));
    if (with_title && count == 1) {
        mz_text_add(out, " title=\"");
        mz_text_add_html(out, mz_page_string(nodes->name));
        mz_text_addf(out, ": %" PRId32 " of %" PRId32 " in use", nodes->chips - nodes->chips_free,
            nodes->chips);
        if (nodes->chips_others > 0)
            mz_text_addf(out, ", %" PRId32 " by others", nodes->chips_others);
        mz_text_addf(out, "%s\"", words[nodes->state]);
    }
    mz_text_add(out, "></i>");
}

/* "64 nodes, 1 down, 2 cordoned" */
static void add_node_words(struct mz_text *out, const struct mz_page_node *nodes, int32_t count)
{
    int32_t down = 0;
    int32_t cordoned = 0;

    for (int32_t i = 0; i < count; i++) {
        down += nodes[i].state == MZ_PAGE_NODE_DOWN;
        cordoned += nodes[i].state == MZ_PAGE_NODE_CORDONED;
    }
    mz_page_add_counted(out, count, "node");
    if (down > 0)
        mz_text_addf(out, ", %" PRId32 " down", down);
    if (cordoned > 0)
        mz_text_addf(out, ", %" PRId32 " cordoned", cordoned);
}

/* For one reason. */
static bool are_all_down(const struct mz_page_node *nodes, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (nodes[i].state != MZ_PAGE_NODE_DOWN ||
            strcmp(mz_page_string(nodes[i].reason), mz_page_string(nodes->reason)) != 0)
            return false;
    }
    return true;
}

/* Names and reasons of those that are not up. */
static void add_bad_names(struct mz_text *out, const struct mz_page_node *nodes, int32_t count)
{
    int32_t bad = 0;

    if (count > BAD_NAMES_MAX && are_all_down(nodes, count)) {
        mz_text_add(out, "<p class=\"bad-nodes\"><b>all down</b>");
        if (mz_page_has(nodes->reason)) {
            mz_text_add(out, ": <bdi>");
            mz_text_add_html(out, nodes->reason);
            mz_text_add(out, "</bdi>");
        }
        mz_text_add(out, "</p>");
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        if (nodes[i].state == MZ_PAGE_NODE_UP || bad++ >= BAD_NAMES_MAX)
            continue;
        mz_text_add(out, bad == 1 ? "<p class=\"bad-nodes\">" : " · ");
        mz_text_addf(
            out, "<i aria-hidden=\"true\" class=\"q%c\"></i><b><bdi>", look_of(&nodes[i], 1));
        mz_text_add_html(out, mz_page_string(nodes[i].name));
        mz_text_addf(
            out, "</bdi></b> %s", nodes[i].state == MZ_PAGE_NODE_DOWN ? "down" : "cordoned");
        if (mz_page_has(nodes[i].reason)) {
            mz_text_add(out, ": ");
            mz_text_add_html(out, nodes[i].reason);
        }
    }
    if (bad > BAD_NAMES_MAX)
        mz_text_addf(out, " · and %" PRId32 " more", bad - BAD_NAMES_MAX);
    if (bad > 0)
        mz_text_add(out, "</p>");
}

static void add_partner_nodes(struct mz_text *out, const struct mz_page_overview *view,
    const struct mz_page_node *nodes, int32_t count, int32_t per_square)
{
    char color[8];

    mz_text_add(out, "<li><div class=\"who\">");
    mz_page_add_partner(out, &view->head, mz_page_partner_label(&view->head, nodes->partner));
    mz_text_add(out, "<span class=\"dim\">");
    add_node_words(out, nodes, count);
    mz_text_addf(out, "</span></div><div class=\"sq p%s\" aria-hidden=\"true\">",
        mz_page_color(&view->head, nodes->partner, color));
    for (int32_t i = 0; i < count; i += per_square)
        add_square(out, &nodes[i], count - i < per_square ? count - i : per_square,
            view->node_count <= TITLE_SQUARES_MAX);
    mz_text_add(out, "</div>");
    add_bad_names(out, nodes, count);
    mz_text_add(out, "</li>\n");
}

void mz_page_nodes_write(const void *overview, struct mz_text *out)
{
    const struct mz_page_overview *view = overview;
    int32_t per_square =
        (view->node_count + MZ_PAGE_SQUARE_COUNT_MAX - 1) / MZ_PAGE_SQUARE_COUNT_MAX;

    mz_page_panel_open(out, "nodes", "Nodes", "any", 0,
        "<span class=\"links\"><a href=\"/v1/nodes\">JSON</a></span>");
    if (view->node_count == 0) {
        mz_text_add(out, "<div class=\"empty\"><p>No partner has told of a node yet.</p></div>");
        mz_page_panel_close(out);
        return;
    }
    mz_text_add(out, "<ul class=\"nodes\">");
    for (int32_t begin = 0, end; begin < view->node_count; begin = end) {
        for (end = begin + 1; end < view->node_count; end++) {
            if (view->nodes[end].partner != view->nodes[begin].partner)
                break;
        }
        add_partner_nodes(out, view, &view->nodes[begin], end - begin, per_square);
    }
    mz_text_add(out,
        "</ul><p class=\"key\" aria-hidden=\"true\"><span><i class=\"q0\"></i>free"
        "</span><span><i class=\"q2\"></i>half used</span><span><i class=\"q4\"></i>"
        "full</span><span><i class=\"qo\"></i>cordoned</span><span><i class=\"qx\">"
        "</i>down</span>");
    if (per_square > 1)
        mz_text_addf(out, "<span>1 square = %" PRId32 " nodes</span>", per_square);
    mz_text_add(out, "</p>");
    mz_page_panel_close(out);
}
