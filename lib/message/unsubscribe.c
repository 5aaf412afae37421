/*
 * Leaving a list; see unsubscribe.h.
 */
#include "config.h"

#include "lib/message/unsubscribe.h"
#include "lib/base/str.h"
#include "lib/message/lex.h"

#include <string.h>
#include <strings.h>

#define START_MAX 10        /* "https://" and what follows it */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 3986: printable ASCII but for a few. */
static bool is_uri_byte(char c)
{
    return c > ' ' && c < 0x7f && strchr("\"<>\\^`{|}", c) == NULL;
}

/* What is between < and >: its first bytes without white space, and whether all of them may be in a URI. */
struct uri {
    char start[START_MAX];
    bool has_scheme;        /* letters, digits and "+-." up to a ':' that is not the last byte */
    bool is_clean;
};

/* "mailto:", with something after it. */
static bool has_scheme(const char *text, size_t len)
{
    size_t n = 0;

    for (; n < len && text[n] != ':'; n++) {
        if (!is_blank(text[n]) && !is_alpha(text[n]) && (n == 0 || !(is_digit(text[n]) || strchr("+-.", text[n]))))
            return false;
    }
    for (size_t i = n + 1; n > 0 && i < len; i++) {
        if (!is_blank(text[i]))
            return true;
    }
    return false;
}

static struct uri take_uri(const char *text, size_t len)
{
    struct uri uri = { .has_scheme = has_scheme(text, len), .is_clean = true };
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        if (is_blank(text[i]))
            continue;
        uri.is_clean = uri.is_clean && is_uri_byte(text[i]);
        if (kept < sizeof(uri.start) - 1)
            uri.start[kept++] = text[i];
    }
    return uri;
}

/* The scheme with "//", and the first byte of a host. */
static bool is_web(const struct uri *uri, const char *scheme)
{
    size_t n = strlen(scheme);
    char host = uri->start[n];

    return strncasecmp(uri->start, scheme, n) == 0 && (is_alpha(host) || is_digit(host) || host == '[');
}

static void count_uri(const struct uri *uri, struct unsubscribe_uris *uris)
{
    if (!uri->has_scheme || !uri->is_clean)
        return;
    uris->count++;
    uris->https += is_web(uri, "https://");
    uris->http += is_web(uri, "http://");
}

void unsubscribe_read(const char *value, struct unsubscribe_uris *uris_r)
{
    const char *p = lex_skip_cfws(value);

    *uris_r = (struct unsubscribe_uris){ 0 };
    while (*p != '\0') {
        if (*p == '<') {
            size_t len = strcspn(p + 1, ">");
            if (p[1 + len] == '\0')
                return;
            const struct uri uri = take_uri(p + 1, len);
            count_uri(&uri, uris_r);
            p += 1 + len;
        }
        p = lex_skip_cfws(p + 1);
    }
}

bool is_one_click_post(const char *value)
{
    static const char wanted[] = "List-Unsubscribe=One-Click";
    const char *p = lex_skip_cfws(value);

    return strncasecmp(p, wanted, sizeof(wanted) - 1) == 0 && *lex_skip_cfws(p + sizeof(wanted) - 1) == '\0';
}
