/*
 * lib/check/dmarcwalk: the names a walk asks for, organizational domains, whose policy applies; RFC 9989 section 4.10
 * and appendix B.4.
 */
#include "config.h"

#include "lib/check/dmarcwalk.h"
#include "t/unit/zonedns.h"

#include <string.h>

START_TEST(asks_at_most_eight_names)
{
    static const struct { const char *domain, *names[DMARC_WALK_MAX + 1]; } cases[] = {
        { "com", { "com" } },
        { "a.mail.example.com", { "a.mail.example.com", "mail.example.com", "example.com", "com" } },
        { "b.c.d.e.f.g.h.i",
          { "b.c.d.e.f.g.h.i", "c.d.e.f.g.h.i", "d.e.f.g.h.i", "e.f.g.h.i", "f.g.h.i", "g.h.i", "h.i", "i" } },
        { "a.b.c.d.e.f.g.h.i",
          { "a.b.c.d.e.f.g.h.i", "c.d.e.f.g.h.i", "d.e.f.g.h.i", "e.f.g.h.i", "f.g.h.i", "g.h.i", "h.i", "i" } },
        { "a.b.c.d.e.f.g.h.i.j.mail.example.com",       /* section 4.10 */
          { "a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com", "h.i.j.mail.example.com",
            "i.j.mail.example.com", "j.mail.example.com", "mail.example.com", "example.com", "com" } },
        { "mail.a.b.c.d.e.f.g.example.com",             /* section 5.1.8 */
          { "mail.a.b.c.d.e.f.g.example.com", "c.d.e.f.g.example.com", "d.e.f.g.example.com", "e.f.g.example.com",
            "f.g.example.com", "g.example.com", "example.com", "com" } },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *names[DMARC_WALK_MAX];
        size_t n = dmarcwalk_names(cases[i].domain, names);
        for (size_t j = 0; j < n; j++) {
            ck_assert_msg(cases[i].names[j] != NULL, "%s: too many names", cases[i].domain);
            ck_assert_str_eq(names[j], cases[i].names[j]);
        }
        ck_assert_msg(cases[i].names[n] == NULL, "%s: %zu names", cases[i].domain, n);
    }
}
END_TEST

static const char zone[] =
    "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.signing.example.com. 60 IN TXT \"v=DMARC1; p=none\"\n"
    "_dmarc.mail.own.com. 60 IN TXT \"v=DMARC1; p=none; psd=n\"\n"
    "_dmarc.own.com. 60 IN TXT \"v=DMARC1; p=none\"\n"
    "_dmarc.bank.example. 60 IN TXT \"v=DMARC1; p=reject; sp=quarantine; psd=y\"\n"
    "_dmarc.giant.bank.example. 60 IN TXT \"v=DMARC1; p=none\"\n"
    "_dmarc.deep.big.bank.example. 60 IN TXT \"v=DMARC1; p=none\"\n"
    "_dmarc.tld. 60 IN TXT \"v=DMARC1; p=none; psd=y\"\n"
    "_dmarc.plain. 60 IN TXT \"v=DMARC1; p=none\"\n"
    "_dmarc.two.several.test. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.two.several.test. 60 IN TXT \"v=DMARC1; p=none\"\n"
    "_dmarc.several.test. 60 IN TXT \"v=DMARC1; p=quarantine\"\n"
    "_dmarc.several.test. 60 IN TXT \"v=spf1 -all\"\n"
    "_dmarc.psds.test. 60 IN TXT \"v=DMARC1; p=reject; psd=y\"\n"
    "_dmarc.psds.test. 60 IN TXT \"v=DMARC1; p=none; psd=n\"\n"
    "_dmarc.bad.test. 60 IN TXT \"v=DMARC1; p=refuse\"\n"
    "_dmarc.zone.cut.c.d.e.f.g.test. 60 IN TXT \"v=DMARC1; p=none; psd=n\"\n"
    "_dmarc.g.test. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.split.test. 60 IN TXT \"v=DMARC1; \" \"p=quarantine\"\n";

static const struct walk_case {
    const char *domain, *org, *policy;      /* policy: whose record, NULL where none; org NULL: incomplete */
    int asked;                              /* 0: not counted */
    const char *fails;                      /* whose record cannot be had, or NULL */
} cases[] = {
    /* appendix B.4.1 */
    { "example.com", "example.com", "example.com", 2, NULL },
    { "signing.example.com", "example.com", "signing.example.com", 3, NULL },
    /* B.4.2 */
    { "a.b.c.d.e.f.g.h.i.j.k.example.com", "example.com", "example.com", 8, NULL },
    /* B.4.3 */
    { "giant.bank.example", "giant.bank.example", "giant.bank.example", 2, NULL },
    { "mail.giant.bank.example", "giant.bank.example", "giant.bank.example", 3, NULL },
    { "mail.mega.bank.example", "mega.bank.example", "bank.example", 3, NULL },
    /* section 4.10.2 */
    { "a.mail.example.com", "example.com", "example.com", 4, NULL },
    { "a.mail.own.com", "mail.own.com", "mail.own.com", 2, NULL },
    { "mail.own.com", "mail.own.com", "mail.own.com", 1, NULL },
    { "a.mail.example.tld", "example.tld", "tld", 4, NULL },
    { "nobody.test", "nobody.test", NULL, 2, NULL },
    { "a.nobody.test", "a.nobody.test", NULL, 3, NULL },
    /* a public suffix as an author domain */
    { "bank.example", "bank.example", "bank.example", 1, NULL },
    { "tld", "tld", "tld", 1, NULL },
    /* a record between the author domain and its organizational domain is nobody's */
    { "very.deep.big.bank.example", "big.bank.example", "bank.example", 4, NULL },
    { "deep.big.bank.example", "big.bank.example", "deep.big.bank.example", 3, NULL },
    /* a top-level domain's record without psd */
    { "a.b.plain", "plain", "plain", 3, NULL },
    /* several records are all discarded, and their psd with them */
    { "two.several.test", "several.test", "several.test", 3, NULL },
    { "a.psds.test", "a.psds.test", NULL, 3, NULL },
    /* other TXT records, split ones, bad ones */
    { "split.test", "split.test", "split.test", 2, NULL },
    { "a.bad.test", "bad.test", "bad.test", 3, NULL },
    /* section 5.1.8: the zone cut is never seen */
    { "mail.zone.cut.c.d.e.f.g.test", "g.test", "g.test", 8, NULL },
    { "a.zone.cut.c.d.e.f.test", "a.zone.cut.c.d.e.f.test", NULL, 8, NULL },
    /* failures */
    { "example.com", NULL, NULL, 1, "_dmarc.example.com" },
    { "example.com", NULL, "example.com", 2, "_dmarc.com" },
    { "a.example.com", NULL, NULL, 1, "_dmarc.a.example.com" },
    { "a.example.com", NULL, NULL, 2, "_dmarc.example.com" },
    { "a.example.com", NULL, NULL, 3, "_dmarc.com" },
    { "a.mail.own.com", "mail.own.com", "mail.own.com", 2, "_dmarc.own.com" },
    { "giant.bank.example", "giant.bank.example", "giant.bank.example", 2, "_dmarc.example" },
};

START_TEST(walks)
{
    const struct walk_case *c = &cases[_i];
    struct dns *dns = zonedns_new(zone);
    struct dns_budget budget = zonedns_budget();
    struct dmarc_walk walk;

    if (c->fails != NULL)
        dns_inject(dns, c->fails, DNS_TXT, DNS_TEMPFAIL);
    dmarcwalk_prefetch(dns, c->domain);
    dmarcwalk_run(dns, &budget, c->domain, &walk);
    ck_assert_msg(walk.is_incomplete == (c->org == NULL), "%s", c->domain);
    ck_assert_pstr_eq(walk.org_domain, c->org);
    ck_assert_pstr_eq(walk.policy == NULL ? NULL : walk.policy->domain, c->policy);
    ck_assert_int_eq(budget.asked, c->asked);
    dns_free(&dns);
}
END_TEST

/* "_dmarc." before a name of 253 bytes is none: nothing is asked there, and the walk goes on. */
START_TEST(walks_from_the_longest_name)
{
    struct dns *dns = zonedns_new("_dmarc.test. 60 IN TXT \"v=DMARC1; p=none\"\n");
    struct dns_budget budget = zonedns_budget();
    struct dmarc_walk walk;
    char domain[DOMAIN_MAX];

    memset(domain, 'a', sizeof(domain));
    for (size_t i = 60; i < 240; i += 60)
        domain[i] = '.';
    memcpy(domain + 248, ".test", 6);
    ck_assert_uint_eq(strlen(domain), 253);
    dmarcwalk_prefetch(dns, domain);
    dmarcwalk_run(dns, &budget, domain, &walk);
    ck_assert_str_eq(walk.org_domain, "test");
    ck_assert_int_eq(budget.asked, 4);
    dns_free(&dns);
}
END_TEST

START_TEST(keeps_the_text_of_short_records)
{
    struct dns *dns = zonedns_new(zone);
    struct dns_budget budget = zonedns_budget();
    struct dmarc_step step;

    dmarcwalk_look_up(dns, &budget, DMARC_RFC7489, "split.test", &step);
    ck_assert_int_eq(step.found, DMARC_FOUND_ONE);
    ck_assert_str_eq(step.text, "v=DMARC1; p=quarantine");
    dmarcwalk_look_up(dns, &budget, DMARC_RFC7489, "two.several.test", &step);
    ck_assert_int_eq(step.found, DMARC_FOUND_MULTIPLE);
    ck_assert_str_eq(step.text, "");
    dmarcwalk_look_up(dns, &budget, DMARC_RFC7489, "bad.test", &step);
    ck_assert_int_eq(step.found, DMARC_FOUND_INVALID);
    ck_assert_ptr_nonnull(step.problem);
    dns_free(&dns);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dmarcwalk");
    TCase *tc = tcase_create("dmarcwalk");
    tcase_add_test(tc, asks_at_most_eight_names);
    tcase_add_loop_test(tc, walks, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, walks_from_the_longest_name);
    tcase_add_test(tc, keeps_the_text_of_short_records);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
