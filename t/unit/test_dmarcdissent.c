/*
 * Where libopendmarc 1.4.2 is wrong, Preflight is right and says that it differs.  One case per defect.
 */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/check/dmarccheck.h"
#include "t/unit/zonedns.h"

#include <string.h>

static const char zone[] =
    "_dmarc.strict.com. 60 IN TXT \"v=DMARC1; p=reject; adkim=s; aspf=s\"\n"
    "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject; sp=none\"\n"
    "_dmarc.example.co.uk. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.x.com. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.alice.github.io. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.shop.foo.ck. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.aa.xn--55qx5d.cn. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.example.unlisted. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.iodef.com. 60 IN TXT \"v=DMARC1; p=reject; rf=iodef\"\n"
    "_dmarc.ri.com. 60 IN TXT \"v=DMARC1; p=reject; ri=1d\"\n"
    "_dmarc.mode.com. 60 IN TXT \"v=DMARC1; p=reject; adkim=x\"\n"
    "_dmarc.pct.com. 60 IN TXT \"v=DMARC1; p=reject; pct=abc\"\n"
    "_dmarc.pct0.com. 60 IN TXT \"v=DMARC1; p=reject; pct=0\"\n"
    "_dmarc.short.com. 60 IN TXT \"v=DMARC1; p=r\"\n"
    "_dmarc.twice.com. 60 IN TXT \"v=DMARC1; p=none; p=reject\"\n"
    "_dmarc.nop.com. 60 IN TXT \"v=DMARC1; p=bogus; rua=mailto:r@nop.com\"\n"
    "_dmarc.nov.com. 60 IN TXT \"p=reject\"\n"
    "_dmarc.two.com. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.two.com. 60 IN TXT \"v=DMARC1; p=none\"\n"
    "_dmarc.long.com. 60 IN TXT \"v=DMARC1; p=reject; rua=mailto:"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""
    " \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "@long.com\"\n";

#define PASS(d) { d, AUTH_PASS }
#define FAIL(d) { d, AUTH_FAIL }

static const struct dissent_case {
    const char *name, *author;
    struct dmarcopinion_identity spf, dkim[2];
    const char *ours, *theirs;              /* as in "opinions"; theirs NULL: not asked */
} cases[] = {
    { "they agree: pass", "example.com", PASS("example.com"), { { 0 } }, "pass", "pass" },
    { "they agree: reject", "example.com", FAIL("example.com"), { FAIL("example.com") }, "reject", "reject" },
    { "they agree: a sibling", "mail.example.com", PASS("news.example.com"), { { 0 } }, "pass", "pass" },
    { "they agree: sp", "mail.example.com", FAIL("mail.example.com"), { { 0 } }, "none", "none" },
    { "they agree: sp is not the domain's own", "example.com", FAIL("example.com"), { { 0 } }, "reject", "reject" },
    { "they agree: nothing published", "nobody.com", PASS("nobody.com"), { { 0 } }, "absent", "absent" },
    { "they agree: pct=0", "pct0.com", FAIL("pct0.com"), { { 0 } }, "quarantine", "quarantine" },
    { "they agree: a suffix of two labels", "example.co.uk", PASS("other.co.uk"), { { 0 } }, "reject", "reject" },

    { "strict alignment of what is below, DKIM", "strict.com", { 0 }, { PASS("mail.strict.com") }, "reject", "pass" },
    { "strict alignment of what is below, SPF", "strict.com", PASS("mail.strict.com"), { { 0 } }, "reject", "pass" },
    { "strict alignment above a label of one letter", "a.strict.com", { 0 }, { PASS("strict.com") }, "reject", "pass" },
    { "strict alignment of such a sibling", "a.strict.com", PASS("b.strict.com"), { { 0 } }, "reject", "pass" },
    { "a failed signature undoes a passed one", "example.com", { 0 },
      { PASS("mail.example.com"), FAIL("news.example.com") }, "pass", "reject" },
    { "a top-level domain aligns", "example.com", { 0 }, { PASS("com") }, "reject", "pass" },
    { "a public suffix aligns", "alice.github.io", { 0 }, { PASS("github.io") }, "reject", "pass" },
    { "a label of one letter is dropped", "x.com", PASS("y.com"), { { 0 } }, "reject", "pass" },
    { "a wildcard suffix is a label short", "shop.foo.ck", PASS("other.foo.ck"), { { 0 } }, "reject", "pass" },
    { "an internationalized suffix is not known", "aa.xn--55qx5d.cn", PASS("bb.xn--55qx5d.cn"), { { 0 } },
      "reject", "pass" },
    { "siblings below an unlisted top-level domain", "news.example.unlisted", PASS("mail.example.unlisted"), { { 0 } },
      "pass", "reject" },
    { "rf=iodef spoils aspf", "news.iodef.com", PASS("mail.iodef.com"), { { 0 } }, "pass", "reject" },
    { "ri= that is no number spoils the record", "ri.com", FAIL("ri.com"), { { 0 } }, "reject", "absent" },
    { "an unknown alignment mode spoils the record", "mode.com", FAIL("mode.com"), { { 0 } }, "reject", "absent" },
    { "pct=abc is read as 0", "pct.com", FAIL("pct.com"), { { 0 } }, "reject", "quarantine" },
    { "p=r is read as reject", "short.com", FAIL("short.com"), { { 0 } }, "absent", "reject" },
    { "the second p= counts", "twice.com", FAIL("twice.com"), { { 0 } }, "absent", "reject" },
    { "a bad p= with rua= is no p=none", "nop.com", FAIL("nop.com"), { { 0 } }, "none", "absent" },
    { "upper case and U-labels are handed over as we compare them", "example.com", PASS("EXAMPLE.com."), { { 0 } },
      "pass", "pass" },

    /* it would take the first of several, and read past its buffers or follow NULL: it is not asked */
    { "no v= is no record", "nov.com", FAIL("nov.com"), { { 0 } }, "absent", "absent" },
    { "several records", "two.com", FAIL("two.com"), { { 0 } }, "absent", NULL },
    { "a URI it cannot hold", "long.com", FAIL("long.com"), { { 0 } }, "reject", NULL },
    { "a temperror, which it does not know", "example.com", { "example.com", AUTH_TEMPERROR }, { { 0 } }, NULL, NULL },
};

static bool is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

START_TEST(differs_where_it_is_wrong)
{
    const struct dissent_case *c = &cases[_i];
    struct err err;
    struct dns *dns = zonedns_new(zone);
    struct orgdomain *orgdomain = orgdomain_new(&err);
    struct dmarcopinion *opinion = dmarcopinion_new(orgdomain_list_file());
    const struct dmarccheck check = { .dns = dns, .orgdomain = orgdomain, .opinion = opinion };
    struct spf_result spf = { .result = c->spf.result, .domain = xstrdup(c->spf.domain == NULL ? "" : c->spf.domain) };
    struct dkim_result signatures[2] = { { .result = c->dkim[0].result }, { .result = c->dkim[1].result } };
    struct dkim_results dkim = { .items = signatures };
    struct dns_budget budget = zonedns_budget();
    struct dmarc_result result;
    struct findings findings = { 0 };

    for (; dkim.count < 2 && c->dkim[dkim.count].domain != NULL; dkim.count++)
        signatures[dkim.count].domain = xstrdup(c->dkim[dkim.count].domain);
    dmarccheck_run(&check, &budget, c->author, &spf, 1, 1, &dkim, &result);
    dmarccheck_findings(&result, &spf, 1, &dkim, &findings);
    bool is_different = c->ours != NULL && c->theirs != NULL && strcmp(c->ours, c->theirs) != 0;
    const char *ours = dmarccheck_summary(&result.rfc7489), *theirs = result.libopendmarc;
    ck_assert_msg(is_same(ours, c->ours), "%s: %s", c->name, ours);
    ck_assert_msg(is_same(theirs, c->theirs), "%s: libopendmarc %s", c->name, theirs);
    ck_assert_msg(findings_has(&findings, FINDING_DMARC_IMPLEMENTATIONS_DIFFER) == is_different, "%s", c->name);
    findings_clear(&findings);
    free(spf.domain);
    free(signatures[0].domain);
    free(signatures[1].domain);
    dmarcopinion_free(&opinion);
    orgdomain_free(&orgdomain);
    dns_free(&dns);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dmarcdissent");
    TCase *tc = tcase_create("dmarcdissent");
    tcase_add_loop_test(tc, differs_where_it_is_wrong, 0, sizeof(cases) / sizeof(cases[0]));
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
