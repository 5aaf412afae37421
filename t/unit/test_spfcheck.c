/*
 * lib/check/spfcheck and spffinding: what the RFC's test suite (t/rfc7208) does not ask: identities, limits, failures,
 * flags, steps, TTLs, what is started with no_wait, and the findings.
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/check/spfcheck.h"
#include "t/unit/unit.h"

#include <string.h>
#include <unistd.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const char zone_text[] =
    "$TTL 300\n"
    "$ORIGIN example.com.\n"
    "@        IN SOA ns hostmaster 1 7200 3600 604800 120\n"
    "@        IN NS ns\n"
    "@    600 IN TXT \"v=spf1 ip4:203.0.113.5 \" \"a:mail.example.com include:_spf.example.com -all \" "
             "\"exp=why.example.com\"\n"
    "mail 200 IN A 203.0.113.6\n"
    "mail     IN AAAA 2001:db8::6\n"
    "_spf     IN TXT \"v=spf1 ip4:198.51.100.0/24 ?all\"\n"
    "why      IN TXT \"%{i} is not %{d} for %{s} (%{l} at %{o}, %{h}, %{r})\"\n"
    "hop      IN TXT \"v=spf1 redirect=example.com\"\n"
    "cut      IN TXT \"v=spf1 ip4:203.0.113.5 -all\"\n"
    "open     IN TXT \"v=spf1 mx +all\"\n"
    "openinc  IN TXT \"v=spf1 include:open.example.com -all\"\n"
    "notopen  IN TXT \"v=spf1 -include:open.example.com ~all\"\n"
    "wide     IN TXT \"v=spf1 ip4:203.0.113.5/0 -all\"\n"
    "ptr      IN TXT \"v=spf1 -ptr:other.example.com ip4:203.0.113.5 -all\"\n"
    "two      IN TXT \"v=spf1 -all\"\n"
    "two      IN TXT \"v=spf1 +all\"\n"
    "two      IN TXT \"something else\"\n"
    "plain    IN TXT \"something else\"\n"
    "bad      IN TXT \"v=spf1 ip4:300.1.2.3 -all\"\n"
    "incbad   IN TXT \"v=spf1 include:bad.example.com -all\"\n"
    "incnone  IN TXT \"v=spf1 include:plain.example.com -all\"\n"
    "incnx    IN TXT \"v=spf1 include:nowhere.example.com -all\"\n"
    "rednone  IN TXT \"v=spf1 redirect=plain.example.com\"\n"
    "redself  IN TXT \"v=spf1 redirect=redself.example.com\"\n"
    "neutral  IN TXT \"v=spf1 ip4:192.0.2.1\"\n"
    "ten      IN TXT \"v=spf1 a:mail.example.com a:mail.example.com a:mail.example.com a:mail.example.com "
    "a:mail.example.com a:mail.example.com a:mail.example.com a:mail.example.com a:mail.example.com a:mail.example.com "
    "ip4:203.0.113.9 -all\"\n"
    "eleven   IN TXT \"v=spf1 include:ten.example.com -all\"\n"
    "void2    IN TXT \"v=spf1 a:x1.example.com exists:x2.example.com ip4:203.0.113.5 -all\"\n"
    "void3    IN TXT \"v=spf1 a:x1.example.com mx:mail.example.com exists:x3.example.com ip4:203.0.113.5 -all\"\n"
    "voidmx   IN TXT \"v=spf1 mx ip4:203.0.113.5 -all\"\n"
    "voidmx   IN MX 1 x1\n"
    "voidmx   IN MX 2 x2\n"
    "voidmx   IN MX 3 x3\n"
    "nullmx   IN TXT \"v=spf1 mx -all\"\n"
    "nullmx   IN MX 0 .\n"
    "local    IN TXT \"v=spf1 exists:%{l}.users.example.com -all\"\n"
    "bob.users IN A 127.0.0.2\n"
    "slow     IN TXT \"v=spf1 a:slow1.example.com mx:slow2.example.com include:slow3.example.com "
    "exists:slow4.example.com redirect=slow5.example.com\"\n"
    "slowptr  IN TXT \"v=spf1 ptr exists:%{p}.ok.example.com ip4:203.0.113.5 -all\"\n"
    "onlyptr  IN TXT \"v=spf1 ptr -all\"\n"
    "denyptr  IN TXT \"v=spf1 -ptr ip4:203.0.113.5 -all\"\n"
    "incptr   IN TXT \"v=spf1 include:onlyptr.example.com ip4:203.0.113.5 -all\"\n"
    "softptr  IN TXT \"v=spf1 ?include:onlyptr.example.com ip4:203.0.113.5 -all\"\n"
    "voidptr  IN TXT \"v=spf1 ptr a:x1.example.com a:x2.example.com ip4:203.0.113.5 -all\"\n"
    "seenp    IN TXT \"v=spf1 exists:%{p}.seenp.example.com -all\"\n"
    "unknown.seenp IN A 127.0.0.2\n"
    "incp     IN TXT \"v=spf1 include:%{p}.incp.example.com ip4:203.0.113.5 -all\"\n"
    "unknown.incp IN TXT \"v=spf1 -all\"\n"
    "utf8     IN TXT \"v=spf1 exists:%{l}.example.com a:%{L}.example.com include:%{s}.example.com "
             "include:%{L}.example.com ip4:203.0.113.5 redirect=%{l}.example.com\"\n"
    "slowexp  IN TXT \"v=spf1 -all exp=slow1.example.com\"\n"
    "slowinc  IN TXT \"v=spf1 include:slow3.example.com -all\"\n"
    "xn--bcher-kva IN TXT \"v=spf1 exists:%{d}.seen.example.com -all\"\n"
    "xn--bcher-kva.example.com.seen IN A 127.0.0.2\n"
    "long     IN TXT \"v=spf1 ip4:203.0.113.5 -all\"\n";

static struct dns *dns;

/* The zone, and below big.example.com a record that is too long. */
static void set_up(void)
{
    char path[] = "/tmp/preflight-spf-XXXXXX";
    const struct dns_settings settings = { .zone = path, .timeout_ms = 1000, .cache_entries = 100, .max_ttl = 3600 };
    struct err err = { "" };
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");

    ck_assert_ptr_nonnull(file);
    fputs(zone_text, file);
    fputs("big IN TXT \"v=spf1\"", file);
    for (int i = 0; i < 420; i++)
        fputs(" \" ip4:198.51.100.1/32\"", file);
    fputs(" \" -all\"\n", file);
    ck_assert_int_eq(fclose(file), 0);
    dns = dns_new(&settings, &err);
    unlink(path);
    ck_assert_msg(dns != NULL, "%s", err.text);
}

static void tear_down(void)
{
    dns_free(&dns);
}

static struct dns_budget make_budget(void)
{
    return (struct dns_budget){ .deadline_ms = clock_ms() + 10000, .questions = 100 };
}

static struct spf_result check_with(struct dns_budget *budget, const char *ip, enum spf_identity identity,
                                    const char *helo, const char *mailfrom)
{
    struct spf_result result;
    struct ip_addr client;

    ck_assert_int_eq(ip_parse(ip, &client), 0);
    spfcheck_run(dns, budget, &client, identity, helo, mailfrom, "rcv.example.net", &result);
    ck_assert(result.term != NULL && result.record_domain != NULL && result.explanation != NULL &&
              result.problem != NULL && result.domain != NULL);
    return result;
}

static struct spf_result check(const char *ip, const char *mailfrom)
{
    struct dns_budget budget = make_budget();

    return check_with(&budget, ip, SPF_MAILFROM, "mail.example.com", mailfrom);
}

START_TEST(decides)
{
    static const struct {
        const char *ip, *mailfrom;
        enum auth_result want;
        const char *term, *record_domain, *problem;
        int lookups, void_lookups;
        unsigned flags;
    } cases[] = {
        { "203.0.113.5", "a@example.com", AUTH_PASS, "ip4:203.0.113.5", "example.com", "", 0, 0, 0 },
        { "203.0.113.6", "a@Example.COM.", AUTH_PASS, "a:mail.example.com", "example.com", "", 1, 0, 0 },
        { "::ffff:203.0.113.6", "a@example.com", AUTH_PASS, "a:mail.example.com", "example.com", "", 1, 0, 0 },
        { "2001:db8::6", "a@example.com", AUTH_PASS, "a:mail.example.com", "example.com", "", 1, 0, 0 },
        { "198.51.100.7", "a@example.com", AUTH_PASS, "include:_spf.example.com", "example.com", "", 2, 0, 0 },
        { "192.0.2.1", "a@example.com", AUTH_FAIL, "-all", "example.com", "", 2, 0, 0 },
        { "192.0.2.1", "a@hop.example.com", AUTH_FAIL, "-all", "example.com", "", 3, 0, 0 },
        { "203.0.113.5", "a@neutral.example.com", AUTH_NEUTRAL, "", "neutral.example.com", "", 0, 0, 0 },
        { "203.0.113.5", "a@plain.example.com", AUTH_NONE, "", "", "", 0, 0, 0 },
        { "203.0.113.5", "a@nowhere.example.com", AUTH_NONE, "", "", "", 0, 0, 0 },
        { "203.0.113.5", "a@[203.0.113.5]", AUTH_NONE, "", "", "", 0, 0, 0 },
        { "203.0.113.5", "root", AUTH_NONE, "", "", "", 0, 0, 0 },
        { "203.0.113.5", "root@", AUTH_NONE, "", "", "", 0, 0, 0 },
        { "203.0.113.5", "a@two.example.com", AUTH_PERMERROR, "", "two.example.com",
          "two.example.com has 2 SPF records", 0, 0, SPF_FLAG_MULTIPLE_RECORDS },
        { "203.0.113.5", "a@bad.example.com", AUTH_PERMERROR, "ip4:300.1.2.3", "bad.example.com",
          "'ip4:300.1.2.3' in the SPF record of bad.example.com: '300.1.2.3' is not an IPv4 address", 0, 0,
          SPF_FLAG_SYNTAX },
        { "203.0.113.5", "a@incbad.example.com", AUTH_PERMERROR, "ip4:300.1.2.3", "bad.example.com",
          "'ip4:300.1.2.3' in the SPF record of bad.example.com: '300.1.2.3' is not an IPv4 address", 1, 0,
          SPF_FLAG_SYNTAX },
        { "203.0.113.5", "a@incnone.example.com", AUTH_PERMERROR, "include:plain.example.com", "incnone.example.com",
          "'include:plain.example.com' in the SPF record of incnone.example.com: plain.example.com has no SPF record",
          1, 0, 0 },
        { "203.0.113.5", "a@incnx.example.com", AUTH_PERMERROR, "include:nowhere.example.com", "incnx.example.com",
          "'include:nowhere.example.com' in the SPF record of incnx.example.com: nowhere.example.com has no SPF record",
          1, 0, 0 },
        { "203.0.113.5", "a@rednone.example.com", AUTH_PERMERROR, "redirect=plain.example.com", "rednone.example.com",
          "'redirect=plain.example.com' in the SPF record of rednone.example.com: plain.example.com has no SPF record",
          1, 0, 0 },
        { "203.0.113.5", "a@redself.example.com", AUTH_PERMERROR, "redirect=redself.example.com", "redself.example.com",
          "'redirect=redself.example.com' in the SPF record of redself.example.com: more than 10 DNS lookups",
          11, 0, SPF_FLAG_TOO_MANY_LOOKUPS },
        { "203.0.113.9", "a@ten.example.com", AUTH_PASS, "ip4:203.0.113.9", "ten.example.com", "", 10, 0, 0 },
        { "203.0.113.9", "a@eleven.example.com", AUTH_PERMERROR, "a:mail.example.com", "ten.example.com",
          "'a:mail.example.com' in the SPF record of ten.example.com: more than 10 DNS lookups", 11, 0,
          SPF_FLAG_TOO_MANY_LOOKUPS },
        { "203.0.113.5", "a@void2.example.com", AUTH_PASS, "ip4:203.0.113.5", "void2.example.com", "", 2, 2, 0 },
        { "203.0.113.5", "a@void3.example.com", AUTH_PERMERROR, "exists:x3.example.com", "void3.example.com",
          "'exists:x3.example.com' in the SPF record of void3.example.com: more than 2 void lookups",
          3, 3, SPF_FLAG_VOID_LOOKUPS },
        { "203.0.113.5", "a@voidmx.example.com", AUTH_PASS, "ip4:203.0.113.5", "voidmx.example.com", "", 1, 1, 0 },
        { "203.0.113.5", "a@nullmx.example.com", AUTH_FAIL, "-all", "nullmx.example.com", "", 1, 0, 0 },
        { "203.0.113.5", "a@big.example.com", AUTH_PERMERROR, "", "big.example.com",
          "SPF record of big.example.com: the record is longer than 8192 bytes", 0, 0, SPF_FLAG_SYNTAX },
        { "192.0.2.1", "a@open.example.com", AUTH_PASS, "+all", "open.example.com", "", 1, 1, SPF_FLAG_PASS_ALL },
        { "192.0.2.1", "a@openinc.example.com", AUTH_PASS, "include:open.example.com", "openinc.example.com", "", 2, 1,
          SPF_FLAG_PASS_ALL },
        { "192.0.2.1", "a@notopen.example.com", AUTH_FAIL, "-include:open.example.com", "notopen.example.com",
          "", 2, 1, 0 },
        { "192.0.2.1", "a@wide.example.com", AUTH_PASS, "ip4:203.0.113.5/0", "wide.example.com", "", 0, 0,
          SPF_FLAG_PASS_ALL },
        { "203.0.113.5", "a@ptr.example.com", AUTH_PASS, "ip4:203.0.113.5", "ptr.example.com", "", 1, 1,
          SPF_FLAG_PTR_USED },
        { "203.0.113.5", "bob@local.example.com", AUTH_PASS, "exists:%{l}.users.example.com", "local.example.com",
          "", 1, 0, 0 },
        { "203.0.113.5", "b\xc3\xb6""b@local.example.com", AUTH_FAIL, "-all", "local.example.com", "", 1, 0, 0 },
        { "203.0.113.5", "a@b\xc3\xbc""cher.example.com", AUTH_PASS, "exists:%{d}.seen.example.com",
          "xn--bcher-kva.example.com", "", 1, 0, 0 },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct spf_result result = check(cases[i].ip, cases[i].mailfrom);
        const char *who = cases[i].mailfrom;
        ck_assert_msg(result.result == cases[i].want, "%s: %s", who, auth_result_name(result.result));
        ck_assert_msg(strcmp(result.term, cases[i].term) == 0, "%s: %s", who, result.term);
        ck_assert_msg(strcmp(result.record_domain, cases[i].record_domain) == 0, "%s: %s", who, result.record_domain);
        ck_assert_msg(strcmp(result.problem, cases[i].problem) == 0, "%s: %s", who, result.problem);
        ck_assert_msg(result.lookups == cases[i].lookups, "%s: %d", who, result.lookups);
        ck_assert_msg(result.void_lookups == cases[i].void_lookups, "%s: %d", who, result.void_lookups);
        ck_assert_msg(result.flags == cases[i].flags, "%s: %u", who, result.flags);
        spf_result_clear(&result);
    }
}
END_TEST

START_TEST(judges_identities)
{
    static const struct {
        enum spf_identity identity;
        const char *helo, *mailfrom, *domain;
        enum auth_result want;
        const char *explanation;
    } cases[] = {
        { SPF_MAILFROM, "mx.example.net", "a.b@example.com", "example.com", AUTH_FAIL,
          "192.0.2.1 is not example.com for a.b@example.com (a.b at example.com, mx.example.net, rcv.example.net)" },
        { SPF_MAILFROM, "example.com", "", "example.com", AUTH_FAIL,
          "192.0.2.1 is not example.com for postmaster@example.com (postmaster at example.com, example.com, "
          "rcv.example.net)" },
        { SPF_HELO, "hop.example.com", "a@neutral.example.com", "hop.example.com", AUTH_FAIL,
          "192.0.2.1 is not example.com for postmaster@hop.example.com (postmaster at hop.example.com, "
          "hop.example.com, rcv.example.net)" },
        { SPF_MAILFROM, "mx.example.net", "@example.com", "example.com", AUTH_FAIL,
          "192.0.2.1 is not example.com for postmaster@example.com (postmaster at example.com, mx.example.net, "
          "rcv.example.net)" },
        { SPF_MAILFROM, "mx.example.net", "\"a@b\"@example.com", "example.com", AUTH_FAIL,
          "192.0.2.1 is not example.com for \"a@b\"@example.com (\"a@b\" at example.com, mx.example.net, "
          "rcv.example.net)" },
        { SPF_MAILFROM, "bad\r\nhelo", "a@example.com", "example.com", AUTH_FAIL, "" },
        { SPF_HELO, "localhost", "a@example.com", "localhost", AUTH_NONE, "" },
        { SPF_HELO, "[192.0.2.1]", "a@example.com", "[192.0.2.1]", AUTH_NONE, "" },
        { SPF_HELO, "[IPv6:2001:db8::1.2.3.4]", "", "[IPv6:2001:db8::1.2.3.4]", AUTH_NONE, "" },
        { SPF_HELO, "", "", "", AUTH_NONE, "" },
        { SPF_HELO, "evil\nline.example.com", "", "evil\nline.example.com", AUTH_NONE, "" },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct dns_budget budget = make_budget();
        struct spf_result result = check_with(&budget, "192.0.2.1", cases[i].identity, cases[i].helo,
                                              cases[i].mailfrom);
        ck_assert_int_eq(result.identity, cases[i].identity);
        ck_assert_str_eq(result.domain, cases[i].domain);
        ck_assert_int_eq(result.result, cases[i].want);
        ck_assert_str_eq(result.explanation, cases[i].explanation);
        spf_result_clear(&result);
    }
    ck_assert_str_eq(spf_identity_name(SPF_HELO), "helo");
    ck_assert_str_eq(spf_identity_name(SPF_MAILFROM), "mailfrom");
}
END_TEST

/*
 * Section 5.5 reads a failure as no match.  That a receiver has an answer is as likely, so that it is temperror where
 * the result could be another then.
 */
START_TEST(depends_on_ptr)
{
    static const struct { const char *mailfrom; enum auth_result want; } cases[] = {
        { "a@onlyptr.example.com", AUTH_TEMPERROR }, { "a@denyptr.example.com", AUTH_TEMPERROR },
        { "a@slowptr.example.com", AUTH_PASS }, { "a@incptr.example.com", AUTH_PASS },
        { "a@softptr.example.com", AUTH_TEMPERROR }, { "a@voidptr.example.com", AUTH_TEMPERROR },
        { "a@seenp.example.com", AUTH_TEMPERROR }, { "a@incp.example.com", AUTH_TEMPERROR },
        { "a@example.com", AUTH_PASS },
    };
    static const enum dns_status failures[] = { DNS_TIMEOUT, DNS_TEMPFAIL, DNS_BOGUS };

    for (size_t i = 0; i < LENGTH(cases) * LENGTH(failures); i++) {
        const char *mailfrom = cases[i / LENGTH(failures)].mailfrom;
        enum dns_status failure = failures[i % LENGTH(failures)];
        dns_inject(dns, "5.113.0.203.in-addr.arpa", DNS_PTR, failure);
        struct spf_result result = check("203.0.113.5", mailfrom);
        ck_assert_msg(result.result == cases[i / LENGTH(failures)].want, "%s, %s: %s", mailfrom,
                      dns_status_name(failure), auth_result_name(result.result));
        ck_assert_msg((result.result == AUTH_TEMPERROR) == (strncmp(result.problem, "PTR of 5.113.", 13) == 0), "%s",
                      result.problem);
        spf_result_clear(&result);
    }
}
END_TEST

/* RFC 8616 section 4: the letters s and l match nothing where the local-part is not ASCII, and are no error. */
START_TEST(matches_no_utf8)
{
    struct spf_result result = check("203.0.113.5", "\xc3\xb6@utf8.example.com");

    ck_assert_int_eq(result.result, AUTH_PASS);
    ck_assert_str_eq(result.term, "ip4:203.0.113.5");
    ck_assert_int_eq(result.lookups, 4);
    ck_assert_int_eq(result.void_lookups, 0);
    spf_result_clear(&result);
    result = check("203.0.113.6", "\xc3\xb6@utf8.example.com");
    ck_assert_int_eq(result.result, AUTH_PERMERROR);
    ck_assert_str_eq(result.term, "redirect=%{l}.example.com");
    spf_result_clear(&result);
}
END_TEST

/* Whatever keeps an answer away makes temperror, but for exp= (section 6.2), and ptr where another term decides. */
START_TEST(survives_failing_dns)
{
    static const enum dns_status failures[] = { DNS_TIMEOUT, DNS_TEMPFAIL, DNS_BOGUS };

    dns_inject(dns, "5.113.0.203.in-addr.arpa", DNS_PTR, DNS_TEMPFAIL);
    for (size_t i = 0; i < LENGTH(failures); i++) {
        unsigned flags = failures[i] == DNS_TIMEOUT ? SPF_FLAG_TIMEOUT : 0;
        dns_inject(dns, "down.example.com", DNS_TXT, failures[i]);
        dns_inject(dns, "slow1.example.com", DNS_A, failures[i]);
        dns_inject(dns, "slow1.example.com", DNS_TXT, failures[i]);
        dns_inject(dns, "slow3.example.com", DNS_TXT, failures[i]);

        struct spf_result result = check("203.0.113.5", "a@down.example.com");
        ck_assert_int_eq(result.result, AUTH_TEMPERROR);
        ck_assert_uint_eq(result.flags, flags);
        ck_assert_msg(strncmp(result.problem, "TXT of down.example.com: ", 25) == 0, "%s", result.problem);
        spf_result_clear(&result);

        result = check("203.0.113.5", "a@slow.example.com");
        ck_assert_int_eq(result.result, AUTH_TEMPERROR);
        ck_assert_str_eq(result.term, "a:slow1.example.com");
        ck_assert_uint_eq(result.flags, flags);
        spf_result_clear(&result);

        result = check("203.0.113.5", "a@slowinc.example.com");
        ck_assert_int_eq(result.result, AUTH_TEMPERROR);
        ck_assert_str_eq(result.record_domain, "slow3.example.com");
        spf_result_clear(&result);

        struct dns_budget budget = make_budget();
        result = check_with(&budget, "203.0.113.5", SPF_MAILFROM, "mail.example.com", "a@slowexp.example.com");
        ck_assert_int_eq(result.result, AUTH_FAIL);
        ck_assert_str_eq(result.explanation, "");
        ck_assert_int_eq(budget.failed, 0);
        spf_result_clear(&result);

        result = check("203.0.113.5", "a@slowptr.example.com");
        ck_assert_int_eq(result.result, AUTH_PASS);
        ck_assert_str_eq(result.term, "ip4:203.0.113.5");
        spf_result_clear(&result);
    }
    struct dns_budget spent = { .deadline_ms = clock_ms() + 10000, .questions = 1 };
    struct spf_result result = check_with(&spent, "192.0.2.1", SPF_MAILFROM, "mail.example.com", "a@example.com");
    ck_assert_int_eq(result.result, AUTH_TEMPERROR);
    ck_assert_uint_eq(result.flags, SPF_FLAG_TIMEOUT);
    spf_result_clear(&result);
}
END_TEST

/* With no_wait one pass starts everything that can be known by then, past terms that are not back yet. */
START_TEST(asks_ahead)
{
    static const struct { const char *name; enum dns_type type; } asked[] = {
        { "slow1.example.com", DNS_A }, { "slow2.example.com", DNS_MX }, { "slow3.example.com", DNS_TXT },
        { "slow4.example.com", DNS_A }, { "slow5.example.com", DNS_TXT },
    };
    struct dns_budget budget = make_budget();

    for (size_t i = 0; i < LENGTH(asked); i++)
        dns_inject(dns, asked[i].name, asked[i].type, DNS_PENDING);
    budget.no_wait = true;
    struct spf_result result = check_with(&budget, "203.0.113.5", SPF_MAILFROM, "mail.example.com",
                                          "a@slow.example.com");
    ck_assert_int_eq(budget.asked, 1 + (int)LENGTH(asked));
    spf_result_clear(&result);
}
END_TEST

START_TEST(tells_steps_and_ttl)
{
    static const struct { int depth; const char *domain, *term, *text; int lookups; } want[] = {
        { 0, "hop.example.com", "", "v=spf1 redirect=example.com", 0 },
        { 0, "hop.example.com", "redirect=example.com", "", 1 },
        { 1, "example.com", "", "v=spf1 ip4:203.0.113.5 a:mail.example.com include:_spf.example.com -all "
          "exp=why.example.com", 1 },
        { 1, "example.com", "a:mail.example.com", "203.0.113.6", 2 },
        { 1, "example.com", "include:_spf.example.com", "", 3 },
        { 2, "_spf.example.com", "", "v=spf1 ip4:198.51.100.0/24 ?all", 3 },
    };
    struct spf_result result = check("192.0.2.1", "a@hop.example.com");

    ck_assert_uint_eq(result.n_steps, LENGTH(want));
    for (size_t i = 0; i < LENGTH(want); i++) {
        ck_assert_int_eq(result.steps[i].depth, want[i].depth);
        ck_assert_str_eq(result.steps[i].domain, want[i].domain);
        ck_assert_str_eq(result.steps[i].term, want[i].term);
        ck_assert_str_eq(result.steps[i].text, want[i].text);
        ck_assert_int_eq(result.steps[i].lookups, want[i].lookups);
    }
    ck_assert_uint_ge(result.ttl, 199);
    ck_assert_uint_le(result.ttl, 200);
    spf_result_clear(&result);
    result = check("203.0.113.5", "a@example.com");
    ck_assert_uint_ge(result.ttl, 599);
    spf_result_clear(&result);
    result = check("203.0.113.5", "a@[203.0.113.5]");
    ck_assert_uint_eq(result.ttl, 0);
    spf_result_clear(&result);
}
END_TEST

/* The names of the findings, in order, joined with spaces. */
static const char *finding_names(const struct findings *list)
{
    static char names[500];

    names[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        strcat(names, i > 0 ? " " : "");
        strcat(names, list->items[i].row->name);
    }
    return names;
}

START_TEST(makes_findings)
{
    static const struct { const char *ip, *mailfrom, *want, *subject, *in_text; } cases[] = {
        { "203.0.113.5", "a@example.com", "", "", "" },
        { "192.0.2.1", "a@example.com", "spf-fail", "192.0.2.1", "(-all)" },
        { "192.0.2.1", "a@hop.example.com", "spf-fail", "192.0.2.1", "(-all in the record of example.com)" },
        { "192.0.2.1", "a@notopen.example.com", "spf-fail", "192.0.2.1", "-include:open.example.com" },
        { "203.0.113.5", "a@neutral.example.com", "spf-neutral", "203.0.113.5", "" },
        { "203.0.113.5", "a@plain.example.com", "spf-none", "203.0.113.5", "plain.example.com" },
        { "203.0.113.5", "a@two.example.com", "spf-permerror spf-multiple-records", "203.0.113.5", "2 SPF records" },
        { "203.0.113.5", "a@bad.example.com", "spf-permerror", "203.0.113.5", "'300.1.2.3' is not an IPv4 address" },
        { "203.0.113.9", "a@ten.example.com", "spf-near-lookup-limit", "ten.example.com", "10 lookups" },
        { "203.0.113.9", "a@eleven.example.com", "spf-permerror spf-too-many-lookups", "203.0.113.9", "more than 10" },
        { "203.0.113.5", "a@void2.example.com", "spf-void-lookups", "void2.example.com", "2 of at most 2" },
        { "203.0.113.5", "a@void3.example.com", "spf-permerror spf-void-lookups", "203.0.113.5", "exists:x3" },
        { "192.0.2.1", "a@open.example.com", "spf-pass-all", "open.example.com", "+all" },
        { "192.0.2.1", "a@openinc.example.com", "spf-pass-all", "open.example.com", "+all" },
        { "203.0.113.5", "a@ptr.example.com", "spf-ptr-used", "ptr.example.com", "-ptr:other.example.com" },
        { "203.0.113.5", "a@slow.example.com", "spf-temperror", "203.0.113.5", "slow1.example.com" },
    };

    dns_inject(dns, "slow1.example.com", DNS_A, DNS_TEMPFAIL);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct findings list = { 0 };
        struct spf_result result = check(cases[i].ip, cases[i].mailfrom);
        spfcheck_findings(&result, false, &list);
        ck_assert_msg(strcmp(finding_names(&list), cases[i].want) == 0, "%s: %s", cases[i].mailfrom,
                      finding_names(&list));
        if (list.count > 0) {
            ck_assert_str_eq(list.items[0].subject, cases[i].subject);
            ck_assert_msg(strstr(list.items[0].text, cases[i].in_text) != NULL, "%s", list.items[0].text);
        }
        findings_clear(&list);
        spf_result_clear(&result);
    }
}
END_TEST

/* Besides MAIL FROM only a fail of HELO tells; alone, for the null sender, it is the deciding one. */
START_TEST(makes_helo_findings)
{
    static const struct { const char *helo; bool is_only; const char *want; } cases[] = {
        { "example.com", false, "spf-helo-fail" }, { "example.com", true, "spf-fail" },
        { "plain.example.com", false, "" }, { "plain.example.com", true, "spf-none" },
        { "bad.example.com", false, "" }, { "open.example.com", false, "" },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct dns_budget budget = make_budget();
        struct findings list = { 0 };
        struct spf_result result = check_with(&budget, "192.0.2.1", SPF_HELO, cases[i].helo, "");
        spfcheck_findings(&result, cases[i].is_only, &list);
        ck_assert_msg(strcmp(finding_names(&list), cases[i].want) == 0, "%s: %s", cases[i].helo, finding_names(&list));
        findings_clear(&list);
        spf_result_clear(&result);
    }
}
END_TEST

START_TEST(orders_results)
{
    static const enum auth_result order[] = {
        AUTH_FAIL, AUTH_PERMERROR, AUTH_SOFTFAIL, AUTH_NEUTRAL, AUTH_NONE, AUTH_TEMPERROR, AUTH_PASS,
    };

    for (size_t i = 0; i < LENGTH(order); i++) {
        for (size_t k = 0; k < LENGTH(order); k++)
            ck_assert(spf_is_worse(order[i], order[k]) == (i < k));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spfcheck");
    TCase *tc = tcase_create("spfcheck");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, decides);
    tcase_add_test(tc, judges_identities);
    tcase_add_test(tc, depends_on_ptr);
    tcase_add_test(tc, matches_no_utf8);
    tcase_add_test(tc, survives_failing_dns);
    tcase_add_test(tc, asks_ahead);
    tcase_add_test(tc, tells_steps_and_ttl);
    tcase_add_test(tc, makes_findings);
    tcase_add_test(tc, makes_helo_findings);
    tcase_add_test(tc, orders_results);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
