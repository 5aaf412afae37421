/*
 * lib/audit/stspolicy: the text of a policy (RFC 8461 section 3.2) and which hosts it allows.
 */
#include "config.h"

#include "lib/audit/stspolicy.h"
#include "t/unit/unit.h"
#include "t/unit/zonedns.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define REST "mode: enforce\nmx: a.example\nmax_age: 1\n"
#define ALL "version: STSv1\n" REST

/* problem NULL: it is good. */
static const struct { const char *text, *problem; } texts[] = {
    { ALL, NULL }, { "version: STSv1\r\nmode: testing\r\nmx: *.a.example\r\nmax_age: 31557600", NULL },
    { REST "version:STSv1", NULL }, { "version:\t STSv1 \t\n" REST, NULL }, { ALL "\n\n", NULL },
    { "version: STSv1\nmode: none\nmax_age: 0\n", NULL },
    { ALL "mode: none\nmax_age: x\nversion: STSv2\n", NULL },       /* the first counts */
    { ALL "x-Other_1.2: \xc3\xa9 x\n", NULL },
    { "", "it has no version" }, { REST, "it has no version" }, { "version: STSv1\n", "it has no mode" },
    { "version: STSv1\nmode: enforce\nmx: a\n", "it has no max_age" },
    { "version: STSv1\nmode: enforce\nmax_age: 1\n", "it has no mx" },
    { "version: STSv2\n" REST, "line 1 has another version" }, { "Version: STSv1\n" REST, "it has no version" },
    { "version: stsv1\n" REST, "line 1 has another version" },
    { "version: STSv1\nmode: Enforce\n", "line 2 has a mode" }, { "version: STSv1\nmode:\n", "line 2 has a mode" },
    { "version: STSv1\nmode: report\n", "line 2 has a mode" },
    { "version: STSv1\nmax_age: 31557601\n", "line 2 has a max_age" },
    { "version: STSv1\nmax_age: 99999999999\n", "line 2 has a max_age" },
    { "version: STSv1\nmax_age: -1\n", "line 2 has a max_age" }, { "version: STSv1\nmax_age:\n", "line 2 has a max" },
    { ALL "mx: a.*.example\n", "line 5 has an mx" }, { ALL "mx: *a.example\n", "line 5 has an mx" },
    { ALL "mx: a.example.\n", "line 5 has an mx" }, { ALL "mx: a, b\n", "line 5 has an mx" },
    { ALL "mx: *\n", "line 5 has an mx" }, { ALL "mx:\n", "line 5 has an mx" },
    { ALL "mx: .a.example\n", "line 5 has an mx" },
    { ALL "no colon\n", "line 5 is not of the form" }, { ALL " mx: a\n", "line 5 is not of the form" },
    { ALL "-x: a\n", "line 5 is not of the form" }, { ALL "x:\n", "line 5 has no value" },
    { ALL "x: a\tb\n", "line 5 has no value, or a control" }, { ALL "\rx: a\n", "line 5 is not" },
    { ALL "a23456789012345678901234567890123: x\n", "line 5 is not of the form" },
    { "<html>\n<body style=\"color: red\">", "line 1 is not of the form" },
};

START_TEST(reads_policies)
{
    struct stspolicy policy;

    stspolicy_parse(texts[_i].text, strlen(texts[_i].text), &policy);
    ck_assert_msg(policy.state == (texts[_i].problem == NULL ? STSPOLICY_GOOD : STSPOLICY_INVALID), "'%s': %s",
                  texts[_i].text, policy.problem);
    if (texts[_i].problem == NULL)
        ck_assert_str_eq(policy.problem, "");
    else
        assert_within(policy.problem, texts[_i].problem);
    stspolicy_clear(&policy);
}
END_TEST

START_TEST(takes_fields_and_bounds_them)
{
    struct str text = STR_EMPTY;
    struct stspolicy policy;

    str_add(&text, "version: STSv1\nmode: testing\nmax_age: 604800\nmx: MX1.Example\nmx: *.B\xc3\xbc""cher.example\n");
    stspolicy_parse(str_get(&text), text.len, &policy);
    ck_assert_int_eq(policy.mode, STSPOLICY_TESTING);
    ck_assert_int_eq(policy.max_age, 604800);
    ck_assert_uint_eq(policy.n_mx, 2);
    ck_assert_str_eq(policy.mx[0], "mx1.example");
    ck_assert_str_eq(policy.mx[1], "*.xn--bcher-kva.example");
    stspolicy_clear(&policy);
    for (int i = 0; i < STSPOLICY_MX_MAX; i++)
        str_addf(&text, "mx: mx%d.example\n", i);
    stspolicy_parse(str_get(&text), text.len, &policy);
    ck_assert_uint_eq(policy.n_mx, STSPOLICY_MX_MAX);
    ck_assert(policy.is_cut);
    stspolicy_clear(&policy);
    stspolicy_parse("version: STSv1\0\n" REST, sizeof("version: STSv1\0\n" REST) - 1, &policy);
    ck_assert_int_eq(policy.state, STSPOLICY_INVALID);
    stspolicy_clear(&policy);
    str_clear(&text);
}
END_TEST

START_TEST(compares_hosts)
{
    static const struct { const char *host; bool want; } hosts[] = {
        { "mx.a.example", true }, { "b.example", true }, { "x.b.example", false }, { "a.example", false },
        { "deep.mx.a.example", false }, { "xa.example", false }, { "com", false },
    };
    static const char text[] = "version: STSv1\nmode: enforce\nmax_age: 1\nmx: *.a.example\nmx: b.example\n";
    struct stspolicy policy;

    stspolicy_parse(text, sizeof(text) - 1, &policy);
    for (size_t i = 0; i < LENGTH(hosts); i++)
        ck_assert_msg(stspolicy_allows(&policy, hosts[i].host) == hosts[i].want, "%s", hosts[i].host);
    stspolicy_clear(&policy);
}
END_TEST

/* --- asking, with a fetch that is made up -------------------------------------------------------- */

static struct stspolicy_server asked;
static size_t n_asked;
static struct ip_addr first;

static void give(const struct stspolicy_server *server, struct stspolicy_answer *answer_r)
{
    asked = *server;
    first = server->addresses[0];
    n_asked++;
    *answer_r = (struct stspolicy_answer){ .state = STSPOLICY_GOOD };
    str_add(&answer_r->text, ALL);
}

START_TEST(asks_our_resolver)
{
    static const char zone[] = "$TTL 60\nmta-sts.a.example. IN A 192.0.2.1\nmta-sts.a.example. IN AAAA 2001:db8::1\n"
                               "mta-sts.b.example. IN CNAME mta-sts.a.example.\nmta-sts.c.example. IN TXT \"x\"\n";
    static const struct {
        const char *domain;
        enum dns_status a, aaaa;
        enum stspolicy_state want;
        size_t n;
    } cases[] = {
        { "a.example", DNS_OK, DNS_OK, STSPOLICY_GOOD, 2 }, { "b.example", DNS_OK, DNS_OK, STSPOLICY_GOOD, 2 },
        { "a.example", DNS_OK, DNS_TIMEOUT, STSPOLICY_GOOD, 1 }, { "c.example", DNS_OK, DNS_OK, STSPOLICY_MISSING, 0 },
        { "d.example", DNS_OK, DNS_OK, STSPOLICY_MISSING, 0 },
        { "d.example", DNS_OK, DNS_TEMPFAIL, STSPOLICY_UNKNOWN, 0 },
        { "d.example", DNS_TIMEOUT, DNS_OK, STSPOLICY_UNKNOWN, 0 },
    };
    const struct stspolicy_means means = { .fetch = give };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct dns *dns = zonedns_new(zone);
        struct dns_budget budget = zonedns_budget();
        struct stspolicy policy;
        char name[64];

        snprintf(name, sizeof(name), "mta-sts.%s", cases[i].domain);
        if (cases[i].a != DNS_OK)
            dns_inject(dns, name, DNS_A, cases[i].a);
        if (cases[i].aaaa != DNS_OK)
            dns_inject(dns, name, DNS_AAAA, cases[i].aaaa);
        n_asked = 0;
        stspolicy_look_up(dns, &budget, &means, cases[i].domain, &policy);
        ck_assert_msg(policy.state == cases[i].want, "%zu: %s", i, policy.problem);
        ck_assert_uint_eq(n_asked, cases[i].n > 0);
        if (n_asked > 0) {
            ck_assert_uint_eq(asked.n_addresses, cases[i].n);
            ck_assert_int_eq(asked.port, 443);
            ck_assert_int_gt(asked.timeout_ms, 0);
            ck_assert_int_eq(first.family, AF_INET);
        }
        budget.deadline_ms = 0;
        stspolicy_clear(&policy);
        stspolicy_look_up(dns, &budget, &means, "a.example", &policy);
        ck_assert_int_eq(policy.state, STSPOLICY_UNKNOWN);
        stspolicy_clear(&policy);
        dns_free(&dns);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stspolicy");
    TCase *tc = tcase_create("stspolicy");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, reads_policies, 0, (int)LENGTH(texts));
    tcase_add_test(tc, takes_fields_and_bounds_them);
    tcase_add_test(tc, compares_hosts);
    tcase_add_test(tc, asks_our_resolver);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
