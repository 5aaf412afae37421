/*
 * Macros in SPF records and explanations (RFC 7208 section 7).  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_SPFMACRO_H
#define PREFLIGHT_CHECK_SPFMACRO_H

#include "lib/base/domain.h"
#include "lib/base/err.h"
#include "lib/base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define SPFMACRO_EXPLANATION_MAX 2048   /* longest explanation; RFC 5321 replies are shorter still */

struct str;

/* What the macro letters stand for.  Borrowed, none NULL. */
struct spfmacro_env {
    const char *sender;             /* s: local-part@domain */
    const char *local;              /* l */
    const char *sender_domain;      /* o */
    const char *domain;             /* d: whose record is read; without a final dot */
    const char *helo;               /* h */
    const char *receiver;           /* r: only in explanations */
    const char *validated;          /* p: the client's validated name, or "unknown" */
    const struct ip_addr *client;   /* i, v, and c in explanations; a v4-mapped address already made AF_INET */
    time_t now;                     /* t: only in explanations */
};

/* Where the text stands decides which letters and literals it may have. */
enum spfmacro_use {
    SPFMACRO_DOMAIN,        /* a domain-spec: no c, r, t */
    SPFMACRO_MODIFIER,      /* the value of an unknown modifier: every letter */
    SPFMACRO_EXPLANATION    /* the text that exp= points to: every letter, and spaces */
};

/* Is text a macro-string (or explain-string)?  -1 with the reason in err. */
int spfmacro_check(const char *text, size_t len, enum spfmacro_use use, struct err *err);

/* Is text a domain-spec: a macro-string that ends in a macro or in "." toplabel?  -1 with the reason in err. */
int spfmacro_check_domain(const char *text, size_t len, struct err *err);

/* Does a checked text use this letter, in lower or upper case? */
bool spfmacro_has(const char *text, char letter);

/*
 * Expands a checked domain-spec to the name to ask for: no final dot, at most 253 bytes, cut label by label from the
 * left (section 7.3).  -1 where what comes out cannot be asked for: an empty or overlong label, bytes outside ASCII.
 */
int spfmacro_domain(const char *spec, const struct spfmacro_env *env, char name_r[DOMAIN_MAX]);

/* Expands a checked explanation.  -1 where it gets longer than the limit or is not printable ASCII. */
int spfmacro_explanation(const char *text, const struct spfmacro_env *env, struct str *text_r);

#endif
