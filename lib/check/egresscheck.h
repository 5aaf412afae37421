/*
 * The sending addresses and the HELO name as a receiver's first look at the client has them: PTR records that resolve
 * back (RFC 1912 section 2.1), a HELO name that is one and has the address (RFC 5321 sections 4.1.1.1 and 4.1.4).
 * Thread-safe as the resolver is.
 */
#ifndef PREFLIGHT_CHECK_EGRESSCHECK_H
#define PREFLIGHT_CHECK_EGRESSCHECK_H

#include "lib/base/domain.h"
#include "lib/base/ip.h"
#include "lib/check/factvalue.h"
#include "lib/check/finding.h"
#include "lib/dns/dns.h"

#include <stdbool.h>
#include <stddef.h>

#define EGRESSCHECK_NAMES_MAX 10    /* PTR names looked at per address, as SPF_MAX_NAMES */

struct egress_address {
    struct ip_addr address;
    enum fact_value ptr;            /* has a PTR record */
    enum fact_value fcrdns;         /* a name that it gives has the address */
    enum fact_value helo;           /* the HELO name has the address */
    char name[DOMAIN_MAX];          /* the first PTR name; "" where none is known or it is no name */
};

struct egress_result {
    struct egress_address *addresses;
    size_t n_addresses;
    bool is_incomplete;             /* there may be addresses that are not known */
    char helo[DOMAIN_MAX];
    bool is_helo_valid;             /* letters, digits, hyphens, two labels or more: a full host name */
    enum fact_value helo_resolves;
};

/* Starts the questions that address and HELO name answer already; never waits.  addresses: n, may be none. */
void egresscheck_prefetch(struct dns *dns, const struct ip_addr *addresses, size_t n, const char *helo);

/* DNS that fails is unknown.  is_incomplete: some address could not be found out. */
void egresscheck_run(struct dns *dns, struct dns_budget *budget, const struct ip_addr *addresses, size_t n,
                     bool is_incomplete, const char *helo, struct egress_result *result_r);
void egress_result_clear(struct egress_result *result);

void egresscheck_findings(const struct egress_result *result, struct findings *findings);

#endif
