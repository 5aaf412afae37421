/*
 * Reports built by hand, for the tests of what is made of them: a clean one, a bad one, one that DNS left undecided.
 */
#ifndef PREFLIGHT_T_SAMPLE_REPORT_H
#define PREFLIGHT_T_SAMPLE_REPORT_H

#include "lib/base/mem.h"
#include "lib/report/report.h"
#include "t/unit/known.h"
#include "t/unit/unit.h"

#include <string.h>

static inline char *repeated(char c, size_t n)
{
    char *s = xmalloc(n + 1);

    memset(s, c, n);
    s[n] = '\0';
    return s;
}

static inline struct spf_result make_spf(const char *address, enum spf_identity identity, const char *domain,
                                         enum auth_result result, const char *term)
{
    struct spf_result spf = {
        .result = result, .identity = identity, .domain = xstrdup(domain), .term = xstrdup(term),
        .record_domain = xstrdup(domain), .lookups = 3, .explanation = xstrdup(""), .problem = xstrdup(""),
    };
    ck_assert_int_eq(ip_parse(address, &spf.address), 0);
    return spf;
}

static inline void add_spf(struct report *report, struct spf_result spf)
{
    report->spf = xrealloc(report->spf, (report->n_spf + 1) * sizeof(*report->spf));
    report->spf[report->n_spf++] = spf;
}

static inline void add_signature(struct report *report, enum auth_result result, const char *reason)
{
    struct dkim_results *dkim = &report->dkim;

    dkim->items = xrealloc(dkim->items, (dkim->count + 1) * sizeof(*dkim->items));
    dkim->items[dkim->count++] = (struct dkim_result){
        .result = result, .domain = xstrdup("example.com"), .selector = xstrdup("s1"),
        .algorithm = xstrdup("rsa-sha256"), .key_bits = 2048, .canonicalization = xstrdup("relaxed/simple"),
        .reason = xstrdup(reason), .finding = FINDING_COUNT, .from_signed = true, .aligned = true,
        .identity = xstrdup("@example.com"), .key = DKIM_KEY_FOUND, .length = -1,
    };
    struct dkim_result *item = &dkim->items[dkim->count - 1];
    dkim_names_add(&item->key_flags, "s", 1);
    dkim_names_add(&item->coverage.covered, "From", 4);
    dkim_names_add(&item->coverage.covered, "subject", 7);
    dkim_names_add(&item->coverage.oversigned, "From", 4);
    dkim_names_add(&item->coverage.addable, "subject", 7);
}

static const struct rule test_rules[] = {
    { .name = "reject", .when = { { FACT_DMARC_FAIL, false } }, .n_when = 1, .outcome = VERDICT_REJECT,
      .replies = { "550 5.7.26", "421 4.7.26" }, .source = "gmail's page" },
    { .name = "junk", .when = { { FACT_SPF_PASS, true } }, .n_when = 1, .outcome = VERDICT_JUNK,
      .source = "gmail's page" },
};
static const struct receiver gmail = { .name = "gmail", .title = "Gmail", .rules = test_rules, .n_rules = 2 };

static inline void predict(struct report *report, const struct receiver *receiver, const char *domain,
                           const struct facts *facts)
{
    size_t n = report->n_predictions;

    report->predictions = xrealloc(report->predictions, (n + 1) * sizeof(*report->predictions));
    const struct rule_subject subject = { domain, "example.com", facts };
    receiver_predict(receiver, &subject, &report->findings, &report->predictions[n]);
    report->n_predictions++;
    report->verdict = report_worst_prediction(report)->outcome;
}

static inline struct report *make_report(const char *queue_id, const char *sender, const char *author)
{
    struct report *report = xcalloc(1, sizeof(*report));

    report->queue_id = xstrdup(queue_id);
    report->sender = xstrdup(sender);
    report->author_domain = xstrdup(author);
    report->egress = xstrdup("default");
    report->ms = 12;
    return report;
}

static inline struct dmarc_reading make_reading(enum auth_result result)
{
    return (struct dmarc_reading){
        .result = result, .policy = DMARC_POLICY_REJECT, .record_domain = "example.com", .org_domain = "example.com",
    };
}

/* Everything passes; one recipient domain. */
static inline struct report *clean_report(void)
{
    static const struct facts facts = { .value = { [FACT_SPF_PASS] = FACT_TRUE, [FACT_DKIM_PASS] = FACT_TRUE } };
    struct report *report = make_report("4QxyzA", "a@example.com", "example.com");

    add_spf(report, make_spf("203.0.113.5", SPF_MAILFROM, "example.com", AUTH_PASS, "ip4:203.0.113.5"));
    report->spf[0].aligned = true;
    report->n_deciding = 1;
    add_signature(report, AUTH_PASS, "");
    report->dmarc = (struct dmarc_result){
        .result = AUTH_PASS, .policy = DMARC_POLICY_REJECT, .author_domain = "example.com",
        .record_domain = "example.com", .org_domain = "example.com",
        .rfc9989 = make_reading(AUTH_PASS), .rfc7489 = make_reading(AUTH_PASS), .libopendmarc = "pass",
    };
    predict(report, known_receiver("generic"), "example.net", &facts);
    report->action = ACTION_ACCEPT;
    return report;
}

/* Not in the SPF record, unsigned, DMARC says reject; the egress has two addresses, HELO's results follow. */
static inline struct report *bad_report(void)
{
    static const struct facts facts = {
        .value = { [FACT_SPF_FAIL] = FACT_TRUE, [FACT_DMARC_FAIL] = FACT_TRUE, [FACT_POLICY_REJECT] = FACT_TRUE },
    };
    struct report *report = make_report("4QxyzA", "a@example.com", "example.com");

    add_spf(report, make_spf("2001:db8::5", SPF_MAILFROM, "example.com", AUTH_PASS, "ip6:2001:db8::/32"));
    add_spf(report, make_spf("203.0.113.5", SPF_MAILFROM, "example.com", AUTH_FAIL, "-all"));
    add_spf(report, make_spf("203.0.113.5", SPF_HELO, "mail.example.com", AUTH_NONE, ""));
    report->spf[0].aligned = true;
    report->spf[1].aligned = true;
    free(report->spf[1].explanation);
    report->spf[1].explanation = xstrdup("see https://example.com/why\r\n\033[2J");
    report->n_deciding = 2;
    report->dmarc = (struct dmarc_result){
        .result = AUTH_FAIL, .policy = DMARC_POLICY_REJECT, .author_domain = "example.com",
        .record_domain = "example.com", .org_domain = "example.com",
        .rfc9989 = make_reading(AUTH_FAIL), .rfc7489 = make_reading(AUTH_FAIL), .libopendmarc = "reject",
    };
    findings_add(&report->findings, FINDING_DKIM_NONE, "example.com", "example.com", "");
    findings_add(&report->findings, FINDING_SPF_FAIL, "203.0.113.5", "example.com", "-all");
    findings_add(&report->findings, FINDING_DMARC_FAIL, "example.com", "example.com", "");
    predict(report, known_receiver("generic"), "example.net", &facts);
    predict(report, &gmail, NULL, &facts);
    report->action = ACTION_TEMPFAIL;
    return report;
}

/* SPF could not be asked, unsigned. */
static inline struct report *unsure_report(void)
{
    static const struct facts facts = {
        .value = { [FACT_SPF_PASS] = FACT_UNKNOWN, [FACT_SPF_FAIL] = FACT_UNKNOWN },
    };
    struct report *report = make_report(NULL, "", NULL);

    add_spf(report, make_spf("203.0.113.5", SPF_HELO, "mail.example.com", AUTH_TEMPERROR, ""));
    free(report->spf[0].problem);
    report->spf[0].problem = xstrdup("no answer in time for TXT mail.example.com");
    report->n_deciding = 1;
    findings_add(&report->findings, FINDING_DKIM_NONE, "", "", "");
    findings_add(&report->findings, FINDING_SPF_TEMPERROR, "203.0.113.5", "mail.example.com",
                 "no answer in time for TXT mail.example.com");
    predict(report, known_receiver("generic"), NULL, &facts);
    report->action = ACTION_ACCEPT;
    return report;
}

#endif
