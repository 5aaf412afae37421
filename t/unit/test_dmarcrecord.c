/*
 * lib/check/dmarcrecord: records as RFC 9989 and RFC 7489 read them, and random ones.
 */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/check/dmarcrecord.h"
#include "t/unit/mutate.h"
#include "t/unit/unit.h"

#include <string.h>

#define ABSENT DMARC_POLICY_ABSENT
#define NONE DMARC_POLICY_NONE
#define QUARANTINE DMARC_POLICY_QUARANTINE
#define REJECT DMARC_POLICY_REJECT

struct reading {
    int rc;
    enum dmarc_policy p, sp, np;
    int pct;
    bool is_testing;
    enum dmarc_psd psd;
};

static const struct record_case {
    const char *text;
    struct reading new, old;        /* RFC 9989, RFC 7489 */
} cases[] = {
    /* RFC 9989 appendix B.2 */
    { "v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com", { .p = NONE }, { .p = NONE } },
    { "v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com; ruf=mailto:auth-reports@thirdparty.example.net",
      { .p = NONE }, { .p = NONE } },
    { "v=DMARC1; p=quarantine; rua=mailto:dmarc-feedback@example.com,mailto:tld-test@thirdparty.example.net; t=y",
      { .p = QUARANTINE, .is_testing = true }, { .p = QUARANTINE } },
    { "v=DMARC1; p=reject; aspf=r;\n        rua=mailto:dmarc-feedback@example.com", { .p = REJECT }, { .p = REJECT } },
    /* syntax */
    { "v=DMARC1;p=none;", { .p = NONE }, { .p = NONE } },
    { "V = DMARC1 ; P = Quarantine ; SP=NONE", { .p = QUARANTINE, .sp = NONE }, { .p = QUARANTINE, .sp = NONE } },
    { "v=DMARC1; p=reject; unknown=1; x; =; ;;", { .p = REJECT }, { .p = REJECT } },
    { "v=DMARC1; fo=1; p=reject", { .p = REJECT }, { .p = REJECT } },
    { "v=dmarc1; p=reject", { .rc = 1 }, { .rc = 1 } },
    { "v=DMARC12; p=reject", { .rc = 1 }, { .rc = 1 } },
    { "v=DMARC1 x; p=reject", { .rc = 1 }, { .rc = 1 } },
    { "p=reject; v=DMARC1", { .rc = 1 }, { .rc = 1 } },
    { "p=reject", { .rc = 1 }, { .rc = 1 } },
    { "; v=DMARC1; p=reject", { .rc = 1 }, { .rc = 1 } },
    { " v=DMARC1; p=reject", { .rc = 1 }, { .rc = 1 } },
    { "v=spf1 -all", { .rc = 1 }, { .rc = 1 } },
    { "v", { .rc = 1 }, { .rc = 1 } },
    { "", { .rc = 1 }, { .rc = 1 } },
    /* what only one of them knows */
    { "v=DMARC1; p=reject; pct=20", { .p = REJECT }, { .p = REJECT, .pct = 20 } },
    { "v=DMARC1; p=reject; pct=0; rf=iodef; ri=1", { .p = REJECT }, { .p = REJECT, .pct = -1 } },
    { "v=DMARC1; p=reject; pct=abc", { .p = REJECT }, { .p = REJECT } },
    { "v=DMARC1; p=reject; pct=101", { .p = REJECT }, { .p = REJECT } },
    { "v=DMARC1; p=reject; pct=-5", { .p = REJECT }, { .p = REJECT } },
    { "v=DMARC1; p=reject; pct=", { .p = REJECT }, { .p = REJECT } },
    { "v=DMARC1; p=none; np=reject; psd=Y; t=n", { .p = NONE, .np = REJECT, .psd = DMARC_PSD_YES }, { .p = NONE } },
    { "v=DMARC1; p=none; psd=n; t=Y", { .p = NONE, .psd = DMARC_PSD_NO, .is_testing = true }, { .p = NONE } },
    { "v=DMARC1; p=none; psd=u; t=maybe", { .p = NONE }, { .p = NONE } },
    { "v=DMARC1; p=none; psd=yes", { .p = NONE }, { .p = NONE } },
    { "v=DMARC1; p=reject; np=bogus", { .rc = -1, .p = REJECT }, { .p = REJECT } },
    { "v=DMARC1; p=reject; np=bogus; rua=mailto:r@example.com", { .p = NONE }, { .p = REJECT } },
    /* missing and bad policies, RFC 9989 section 4.10.1 and RFC 7489 section 6.6.3 */
    { "v=DMARC1", { .rc = -1 }, { .rc = -1 } },
    { "v=DMARC1; rua=mailto:r@example.com", { .p = NONE }, { .p = NONE } },
    { "v=DMARC1; p=r", { .rc = -1 }, { .rc = -1 } },
    { "v=DMARC1; p=; rua=mailto:r@example.com", { .p = NONE }, { .p = NONE } },
    { "v=DMARC1; p=bogus; rua=mailto:r@example.com!10m", { .p = NONE }, { .p = NONE } },
    { "v=DMARC1; p=bogus; rua=nonsense, https://reports.example/x", { .p = NONE }, { .p = NONE } },
    { "v=DMARC1; p=bogus; rua=r@example.com", { .rc = -1 }, { .rc = -1 } },
    { "v=DMARC1; p=bogus; rua=mailto:", { .rc = -1 }, { .rc = -1 } },
    { "v=DMARC1; p=bogus; rua=mailto:@, mailto:x@, mailto:x y@z, :x, 1a:b, a/b:c", { .rc = -1 }, { .rc = -1 } },
    { "v=DMARC1; p=reject; sp=x; rua=mailto:r@example.com", { .p = NONE }, { .p = NONE } },
    { "v=DMARC1; p=reject; sp=x", { .rc = -1, .p = REJECT }, { .rc = -1, .p = REJECT } },
    { "v=DMARC1; p=re ject", { .rc = -1 }, { .rc = -1 } },
    { "v=DMARC1; p=reject\xc2\xa0", { .rc = -1 }, { .rc = -1 } },
    /* a tag that stands twice counts as its default, a policy is not valid */
    { "v=DMARC1; p=none; p=reject", { .rc = -1 }, { .rc = -1 } },
    { "v=DMARC1; p=reject; p=reject; rua=mailto:r@example.com", { .p = NONE }, { .p = NONE } },
    { "v=DMARC1; p=reject; t=y; t=y; psd=n; psd=n; pct=0; pct=0", { .p = REJECT }, { .p = REJECT } },
};

static void assert_reading(const struct record_case *c, enum dmarc_version version, const struct reading *want)
{
    const char *name = version == DMARC_RFC9989 ? "RFC 9989" : "RFC 7489", *problem;
    int pct = want->pct == 0 ? 100 : want->pct < 0 ? 0 : want->pct;
    struct dmarc_record r;
    int rc = dmarc_record_parse(c->text, version, &r, &problem);

    ck_assert_msg(rc == want->rc, "%s: %s: %d", name, c->text, rc);
    ck_assert_msg(rc != -1 || problem != NULL, "%s: %s", name, c->text);
    if (rc == 1)
        return;
    ck_assert_msg(r.p == want->p && r.sp == want->sp && r.np == want->np, "%s: %s: p=%s sp=%s np=%s", name, c->text,
                  dmarc_policy_name(r.p), dmarc_policy_name(r.sp), dmarc_policy_name(r.np));
    ck_assert_msg(r.pct == pct, "%s: %s: pct %d", name, c->text, r.pct);
    ck_assert_msg(r.is_testing == want->is_testing, "%s: %s: t", name, c->text);
    ck_assert_msg(r.psd == want->psd, "%s: %s: psd", name, c->text);
}

START_TEST(parses)
{
    assert_reading(&cases[_i], DMARC_RFC9989, &cases[_i].new);
    assert_reading(&cases[_i], DMARC_RFC7489, &cases[_i].old);
}
END_TEST

START_TEST(parses_alignment_modes)
{
    static const struct { const char *tags; bool dkim, spf; } modes[] = {
        { "", false, false }, { "adkim=s", true, false }, { "aspf=S", false, true }, { "adkim=s; aspf=s", true, true },
        { "adkim=r; aspf=x", false, false }, { "adkim=strict", false, false }, { "adkim=s; adkim=s", false, false },
    };
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        char *text = xasprintf("v=DMARC1; p=reject; %s", modes[i].tags);
        struct dmarc_record r;
        const char *problem;
        ck_assert_int_eq(dmarc_record_parse(text, DMARC_RFC9989, &r, &problem), 0);
        ck_assert_msg(r.strict_dkim == modes[i].dkim && r.strict_spf == modes[i].spf, "%s", text);
        free(text);
    }
}
END_TEST

START_TEST(says_what_is_wrong)
{
    static const struct { const char *text, *problem; } wrong[] = {
        { "v=DMARC1; p=r", "its p tag is none of none, quarantine, reject" },
        { "v=DMARC1; sp=none", "it has no p tag" },
        { "v=DMARC1; p=none; sp=r", "its sp tag is none of none, quarantine, reject" },
        { "v=DMARC1; p=none; np=r", "its np tag is none of none, quarantine, reject" },
        { "v=DMARC1; p=none; p=none", "its p tag is there more than once" },
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct dmarc_record r;
        const char *problem;
        ck_assert_int_eq(dmarc_record_parse(wrong[i].text, DMARC_RFC9989, &r, &problem), -1);
        ck_assert_str_eq(problem, wrong[i].problem);
    }
}
END_TEST

/* No crash, and nothing out of bounds, whatever the text. */
START_TEST(survives_mutations)
{
    static const char *const pieces[] = {
        ";", "=", "p=", "v=DMARC1;", "rua=", "mailto:", "@", ",", " ", "reject", "\xff", NULL
    };
    uint64_t state = 9989;

    for (int round = 0; round < 20000; round++) {
        const char *seed = cases[mutate_below(&state, sizeof(cases) / sizeof(cases[0]))].text;
        char buffer[512], *text;
        size_t len = mutate(&state, seed, strlen(seed), pieces, buffer, sizeof(buffer));
        struct dmarc_record r;
        const char *problem;
        text = xstrndup(buffer, len);       /* of its own size, so that a sanitizer sees a step too far */
        int rc = dmarc_record_parse(text, (enum dmarc_version)(round & 1), &r, &problem);
        ck_assert(rc == 1 || rc == 0 || (rc == -1 && problem != NULL));
        ck_assert(rc != 0 || r.p != ABSENT);
        ck_assert(r.pct >= 0 && r.pct <= 100);
        free(text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dmarcrecord");
    TCase *tc = tcase_create("dmarcrecord");
    tcase_add_loop_test(tc, parses, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, parses_alignment_modes);
    tcase_add_test(tc, says_what_is_wrong);
    tcase_add_test(tc, survives_mutations);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
