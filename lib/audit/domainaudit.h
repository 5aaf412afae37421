/*
 * Everything that a domain publishes for the mail sent in its name, before any is sent.
 * Thread-safe as the resolver is.
 */
#ifndef PREFLIGHT_AUDIT_DOMAINAUDIT_H
#define PREFLIGHT_AUDIT_DOMAINAUDIT_H

#include "lib/audit/audit.h"
#include "lib/audit/dmarcreports.h"
#include "lib/audit/keyaudit.h"
#include "lib/audit/listing.h"
#include "lib/audit/opendkim.h"
#include "lib/audit/publish.h"
#include "lib/audit/selectors.h"
#include "lib/audit/stspolicy.h"
#include "lib/audit/tlspolicy.h"
#include "lib/check/dmarccheck.h"
#include "lib/check/spfcheck.h"

#include <stdbool.h>
#include <stddef.h>

#define DOMAINAUDIT_MX_MAX 20       /* further ones are left out */

/* What to audit, and with what; all borrowed. */
struct domainaudit_input {
    struct dns *dns;
    const struct blocklists *lists;
    const struct dmarccheck *dmarc;
    const char *domain;             /* normalized */
    const struct selectors *selectors;
    const struct opendkim_signing *signing;     /* what OpenDKIM does with its mail; NULL: not asked */
    const struct ip_addr *addresses;    /* from which its mail may leave */
    size_t n_addresses;
    bool is_incomplete;             /* there may be addresses that are not known */
    const char *helo;
    const struct stspolicy_means *means;    /* to fetch the policy of MTA-STS with; NULL: it is not fetched */
    const char *receiver;           /* our name for SPF's macro r */
};

struct domainaudit_mx {
    int preference;
    char host[DOMAIN_MAX];          /* "" : the null MX */
    enum fact_value has_address;
    enum fact_value is_allowed;     /* by the policy of MTA-STS; unexamined without one */
};

struct domainaudit {
    char domain[DOMAIN_MAX];
    struct spf_result *spf;         /* one for each address */
    size_t n_spf;
    bool has_more_addresses;        /* that are not known */
    struct spf_result whole;        /* of an address that no term names: every lookup of the record */
    struct keyaudit *keys;          /* one for each selector */
    size_t n_keys;
    bool has_more_selectors;        /* than are looked at */
    struct opendkim_signing signing;
    struct dmarc_result dmarc;      /* of a message that passes SPF for the domain itself */
    char dmarc_text[DMARC_TEXT_MAX + 1];    /* the record; "" where there is none, or it is longer */
    struct dmarcreports reports;
    enum fact_value takes_mail;     /* MX, A or AAAA */
    struct domainaudit_mx mx[DOMAINAUDIT_MX_MAX];   /* as the DNS has them */
    size_t n_mx;
    bool has_more_mx;
    struct tlspolicy sts, tls_reports;
    struct stspolicy policy;        /* that sts announces */
    bool has_lists;                 /* some blocklist is configured */
    struct listings listings;
    char org_domain[DOMAIN_MAX];    /* by the public suffix list; "" where it is the domain itself */
    struct listings org_listings;   /* what blocklists say of that */
    struct findings findings;
    struct publish publish;
    enum audit_outcome outcome;
    unsigned unknown;               /* enum audit_area: of these some answer is missing */
};

/* Waits within the budget; what the DNS does not say by then is not known, and never counts as missing. */
void domainaudit_run(const struct domainaudit_input *input, struct dns_budget *budget, struct domainaudit *audit_r);
void domainaudit_clear(struct domainaudit *audit);

#endif
