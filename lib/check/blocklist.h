/*
 * Are the sending addresses, or the domains a message stands for, on a blocklist (RFC 5782)?  A list is believed only
 * while it lists its test entry and not the other one (section 5), and while it does not refuse to answer.
 * Thread-safe as the resolver is.
 */
#ifndef PREFLIGHT_CHECK_BLOCKLIST_H
#define PREFLIGHT_CHECK_BLOCKLIST_H

#include "lib/base/ip.h"
#include "lib/check/blocklists.h"
#include "lib/check/factvalue.h"
#include "lib/check/finding.h"
#include "lib/check/orgdomain.h"
#include "lib/dns/dns.h"

#include <stdbool.h>
#include <stddef.h>

#define BLOCKLIST_DOMAINS_MAX 8     /* asked about: more are left out */

/* What to ask about; all borrowed. */
struct blocklist_subjects {
    const struct ip_addr *addresses;
    size_t n_addresses;
    bool is_incomplete;             /* there may be addresses that are not known */
    const char *domains[BLOCKLIST_DOMAINS_MAX];     /* each, and its organizational domain; "" and NULL are nothing */
    size_t n_domains;
};

struct blocklist_note {             /* one finding to be */
    enum finding_id id;
    char *subject, *page, *detail;
};

struct blocklist_result {
    enum fact_value address_listed; /* some address on some list; unexamined where no list could be asked */
    enum fact_value domain_listed;
    struct blocklist_note *notes;
    size_t n_notes;
};

/* What one list says of one subject. */
struct blocklist_state {
    enum fact_value value;          /* unexamined: the list has no such subjects or, with a problem, is unusable */
    char problem[160];              /* "" where there is none */
    char *codes;                    /* of a listing: "127.0.0.2 spam sources, 127.0.0.4"; NULL else */
};

/* Starts the questions; never waits.  orgdomain: borrowed, finds organizational domains. */
void blocklist_prefetch(const struct blocklists *lists, struct dns *dns, const struct orgdomain *orgdomain,
                        const struct blocklist_subjects *subjects);

/* DNS that fails is unknown.  A list that is unusable makes nothing known and is noted. */
void blocklist_check(const struct blocklists *lists, struct dns *dns, struct dns_budget *budget,
                     const struct orgdomain *orgdomain, const struct blocklist_subjects *subjects,
                     struct blocklist_result *result_r);
void blocklist_result_clear(struct blocklist_result *result);

/* One list, asked about one address or domain (normalized) after its own test. */
void blocklist_ask_address(const struct blocklist *list, struct dns *dns, struct dns_budget *budget,
                           const struct ip_addr *address, struct blocklist_state *state_r);
void blocklist_ask_domain(const struct blocklist *list, struct dns *dns, struct dns_budget *budget,
                          const char *domain, struct blocklist_state *state_r);
void blocklist_state_clear(struct blocklist_state *state);

void blocklist_findings(const struct blocklist_result *result, struct findings *findings);

#endif
