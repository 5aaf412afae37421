/*
 * What one DKIM-Signature field says of itself (RFC 6376 section 3.5), read by ourselves: libopendkim tells nothing
 * of a signature it cannot process, and some rules it leaves to us.  Pure function, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_DKIMTAGS_H
#define PREFLIGHT_CHECK_DKIMTAGS_H

#include "lib/base/domain.h"

#include <stdbool.h>
#include <stdint.h>

#define DKIM_TAGS_TEXT 40
#define DKIM_TAGS_IDENTITY 256

struct dkim_tags {
    char domain[DOMAIN_MAX];        /* d=, normalized; "" where absent or no domain name */
    char selector[DOMAIN_MAX];      /* s=, likewise */
    char algorithm[DKIM_TAGS_TEXT];         /* a= in lower case; "" where absent or not a word */
    char canonicalization[DKIM_TAGS_TEXT];  /* c= with both halves, "simple/simple" where absent; "" where not words */
    char identity[DKIM_TAGS_IDENTITY];      /* i= as it stands; "" where absent or too long */
    int64_t signed_at, expires;     /* t= and x=, seconds since 1970; 0 where absent or not a number */
    int64_t length;                 /* l=; -1 where absent or not a number */
    bool from_signed;               /* h= names From */
    bool signatures_signed;         /* h= names DKIM-Signature */
    bool has_length;                /* there is an l= */
    bool is_query_known;            /* q= is absent or names dns/txt */
    const char *fault;              /* static: why the whole field is invalid, as far as libopendkim may not say so;
                                       NULL else */
    bool is_identity_too_long;      /* an i= that libopendkim would read past its buffer */
};

/* value: of the field, all after the colon.  Always fills *tags_r. */
void dkim_tags_parse(const char *value, struct dkim_tags *tags_r);

#endif
