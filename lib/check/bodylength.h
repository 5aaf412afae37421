/*
 * The length of a body in DKIM's canonical forms (RFC 6376 sections 3.4.3 and 3.4.4), streamed: what l= is measured by.
 * libopendkim counts no further than l= itself.  Not shared between threads.
 */
#ifndef PREFLIGHT_CHECK_BODYLENGTH_H
#define PREFLIGHT_CHECK_BODYLENGTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start from zeroes; no clean-up. */
struct bodylength {
    int64_t simple, relaxed;            /* up to the last line that is not empty in that form */
    int64_t simple_empty, relaxed_empty;    /* bytes of the empty lines since: they count if another line follows */
    int64_t line, relaxed_line;         /* bytes of the line at hand, without its end; relaxed: without a last space */
    bool has_space;                     /* white space not yet followed by a byte of the line */
    bool has_cr;
};

void bodylength_add(struct bodylength *length, const unsigned char *data, size_t len);

/* At the end of the body; may be asked again. */
int64_t bodylength_get(const struct bodylength *length, bool is_relaxed);

#endif
