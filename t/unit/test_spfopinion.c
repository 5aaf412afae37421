/*
 * lib/check/spfguard and spfopinion: what libspf2 says and why, and that nothing a record says can crash it, make it
 * ask without end, or be asked of it at all where that is not safe.
 */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/check/spfguard.h"
#include "lib/check/spfopinion.h"
#include "t/unit/mutate.h"
#include "t/unit/zonedns.h"

#include <pthread.h>
#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const char zone_text[] =
    "$TTL 300\n"
    "$ORIGIN example.com.\n"
    "@        IN SOA ns hostmaster 1 7200 3600 604800 120\n"
    "@        IN NS ns\n"
    "good     IN TXT \"v=spf1 ip4:203.0.113.5 a:mail.example.com mx include:_spf.example.com -all \" "
             "\"exp=why.example.com\"\n"
    "good     IN MX 10 mail\n"
    "mail     IN A 203.0.113.6\n"
    "mail     IN AAAA 2001:db8::6\n"
    "_spf     IN TXT \"v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 ?all\"\n"
    "why      IN TXT \"%{i} is not %{d}\"\n"
    "zero     IN TXT \"v=spf1 ip4:0.0.0.0/0 -all\"\n"
    "void     IN TXT \"v=spf1 a:x1.example.com a:x2.example.com a:x3.example.com ip4:203.0.113.5 -all\"\n"
    "early    IN TXT \"v=spf1 redirect=_spf.example.com ip4:203.0.113.5 -all\"\n"
    "lax      IN TXT \"v=spf1 ip4:203.0.113.5 a:1.2.3.4 -all\"\n"
    "bare     IN TXT \"v=spf1\"\n"
    "delim    IN TXT \"v=spf1 exists:%{l,}.users.example.com ip4:203.0.113.5 -all\"\n"
    "counted  IN TXT \"v=spf1 exists:%{d3}.x.example.com -all\"\n"
    "counted.example.com.x IN A 127.0.0.2\n"
    "dotted   IN TXT \"v=spf1 a.b=c ip4:203.0.113.5 -all\"\n"
    "two      IN TXT \"v=spf1 -all\"\n"
    "two      IN TXT \"v=spf1 +all\"\n"
    "macros   IN TXT \"v=spf1 exists:%{ir}.%{v}.%{l1r-}.%{o}.%{h}.example.com -all\"\n"
    "client   IN TXT \"v=spf1 exists:%{p}.example.com -all\"\n"
    "binary   IN TXT \"v=spf1 a:\\200.example.com -all\"\n"
    "ptr      IN TXT \"v=spf1 ptr:example.com -all\"\n"
    "5.113.0.203.in-addr.arpa. IN PTR host.example.com.\n"
    "host     IN A 203.0.113.5\n"
    "ptrdot   IN TXT \"v=spf1 ptr:example.com. -all\"\n"
    "incdot   IN TXT \"v=spf1 include:named.example.com. -all\"\n"
    "named    IN TXT \"v=spf1 exists:%{d}.x.example.com -all\"\n"
    "named.example.com.x IN A 127.0.0.2\n"
    "nullmx   IN TXT \"v=spf1 mx -all\"\n"
    "nullmx   IN MX 0 .\n"
    "inclong  IN TXT \"v=spf1 include:long.example.com -all\"\n"
    "slow     IN TXT \"v=spf1 ip4:203.0.113.5 a:slow1.example.com -all\"\n"
    "self     IN TXT \"v=spf1 include:self.example.com -all\"\n"
    "stack    IN TXT \"v=spf1 -all exp=stack-text.example.com\"\n";

static struct dns *dns;

static void add_series(struct str *zone, const char *name, const char *format, int from, int n, const char *end)
{
    str_addf(zone, "%s IN TXT \"v=spf1\"", name);
    for (int i = from; i < from + n; i++) {
        char term[200];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(term, sizeof(term), format, i);
#pragma GCC diagnostic pop
        str_addf(zone, " \" %s\"", term);
    }
    str_addf(zone, "%s\n", end);
}

/* What is known to crash the library, or to make it ask 175,781 questions. */
static void add_hostile(struct str *zone)
{
    str_add(zone, "stack-text IN TXT \"");
    for (int i = 0; i < 254; i++)
        str_addc(zone, 'x');
    str_add(zone, "\"\nunder IN TXT \"v=spf1 a:\"");
    for (int i = 0; i < 127; i++)
        str_add(zone, " \"%{d}\"");
    for (int i = 0; i < 100; i++)
        str_addf(zone, " \"%0200d\"", 0);
    str_add(zone, "\n");
    for (int level = 0; level < 7; level++) {
        str_addf(zone, "bomb%d IN TXT \"v=spf1\"", level);
        for (int i = 0; i < 10; i++)
            str_addf(zone, " \" include:bomb%d.example.com\"", level + 1);
        str_add(zone, " \" -all\"\n");
    }
    str_add(zone, "bomb7 IN TXT \"v=spf1 a:x.example.com -all\"\n");
}

static void set_up(void)
{
    struct str zone = STR_EMPTY;

    str_add(&zone, zone_text);
    add_series(&zone, "long", "ip4:203.0.113.%d", 1, 70, " \" -all\"");
    add_series(&zone, "long6", "ip6:2001:db8::%d", 1, 40, " \" -all\"");
    add_series(&zone, "just", "ip4:203.0.113.%d", 1, 63, " \" -all\"");
    add_series(&zone, "manymx", "%d=x mx", 1, 0, " \" mx -all\"");
    for (int i = 1; i <= 11; i++)
        str_addf(&zone, "manymx IN MX %d mail%d\nmail%d IN A 203.0.113.%d\n", i, i, i, i);
    add_hostile(&zone);
    dns = zonedns_new(str_get(&zone));
    str_clear(&zone);
}

static void tear_down(void)
{
    dns_free(&dns);
}

static struct spf_result ask_with(struct dns_budget *budget, const char *ip, enum spf_identity identity,
                                  const char *helo, const char *mailfrom)
{
    struct spf_result result;
    struct ip_addr client;

    ck_assert_int_eq(ip_parse(ip, &client), 0);
    spfcheck_run(dns, budget, &client, identity, helo, mailfrom, "rcv.example.net", &result);
    ck_assert(!result.libspf2.is_known);
    spfopinion_ask(dns, budget, helo, mailfrom, &result);
    return result;
}

static struct spf_result ask(const char *ip, const char *mailfrom)
{
    struct dns_budget budget = zonedns_budget();

    return ask_with(&budget, ip, SPF_MAILFROM, "mail.example.com", mailfrom);
}

#define UNKNOWN AUTH_RESULT_COUNT

START_TEST(gives_an_opinion)
{
    static const struct { const char *ip, *mailfrom; enum auth_result ours, its; const char *reason; } cases[] = {
        { "203.0.113.5", "a@good.example.com", AUTH_PASS, AUTH_PASS, NULL },
        { "203.0.113.6", "a@Good.Example.COM.", AUTH_PASS, AUTH_PASS, NULL },
        { "2001:db8::6", "a@good.example.com", AUTH_PASS, AUTH_PASS, NULL },
        { "198.51.100.9", "a@good.example.com", AUTH_PASS, AUTH_PASS, NULL },
        { "2001:db8:1::1", "a@good.example.com", AUTH_PASS, AUTH_PASS, NULL },
        { "192.0.2.1", "a@good.example.com", AUTH_FAIL, AUTH_FAIL, NULL },
        { "192.0.2.1", "a@_spf.example.com", AUTH_NEUTRAL, AUTH_NEUTRAL, NULL },
        { "192.0.2.1", "a@nowhere.example.com", AUTH_NONE, AUTH_NONE, NULL },
        { "192.0.2.1", "a@two.example.com", AUTH_PERMERROR, AUTH_PERMERROR, NULL },
        { "192.0.2.1", "a.b-c@macros.example.com", AUTH_FAIL, AUTH_FAIL, NULL },
        { "203.0.113.5", "a@ptr.example.com", AUTH_PASS, AUTH_PASS, NULL },
        { "203.0.113.6", "a@ptr.example.com", AUTH_FAIL, AUTH_FAIL, NULL },
        { "192.0.2.1", "a@nullmx.example.com", AUTH_FAIL, AUTH_FAIL, NULL },
        { "192.0.2.1", "a@self.example.com", AUTH_PERMERROR, AUTH_PERMERROR, NULL },
        { "203.0.113.63", "a@just.example.com", AUTH_PASS, AUTH_PASS, NULL },
        { "203.0.113.64", "a@just.example.com", AUTH_FAIL, AUTH_FAIL, NULL },
        { "203.0.113.64", "a@long.example.com", AUTH_PASS, AUTH_PASS, NULL },
        { "203.0.113.70", "a@long.example.com", AUTH_PASS, AUTH_NEUTRAL,
          "the record of long.example.com is too long for it: it drops the terms after the 64 it has room for, from "
          "'ip4:203.0.113.65' on" },
        { "203.0.113.70", "a@inclong.example.com", AUTH_PASS, AUTH_FAIL,
          "the record of long.example.com is too long for it: it drops the terms after the 64 it has room for, from "
          "'ip4:203.0.113.65' on" },
        { "2001:db8::40", "a@long6.example.com", AUTH_PASS, AUTH_NEUTRAL,
          "the record of long6.example.com is too long for it: it drops the terms after the 26 it has room for, from "
          "'ip6:2001:db8::27' on" },
        { "203.0.113.5", "a@zero.example.com", AUTH_PASS, AUTH_PERMERROR, "it refuses the prefix length /0" },
        { "203.0.113.5", "a@void.example.com", AUTH_PERMERROR, AUTH_PASS, "it has no limit of void lookups" },
        { "203.0.113.5", "a@early.example.com", AUTH_PASS, AUTH_NEUTRAL,
          "it follows redirect= where it stands, not after the other terms" },
        { "203.0.113.5", "a@lax.example.com", AUTH_PERMERROR, AUTH_PASS, "its syntax is laxer than the RFC's" },
        { "203.0.113.5", "a@bare.example.com", AUTH_NEUTRAL, AUTH_NONE,
          "it takes a record of 'v=spf1' alone for none" },
        { "203.0.113.5", "a@delim.example.com", AUTH_PASS, AUTH_PERMERROR,
          "it does not know all delimiters and transformers of macros" },
        { "203.0.113.5", "a@dotted.example.com", AUTH_PASS, AUTH_PERMERROR,
          "it refuses a dot in the name of a modifier" },
        { "203.0.113.5", "a@manymx.example.com", AUTH_PERMERROR, AUTH_PASS,
          "it looks at the first 10 names of an MX answer and goes on" },
        { "203.0.113.5", "a@counted.example.com", AUTH_PASS, AUTH_FAIL,
          "it expands macros with a number, such as %{d2}, otherwise" },
        { "203.0.113.5", "a@ptrdot.example.com", AUTH_PASS, AUTH_FAIL, "it keeps the final dot of a domain" },
        { "203.0.113.5", "a@incdot.example.com", AUTH_PASS, AUTH_FAIL, "it keeps the final dot of a domain" },
        { "127.0.0.1", "a@good.example.com", AUTH_FAIL, AUTH_PASS, "every loopback address passes" },
        { "::1", "a@good.example.com", AUTH_FAIL, AUTH_PASS, "every loopback address passes" },
        /* What it is not asked. */
        { "203.0.113.5", "a@client.example.com", AUTH_FAIL, UNKNOWN, NULL },
        { "203.0.113.5", "a@binary.example.com", AUTH_PERMERROR, UNKNOWN, NULL },
        { "203.0.113.5", "a@localhost", AUTH_NONE, UNKNOWN, NULL },
        { "203.0.113.5", "a@[203.0.113.5]", AUTH_NONE, UNKNOWN, NULL },
        { "203.0.113.5", "\xc3\xb6@good.example.com", AUTH_PASS, UNKNOWN, NULL },
        { "203.0.113.5", "a b@good.example.com", AUTH_PASS, UNKNOWN, NULL },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct spf_result result = ask(cases[i].ip, cases[i].mailfrom);
        const char *who = cases[i].mailfrom, *reason = result.libspf2.reason;
        ck_assert_msg(result.result == cases[i].ours, "%s: %s", who, auth_result_name(result.result));
        ck_assert_msg(result.libspf2.is_known == (cases[i].its != UNKNOWN), "%s", who);
        if (result.libspf2.is_known)
            ck_assert_msg(result.libspf2.result == cases[i].its, "%s: %s", who,
                          auth_result_name(result.libspf2.result));
        ck_assert_msg((reason == NULL) == (cases[i].reason == NULL), "%s: %s", who, reason == NULL ? "none" : reason);
        if (reason != NULL)
            ck_assert_str_eq(reason, cases[i].reason);
        spf_result_clear(&result);
    }
}
END_TEST

START_TEST(judges_helo_alike)
{
    static const struct { const char *helo, *mailfrom; bool is_known; } cases[] = {
        { "good.example.com", "", true }, { "good.example.com", "a@two.example.com", true }, { "", "", false },
        { "", "a@good.example.com", false }, { "bad\nhelo.example.com", "", false },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct dns_budget budget = zonedns_budget();
        struct spf_result result = ask_with(&budget, "192.0.2.1", SPF_HELO, cases[i].helo, cases[i].mailfrom);
        ck_assert(result.libspf2.is_known == cases[i].is_known);
        ck_assert(!cases[i].is_known || result.libspf2.result == AUTH_FAIL);
        spf_result_clear(&result);
    }
}
END_TEST

START_TEST(makes_a_finding)
{
    static const struct { const char *mailfrom, *want; } cases[] = {
        { "a@long.example.com", "libspf2, which many receivers run, has another SPF result for long.example.com from "
          "203.0.113.70: neutral, not pass: the record of long.example.com is too long for it: it drops the terms "
          "after the 64 it has room for, from 'ip4:203.0.113.65' on" },
        { "a@just.example.com", NULL },
        { "a@client.example.com", NULL },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct findings list = { 0 };
        struct spf_result result = ask("203.0.113.70", cases[i].mailfrom);
        const struct finding *found = NULL;
        spfcheck_findings(&result, false, &list);
        for (size_t k = 0; k < list.count; k++) {
            if (list.items[k].row->id == FINDING_SPF_IMPLEMENTATIONS_DIFFER)
                found = &list.items[k];
        }
        ck_assert_msg((found == NULL) == (cases[i].want == NULL), "%s", cases[i].mailfrom);
        if (found != NULL)
            ck_assert_str_eq(found->text, cases[i].want);
        findings_clear(&list);
        spf_result_clear(&result);
    }
}
END_TEST

/* The records that crash the library when it is asked without a guard, and one that multiplies lookups. */
START_TEST(cannot_be_crashed)
{
    static const struct { const char *mailfrom; bool is_known; } cases[] = {
        { "a@stack.example.com", true },        /* its exp= is not followed */
        { "a@under.example.com", false },
        { "a@bomb0.example.com", false },
        { "a@bomb5.example.com", false },
        { "a@self.example.com", true },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct dns_budget budget = zonedns_budget();
        struct spf_result result;
        struct ip_addr client;
        ck_assert_int_eq(ip_parse("192.0.2.1", &client), 0);
        spfcheck_run(dns, &budget, &client, SPF_MAILFROM, "mail.example.com", cases[i].mailfrom, "r", &result);
        int asked = budget.asked;
        spfopinion_ask(dns, &budget, "mail.example.com", cases[i].mailfrom, &result);
        ck_assert_msg(result.libspf2.is_known == cases[i].is_known, "%s", cases[i].mailfrom);
        ck_assert_int_le(budget.asked - asked, SPFOPINION_LOOKUPS);
        ck_assert_int_ge(budget.questions, 1000 - budget.asked);
        spf_result_clear(&result);
    }
}
END_TEST

/* A question that fails, or is not back, leaves it unknown and is no failure of the message's. */
START_TEST(depends_on_dns)
{
    static const enum dns_status failures[] = { DNS_TIMEOUT, DNS_TEMPFAIL, DNS_BOGUS, DNS_PENDING };

    for (size_t i = 0; i < LENGTH(failures); i++) {
        struct dns_budget budget = zonedns_budget();
        budget.no_wait = true;
        struct spf_result result = ask_with(&budget, "192.0.2.1", SPF_MAILFROM, "mail.example.com",
                                            "a@early.example.com");
        ck_assert(result.libspf2.is_known);
        spf_result_clear(&result);

        dns_inject(dns, "slow1.example.com", DNS_A, failures[i]);
        result = ask("203.0.113.5", "a@slow.example.com");
        ck_assert(result.libspf2.is_known && result.libspf2.result == AUTH_PASS);
        spf_result_clear(&result);

        result = ask_with(&budget, "192.0.2.1", SPF_MAILFROM, "mail.example.com", "a@slow.example.com");
        ck_assert(!result.libspf2.is_known);
        result.result = AUTH_FAIL;      /* as if ours had not needed the answer */
        budget.failed = 0;
        spfopinion_ask(dns, &budget, "mail.example.com", "a@slow.example.com", &result);
        ck_assert(!result.libspf2.is_known);
        ck_assert_int_eq(budget.failed, 0);
        spf_result_clear(&result);
    }
}
END_TEST

START_TEST(guards_records)
{
    static const struct { const char *in, *want; size_t compiled; const char *forgotten; } cases[] = {
        { "v=spf1 a mx ptr -all", "v=spf1 a mx ptr -all", 16, NULL },
        { "v=spf1  a:abc.de  ip4:192.0.2.0/24 ip6:2001:db8::/32 ", "v=spf1 a:abc.de ip4:192.0.2.0/24 ip6:2001:db8::/32",
          44, NULL },
        { "v=spf1 a/24 a:abc.defg/24//64 a/32 mx//128", "v=spf1 a/24 a:abc.defg/24//64 a/32 mx//128", 36, NULL },
        { "v=spf1 exists:%{i}._spf.%{d} include:%{d}.a redirect=abc.de",
          "v=spf1 exists:%{i}._spf.%{d} include:%{d}.a redirect=abc.de", 56, NULL },
        { "v=spf1 exp=%{i}.why.%{d} Exp-Text=x -all", "v=spf1 xxp=%{i}.why.%{d} xxp-Text=x -all", 4, NULL },
        { "v=spf1 +exp=a.de --exp=b.de =exp=c.de !exp=d", "v=spf1 +xxp=a.de --exp=b.de =xxp=c.de !xxp=d", 0, NULL },
        { "v=spf1 redirect:a.de include=x", "v=spf1 redirect:a.de xnclude=x", 24, NULL },
        { "v=spf1 exists:%{p}.example.com -all", NULL, 0, NULL },
        { "v=spf1 a:%{P1r}.example.com -all", NULL, 0, NULL },
        { "v=spf1 exists:%%{p.example.com -all", "v=spf1 exists:%%{p.example.com -all", 28, NULL },
        { "v=spf1 a:%{d128r}.de/20//111 a:1234.de", "v=spf1 a:%{d128r}.de/20//111 a:1234.de", 36, NULL },
        { "v=spf1 a:%{d1280}.de", NULL, 0, NULL },
        { "v=spf1 ip4:192.0.2.0/4294967290", NULL, 0, NULL },
        { "v=spf1 mx//00128", NULL, 0, NULL },
        { "v=spf1 a\tmx", NULL, 0, NULL },
        { "v=spf1\x80", NULL, 0, NULL },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct spfguard guard;
        bool may_pass = spfguard_read(cases[i].in, strlen(cases[i].in), &guard);
        ck_assert_msg(may_pass == (cases[i].want != NULL), "%s", cases[i].in);
        if (may_pass) {
            ck_assert_str_eq(str_get(&guard.text), cases[i].want);
            ck_assert_msg(!guard.is_exact || guard.compiled == cases[i].compiled, "%s: %zu", cases[i].in,
                          guard.compiled);
            ck_assert_ptr_null(guard.forgotten);
        }
        spfguard_clear(&guard);
    }
}
END_TEST

/* Broken records by the thousand, through the whole way: no crash, bounded lookups, and most of them asked about. */
START_TEST(survives_mutations)
{
    static const char *const seeds[] = {
        "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a:mail.example.com/24//64 mx -all exp=why.example.com",
        "v=spf1 include:%{d2}.example.com ?exists:%{ir}.%{l1r-+}.example.com redirect=_spf.example.com",
        "v=spf1 a:%{S}.%{O3R}.example.com//64 ptr:example.com ~all exp=explain.%{d} moo=%{c}%{r}%{t}%%%_%-",
        "v=spf1 include:self.example.com include:long.example.com include:good.example.com a:%{d}%{d}%{h}.x.de/20 -all",
    };
    static const char *const pieces[] = {
        " ", ":", "/", "=", "%", "%{", "}", "%{d}", "%{i128}", "%{d999999999999}", "%%", "%-", "//", "/0", "/33", "/",
        "exp=", "redirect=", "include:", "-", "+", ".", "0123456789", "%{d}%{d}%{d}%{d}%{d}%{d}%{d}%{d}%{d}%{d}",
        "4294967295", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "A",
        NULL,
    };
    enum { COUNT = 3000 };
    struct str zone = STR_EMPTY;
    uint64_t state = 7208;
    int known = 0;

    str_add(&zone, zone_text);
    for (int i = 0; i < COUNT; i++) {
        char text[1024];
        const char *seed = seeds[mutate_below(&state, LENGTH(seeds))];
        size_t len = mutate(&state, seed, strlen(seed), pieces, text, sizeof(text));
        str_addf(&zone, "m%d IN TXT \"", i);
        for (size_t k = 0; k < len; k++)
            str_addf(&zone, k % 200 == 199 ? "\" \"\\%03d" : "\\%03d", (unsigned char)text[k]);
        str_add(&zone, "\"\n");
    }
    dns_free(&dns);
    dns = zonedns_new(str_get(&zone));
    str_clear(&zone);
    for (int i = 0; i < COUNT; i++) {
        char mailfrom[64];
        snprintf(mailfrom, sizeof(mailfrom), "a.b-c+d@m%d.example.com", i);
        struct spf_result result = ask(i % 2 == 0 ? "192.0.3.1" : "2001:db9::1", mailfrom);
        known += result.libspf2.is_known;
        spf_result_clear(&result);
    }
    ck_assert_int_gt(known, COUNT / 2);
}
END_TEST

static void *ask_often(void *context)
{
    for (int i = 0; i < 200; i++) {
        struct spf_result result = ask(i % 2 == 0 ? "203.0.113.70" : "192.0.2.1", context);
        ck_assert(result.libspf2.is_known);
        spf_result_clear(&result);
    }
    return NULL;
}

START_TEST(serves_threads)
{
    static const char *const senders[] = {
        "a@good.example.com", "a@long.example.com", "a.b-c@macros.example.com", "a@ptr.example.com",
    };
    pthread_t threads[LENGTH(senders)];

    for (size_t i = 0; i < LENGTH(senders); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_often, (void *)(uintptr_t)senders[i]), 0);
    for (size_t i = 0; i < LENGTH(senders); i++)
        pthread_join(threads[i], NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spfopinion");
    TCase *tc = tcase_create("spfopinion");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, gives_an_opinion);
    tcase_add_test(tc, judges_helo_alike);
    tcase_add_test(tc, makes_a_finding);
    tcase_add_test(tc, cannot_be_crashed);
    tcase_add_test(tc, depends_on_dns);
    tcase_add_test(tc, guards_records);
    tcase_add_test(tc, survives_mutations);
    tcase_add_test(tc, serves_threads);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
