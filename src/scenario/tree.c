/* tree.c - libyaml events to a tree with marks
 * Bounds: bytes are bounded by the caller, depth and node count here. An alias adds the size of
 * what it names to the count, so a file that multiplies itself ends as soon as it passes the
 * limit, without having been expanded. Anchors are known from where they begin, so that an alias
 * inside its own anchor is seen. */
#include "scenario/tree.h"

#include "scenario/scenario.h"

#include <string.h>
#include <yaml.h>

enum { INDEX_FROM = 16, ANCHOR_COUNT_MAX = 10000 };

struct parser {
    yaml_parser_t yaml;
    struct mz_arena *arena;
    struct mz_diags *diags;
    const char *file;
    int32_t option_column;
    size_t node_count;
    struct mz_names *anchors;
    struct mz_node **anchored; /* NULL: not finished yet */
    int32_t anchor_count;
    size_t anchored_capacity;
    enum mz_status status;
};

static struct mz_mark mark_of(const struct parser *p, yaml_mark_t begin, yaml_mark_t end)
{
    struct mz_mark mark = { p->file, (int32_t)begin.line + 1, (int32_t)begin.column + 1, 0 };

    if (begin.line == end.line && end.column > begin.column)
        mark.end_column = (int32_t)end.column + 1;
    if (p->option_column > 0) {
        mark.line = 0;
        mark.column += p->option_column - 1;
        mark.end_column += mark.end_column ? p->option_column - 1 : 0;
    }
    return mark;
}

/* Ends the reading with this as the only diagnostic. */
static struct mz_diag *stop(struct parser *p, enum mz_status status, const char *code,
    struct mz_mark mark, const char *message)
{
    p->diags->count = 0;
    p->diags->error_count = 0;
    p->diags->warning_count = 0;
    p->status = status;
    return mz_diags_add(p->diags, MZ_SEVERITY_ERROR, code, mark, "%s", message);
}

static void stop_syntax(struct parser *p)
{
    const yaml_parser_t *yaml = &p->yaml;
    bool reader = yaml->error == YAML_READER_ERROR;
    yaml_mark_t at = reader ? yaml->mark : yaml->problem_mark;
    struct mz_mark mark = mark_of(p, at, at);
    const char *problem = yaml->problem ? yaml->problem : "cannot be read";
    struct mz_diag *diag;

    diag = stop(
        p, MZ_E_PARSE, "M0101", mark, mz_arena_printf(p->arena, "this is not YAML: %s", problem));
    if (yaml->context && !reader) {
        diag->note = mz_arena_printf(p->arena, "%s", yaml->context);
        if (yaml->context_mark.line != at.line || yaml->context_mark.column != at.column) {
            diag->other = mark_of(p, yaml->context_mark, yaml->context_mark);
            diag->other_label = yaml->context;
            diag->note = NULL;
        }
    }
}

/* False when there is none: the syntax error is reported. The caller deletes the event. */
static bool next_event(struct parser *p, yaml_event_t *event)
{
    if (yaml_parser_parse(&p->yaml, event))
        return true;
    stop_syntax(p);
    return false;
}

static bool count_nodes(struct parser *p, size_t count, struct mz_mark mark)
{
    p->node_count += count;
    if (p->node_count <= MZ_SCENARIO_NODE_COUNT_MAX)
        return true;
    stop(p, MZ_E_LIMIT, "M0105", mark,
        mz_arena_printf(p->arena,
            "the file has more than %d values here, aliases counted as copies",
            MZ_SCENARIO_NODE_COUNT_MAX));
    return false;
}

static bool check_depth(struct parser *p, int32_t depth, struct mz_mark mark)
{
    if (depth <= MZ_SCENARIO_DEPTH_MAX)
        return true;
    stop(p, MZ_E_LIMIT, "M0105", mark,
        mz_arena_printf(
            p->arena, "the file is nested deeper than %d levels here", MZ_SCENARIO_DEPTH_MAX));
    return false;
}

/* Slot of an anchor that begins here, -1 when there is none. */
static int32_t begin_anchor(struct parser *p, const yaml_char_t *name, struct mz_mark mark)
{
    char *kept;

    if (!name)
        return -1;
    if (p->anchor_count >= ANCHOR_COUNT_MAX) {
        stop(p, MZ_E_LIMIT, "M0105", mark, "the file has too many anchors");
        return -1;
    }
    if (!p->anchors)
        p->anchors = mz_names_create(p->arena);
    kept = mz_arena_strdup(p->arena, (const char *)name);
    p->anchored = mz_arena_grow(p->arena, p->anchored, (size_t)p->anchor_count,
        (size_t)p->anchor_count + 1, &p->anchored_capacity, sizeof(struct mz_node *));
    p->anchored[p->anchor_count] = NULL;
    mz_names_put(p->anchors, kept, p->anchor_count);
    return p->anchor_count++;
}

static void check_tag(
    struct parser *p, const yaml_char_t *tag, const char *allowed, struct mz_mark mark)
{
    if (!tag || strcmp((const char *)tag, allowed) == 0)
        return;
    mz_diags_add(p->diags, MZ_SEVERITY_ERROR, "M0106", mark, "the tag '%.60s' is not understood",
        (const char *)tag)
        ->label = "remove the tag";
}

static struct mz_node *new_node(struct parser *p, enum mz_node_kind kind, struct mz_mark mark)
{
    struct mz_node *node = mz_arena_alloc(p->arena, 1, sizeof(*node));

    node->kind = kind;
    node->mark = mark;
    node->size = 1;
    node->height = 1;
    return node;
}

/* What an alias names. A wrong one ends the reading: nobody knows what would stand here. */
static struct mz_node *alias_node(struct parser *p, const yaml_event_t *event, int32_t depth)
{
    struct mz_mark mark = mark_of(p, event->start_mark, event->end_mark);
    const char *name = (const char *)event->data.alias.anchor;
    int32_t slot = mz_names_find(p->anchors, name);
    struct mz_node *node = slot < 0 ? NULL : p->anchored[slot];

    if (node) {
        if (!count_nodes(p, node->size, mark) || !check_depth(p, depth + node->height - 1, mark))
            return NULL;
        return node;
    }
    stop(p, MZ_E_PARSE, "M0106", mark,
        mz_arena_printf(p->arena,
            slot < 0 ? "no anchor '&%.60s' stands before this"
                     : "the alias '*%.60s' contains itself",
            name));
    return NULL;
}

static struct mz_node *parse_node(struct parser *p, yaml_event_t *event, int32_t depth);

static void add_entry(struct parser *p, struct mz_node *node, struct mz_entry entry)
{
    node->entries = mz_arena_grow(p->arena, node->entries, node->count, node->count + 1,
        &node->capacity, sizeof(*node->entries));
    node->entries[node->count++] = entry;
    node->size += entry.value->size;
    if (entry.value->height >= node->height)
        node->height = entry.value->height + 1;
    if (node->kind != MZ_NODE_MAP || node->count <= INDEX_FROM)
        return;
    if (!node->index) {
        node->index = mz_names_create(p->arena);
        for (size_t i = 0; i + 1 < node->count; i++)
            mz_names_add(node->index, node->entries[i].key, (int32_t)i);
    }
    mz_names_add(node->index, entry.key, (int32_t)node->count - 1);
}

/* Reads the key in `event`; *ret_key stays NULL when it cannot be one, and was reported. */
static bool parse_key(struct parser *p, yaml_event_t *event, int32_t depth, const char **ret_key,
    struct mz_mark *ret_mark)
{
    struct mz_mark mark = mark_of(p, event->start_mark, event->end_mark);
    struct mz_node *node = parse_node(p, event, depth);

    if (!node)
        return false;
    *ret_mark = mark;
    if (node->kind != MZ_NODE_SCALAR) {
        mz_diags_add(p->diags, MZ_SEVERITY_ERROR, "M0106", mark, "a key has to be a word, not %s",
            mz_node_kind_name(node));
    } else if (strcmp(node->text, "<<") == 0 && !node->quoted) {
        mz_diags_add(p->diags, MZ_SEVERITY_ERROR, "M0106", mark, "merge keys are not supported")
            ->label = "write the keys out";
    } else {
        *ret_key = node->text;
    }
    return true;
}

static void add_map_entry(struct parser *p, struct mz_node *map, struct mz_entry entry)
{
    const struct mz_entry *first = mz_node_find(map, entry.key);
    struct mz_diag *diag;

    if (!first) {
        add_entry(p, map, entry);
        return;
    }
    diag = mz_diags_add(p->diags, MZ_SEVERITY_ERROR, "M0104", entry.key_mark,
        "the key '%.80s' stands twice", entry.key);
    diag->label = "only one of them can count";
    diag->other = first->key_mark;
    diag->other_label = "first here";
}

static bool parse_map(struct parser *p, struct mz_node *map, int32_t depth)
{
    yaml_event_t event;

    for (;;) {
        struct mz_entry entry = { 0 };
        bool ok;

        if (!next_event(p, &event))
            return false;
        if (event.type == YAML_MAPPING_END_EVENT)
            break;
        ok = parse_key(p, &event, depth + 1, &entry.key, &entry.key_mark);
        yaml_event_delete(&event);
        if (!ok || !next_event(p, &event))
            return false;
        entry.value = parse_node(p, &event, depth + 1);
        yaml_event_delete(&event);
        if (!entry.value)
            return false;
        if (entry.key)
            add_map_entry(p, map, entry);
    }
    if (event.end_mark.line + 1 == (size_t)map->mark.line && p->option_column == 0)
        map->mark.end_column = (int32_t)event.end_mark.column + 1;
    yaml_event_delete(&event);
    return true;
}

static bool parse_list(struct parser *p, struct mz_node *list, int32_t depth)
{
    yaml_event_t event;

    for (;;) {
        struct mz_entry entry = { 0 };

        if (!next_event(p, &event))
            return false;
        if (event.type == YAML_SEQUENCE_END_EVENT)
            break;
        entry.value = parse_node(p, &event, depth + 1);
        yaml_event_delete(&event);
        if (!entry.value)
            return false;
        entry.key_mark = entry.value->mark;
        add_entry(p, list, entry);
    }
    if (event.end_mark.line + 1 == (size_t)list->mark.line && p->option_column == 0)
        list->mark.end_column = (int32_t)event.end_mark.column + 1;
    yaml_event_delete(&event);
    return true;
}

static struct mz_node *scalar_node(struct parser *p, const yaml_event_t *event, struct mz_mark mark)
{
    struct mz_node *node = new_node(p, MZ_NODE_SCALAR, mark);
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;

    check_tag(p, event->data.scalar.tag, YAML_STR_TAG, mark);
    if (strlen(text) != length) /* "\0" in a quoted scalar: no value of ours holds one */
        mz_diags_add(p->diags, MZ_SEVERITY_ERROR, "M0102", mark, "a NUL character in a value");
    node->text = mz_arena_strndup(p->arena, text, length);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return node;
}

/* The node that begins with this event; NULL when reading stopped. Depth of the root is 1. */
static struct mz_node *parse_node(struct parser *p, yaml_event_t *event, int32_t depth)
{
    struct mz_mark mark = mark_of(p, event->start_mark, event->end_mark);
    struct mz_node *node = NULL;
    int32_t slot = -1;
    bool ok = true;

    if (event->type == YAML_ALIAS_EVENT)
        return alias_node(p, event, depth);
    if (!count_nodes(p, 1, mark) || !check_depth(p, depth, mark))
        return NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        slot = begin_anchor(p, event->data.scalar.anchor, mark);
        node = scalar_node(p, event, mark);
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        slot = begin_anchor(p, event->data.mapping_start.anchor, mark);
        check_tag(p, event->data.mapping_start.tag, YAML_MAP_TAG, mark);
        node = new_node(p, MZ_NODE_MAP, mark);
        ok = p->status == MZ_OK && parse_map(p, node, depth);
    } else {
        slot = begin_anchor(p, event->data.sequence_start.anchor, mark);
        check_tag(p, event->data.sequence_start.tag, YAML_SEQ_TAG, mark);
        node = new_node(p, MZ_NODE_LIST, mark);
        ok = p->status == MZ_OK && parse_list(p, node, depth);
    }
    if (!ok || p->status != MZ_OK)
        return NULL;
    if (slot >= 0)
        p->anchored[slot] = node;
    return node;
}

/* Everything between the start and the end of the stream. */
static void parse_stream(struct parser *p, struct mz_node **ret_root)
{
    yaml_event_t event;
    bool more = true;
    int32_t documents = 0;

    while (more && p->status == MZ_OK && next_event(p, &event)) {
        struct mz_mark mark = mark_of(p, event.start_mark, event.end_mark);

        switch (event.type) {
        case YAML_STREAM_END_EVENT: more = false; break;
        case YAML_DOCUMENT_START_EVENT:
            if (++documents == 2)
                stop(p, MZ_E_PARSE, "M0103", mark, "a second document begins here")->label =
                    "a file holds one scenario";
            break;
        case YAML_SCALAR_EVENT:
        case YAML_SEQUENCE_START_EVENT:
        case YAML_MAPPING_START_EVENT:
        case YAML_ALIAS_EVENT: *ret_root = parse_node(p, &event, 1); break;
        case YAML_NO_EVENT:
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT: break;
        }
        yaml_event_delete(&event);
    }
}

enum mz_status mz_tree_parse(struct mz_arena *arena, const char *file, const char *bytes,
    size_t length, int32_t option_column, struct mz_diags *diags, struct mz_node **ret_root)
{
    struct parser p = {
        .arena = arena, .diags = diags, .file = file, .option_column = option_column
    };
    struct mz_mark bad = { .file = file };
    struct mz_node *root = NULL;

    if (length > MZ_SCENARIO_BYTES_MAX) {
        stop(&p, MZ_E_LIMIT, "M0105", bad,
            mz_arena_printf(arena, "the file is larger than %d bytes", MZ_SCENARIO_BYTES_MAX));
        return p.status;
    }
    if (mz_bytes_find_bad(bytes, length, &bad.line, &bad.column)) {
        bad.line = option_column ? 0 : bad.line;
        bad.column += option_column ? option_column - 1 : 0;
        stop(&p, MZ_E_PARSE, "M0102", bad, "this byte is not UTF-8 text");
        return p.status;
    }
    if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        bytes += 3;
        length -= 3;
    }
    if (!yaml_parser_initialize(&p.yaml))
        return stop(&p, MZ_E_LIMIT, "M0105", bad, "out of memory"), p.status;
    yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p.yaml, (const unsigned char *)bytes, length);
    parse_stream(&p, &root);
    yaml_parser_delete(&p.yaml);
    if (p.status == MZ_OK && !root) {
        bad.line = option_column ? 0 : 1;
        bad.column = option_column ? option_column : 1;
        stop(&p, MZ_E_PARSE, "M0103", bad, "the file is empty");
    }
    if (p.status == MZ_OK)
        *ret_root = root;
    return p.status;
}
