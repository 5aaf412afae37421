/*
 * From a recipient's domain to its receiver, by MX; see receivers.h.  Thread-safe.
 */
#include "config.h"

#include "lib/judge/receivers.h"

#include "lib/base/domain.h"
#include "lib/dns/record.h"

#include <string.h>

/* The length of the longest of a receiver's names that a host matches; 0 for none. */
static size_t match(const struct receiver *receiver, const char *host)
{
    size_t best = 0, n = strlen(host);

    for (size_t i = 0; i < receiver->mx.count; i++) {
        const char *mx = receiver->mx.items[i];
        size_t len = strlen(mx);
        bool is_match = *mx == '.' ? len < n && strcmp(host + n - len, mx) == 0 : strcmp(host, mx) == 0;
        if (is_match && len > best)
            best = len;
    }
    return best;
}

/* The best match so far is kept in *best. */
static const struct receiver *match_host(const struct receivers *receivers, const char *host, size_t *best)
{
    const struct receiver *found = NULL;
    size_t count;
    const struct receiver *all = receivers_all(receivers, &count);

    for (size_t i = 0; i < count; i++) {
        size_t len = match(&all[i], host);
        if (len > *best) {
            *best = len;
            found = &all[i];
        }
    }
    return found;
}

const struct receiver *receivers_by_host(const struct receivers *receivers, const char *host)
{
    size_t best = 0;
    const struct receiver *found = match_host(receivers, host, &best);

    return found != NULL ? found : receivers_generic(receivers);
}

/* The lowest preference of all; hosts that share it are asked in any order, so the one we know of best decides. */
static const struct receiver *by_records(const struct receivers *receivers, const struct dns_answer *answer)
{
    const struct receiver *found = receivers_generic(receivers);
    int lowest = -1, preference;
    char host[DOMAIN_MAX];
    size_t best = 0;

    for (size_t i = 0; i < answer->count; i++) {
        if (record_mx(answer, i, &preference, host) == 0 && (lowest < 0 || preference < lowest))
            lowest = preference;
    }
    for (size_t i = 0; i < answer->count; i++) {
        if (record_mx(answer, i, &preference, host) < 0 || preference != lowest)
            continue;
        const struct receiver *better = match_host(receivers, host, &best);
        if (better != NULL)
            found = better;
    }
    return found;
}

const struct receiver *receivers_by_domain(const struct receivers *receivers, struct dns *dns,
                                           struct dns_budget *budget, const char *domain)
{
    const struct dns_answer *answer = dns_lookup(dns, domain, DNS_MX, budget);
    const struct receiver *found = NULL;

    if (answer->status == DNS_OK)
        found = by_records(receivers, answer);
    else if (answer->status == DNS_NODATA)
        found = receivers_by_host(receivers, domain);
    else if (answer->status == DNS_NXDOMAIN)
        found = receivers_generic(receivers);
    dns_answer_unref(answer);
    return found;
}
