/*
 * lib/check/egresscheck and lib/check/domaincheck: what the DNS says of sending addresses, HELO names and domains, and
 * that a question that fails leaves it unknown and nothing else.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/check/domaincheck.h"
#include "lib/check/egresscheck.h"
#include "t/unit/unit.h"
#include "t/unit/zonedns.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define T FACT_TRUE
#define F FACT_FALSE
#define U FACT_UNKNOWN

static const char zone[] =
    "$TTL 300\n"
    "mail.example. IN A 192.0.2.1\n"
    "mail.example. IN A 192.0.2.2\n"
    "mail.example. IN AAAA 2001:db8::1\n"
    "1.2.0.192.in-addr.arpa. IN PTR mail.example.\n"
    "2.2.0.192.in-addr.arpa. IN PTR other.example.\n"
    "3.2.0.192.in-addr.arpa. IN PTR nowhere.example.\n"
    "4.2.0.192.in-addr.arpa. IN PTR nowhere.example.\n"
    "4.2.0.192.in-addr.arpa. IN PTR four.example.\n"
    "5.2.0.192.in-addr.arpa. IN PTR .\n"
    "6.2.0.192.in-addr.arpa. IN TXT \"not a PTR record\"\n"
    "7.2.0.192.in-addr.arpa. IN CNAME 7.0-8.2.0.192.in-addr.arpa.\n"
    "7.0-8.2.0.192.in-addr.arpa. IN PTR seven.example.\n"
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. IN PTR mail.example.\n"
    "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. IN PTR mail.example.\n"
    "other.example. IN A 192.0.2.99\n"
    "four.example. IN A 192.0.2.4\n"
    "seven.example. IN A 192.0.2.7\n"
    "text.example. IN TXT \"no address\"\n"
    "six.example. IN AAAA 2001:db8::1\n"
    "mx.example. IN MX 10 mail.example.\n"
    "nullmx.example. IN MX 0 .\n"
    "nullmx.example. IN A 192.0.2.1\n"
    "twomx.example. IN MX 0 .\n"
    "twomx.example. IN MX 10 mail.example.\n";

/* want: PTR, FCrDNS and HELO of each address, then whether the HELO name resolves. */
static const struct egress_case {
    const char *name, *helo;
    const char *addresses[4];
    struct { enum fact_value ptr, fcrdns, helo; } want[4];
    enum fact_value helo_resolves;
    const char *findings;       /* "id(subject)", parted by spaces */
} egress_cases[] = {
    { "all is well", "mail.example", { "192.0.2.1", "2001:db8::1" }, { { T, T, T }, { T, T, T } }, T, "" },
    { "no PTR", "mail.example", { "192.0.2.250" }, { { F, F, F } }, T,
      "ptr-missing(192.0.2.250) helo-mismatch(192.0.2.250)" },
    { "another record only", "mail.example", { "192.0.2.6" }, { { F, F, F } }, T,
      "ptr-missing(192.0.2.6) helo-mismatch(192.0.2.6)" },
    { "a name with another address", "mail.example", { "192.0.2.2" }, { { T, F, T } }, T, "ptr-mismatch(192.0.2.2)" },
    { "a name that does not exist", "mail.example", { "192.0.2.3" }, { { T, F, F } }, T,
      "ptr-mismatch(192.0.2.3) helo-mismatch(192.0.2.3)" },
    { "the second name", "four.example", { "192.0.2.4" }, { { T, T, T } }, T, "" },
    { "the root", "mail.example", { "192.0.2.5" }, { { T, F, F } }, T,
      "ptr-mismatch(192.0.2.5) helo-mismatch(192.0.2.5)" },
    { "delegated by CNAME", "seven.example", { "192.0.2.7" }, { { T, T, T } }, T, "" },
    { "IPv6 without its AAAA", "mail.example", { "192.0.2.1", "2001:db8::2" }, { { T, T, T }, { T, F, F } }, T,
      "ptr-mismatch(2001:db8::2) helo-mismatch(2001:db8::2)" },
    { "HELO of the other family", "six.example", { "192.0.2.1" }, { { T, T, F } }, T, "helo-mismatch(192.0.2.1)" },
    { "HELO without an address", "text.example", { "192.0.2.1" }, { { T, T, F } }, F,
      "helo-unresolvable(text.example)" },
    { "HELO that does not exist", "none.example", { "192.0.2.1" }, { { T, T, F } }, F,
      "helo-unresolvable(none.example)" },
    { "HELO of one label", "mail", { "192.0.2.1" }, { { T, T, F } }, F, "helo-invalid(mail)" },
    { "no address", "mail.example", { NULL }, { { T, T, T } }, T, "" },
};

static char *join_findings(const struct egress_result *result)
{
    struct findings findings = { 0 };
    struct str s = STR_EMPTY;

    egresscheck_findings(result, &findings);
    for (size_t i = 0; i < findings.count; i++)
        str_addf(&s, "%s%s(%s)", i == 0 ? "" : " ", findings.items[i].row->name, findings.items[i].subject);
    findings_clear(&findings);
    return str_steal(&s);
}

static void run(struct dns *dns, const struct egress_case *c, struct egress_result *result_r)
{
    struct dns_budget budget = zonedns_budget();
    struct ip_addr addresses[4];
    size_t n = 0;

    for (; n < LENGTH(c->addresses) && c->addresses[n] != NULL; n++)
        ck_assert_int_eq(ip_parse(c->addresses[n], &addresses[n]), 0);
    egresscheck_run(dns, &budget, addresses, n, false, c->helo, result_r);
    ck_assert_uint_eq(result_r->n_addresses, n);
}

START_TEST(checks_addresses)
{
    const struct egress_case *c = &egress_cases[_i];
    struct dns *dns = zonedns_new(zone);
    struct egress_result result;

    run(dns, c, &result);
    for (size_t i = 0; i < result.n_addresses; i++) {
        const struct egress_address *got = &result.addresses[i];
        ck_assert_msg(got->ptr == c->want[i].ptr && got->fcrdns == c->want[i].fcrdns && got->helo == c->want[i].helo,
                      "%s: %d %d %d", c->name, got->ptr, got->fcrdns, got->helo);
    }
    ck_assert_msg(result.helo_resolves == c->helo_resolves, "%s", c->name);
    char *findings = join_findings(&result);
    ck_assert_msg(strcmp(findings, c->findings) == 0, "%s: %s", c->name, findings);
    free(findings);
    egress_result_clear(&result);
    ck_assert_ptr_null(result.addresses);
    dns_free(&dns);
}
END_TEST

static const struct { const char *name; enum dns_type type; } questions[] = {
    { "mail.example", DNS_A }, { "mail.example", DNS_AAAA }, { "four.example", DNS_A }, { "seven.example", DNS_A },
    { "other.example", DNS_A }, { "nowhere.example", DNS_A }, { "text.example", DNS_A }, { "text.example", DNS_AAAA },
    { "six.example", DNS_A }, { "six.example", DNS_AAAA }, { "none.example", DNS_A }, { "mail", DNS_A },
    { "1.2.0.192.in-addr.arpa", DNS_PTR }, { "2.2.0.192.in-addr.arpa", DNS_PTR },
    { "3.2.0.192.in-addr.arpa", DNS_PTR }, { "4.2.0.192.in-addr.arpa", DNS_PTR },
    { "7.2.0.192.in-addr.arpa", DNS_PTR }, { "250.2.0.192.in-addr.arpa", DNS_PTR },
    { "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", DNS_PTR },
    { "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", DNS_PTR },
};
static const enum dns_status failures[] = { DNS_TIMEOUT, DNS_TEMPFAIL, DNS_BOGUS };

static bool is_same_or_unknown(enum fact_value got, enum fact_value want, size_t *unknown)
{
    *unknown += got == FACT_UNKNOWN;
    return got == want || got == FACT_UNKNOWN;
}

START_TEST(failures_leave_it_unknown)
{
    size_t unknown = 0;

    for (size_t k = 0; k < LENGTH(egress_cases) * LENGTH(questions) * LENGTH(failures); k++) {
        const struct egress_case *c = &egress_cases[k % LENGTH(egress_cases)];
        size_t q = k / LENGTH(egress_cases) % LENGTH(questions);
        struct dns *dns = zonedns_new(zone);
        struct egress_result result;
        dns_inject(dns, questions[q].name, questions[q].type, failures[k / LENGTH(egress_cases) / LENGTH(questions)]);
        run(dns, c, &result);
        for (size_t i = 0; i < result.n_addresses; i++) {
            const struct egress_address *got = &result.addresses[i];
            ck_assert_msg(is_same_or_unknown(got->ptr, c->want[i].ptr, &unknown)
                          && is_same_or_unknown(got->fcrdns, c->want[i].fcrdns, &unknown)
                          && is_same_or_unknown(got->helo, c->want[i].helo, &unknown), "%s, %s %s", c->name,
                          dns_type_name(questions[q].type), questions[q].name);
        }
        ck_assert_msg(is_same_or_unknown(result.helo_resolves, c->helo_resolves, &unknown), "%s, %s %s", c->name,
                      dns_type_name(questions[q].type), questions[q].name);
        egress_result_clear(&result);
        dns_free(&dns);
    }
    ck_assert_uint_gt(unknown, 100);
}
END_TEST

/* As many as are looked at may all be wrong; of more nobody knows. */
START_TEST(bounds_ptr_names)
{
    for (int names = EGRESSCHECK_NAMES_MAX; names <= EGRESSCHECK_NAMES_MAX + 1; names++) {
        struct str text = STR_EMPTY;
        struct egress_result result;
        static const struct egress_case one = { "many", "mail.example", { "192.0.2.9" }, { { T, T, T } }, T, "" };
        str_add(&text, "mail.example. 300 IN A 192.0.2.1\n");
        for (int i = 0; i < names; i++)
            str_addf(&text, "9.2.0.192.in-addr.arpa. 300 IN PTR n%d.example.\n", i);
        struct dns *dns = zonedns_new(str_get(&text));
        run(dns, &one, &result);
        ck_assert_int_eq(result.addresses[0].ptr, T);
        ck_assert_int_eq(result.addresses[0].fcrdns, names > EGRESSCHECK_NAMES_MAX ? U : F);
        egress_result_clear(&result);
        dns_free(&dns);
        str_clear(&text);
    }
}
END_TEST

START_TEST(a_spent_budget_leaves_it_unknown)
{
    struct dns *dns = zonedns_new(zone);
    struct dns_budget budget = { .deadline_ms = clock_ms() + 10000, .questions = 1 };
    struct egress_result result;
    struct ip_addr addresses[2];

    ck_assert_int_eq(ip_parse("192.0.2.250", &addresses[0]), 0);
    ck_assert_int_eq(ip_parse("192.0.2.1", &addresses[1]), 0);
    egresscheck_run(dns, &budget, addresses, 2, true, "mail.example", &result);
    ck_assert_int_eq(result.addresses[0].ptr, F);
    ck_assert_int_eq(result.addresses[1].ptr, U);
    ck_assert_int_eq(result.addresses[1].fcrdns, U);
    ck_assert_int_eq(result.helo_resolves, U);
    ck_assert(result.is_incomplete && budget.is_spent);
    egress_result_clear(&result);
    dns_free(&dns);
}
END_TEST

START_TEST(knows_full_host_names)
{
    static const struct { const char *name; bool want; } cases[] = {
        { "mail.example.com", true }, { "a.b", true }, { "1.2.3.com", true }, { "xn--mgba.example", true },
        { "mail-1.example.com", true }, { "mail", false }, { "localhost", false }, { "192.0.2.1", false },
        { "mail_1.example.com", false }, { "-mail.example.com", false }, { "mail-.example.com", false },
        { "mail..example.com", false }, { ".example.com", false }, { "mail.example.com.", false },
        { "mail.example.c_m", false }, { "", false },
    };
    struct dns *dns = zonedns_new(zone);

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct dns_budget budget = zonedns_budget();
        struct egress_result result;
        egresscheck_run(dns, &budget, NULL, 0, false, cases[i].name, &result);
        ck_assert_msg(result.is_helo_valid == cases[i].want, "%s", cases[i].name);
        egress_result_clear(&result);
    }
    dns_free(&dns);
}
END_TEST

static const struct domain_case { const char *domain; enum fact_value want; } domain_cases[] = {
    { "mx.example", T }, { "mail.example", T }, { "six.example", T }, { "twomx.example", T }, { "MX.example.", T },
    { "[192.0.2.1]", T }, { "nullmx.example", F }, { "text.example", F }, { "none.example", F }, { "a..b", F },
    { "a b", F },
};

START_TEST(checks_domains)
{
    static const enum dns_type types[] = { DNS_MX, DNS_A, DNS_AAAA };
    const struct domain_case *c = &domain_cases[_i];
    struct dns *dns = zonedns_new(zone);
    struct dns_budget budget = zonedns_budget();

    domaincheck_prefetch(dns, c->domain);
    ck_assert_msg(domaincheck_resolves(dns, &budget, c->domain) == c->want, "%s", c->domain);
    dns_free(&dns);
    for (size_t k = 0; k < LENGTH(types) * LENGTH(failures); k++) {
        dns = zonedns_new(zone);
        dns_inject(dns, c->domain, types[k % LENGTH(types)], failures[k / LENGTH(types)]);
        enum fact_value value = domaincheck_resolves(dns, &budget, c->domain);
        ck_assert_msg(value == c->want || value == U, "%s, %s", c->domain, dns_type_name(types[k % LENGTH(types)]));
        bool is_name = strpbrk(c->domain, "[ ") == NULL && strstr(c->domain, "..") == NULL;
        ck_assert_msg(types[k % LENGTH(types)] != DNS_MX || !is_name || value == U, "%s", c->domain);
        dns_free(&dns);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("egresscheck");
    TCase *tc = tcase_create("egresscheck");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, checks_addresses, 0, (int)LENGTH(egress_cases));
    tcase_add_test(tc, failures_leave_it_unknown);
    tcase_add_test(tc, bounds_ptr_names);
    tcase_add_test(tc, a_spent_budget_leaves_it_unknown);
    tcase_add_test(tc, knows_full_host_names);
    tcase_add_loop_test(tc, checks_domains, 0, (int)LENGTH(domain_cases));
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
