/*
 * A reply made plain; see replytext.h.
 */
#include "config.h"

#include "lib/judge/replytext.h"
#include "lib/base/str.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Part of a word that a code must not stand in. */
static bool is_inner(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '_';
}

/* "550", not within a longer number or word, from the start of at; 0 if it is none. */
static size_t code_length(const char *at)
{
    if (at[0] < '2' || at[0] > '5' || !is_digit(at[1]) || at[1] > '5' || !is_digit(at[2]))
        return 0;
    return is_inner(at[3]) ? 0 : 3;
}

/* "5.7.26" from the start of at; 0 if it is none.  An IP address is none. */
static size_t enhanced_length(const char *at)
{
    size_t n = 1;

    if ((at[0] != '2' && at[0] != '4' && at[0] != '5') || at[1] != '.')
        return 0;
    for (int part = 0; part < 2; part++) {
        size_t digits = 0;
        n++;
        while (is_digit(at[n]) && digits < 4) {
            n++;
            digits++;
        }
        if (digits == 0 || digits > 3 || (part == 0 && at[n] != '.'))
            return 0;
    }
    /* A full stop may end a sentence. */
    if (at[n] == '.' ? isalnum((unsigned char)at[n + 1]) : is_inner(at[n]))
        return 0;
    return n;
}

/* How much a code at this place looks like the reply's own; 0: it is no code. */
static int code_weight(const char *plain, const char *at)
{
    const char *next = at + 3;

    if (code_length(at) == 0 || (at > plain && is_inner(at[-1])))
        return 0;
    if (at > plain && strchr("-/@#$:=", at[-1]) != NULL && !(at[-1] == ':' && at - 1 == plain))
        return 0;
    if (*next != ' ' && *next != '-' && *next != '\0' && *next != ':' && *next != ',')
        return 0;
    bool has_enhanced = (*next == ' ' || *next == '-') && enhanced_length(next + 1) > 0;
    if (at == plain)
        return 4;
    if (has_enhanced)
        return 3;
    if (strchr(" \"'(<[", at[-1]) != NULL && at - plain >= 2 && strchr(":>;,)\"'", at[-2]) != NULL)
        return 2;
    return at[0] >= '4' ? 1 : 0;    /* "a limit of 250 MB" */
}

#define REPORTED_WEIGHT 2        /* at least: the words before the code are another server's */

static const char *find_code(const struct replytext *text, int *weight_r)
{
    const char *best = NULL;
    int weight = 0;

    for (const char *at = text->plain; *at != '\0'; at++) {
        int one = code_weight(text->plain, at);
        if (one > weight) {
            weight = one;
            best = at;
        }
    }
    *weight_r = weight;
    return best;
}

static void find_enhanced(struct replytext *text, const char *code)
{
    const char *start = code == NULL ? text->plain : code + 3;

    for (int round = 0; round < 2; round++) {
        for (const char *at = start; *at != '\0'; at++) {
            size_t n = at > text->plain && is_inner(at[-1]) ? 0 : enhanced_length(at);
            if (n > 0 && n < sizeof(text->enhanced)) {
                memcpy(text->enhanced, at, n);
                text->enhanced[n] = '\0';
                return;
            }
        }
        start = text->plain;    /* "5.7.1 550 ..." */
    }
}

static bool is_local_char(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr(".!#$%&*+/?^_`{|}~-", c) != NULL);
}

/* "alice@example.com" ending before out: takes its local part back. */
static size_t without_local_part(const char *plain, size_t len)
{
    while (len > 0 && is_local_char(plain[len - 1]))
        len--;
    return len;
}

/* What a byte, or the few of a typographic sign, is written as; *used_r is how many it takes. */
static char plain_char(const char *at, size_t *used_r)
{
    *used_r = 1;
    if (at[0] == '\xe2' && at[1] == '\x80' && at[2] != '\0') {
        *used_r = 3;
        return at[2] == '\x9c' || at[2] == '\x9d' ? '"' : at[2] == '\x93' || at[2] == '\x94' ? '-' : '\'';
    }
    if (at[0] == '\xc2' && at[1] == '\xa0') {
        *used_r = 2;
        return ' ';
    }
    return (unsigned char)at[0] <= 0x20 || at[0] == 0x7f ? ' ' : at[0];
}

static void copy_plain(const char *text, struct replytext *out)
{
    size_t used;

    for (size_t i = 0; i < REPLYTEXT_INPUT_MAX && text[i] != '\0' && out->len < REPLYTEXT_MAX - 1; i += used) {
        char c = plain_char(text + i, &used);
        if (c == ' ' && (out->len == 0 || out->plain[out->len - 1] == ' '))
            continue;
        if (c == '@') {
            out->len = without_local_part(out->plain, out->len);
            while (isalnum((unsigned char)text[i + 1]) || text[i + 1] == '-' ||
                   (text[i + 1] == '.' && isalnum((unsigned char)text[i + 2])))
                i++;
        }
        out->plain[out->len++] = c;
    }
    while (out->len > 0 && out->plain[out->len - 1] == ' ')
        out->len--;
    out->plain[out->len] = '\0';
}

/* " 550-5.7.26 " or " 550 5.7.26 " within the text: the beginning of its next line.  0 if it is none. */
static size_t continuation_length(const struct replytext *text, const char *at)
{
    size_t n = strlen(text->enhanced);

    if (at[0] != ' ' || strncmp(at + 1, text->code, 3) != 0 || (at[4] != '-' && at[4] != ' '))
        return 0;
    if (n > 0 && strncmp(at + 5, text->enhanced, n) == 0 && (at[5 + n] == ' ' || at[5 + n] == '\0'))
        return 5 + n;
    return at[4] == '-' && at[5] == ' ' ? 5 : 0;
}

static void drop_continuations(struct replytext *text, const char *code)
{
    char *to = text->plain + (code - text->plain) + 3;
    const char *from = to;

    while (*from != '\0') {
        size_t n = continuation_length(text, from);
        if (n > 0)
            from += n;
        else
            *to++ = *from++;
    }
    *to = '\0';
    text->len = (size_t)(to - text->plain);
}

void replytext_read(const char *text, struct replytext *out)
{
    *out = (struct replytext){ .len = 0 };
    copy_plain(text, out);
    int weight;
    const char *code = find_code(out, &weight);
    if (code != NULL)
        memcpy(out->code, code, 3);
    if (weight >= REPORTED_WEIGHT)
        out->said = (size_t)(code - out->plain);
    find_enhanced(out, code);
    if (code != NULL)
        drop_continuations(out, code);
}

void replytext_status(const char *status, struct replytext *out)
{
    size_t n = enhanced_length(status);

    if (n > 0 && status[n] == '\0' && n < sizeof(out->enhanced))
        memcpy(out->enhanced, status, n + 1);
}
