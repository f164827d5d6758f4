/* http_parse.c - one HTTP/1.x request: its head, line by line, and its body
 *
 * Three layers. The line machine below looks at every byte of the head before anything else does,
 * and lets through only what has one reading: lines that end in CRLF, names that are tokens with
 * the colon right behind them, no folded lines, no control bytes. libhttp-parser then takes the
 * whole head apart; the distributions build it without HTTP_PARSER_STRICT, which is why the line
 * machine does not rely on it. At last the fields that decide where the request ends (Host,
 * Content-Length, Transfer-Encoding) are held against RFC 9112 section 6.3. Chunked bodies are
 * decoded here, since the library takes bare CRs in them.
 *
 *   lines   START -CR-> START_LF      empty lines before a request are passed over
 *           START -> REQUEST -CR-> REQUEST_LF -> FIELD -> NAME -':'-> VALUE -CR-> VALUE_LF -> FIELD
 *           FIELD -CR-> END_LF -> whole
 *   chunks  SIZE -';'-> EXTENSION -CR-> SIZE_LF -> DATA -> DATA_CR -> DATA_LF -> SIZE
 *           SIZE_LF of a chunk of 0 -> the line machine from FIELD on (trailers, dropped) -> done
 *
 * Invariants: a byte is looked at once; what was decided about a byte depends on the bytes before
 * it and never on how they were cut. `head` holds what was taken, from the request line on.
 * Limits: head_bytes_max, body_bytes_max, MZ_HTTP_FIELD_COUNT_MAX, MZ_HTTP_CHUNK_EXTRA_MAX.
 */
#include "net/http_parse.h"

#include <assert.h>
#include <http_parser.h>
#include <string.h>
#include <strings.h>

enum line_state {
    LINE_START,
    LINE_START_LF,
    LINE_REQUEST,
    LINE_REQUEST_LF,
    LINE_FIELD,
    LINE_NAME,
    LINE_VALUE,
    LINE_VALUE_LF,
    LINE_END_LF,
    LINE_WHOLE
};

enum chunk_state {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER
};

/* 7 digits are 256 MiB; no limit of a body is near it, and no sum can overflow. */
enum { CHUNK_DIGITS_MAX = 7, LENGTH_DIGITS_MAX = 18, MEMORY_KEPT_MAX = 64 * 1024 };

static bool is_token(unsigned char c)
{
    /* tchar of RFC 9110, one bit a character from 0x20 on */
    static const uint32_t token_bits[3] = { 0x03FF6CFA, 0xC7FFFFFE, 0x57FFFFFF };

    return c >= 0x20 && c < 0x80 && ((token_bits[(c >> 5) - 1] >> (c & 31)) & 1);
}

static bool is_value(unsigned char c)
{
    return c == '\t' || (c >= 0x20 && c != 0x7F);
}

static void refuse(struct mz_http_parse *parse, int32_t status, const char *why)
{
    parse->step = MZ_HTTP_STEP_REFUSED;
    parse->refusal_status = status;
    parse->refusal_why = why;
}

void mz_http_parse_begin(struct mz_http_parse *parse, size_t head_bytes_max, size_t body_bytes_max)
{
    assert(head_bytes_max > 0 && head_bytes_max <= MZ_HTTP_HEAD_BYTES_MAX);
    parse->head_bytes_max = head_bytes_max;
    parse->body_bytes_max = body_bytes_max;
    parse->step = MZ_HTTP_STEP_HEAD;
    parse->refusal_status = 0;
    parse->refusal_why = NULL;
    parse->method = parse->path = NULL;
    parse->field_count = parse->param_count = 0;
    parse->is_http_1_0 = parse->is_head = false;
    parse->keeps_alive = parse->expects_continue = parse->is_chunked = false;
    parse->head_seen = parse->line_count = parse->chunk_extra = parse->body_left = 0;
    parse->line_state = LINE_START;
    parse->chunk_state = CHUNK_SIZE;
    parse->chunk_digits = 0;
    mz_text_clear(&parse->head);
    mz_http_parse_empty(parse);
}

void mz_http_parse_empty(struct mz_http_parse *parse)
{
    if (parse->body.capacity > MEMORY_KEPT_MAX)
        mz_text_finish(&parse->body); /* one large upload shall not be paid for ever after */
    mz_text_clear(&parse->body);
}

void mz_http_parse_finish(struct mz_http_parse *parse)
{
    mz_text_finish(&parse->head);
    mz_text_finish(&parse->body);
}

const char *mz_http_parse_field(const struct mz_http_parse *parse, const char *name)
{
    for (size_t i = 0; i < parse->field_count; i++)
        if (strcasecmp(parse->fields[i].name, name) == 0)
            return parse->fields[i].value;
    return NULL;
}

/* Takes the machine one byte on. NULL, or why the byte is refused. */
static const char *line_step(struct mz_http_parse *parse, unsigned char c)
{
    switch ((enum line_state)parse->line_state) {
    case LINE_START:
        if (c == '\r') {
            parse->line_state = LINE_START_LF;
            return NULL;
        }
        parse->line_state = LINE_REQUEST;
        return is_token(c) ? NULL : "a request that does not begin with a method";
    case LINE_START_LF: parse->line_state = LINE_START; break;
    case LINE_REQUEST:
        if (c == '\r') {
            parse->line_state = LINE_REQUEST_LF;
            return NULL;
        }
        return c >= 0x20 && c < 0x7F ? NULL : "a byte in the request line that is not allowed";
    case LINE_FIELD:
        parse->line_state = c == '\r' ? LINE_END_LF : LINE_NAME;
        if (c == ' ' || c == '\t')
            return "a folded header line";
        if (c == '\r')
            return NULL;
        parse->line_count++;
        return is_token(c) ? NULL : "a header name that is no token";
    case LINE_NAME:
        if (c == ':') {
            parse->line_state = LINE_VALUE;
            return NULL;
        }
        return is_token(c) ? NULL : "a header name that is no token";
    case LINE_VALUE:
        if (c == '\r') {
            parse->line_state = LINE_VALUE_LF;
            return NULL;
        }
        return is_value(c) ? NULL : "a byte in a header that is not allowed";
    case LINE_REQUEST_LF:
    case LINE_VALUE_LF: parse->line_state = LINE_FIELD; break;
    case LINE_END_LF: parse->line_state = LINE_WHOLE; break;
    case LINE_WHOLE: assert(false); /* the caller stops at the end of the head */
    }
    return c == '\n' ? NULL : "a CR without its LF";
}

/* What libhttp-parser says about the head. */
struct pieces {
    struct mz_http_parse *parse;
    const char *url;
    size_t url_length;
    size_t value_count;
    size_t name_lengths[MZ_HTTP_FIELD_COUNT_MAX];
    size_t value_lengths[MZ_HTTP_FIELD_COUNT_MAX];
};

static int on_url(http_parser *parser, const char *at, size_t length)
{
    struct pieces *pieces = parser->data;

    pieces->url = at;
    pieces->url_length = length;
    return 0;
}

static int on_field(http_parser *parser, const char *at, size_t length)
{
    struct pieces *pieces = parser->data;
    struct mz_http_parse *parse = pieces->parse;

    if (parse->field_count == MZ_HTTP_FIELD_COUNT_MAX)
        return 1;
    parse->fields[parse->field_count].name = at;
    pieces->name_lengths[parse->field_count++] = length;
    return 0;
}

static int on_value(http_parser *parser, const char *at, size_t length)
{
    struct pieces *pieces = parser->data;

    if (pieces->value_count + 1 != pieces->parse->field_count)
        return 1; /* two values of one name: a line was folded, which cannot come here */
    pieces->parse->fields[pieces->value_count].value = at;
    pieces->value_lengths[pieces->value_count++] = length;
    return 0;
}

static const http_parser_settings settings = {
    .on_url = on_url, .on_header_field = on_field, .on_header_value = on_value
};

/* Method, blank, target, blank, version: nothing else, and single blanks. */
static bool request_line_is_plain(const char *line, const char **ret_version)
{
    const char *end = strchr(line, '\r');
    const char *first = memchr(line, ' ', (size_t)(end - line));
    const char *second = first ? memchr(first + 1, ' ', (size_t)(end - first - 1)) : NULL;

    if (!second || second == first + 1 || end - second != 9)
        return false;
    *ret_version = second + 1;
    return memchr(second + 1, ' ', 8) == NULL && memcmp(second + 1, "HTTP/", 5) == 0 &&
        second[6] >= '0' && second[6] <= '9' && second[7] == '.' && second[8] >= '0' &&
        second[8] <= '9';
}

/* Takes the head apart. Strings are ended with NULs last, when the library has read it. */
static bool take_apart(struct mz_http_parse *parse, char **ret_target)
{
    char *head = parse->head.bytes;
    struct pieces pieces = { .parse = parse };
    const char *version;
    http_parser parser;
    size_t parsed;

    if (!request_line_is_plain(head, &version)) {
        refuse(parse, 400, "a request line that is none");
        return false;
    }
    if (memcmp(version, "HTTP/1.1", 8) != 0 && memcmp(version, "HTTP/1.0", 8) != 0) {
        refuse(parse, 505, "a version that is not HTTP/1.0 or HTTP/1.1");
        return false;
    }
    if (parse->line_count > MZ_HTTP_FIELD_COUNT_MAX) {
        refuse(parse, 431, "too many header lines");
        return false;
    }
    parse->is_http_1_0 = version[7] == '0';
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &pieces;
    parsed = http_parser_execute(&parser, &settings, head, parse->head.length);
    if (HTTP_PARSER_ERRNO(&parser) == HPE_INVALID_TRANSFER_ENCODING) {
        parse->field_count = 0;
        refuse(parse, 501, "a Transfer-Encoding other than chunked");
        return false;
    }
    if (HTTP_PARSER_ERRNO(&parser) != HPE_OK || parsed != parse->head.length || !pieces.url ||
        parse->field_count != parse->line_count || pieces.value_count != parse->field_count) {
        parse->field_count = 0;
        refuse(parse, 400, "a head that is not HTTP");
        return false;
    }
    parse->method = http_method_str((enum http_method)parser.method);
    parse->is_head = parser.method == HTTP_HEAD;
    parse->keeps_alive = http_should_keep_alive(&parser) != 0;
    *ret_target = head + (pieces.url - head);
    (*ret_target)[pieces.url_length] = '\0';
    for (size_t i = 0; i < parse->field_count; i++) {
        char *name = head + (parse->fields[i].name - head);
        char *value = head + (parse->fields[i].value - head);
        size_t length = pieces.value_lengths[i];

        while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
            length--;
        name[pieces.name_lengths[i]] = '\0';
        if (length == 0)
            parse->fields[i].value = ""; /* the library's place is the next line's name */
        else
            value[length] = '\0';
    }
    return true;
}

static bool host_is_plain(const char *host)
{
    return host[strspn(host,
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
               "-._~:[]%!$&'()*+;=")] == '\0';
}

static bool read_length(const char *text, size_t *ret_length)
{
    size_t length = 0;
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > LENGTH_DIGITS_MAX || text[digits] != '\0')
        return false;
    for (size_t i = 0; i < digits; i++)
        length = length * 10 + (size_t)(text[i] - '0');
    *ret_length = length;
    return true;
}

/* Host, and where the request ends: RFC 9112 sections 3.2 and 6.3. */
static void frame(struct mz_http_parse *parse)
{
    const char *host = NULL, *length = NULL, *coding = NULL, *expect = NULL;
    int32_t hosts = 0, lengths = 0, codings = 0, expects = 0;

    for (size_t i = 0; i < parse->field_count; i++) {
        const char *name = parse->fields[i].name;
        const char *value = parse->fields[i].value;

        if (strcasecmp(name, "Host") == 0)
            hosts++, host = value;
        else if (strcasecmp(name, "Content-Length") == 0)
            lengths++, length = value;
        else if (strcasecmp(name, "Transfer-Encoding") == 0)
            codings++, coding = value;
        else if (strcasecmp(name, "Expect") == 0)
            expects++, expect = value;
    }
    if (hosts > 1 || (hosts == 0 && !parse->is_http_1_0) || (host && !host_is_plain(host)))
        refuse(parse, 400, "no Host header, several, or one that is no host");
    else if (lengths > 1)
        refuse(parse, 400, "several Content-Length headers");
    else if (lengths && codings)
        refuse(parse, 400, "both Content-Length and Transfer-Encoding");
    else if (codings > 1 || (codings && parse->is_http_1_0))
        refuse(parse, 400, "a Transfer-Encoding that is not allowed");
    else if (codings && strcasecmp(coding, "chunked") != 0)
        refuse(parse, 501, "a Transfer-Encoding other than chunked");
    else if (lengths && !read_length(length, &parse->body_left))
        refuse(parse, 400, "a Content-Length that is no number");
    else if (parse->body_left > parse->body_bytes_max)
        refuse(parse, 413, "the body is larger than this server takes");
    else if (expects > 1 || (expects && strcasecmp(expect, "100-continue") != 0))
        refuse(parse, 417, "an Expect header other than 100-continue");
    else
        parse->step = codings || parse->body_left > 0 ? MZ_HTTP_STEP_BODY : MZ_HTTP_STEP_DONE;
    parse->is_chunked = codings > 0;
    parse->expects_continue = expects > 0 && !parse->is_http_1_0;
}

static size_t feed_head(struct mz_http_parse *parse, const char *bytes, size_t length)
{
    size_t room = parse->head_bytes_max - parse->head_seen;
    size_t take = length < room ? length : room;
    size_t begin = 0, i = 0;
    const char *why = NULL;

    while (i < take && !why && parse->line_state != LINE_WHOLE) {
        why = line_step(parse, (unsigned char)bytes[i++]);
        if (parse->line_state == LINE_START)
            begin = i; /* an empty line before the request line */
    }
    parse->head_seen += i;
    if (why) {
        refuse(parse, 400, why);
        return i;
    }
    if (parse->line_state != LINE_START && parse->line_state != LINE_START_LF)
        mz_text_add_bytes(&parse->head, bytes + begin, i - begin);
    if (parse->line_state == LINE_WHOLE) {
        char *target;

        if (!take_apart(parse, &target))
            return i;
        if (!mz_http_target_read(parse, target, &why))
            refuse(parse, 400, why);
        else
            frame(parse);
    } else if (length > take) {
        refuse(parse, 431, "the head is larger than this server takes");
    }
    return i;
}

static int hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void chunk_size_step(struct mz_http_parse *parse, unsigned char c)
{
    int digit = hex_value(c);

    if (digit >= 0) {
        if (++parse->chunk_digits > CHUNK_DIGITS_MAX)
            refuse(parse, 400, "a chunk size of too many digits");
        else
            parse->body_left = parse->body_left * 16 + (size_t)digit;
    } else if (parse->chunk_digits == 0 || (c != ';' && c != '\r')) {
        refuse(parse, 400, "a chunk size that is no number");
    } else if (parse->body_left > parse->body_bytes_max - parse->body.length) {
        refuse(parse, 413, "the body is larger than this server takes");
    } else {
        parse->chunk_state = c == ';' ? CHUNK_EXTENSION : CHUNK_SIZE_LF;
    }
}

static void chunk_extra_step(struct mz_http_parse *parse, unsigned char c)
{
    const char *why = NULL;

    if (++parse->chunk_extra > MZ_HTTP_CHUNK_EXTRA_MAX)
        why = "chunk extensions and trailers that are too long";
    else if (parse->chunk_state == CHUNK_TRAILER)
        why = line_step(parse, c);
    else if (c == '\r')
        parse->chunk_state = CHUNK_SIZE_LF;
    else if (!is_value(c))
        why = "a byte in a chunk extension that is not allowed";
    if (why)
        refuse(parse, 400, why);
    else if (parse->chunk_state == CHUNK_TRAILER && parse->line_state == LINE_WHOLE)
        parse->step = MZ_HTTP_STEP_DONE;
}

/* One byte that is not data of a chunk. */
static void chunk_step(struct mz_http_parse *parse, unsigned char c)
{
    switch ((enum chunk_state)parse->chunk_state) {
    case CHUNK_SIZE: chunk_size_step(parse, c); return;
    case CHUNK_EXTENSION:
    case CHUNK_TRAILER: chunk_extra_step(parse, c); return;
    case CHUNK_SIZE_LF:
        parse->chunk_state = parse->body_left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
        parse->line_state = LINE_FIELD;
        break;
    case CHUNK_DATA_CR:
        parse->chunk_state = CHUNK_DATA_LF;
        if (c != '\r')
            refuse(parse, 400, "a chunk that is longer than its size");
        return;
    case CHUNK_DATA_LF:
        parse->chunk_state = CHUNK_SIZE;
        parse->chunk_digits = 0;
        break;
    case CHUNK_DATA: assert(false); /* data is taken as a whole */
    }
    if (c != '\n')
        refuse(parse, 400, "a CR without its LF");
}

static size_t feed_body(struct mz_http_parse *parse, const char *bytes, size_t length)
{
    size_t i = 0;

    while (i < length && parse->step == MZ_HTTP_STEP_BODY) {
        size_t take = length - i < parse->body_left ? length - i : parse->body_left;

        if (parse->is_chunked && parse->chunk_state != CHUNK_DATA) {
            chunk_step(parse, (unsigned char)bytes[i++]);
            continue;
        }
        mz_text_add_bytes(&parse->body, bytes + i, take);
        parse->body_left -= take;
        i += take;
        if (parse->body_left == 0 && parse->is_chunked)
            parse->chunk_state = CHUNK_DATA_CR;
        else if (parse->body_left == 0)
            parse->step = MZ_HTTP_STEP_DONE;
    }
    assert(parse->body.length <= parse->body_bytes_max);
    return i;
}

size_t mz_http_parse_feed(struct mz_http_parse *parse, const char *bytes, size_t length)
{
    switch (parse->step) {
    case MZ_HTTP_STEP_HEAD: return feed_head(parse, bytes, length);
    case MZ_HTTP_STEP_BODY: return feed_body(parse, bytes, length);
    case MZ_HTTP_STEP_DONE:
    case MZ_HTTP_STEP_REFUSED: break;
    }
    return 0;
}
