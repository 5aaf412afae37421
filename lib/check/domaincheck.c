/*
 * Domains that mail can go to; see domaincheck.h.
 */
#include "config.h"

#include "lib/check/domaincheck.h"
#include "lib/dns/record.h"

#include <stddef.h>

static const enum dns_type types[] = { DNS_MX, DNS_A, DNS_AAAA };

void domaincheck_prefetch(struct dns *dns, const char *domain)
{
    for (size_t i = 0; domain[0] != '[' && i < sizeof(types) / sizeof(types[0]); i++)
        dns_prefetch(dns, domain, types[i]);
}

/* Records of the type; for MX one that names a host. */
static bool has_records(const struct dns_answer *answer, enum dns_type type)
{
    char host[DOMAIN_MAX];
    int preference;

    if (type != DNS_MX)
        return answer->status == DNS_OK;
    for (size_t i = 0; i < answer->count; i++) {
        if (record_mx(answer, i, &preference, host) == 0 && host[0] != '\0')
            return true;
    }
    return false;
}

/* MX records that name no host leave nothing else to ask for; where they are not known, they may be such. */
enum fact_value domaincheck_resolves(struct dns *dns, struct dns_budget *budget, const char *domain)
{
    enum fact_value some = fact_of(domain[0] == '[');
    bool may_be_null = false;

    for (size_t i = 0; some != FACT_TRUE && i < sizeof(types) / sizeof(types[0]); i++) {
        const struct dns_answer *answer = dns_lookup(dns, domain, types[i], budget);
        enum dns_status status = answer->status;
        some = fact_or(some, fact_seen(has_records(answer, types[i]), !dns_is_answered(status)));
        dns_answer_unref(answer);
        may_be_null = may_be_null || (types[i] == DNS_MX && !dns_is_answered(status));
        if (status == DNS_NXDOMAIN || (types[i] == DNS_MX && status == DNS_OK))
            break;
    }
    return some == FACT_TRUE && may_be_null ? FACT_UNKNOWN : some;
}
