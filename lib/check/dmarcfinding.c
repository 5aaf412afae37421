/*
 * What DMARC's two readings, and libopendmarc's, give to tell; see dmarccheck.h.  Pure, thread-safe.
 */
#include "config.h"

#include "lib/check/dmarccheck.h"
#include "lib/base/str.h"

#include <string.h>

#define SIGNATURES_TOLD 3

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
static void describe(const struct dmarc_reading *reading, const struct spf_result *spf, size_t n_spf,
                     const struct dkim_results *dkim, struct str *text)
{
    const struct spf_result *worst = spf_worst(spf, n_spf);

    if (reading->policy != DMARC_POLICY_ABSENT)
        str_addf(text, "p=%s; ", dmarc_policy_name(reading->policy));
    str_add(text, "SPF ");
    if (worst == NULL)
        str_add(text, "not known");
    else
        str_addf(text, "%s for %s (%s)", auth_result_name(worst->result), worst->domain,
                 worst->aligned ? "aligned" : "not aligned");
    str_add(text, ", DKIM ");
    if (dkim->count == 0)
        str_add(text, "none");
    for (size_t i = 0; i < dkim->count && i < SIGNATURES_TOLD; i++) {
        const struct dkim_result *sig = &dkim->items[i];
        const char *domain = sig->domain[0] == '\0' ? "an unreadable domain" : sig->domain;
        str_addf(text, "%s%s for %s (%s)", i > 0 ? ", " : "", auth_result_name(sig->result), domain,
                 sig->aligned ? "aligned" : "not aligned");
    }
}

static void find_record(const struct dmarc_result *result, struct findings *findings)
{
    const struct dmarc_reading *invalid = result->rfc9989.problem != NULL ? &result->rfc9989 : &result->rfc7489;
    const char *author = result->author_domain;

    if (result->multiple_domain[0] != '\0')
        findings_add(findings, FINDING_DMARC_MULTIPLE_RECORDS, author, result->multiple_domain, NULL);
    if (invalid->problem != NULL)
        findings_add(findings, FINDING_DMARC_INVALID_RECORD, author, invalid->record_domain, invalid->problem);
    if (result->result == AUTH_NONE && result->multiple_domain[0] == '\0')
        findings_add(findings, FINDING_DMARC_NONE, author, author, NULL);
}

static void find_outcome(const struct dmarc_result *result, const struct spf_result *spf, size_t n_spf,
                         const struct dkim_results *dkim, struct findings *findings)
{
    const struct dmarc_reading *worse = dmarccheck_worse(result);
    const char *author = result->author_domain, *record = worse->record_domain;
    struct str detail = STR_EMPTY;

    if (worse == &result->rfc9989)
        describe(worse, spf, n_spf, dkim, &detail);
    else
        str_addf(&detail, "by RFC 7489; p=%s, organizational domain %s", dmarc_policy_name(worse->policy),
                 worse->org_domain);
    if (worse->result == AUTH_FAIL)
        findings_add(findings, FINDING_DMARC_FAIL, author, author, str_get(&detail));
    if (worse->result == AUTH_TEMPERROR)
        findings_add(findings, FINDING_DMARC_TEMPERROR, author, record[0] == '\0' ? author : record,
                     worse->policy == DMARC_POLICY_ABSENT ? "its policy could not be looked up"
                                                          : "SPF or DKIM could not be judged");
    if (!worse->spf_aligned && !worse->dkim_aligned && worse->result != AUTH_TEMPERROR
        && has_unaligned_pass(spf, n_spf, dkim))
        findings_add(findings, FINDING_DMARC_NO_ALIGNMENT, author, author, str_get(&detail));
    str_clear(&detail);
}

static void add_difference(struct str *text, const char *what, const char *by_9989, const char *by_7489)
{
    if (strcmp(by_9989, by_7489) == 0)
        return;
    str_addf(text, "%s%s %s, ", text->len > 0 ? "; " : "", what, by_9989[0] == '\0' ? "absent" : by_9989);
    str_addf(text, "by RFC 7489 %s", by_7489[0] == '\0' ? "absent" : by_7489);
}

static void find_differences(const struct dmarc_result *result, struct findings *findings)
{
    const char *author = result->author_domain;
    const struct dmarc_reading *a = &result->rfc9989, *b = &result->rfc7489;
    struct str text = STR_EMPTY;

    if (dmarccheck_is_disputed(result)) {
        add_difference(&text, "result", auth_result_name(a->result), auth_result_name(b->result));
        add_difference(&text, "policy", dmarc_policy_name(a->policy), dmarc_policy_name(b->policy));
        add_difference(&text, "organizational domain", a->org_domain, b->org_domain);
        findings_add(findings, FINDING_DMARC_VERSIONS_DIFFER, author, result->record_domain, str_get(&text));
    }
    str_reset(&text);
    if (dmarccheck_has_dissent(result)) {
        str_addf(&text, "libopendmarc: %s, RFC 7489: %s", result->libopendmarc, dmarccheck_summary(b));
        findings_add(findings, FINDING_DMARC_IMPLEMENTATIONS_DIFFER, author, b->record_domain, str_get(&text));
    }
    str_clear(&text);
}

void dmarccheck_findings(const struct dmarc_result *result, const struct spf_result *spf, size_t n_spf,
                         const struct dkim_results *dkim, struct findings *findings)
{
    if (result->author_domain[0] == '\0')
        return;
    find_record(result, findings);
    find_outcome(result, spf, n_spf, dkim, findings);
    if (result->policy == DMARC_POLICY_NONE)
        findings_add(findings, FINDING_DMARC_POLICY_NONE, result->author_domain, result->record_domain, NULL);
    find_differences(result, findings);
    for (size_t i = 0; i < n_spf; i++) {
        if (spf[i].result == AUTH_PASS && !spf[i].aligned)
            findings_add(findings, FINDING_SPF_NOT_ALIGNED, spf[i].domain, spf[i].domain, result->author_domain);
    }
}
