/*
 * lib/check/dmarccheck: RFC 9989 beside RFC 7489, what both say and where they part, and what is told of it.
 */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/check/dmarccheck.h"
#include "t/unit/zonedns.h"

#include <string.h>

static const char zone[] =
    "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject; sp=quarantine; np=none\"\n"
    "live.example.com. 60 IN A 192.0.2.1\n"
    "_dmarc.plain.com. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.mail.plain.com. 60 IN TXT \"v=DMARC1; p=none\"\n"
    "_dmarc.sub.lone.com. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.cut.com. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.dept.cut.com. 60 IN TXT \"v=DMARC1; p=quarantine; psd=n\"\n"
    "_dmarc.test.com. 60 IN TXT \"v=DMARC1; p=reject; t=y\"\n"
    "_dmarc.zero.com. 60 IN TXT \"v=DMARC1; p=reject; pct=0\"\n"
    "_dmarc.half.com. 60 IN TXT \"v=DMARC1; p=reject; pct=50\"\n"
    "_dmarc.quiet.com. 60 IN TXT \"v=DMARC1; p=none; t=y\"\n"
    "_dmarc.badnp.com. 60 IN TXT \"v=DMARC1; p=reject; np=x\"\n"
    "_dmarc.nop.com. 60 IN TXT \"v=DMARC1; rua=mailto:r@nop.com\"\n"
    "_dmarc.nop2.com. 60 IN TXT \"v=DMARC1\"\n"
    "_dmarc.two.multi.com. 60 IN TXT \"v=DMARC1; p=none\"\n"
    "_dmarc.two.multi.com. 60 IN TXT \"v=DMARC1; p=quarantine\"\n"
    "_dmarc.multi.com. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.bank. 60 IN TXT \"v=DMARC1; p=quarantine; np=reject; psd=y\"\n"
    "live.mega.bank. 60 IN A 192.0.2.1\n"
    "_dmarc.strict.com. 60 IN TXT \"v=DMARC1; p=reject; adkim=s; aspf=s\"\n";

#define R AUTH_NONE, DMARC_POLICY_ABSENT    /* no record */
#define F(policy) AUTH_FAIL, DMARC_POLICY_##policy
#define P(policy) AUTH_PASS, DMARC_POLICY_##policy
#define TEMP(policy) AUTH_TEMPERROR, DMARC_POLICY_##policy

struct want { enum auth_result result; enum dmarc_policy policy; const char *record, *org; };

static const struct version_case {
    const char *name, *author, *spf;        /* spf: the domain it passes for */
    const char *dkim;                       /* likewise, or NULL */
    struct want new, old;                   /* RFC 9989, RFC 7489 */
    bool is_disputed;
    const char *fails;                      /* "TYPE name" that fails, or NULL */
} cases[] = {
    { "the same", "plain.com", "plain.com", NULL, { P(REJECT), "plain.com", "plain.com" },
      { P(REJECT), "plain.com", "plain.com" }, false, NULL },
    { "nothing aligned", "plain.com", "other.com", "other.com", { F(REJECT), "plain.com", "plain.com" },
      { F(REJECT), "plain.com", "plain.com" }, false, NULL },
    { "siblings below one record", "mail.plain.com", "news.plain.com", NULL, { P(NONE), "mail.plain.com", "plain.com" },
      { P(NONE), "mail.plain.com", "plain.com" }, false, NULL },
    { "no record", "nobody.com", "nobody.com", NULL, { R, "", "nobody.com" }, { R, "", "nobody.com" }, false, NULL },
    { "no record, other organizational domains", "mail.nobody.com", "nobody.com", NULL, { R, "", "mail.nobody.com" },
      { R, "", "nobody.com" }, false, NULL },

    { "a record below the registered domain only", "sub.lone.com", "lone.com", NULL,
      { F(REJECT), "sub.lone.com", "sub.lone.com" }, { P(REJECT), "sub.lone.com", "lone.com" }, true, NULL },
    { "the same, passing by itself", "sub.lone.com", "sub.lone.com", NULL,
      { P(REJECT), "sub.lone.com", "sub.lone.com" }, { P(REJECT), "sub.lone.com", "lone.com" }, true, NULL },
    { "psd=n cuts", "dept.cut.com", "cut.com", NULL, { F(QUARANTINE), "dept.cut.com", "dept.cut.com" },
      { P(QUARANTINE), "dept.cut.com", "cut.com" }, true, NULL },
    { "psd=n from the other side", "cut.com", "a.dept.cut.com", NULL, { F(REJECT), "cut.com", "cut.com" },
      { P(REJECT), "cut.com", "cut.com" }, true, NULL },
    { "psd=n cuts for what is below", "a.dept.cut.com", "b.dept.cut.com", NULL,
      { P(QUARANTINE), "dept.cut.com", "dept.cut.com" }, { P(REJECT), "cut.com", "cut.com" }, true, NULL },

    { "np for who does not exist", "ghost.example.com", "other.com", NULL, { F(NONE), "example.com", "example.com" },
      { F(QUARANTINE), "example.com", "example.com" }, true, NULL },
    { "sp for who does", "live.example.com", "other.com", NULL, { F(QUARANTINE), "example.com", "example.com" },
      { F(QUARANTINE), "example.com", "example.com" }, false, NULL },
    { "np not known, fail", "ghost.example.com", "other.com", NULL, { TEMP(ABSENT), "example.com", "example.com" },
      { F(QUARANTINE), "example.com", "example.com" }, false, "A ghost.example.com" },
    { "np not known, pass", "ghost.example.com", "example.com", NULL, { P(ABSENT), "example.com", "example.com" },
      { P(QUARANTINE), "example.com", "example.com" }, false, "A ghost.example.com" },

    { "t=y", "test.com", "other.com", NULL, { F(QUARANTINE), "test.com", "test.com" },
      { F(REJECT), "test.com", "test.com" }, true, NULL },
    { "t=y for none", "quiet.com", "other.com", NULL, { F(NONE), "quiet.com", "quiet.com" },
      { F(NONE), "quiet.com", "quiet.com" }, false, NULL },
    { "pct=0", "zero.com", "other.com", NULL, { F(REJECT), "zero.com", "zero.com" },
      { F(QUARANTINE), "zero.com", "zero.com" }, true, NULL },
    { "pct=50", "half.com", "other.com", NULL, { F(REJECT), "half.com", "half.com" },
      { F(REJECT), "half.com", "half.com" }, false, NULL },
    { "bad np", "badnp.com", "badnp.com", NULL, { AUTH_PERMERROR, DMARC_POLICY_ABSENT, "badnp.com", "badnp.com" },
      { P(REJECT), "badnp.com", "badnp.com" }, true, NULL },
    { "no p, with rua", "nop.com", "other.com", NULL, { F(NONE), "nop.com", "nop.com" },
      { F(NONE), "nop.com", "nop.com" }, false, NULL },
    { "no p, no rua", "nop2.com", "nop2.com", NULL, { AUTH_PERMERROR, DMARC_POLICY_ABSENT, "nop2.com", "nop2.com" },
      { AUTH_PERMERROR, DMARC_POLICY_ABSENT, "nop2.com", "nop2.com" }, false, NULL },
    { "several records: the walk goes on", "two.multi.com", "other.com", NULL, { F(REJECT), "multi.com", "multi.com" },
      { R, "", "multi.com" }, true, NULL },

    { "a public suffix's policy", "mail.mega.bank", "mega.bank", NULL, { P(REJECT), "bank", "mega.bank" },
      { R, "", "mega.bank" }, true, NULL },
    { "a public suffix's policy, who exists", "live.mega.bank", "other.bank", NULL,
      { F(QUARANTINE), "bank", "mega.bank" }, { R, "", "mega.bank" }, true, NULL },
    { "strict", "strict.com", "mail.strict.com", "mail.strict.com", { F(REJECT), "strict.com", "strict.com" },
      { F(REJECT), "strict.com", "strict.com" }, false, NULL },
    { "U-label and A-label", "xn--bcher-kva.plain.com", "b\xc3\xbc" "cher.PLAIN.com.", NULL,
      { P(REJECT), "plain.com", "plain.com" }, { P(REJECT), "plain.com", "plain.com" }, false, NULL },

    { "the walk fails above the record, exact", "plain.com", "plain.com", NULL, { P(REJECT), "plain.com", "" },
      { P(REJECT), "plain.com", "plain.com" }, false, "TXT _dmarc.com" },
    { "the walk fails above the record, relaxed", "plain.com", "mail.plain.com", NULL,
      { TEMP(REJECT), "plain.com", "" }, { P(REJECT), "plain.com", "plain.com" }, false, "TXT _dmarc.com" },
    { "the walk fails, the identifier is elsewhere", "plain.com", "other.bank", NULL, { F(REJECT), "plain.com", "" },
      { F(REJECT), "plain.com", "plain.com" }, false, "TXT _dmarc.com" },
    { "the identifier's walk fails", "plain.com", "mail.plain.com", NULL, { TEMP(REJECT), "plain.com", "plain.com" },
      { P(REJECT), "plain.com", "plain.com" }, false, "TXT _dmarc.mail.plain.com" },
    { "the identifier's walk fails, another passes", "plain.com", "mail.plain.com", "plain.com",
      { P(REJECT), "plain.com", "plain.com" }, { P(REJECT), "plain.com", "plain.com" }, false,
      "TXT _dmarc.mail.plain.com" },
    { "the record cannot be had", "plain.com", "plain.com", NULL, { TEMP(ABSENT), "", "" },
      { TEMP(ABSENT), "", "plain.com" }, false, "TXT _dmarc.plain.com" },
};

static struct dns *dns;
static struct orgdomain *orgdomain;

static void set_up(void)
{
    struct err err;
    dns = zonedns_new(zone);
    orgdomain = orgdomain_new(&err);
    ck_assert_ptr_nonnull(orgdomain);
}

static void tear_down(void)
{
    dns_free(&dns);
    orgdomain_free(&orgdomain);
}

static void inject(const char *question)
{
    if (question != NULL)
        dns_inject(dns, strchr(question, ' ') + 1, question[0] == 'A' ? DNS_A : DNS_TXT, DNS_TEMPFAIL);
}

static void assert_reading(const char *name, const char *rfc, const struct dmarc_reading *got, const struct want *want)
{
    ck_assert_msg(got->result == want->result, "%s: %s: %s", name, rfc, auth_result_name(got->result));
    ck_assert_msg(got->policy == want->policy, "%s: %s: %s", name, rfc, dmarc_policy_name(got->policy));
    ck_assert_msg(strcmp(got->record_domain, want->record) == 0, "%s: %s: record of %s", name, rfc, got->record_domain);
    ck_assert_msg(strcmp(got->org_domain, want->org) == 0, "%s: %s: below %s", name, rfc, got->org_domain);
}

START_TEST(reads_twice)
{
    const struct version_case *c = &cases[_i];
    const struct dmarccheck check = { .dns = dns, .orgdomain = orgdomain };
    struct spf_result spf = { .result = AUTH_PASS, .domain = xstrdup(c->spf) };
    struct dkim_result signature = { .result = AUTH_PASS, .domain = xstrdup(c->dkim) };
    struct dkim_results dkim = { .items = &signature, .count = c->dkim == NULL ? 0 : 1 };
    struct dns_budget budget = zonedns_budget();
    struct dmarc_result result;
    struct findings findings = { 0 };

    inject(c->fails);
    dmarccheck_run(&check, &budget, c->author, &spf, 1, 1, &dkim, &result);
    assert_reading(c->name, "RFC 9989", &result.rfc9989, &c->new);
    assert_reading(c->name, "RFC 7489", &result.rfc7489, &c->old);
    ck_assert(result.result == c->new.result && result.policy == c->new.policy);
    ck_assert_str_eq(result.record_domain, c->new.record);
    ck_assert_str_eq(result.org_domain, c->new.org);
    ck_assert_int_le(budget.asked, 3 * DMARC_WALK_MAX);

    dmarccheck_findings(&result, &spf, 1, &dkim, &findings);
    ck_assert_msg(dmarccheck_is_disputed(&result) == c->is_disputed, "%s", c->name);
    ck_assert_msg(findings_has(&findings, FINDING_DMARC_VERSIONS_DIFFER) == c->is_disputed, "%s", c->name);
    bool fails = c->new.result == AUTH_FAIL || (c->old.result == AUTH_FAIL && c->new.result != AUTH_TEMPERROR);
    ck_assert_msg(findings_has(&findings, FINDING_DMARC_FAIL) == fails, "%s", c->name);
    findings_clear(&findings);
    free(spf.domain);
    free(signature.domain);
}
END_TEST

/* --- every question in turn --------------------------------------------------- */

static void judge(struct dns *resolver, const struct version_case *c, struct dmarc_result *result_r)
{
    const struct dmarccheck check = { .dns = resolver, .orgdomain = orgdomain };
    struct spf_result spf = { .result = AUTH_PASS, .domain = xstrdup(c->spf) };
    struct dkim_result signature = { .result = AUTH_PASS, .domain = xstrdup(c->dkim) };
    struct dkim_results dkim = { .items = &signature, .count = c->dkim == NULL ? 0 : 1 };
    struct dns_budget budget = zonedns_budget();

    dmarccheck_run(&check, &budget, c->author, &spf, 1, 1, &dkim, result_r);
    free(spf.domain);
    free(signature.domain);
}

static void assert_no_guess(const char *name, const char *failed, const struct dmarc_reading *got,
                            const struct dmarc_reading *want)
{
    ck_assert_msg(got->result == AUTH_TEMPERROR || got->result == want->result, "%s without %s: %s", name, failed,
                  auth_result_name(got->result));
    ck_assert_msg(got->policy == DMARC_POLICY_ABSENT || got->policy == want->policy, "%s without %s: %s", name, failed,
                  dmarc_policy_name(got->policy));
    ck_assert_msg(got->org_domain[0] == '\0' || strcmp(got->org_domain, want->org_domain) == 0, "%s without %s: %s",
                  name, failed, got->org_domain);
}

static void judge_without(const struct version_case *c, const char *name, enum dns_type type,
                          const struct dmarc_result *want)
{
    struct dns *resolver = zonedns_new(zone);
    struct dmarc_result result;

    dns_inject(resolver, name, type, DNS_TIMEOUT);
    judge(resolver, c, &result);
    assert_no_guess(c->name, name, &result.rfc9989, &want->rfc9989);
    assert_no_guess(c->name, name, &result.rfc7489, &want->rfc7489);
    dns_free(&resolver);
}

/* Whatever question fails, the result is temperror or what it would have been. */
START_TEST(never_guesses)
{
    const struct version_case *c = &cases[_i];
    const char *domains[] = { c->author, c->spf, c->dkim };
    struct dmarc_result want;

    if (c->fails != NULL)
        return;
    judge(dns, c, &want);
    judge_without(c, c->author, DNS_A, &want);
    for (size_t i = 0; i < 3; i++) {
        const char *names[DMARC_WALK_MAX];
        char domain[DOMAIN_MAX];
        size_t n = domains[i] == NULL || domain_normalize(domains[i], domain) < 0 ? 0 : dmarcwalk_names(domain, names);
        for (size_t j = 0; j < n; j++) {
            char *name = xasprintf("_dmarc.%s", names[j]);
            judge_without(c, name, DNS_TXT, &want);
            free(name);
        }
    }
}
END_TEST

/* The difference is named: what it is about and both values. */
START_TEST(names_the_difference)
{
    const struct dmarccheck check = { .dns = dns, .orgdomain = orgdomain };
    struct spf_result spf = { .result = AUTH_PASS, .domain = xstrdup("lone.com") };
    struct dkim_results dkim = { 0 };
    struct dns_budget budget = zonedns_budget();
    struct dmarc_result result;
    struct findings findings = { 0 };
    const char *text = NULL;

    dmarccheck_run(&check, &budget, "sub.lone.com", &spf, 1, 1, &dkim, &result);
    dmarccheck_findings(&result, &spf, 1, &dkim, &findings);
    for (size_t i = 0; i < findings.count; i++) {
        if (findings.items[i].row->id == FINDING_DMARC_VERSIONS_DIFFER)
            text = findings.items[i].text;
    }
    ck_assert_pstr_eq(text, "receivers differ on DMARC for sub.lone.com, by RFC 9989 or by the older RFC 7489 "
                            "(result fail, by RFC 7489 pass; organizational domain sub.lone.com, by RFC 7489 "
                            "lone.com)");
    findings_clear(&findings);
    free(spf.domain);
}
END_TEST

/* Without a record, what would align under the organizational domain's is told as aligned. */
START_TEST(marks_alignment_without_a_record)
{
    const struct dmarccheck check = { .dns = dns, .orgdomain = orgdomain };
    struct spf_result spf = { .result = AUTH_PASS, .domain = xstrdup("nobody.com") };
    struct dkim_results dkim = { 0 };
    struct dns_budget budget = zonedns_budget();
    struct dmarc_result result;

    dmarccheck_run(&check, &budget, "mail.nobody.com", &spf, 1, 1, &dkim, &result);
    ck_assert(spf.aligned);
    dmarccheck_run(&check, &budget, "sub.lone.com", &spf, 1, 1, &dkim, &result);
    ck_assert(!spf.aligned);
    free(spf.domain);
}
END_TEST

/* Many addresses with one MAIL FROM cost one walk. */
START_TEST(walks_once_per_domain)
{
    const struct dmarccheck check = { .dns = dns, .orgdomain = orgdomain };
    struct spf_result spf[30] = { { .result = AUTH_PASS } };
    struct dkim_results dkim = { 0 };
    struct dns_budget budget = zonedns_budget();
    struct dmarc_result result;
    char domain[] = "a.b.plain.com";

    for (size_t i = 0; i < 30; i++)
        spf[i] = (struct spf_result){ .result = AUTH_PASS, .domain = domain };
    dmarccheck_run(&check, &budget, "plain.com", spf, 30, 30, &dkim, &result);
    ck_assert_int_eq(result.result, AUTH_PASS);
    ck_assert_int_eq(budget.asked, 2 + 4 + 1);
}
END_TEST

#define READ(r, p) { .result = r, .policy = DMARC_POLICY_##p }

START_TEST(takes_the_worse_reading)
{
    static const struct { struct dmarc_reading new, old; bool is_old; } pairs[] = {
        { READ(AUTH_PASS, ABSENT), READ(AUTH_PASS, ABSENT), false },
        { READ(AUTH_PASS, REJECT), READ(AUTH_FAIL, NONE), true },
        { READ(AUTH_FAIL, NONE), READ(AUTH_PASS, REJECT), false },
        { READ(AUTH_FAIL, QUARANTINE), READ(AUTH_FAIL, REJECT), true },
        { READ(AUTH_TEMPERROR, ABSENT), READ(AUTH_FAIL, REJECT), true },
        { READ(AUTH_TEMPERROR, ABSENT), READ(AUTH_FAIL, QUARANTINE), false },
        { READ(AUTH_TEMPERROR, NONE), READ(AUTH_FAIL, NONE), true },
        { READ(AUTH_PASS, REJECT), READ(AUTH_TEMPERROR, ABSENT), true },
        { READ(AUTH_PASS, REJECT), READ(AUTH_NONE, ABSENT), true },
        { READ(AUTH_PERMERROR, ABSENT), READ(AUTH_PASS, REJECT), false },
    };
    for (int i = 0; i < (int)(sizeof(pairs) / sizeof(pairs[0])); i++) {
        struct dmarc_result result = { .rfc9989 = pairs[i].new, .rfc7489 = pairs[i].old };
        ck_assert_msg((dmarccheck_worse(&result) == &result.rfc7489) == pairs[i].is_old, "pair %d", i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dmarcversions");
    TCase *tc = tcase_create("dmarcversions");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, reads_twice, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_loop_test(tc, never_guesses, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, names_the_difference);
    tcase_add_test(tc, marks_alignment_without_a_record);
    tcase_add_test(tc, walks_once_per_domain);
    tcase_add_test(tc, takes_the_worse_reading);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
