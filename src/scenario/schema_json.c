/* schema_json.c - the table of keys as JSON Schema 2020-12, for editors
 * Editors read YAML as JSON: plain numbers may arrive as numbers and true and false as booleans,
 * so whatever is text to us accepts those too. The schema may accept what the loader refuses
 * (references, sums, order of dates), never the other way round. */
#include "scenario/scenario.h"
#include "scenario/schema.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MONTH_PATTERN "^(19|2[01])[0-9]{2}-(0[1-9]|1[0-2])$"
#define NAME_PATTERN "^[^.\\u0000-\\u001F\\u007F]{1,100}$"
/* what a reader takes for a date, right or wrong */
#define DATED_PATTERN "^([0-9]{4}(Q.*|-[0-9-]*)?|ramp)$"

static json_t *map_schema(const struct mz_schema *schema);

static json_t *reference(const char *name)
{
    char text[80];

    (void)snprintf(text, sizeof(text), "#/$defs/%s", name);
    return json_pack("{s:s}", "$ref", text);
}

/* A bare number where the unit may be left out, and the text with its unit. */
static json_t *quantity_schema(const struct mz_key *key)
{
    const char *pattern = mz_quantity_pattern(key->quantity);
    json_t *text = json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
    json_t *number;

    if (!mz_quantity_may_be_bare(key->quantity))
        return text;
    number = json_pack("{s:s}", "type", "number");
    if (key->range == MZ_RANGE_AT_LEAST_ONE || key->range == MZ_RANGE_COUNT_POSITIVE)
        json_object_set_new(number, "minimum", json_integer(1));
    else if (key->range == MZ_RANGE_POSITIVE)
        json_object_set_new(number, "exclusiveMinimum", json_integer(0));
    else if (key->range != MZ_RANGE_ANY)
        json_object_set_new(number, "minimum", json_integer(0));
    return json_pack("{s:[o, o]}", "anyOf", number, text);
}

static json_t *series_schema(const struct mz_key *key)
{
    return json_pack("{s:[o, {s:s, s:i, s:{s:{s:s, s:s}}, s:{s:o}, s:b}]}", "anyOf",
        quantity_schema(key), "type", "object", "minProperties", 1, "properties", "ramp", "const",
        "linear", "description", "a line between the dates, not steps", "patternProperties",
        MONTH_PATTERN, quantity_schema(key), "additionalProperties", 0);
}

/* Names, and under each of them `value`; at least one where `filled`. */
static json_t *names_schema(json_t *value, bool filled, bool undated)
{
    json_t *names = undated
        ? json_pack("{s:s, s:{s:s}}", "$ref", "#/$defs/name", "not", "pattern", DATED_PATTERN)
        : reference("name");
    json_t *map = json_pack(
        "{s:s, s:o, s:o}", "type", "object", "propertyNames", names, "additionalProperties", value);

    if (filled)
        json_object_set_new(map, "minProperties", json_integer(1));
    return map;
}

static json_t *words_schema(const char *const *words)
{
    json_t *list = json_array();

    for (size_t i = 0; words[i]; i++)
        json_array_append_new(list, json_string(words[i]));
    return json_pack("{s:o}", "enum", list);
}

static json_t *list_schema(json_t *items)
{
    return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

static json_t *pools_schema(void)
{
    json_t *chips = list_schema(reference("name"));

    json_object_set_new(chips, "minItems", json_integer(1));
    return names_schema(json_pack("{s:[o, o]}", "anyOf", reference("name"), chips), true, false);
}

static json_t *chip_series_schema(const struct mz_key *key)
{
    json_t *map = names_schema(series_schema(key), true, true);

    if (!key->words)
        return json_pack("{s:[o, o]}", "anyOf", series_schema(key), map);
    json_object_set_new(
        map, "properties", json_pack("{s:o}", MZ_CHIPS_OTHERS, words_schema(key->words)));
    json_object_set_new(map, "additionalProperties",
        json_pack("{s:[o, o]}", "anyOf", series_schema(key), words_schema(key->words)));
    return json_pack("{s:[o, o, o]}", "anyOf", series_schema(key), words_schema(key->words), map);
}

static json_t *value_schema(const struct mz_key *key)
{
    switch (key->value) {
    case MZ_VALUE_VERSION: return json_pack("{s:[i, s]}", "enum", 1, "1");
    case MZ_VALUE_QUANTITY: return quantity_schema(key);
    case MZ_VALUE_SERIES: return series_schema(key);
    case MZ_VALUE_CHIP_SERIES: return chip_series_schema(key);
    case MZ_VALUE_CHIP_MAP: return names_schema(series_schema(key), true, false);
    case MZ_VALUE_SHARES: return names_schema(quantity_schema(key), true, false);
    case MZ_VALUE_WORD: return words_schema(key->words);
    case MZ_VALUE_BOOL: return json_pack("{s:[b, b, s, s]}", "enum", 1, 0, "true", "false");
    case MZ_VALUE_MONTH: return reference("month");
    case MZ_VALUE_NAME: return reference("name");
    case MZ_VALUE_TEXT: return reference("text");
    case MZ_VALUE_TEXT_LIST: return list_schema(reference("text"));
    case MZ_VALUE_TEXT_MAP:
        return json_pack("{s:s, s:o}", "type", "object", "additionalProperties", reference("text"));
    case MZ_VALUE_LOSSES:
        return json_pack(
            "{s:[o, o]}", "anyOf", words_schema(key->words), list_schema(reference("name")));
    case MZ_VALUE_POOLS: return pools_schema();
    case MZ_VALUE_ENERGY:
        return json_pack("{s:[o, o]}", "anyOf", series_schema(key),
            names_schema(map_schema(key->schema), true, true));
    case MZ_VALUE_MAP: return map_schema(key->schema);
    case MZ_VALUE_NAMED: return names_schema(map_schema(key->schema), false, false);
    case MZ_VALUE_LIST: return list_schema(map_schema(key->schema));
    case MZ_VALUE_OVERRIDES:
        return names_schema(json_pack("{s:s}", "type", "object"), false, false);
    }
    return json_object();
}

static json_t *documented(const struct mz_key *key)
{
    json_t *value = value_schema(key);
    char text[300];

    if (key->value == MZ_VALUE_QUANTITY || key->value == MZ_VALUE_SERIES ||
        key->value == MZ_VALUE_CHIP_SERIES || key->value == MZ_VALUE_ENERGY)
        (void)snprintf(text, sizeof(text), "%s [%s]", key->doc, mz_quantity_units(key->quantity));
    else
        (void)snprintf(text, sizeof(text), "%s", key->doc);
    json_object_set_new(value, "description", json_string(text));
    return value;
}

/* Does another key of the same name stand in the map, for other kinds? */
static bool is_split(const struct mz_schema *schema, const struct mz_key *key)
{
    for (size_t i = 0; i < schema->key_count; i++) {
        if (&schema->keys[i] != key && strcmp(schema->keys[i].name, key->name) == 0)
            return true;
    }
    return false;
}

/* What is particular to one kind of a noun: keys it must not have, keys it must have. */
static json_t *kind_schema(const struct mz_schema *schema, size_t kind)
{
    uint32_t bit = 1u << kind;
    json_t *properties = json_object();
    json_t *required = json_array();

    for (size_t i = 0; i < schema->key_count; i++) {
        const struct mz_key *key = &schema->keys[i];

        if (mz_key_applies(key, bit) && is_split(schema, key))
            json_object_set_new(properties, key->name, documented(key));
        else if (!mz_key_applies(key, bit) && !json_object_get(properties, key->name))
            json_object_set_new(properties, key->name, json_false());
        if (key->required & bit && key->required != MZ_KIND_ALL)
            json_array_append_new(required, json_string(key->name));
    }
    return json_pack("{s:{s:{s:{s:s}}, s:[s]}, s:{s:o, s:o}}", "if", "properties", "kind", "const",
        schema->kinds[kind], "required", "kind", "then", "properties", properties, "required",
        required);
}

/* A key that must be there, or the other one in its stead. */
static json_t *one_of_two(const struct mz_key *key)
{
    return json_pack(
        "{s:[{s:[s]}, {s:[s]}]}", "anyOf", "required", key->name, "required", key->unless);
}

static json_t *map_schema(const struct mz_schema *schema)
{
    json_t *map = json_pack("{s:s, s:s}", "type", "object", "description", schema->doc);
    json_t *properties = json_object();
    json_t *required = json_array();
    json_t *all_of = json_array();

    for (size_t i = 0; i < schema->key_count; i++) {
        const struct mz_key *key = &schema->keys[i];

        json_object_set_new(
            properties, key->name, is_split(schema, key) ? json_true() : documented(key));
        if (key->required == MZ_KIND_ALL && key->unless)
            json_array_append_new(all_of, one_of_two(key));
        else if (key->required == MZ_KIND_ALL)
            json_array_append_new(required, json_string(key->name));
    }
    json_object_set_new(map, "properties", properties);
    json_object_set_new(map, "additionalProperties", json_false());
    json_object_set_new(map, "required", required);
    if (!schema->empty_ok)
        json_object_set_new(map, "minProperties", json_integer(1));
    for (size_t i = 0; schema->kinds && schema->kinds[i]; i++)
        json_array_append_new(all_of, kind_schema(schema, i));
    if (json_array_size(all_of) > 0)
        json_object_set_new(map, "allOf", all_of);
    else
        json_decref(all_of);
    return map;
}

void mz_scenario_schema_json(struct mz_text *out)
{
    json_t *root = json_pack("{s:s, s:s}", "$schema",
        "https://json-schema.org/draft/2020-12/schema", "title", "mizan scenario");
    json_t *file = map_schema(&mz_schema_file);
    char *dumped;

    json_object_update(root, file);
    json_decref(file);
    json_object_set_new(root, "$defs",
        json_pack("{s:{s:s, s:s, s:s}, s:{s:[s, s, s], s:s, s:s}, s:{s:[s, s, s]}}", "month",
            "type", "string", "pattern", MONTH_PATTERN, "description", "a month, such as 2025-11",
            "name", "type", "string", "number", "boolean", "pattern", NAME_PATTERN, "description",
            "a name: no dot, 100 bytes at most", "text", "type", "string", "number", "boolean"));
    dumped = json_dumps(root, JSON_INDENT(1));
    mz_text_add(out, dumped ? dumped : "{}");
    mz_text_add(out, "\n");
    free(dumped);
    json_decref(root);
}
