/*
 * lib/dns/zone through lib/dns/dns: master files that stand in for the network.
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/dns/dns.h"
#include "lib/dns/record.h"
#include "t/unit/unit.h"

#include <string.h>
#include <unistd.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const char zone_text[] =
    "$TTL 300\n"
    "$ORIGIN example.com.\n"
    "@        IN SOA ns hostmaster 1 7200 3600 604800 120\n"
    "@        IN NS  ns\n"
    "         IN MX  10 mail\n"
    "         IN MX  20 Backup.Example.NET.\n"
    "@        IN TXT \"v=spf1 ip4:203.0.113.5 \" \"-all\"\n"
    "@        IN TXT ( \"several\" ; a comment\n"
    "                  \"; lines\" )\n"
    "ns       IN A   203.0.113.2\n"
    "mail 60  IN A   203.0.113.5\n"
    "mail     IN A   203.0.113.6\n"
    "mail     IN A   203.0.113.6\n"
    "mail     IN AAAA 2001:db8::5\n"
    "www      IN CNAME mail\n"
    "gone     IN CNAME nowhere\n"
    "typeless 30 IN CNAME ns\n"
    "loop1    IN CNAME loop2\n"
    "loop2    IN CNAME loop1\n"
    "a.deep.tree IN A 203.0.113.7\n"
    "*.wild   IN TXT \"wild\"\n"
    "x.y.wild IN A   203.0.113.8\n"
    "*.alias  IN CNAME mail\n"
    "_dmarc   IN TXT \"v=DMARC1; p=reject\"\n"
    "s1._domainkey IN TXT \"v=DKIM1; p=AAAA\"\n"
    "other.example. 300 IN A 203.0.113.9\n"
    "generic.other.example. 300 IN TYPE1 \\# 4 CB007109\n"
    "generic.other.example. 300 IN TYPE15 \\# 5 000A 016100\n"
    "5.113.0.203.in-addr.arpa. IN PTR mail.example.com.\n";

static char path[64];
static struct dns *dns;

static void write_zone(const char *text)
{
    strcpy(path, "/tmp/preflight-zone-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static struct dns *open_zone(const char *text, struct err *err)
{
    const struct dns_settings settings = { .zone = path, .timeout_ms = 1000, .cache_entries = 100, .max_ttl = 3600 };

    write_zone(text);
    struct dns *made = dns_new(&settings, err);
    unlink(path);
    return made;
}

static void set_up(void)
{
    struct err err = { "" };

    dns = open_zone(zone_text, &err);
    ck_assert_msg(dns != NULL, "%s", err.text);
}

static void tear_down(void)
{
    dns_free(&dns);
}

static const struct dns_answer *ask(const char *name, enum dns_type type)
{
    struct dns_budget budget = { .deadline_ms = clock_ms() + 1000, .questions = 1 };

    return dns_lookup(dns, name, type, &budget);
}

START_TEST(answers_as_a_server_would)
{
    static const struct {
        const char *name;
        enum dns_type type;
        enum dns_status want;
        size_t count;
        uint32_t ttl;
    } cases[] = {
        { "example.com", DNS_MX, DNS_OK, 2, 300 },
        { "Example.COM.", DNS_TXT, DNS_OK, 2, 300 },
        { "example.com", DNS_NS, DNS_OK, 1, 300 },
        { "example.com", DNS_SOA, DNS_OK, 1, 300 },
        { "mail.example.com", DNS_A, DNS_OK, 2, 60 },
        { "mail.example.com", DNS_AAAA, DNS_OK, 1, 300 },
        { "mail.example.com", DNS_TXT, DNS_NODATA, 0, 120 },
        { "nowhere.example.com", DNS_A, DNS_NXDOMAIN, 0, 120 },
        { "www.example.com", DNS_A, DNS_OK, 2, 60 },
        { "www.example.com", DNS_CNAME, DNS_OK, 1, 300 },
        { "www.example.com", DNS_MX, DNS_NODATA, 0, 120 },
        { "gone.example.com", DNS_A, DNS_NXDOMAIN, 0, 120 },
        { "typeless.example.com", DNS_AAAA, DNS_NODATA, 0, 30 },
        { "loop1.example.com", DNS_A, DNS_TEMPFAIL, 0, 0 },
        { "deep.tree.example.com", DNS_A, DNS_NODATA, 0, 120 },
        { "tree.example.com", DNS_TXT, DNS_NODATA, 0, 120 },
        { "b.deep.tree.example.com", DNS_A, DNS_NXDOMAIN, 0, 120 },
        { "any.wild.example.com", DNS_TXT, DNS_OK, 1, 300 },
        { "a.b.c.wild.example.com", DNS_TXT, DNS_OK, 1, 300 },
        { "any.wild.example.com", DNS_A, DNS_NODATA, 0, 120 },
        { "wild.example.com", DNS_TXT, DNS_NODATA, 0, 120 },
        { "y.wild.example.com", DNS_TXT, DNS_NODATA, 0, 120 },
        { "z.y.wild.example.com", DNS_TXT, DNS_NXDOMAIN, 0, 120 },
        { "any.alias.example.com", DNS_AAAA, DNS_OK, 1, 300 },
        { "other.example", DNS_A, DNS_OK, 1, 300 },
        { "generic.other.example", DNS_A, DNS_OK, 1, 300 },
        { "generic.other.example", DNS_MX, DNS_OK, 1, 300 },
        { "other.example", DNS_MX, DNS_NODATA, 0, 60 },
        { "another.example", DNS_A, DNS_NXDOMAIN, 0, 60 },
        { "example", DNS_A, DNS_NODATA, 0, 60 },
        { "test", DNS_A, DNS_NXDOMAIN, 0, 60 },
        { "5.113.0.203.in-addr.arpa", DNS_PTR, DNS_OK, 1, 300 },
        { "bad..name", DNS_A, DNS_NXDOMAIN, 0, 3600 },
        { "strange name\xff.example.com", DNS_A, DNS_NXDOMAIN, 0, 120 },
    };
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < LENGTH(cases); i++) {
            const struct dns_answer *answer = ask(cases[i].name, cases[i].type);
            ck_assert_msg(answer->status == cases[i].want, "%s %s is %s", dns_type_name(cases[i].type), cases[i].name,
                          dns_status_name(answer->status));
            ck_assert_msg(answer->count == cases[i].count, "%s: %zu records", cases[i].name, answer->count);
            ck_assert_msg(answer->ttl == cases[i].ttl, "%s: ttl %u", cases[i].name, answer->ttl);
            dns_answer_unref(answer);
        }
    }
}
END_TEST

START_TEST(gives_records)
{
    struct str text = STR_EMPTY;
    char name[DOMAIN_MAX];
    int preference;

    const struct dns_answer *answer = ask("example.com", DNS_TXT);
    ck_assert_int_eq(record_txt(answer, 0, 1000, &text), 0);
    ck_assert_str_eq(str_get(&text), "v=spf1 ip4:203.0.113.5 -all");
    str_reset(&text);
    ck_assert_int_eq(record_txt(answer, 1, 1000, &text), 0);
    ck_assert_str_eq(str_get(&text), "several; lines");
    dns_answer_unref(answer);
    str_clear(&text);

    answer = ask("example.com", DNS_MX);
    ck_assert_int_eq(record_mx(answer, 1, &preference, name), 0);
    ck_assert_int_eq(preference, 20);
    ck_assert_str_eq(name, "backup.example.net");
    dns_answer_unref(answer);

    answer = ask("5.113.0.203.in-addr.arpa", DNS_PTR);
    ck_assert_int_eq(record_ptr(answer, 0, name), 0);
    ck_assert_str_eq(name, "mail.example.com");
    dns_answer_unref(answer);
}
END_TEST

static unsigned u16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

START_TEST(gives_packets)
{
    static const char question[] = "\2s1\12_domainkey\7example\3com\0\0\20\0\1";
    const struct dns_answer *answer = ask("S1._domainkey.example.com", DNS_TXT);

    ck_assert_ptr_nonnull(answer->packet);
    ck_assert_uint_gt(answer->packet_len, 12 + sizeof(question) - 1);
    ck_assert_uint_eq(u16(answer->packet + 2) & 0x800f, 0x8000);
    ck_assert_uint_eq(u16(answer->packet + 4), 1);
    ck_assert_uint_eq(u16(answer->packet + 6), 1);
    ck_assert_mem_eq(answer->packet + 12, question, sizeof(question) - 1);
    dns_answer_unref(answer);

    answer = ask("nowhere.example.com", DNS_TXT);
    ck_assert_uint_eq(u16(answer->packet + 2) & 0x800f, 0x8003);
    ck_assert_uint_eq(u16(answer->packet + 6), 0);
    ck_assert_uint_eq(u16(answer->packet + 8), 1);
    dns_answer_unref(answer);

    answer = ask("loop1.example.com", DNS_TXT);
    ck_assert_ptr_null(answer->packet);
    dns_answer_unref(answer);
}
END_TEST

#define LABEL_60 "aaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbcccccccccccccccccccc"

START_TEST(refuses_broken_files)
{
    static const struct { const char *text, *line, *what; } cases[] = {
        { "a.example. IN A 203.0.113.5\nb.example. IN A 203.0.113\n", ":2: ", "" },
        { "a.example. IN A 203.0.113.5\n\n; comment\nb.example. IN MX mail.example.\n", ":4: ", "" },
        { "a.example. IN TXT ( \"x\"\n  \"y\" )\nb.example. IN BLAH x\n", ":3: ", "" },
        { "a.example. IN TXT (\n; comment\n\n\"x\" )\n\t\n ; more\nb.example. IN A x\n", ":7: ", "" },
        { "a.example. CH A 203.0.113.5\n", ":1: ", "class IN" },
        { "a.example. IN DNAME b.example.\n", ":1: ", "DNAME" },
        { "$TTL 60\n$INCLUDE other.zone\n", ":2: ", "$INCLUDE" },
        { "a.example. IN CNAME b.example.\na.example. IN A 203.0.113.5\n", ":1: ", "CNAME and other" },
        { "a.example. IN CNAME b.example.\na.example. IN CNAME c.example.\n", ":1: ", "CNAME and other" },
        { "a\\.b.example. IN A 203.0.113.5\n", ":1: ", "dot" },
        { "$ORIGIN " LABEL_60 "." LABEL_60 "." LABEL_60 ".example.\n" LABEL_60 "." LABEL_60 " IN A 203.0.113.5\n",
          ":2: ", "over 255" },
        { "\na.example. IN TYPE6 \\# 4 0A000001\n", ":2: ", "" },
        { "a.example. IN TYPE6 \\# 0\n", ":1: ", "not that of the record's type" },
        { "a.example. IN TYPE15 \\# 1 00\n", ":1: ", "" },
        { "a.example. IN TYPE5 \\# 2 0261\n", ":1: ", "" },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct err err = { "" };
        ck_assert_msg(open_zone(cases[i].text, &err) == NULL, "%s", cases[i].text);
        ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0, "%s: %s", cases[i].text, err.text);
        ck_assert_msg(strncmp(err.text + strlen(path), cases[i].line, strlen(cases[i].line)) == 0, "%s: %s",
                      cases[i].text, err.text);
        ck_assert_msg(strstr(err.text, cases[i].what) != NULL, "%s: %s", cases[i].text, err.text);
    }
}
END_TEST

START_TEST(refuses_missing_files)
{
    const struct dns_settings settings = { .zone = "/nonexistent/zone", .timeout_ms = 1, .cache_entries = 16 };
    struct err err = { "" };

    ck_assert_ptr_null(dns_new(&settings, &err));
    ck_assert_str_eq(err.text, "cannot open zone '/nonexistent/zone': No such file or directory");
    ck_assert_ptr_null(dns_new(&settings, NULL));
    const struct dns_settings folder = { .zone = "/", .timeout_ms = 1, .cache_entries = 16 };
    ck_assert_ptr_null(dns_new(&folder, &err));
    ck_assert_str_eq(err.text, "cannot read zone '/': Is a directory");
}
END_TEST

START_TEST(takes_files_of_any_kind)
{
    static const struct { const char *text, *name; enum dns_status want; } cases[] = {
        { "", "a.example", DNS_NXDOMAIN },
        { "\n; only a comment\n", "a.example", DNS_NXDOMAIN },
        { "a.example. IN A 203.0.113.5", "a.example", DNS_OK },
        { "a.example. A 203.0.113.5\r\nb.example. A 203.0.113.5\r\n", "b.example", DNS_OK },
        { "a.example A 203.0.113.5\n", "a.example", DNS_OK },
        { "$ORIGIN one.example.\na A 203.0.113.5\n$ORIGIN two.example.\na A 203.0.113.5\n", "a.two.example", DNS_OK },
        { "* A 203.0.113.5\n", "a.b.example", DNS_OK },
        { "a.example. 0 IN A 203.0.113.5\n", "a.example", DNS_OK },
        { "a.example. IN CNAME a.example.\n", "a.example", DNS_TEMPFAIL },
        { "a\\032b.example. IN A 203.0.113.5\n", "a b.example", DNS_OK },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct err err = { "" };
        dns = open_zone(cases[i].text, &err);
        ck_assert_msg(dns != NULL, "%s: %s", cases[i].text, err.text);
        const struct dns_answer *answer = ask(cases[i].name, DNS_A);
        ck_assert_msg(answer->status == cases[i].want, "%s: %s", cases[i].text, dns_status_name(answer->status));
        dns_answer_unref(answer);
        dns_free(&dns);
    }
}
END_TEST

START_TEST(never_waits)
{
    struct dns_budget budget = { .deadline_ms = 0, .questions = 2, .no_wait = true };

    const struct dns_answer *answer = dns_lookup(dns, "mail.example.com", DNS_A, &budget);
    ck_assert_int_eq(answer->status, DNS_OK);
    dns_answer_unref(answer);
    ck_assert_int_eq(budget.asked, 1);
    ck_assert_int_eq(budget.failed, 0);
}
END_TEST

START_TEST(injects_failures)
{
    struct dns_budget budget = { .deadline_ms = clock_ms() + 1000, .questions = 10 };

    dns_inject(dns, "Mail.example.com.", DNS_A, DNS_TIMEOUT);
    const struct dns_answer *answer = dns_lookup(dns, "mail.example.com", DNS_A, &budget);
    ck_assert_int_eq(answer->status, DNS_TIMEOUT);
    dns_answer_unref(answer);
    ck_assert_int_eq(budget.failed, 1);
    ck_assert_str_eq(budget.failed_name, "A mail.example.com");

    dns_inject(dns, "mail.example.com", DNS_A, DNS_BOGUS);
    answer = dns_lookup(dns, "mail.example.com", DNS_A, &budget);
    ck_assert_int_eq(answer->status, DNS_BOGUS);
    dns_answer_unref(answer);
    ck_assert_int_eq(budget.failed, 1);     /* the first one again */

    dns_inject(dns, "mail.example.com", DNS_AAAA, DNS_TEMPFAIL);
    answer = dns_lookup(dns, "mail.example.com", DNS_AAAA, &budget);
    ck_assert_int_eq(answer->status, DNS_TEMPFAIL);
    dns_answer_unref(answer);
    ck_assert_int_eq(budget.failed, 2);
    ck_assert_str_eq(budget.failed_name, "A mail.example.com");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("zone");
    TCase *loaded = tcase_create("loaded");
    tcase_add_checked_fixture(loaded, set_up, tear_down);
    tcase_add_test(loaded, answers_as_a_server_would);
    tcase_add_test(loaded, gives_records);
    tcase_add_test(loaded, gives_packets);
    tcase_add_test(loaded, never_waits);
    tcase_add_test(loaded, injects_failures);
    suite_add_tcase(suite, loaded);

    TCase *files = tcase_create("files");
    tcase_add_test(files, refuses_broken_files);
    tcase_add_test(files, refuses_missing_files);
    tcase_add_test(files, takes_files_of_any_kind);
    suite_add_tcase(suite, files);
    return unit_run(suite);
}
