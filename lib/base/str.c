/*
 * A growing string, and the escaping of what cannot be trusted; see str.h.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void str_init(struct str *s)
{
    *s = (struct str)STR_EMPTY;
}

void str_clear(struct str *s)
{
    free(s->data);
    str_init(s);
}

void str_reset(struct str *s)
{
    s->len = 0;
    if (s->data != NULL)
        s->data[0] = '\0';
}

static void reserve(struct str *s, size_t more)
{
    size_t need = s->len + more + 1;
    if (need < more)
        abort();
    if (need <= s->size)
        return;
    size_t want = s->size == 0 ? 64 : s->size * 2;
    if (want < need)
        want = need;
    s->data = xrealloc(s->data, want);
    s->size = want;
}

void str_addn(struct str *s, const void *data, size_t len)
{
    reserve(s, len);
    if (len > 0)
        memcpy(s->data + s->len, data, len);
    s->len += len;
    s->data[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
    if (text != NULL)
        str_addn(s, text, strlen(text));
}

void str_addc(struct str *s, char c)
{
    str_addn(s, &c, 1);
}

void str_addf(struct str *s, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    reserve(s, (size_t)n);
    va_start(ap, fmt);
    n = vsnprintf(s->data + s->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    if (n > 0)
        s->len += (size_t)n;
}

const char *str_get(const struct str *s)
{
    return s->data == NULL ? "" : s->data;
}

char *str_steal(struct str *s)
{
    char *data = s->data == NULL ? xstrdup("") : s->data;

    str_init(s);
    return data;
}

void str_add_escaped(struct str *s, const char *text, size_t max, bool is_word)
{
    if (text == NULL)
        return;
    for (size_t i = 0; text[i] != '\0'; i++) {
        unsigned char c = (unsigned char)text[i];
        if (i == max) {
            str_add(s, "...");
            return;
        }
        if (c == '\\')
            str_add(s, "\\\\");
        else if (c < 0x20 || c > 0x7e || (is_word && strchr(" ,=\";", c) != NULL))
            str_addf(s, "\\x%02x", c);
        else
            str_addc(s, (char)c);
    }
}

void ascii_lower(char *s)
{
    for (; *s != '\0'; s++) {
        if (*s >= 'A' && *s <= 'Z')
            *s = (char)(*s - 'A' + 'a');
    }
}

bool has_suffix(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);

    return n >= m && strcasecmp(s + n - m, suffix) == 0;
}
