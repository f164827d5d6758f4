/* client_json.h - reading fields of answers, times, and writing documents
 *
 * All of them take NULL for the object and answer "absent" then, so that a server that leaves a
 * field out is no special case.
 */
#ifndef MZ_CLI_CLIENT_JSON_H
#define MZ_CLI_CLIENT_JSON_H

#include "base/arena.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

const char *mz_json_text(const json_t *object, const char *key); /* NULL: absent or no text */
double mz_json_number(const json_t *object, const char *key);    /* NAN: absent */
int64_t mz_json_integer(const json_t *object, const char *key, int64_t absent);
bool mz_json_true(const json_t *object, const char *key);

/* Any value as short text, as --where compares it: "running", "512", "1.5", "true"; "" for null;
 * lists with commas. In the arena. */
const char *mz_json_plain(struct mz_arena *arena, const json_t *value);

/* Seconds since 1970 of an RFC 3339 time in UTC, fractions dropped; -1: it is none. */
int64_t mz_time_parse(const char *text);

/* The document's generated_at, else the clock. */
int64_t mz_json_generated_at_s(const json_t *document);

/* A document {schema, generated_at, data}; takes data over. */
json_t *mz_json_envelope(const char *schema, json_t *data);

/* On stdout, indented, with a line end; or compact on one line. */
void mz_json_print(const json_t *json, bool compact);

#endif
