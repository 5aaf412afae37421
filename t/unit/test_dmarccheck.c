/*
 * lib/check/dmarccheck, dmarcrecord, orgdomain: records, discovery, alignment, what DNS failures leave open.
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/check/dmarccheck.h"
#include "t/unit/unit.h"

#include <string.h>
#include <unistd.h>

START_TEST(finds_organizational_domains)
{
    static const struct { const char *domain, *want; } cases[] = {
        { "example.com", "example.com" },
        { "a.b.example.com", "example.com" },
        { "a.example.co.uk", "example.co.uk" },
        { "co.uk", "co.uk" },
        { "com", "com" },
        { "user.github.io", "user.github.io" },
        { "a.b.example.unlisted", "example.unlisted" },
    };
    struct err err;
    struct orgdomain *list = orgdomain_new(&err);
    ck_assert_ptr_nonnull(list);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char org[DOMAIN_MAX];
        orgdomain_find(list, cases[i].domain, org);
        ck_assert_str_eq(org, cases[i].want);
    }
    orgdomain_free(&list);
}
END_TEST

static const char zone[] =
    "_dmarc.reject.example. 60 IN TXT \"v=DMARC1; p=reject; sp=quarantine\"\n"
    "_dmarc.strict.example. 60 IN TXT \"v=DMARC1; p=reject; aspf=s; adkim=s\"\n"
    "_dmarc.none.example. 60 IN TXT \"v=DMARC1; p=none\"\n"
    "_dmarc.zero.example. 60 IN TXT \"v=DMARC1; p=reject; pct=0\"\n"
    "_dmarc.two.example. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.two.example. 60 IN TXT \"v=DMARC1; p=none\"\n"
    "_dmarc.mixed.example. 60 IN TXT \"something else\"\n"
    "_dmarc.mixed.example. 60 IN TXT \"v=DMARC1; \" \"p=quarantine\"\n"
    "_dmarc.bad.example. 60 IN TXT \"v=DMARC1; p=refuse\"\n"
    "_dmarc.own.reject.example. 60 IN TXT \"v=DMARC1; p=none\"\n";

static struct dns *dns;
static struct orgdomain *orgdomain;
static struct dmarccheck check;

static void set_up(void)
{
    char path[] = "/tmp/preflight-test-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, zone, sizeof(zone) - 1), (int)sizeof(zone) - 1);
    close(fd);

    struct err err = { "" };
    struct dns_settings settings = { .zone = path, .timeout_ms = 2000, .cache_entries = 100, .max_ttl = 3600 };
    dns = dns_new(&settings, &err);
    ck_assert_msg(dns != NULL, "%s", err.text);
    orgdomain = orgdomain_new(&err);
    ck_assert_ptr_nonnull(orgdomain);
    check = (struct dmarccheck){ .dns = dns, .orgdomain = orgdomain };
    unlink(path);
}

static void tear_down(void)
{
    dns_free(&dns);
    orgdomain_free(&orgdomain);
}

struct identity { const char *domain; enum auth_result result; };

static const struct dmarc_case {
    const char *name, *author;
    struct identity spf[2], dkim[2];
    enum auth_result want;
    enum dmarc_policy policy;
    const char *record_domain;
    enum finding_id finding;        /* FINDING_COUNT: not looked at */
    const char *fails;              /* a name whose lookup fails, or NULL */
} dmarc_cases[] = {
    { "spf aligned", "reject.example", { { "reject.example", AUTH_PASS } }, { { 0 } },
      AUTH_PASS, DMARC_POLICY_REJECT, "reject.example", FINDING_COUNT, NULL },
    { "spf aligned relaxed", "reject.example", { { "bounce.reject.example", AUTH_PASS } }, { { 0 } },
      AUTH_PASS, DMARC_POLICY_REJECT, "reject.example", FINDING_COUNT, NULL },
    { "one egress address fails", "reject.example",
      { { "reject.example", AUTH_PASS }, { "reject.example", AUTH_FAIL } }, { { 0 } },
      AUTH_FAIL, DMARC_POLICY_REJECT, "reject.example", FINDING_DMARC_FAIL, NULL },
    { "dkim aligned, spf not", "reject.example",
      { { "other.example", AUTH_PASS } }, { { "reject.example", AUTH_PASS } },
      AUTH_PASS, DMARC_POLICY_REJECT, "reject.example", FINDING_SPF_NOT_ALIGNED, NULL },
    { "second signature is enough", "reject.example", { { "other.example", AUTH_FAIL } },
      { { "reject.example", AUTH_FAIL }, { "mail.reject.example", AUTH_PASS } },
      AUTH_PASS, DMARC_POLICY_REJECT, "reject.example", FINDING_COUNT, NULL },
    { "nothing aligned", "reject.example", { { "other.example", AUTH_PASS } }, { { "other.example", AUTH_PASS } },
      AUTH_FAIL, DMARC_POLICY_REJECT, "reject.example", FINDING_DMARC_NO_ALIGNMENT, NULL },
    { "softfail is no pass", "reject.example", { { "reject.example", AUTH_SOFTFAIL } }, { { 0 } },
      AUTH_FAIL, DMARC_POLICY_REJECT, "reject.example", FINDING_DMARC_FAIL, NULL },
    { "sp for a subdomain", "sub.reject.example", { { "other.example", AUTH_PASS } }, { { 0 } },
      AUTH_FAIL, DMARC_POLICY_QUARANTINE, "reject.example", FINDING_DMARC_FAIL, NULL },
    { "a subdomain's own record", "own.reject.example", { { "other.example", AUTH_PASS } }, { { 0 } },
      AUTH_FAIL, DMARC_POLICY_NONE, "own.reject.example", FINDING_DMARC_POLICY_NONE, NULL },
    { "subdomain aligns with its parent", "sub.reject.example", { { "reject.example", AUTH_PASS } }, { { 0 } },
      AUTH_PASS, DMARC_POLICY_QUARANTINE, "reject.example", FINDING_COUNT, NULL },
    { "strict: parent and sibling do not align", "strict.example",
      { { "a.strict.example", AUTH_PASS } }, { { "b.strict.example", AUTH_PASS } },
      AUTH_FAIL, DMARC_POLICY_REJECT, "strict.example", FINDING_DMARC_NO_ALIGNMENT, NULL },
    { "strict: the same domain, any case", "strict.example", { { "STRICT.example", AUTH_PASS } }, { { 0 } },
      AUTH_PASS, DMARC_POLICY_REJECT, "strict.example", FINDING_COUNT, NULL },
    { "a public suffix aligns with nobody", "alice.github.io",
      { { "bob.github.io", AUTH_PASS } }, { { "github.io", AUTH_PASS } },
      AUTH_NONE, DMARC_POLICY_ABSENT, "", FINDING_DMARC_NO_ALIGNMENT, NULL },
    { "no record", "absent.example", { { "absent.example", AUTH_PASS } }, { { 0 } },
      AUTH_NONE, DMARC_POLICY_ABSENT, "", FINDING_DMARC_NONE, NULL },
    { "two records", "two.example", { { "two.example", AUTH_FAIL } }, { { 0 } },
      AUTH_NONE, DMARC_POLICY_ABSENT, "", FINDING_DMARC_MULTIPLE_RECORDS, NULL },
    { "other TXT beside, split strings", "mixed.example", { { "mixed.example", AUTH_FAIL } }, { { 0 } },
      AUTH_FAIL, DMARC_POLICY_QUARANTINE, "mixed.example", FINDING_DMARC_FAIL, NULL },
    { "invalid record", "bad.example", { { "bad.example", AUTH_PASS } }, { { 0 } },
      AUTH_PERMERROR, DMARC_POLICY_ABSENT, "bad.example", FINDING_DMARC_INVALID_RECORD, NULL },
    { "no author domain", "", { { "reject.example", AUTH_PASS } }, { { 0 } },
      AUTH_NONE, DMARC_POLICY_ABSENT, "", FINDING_COUNT, NULL },
    { "an aligned temperror leaves it open", "reject.example", { { "reject.example", AUTH_TEMPERROR } }, { { 0 } },
      AUTH_TEMPERROR, DMARC_POLICY_REJECT, "reject.example", FINDING_DMARC_TEMPERROR, NULL },
    { "a foreign temperror does not", "reject.example", { { "other.example", AUTH_TEMPERROR } }, { { 0 } },
      AUTH_FAIL, DMARC_POLICY_REJECT, "reject.example", FINDING_DMARC_FAIL, NULL },
    { "dkim temperror, spf pass", "reject.example",
      { { "reject.example", AUTH_PASS } }, { { "reject.example", AUTH_TEMPERROR } },
      AUTH_PASS, DMARC_POLICY_REJECT, "reject.example", FINDING_COUNT, NULL },
    { "policy lookup fails", "reject.example", { { "reject.example", AUTH_PASS } }, { { 0 } },
      AUTH_TEMPERROR, DMARC_POLICY_ABSENT, "", FINDING_DMARC_TEMPERROR, "_dmarc.reject.example" },
    { "organizational lookup fails", "sub.reject.example", { { "other.example", AUTH_PASS } }, { { 0 } },
      AUTH_TEMPERROR, DMARC_POLICY_ABSENT, "", FINDING_DMARC_TEMPERROR, "_dmarc.reject.example" },
};

START_TEST(judges)
{
    const struct dmarc_case *c = &dmarc_cases[_i];
    struct spf_result spf[2] = { { 0 } };
    struct dkim_result dkim[2] = { { 0 } };
    struct dkim_results signatures = { .items = dkim };
    size_t n_spf = 0;

    for (; n_spf < 2 && c->spf[n_spf].domain != NULL; n_spf++)
        spf[n_spf] = (struct spf_result){ .result = c->spf[n_spf].result, .domain = xstrdup(c->spf[n_spf].domain) };
    for (size_t i = 0; i < 2 && c->dkim[i].domain != NULL; i++, signatures.count++)
        dkim[i] = (struct dkim_result){ .result = c->dkim[i].result, .domain = xstrdup(c->dkim[i].domain) };
    if (c->fails != NULL)
        dns_inject(dns, c->fails, DNS_TXT, DNS_TIMEOUT);

    struct dns_budget budget = { .deadline_ms = clock_ms() + 5000, .questions = 20 };
    struct dmarc_result result;
    dmarccheck_prefetch(&check, c->author);
    dmarccheck_run(&check, &budget, c->author, spf, n_spf, n_spf, &signatures, &result);
    ck_assert_msg(result.result == c->want, "%s: %s", c->name, auth_result_name(result.result));
    ck_assert_msg(result.policy == c->policy, "%s: %s", c->name, dmarc_policy_name(result.policy));
    ck_assert_str_eq(result.record_domain, c->record_domain);
    ck_assert_int_eq(result.rfc7489.result, c->want);

    struct findings findings = { 0 };
    dmarccheck_findings(&result, spf, n_spf, &signatures, &findings);
    if (c->finding != FINDING_COUNT)
        ck_assert_msg(findings_has(&findings, c->finding), "%s", c->name);
    if (c->want == AUTH_PASS)
        ck_assert_msg(!findings_has(&findings, FINDING_DMARC_FAIL), "%s", c->name);
    findings_clear(&findings);
    for (size_t i = 0; i < 2; i++) {
        free(spf[i].domain);
        free(dkim[i].domain);
    }
}
END_TEST

START_TEST(pct_zero_weakens_the_old_reading_only)
{
    struct spf_result spf = { .result = AUTH_FAIL, .domain = xstrdup("zero.example") };
    struct dkim_results none = { 0 };
    struct dns_budget budget = { .deadline_ms = clock_ms() + 5000, .questions = 20 };
    struct dmarc_result result;

    dmarccheck_run(&check, &budget, "zero.example", &spf, 1, 1, &none, &result);
    ck_assert_int_eq(result.policy, DMARC_POLICY_REJECT);
    ck_assert_int_eq(result.rfc7489.policy, DMARC_POLICY_QUARANTINE);
    free(spf.domain);
}
END_TEST

/* HELO's result beside MAIL FROM's is told as aligned, but does not make DMARC pass. */
START_TEST(helo_does_not_decide)
{
    struct spf_result spf[2] = {
        { .result = AUTH_FAIL, .domain = xstrdup("reject.example") },
        { .result = AUTH_PASS, .domain = xstrdup("mail.reject.example") },
    };
    struct dkim_results none = { 0 };
    struct dns_budget budget = { .deadline_ms = clock_ms() + 5000, .questions = 20 };
    struct dmarc_result result;

    dmarccheck_run(&check, &budget, "reject.example", spf, 2, 1, &none, &result);
    ck_assert_int_eq(result.result, AUTH_FAIL);
    ck_assert(spf[1].aligned);
    free(spf[0].domain);
    free(spf[1].domain);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dmarc");
    TCase *tc = tcase_create("organizational domain");
    tcase_add_test(tc, finds_organizational_domains);
    suite_add_tcase(suite, tc);

    tc = tcase_create("check");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, judges, 0, sizeof(dmarc_cases) / sizeof(dmarc_cases[0]));
    tcase_add_test(tc, pct_zero_weakens_the_old_reading_only);
    tcase_add_test(tc, helo_does_not_decide);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
