/*
 * lib/check/blocklists and lib/check/blocklist: the file's mistakes, what answers mean, which lists are believed, and
 * that a question that fails leaves it unknown.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/check/blocklist.h"
#include "lib/config/source.h"
#include "lib/config/tree.h"
#include "t/unit/conffile.h"
#include "t/unit/unit.h"
#include "t/unit/zonedns.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define T FACT_TRUE
#define F FACT_FALSE
#define U FACT_UNKNOWN
#define N FACT_UNEXAMINED

static struct orgdomain *orgdomain;

static void set_up(void)
{
    struct err err = { "" };

    conffile_start();
    orgdomain = orgdomain_new(&err);
    ck_assert_msg(orgdomain != NULL, "%s", err.text);
}

static void tear_down(void)
{
    orgdomain_free(&orgdomain);
    conffile_done();
}

static struct blocklists *load(const char *text, struct err *err_r)
{
    *err_r = (struct err){ "" };
    return blocklists_load(conffile_write_bytes("blocklists.conf", text, strlen(text)), err_r);
}

/* --- the file ------------------------------------------------------------------------ */

static const struct { const char *text, *error; } mistakes[] = {
    { "blocklist a.example { }\n", ":1: blocklist 'a.example' has no 'kind'" },
    { "blocklist \"a b\" { kind = addresses }\n", ":1: blocklist 'a b' is not named as a zone" },
    { "blocklist a.example {\n kind = both\n}\n", ":2: option 'blocklist a.example: kind': 'both' is not addresses or "
      "domains" },
    { "blocklist a.example {\n kind = addresses\n ipv6 = maybe\n}\n", "'maybe' is not yes or no" },
    { "blocklist a.example {\n kind = domains\n ipv6 = yes\n}\n", ":3: option 'blocklist a.example: ipv6': a list of "
      "domains has no addresses" },
    { "blocklist a.example {\n kind = addresses\n listed = { \"128.0.0.1\" }\n}\n", "'128.0.0.1' is not an address in "
      "127.0.0.0/8" },
    { "blocklist a.example {\n kind = addresses\n listed = { \"127.0.0.9-127.0.0.2\" }\n}\n", "is not an address" },
    { "blocklist a.example {\n kind = addresses\n listed = { \"127.0.0.2-\" }\n}\n", "is not an address" },
    { "blocklist a.example {\n kind = addresses\n unusable = { \"x\" }\n}\n", "'x' is not an address" },
    { "blocklist a.example {\n kind = domains\n mask = 255\n}\n", "'255' is not a number from 1 to 254" },
    { "blocklist a.example {\n kind = domains\n mask = 0\n}\n", "'0' is not a number" },
    { "blocklist a.example {\n kind = domains\n mask = 8x\n}\n", "'8x' is not a number" },
    { "blocklist a.example {\n kind = domains\n mask = 8\n listed = { \"127.0.0.2\" }\n}\n", "either 'mask' or "
      "'listed'" },
    { "blocklist a.example {\n kind = domains\n test_listed = \"a b\"\n}\n", "'a b' is not a name below the zone" },
    { "blocklist a.example {\n kind = domains\n codes = { \"127.0.0.2\" }\n}\n", ":3: option 'blocklist a.example: "
      "codes': '127.0.0.2' is not an answer and what it means" },
    { "blocklist a.example {\n kind = domains\n codes = { \"300 spam\" }\n}\n", "'300 spam' is not an answer" },
    { "blocklist a.example {\n kind = domains\n codes = { \"2 a\nb\" }\n}\n", "is not one line of text" },
    { "blocklist a.example {\n kind = domains\n pages = \"x\"\n}\n", "page" },
    { "list a.example {\n kind = domains\n}\n", ":1:" },
};

START_TEST(refuses_mistakes)
{
    struct err err;
    struct blocklists *lists = load(mistakes[_i].text, &err);

    ck_assert_msg(lists == NULL, "%s", mistakes[_i].text);
    ck_assert_msg(strstr(err.text, mistakes[_i].error) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "blocklists.conf:") != NULL, "%s", err.text);
}
END_TEST

START_TEST(without_a_file_there_is_no_list)
{
    static const char *const paths[] = { NULL, "" };

    for (size_t i = 0; i < LENGTH(paths); i++) {
        struct err err = { "" };
        struct blocklists *lists = blocklists_load(paths[i], &err);
        size_t n = 1;
        ck_assert_ptr_nonnull(lists);
        blocklists_all(lists, &n);
        ck_assert_uint_eq(n, 0);
        blocklists_free(&lists);
    }
}
END_TEST

START_TEST(refuses_too_many)
{
    struct str text = STR_EMPTY;
    struct err err;

    for (int i = 0; i <= BLOCKLISTS_MAX; i++)
        str_addf(&text, "blocklist l%d.example { kind = domains }\n", i);
    ck_assert_ptr_null(load(str_get(&text), &err));
    ck_assert_msg(strstr(err.text, "more than 32 blocklists") != NULL, "%s", err.text);
    ck_assert_ptr_null(blocklists_load("/nonexistent/blocklists.conf", &err));
    str_clear(&text);
}
END_TEST

START_TEST(shipped_lists_are_sound)
{
    struct err err = { "" };
    struct blocklists *lists = blocklists_load(unit_path("conf/blocklists.conf"), &err);
    size_t n;

    ck_assert_msg(lists != NULL, "%s", err.text);
    const struct blocklist *list = blocklists_all(lists, &n);
    ck_assert_uint_eq(n, 6);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_ne(list[i].title, list[i].zone);
        ck_assert_msg(strncmp(list[i].page, "https://", 8) == 0, "%s", list[i].zone);
        ck_assert_msg(list[i].n_listed > 0 || list[i].mask > 0, "%s", list[i].zone);
    }
    blocklists_free(&lists);
    ck_assert_ptr_null(lists);
    blocklists_free(&lists);
}
END_TEST

START_TEST(options_are_in_the_manual)
{
    struct str manual = STR_EMPTY;
    struct err err = { "" };

    ck_assert_msg(source_read(unit_path("man/preflight.conf.5"), &manual, &err) == 0, "%s", err.text);
    const char *start = strstr(str_get(&manual), "\n.Ss Section blocklist ZONE\n");
    ck_assert_ptr_nonnull(start);
    const char *end = strstr(start, "\n.Sh ");
    const struct tree_kind *kind = blocklists_kinds() + 1;
    size_t options = 0, items = 0;
    for (; kind->options[options].name != NULL; options++) {
        char item[64];
        snprintf(item, sizeof(item), "\n.It Ic %s No = ", kind->options[options].name);
        const char *at = strstr(start, item);
        ck_assert_msg(at != NULL && at < end, "%s is not in the manual", kind->options[options].name);
    }
    for (const char *at = strstr(start, "\n.It Ic "); at != NULL && at < end; at = strstr(at + 1, "\n.It Ic "))
        items++;
    ck_assert_uint_eq(items, options);
    str_clear(&manual);
}
END_TEST

/* --- answers --------------------------------------------------------------------------- */

static const char classes[] =
    "blocklist any.example { kind = addresses }\n"
    "blocklist some.example { kind = addresses listed = { \"127.0.0.2-127.0.0.4\", \"127.0.1.9\" }\n"
    "  unusable = { \"127.0.1.255\" } }\n"
    "blocklist sum.example { kind = domains mask = 10 }\n";

START_TEST(classifies_answers)
{
    static const struct { const char *answer; enum blocklist_answer any, some, sum; } cases[] = {
        { "127.0.0.2", BLOCKLIST_LISTED, BLOCKLIST_LISTED, BLOCKLIST_LISTED },
        { "127.0.0.4", BLOCKLIST_LISTED, BLOCKLIST_LISTED, BLOCKLIST_OTHER },
        { "127.0.0.5", BLOCKLIST_LISTED, BLOCKLIST_OTHER, BLOCKLIST_OTHER },
        { "127.0.0.8", BLOCKLIST_LISTED, BLOCKLIST_OTHER, BLOCKLIST_LISTED },
        { "127.0.1.9", BLOCKLIST_LISTED, BLOCKLIST_LISTED, BLOCKLIST_LISTED },
        { "127.0.1.255", BLOCKLIST_LISTED, BLOCKLIST_REFUSED, BLOCKLIST_LISTED },
        { "127.0.0.1", BLOCKLIST_REFUSED, BLOCKLIST_REFUSED, BLOCKLIST_REFUSED },
        { "127.255.255.252", BLOCKLIST_REFUSED, BLOCKLIST_REFUSED, BLOCKLIST_REFUSED },
        { "127.255.255.254", BLOCKLIST_REFUSED, BLOCKLIST_REFUSED, BLOCKLIST_REFUSED },
        { "127.255.255.255", BLOCKLIST_REFUSED, BLOCKLIST_REFUSED, BLOCKLIST_REFUSED },
        { "127.255.254.255", BLOCKLIST_LISTED, BLOCKLIST_OTHER, BLOCKLIST_LISTED },
        { "126.255.255.255", BLOCKLIST_REFUSED, BLOCKLIST_REFUSED, BLOCKLIST_REFUSED },
        { "128.0.0.2", BLOCKLIST_REFUSED, BLOCKLIST_REFUSED, BLOCKLIST_REFUSED },
        { "203.0.113.2", BLOCKLIST_REFUSED, BLOCKLIST_REFUSED, BLOCKLIST_REFUSED },
        { "2001:db8::2", BLOCKLIST_REFUSED, BLOCKLIST_REFUSED, BLOCKLIST_REFUSED },
    };
    struct err err;
    struct blocklists *lists = load(classes, &err);
    size_t n;

    ck_assert_msg(lists != NULL, "%s", err.text);
    const struct blocklist *list = blocklists_all(lists, &n);
    ck_assert_uint_eq(n, 3);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct ip_addr answer;
        ck_assert_int_eq(ip_parse(cases[i].answer, &answer), 0);
        ck_assert_msg(blocklist_classify(&list[0], &answer) == cases[i].any, "%s", cases[i].answer);
        ck_assert_msg(blocklist_classify(&list[1], &answer) == cases[i].some, "%s", cases[i].answer);
        ck_assert_msg(blocklist_classify(&list[2], &answer) == cases[i].sum, "%s", cases[i].answer);
    }
    blocklists_free(&lists);
}
END_TEST

/* --- asking ------------------------------------------------------------------------------ */

#define V6_TEST(last) last ".0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"
#define V6_ADDRESS "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"

static const char zone[] =
    "$TTL 300\n"
    "2.0.0.127.good.example. IN A 127.0.0.2\n"
    "1.2.0.192.good.example. IN A 127.0.0.2\n"
    "1.2.0.192.good.example. IN A 127.0.0.4\n"
    "3.2.0.192.good.example. IN A 127.255.255.254\n"
    "4.2.0.192.good.example. IN A 127.0.0.9\n"
    V6_TEST("2") ".good.example. IN A 127.0.0.2\n"
    V6_ADDRESS ".good.example. IN A 127.0.0.2\n"
    "2.0.0.127.also.example. IN A 127.0.0.2\n"
    "1.2.0.192.also.example. IN A 127.0.0.3\n"
    V6_ADDRESS ".also.example. IN A 127.0.0.2\n"
    "*.all.example. IN A 127.0.0.2\n"
    "*.parked.example. IN A 203.0.113.80\n"
    "*.refusing.example. IN A 127.255.255.254\n"
    "2.0.0.127.sorry.example. IN A 127.0.0.1\n"
    "1.2.0.192.untested.example. IN A 127.0.0.2\n"
    "test.names.example. IN A 127.0.1.2\n"
    "bad.com.names.example. IN A 127.0.1.2\n"
    "sub.shared.com.names.example. IN A 127.0.1.102\n"
    "limit.com.names.example. IN A 127.0.1.255\n"
    "probe.own.example. IN A 127.0.0.2\n"
    "bad.com.own.example. IN A 127.0.0.6\n";

#define GOOD "blocklist good.example { kind = addresses ipv6 = yes listed = { \"127.0.0.2-127.0.0.8\" } }\n"
#define ALSO "blocklist also.example { kind = addresses ipv6 = yes page = \"https://also.example/\" }\n"
#define V4 "blocklist also.example { kind = addresses }\n"
#define NAMES "blocklist names.example { kind = domains listed = { \"127.0.1.2-127.0.1.106\" } " \
    "unusable = { \"127.0.1.255\" } }\n"
#define OWN "blocklist own.example { kind = domains mask = 2 " \
    "test_listed = \"probe\" test_unlisted = \"other.probe\" }\n"
#define LIST(name) "blocklist " name " { kind = addresses }\n"

static const struct check_case {
    const char *name, *file;
    const char *addresses[3], *domains[3];
    bool is_incomplete;
    enum fact_value address_listed, domain_listed;
    const char *findings;       /* "id(subject)", parted by spaces */
    const char *detail;         /* in the first finding's text, or NULL */
} check_cases[] = {
    { "no list", "", { "192.0.2.1" }, { "bad.com" }, false, N, N, "", NULL },
    { "not listed", GOOD ALSO NAMES, { "192.0.2.2" }, { "fine.com" }, false, F, F, "", NULL },
    { "nothing to ask", GOOD NAMES, { NULL }, { NULL }, false, N, N, "", NULL },
    { "on one list", GOOD, { "192.0.2.2", "192.0.2.1" }, { NULL }, false, T, N, "address-listed(192.0.2.1)",
      "good.example: 127.0.0.2, 127.0.0.4" },
    { "on two lists", GOOD ALSO, { "192.0.2.1" }, { NULL }, false, T, N, "address-listed(192.0.2.1)",
      "; also.example: 127.0.0.3" },
    { "there may be more addresses", GOOD, { "192.0.2.2" }, { NULL }, true, U, N, "", NULL },
    { "there may be more, one is listed", GOOD, { "192.0.2.1" }, { NULL }, true, T, N, "address-listed(192.0.2.1)",
      NULL },
    { "another code", GOOD, { "192.0.2.4" }, { NULL }, false, F, N, "", NULL },
    { "refused for one address", GOOD, { "192.0.2.3" }, { NULL }, false, N, N, "blocklist-unusable(good.example)",
      "refuses to answer us (127.255.255.254)" },
    { "refused for one, listed another", GOOD, { "192.0.2.3", "192.0.2.1" }, { NULL }, false, T, N,
      "blocklist-unusable(good.example) address-listed(192.0.2.1)", NULL },
    { "IPv6", GOOD, { "2001:db8::5" }, { NULL }, false, T, N, "address-listed(2001:db8::5)", NULL },
    { "IPv6 without its test entry", ALSO, { "2001:db8::5" }, { NULL }, false, N, N,
      "blocklist-unusable(also.example)", "its test entry ::ffff:127.0.0.2" },
    { "IPv6 without its test entry, IPv4 with", ALSO, { "2001:db8::5", "192.0.2.1" }, { NULL }, false, T, N,
      "address-listed(192.0.2.1) blocklist-unusable(also.example)", NULL },
    { "a list of IPv4", V4, { "2001:db8::5" }, { NULL }, false, N, N, "", NULL },
    { "lists everything", LIST("all.example"), { "192.0.2.2" }, { NULL }, false, N, N,
      "blocklist-unusable(all.example)", "it lists what no list may" },
    { "parked", LIST("parked.example"), { "192.0.2.2" }, { NULL }, false, N, N, "blocklist-unusable(parked.example)",
      "203.0.113.80, which is not in 127.0.0.0/8" },
    { "refuses", LIST("refusing.example"), { "192.0.2.2" }, { NULL }, false, N, N,
      "blocklist-unusable(refusing.example)", "127.255.255.254" },
    { "refuses by 127.0.0.1", LIST("sorry.example"), { "192.0.2.2" }, { NULL }, false, N, N,
      "blocklist-unusable(sorry.example)", "127.0.0.1" },
    { "gone", LIST("untested.example"), { "192.0.2.1" }, { NULL }, false, N, N, "blocklist-unusable(untested.example)",
      "does not list its test entry 2.0.0.127" },
    { "one gone, one good", LIST("untested.example") GOOD, { "192.0.2.1" }, { NULL }, false, T, N,
      "blocklist-unusable(untested.example) address-listed(192.0.2.1)", NULL },
    { "one refusing, one that does not list", LIST("refusing.example") GOOD, { "192.0.2.2" }, { NULL }, false, F, N,
      "blocklist-unusable(refusing.example)", NULL },
    { "a domain", NAMES, { "192.0.2.1" }, { "bad.com" }, false, N, T, "domain-listed(bad.com)",
      "names.example: 127.0.1.2" },
    { "its organizational domain", NAMES, { NULL }, { "mail.bad.com", "Bad.COM" }, false, N, T,
      "domain-listed(bad.com)", NULL },
    { "a name below", NAMES, { NULL }, { "sub.shared.com", NULL, "" }, false, N, T, "domain-listed(sub.shared.com)",
      NULL },
    { "an error for a domain", NAMES, { NULL }, { "limit.com" }, false, N, N, "blocklist-unusable(names.example)",
      "127.0.1.255" },
    { "no names", NAMES, { NULL }, { "localhost", "a b", "[192.0.2.1]" }, false, N, N, "", NULL },
    { "tests of its own", OWN, { NULL }, { "bad.com" }, false, N, T, "domain-listed(bad.com)", "127.0.0.6" },
    { "on two lists of domains", NAMES OWN, { NULL }, { "bad.com" }, false, N, T, "domain-listed(bad.com)",
      "127.0.1.2; own.example: 127.0.0.6" },
};

static struct blocklist_subjects subjects_of(const struct check_case *c, struct ip_addr addresses[3])
{
    struct blocklist_subjects subjects = { .addresses = addresses, .is_incomplete = c->is_incomplete, .n_domains = 3 };

    for (; subjects.n_addresses < 3 && c->addresses[subjects.n_addresses] != NULL; subjects.n_addresses++)
        ck_assert_int_eq(ip_parse(c->addresses[subjects.n_addresses], &addresses[subjects.n_addresses]), 0);
    for (size_t i = 0; i < 3; i++)
        subjects.domains[i] = c->domains[i];
    return subjects;
}

static void run(const struct check_case *c, const struct blocklists *lists, struct dns *dns,
                struct blocklist_result *result_r)
{
    struct dns_budget budget = zonedns_budget();
    struct ip_addr addresses[3];
    const struct blocklist_subjects subjects = subjects_of(c, addresses);

    blocklist_prefetch(lists, dns, orgdomain, &subjects);
    blocklist_check(lists, dns, &budget, orgdomain, &subjects, result_r);
}

static struct blocklists *load_case(const struct check_case *c)
{
    struct err err;
    struct blocklists *lists = load(c->file, &err);

    ck_assert_msg(lists != NULL, "%s: %s", c->name, err.text);
    return lists;
}

START_TEST(checks)
{
    const struct check_case *c = &check_cases[_i];
    struct blocklists *lists = load_case(c);
    struct dns *dns = zonedns_new(zone);
    struct findings findings = { 0 };
    struct str got = STR_EMPTY;
    struct blocklist_result result;

    run(c, lists, dns, &result);
    blocklist_findings(&result, &findings);
    for (size_t i = 0; i < findings.count; i++)
        str_addf(&got, "%s%s(%s)", i == 0 ? "" : " ", findings.items[i].row->name, findings.items[i].subject);
    ck_assert_msg(result.address_listed == c->address_listed, "%s: %d", c->name, result.address_listed);
    ck_assert_msg(result.domain_listed == c->domain_listed, "%s: %d", c->name, result.domain_listed);
    ck_assert_msg(strcmp(str_get(&got), c->findings) == 0, "%s: %s", c->name, str_get(&got));
    if (c->detail != NULL)
        ck_assert_msg(strstr(findings.items[0].text, c->detail) != NULL, "%s: %s", c->name, findings.items[0].text);
    str_clear(&got);
    findings_clear(&findings);
    blocklist_result_clear(&result);
    ck_assert_int_eq(result.address_listed, N);
    dns_free(&dns);
    blocklists_free(&lists);
}
END_TEST

START_TEST(tells_where_to_ask_for_removal)
{
    static const struct check_case c = { "remedy", ALSO, { "192.0.2.1" }, { NULL }, false, T, N, "", NULL };
    struct blocklists *lists = load_case(&c);
    struct dns *dns = zonedns_new(zone);
    struct findings findings = { 0 };
    struct blocklist_result result;

    run(&c, lists, dns, &result);
    blocklist_findings(&result, &findings);
    ck_assert_uint_eq(findings.count, 1);
    ck_assert_ptr_nonnull(strstr(findings.items[0].remedy, "look 192.0.2.1 up at https://also.example/"));
    findings_clear(&findings);
    blocklist_result_clear(&result);
    dns_free(&dns);
    blocklists_free(&lists);
}
END_TEST

static const char *const questions[] = {
    "2.0.0.127.good.example", "1.0.0.127.good.example", "1.2.0.192.good.example", "2.2.0.192.good.example",
    "4.2.0.192.good.example", V6_TEST("2") ".good.example", V6_TEST("1") ".good.example", V6_ADDRESS ".good.example",
    "2.0.0.127.also.example", "1.0.0.127.also.example", "1.2.0.192.also.example", "2.2.0.192.also.example",
    "test.names.example", "invalid.names.example", "bad.com.names.example", "fine.com.names.example",
    "mail.bad.com.names.example", "probe.own.example", "other.probe.own.example", "bad.com.own.example",
};

static bool is_same_or_unknown(enum fact_value got, enum fact_value want, size_t *unknown)
{
    *unknown += got == U;
    return got == want || got == U;
}

/* A list that is unusable for us may be the only one that failed to be asked: then nobody said that it is not. */
START_TEST(failures_leave_it_unknown)
{
    static const enum dns_status failures[] = { DNS_TIMEOUT, DNS_TEMPFAIL, DNS_BOGUS };
    const struct check_case *c = &check_cases[_i];
    struct blocklists *lists = load_case(c);
    size_t unknown = 0;

    for (size_t k = 0; k < LENGTH(questions) * LENGTH(failures); k++) {
        const char *question = questions[k / LENGTH(failures)];
        struct dns *dns = zonedns_new(zone);
        struct blocklist_result result;
        dns_inject(dns, question, DNS_A, failures[k % LENGTH(failures)]);
        run(c, lists, dns, &result);
        ck_assert_msg(is_same_or_unknown(result.address_listed, c->address_listed, &unknown), "%s, %s: %d", c->name,
                      question, result.address_listed);
        ck_assert_msg(is_same_or_unknown(result.domain_listed, c->domain_listed, &unknown), "%s, %s: %d", c->name,
                      question, result.domain_listed);
        blocklist_result_clear(&result);
        dns_free(&dns);
    }
    if (c->domain_listed == T && strstr(c->file, "own.example") == NULL)
        ck_assert_uint_gt(unknown, 0);
    blocklists_free(&lists);
}
END_TEST

START_TEST(tells_what_answers_mean)
{
    static const struct { int list; const char *answer, *want; } answers[] = {
        { 0, "127.0.0.2", "127.0.0.2 spam sources" }, { 0, "127.0.0.4", "127.0.0.4 exploits" },
        { 0, "127.0.0.7", "127.0.0.7 exploits" }, { 0, "127.0.0.8", "127.0.0.8" },
        { 1, "127.0.0.10", "127.0.0.10 black and red" }, { 1, "127.0.0.8", "127.0.0.8 red" },
        { 1, "127.0.0.4", "127.0.0.4" },
    };
    struct err err;
    struct str text = STR_EMPTY;
    struct ip_addr address;
    size_t n;
    struct blocklists *lists = load("blocklist a.example {\n kind = addresses\n codes = { \"127.0.0.2 spam sources\", "
                                    "\"127.0.0.4-127.0.0.7  exploits\" }\n}\n"
                                    "blocklist b.example {\n kind = domains\n mask = 14\n codes = { \"2 black\", "
                                    "\"8 red\" }\n}\n", &err);

    ck_assert_msg(lists != NULL, "%s", err.text);
    for (size_t i = 0; i < LENGTH(answers); i++) {
        ck_assert_int_eq(ip_parse(answers[i].answer, &address), 0);
        blocklist_add_meaning(&blocklists_all(lists, &n)[answers[i].list], &address, &text);
        ck_assert_str_eq(str_get(&text), answers[i].want);
        str_reset(&text);
    }
    str_clear(&text);
    blocklists_free(&lists);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blocklist");
    TCase *tc = tcase_create("blocklist");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, refuses_mistakes, 0, (int)LENGTH(mistakes));
    tcase_add_test(tc, without_a_file_there_is_no_list);
    tcase_add_test(tc, refuses_too_many);
    tcase_add_test(tc, shipped_lists_are_sound);
    tcase_add_test(tc, tells_what_answers_mean);
    tcase_add_test(tc, options_are_in_the_manual);
    tcase_add_test(tc, classifies_answers);
    tcase_add_loop_test(tc, checks, 0, (int)LENGTH(check_cases));
    tcase_add_test(tc, tells_where_to_ask_for_removal);
    tcase_add_loop_test(tc, failures_leave_it_unknown, 0, (int)LENGTH(check_cases));
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
