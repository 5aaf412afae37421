/*
 * All blocklists about one subject; see listing.h.
 */
#include "config.h"

#include "lib/audit/listing.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

/* Those on which the subject is listed are told as one finding, with the page of the first. */
static void add_findings(const struct listings *listings, enum finding_id id, const char *subject,
                         struct findings *findings)
{
    const char *page = NULL;
    struct str detail = STR_EMPTY;

    for (size_t i = 0; i < listings->count; i++) {
        const struct blocklist *list = listings->items[i].list;
        const struct blocklist_state *state = &listings->items[i].state;
        if (state->value == FACT_TRUE) {
            str_addf(&detail, "%s%s: %s", page == NULL ? "" : "; ", list->zone, state->codes);
            page = page == NULL ? list->page : page;
        } else if (state->problem[0] != '\0') {
            findings_add(findings, FINDING_BLOCKLIST_UNUSABLE, list->zone, list->page, state->problem);
        }
    }
    if (page != NULL)
        findings_add(findings, id, subject, page, str_get(&detail));
    str_clear(&detail);
}

void listings_ask_address(const struct blocklists *lists, struct dns *dns, struct dns_budget *budget,
                          const struct ip_addr *address, struct listings *listings_r, struct findings *findings)
{
    size_t n;
    const struct blocklist *all = blocklists_all(lists, &n);
    char text[IP_TEXT_MAX];

    *listings_r = (struct listings){ .items = xcalloc(n, sizeof(*listings_r->items)) };
    for (size_t i = 0; i < n; i++) {
        if (all[i].kind != BLOCKLIST_ADDRESSES || (address->family == AF_INET6 && !all[i].has_ipv6))
            continue;
        struct listing *listing = &listings_r->items[listings_r->count++];
        listing->list = &all[i];
        blocklist_ask_address(&all[i], dns, budget, address, &listing->state);
    }
    ip_format(address, text);
    add_findings(listings_r, FINDING_ADDRESS_LISTED, text, findings);
}

void listings_ask_domain(const struct blocklists *lists, struct dns *dns, struct dns_budget *budget,
                         const char *domain, struct listings *listings_r, struct findings *findings)
{
    size_t n;
    const struct blocklist *all = blocklists_all(lists, &n);

    *listings_r = (struct listings){ .items = xcalloc(n, sizeof(*listings_r->items)) };
    for (size_t i = 0; i < n; i++) {
        if (all[i].kind != BLOCKLIST_DOMAINS)
            continue;
        struct listing *listing = &listings_r->items[listings_r->count++];
        listing->list = &all[i];
        blocklist_ask_domain(&all[i], dns, budget, domain, &listing->state);
    }
    add_findings(listings_r, FINDING_DOMAIN_LISTED, domain, findings);
}

void listings_clear(struct listings *listings)
{
    for (size_t i = 0; i < listings->count; i++)
        blocklist_state_clear(&listings->items[i].state);
    free(listings->items);
    *listings = (struct listings){ 0 };
}

bool listings_has_unknown(const struct listings *listings)
{
    for (size_t i = 0; i < listings->count; i++) {
        if (listings->items[i].state.value == FACT_UNKNOWN)
            return true;
    }
    return false;
}
