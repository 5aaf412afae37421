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

/* The private key that signs, against what is published. */
enum keyaudit_private {
    KEYAUDIT_NO_PRIVATE,            /* none is named */
    KEYAUDIT_UNREADABLE,            /* so it is not known */
    KEYAUDIT_UNCOMPARED,            /* nothing is published that it could be compared with */
    KEYAUDIT_MATCHES,
    KEYAUDIT_DIFFERS
};

struct keyaudit {
    char name[DOMAIN_MAX];          /* "s1._domainkey.example.com" */
    enum selector_source source;
    enum dkimkey_status status;
    const char *reason;             /* static: why it is none that can be used; NULL else */
    char type[16];                  /* "rsa", "ed25519"; "" where not known */
    int bits;                       /* 0 where not known */
    char flags[KEYAUDIT_FLAGS_MAX]; /* t=, as written; untrusted */
    bool is_revoked;
    enum keyaudit_private private_key;
    char *private_path;             /* its file; NULL where there is none; untrusted */
    char *private_problem;          /* why it is unreadable; NULL else; untrusted */
    char *private_exposure;         /* why OpenDKIM refuses it; NULL else; untrusted */
    char *record;                   /* what is to be published for it; NULL where that is not known */
};

void keyaudit_run(struct dns *dns, struct dns_budget *budget, const struct selector *selector, struct keyaudit *key_r);
void keyaudit_clear(struct keyaudit *key);
bool keyaudit_is_weak(const struct keyaudit *key);      /* too short to count (RFC 8301 section 3.2) */
void keyaudit_findings(const struct keyaudit *key, struct findings *findings);

#endif
