/*
 * One egress as receivers see it before the first message: every address with its PTR record, the HELO name, HELO's own
 * SPF, blocklists.  Thread-safe as the resolver is.
 */
#ifndef PREFLIGHT_AUDIT_EGRESSAUDIT_H
#define PREFLIGHT_AUDIT_EGRESSAUDIT_H

#include "lib/audit/audit.h"
#include "lib/audit/genericname.h"
#include "lib/audit/listing.h"
#include "lib/audit/publish.h"
#include "lib/check/blocklists.h"
#include "lib/check/egresscheck.h"
#include "lib/check/orgdomain.h"
#include "lib/check/spfcheck.h"
#include "lib/dns/dns.h"

#include <stdbool.h>
#include <stddef.h>

/* What to audit, and with what; all borrowed. */
struct egressaudit_input {
    struct dns *dns;
    const struct blocklists *lists;
    const struct orgdomain *orgdomain;
    const char *egress;             /* its name */
    const char *helo;
    const char *receiver;           /* our name for SPF's macro r */
    const struct ip_addr *addresses;
    size_t n_addresses;
    const char *problem;            /* why there may be more addresses; "" where there are not */
};

struct egressaudit_address {
    const struct egress_address *about;     /* in result */
    char generic[GENERICNAME_WHY_MAX];      /* why its name looks generic; "" where it does not, or is not known */
    struct spf_result helo_spf;
    struct listings listings;
};

struct egressaudit {
    char *egress;                   /* its name */
    char *problem;
    struct egress_result result;    /* IPv4 addresses before those of IPv6 */
    struct egressaudit_address *addresses;  /* one for each of result's */
    bool has_lists;                 /* some blocklist is configured */
    struct listings helo_listings;  /* of the HELO name; none where that is no host name with its domain */
    char helo_org[DOMAIN_MAX];      /* its organizational domain; "" where it is the name itself */
    struct listings org_listings;   /* what blocklists say of that */
    struct findings findings;
    struct publish publish;
    enum audit_outcome outcome;
    unsigned unknown;               /* enum audit_area: of these some answer is missing */
};

/* Waits within the budget; what the DNS does not say by then is not known, and never counts as missing. */
void egressaudit_run(const struct egressaudit_input *input, struct dns_budget *budget, struct egressaudit *audit_r);
void egressaudit_clear(struct egressaudit *audit);

#endif
