/*
 * The audits' door for preflight egress and its like: what is published and configured, before any message is sent.
 * Results are owned by one thread.
 */
#ifndef PREFLIGHT_AUDITS_H
#define PREFLIGHT_AUDITS_H

#include "lib/audit/domainaudit.h"
#include "lib/audit/egressaudit.h"
#include "lib/preflight.h"

#include <stdbool.h>
#include <stddef.h>

struct egress_audits {
    struct egressaudit *items;      /* one for each configured egress, the worst first */
    size_t count;
};

/* Waits for the DNS, for each egress as long as for one message. */
void audits_egress(struct preflight *preflight, struct egress_audits *audits_r);
void egress_audits_clear(struct egress_audits *audits);

/* What a command does and a daemon need not. */
struct audits_means {
    bool reads_keys;                        /* the private keys that OpenDKIM signs with */
    struct stspolicy_means policy;          /* fetches that of MTA-STS; fetch NULL: it is not fetched */
};

/*
 * domain: normalized.  selectors: given or seen in traffic; those that the configuration and OpenDKIM's name are added
 * to them.  means: NULL for none of them.  SPF is asked for the addresses of all egresses by which
 * mail of the domain may leave.
 */
void audits_domain(struct preflight *preflight, const char *domain, struct selectors *selectors,
                   const struct audits_means *means, struct domainaudit *audit_r);

/* One of either, with an allowance that begins as audits_budget has it. */
struct dns_budget audits_budget(const struct preflight *preflight);
void audits_one_egress(struct preflight *preflight, const struct conf_egress *egress, struct dns_budget *budget,
                       struct egressaudit *audit_r);
void audits_one_domain(struct preflight *preflight, const char *domain, struct selectors *selectors,
                       const struct audits_means *means, struct dns_budget *budget, struct domainaudit *audit_r);

#endif
