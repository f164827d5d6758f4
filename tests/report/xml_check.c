/* xml_check.c - a tag balance check, strict enough for what the report writes */
#include "report/xml_check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32, NAME_MAX_LENGTH = 31, ID_COUNT_MAX = 4096 };

static char message[300];

static const char *wrong(const char *what, const char *at)
{
    (void)snprintf(message, sizeof(message), "%s at '%.80s'", what, at);
    return message;
}

static const char *check_entity(const char *s)
{
    static const char *const known[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strncmp(s, known[i], strlen(known[i])) == 0)
            return NULL;
    }
    return wrong("unknown entity", s);
}

/* Attributes of a tag up to its end; *ret_next is behind '>'. */
static const char *check_attributes(const char *s, const char **ret_next, int *ret_empty)
{
    *ret_empty = 0;
    for (;;) {
        while (*s == ' ' || *s == '\n')
            s++;
        if (s[0] == '/' && s[1] == '>') {
            *ret_empty = 1;
            *ret_next = s + 2;
            return NULL;
        }
        if (*s == '>') {
            *ret_next = s + 1;
            return NULL;
        }
        while (isalnum((unsigned char)*s) || *s == '-')
            s++;
        if (s[0] != '=' || s[1] != '"')
            return wrong("attribute without a quoted value", s);
        for (s += 2; *s && *s != '"'; s++) {
            if (*s == '<')
                return wrong("'<' in an attribute", s);
        }
        if (*s != '"')
            return wrong("attribute does not end", s);
        s++;
    }
}

static const char *check_drawing(const char *s, const char **ret_next)
{
    char stack[DEPTH_MAX][NAME_MAX_LENGTH + 1];
    int depth = 0;

    do {
        const char *error = NULL;
        int empty = 0;
        size_t length;
        int closing = s[1] == '/';

        if (*s == '&')
            error = check_entity(s);
        if (error)
            return error;
        if (*s != '<') {
            s++;
            continue;
        }
        s += 1 + closing;
        length = strcspn(s, " />\n");
        if (length == 0 || length > NAME_MAX_LENGTH || depth == DEPTH_MAX)
            return wrong("bad tag", s);
        if (closing) {
            if (depth == 0 || strncmp(stack[depth - 1], s, length) != 0 || stack[depth - 1][length])
                return wrong("closing tag does not match", s);
            depth--;
            s += length + 1;
            continue;
        }
        memcpy(stack[depth], s, length);
        stack[depth++][length] = '\0';
        error = check_attributes(s + length, &s, &empty);
        if (error)
            return error;
        depth -= empty;
    } while (depth > 0 && *s);
    *ret_next = s;
    return depth == 0 ? NULL : wrong("tags stay open", stack[depth - 1]);
}

const char *xml_check_drawings(const char *page)
{
    const char *s = page;

    /* the hatch definition is HTML with an unquoted attribute: only charts are checked */
    while ((s = strstr(s, "<svg viewBox"))) {
        const char *error = check_drawing(s, &s);

        if (error)
            return error;
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *xml_check_ids(const char *page)
{
    char **ids = calloc(ID_COUNT_MAX, sizeof(*ids));
    size_t count = 0;
    const char *error = NULL;

    for (const char *s = page; ids && (s = strstr(s, " id=")) && count < ID_COUNT_MAX; s++) {
        const char *begin = s + 4 + (s[4] == '"');

        ids[count++] = strndup(begin, strcspn(begin, "\" >"));
    }
    if (ids)
        qsort(ids, count, sizeof(*ids), compare);
    for (size_t i = 1; i < count && !error; i++) {
        if (strcmp(ids[i - 1], ids[i]) == 0)
            error = wrong("id is given twice", ids[i]);
    }
    for (size_t i = 0; i < count; i++)
        free(ids[i]);
    free(ids);
    return error;
}
