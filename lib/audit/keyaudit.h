/*
 * One DKIM key in the DNS, without a signature made by it.  Thread-safe as the resolver is.
 */
#ifndef PREFLIGHT_AUDIT_KEYAUDIT_H
#define PREFLIGHT_AUDIT_KEYAUDIT_H

#include "lib/audit/selectors.h"
#include "lib/base/domain.h"
#include "lib/check/dkimkey.h"
#include "lib/check/finding.h"
#include "lib/dns/dns.h"

#include <stdbool.h>

#define KEYAUDIT_FLAGS_MAX 64

struct keyaudit {
    char name[DOMAIN_MAX];          /* "s1._domainkey.example.com" */
    enum selector_source source;
    enum dkimkey_status status;
    const char *reason;             /* static: why it is none that can be used; NULL else */
    char type[16];                  /* "rsa", "ed25519"; "" where not known */
    int bits;                       /* 0 where not known */
    char flags[KEYAUDIT_FLAGS_MAX]; /* t=, as written; untrusted */
    bool is_revoked;
};

void keyaudit_run(struct dns *dns, struct dns_budget *budget, const struct selector *selector, struct keyaudit *key_r);
void keyaudit_findings(const struct keyaudit *key, struct findings *findings);

#endif
