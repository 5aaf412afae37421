/*
 * What a receiver looks up about who sends; see surroundings.h.
 */
#include "config.h"

#include "lib/surroundings.h"
#include "lib/check/domaincheck.h"

void surroundings_prefetch(const struct preflight *pf, const struct conf_egress *egress, const char *sender_domain)
{
    const struct blocklist_subjects subjects = {
        .addresses = egress->addresses,
        .n_addresses = egress->n_addresses,
        .domains = { sender_domain, egress->helo },
        .n_domains = 2,
    };

    egress_prefetch(pf->dns, egress);
    if (sender_domain != NULL)
        domaincheck_prefetch(pf->dns, sender_domain);
    blocklist_prefetch(pf->blocklists, pf->dns, pf->orgdomain, &subjects);
}

void surroundings_prefetch_author(const struct preflight *pf, const char *author_domain)
{
    const struct blocklist_subjects subjects = { .domains = { author_domain }, .n_domains = 1 };

    if (author_domain[0] == '\0')
        return;
    domaincheck_prefetch(pf->dns, author_domain);
    blocklist_prefetch(pf->blocklists, pf->dns, pf->orgdomain, &subjects);
}

/* Where there is no domain nobody asks. */
static enum fact_value resolves(const struct preflight *pf, struct dns_budget *budget, const char *domain)
{
    if (domain == NULL || domain[0] == '\0')
        return FACT_UNEXAMINED;
    return domaincheck_resolves(pf->dns, budget, domain);
}

void surroundings_check(const struct preflight *pf, struct dns_budget *budget, const struct conf_egress *egress,
                        const struct egress_addresses *addresses, const char *sender_domain,
                        const char *author_domain, struct surroundings *result_r)
{
    bool is_incomplete = addresses->problem[0] != '\0';
    const struct blocklist_subjects subjects = {
        .addresses = addresses->list,
        .n_addresses = addresses->count,
        .is_incomplete = is_incomplete,
        .domains = { sender_domain, author_domain, egress->helo },
        .n_domains = 3,
    };

    result_r->sender_resolves = resolves(pf, budget, sender_domain);
    result_r->author_resolves = resolves(pf, budget, author_domain);
    egresscheck_run(pf->dns, budget, addresses->list, addresses->count, is_incomplete, egress->helo,
                    &result_r->egress);
    blocklist_check(pf->blocklists, pf->dns, budget, pf->orgdomain, &subjects, &result_r->listings);
}

void surroundings_clear(struct surroundings *surroundings)
{
    egress_result_clear(&surroundings->egress);
    blocklist_result_clear(&surroundings->listings);
}

void surroundings_findings(const struct surroundings *surroundings, const char *sender_domain,
                           const char *author_domain, struct findings *findings)
{
    egresscheck_findings(&surroundings->egress, findings);
    blocklist_findings(&surroundings->listings, findings);
    if (surroundings->sender_resolves == FACT_FALSE)
        findings_add(findings, FINDING_SENDER_DOMAIN_UNRESOLVABLE, sender_domain, NULL, NULL);
    if (surroundings->author_resolves == FACT_FALSE)
        findings_add(findings, FINDING_AUTHOR_DOMAIN_UNRESOLVABLE, author_domain, NULL, NULL);
}
