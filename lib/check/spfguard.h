/*
 * What libspf2 may be given of an SPF record.  Version 1.2.10 holds 511 bytes of compiled mechanisms and forgets those
 * for which no room is left; some macros and explanations make it crash.  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_SPFGUARD_H
#define PREFLIGHT_CHECK_SPFGUARD_H

#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct spfguard {
    struct str text;            /* the record, fit for the library: what it would forget is left out */
    bool is_exact;              /* compiled is known: the record obeys the RFC's grammar */
    size_t compiled;            /* bytes that the library keeps of it */
    int kept;                   /* mechanisms it keeps, redirect= among them */
    char *forgotten;            /* the first term it forgets, as written; NULL where it keeps all */
    bool has_zero_prefix;       /* a /0, which it refuses */
    bool has_early_redirect;    /* redirect= before a mechanism: it follows it there */
    bool has_unknown_macro;     /* a delimiter or a transformer in a macro that it does not know */
    bool has_counted_macro;     /* a macro with a number: it loses a byte of a value that has no more labels */
    bool has_final_dot;         /* a domain with its final dot, which it keeps: in d, and where ptr compares names */
    bool has_dotted_modifier;   /* a modifier with a dot in its name, which it refuses */
};

/*
 * Reads a record that begins with "v=spf1 ".  False where it must not be handed over: bytes outside printable ASCII,
 * terms or modifiers too long, too many macros, the p macro, or too long to know what is forgotten.
 * Always spfguard_clear it.
 */
bool spfguard_read(const char *text, size_t len, struct spfguard *guard_r);
void spfguard_clear(struct spfguard *guard);

#endif
