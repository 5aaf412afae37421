/*
 * A DKIM key record out of DNS (RFC 6376 sections 3.6.1 and 3.6.2), as far as it can be judged without
 * cryptography.  Thread-safe as the resolver is.
 */
#ifndef PREFLIGHT_CHECK_DKIMKEY_H
#define PREFLIGHT_CHECK_DKIMKEY_H

#include "lib/base/domain.h"
#include "lib/dns/dns.h"

#include <stddef.h>

enum dkimkey_status {
    DKIMKEY_FOUND,
    DKIMKEY_NONE,           /* no record, or no name that could have one */
    DKIMKEY_BAD,            /* a record nobody can use: several of them, malformed, of another type, too long */
    DKIMKEY_TEMPFAIL        /* DNS failed, or its answer is garbage */
};

struct dkimkey {
    enum dkimkey_status status;
    const char *reason;     /* static text; NULL where found */
};

/* The reason where k= is not of the algorithm's type. */
extern const char dkimkey_other_type[];

/* "s1._domainkey.example.com"; -1 where that is no name. */
int dkimkey_name(const char *selector, const char *domain, char name_r[DOMAIN_MAX]);

/* Why a record is none that a signature by the algorithm can use, static; NULL where it can.  Its p= is not decoded. */
const char *dkimkey_fault(const char *record, size_t len, const char *algorithm);

/* Starts the question; selector and domain normalized, nothing happens where one is "". */
void dkimkey_prefetch(struct dns *dns, const char *selector, const char *domain);

/*
 * Asks and waits within the budget.  algorithm: a= of the signature, whose key type the record must have.
 * Where found, text_r[size] has the record as a string.
 */
struct dkimkey dkimkey_fetch(struct dns *dns, struct dns_budget *budget, const char *selector, const char *domain,
                             const char *algorithm, char *text_r, size_t size);

#endif
