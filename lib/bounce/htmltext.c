/*
 * The words of an HTML page; see htmltext.h.
 */
#include "config.h"

#include "lib/bounce/htmltext.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool is_tag(const char *p, const char *end, const char *name)
{
    size_t n = strlen(name);

    p += p < end && *p == '/';
    return (size_t)(end - p) > n && strncasecmp(p, name, n) == 0 && !isalnum((unsigned char)p[n]);
}

static bool ends_line(const char *tag, const char *end)
{
    static const char *const names[] = { "br", "p", "div", "tr", "td", "li", "h1", "h2", "h3", "pre", "table" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (is_tag(tag, end, names[i]))
            return true;
    }
    return false;
}

/* Past what nobody reads; NULL where the tag is another one. */
static const char *skip_element(const char *tag, const char *end)
{
    static const char *const names[] = { "style", "script", "head" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (*tag == '/' || !is_tag(tag, end, names[i]))
            continue;
        for (const char *p = tag; p + 1 < end; p++) {
            if (p[0] == '<' && p[1] == '/' && is_tag(p + 1, end, names[i]))
                return p;
        }
        return end;
    }
    return NULL;
}

static const char *add_entity(struct str *text, const char *p, const char *end)
{
    static const struct {
        const char *name, *value;
    } entities[] = {
        { "&lt;", "<" }, { "&gt;", ">" }, { "&amp;", "&" }, { "&quot;", "\"" }, { "&#39;", "'" }, { "&nbsp;", " " },
    };

    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        size_t n = strlen(entities[i].name);
        if ((size_t)(end - p) >= n && strncasecmp(p, entities[i].name, n) == 0) {
            str_add(text, entities[i].value);
            return p + n;
        }
    }
    str_addc(text, '&');
    return p + 1;
}

void htmltext_add(struct str *text, const char *html, size_t len)
{
    const char *end = html + len;

    for (const char *p = html; p < end;) {
        if (*p == '&') {
            p = add_entity(text, p, end);
        } else if (*p != '<') {
            str_addc(text, *p == '\n' || *p == '\r' ? ' ' : *p);
            p++;
        } else {
            const char *tag = p + 1, *after = skip_element(tag, end);
            if (ends_line(tag, end))
                str_addc(text, '\n');
            const char *close = after != NULL ? NULL : memchr(tag, '>', (size_t)(end - tag));
            p = after != NULL ? after : close == NULL ? end : close + 1;
        }
    }
}
