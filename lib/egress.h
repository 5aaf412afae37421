/*
 * Where messages of an egress leave from; the engine's inside.
 */
#ifndef PREFLIGHT_EGRESS_H
#define PREFLIGHT_EGRESS_H

#include "lib/base/domain.h"
#include "lib/base/ip.h"
#include "lib/config/conf.h"
#include "lib/dns/dns.h"

#include <stdbool.h>
#include <stddef.h>

#define EGRESS_ADDRESSES_MAX 256    /* judged; with more the message is unsure */

/* The addresses a message leaves from: configured, or the HELO name's own. */
struct egress_addresses {
    struct ip_addr list[EGRESS_ADDRESSES_MAX];
    size_t count;
    char problem[DOMAIN_MAX + 64];  /* why there may be more, or worse; "" where there are not */
};

/* May mail from senders of the domain, normalized, leave by conf's egress number index? */
bool egress_carries(const struct conf *conf, size_t index, const char *domain);

/* Starts the questions that the configuration answers already; never waits. */
void egress_prefetch(struct dns *dns, const struct conf_egress *egress);

/* Waits for the addresses of the HELO name where none are configured. */
void egress_find_addresses(struct dns *dns, struct dns_budget *budget, const struct conf_egress *egress,
                           struct egress_addresses *addresses_r);

#endif
