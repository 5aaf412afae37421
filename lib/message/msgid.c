/*
 * The Message-ID field; see msgid.h.
 */
#include "config.h"

#include "lib/message/msgid.h"
#include "lib/message/lex.h"

#include <string.h>

static const char *skip_dotted(const char *p)
{
    while (is_atext(*p) || *p == '.')
        p++;
    return p;
}

/* Past a quoted string or a literal that holds neither white space nor control characters; NULL where there is none. */
static const char *skip_enclosed(const char *p, char close)
{
    for (p++; *p != close; p++) {
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return NULL;
        if (*p == '\\' && (unsigned char)*++p <= ' ')
            return NULL;
    }
    return p + 1;
}

static const char *skip_part(const char *p, char open, char close)
{
    const char *end = *p == open ? skip_enclosed(p, close) : skip_dotted(p);

    return end == p ? NULL : end;
}

bool is_message_id(const char *value)
{
    const char *p = lex_skip_cfws(value);

    if (*p++ != '<')
        return false;
    p = skip_part(p, '"', '"');
    if (p == NULL || *p++ != '@')
        return false;
    p = skip_part(p, '[', ']');
    if (p == NULL || *p++ != '>')
        return false;
    return *lex_skip_cfws(p) == '\0';
}
