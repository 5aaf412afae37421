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

/*
 * domain: normalized.  selectors: given or seen in traffic; those that the configuration and OpenDKIM's name are added to
 * them.  is_thorough: private keys are read too, as a command may and a daemon need not.  SPF is asked for the addresses
 * of all egresses.
 */
void audits_domain(struct preflight *preflight, const char *domain, struct selectors *selectors, bool is_thorough,
                   struct domainaudit *audit_r);

#endif
