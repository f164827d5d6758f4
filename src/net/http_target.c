/* http_target.c - the target of a request: path and query parameters, decoded in place
 *
 * Decoding never makes text longer, so the decoded text takes the place of the encoded one. What
 * could mean one path to a proxy and another to us is refused: an encoded slash, NUL, control
 * bytes, "." and ".." segments (also when encoded), escapes that are none.
 * In a query "+" is a blank, as forms write it. Limit: MZ_HTTP_PARAM_COUNT_MAX.
 */
#include "net/http_parse.h"

#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decodes up to `end`, which becomes the NUL's place or lies behind it. */
static bool decode(char *text, const char *end, bool is_query, const char **ret_why)
{
    char *to = text;

    for (const char *from = text; from < end; from++) {
        int high, low, byte;

        if (*from == '+' && is_query) {
            *to++ = ' ';
            continue;
        }
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        high = end - from > 2 ? hex_value(from[1]) : -1;
        low = high >= 0 ? hex_value(from[2]) : -1;
        if (low < 0) {
            *ret_why = "an invalid escape in the target";
            return false;
        }
        byte = high * 16 + low;
        if (byte == 0 || (!is_query && (byte == '/' || byte < 0x20 || byte == 0x7F))) {
            *ret_why = byte == '/' ? "an encoded slash in the path"
                                   : "an encoded control byte in the target";
            return false;
        }
        *to++ = (char)byte;
        from += 2;
    }
    *to = '\0';
    return true;
}

static bool has_dot_segment(const char *path)
{
    while (*path == '/') {
        size_t length = strcspn(path + 1, "/");

        if ((length == 1 && path[1] == '.') || (length == 2 && path[1] == '.' && path[2] == '.'))
            return true;
        path += 1 + length;
    }
    return false;
}

static bool read_query(struct mz_http_parse *parse, char *query, const char **ret_why)
{
    char *next = query;

    while (next) {
        char *piece = next;
        char *end = strchr(piece, '&');
        char *equals;

        next = end ? end + 1 : NULL;
        if (!end)
            end = piece + strlen(piece);
        if (end == piece)
            continue;
        if (parse->param_count == MZ_HTTP_PARAM_COUNT_MAX) {
            *ret_why = "too many query parameters";
            return false;
        }
        equals = memchr(piece, '=', (size_t)(end - piece));
        parse->params[parse->param_count].name = piece;
        parse->params[parse->param_count].value = equals ? equals + 1 : "";
        parse->param_count++;
        /* The value first: decoding the name ends it with a NUL, at the '=' at the latest. */
        if (equals && !decode(equals + 1, end, true, ret_why))
            return false;
        if (!decode(piece, equals ? equals : end, true, ret_why))
            return false;
    }
    return true;
}

bool mz_http_target_read(struct mz_http_parse *parse, char *target, const char **ret_why)
{
    char *query = strchr(target, '?');

    if (target[0] != '/') {
        *ret_why = "the target does not begin with a slash";
        return false;
    }
    if (strchr(target, '#')) {
        *ret_why = "a fragment in the target";
        return false;
    }
    if (!decode(target, query ? query : target + strlen(target), false, ret_why))
        return false;
    if (has_dot_segment(target)) {
        *ret_why = "a \".\" or \"..\" segment in the path";
        return false;
    }
    parse->path = target;
    return !query || read_query(parse, query + 1, ret_why);
}
