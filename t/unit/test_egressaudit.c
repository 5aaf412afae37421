/*
 * lib/audit/egressaudit and its reports: what is seen of each address, what is proposed, and that a question that fails
 * is told as not known and never as a fault.
 */
#include "config.h"

#include "lib/audit/egressaudit.h"
#include "lib/base/mem.h"
#include "lib/report/audited.h"
#include "t/unit/conffile.h"
#include "t/unit/unit.h"
#include "t/unit/vanished.h"
#include "t/unit/zonedns.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char zone[] =
    "$TTL 300\n"
    "mail.example. IN A 192.0.2.1\n"
    "mail.example. IN AAAA 2001:db8::1\n"
    "mail.example. IN TXT \"v=spf1 a -all\"\n"
    "bare.example. IN A 192.0.2.1\n"
    "1.2.0.192.in-addr.arpa. IN PTR mail.example.\n"
    "2.2.0.192.in-addr.arpa. IN PTR 192-0-2-2.provider.example.\n"
    "192-0-2-2.provider.example. IN A 192.0.2.2\n"
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. IN PTR mail.example.\n"
    "2.0.0.127.bl.example. IN A 127.0.0.2\n"
    "2.2.0.192.bl.example. IN A 127.0.0.4\n"
    "2.0.0.127.parked.example. IN A 198.51.100.1\n"
    "test.names.example. IN A 127.0.0.2\n"
    "192.0.2.1.names.example. IN A 127.0.0.2\n"
    "bare.example.names.example. IN A 127.0.0.10\n";
static const char lists[] =
    "blocklist bl.example {\n kind = addresses\n codes = { \"127.0.0.4-127.0.0.7 hijacked hosts\" }\n}\n"
    "blocklist parked.example { kind = addresses }\n"
    "blocklist names.example { kind = domains mask = 14 codes = { \"2 black\", \"8 red\" } }\n";

static struct orgdomain *orgdomain;
static struct blocklists *blocklists;

static void set_up(void)
{
    struct err err = { "" };

    conffile_start();
    orgdomain = orgdomain_new(&err);
    blocklists = blocklists_load(NULL, &err);
    ck_assert_msg(orgdomain != NULL && blocklists != NULL, "%s", err.text);
}

static void tear_down(void)
{
    orgdomain_free(&orgdomain);
    blocklists_free(&blocklists);
    conffile_done();
}

static void load_lists(void)
{
    struct err err = { "" };

    blocklists_free(&blocklists);
    blocklists = blocklists_load(conffile_write_bytes("blocklists.conf", lists, strlen(lists)), &err);
    ck_assert_msg(blocklists != NULL, "%s", err.text);
}

static const struct egress_case {
    const char *name, *helo;
    const char *addresses[4];
    bool with_lists;
    const char *problem;
    enum audit_outcome outcome;
    const char *findings;       /* "id(subject)", parted by spaces */
    const char *publish;        /* "name TYPE text", parted by "; " */
} cases[] = {
    { "all is well", "mail.example", { "2001:db8::1", "192.0.2.1" }, false, "", AUDIT_CLEAR, "", "" },
    { "a generic name", "mail.example", { "192.0.2.1", "192.0.2.2" }, false, "", AUDIT_FAULTY,
      "helo-mismatch(192.0.2.2) ptr-generic(192.0.2.2) spf-helo-fail(192.0.2.2)",
      "2.2.0.192.in-addr.arpa PTR mail.example; mail.example A 192.0.2.2" },
    { "no PTR", "mail.example", { "192.0.2.3" }, false, "", AUDIT_FAULTY,
      "ptr-missing(192.0.2.3) helo-mismatch(192.0.2.3) spf-helo-fail(192.0.2.3)",
      "3.2.0.192.in-addr.arpa PTR mail.example; mail.example A 192.0.2.3" },
    { "HELO without SPF", "bare.example", { "192.0.2.1" }, false, "", AUDIT_CLEAR, "helo-spf-none(bare.example)",
      "bare.example TXT v=spf1 a -all" },
    { "HELO without SPF, nor all addresses", "bare.example", { "192.0.2.1", "2001:db8::1" }, false, "", AUDIT_CLEAR,
      "helo-mismatch(2001:db8::1) helo-spf-none(bare.example)",
      "bare.example AAAA 2001:db8::1; bare.example TXT v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all" },
    { "HELO that is none", "mail", { "192.0.2.1" }, false, "", AUDIT_FAULTY, "helo-invalid(mail)", "" },
    { "no address", "mail.example", { NULL }, false, "its helo name has no address records", AUDIT_FAULTY,
      "egress-unknown(default)", "" },
    { "listed", "mail.example", { "192.0.2.2" }, true, "", AUDIT_FAULTY,
      "address-listed(192.0.2.2) blocklist-unusable(parked.example) helo-mismatch(192.0.2.2) ptr-generic(192.0.2.2) "
      "spf-helo-fail(192.0.2.2)", NULL },
    { "a list that cannot be used", "mail.example", { "192.0.2.1" }, true, "", AUDIT_UNDECIDED,
      "blocklist-unusable(parked.example)", "" },
    { "a HELO name that is listed", "bare.example", { "192.0.2.1" }, true, "", AUDIT_FAULTY,
      "blocklist-unusable(parked.example) domain-listed(bare.example) helo-spf-none(bare.example)", NULL },
    { "a HELO name whose domain is listed", "mx1.bare.example", { "192.0.2.1" }, true, "", AUDIT_FAULTY,
      "blocklist-unusable(parked.example) domain-listed(bare.example) helo-unresolvable(mx1.bare.example) "
      "helo-spf-none(mx1.bare.example)", NULL },
    { "HELO that is an address", "192.0.2.1", { "192.0.2.3" }, true, "", AUDIT_FAULTY,
      "blocklist-unusable(parked.example) helo-invalid(192.0.2.1) ptr-missing(192.0.2.3)", "" },
};

static void run(struct dns *dns, const struct egress_case *c, struct dns_budget *budget, struct egressaudit *audit_r)
{
    struct ip_addr addresses[4];
    size_t n = 0;

    for (; n < LENGTH(c->addresses) && c->addresses[n] != NULL; n++)
        ck_assert_int_eq(ip_parse(c->addresses[n], &addresses[n]), 0);
    egressaudit_run(&(struct egressaudit_input){
                        .dns = dns, .lists = blocklists, .orgdomain = orgdomain, .egress = "default",
                        .helo = c->helo, .receiver = "here.example", .addresses = addresses, .n_addresses = n,
                        .problem = c->problem,
                    }, budget, audit_r);
}

/* By name, for the order in which they are found is nobody's business. */
static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *join_findings(const struct findings *findings)
{
    char *names[100];
    struct str s = STR_EMPTY;

    ck_assert_uint_lt(findings->count, LENGTH(names));
    for (size_t i = 0; i < findings->count; i++)
        names[i] = xasprintf("%s(%s)", findings->items[i].row->name, findings->items[i].subject);
    qsort(names, findings->count, sizeof(*names), compare);
    for (size_t i = 0; i < findings->count; i++) {
        str_addf(&s, "%s%s", i == 0 ? "" : " ", names[i]);
        free(names[i]);
    }
    return str_steal(&s);
}

static char *sort_words(const char *text)
{
    char *copy = xstrdup(text), *rest = copy, *words[100];
    struct str s = STR_EMPTY;
    size_t n = 0;

    while (*text != '\0' && rest != NULL)
        words[n++] = strsep(&rest, " ");
    qsort(words, n, sizeof(*words), compare);
    for (size_t i = 0; i < n; i++)
        str_addf(&s, "%s%s", i == 0 ? "" : " ", words[i]);
    free(copy);
    return str_steal(&s);
}

static char *join_publish(const struct publish *publish)
{
    struct str s = STR_EMPTY;

    for (size_t i = 0; i < publish->count; i++)
        str_addf(&s, "%s%s %s %s", i == 0 ? "" : "; ", publish->items[i].name, dns_type_name(publish->items[i].type),
                 publish->items[i].text);
    return str_steal(&s);
}

START_TEST(audits_an_egress)
{
    const struct egress_case *c = &cases[_i];
    struct dns *dns = zonedns_new(zone);
    struct dns_budget budget = zonedns_budget();
    struct egressaudit audit;

    if (c->with_lists)
        load_lists();
    run(dns, c, &budget, &audit);
    char *findings = join_findings(&audit.findings), *want = sort_words(c->findings);
    char *publish = join_publish(&audit.publish);
    ck_assert_msg(strcmp(findings, want) == 0, "%s: %s", c->name, findings);
    ck_assert_msg(audit.outcome == c->outcome, "%s: %s", c->name, audit_outcome_name(audit.outcome));
    ck_assert_msg(c->publish == NULL || strcmp(publish, c->publish) == 0, "%s: %s", c->name, publish);
    free(findings);
    free(want);
    free(publish);
    egressaudit_clear(&audit);
    ck_assert_ptr_null(audit.addresses);
    dns_free(&dns);
}
END_TEST

/* Whatever fails: of what was a fault nothing is left but what is still seen, nothing new appears. */
START_TEST(failures_are_no_faults)
{
    static const struct { const char *name; enum dns_type type; } questions[] = {
        { "mail.example", DNS_A }, { "mail.example", DNS_AAAA }, { "mail.example", DNS_TXT },
        { "bare.example", DNS_A }, { "bare.example", DNS_AAAA }, { "bare.example", DNS_TXT },
        { "1.2.0.192.in-addr.arpa", DNS_PTR }, { "2.2.0.192.in-addr.arpa", DNS_PTR },
        { "3.2.0.192.in-addr.arpa", DNS_PTR }, { "192-0-2-2.provider.example", DNS_A },
        { "2.0.0.127.bl.example", DNS_A }, { "1.0.0.127.bl.example", DNS_A }, { "2.2.0.192.bl.example", DNS_A },
        { "1.2.0.192.bl.example", DNS_A }, { "test.names.example", DNS_A }, { "bare.example.names.example", DNS_A },
    };
    static const enum dns_status failures[] = { DNS_TIMEOUT, DNS_TEMPFAIL, DNS_BOGUS };
    const struct egress_case *c = &cases[_i];
    size_t undecided = 0, gone = 0;
    struct egressaudit whole;

    if (c->with_lists)
        load_lists();
    struct dns *good = zonedns_new(zone);
    struct dns_budget plenty = zonedns_budget();
    run(good, c, &plenty, &whole);
    dns_free(&good);
    for (size_t k = 0; k < LENGTH(questions) * LENGTH(failures); k++) {
        struct dns *dns = zonedns_new(zone);
        struct dns_budget budget = zonedns_budget();
        struct egressaudit audit;
        dns_inject(dns, questions[k % LENGTH(questions)].name, questions[k % LENGTH(questions)].type,
                   failures[k / LENGTH(questions)]);
        run(dns, c, &budget, &audit);
        for (size_t i = 0; i < audit.findings.count; i++) {
            char *one = xasprintf("%s(%s)", audit.findings.items[i].row->name, audit.findings.items[i].subject);
            ck_assert_msg(strstr(c->findings, one) != NULL, "%s: %s appeared", c->name, one);
            free(one);
        }
        ck_assert_int_le(audit.outcome, c->outcome == AUDIT_FAULTY ? AUDIT_FAULTY : AUDIT_UNDECIDED);
        undecided += audit.outcome == AUDIT_UNDECIDED;
        gone += vanished_check(&whole.findings, &audit.findings, audit.unknown, questions[k % LENGTH(questions)].name);
        egressaudit_clear(&audit);
        dns_free(&dns);
    }
    ck_assert_msg(c->outcome != AUDIT_CLEAR || undecided >= LENGTH(failures), "%s", c->name);
    ck_assert_msg(gone > 0 || c->outcome != AUDIT_FAULTY || c->addresses[0] == NULL || strcmp(c->helo, "mail") == 0,
                  "%s: no failure matters", c->name);
    egressaudit_clear(&whole);
}
END_TEST

/* Where the addresses themselves could not be found out. */
START_TEST(unknown_addresses_are_undecided)
{
    static const struct egress_case c = { "", "mail.example", { NULL }, false, "A of mail.example: timeout",
                                          AUDIT_UNDECIDED, "", "" };
    struct dns *dns = zonedns_new(zone);
    struct dns_budget budget = zonedns_budget();
    struct egressaudit audit;

    budget.failed = 1;
    run(dns, &c, &budget, &audit);
    ck_assert_int_eq(audit.outcome, AUDIT_UNDECIDED);
    ck_assert_uint_eq(audit.findings.count, 0);
    egressaudit_clear(&audit);
    dns_free(&dns);
}
END_TEST

START_TEST(prints_text)
{
    static const char *const want[] = {
        "FAULTY  egress default, to be mended: address-listed,", "    syntax          a host name with its domain\n",
        "\nIPv4\n  192.0.2.2\n    PTR             192-0-2-2.provider.example, confirmed; looks generic\n",
        "    HELO            the name does not have this address\n", "    HELO SPF        fail by -all\n",
        "    bl.example      listed: 127.0.0.4 hijacked hosts\n",
        "    parked.example  unusable: it answers 198.51.100.1, which is not in 127.0.0.0/8\n",
        "\nIPv6\n  2001:db8::1\n    PTR             mail.example, confirmed\n",
        "    blocklists      none of those configured lists such\n", "    names.example   not listed\n",
        "\nTo publish\n  2.2.0.192.in-addr.arpa. PTR mail.example.\n  mail.example. A 192.0.2.2\n", "ptr-generic\n",
    };
    static const struct egress_case c = { "", "mail.example", { "2001:db8::1", "192.0.2.2" }, true, "", AUDIT_FAULTY,
                                          "", "" };
    struct dns *dns = zonedns_new(zone);
    struct dns_budget budget = zonedns_budget();
    struct egressaudit audit;
    struct str text = STR_EMPTY;

    load_lists();
    run(dns, &c, &budget, &audit);
    report_text_egress(&audit, 1, false, &text);
    for (size_t i = 0; i < LENGTH(want); i++)
        assert_within(str_get(&text), want[i]);
    str_reset(&text);
    report_text_egress(&audit, 1, true, &text);
    ck_assert_ptr_nonnull(strstr(str_get(&text), "\033[31mlisted"));
    str_clear(&text);
    egressaudit_clear(&audit);
    dns_free(&dns);
}
END_TEST

START_TEST(prints_the_worst_address_first)
{
    static const struct egress_case c = { "", "mail.example", { "192.0.2.1", "192.0.2.2" }, false, "", AUDIT_FAULTY,
                                          "", "" };
    struct dns *dns = zonedns_new(zone);
    struct dns_budget budget = zonedns_budget();
    struct egressaudit audit;
    struct str text = STR_EMPTY;

    run(dns, &c, &budget, &audit);
    report_text_egress(&audit, 1, false, &text);
    const char *good = strstr(str_get(&text), "\n  192.0.2.1\n"), *bad = strstr(str_get(&text), "\n  192.0.2.2\n");
    ck_assert_ptr_nonnull(good);
    ck_assert_ptr_nonnull(bad);
    ck_assert_msg(bad < good, "%s", str_get(&text));
    str_clear(&text);
    egressaudit_clear(&audit);
    dns_free(&dns);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("egressaudit");
    TCase *tc = tcase_create("egressaudit");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, audits_an_egress, 0, (int)LENGTH(cases));
    tcase_add_loop_test(tc, failures_are_no_faults, 0, (int)LENGTH(cases));
    tcase_add_test(tc, unknown_addresses_are_undecided);
    tcase_add_test(tc, prints_text);
    tcase_add_test(tc, prints_the_worst_address_first);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
