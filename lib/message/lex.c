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
