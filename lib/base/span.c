/*
 * Pieces of a text; see span.h.
 */
#include "config.h"

#include "lib/base/span.h"

#include <ctype.h>
#include <string.h>

bool span_has_prefix(struct span span, const char *prefix)
{
    size_t len = strlen(prefix);

    return len == 0 || (span.len >= len && memcmp(span.at, prefix, len) == 0);
}

bool span_is(struct span span, const char *text)
{
    return span.len == strlen(text) && span_has_prefix(span, text);
}

bool span_skip(struct span *span, const char *prefix)
{
    size_t len = strlen(prefix);

    if (!span_has_prefix(*span, prefix))
        return false;
    span->at += len;
    span->len -= len;
    return true;
}

struct span span_trim(struct span span)
{
    while (span.len > 0 && isspace((unsigned char)*span.at)) {
        span.at++;
        span.len--;
    }
    while (span.len > 0 && isspace((unsigned char)span.at[span.len - 1]))
        span.len--;
    return span;
}

const char *span_find(struct span span, const char *text)
{
    return span.len == 0 ? NULL : memmem(span.at, span.len, text, strlen(text));
}

bool span_cut(struct span *span, char separator, struct span *before_r)
{
    const char *end = span->len == 0 ? NULL : memchr(span->at, separator, span->len);

    if (end == NULL)
        return false;
    *before_r = (struct span){ span->at, (size_t)(end - span->at) };
    span->at = end + 1;
    span->len -= before_r->len + 1;
    return true;
}

struct span span_behind_last(struct span span, char separator)
{
    const char *last = span.len == 0 ? NULL : memrchr(span.at, separator, span.len);

    return last == NULL ? (struct span){ NULL, 0 }
                        : (struct span){ last + 1, span.len - (size_t)(last + 1 - span.at) };
}

void span_copy(struct span span, char *text_r, size_t size)
{
    size_t len = span.len < size ? span.len : size - 1;
    const char *nul = len == 0 ? NULL : memchr(span.at, '\0', len);

    if (nul != NULL)
        len = (size_t)(nul - span.at);
    if (len > 0)
        memcpy(text_r, span.at, len);
    text_r[len] = '\0';
}

/* --- SipHash-1-3 (Aumasson and Bernstein) -------------------------------------- */

struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static void sip_take(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

uint64_t span_hash(struct span span, uint64_t seed)
{
    uint64_t seed2 = rotate(seed, 32) ^ 0x9e3779b97f4a7c15ULL;
    struct sip s = { seed ^ 0x736f6d6570736575ULL, seed2 ^ 0x646f72616e646f6dULL, seed ^ 0x6c7967656e657261ULL,
                     seed2 ^ 0x7465646279746573ULL };
    size_t at = 0;
    uint64_t word, last = 0;

    for (; at + 8 <= span.len; at += 8) {
        memcpy(&word, span.at + at, 8);
        sip_take(&s, word);
    }
    if (at < span.len)
        memcpy(&last, span.at + at, span.len - at);
    sip_take(&s, last ^ (uint64_t)span.len << 56);
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
