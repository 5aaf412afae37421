/*
 * The TXT records of MTA-STS (RFC 8461 section 3.1) and of TLS reporting (RFC 8460 section 3).  The policy that an
 * MTA-STS record announces: stspolicy.h.  Thread-safe as the resolver is.
 */
#ifndef PREFLIGHT_AUDIT_TLSPOLICY_H
#define PREFLIGHT_AUDIT_TLSPOLICY_H

#include "lib/dns/dns.h"

#include <stddef.h>

enum tlspolicy_kind { TLSPOLICY_STS, TLSPOLICY_REPORTS };

enum tlspolicy_state { TLSPOLICY_NONE, TLSPOLICY_GOOD, TLSPOLICY_BAD, TLSPOLICY_UNKNOWN };

struct tlspolicy {
    enum tlspolicy_state state;
    const char *problem;        /* static: why it is bad; NULL else */
};

/* 0: a good record; 1: not one of this kind; -1: one in error, and why.  problem_r as in struct tlspolicy. */
int tlspolicy_parse(enum tlspolicy_kind kind, const char *text, size_t len, const char **problem_r);

/* Where the record stands: "_mta-sts", "_smtp._tls". */
const char *tlspolicy_prefix(enum tlspolicy_kind kind);

void tlspolicy_look_up(struct dns *dns, struct dns_budget *budget, enum tlspolicy_kind kind, const char *domain,
                       struct tlspolicy *policy_r);

#endif
