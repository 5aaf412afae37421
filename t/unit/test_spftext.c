/*
 * lib/report/spftext: one evaluation for people, its tree of lookups above all.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/check/spfopinion.h"
#include "lib/report/report.h"
#include "t/unit/zonedns.h"

#include <string.h>

static const char zone_text[] =
    "$TTL 300\n"
    "$ORIGIN example.com.\n"
    "@        IN SOA ns hostmaster 1 7200 3600 604800 120\n"
    "@        IN NS ns\n"
    "@        IN TXT \"v=spf1 ip4:203.0.113.5 a:mail.example.com include:_spf.example.com include:%{d2}.x.example.com "
             "a:gone.example.com -all exp=why.example.com\"\n"
    "mail     IN A 203.0.113.6\n"
    "_spf     IN TXT \"v=spf1 ip4:198.51.100.0/24 include:_a.example.com a:mail.example.com ?all\"\n"
    "_a       IN TXT \"v=spf1 ip4:198.51.100.0/24 ip4:198.51.101.0/24 ip4:198.51.102.0/24 ip4:198.51.103.0/24 "
             "ip4:198.51.104.0/24 ip4:198.51.105.0/24 -all\"\n"
    "example.com.x IN TXT \"v=spf1 redirect=_a.example.com\"\n"
    "why      IN TXT \"%{i} is not ours\"\n"
    "zero     IN TXT \"v=spf1 ip4:0.0.0.0/0 -all\"\n"
    "bomb     IN TXT \"v=spf1 redirect=bomb.example.com\"\n"
    "wide     IN TXT \"v=spf1 exists:%{l}.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com -all\"\n";

static struct dns *dns;

static void set_up(void)
{
    dns = zonedns_new(zone_text);
}

static void tear_down(void)
{
    dns_free(&dns);
}

static void tell(const char *ip, const char *mailfrom, bool is_color, struct str *out)
{
    struct dns_budget budget = zonedns_budget();
    struct spf_result result;
    struct findings findings = { 0 };
    struct ip_addr client;

    ck_assert_int_eq(ip_parse(ip, &client), 0);
    spfcheck_run(dns, &budget, &client, SPF_MAILFROM, "mail.example.com", mailfrom, "r.example.net", &result);
    spfopinion_ask(dns, &budget, "mail.example.com", mailfrom, &result);
    report_text_spf(&result, &findings, is_color, out);
    spf_result_clear(&result);
}

START_TEST(draws_the_tree)
{
    struct str got = STR_EMPTY;

    tell("192.0.2.1", "a@example.com", false, &got);
    assert_same(str_get(&got),
        "FAIL  192.0.2.1 may not send for example.com\n"
        "\n"
        "  identity mailfrom\n"
        "  term     -all\n"
        "  explains 192.0.2.1 is not ours\n"
        "  lookups  7 of 10\n"
        "  void     1 of 2\n"
        "  ttl      120 s, the smallest\n"
        "  libspf2  permerror: it expands macros with a number, such as %{d2}, otherwise\n"
        "\n"
        "Lookups\n"
        "  example.com = v=spf1 ip4:203.0.113.5 a:mail.example.com include:_spf.example.com\n"
        "  include:%{d2}.x.example.com a:gone.example.com -all exp=why.example.com\n"
        "  |- [1] a:mail.example.com = 203.0.113.6\n"
        "  |- [2] include:_spf.example.com = v=spf1 ip4:198.51.100.0/24 include:_a.example.com\n"
        "  |  a:mail.example.com ?all\n"
        "  |  |- [3] include:_a.example.com = v=spf1 ip4:198.51.100.0/24 ip4:198.51.101.0/24\n"
        "  |  |  ip4:198.51.102.0/24 ip4:198.51.103.0/24 ip4:198.51.104.0/24 ip4:198.51.105.0/24 -all\n"
        "  |  `- [4] a:mail.example.com = 203.0.113.6\n"
        "  |- [5] include:%{d2}.x.example.com example.com.x.example.com = v=spf1 redirect=_a.example.com\n"
        "  |  `- [6] redirect=_a.example.com = v=spf1 ip4:198.51.100.0/24 ip4:198.51.101.0/24\n"
        "  |     ip4:198.51.102.0/24 ip4:198.51.103.0/24 ip4:198.51.104.0/24 ip4:198.51.105.0/24 -all\n"
        "  `- [7] a:gone.example.com = nxdomain (void lookup 1)\n"
        "\n"
        "Findings   none\n");
    str_clear(&got);
}
END_TEST

START_TEST(tells_every_result)
{
    static const struct { const char *ip, *mailfrom, *want, *also; } cases[] = {
        { "203.0.113.5", "a@example.com", "PASS  203.0.113.5 may send for example.com\n", "libspf2  pass\n" },
        { "192.0.2.1", "a@_spf.example.com",
          "NEUTRAL  whether 192.0.2.1 may send for _spf.example.com is left open\n", "term     ?all" },
        { "192.0.2.1", "a@nowhere.example.com",
          "NONE  whether 192.0.2.1 may send for nowhere.example.com is not said: there is no SPF record\n",
          "Lookups    none\n" },
        { "192.0.2.1", "a@bomb.example.com",
          "PERMERROR  whether 192.0.2.1 may send for bomb.example.com is not known: its SPF record is in error\n",
          "lookups  more than 10\n" },
        { "192.0.2.1", "a@zero.example.com", "PASS  192.0.2.1 may send for zero.example.com\n",
          "libspf2  permerror: it refuses the prefix length /0\n" },
        { "192.0.2.1", "a@down.example.com", "TEMPERROR  whether 192.0.2.1 may send for down.example.com is not known: "
          "the DNS failed\n", "libspf2  not asked\n" },
        { "192.0.2.1", "\x1b[2J@\x1b.example.com", "NONE  ", " \\x1b.example.com" },
    };

    dns_inject(dns, "down.example.com", DNS_TXT, DNS_TIMEOUT);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str got = STR_EMPTY;
        tell(cases[i].ip, cases[i].mailfrom, false, &got);
        ck_assert_msg(strncmp(str_get(&got), cases[i].want, strlen(cases[i].want)) == 0, "%s", str_get(&got));
        ck_assert_msg(strstr(str_get(&got), cases[i].also) != NULL, "%s", str_get(&got));
        ck_assert_ptr_null(strchr(str_get(&got), '\x1b'));
        str_clear(&got);
    }
}
END_TEST

START_TEST(keeps_to_the_columns)
{
    struct str got = STR_EMPTY;

    tell("192.0.2.1", "abcdefghijklmnopqrstuvwxyz@wide.example.com", false, &got);
    for (const char *p = str_get(&got); *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n')
        ck_assert_msg(strcspn(p, "\n") <= 100, "%s", p);
    str_reset(&got);
    tell("203.0.113.5", "a@example.com", true, &got);
    ck_assert_ptr_nonnull(strstr(str_get(&got), "\033[32mPASS\033[0m"));
    str_clear(&got);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spftext");
    TCase *tc = tcase_create("spftext");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, draws_the_tree);
    tcase_add_test(tc, tells_every_result);
    tcase_add_test(tc, keeps_to_the_columns);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
