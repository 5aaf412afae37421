/*
 * DMARC: discovery and alignment by RFC 7489 sections 3 and 6.6, with the public suffix list.  Pure over its inputs.
 * A DNS failure, and an identifier that would align but is a temperror, leave the result temperror: never a guess.
 */
#include "config.h"

#include "lib/check/dmarccheck.h"
#include "lib/base/str.h"
#include "lib/dns/record.h"

#include <stdio.h>
#include <string.h>

#define RECORD_TEXT_MAX 4096

enum discovery { FOUND_NONE, FOUND_ONE, FOUND_MULTIPLE, FOUND_INVALID, FOUND_TEMPERROR };

static int policy_name(const char *domain, char name_r[DOMAIN_MAX])
{
    int n = snprintf(name_r, DOMAIN_MAX, "_dmarc.%s", domain);

    return n > 0 && n < DOMAIN_MAX ? 0 : -1;
}

void dmarccheck_prefetch(struct dns *dns, const struct orgdomain *orgdomain, const char *author_domain)
{
    char name[DOMAIN_MAX], org[DOMAIN_MAX];

    if (author_domain[0] == '\0')
        return;
    if (policy_name(author_domain, name) == 0)
        dns_prefetch(dns, name, DNS_TXT);
    orgdomain_find(orgdomain, author_domain, org);
    if (strcmp(org, author_domain) != 0 && policy_name(org, name) == 0)
        dns_prefetch(dns, name, DNS_TXT);
}

/* Section 6.6.3 steps 2 and 4 for one answer: what is no DMARC record is discarded. */
static enum discovery read_answer(const struct dns_answer *answer, struct dmarc_result *result)
{
    enum discovery found = FOUND_NONE;

    for (size_t i = 0; i < answer->count; i++) {
        struct str text = STR_EMPTY;
        struct dmarc_record record;
        const char *problem;
        int rc = 1;
        if (record_txt(answer, i, RECORD_TEXT_MAX, &text) == 0)
            rc = dmarc_record_parse(str_get(&text), &record, &problem);
        str_clear(&text);
        if (rc == 1)
            continue;
        if (found != FOUND_NONE)
            return FOUND_MULTIPLE;
        found = rc == 0 ? FOUND_ONE : FOUND_INVALID;
        result->record = record;
        result->problem = problem;
    }
    return found;
}

static enum discovery look_up(struct dns *dns, struct dns_budget *budget, const char *domain,
                              struct dmarc_result *result)
{
    char name[DOMAIN_MAX];

    if (policy_name(domain, name) < 0)
        return FOUND_NONE;
    const struct dns_answer *answer = dns_lookup(dns, name, DNS_TXT, budget);
    enum discovery found = FOUND_TEMPERROR;
    if (answer->status == DNS_OK)
        found = read_answer(answer, result);
    else if (answer->status == DNS_NODATA || answer->status == DNS_NXDOMAIN)
        found = FOUND_NONE;
    dns_answer_unref(answer);
    if (found != FOUND_NONE && found != FOUND_TEMPERROR)
        snprintf(result->record_domain, sizeof(result->record_domain), "%s", domain);
    return found;
}

static enum discovery discover(struct dns *dns, struct dns_budget *budget, struct dmarc_result *result)
{
    enum discovery found = look_up(dns, budget, result->author_domain, result);

    if (found == FOUND_NONE && strcmp(result->org_domain, result->author_domain) != 0)
        found = look_up(dns, budget, result->org_domain, result);
    return found;
}

static bool is_aligned(const struct orgdomain *orgdomain, const struct dmarc_result *result, const char *domain,
                       bool is_strict)
{
    char normal[DOMAIN_MAX], org[DOMAIN_MAX];

    if (domain == NULL || domain_normalize(domain, normal) < 0)
        return false;
    if (strcmp(normal, result->author_domain) == 0)
        return true;
    if (is_strict)
        return false;
    orgdomain_find(orgdomain, normal, org);
    return strcmp(org, result->org_domain) == 0;
}

enum identifiers { IDENTIFIERS_FAIL, IDENTIFIERS_UNKNOWN, IDENTIFIERS_PASS };

/* Every address of the egress may be the one that sends: SPF passes only if all do (the worst address decides). */
static enum identifiers align_spf(struct dmarc_result *result, const struct spf_result *spf, size_t n_spf)
{
    enum identifiers worst = n_spf == 0 ? IDENTIFIERS_UNKNOWN : IDENTIFIERS_PASS;

    for (size_t i = 0; i < n_spf; i++) {
        enum identifiers one = IDENTIFIERS_FAIL;
        if (spf[i].aligned && spf[i].result == AUTH_PASS)
            one = IDENTIFIERS_PASS;
        else if (spf[i].aligned && spf[i].result == AUTH_TEMPERROR)
            one = IDENTIFIERS_UNKNOWN;
        if (one < worst)
            worst = one;
    }
    result->spf_aligned = worst == IDENTIFIERS_PASS;
    return worst;
}

/* One passing signature of an aligned domain is enough. */
static enum identifiers align_dkim(const struct orgdomain *orgdomain, struct dmarc_result *result,
                                   struct dkim_results *dkim)
{
    enum identifiers best = dkim->skipped > 0 ? IDENTIFIERS_UNKNOWN : IDENTIFIERS_FAIL;

    for (size_t i = 0; i < dkim->count; i++) {
        struct dkim_result *sig = &dkim->items[i];
        sig->aligned = is_aligned(orgdomain, result, sig->domain, result->record.strict_dkim);
        if (sig->aligned && sig->result == AUTH_PASS)
            best = IDENTIFIERS_PASS;
        else if (sig->aligned && sig->result == AUTH_TEMPERROR && best == IDENTIFIERS_FAIL)
            best = IDENTIFIERS_UNKNOWN;
    }
    result->dkim_aligned = best == IDENTIFIERS_PASS;
    return best;
}

static enum auth_result combine(enum discovery found, enum identifiers spf, enum identifiers dkim)
{
    if (found == FOUND_NONE || found == FOUND_MULTIPLE)
        return AUTH_NONE;
    if (found == FOUND_INVALID)
        return AUTH_PERMERROR;
    if (found == FOUND_TEMPERROR)
        return AUTH_TEMPERROR;
    if (spf == IDENTIFIERS_PASS || dkim == IDENTIFIERS_PASS)
        return AUTH_PASS;
    return spf == IDENTIFIERS_UNKNOWN || dkim == IDENTIFIERS_UNKNOWN ? AUTH_TEMPERROR : AUTH_FAIL;
}

/* sp speaks for subdomains of the domain whose record it is in (section 6.3). */
static enum dmarc_policy applicable_policy(const struct dmarc_result *result)
{
    bool is_subdomain = strcmp(result->record_domain, result->author_domain) != 0;

    return is_subdomain && result->record.sp != DMARC_POLICY_ABSENT ? result->record.sp : result->record.p;
}

/* pct=0 applies the next weaker policy to every message (section 6.6.4). */
static enum dmarc_policy weaken(enum dmarc_policy policy, int pct)
{
    return pct == 0 && policy > DMARC_POLICY_NONE ? policy - 1 : policy;
}

void dmarccheck_run(struct dns *dns, struct dns_budget *budget, const struct orgdomain *orgdomain,
                    const char *author_domain, struct spf_result *spf, size_t n_spf, size_t n_deciding,
                    struct dkim_results *dkim, struct dmarc_result *result_r)
{
    memset(result_r, 0, sizeof(*result_r));
    result_r->record.pct = 100;
    if (author_domain[0] == '\0')
        return;
    snprintf(result_r->author_domain, sizeof(result_r->author_domain), "%s", author_domain);
    orgdomain_find(orgdomain, author_domain, result_r->org_domain);

    enum discovery found = discover(dns, budget, result_r);
    for (size_t i = 0; i < n_spf; i++)
        spf[i].aligned = is_aligned(orgdomain, result_r, spf[i].domain, result_r->record.strict_spf);
    enum identifiers by_spf = align_spf(result_r, spf, n_deciding);
    enum identifiers by_dkim = align_dkim(orgdomain, result_r, dkim);

    result_r->multiple_records = found == FOUND_MULTIPLE;
    result_r->invalid_record = result_r->problem != NULL && found != FOUND_MULTIPLE;
    result_r->result = combine(found, by_spf, by_dkim);
    if (found == FOUND_ONE)
        result_r->policy = applicable_policy(result_r);
    result_r->rfc7489.result = result_r->result;
    result_r->rfc7489.policy = weaken(result_r->policy, result_r->record.pct);
}

static bool has_unaligned_pass(const struct spf_result *spf, size_t n_spf, const struct dkim_results *dkim)
{
    for (size_t i = 0; i < n_spf; i++) {
        if (spf[i].result == AUTH_PASS && !spf[i].aligned)
            return true;
    }
    for (size_t i = 0; i < dkim->count; i++) {
        if (dkim->items[i].result == AUTH_PASS && !dkim->items[i].aligned)
            return true;
    }
    return false;
}

/* "p=reject; SPF fail for example.com (aligned), DKIM pass for other.example (not aligned)" */
static void describe(const struct dmarc_result *result, const struct spf_result *spf, size_t n_spf,
                     const struct dkim_results *dkim, struct str *text)
{
    const struct spf_result *worst = n_spf > 0 ? &spf[0] : NULL;

    for (size_t i = 1; i < n_spf; i++) {
        if (spf_is_worse(spf[i].result, worst->result))
            worst = &spf[i];
    }
    if (result->policy != DMARC_POLICY_ABSENT)
        str_addf(text, "p=%s; ", dmarc_policy_name(result->policy));
    str_add(text, "SPF ");
    if (worst == NULL)
        str_add(text, "not known");
    else
        str_addf(text, "%s for %s (%s)", auth_result_name(worst->result), worst->domain,
                 worst->aligned ? "aligned" : "not aligned");
    str_add(text, ", DKIM ");
    if (dkim->count == 0)
        str_add(text, "none");
    for (size_t i = 0; i < dkim->count && i < 3; i++) {
        const struct dkim_result *sig = &dkim->items[i];
        str_addf(text, "%s%s for %s (%s)", i > 0 ? ", " : "", auth_result_name(sig->result),
                 sig->domain[0] == '\0' ? "an unreadable domain" : sig->domain,
                 sig->aligned ? "aligned" : "not aligned");
    }
}

void dmarccheck_findings(const struct dmarc_result *result, const struct spf_result *spf, size_t n_spf,
                         const struct dkim_results *dkim, struct findings *findings)
{
    const char *author = result->author_domain;
    const char *record = result->record_domain;

    if (author[0] == '\0')
        return;
    if (result->multiple_records)
        findings_add(findings, FINDING_DMARC_MULTIPLE_RECORDS, author, record, NULL);
    else if (result->invalid_record)
        findings_add(findings, FINDING_DMARC_INVALID_RECORD, author, record, result->problem);
    else if (result->result == AUTH_NONE)
        findings_add(findings, FINDING_DMARC_NONE, author, author, NULL);

    struct str detail = STR_EMPTY;
    describe(result, spf, n_spf, dkim, &detail);
    if (result->result == AUTH_FAIL)
        findings_add(findings, FINDING_DMARC_FAIL, author, author, str_get(&detail));
    if (result->result == AUTH_TEMPERROR)
        findings_add(findings, FINDING_DMARC_TEMPERROR, author, record[0] == '\0' ? author : record,
                     record[0] == '\0' ? "its policy could not be looked up" : "SPF or DKIM could not be judged");
    if (!result->spf_aligned && !result->dkim_aligned && result->result != AUTH_TEMPERROR
        && has_unaligned_pass(spf, n_spf, dkim))
        findings_add(findings, FINDING_DMARC_NO_ALIGNMENT, author, author, str_get(&detail));
    str_clear(&detail);

    if (result->policy == DMARC_POLICY_NONE)
        findings_add(findings, FINDING_DMARC_POLICY_NONE, author, record, NULL);
    for (size_t i = 0; i < n_spf; i++) {
        if (spf[i].result == AUTH_PASS && !spf[i].aligned)
            findings_add(findings, FINDING_SPF_NOT_ALIGNED, spf[i].domain, spf[i].domain, author);
    }
}
