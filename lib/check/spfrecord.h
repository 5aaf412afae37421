/*
 * One SPF record read into its terms, by the grammar of RFC 7208 section 12 and nothing looser.
 * Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_SPFRECORD_H
#define PREFLIGHT_CHECK_SPFRECORD_H

#include "lib/base/err.h"
#include "lib/base/ip.h"
#include "lib/check/result.h"

#include <stdbool.h>
#include <stddef.h>

#define SPFRECORD_MAX 8192      /* longest record that is read; terms are bounded by it too */

enum spfterm_kind {
    SPFTERM_ALL, SPFTERM_INCLUDE, SPFTERM_A, SPFTERM_MX, SPFTERM_PTR, SPFTERM_IP4, SPFTERM_IP6, SPFTERM_EXISTS,
    SPFTERM_REDIRECT, SPFTERM_EXP
};

struct spfterm {
    enum spfterm_kind kind;
    enum auth_result qualifier;     /* what a match gives: pass, fail, softfail, neutral */
    char *text;                     /* the whole term as written */
    char *domain;                   /* domain-spec with its macros; NULL where the term has none */
    struct ip_addr addr;            /* ip4, ip6 */
    int prefix4, prefix6;           /* 0..32, 0..128; the full length where none was written */
};

struct spfrecord {
    struct spfterm *terms;          /* the directives, in order */
    size_t n_terms, capacity;
    struct spfterm *redirect, *exp; /* NULL where the record has none */
    char *bad_term;                 /* on failure: the term in which the error is, escaped; "" where not one term's */
};

/* Section 4.5: does it begin with "v=spf1" and then a space or nothing?  text may hold any byte. */
bool is_spfrecord(const char *text, size_t len);

/* Reads a text for which is_spfrecord holds.  -1 with the reason in err and bad_term set; always spfrecord_clear it. */
int spfrecord_parse(const char *text, size_t len, struct spfrecord *record_r, struct err *err);
void spfrecord_clear(struct spfrecord *record);

/* Does the term count against the limit of ten (section 4.6.4)? */
bool spfterm_is_lookup(const struct spfterm *term);

#endif
