/*
 * Domain names as text (RFC 1035 section 2.3, RFC 5890 for internationalized ones).  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_BASE_DOMAIN_H
#define PREFLIGHT_BASE_DOMAIN_H

#include <stdbool.h>

#define DOMAIN_MAX 254          /* longest name with its NUL: 253 + 1 */

/*
 * The one form names are compared and stored in: lower case, no final dot, U-labels as A-labels (libidn2).
 * -1 where the text cannot be a domain name: empty, over 253 bytes, a label empty or over 63 bytes, a byte that is
 * a space, control character, '@', '/', ... or an internationalized label that is not allowed.  Underscores are fine.
 */
int domain_normalize(const char *text, char domain_r[DOMAIN_MAX]);

/* Is child equal to parent or below it?  Both normalized. */
bool domain_is_under(const char *child, const char *parent);

/* The part after the last '@' of an address, or NULL where there is none or it is empty.  Borrowed. */
const char *address_domain(const char *address);

/* An address as SMTP and people write it, without the <> around it; "" for the null sender.  Caller frees. */
char *address_bare(const char *text);

#endif
