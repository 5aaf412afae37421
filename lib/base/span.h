/*
 * A piece of a text that is read in place: borrowed, not NUL-terminated, may hold any byte.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_BASE_SPAN_H
#define PREFLIGHT_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const char *at;     /* NULL where there is none */
    size_t len;
};

bool span_is(struct span span, const char *text);
bool span_has_prefix(struct span span, const char *prefix);

/* Takes a prefix away where it is there. */
bool span_skip(struct span *span, const char *prefix);

/* Without the white space at its ends. */
struct span span_trim(struct span span);

/* Where text begins for the first time, or NULL.  text: not empty. */
const char *span_find(struct span span, const char *text);

/* Gives what stands before the first such byte and takes both away; false, and nothing done, where there is none. */
bool span_cut(struct span *span, char separator, struct span *before_r);

/* What stands behind the last such byte; none where there is none. */
struct span span_behind_last(struct span span, char separator);

/* Copies as much as fits, up to a NUL, always terminated. */
void span_copy(struct span span, char *text_r, size_t size);

/* A number that tells texts apart: 64 bits that nobody can foresee who does not know the seed (SipHash-1-3 of both). */
uint64_t span_hash(struct span span, uint64_t seed);

#endif
