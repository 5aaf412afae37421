/*
 * A domain, audited; see domainaudit.h.
 */
#include "config.h"

#include "lib/audit/domainaudit.h"
#include "lib/audit/spfproposal.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/check/domaincheck.h"
#include "lib/check/spflint.h"
#include "lib/dns/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void prefetch(const struct domainaudit_input *input)
{
    const struct blocklist_subjects subjects = { .domains = { input->domain }, .n_domains = 1 };
    char name[DOMAIN_MAX + 16];

    dns_prefetch(input->dns, input->domain, DNS_TXT);
    dmarccheck_prefetch(input->dmarc, input->domain);
    domaincheck_prefetch(input->dns, input->domain);
    for (size_t i = 0; i < input->selectors->count; i++)
        dkimkey_prefetch(input->dns, input->selectors->items[i].name, input->selectors->items[i].domain);
    for (int kind = TLSPOLICY_STS; kind <= TLSPOLICY_REPORTS; kind++) {
        snprintf(name, sizeof(name), "%s.%s", tlspolicy_prefix((enum tlspolicy_kind)kind), input->domain);
        dns_prefetch(input->dns, name, DNS_TXT);
    }
    blocklist_prefetch(input->lists, input->dns, input->dmarc->orgdomain, &subjects);
}

/* --- SPF ----------------------------------------------------------------------------------- */

/* What fails here only tells less: the budget is a copy, so that it makes nothing unknown. */
static void read_whole(const struct domainaudit_input *input, struct dns_budget budget, const char *sender,
                       struct domainaudit *audit)
{
    static const struct ip_addr nobody = { .family = AF_INET };

    spfcheck_run(input->dns, &budget, &nobody, SPF_MAILFROM, input->helo, sender, input->receiver, &audit->whole);
}

static void check_spf(const struct domainaudit_input *input, struct dns_budget *budget, struct domainaudit *audit)
{
    char *sender = xasprintf("postmaster@%s", input->domain);

    audit->has_more_addresses = input->is_incomplete;
    audit->spf = xcalloc(input->n_addresses, sizeof(*audit->spf));
    for (size_t i = 0; i < input->n_addresses; i++) {
        struct spf_result *spf = &audit->spf[audit->n_spf++];
        spfcheck_run(input->dns, budget, &input->addresses[i], SPF_MAILFROM, input->helo, sender, input->receiver, spf);
        spfcheck_findings(spf, true, &audit->findings);
    }
    spflint_run(input->dns, budget, input->domain, &audit->findings);
    read_whole(input, *budget, sender, audit);
    free(sender);
}

static void propose_spf(const struct domainaudit_input *input, struct dns_budget *budget, struct domainaudit *audit)
{
    char *sender = xasprintf("postmaster@%s", input->domain);

    spfproposal_make(&(struct spfproposal_input){
                         .dns = input->dns, .domain = input->domain, .helo = input->helo, .sender = sender,
                         .receiver = input->receiver, .addresses = input->addresses, .n_addresses = input->n_addresses,
                     }, budget, &audit->publish);
    free(sender);
}

/* --- DKIM, DMARC ------------------------------------------------------------------------------ */

static void check_keys(const struct domainaudit_input *input, struct dns_budget *budget, struct domainaudit *audit)
{
    audit->has_more_selectors = input->selectors->is_cut;
    audit->keys = xcalloc(input->selectors->count, sizeof(*audit->keys));
    for (size_t i = 0; i < input->selectors->count; i++) {
        struct keyaudit *key = &audit->keys[audit->n_keys++];
        keyaudit_run(input->dns, budget, &input->selectors->items[i], key);
        keyaudit_findings(key, &audit->findings);
    }
    if (input->signing != NULL)
        audit->signing = *input->signing;
}

/* Would DMARC count a signature of that domain?  By the public suffix list, and as the record says. */
static bool is_aligned(const struct domainaudit_input *input, const struct domainaudit *audit, const char *signer)
{
    char own[DOMAIN_MAX], other[DOMAIN_MAX];

    orgdomain_find(input->dmarc->orgdomain, input->domain, own);
    orgdomain_find(input->dmarc->orgdomain, signer, other);
    return strcmp(signer, input->domain) == 0 ||
           (!audit->dmarc.rfc9989.record.strict_dkim && strcmp(own, other) == 0);
}

static void judge_signing(const struct domainaudit_input *input, struct domainaudit *audit)
{
    const struct opendkim_signing *signing = &audit->signing;
    const char *signer = NULL;
    bool has_aligned = false;

    for (size_t i = 0; i < input->selectors->count; i++) {
        const struct selector *selector = &input->selectors->items[i];
        if (selector->source == SELECTOR_OPENDKIM)
            signer = selector->domain;
        has_aligned = has_aligned || is_aligned(input, audit, selector->domain);
    }
    if (signing->scope == OPENDKIM_NONE || signing->is_broken)
        findings_add(&audit->findings, FINDING_DKIM_DOMAIN_UNSIGNED, input->domain, NULL, signing->detail);
    else if (signing->scope == OPENDKIM_UNKNOWN)
        findings_add(&audit->findings, FINDING_DKIM_SIGNER_UNKNOWN, input->domain, NULL, signing->detail);
    else if (signer != NULL && !has_aligned)
        findings_add(&audit->findings, FINDING_DKIM_DOMAIN_UNALIGNED, input->domain, signer, NULL);
}

/* A revoked key is not published again. */
static void propose_keys(struct domainaudit *audit)
{
    for (size_t i = 0; i < audit->n_keys; i++) {
        const struct keyaudit *key = &audit->keys[i];
        bool lacks = key->status == DKIMKEY_NONE || key->status == DKIMKEY_BAD || key->private_key == KEYAUDIT_DIFFERS;
        if (key->record != NULL && key->name[0] != '\0' && lacks && !key->is_revoked)
            publish_key(&audit->publish, key->name, key->record);
    }
}

/* What is found of a message that SPF lets pass for the very domain is about the record alone. */
static void check_dmarc(const struct domainaudit_input *input, struct dns_budget *budget, struct domainaudit *audit)
{
    struct spf_result spf = { .result = AUTH_PASS, .domain = audit->domain };
    struct dkim_results none = { .count = 0 };
    struct dmarc_step step;

    dmarccheck_run(input->dmarc, budget, input->domain, &spf, 1, 1, &none, &audit->dmarc);
    dmarccheck_findings(&audit->dmarc, &spf, 1, &none, &audit->findings);
    const char *record_domain = audit->dmarc.rfc9989.record_domain;
    if (record_domain[0] == '\0')
        return;
    dmarcwalk_look_up(input->dns, budget, DMARC_RFC9989, record_domain, &step);
    snprintf(audit->dmarc_text, sizeof(audit->dmarc_text), "%s", step.text);
    dmarcreports_check(input->dns, budget, input->dmarc->orgdomain, record_domain, audit->dmarc_text,
                       &audit->reports);
}

/* Reports go where they were to go, as far as that can be read. */
static void mend_dmarc(struct domainaudit *audit, const char *record_domain)
{
    struct str rua = STR_EMPTY;

    for (size_t i = 0; i < audit->reports.count; i++) {
        const struct dmarcreport *report = &audit->reports.items[i];
        if (report->host[0] != '\0' && !report->is_failure)
            str_addf(&rua, "%s%s", rua.len > 0 ? "," : "", report->uri);
    }
    if (rua.len == 0 || !publish_dmarc(&audit->publish, record_domain, str_get(&rua)))
        publish_dmarc(&audit->publish, record_domain, NULL);
    str_clear(&rua);
}

static void judge_reports(struct domainaudit *audit)
{
    const char *record_domain = audit->dmarc.rfc9989.record_domain;
    char name[DOMAIN_MAX];

    for (size_t i = 0; i < audit->reports.count; i++) {
        const struct dmarcreport *report = &audit->reports.items[i];
        if (report->host[0] == '\0')
            findings_add(&audit->findings, FINDING_DMARC_REPORT_INVALID, record_domain, record_domain, report->uri);
        if (report->is_authorized != FACT_FALSE || dmarcreports_name(record_domain, report->host, name) < 0)
            continue;
        findings_add(&audit->findings, FINDING_DMARC_REPORT_UNAUTHORIZED, record_domain, name, report->uri);
        publish_dmarc_report(&audit->publish, name);
    }
    if (findings_has(&audit->findings, FINDING_DMARC_NONE))
        publish_dmarc(&audit->publish, audit->domain, NULL);
    else if (findings_has(&audit->findings, FINDING_DMARC_INVALID_RECORD) && record_domain[0] != '\0')
        mend_dmarc(audit, record_domain);
}

/* --- where its mail goes ------------------------------------------------------------------------ */

static enum fact_value has_address(struct dns *dns, struct dns_budget *budget, const char *host)
{
    static const enum dns_type types[] = { DNS_A, DNS_AAAA };
    enum fact_value some = FACT_FALSE;

    for (size_t i = 0; i < 2 && some != FACT_TRUE; i++) {
        const struct dns_answer *answer = dns_lookup(dns, host, types[i], budget);
        some = fact_or(some, fact_seen(answer->status == DNS_OK, !dns_is_answered(answer->status)));
        dns_answer_unref(answer);
    }
    return some;
}

static void check_mx(const struct domainaudit_input *input, struct dns_budget *budget, struct domainaudit *audit)
{
    const struct dns_answer *answer = dns_lookup(input->dns, input->domain, DNS_MX, budget);

    audit->has_more_mx = answer->count > DOMAINAUDIT_MX_MAX;
    for (size_t i = 0; i < answer->count && audit->n_mx < DOMAINAUDIT_MX_MAX; i++) {
        struct domainaudit_mx *mx = &audit->mx[audit->n_mx];
        if (record_mx(answer, i, &mx->preference, mx->host) < 0)
            continue;
        mx->is_allowed = FACT_UNEXAMINED;
        mx->has_address = mx->host[0] == '\0' ? FACT_UNEXAMINED : has_address(input->dns, budget, mx->host);
        audit->n_mx++;
    }
    dns_answer_unref(answer);
    audit->takes_mail = domaincheck_resolves(input->dns, budget, input->domain);
}

static void judge_mx(struct domainaudit *audit)
{
    bool has_null = false;

    for (size_t i = 0; i < audit->n_mx; i++) {
        const struct domainaudit_mx *mx = &audit->mx[i];
        has_null = has_null || mx->host[0] == '\0';
        if (mx->has_address == FACT_FALSE)
            findings_add(&audit->findings, FINDING_MX_UNRESOLVABLE, mx->host, audit->domain, NULL);
    }
    if (has_null)
        findings_add(&audit->findings, FINDING_MX_NULL, audit->domain, audit->domain,
                     audit->n_mx > 1 ? "it stands beside other MX records, which is an error" : NULL);
    else if (audit->takes_mail == FACT_FALSE)
        findings_add(&audit->findings, FINDING_AUTHOR_DOMAIN_UNRESOLVABLE, audit->domain, audit->domain, NULL);
}

/* Is it known, and one that says where mail may go? */
static bool is_in_force(const struct stspolicy *policy)
{
    return policy->state == STSPOLICY_GOOD && policy->mode != STSPOLICY_NONE && !policy->is_cut;
}

static void check_policy(const struct domainaudit_input *input, struct dns_budget *budget, struct domainaudit *audit)
{
    struct stspolicy *policy = &audit->policy;

    if (input->means == NULL || audit->sts.state != TLSPOLICY_GOOD)
        return;
    stspolicy_look_up(input->dns, budget, input->means, input->domain, policy);
    for (size_t i = 0; i < audit->n_mx && is_in_force(policy); i++) {
        struct domainaudit_mx *mx = &audit->mx[i];
        if (mx->host[0] != '\0')
            mx->is_allowed = fact_seen(stspolicy_allows(policy, mx->host), false);
    }
}

static void judge_policy(struct domainaudit *audit)
{
    const struct stspolicy *policy = &audit->policy;
    enum finding_id id = policy->mode == STSPOLICY_TESTING ? FINDING_MTA_STS_MX_TESTING : FINDING_MTA_STS_MX_MISMATCH;

    if (policy->state == STSPOLICY_MISSING)
        findings_add(&audit->findings, FINDING_MTA_STS_POLICY_MISSING, audit->domain, audit->domain, policy->problem);
    else if (policy->state == STSPOLICY_INVALID)
        findings_add(&audit->findings, FINDING_MTA_STS_POLICY_INVALID, audit->domain, audit->domain, policy->problem);
    for (size_t i = 0; i < audit->n_mx; i++) {
        if (audit->mx[i].is_allowed == FACT_FALSE)
            findings_add(&audit->findings, id, audit->mx[i].host, audit->domain, NULL);
    }
    /* Without an MX record mail goes to the domain's own name. */
    if (audit->n_mx == 0 && audit->takes_mail == FACT_TRUE && is_in_force(policy) &&
        !stspolicy_allows(policy, audit->domain))
        findings_add(&audit->findings, id, audit->domain, audit->domain, NULL);
}

static void judge_tls(struct domainaudit *audit)
{
    static const enum finding_id none[] = { FINDING_MTA_STS_NONE, FINDING_TLS_RPT_NONE };
    static const enum finding_id bad[] = { FINDING_MTA_STS_INVALID, FINDING_TLS_RPT_INVALID };
    const struct tlspolicy *policies[] = { &audit->sts, &audit->tls_reports };

    for (size_t i = 0; i < 2; i++) {
        if (policies[i]->state == TLSPOLICY_BAD)
            findings_add(&audit->findings, bad[i], audit->domain, audit->domain, policies[i]->problem);
        else if (policies[i]->state == TLSPOLICY_NONE && audit->takes_mail == FACT_TRUE)
            findings_add(&audit->findings, none[i], audit->domain, audit->domain, NULL);
    }
    if (findings_has(&audit->findings, FINDING_TLS_RPT_NONE) || findings_has(&audit->findings, FINDING_TLS_RPT_INVALID))
        publish_tls_reports(&audit->publish, audit->domain);
}

/* A list may have the organization's domain only, and still be asked about what is below it. */
static void check_listings(const struct domainaudit_input *input, struct dns_budget *budget, struct domainaudit *audit)
{
    size_t n;

    blocklists_all(input->lists, &n);
    audit->has_lists = n > 0;
    listings_ask_domain(input->lists, input->dns, budget, input->domain, &audit->listings, &audit->findings);
    orgdomain_find(input->dmarc->orgdomain, input->domain, audit->org_domain);
    if (strcmp(audit->org_domain, input->domain) == 0)
        audit->org_domain[0] = '\0';
    else
        listings_ask_domain(input->lists, input->dns, budget, audit->org_domain, &audit->org_listings,
                            &audit->findings);
}

/* --- all of it ---------------------------------------------------------------------------------- */

/* Than is looked at? */
static bool has_more(const struct domainaudit *audit)
{
    bool is_too_long = audit->dmarc.rfc9989.record_domain[0] != '\0' && audit->dmarc_text[0] == '\0';

    return is_too_long || audit->reports.is_cut || audit->has_more_addresses || audit->has_more_selectors ||
           audit->has_more_mx;
}

static bool has_unknown(const struct domainaudit *audit)
{
    bool is_unknown = has_more(audit) || audit->takes_mail == FACT_UNKNOWN || audit->sts.state == TLSPOLICY_UNKNOWN ||
                      audit->tls_reports.state == TLSPOLICY_UNKNOWN || listings_has_unknown(&audit->listings) ||
                      listings_has_unknown(&audit->org_listings) ||
                      audit->dmarc.rfc9989.result == AUTH_TEMPERROR || audit->dmarc.rfc7489.result == AUTH_TEMPERROR;

    for (size_t i = 0; i < audit->n_spf; i++)
        is_unknown = is_unknown || audit->spf[i].result == AUTH_TEMPERROR;
    for (size_t i = 0; i < audit->n_keys; i++)
        is_unknown = is_unknown || audit->keys[i].status == DKIMKEY_TEMPFAIL;
    for (size_t i = 0; i < audit->n_mx; i++)
        is_unknown = is_unknown || audit->mx[i].has_address == FACT_UNKNOWN;
    for (size_t i = 0; i < audit->reports.count; i++)
        is_unknown = is_unknown || audit->reports.items[i].is_authorized == FACT_UNKNOWN;
    return is_unknown;
}

/* Blocklists come last: one that answers nobody must not cost what the domain itself would have said. */
void domainaudit_run(const struct domainaudit_input *input, struct dns_budget *budget, struct domainaudit *audit_r)
{
    struct audit_watch watch = { .budget = budget };

    audit_note(&watch, AUDIT_SPF);      /* some address is not known then */
    *audit_r = (struct domainaudit){ .n_spf = 0 };
    snprintf(audit_r->domain, sizeof(audit_r->domain), "%s", input->domain);
    prefetch(input);
    check_spf(input, budget, audit_r);
    audit_note(&watch, AUDIT_SPF);
    check_keys(input, budget, audit_r);
    audit_note(&watch, AUDIT_DKIM);
    check_dmarc(input, budget, audit_r);
    audit_note(&watch, AUDIT_DMARC);
    check_mx(input, budget, audit_r);
    tlspolicy_look_up(input->dns, budget, TLSPOLICY_STS, input->domain, &audit_r->sts);
    tlspolicy_look_up(input->dns, budget, TLSPOLICY_REPORTS, input->domain, &audit_r->tls_reports);
    audit_note(&watch, AUDIT_REST);
    propose_spf(input, budget, audit_r);
    check_policy(input, budget, audit_r);
    audit_note(&watch, AUDIT_REST);
    check_listings(input, budget, audit_r);
    audit_note(&watch, AUDIT_LISTINGS);
    judge_signing(input, audit_r);
    propose_keys(audit_r);
    judge_reports(audit_r);
    judge_mx(audit_r);
    judge_tls(audit_r);
    judge_policy(audit_r);
    audit_r->outcome = audit_outcome_of(&audit_r->findings, has_unknown(audit_r) || budget->failed > 0);
    if (listings_has_unknown(&audit_r->listings) || listings_has_unknown(&audit_r->org_listings))
        watch.unknown |= AUDIT_LISTINGS;
    if (audit_r->signing.scope == OPENDKIM_UNKNOWN)
        watch.unknown |= AUDIT_DKIM;
    audit_r->unknown = watch.unknown;
}

void domainaudit_clear(struct domainaudit *audit)
{
    for (size_t i = 0; i < audit->n_spf; i++)
        spf_result_clear(&audit->spf[i]);
    free(audit->spf);
    spf_result_clear(&audit->whole);
    for (size_t i = 0; i < audit->n_keys; i++)
        keyaudit_clear(&audit->keys[i]);
    free(audit->keys);
    dmarcreports_clear(&audit->reports);
    stspolicy_clear(&audit->policy);
    listings_clear(&audit->listings);
    listings_clear(&audit->org_listings);
    findings_clear(&audit->findings);
    publish_clear(&audit->publish);
    *audit = (struct domainaudit){ .n_spf = 0 };
}
