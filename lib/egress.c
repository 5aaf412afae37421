/*
 * The sending addresses of an egress; see egress.h.
 */
#include "config.h"

#include "lib/egress.h"
#include "lib/check/egresscheck.h"
#include "lib/dns/record.h"

#include <stdio.h>

static void add_address(struct egress_addresses *addresses, const struct ip_addr *address)
{
    if (addresses->count < EGRESS_ADDRESSES_MAX)
        addresses->list[addresses->count++] = *address;
    else
        snprintf(addresses->problem, sizeof(addresses->problem), "more than %d addresses", EGRESS_ADDRESSES_MAX);
}

static void add_addresses(struct dns *dns, struct dns_budget *budget, const char *name, enum dns_type type,
                          struct egress_addresses *addresses)
{
    const struct dns_answer *answer = dns_lookup(dns, name, type, budget);
    struct ip_addr address;

    if (!dns_is_answered(answer->status)) {
        snprintf(addresses->problem, sizeof(addresses->problem), "%s of %s: %s", dns_type_name(type), name,
                 dns_status_name(answer->status));
    }
    for (size_t i = 0; i < answer->count; i++) {
        if (record_addr(answer, i, type, &address) == 0)
            add_address(addresses, &address);
    }
    dns_answer_unref(answer);
}

/* Those that the DNS has for the HELO name. */
static void find_addresses(struct dns *dns, struct dns_budget *budget, const char *helo,
                           struct egress_addresses *addresses)
{
    add_addresses(dns, budget, helo, DNS_A, addresses);
    add_addresses(dns, budget, helo, DNS_AAAA, addresses);
    if (addresses->count == 0 && addresses->problem[0] == '\0')
        snprintf(addresses->problem, sizeof(addresses->problem), "its helo name has no address records");
}

void egress_find_addresses(struct dns *dns, struct dns_budget *budget, const struct conf_egress *egress,
                           struct egress_addresses *addresses_r)
{
    addresses_r->count = 0;
    addresses_r->problem[0] = '\0';
    for (size_t i = 0; i < egress->n_addresses; i++)
        add_address(addresses_r, &egress->addresses[i]);
    if (egress->n_addresses == 0)
        find_addresses(dns, budget, egress->helo, addresses_r);
}

/* All mail of the domain leaves by an egress that is chosen by senders alone, if these are all of the domain's. */
static bool takes_all(const struct conf_egress *egress, const char *domain)
{
    return egress->recipients.count == 0 && egress->users.count == 0 && egress->daemons.count == 0 &&
           conf_has_address_in(&egress->senders, domain, true);
}

bool egress_carries(const struct conf *conf, size_t index, const char *domain)
{
    const struct conf_egress *egress = &conf->egress[index];

    for (size_t i = 0; i < index; i++) {
        if (takes_all(&conf->egress[i], domain))
            return false;
    }
    return egress->senders.count == 0 || conf_has_address_in(&egress->senders, domain, false);
}

void egress_prefetch(struct dns *dns, const struct conf_egress *egress)
{
    size_t n = egress->n_addresses < EGRESS_ADDRESSES_MAX ? egress->n_addresses : EGRESS_ADDRESSES_MAX;

    egresscheck_prefetch(dns, egress->addresses, n, egress->helo);
}
