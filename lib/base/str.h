/*
 * A growing string, and the escaping of what cannot be trusted.  Not shared between threads.
 */
#ifndef PREFLIGHT_BASE_STR_H
#define PREFLIGHT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

struct str {
    char *data;     /* always NUL-terminated once anything was added; may hold NUL bytes before len */
    size_t len;     /* bytes without the final NUL */
    size_t size;    /* bytes allocated */
};

#define STR_EMPTY { NULL, 0, 0 }

void str_init(struct str *s);
void str_clear(struct str *s);                          /* frees, ready for use again */
void str_reset(struct str *s);                          /* empties, keeps the memory */
void str_add(struct str *s, const char *text);          /* NULL adds nothing */
void str_addn(struct str *s, const void *data, size_t len);
void str_addc(struct str *s, char c);
void str_addf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *str_get(const struct str *s);               /* borrowed; "" where nothing was added */
char *str_steal(struct str *s);                         /* caller frees; s is empty again; never NULL */

/*
 * Adds untrusted text fit for one line of a log or an SMTP reply: at most max input bytes (then "..."),
 * everything outside printable ASCII as \xHH, and backslash as \\.  With is_word also space, ',', '=', '"', ';'
 * as \xHH, so that a key=value line stays parsable.  Valid UTF-8 is escaped too: a log line is ASCII.
 */
void str_add_escaped(struct str *s, const char *text, size_t max, bool is_word);

/* ASCII digits, whatever the locale. */
static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Lower-cases ASCII in place; other bytes stay. */
void ascii_lower(char *s);

/* Does s end in suffix, ASCII case ignored? */
bool has_suffix(const char *s, const char *suffix);

#endif
