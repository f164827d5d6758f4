/* language.c - filling phrases */
#include "report/language.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

struct phrase {
    const char *text[2]; /* by enum mz_language */
};

static const struct phrase phrases[MZ_PHRASE_COUNT] = {
#define MZ_PHRASE(key, english, arabic) { { english, arabic } },
#include "report/language_table.h"
#undef MZ_PHRASE
};

static const char left_to_right_mark[] = "\xE2\x80\x8E";
static const char right_to_left_mark[] = "\xE2\x80\x8F";

const char *mz_language_code(enum mz_language language)
{
    return language == MZ_LANGUAGE_ARABIC ? "ar" : "en";
}

const char *mz_language_direction(enum mz_language language)
{
    return language == MZ_LANGUAGE_ARABIC ? "rtl" : "ltr";
}

const char *mz_say(enum mz_language language, enum mz_phrase phrase)
{
    return phrases[phrase].text[language];
}

/* Letters of right-to-left scripts: U+0590 ... U+08FF. */
static bool is_right_to_left(const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if ((byte >= 0xD6 && byte <= 0xDF) || byte == 0xE0)
            return true;
    }
    return false;
}

void mz_say_add_name(struct mz_text *out, enum mz_language language, const char *name)
{
    bool right_to_left = is_right_to_left(name);

    if (language == MZ_LANGUAGE_ENGLISH && !right_to_left) {
        mz_text_add_html(out, name);
        return;
    }
    mz_text_add(out, right_to_left ? "<bdi>" : "<bdi dir=ltr>");
    mz_text_add_html(out, name);
    mz_text_add(out, "</bdi>");
}

static void add_argument(
    struct mz_text *out, enum mz_language language, const char *argument, bool html)
{
    bool marks = language == MZ_LANGUAGE_ARABIC && !is_right_to_left(argument);

    if (html) {
        mz_say_add_name(out, language, argument);
        return;
    }
    mz_text_add(out, marks ? left_to_right_mark : "");
    mz_text_add(out, argument);
    mz_text_add(out, marks ? left_to_right_mark : "");
}

static const char *fill(struct mz_arena *arena, enum mz_language language, enum mz_phrase phrase,
    const char *const *args, bool html)
{
    struct mz_text text = { 0 };
    const char *result;
    int32_t count = 0;

    while (args[count])
        count++;
    /* a sentence that begins with a Latin name is Arabic nevertheless */
    if (language == MZ_LANGUAGE_ARABIC && !html)
        mz_text_add(&text, right_to_left_mark);
    for (const char *s = mz_say(language, phrase); *s; s++) {
        if (s[0] == '{' && s[1] >= '0' && s[1] <= '9' && s[2] == '}') {
            assert(s[1] - '0' < count);
            add_argument(&text, language, args[s[1] - '0'], html);
            s += 2;
        } else if (html && (*s == '&' || *s == '<' || *s == '>')) {
            char one[2] = { *s, '\0' };

            mz_text_add_html(&text, one);
        } else {
            mz_text_add_bytes(&text, s, 1);
        }
    }
    result = mz_arena_strdup(arena, mz_text_string(&text));
    mz_text_finish(&text);
    return result;
}

const char *mz_say_html(struct mz_arena *arena, enum mz_language language, enum mz_phrase phrase,
    const char *const *args)
{
    return fill(arena, language, phrase, args, true);
}

const char *mz_say_plain(struct mz_arena *arena, enum mz_language language, enum mz_phrase phrase,
    const char *const *args)
{
    return fill(arena, language, phrase, args, false);
}
