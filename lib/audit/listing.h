/*
 * What every configured blocklist says of one address or domain, one entry for each, and the finding that sums it up.
 * Thread-safe as the resolver is.
 */
#ifndef PREFLIGHT_AUDIT_LISTING_H
#define PREFLIGHT_AUDIT_LISTING_H

#include "lib/base/ip.h"
#include "lib/check/blocklist.h"
#include "lib/check/finding.h"

#include <stdbool.h>
#include <stddef.h>

struct listing {
    const struct blocklist *list;   /* borrowed */
    struct blocklist_state state;
};

struct listings {
    struct listing *items;          /* of the lists that list such subjects at all */
    size_t count;
};

/* Asks and waits within the budget.  Adds what is listed, and lists that are unusable, to findings. */
void listings_ask_address(const struct blocklists *lists, struct dns *dns, struct dns_budget *budget,
                          const struct ip_addr *address, struct listings *listings_r, struct findings *findings);
void listings_ask_domain(const struct blocklists *lists, struct dns *dns, struct dns_budget *budget,
                         const char *domain, struct listings *listings_r, struct findings *findings);
void listings_clear(struct listings *listings);

bool listings_has_unknown(const struct listings *listings);     /* the DNS did not say */

#endif
