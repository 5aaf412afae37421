/*
 * The lexical pieces of structured fields; see lex.h.
 */
#include "config.h"

#include "lib/message/lex.h"

#include <stddef.h>
#include <string.h>

bool is_atext(char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 0x80 || (u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') ||
           (u != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", u) != NULL);
}

size_t lex_name_length(const char *name, size_t len)
{
    while (len > 0 && (name[len - 1] == ' ' || name[len - 1] == '\t'))
        len--;
    return len;
}

static const char *skip_comment(const char *p)
{
    size_t depth = 0;

    for (; *p != '\0'; p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
        else if (*p == '(')
            depth++;
        else if (*p == ')' && --depth == 0)
            return p + 1;
    }
    return p;
}

const char *lex_skip_cfws(const char *p)
{
    for (;;) {
        if (*p == '(')
            p = skip_comment(p);
        else if (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
            p++;
        else
            return p;
    }
}

const char *lex_skip_quoted(const char *p)
{
    for (p++; *p != '\0' && *p != '"'; p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
    }
    return *p == '"' ? p + 1 : p;
}

const char *lex_skip_encoded_word(const char *p)
{
    if (p[0] != '=' || p[1] != '?')
        return NULL;
    size_t charset = strcspn(p + 2, "?=()<>@,;:\"/[]. \t\r\n");
    const char *encoding = p + 2 + charset;
    if (charset == 0 || encoding[0] != '?' || strchr("BbQq", encoding[1]) == NULL || encoding[1] == '\0' ||
        encoding[2] != '?')
        return NULL;
    const char *end = encoding + 3 + strcspn(encoding + 3, "? \t\r\n");
    return end[0] == '?' && end[1] == '=' ? end + 2 : NULL;
}

bool has_encoded_word(const char *text)
{
    const char *p = lex_skip_cfws(text);

    while (*p != '\0') {
        if (*p == '"') {
            p = lex_skip_quoted(p);
        } else if (is_atext(*p)) {
            if (lex_skip_encoded_word(p) != NULL)
                return true;
            while (is_atext(*p))
                p++;
        } else {
            p++;
        }
        p = lex_skip_cfws(p);
    }
    return false;
}
