/*
 * One egress, audited; see egressaudit.h.  All questions that the addresses answer are started before the first is
 * waited for.
 */
#include "config.h"

#include "lib/audit/egressaudit.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* --- asking ------------------------------------------------------------------------------ */

/* Those of egresscheck it starts itself. */
static void prefetch(const struct egressaudit_input *input)
{
    const struct blocklist_subjects subjects = {
        .addresses = input->addresses,
        .n_addresses = input->n_addresses,
        .domains = { input->helo },
        .n_domains = 1,
    };

    dns_prefetch(input->dns, input->helo, DNS_TXT);
    blocklist_prefetch(input->lists, input->dns, input->orgdomain, &subjects);
}

static struct ip_addr *sort_addresses(const struct egressaudit_input *input)
{
    struct ip_addr *sorted = xcalloc(input->n_addresses, sizeof(*sorted));
    size_t n = 0;

    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < input->n_addresses; i++) {
            if ((input->addresses[i].family == AF_INET) == (pass == 0))
                sorted[n++] = input->addresses[i];
        }
    }
    return sorted;
}

static void judge_name(const struct egressaudit_input *input, struct egressaudit_address *one)
{
    char org[DOMAIN_MAX];

    if (one->about->name[0] == '\0')
        return;
    orgdomain_find(input->orgdomain, one->about->name, org);
    genericname_judge(one->about->name, org, &one->about->address, one->generic);
}

static void check_address(const struct egressaudit_input *input, struct dns_budget *budget, struct egressaudit *audit,
                          size_t i, struct audit_watch *watch)
{
    struct egressaudit_address *one = &audit->addresses[i];

    one->about = &audit->result.addresses[i];
    judge_name(input, one);
    spfcheck_run(input->dns, budget, &one->about->address, SPF_HELO, input->helo, "", input->receiver,
                 &one->helo_spf);
    audit_note(watch, AUDIT_SPF);
    listings_ask_address(input->lists, input->dns, budget, &one->about->address, &one->listings, &audit->findings);
    audit_note(watch, AUDIT_LISTINGS);
}

/* A list may have the organization's domain only.  A bare word or an address is no domain to be listed. */
static void check_helo(const struct egressaudit_input *input, struct dns_budget *budget, struct egressaudit *audit)
{
    if (!audit->result.is_helo_valid)
        return;
    listings_ask_domain(input->lists, input->dns, budget, input->helo, &audit->helo_listings, &audit->findings);
    orgdomain_find(input->orgdomain, input->helo, audit->helo_org);
    if (strcmp(audit->helo_org, input->helo) == 0)
        audit->helo_org[0] = '\0';
    else
        listings_ask_domain(input->lists, input->dns, budget, audit->helo_org, &audit->org_listings, &audit->findings);
}

static bool is_unknown(const struct egressaudit_address *one)
{
    const struct egress_address *about = one->about;

    return about->ptr == FACT_UNKNOWN || about->fcrdns == FACT_UNKNOWN || about->helo == FACT_UNKNOWN ||
           one->helo_spf.result == AUTH_TEMPERROR || listings_has_unknown(&one->listings);
}

static bool has_unknown(const struct egressaudit *audit)
{
    for (size_t i = 0; i < audit->result.n_addresses; i++) {
        if (is_unknown(&audit->addresses[i]))
            return true;
    }
    return audit->result.helo_resolves == FACT_UNKNOWN || listings_has_unknown(&audit->helo_listings) ||
           listings_has_unknown(&audit->org_listings);
}

/* --- findings ------------------------------------------------------------------------------ */

/* A name without a record, or of which the DNS did not tell, is no fault of the address. */
static void add_spf_findings(const struct egressaudit *audit, const struct spf_result *spf, struct findings *findings)
{
    if (spf->result == AUTH_NONE && audit->result.is_helo_valid)
        findings_add(findings, FINDING_HELO_SPF_NONE, audit->result.helo, NULL, NULL);
    else if (spf->result != AUTH_NONE && spf->result != AUTH_TEMPERROR)
        spfcheck_findings(spf, spf->result != AUTH_FAIL, findings);
}

static void add_address_findings(struct egressaudit *audit, const struct egressaudit_address *one)
{
    char address[IP_TEXT_MAX];

    ip_format(&one->about->address, address);
    if (one->generic[0] != '\0')
        findings_add(&audit->findings, FINDING_PTR_GENERIC, address, audit->result.helo, one->generic);
    add_spf_findings(audit, &one->helo_spf, &audit->findings);
}

/* Where the DNS failed, that there is no address may be for that reason: not known, and no fault. */
static void add_findings(struct egressaudit *audit, bool has_failed)
{
    egresscheck_findings(&audit->result, &audit->findings);
    for (size_t i = 0; i < audit->result.n_addresses; i++)
        add_address_findings(audit, &audit->addresses[i]);
    if (audit->problem[0] != '\0' && !has_failed)
        findings_add(&audit->findings, FINDING_EGRESS_UNKNOWN, audit->egress, NULL, audit->problem);
}

/* --- what to publish ------------------------------------------------------------------------- */

/* A PTR record names the HELO name, which has to have the address then. */
static void propose_for_address(struct egressaudit *audit, const struct egressaudit_address *one)
{
    const struct egress_address *about = one->about;
    const char *helo = audit->result.helo;

    if (about->ptr == FACT_FALSE || about->fcrdns == FACT_FALSE || one->generic[0] != '\0')
        publish_ptr(&audit->publish, &about->address, helo);
    if (about->helo == FACT_FALSE)
        publish_address(&audit->publish, helo, &about->address);
}

/* "a" says it all as long as the HELO name has just the sending addresses (RFC 7208 section 10.1.3). */
static void propose_spf(struct egressaudit *audit, const struct ip_addr *addresses)
{
    bool has_all = true;

    for (size_t i = 0; i < audit->result.n_addresses; i++)
        has_all = has_all && audit->result.addresses[i].helo == FACT_TRUE;
    char *text = has_all ? xstrdup("v=spf1 a -all") : publish_make_spf(addresses, audit->result.n_addresses);
    publish_spf(&audit->publish, audit->result.helo, text);
    free(text);
}

static void propose(struct egressaudit *audit, const struct ip_addr *addresses)
{
    if (!audit->result.is_helo_valid)
        return;
    for (size_t i = 0; i < audit->result.n_addresses; i++)
        propose_for_address(audit, &audit->addresses[i]);
    if (findings_has(&audit->findings, FINDING_HELO_SPF_NONE))
        propose_spf(audit, addresses);
}

/* --- all of it --------------------------------------------------------------------------------- */

void egressaudit_run(const struct egressaudit_input *input, struct dns_budget *budget, struct egressaudit *audit_r)
{
    struct ip_addr *sorted = sort_addresses(input);
    bool is_incomplete = input->problem[0] != '\0', has_failed = budget->failed > 0;
    struct audit_watch watch = { .budget = budget };
    size_t n_lists;

    audit_note(&watch, AUDIT_ALL);      /* some address is not known then */
    *audit_r = (struct egressaudit){
        .egress = xstrdup(input->egress),
        .problem = xstrdup(input->problem),
        .addresses = xcalloc(input->n_addresses, sizeof(*audit_r->addresses)),
    };
    blocklists_all(input->lists, &n_lists);
    audit_r->has_lists = n_lists > 0;
    prefetch(input);
    egresscheck_run(input->dns, budget, sorted, input->n_addresses, is_incomplete, input->helo, &audit_r->result);
    audit_note(&watch, AUDIT_REST);
    for (size_t i = 0; i < input->n_addresses; i++)
        check_address(input, budget, audit_r, i, &watch);
    check_helo(input, budget, audit_r);
    audit_note(&watch, AUDIT_LISTINGS);
    add_findings(audit_r, has_failed);
    propose(audit_r, sorted);
    audit_r->outcome = audit_outcome_of(&audit_r->findings, (is_incomplete && has_failed) || has_unknown(audit_r));
    audit_r->unknown = watch.unknown;
    if (listings_has_unknown(&audit_r->helo_listings) || listings_has_unknown(&audit_r->org_listings))
        audit_r->unknown |= AUDIT_LISTINGS;
    for (size_t i = 0; i < input->n_addresses; i++)
        audit_r->unknown |= listings_has_unknown(&audit_r->addresses[i].listings) ? AUDIT_LISTINGS : 0;
    free(sorted);
}

void egressaudit_clear(struct egressaudit *audit)
{
    for (size_t i = 0; i < audit->result.n_addresses; i++) {
        spf_result_clear(&audit->addresses[i].helo_spf);
        listings_clear(&audit->addresses[i].listings);
    }
    listings_clear(&audit->helo_listings);
    listings_clear(&audit->org_listings);
    findings_clear(&audit->findings);
    publish_clear(&audit->publish);
    egress_result_clear(&audit->result);
    free(audit->addresses);
    free(audit->egress);
    free(audit->problem);
    *audit = (struct egressaudit){ 0 };
}
