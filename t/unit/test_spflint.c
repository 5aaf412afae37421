/*
 * lib/check/spflint: what is told of a record and of all it leads to, what is not, and the bounds of the walk.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/check/spflint.h"
#include "t/unit/zonedns.h"

#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const char zone_text[] =
    "$TTL 300\n"
    "$ORIGIN example.com.\n"
    "@        IN SOA ns hostmaster 1 7200 3600 604800 120\n"
    "@        IN NS ns\n"
    "clean    IN TXT \"v=spf1 ip4:203.0.113.0/24 a:mail.example.com include:_spf.example.com -all\"\n"
    "mail     IN A 203.0.113.6\n"
    "six      IN AAAA 2001:db8::6\n"
    "_spf     IN TXT \"v=spf1 ip4:198.51.100.0/24 ?all\"\n"
    "plain    IN TXT \"something else\"\n"
    "two      IN TXT \"v=spf1 -all\"\n"
    "two      IN TXT \"v=spf1 +all\"\n"
    "open     IN TXT \"v=spf1 ip4:203.0.113.5 +all\"\n"
    "world    IN TXT \"v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all\"\n"
    "quarters IN TXT \"v=spf1 ip4:0.0.0.0/2 include:quarter.example.com ip4:192.0.0.0/3 -all\"\n"
    "quarter  IN TXT \"v=spf1 ip4:64.0.0.0/3 ip4:100.0.0.0/3 -all\"\n"
    "third    IN TXT \"v=spf1 ip4:0.0.0.0/2 -ip4:64.0.0.0/2 ip4:192.0.0.0/3 -all\"\n"
    "all6     IN TXT \"v=spf1 ip6:2000::/3 -all\"\n"
    "openinc  IN TXT \"v=spf1 ip4:203.0.113.5 include:open.example.com -all\"\n"
    "notopen  IN TXT \"v=spf1 ?include:open.example.com -all\"\n"
    "wide     IN TXT \"v=spf1 ip4:10.0.0.0/8 ip6:2000::/12 -ip4:11.0.0.0/8 a:mail.example.com/7 -all\"\n"
    "neutral  IN TXT \"v=spf1 ip4:203.0.113.5 ?all\"\n"
    "noall    IN TXT \"v=spf1 ip4:203.0.113.5\"\n"
    "hop      IN TXT \"v=spf1 redirect=neutral.example.com\"\n"
    "ptr      IN TXT \"v=spf1 ip4:203.0.113.5 ptr -all\"\n"
    "after    IN TXT \"v=spf1 ip4:203.0.113.5 -all include:nowhere.example.com a:x1.example.com\"\n"
    "both     IN TXT \"v=spf1 redirect=nowhere.example.com -all\"\n"
    "double   IN TXT \"v=spf1 ip4:203.0.113.5 +IP4:203.0.113.5 -ip4:203.0.113.5 -all\"\n"
    "same4    IN TXT \"v=spf1 ip4:203.0.113.5 ip4:203.0.113.5/32 -all\"\n"
    "same6    IN TXT \"v=spf1 ip6:2001:db8::1 ip6:2001:DB8:0::1 -all\"\n"
    "samenet  IN TXT \"v=spf1 ip4:203.0.113.5/24 ip4:203.0.113.0/25 ip4:203.0.113.9/24 -all\"\n"
    "samesign IN TXT \"v=spf1 ip4:203.0.113.5 -ip4:203.0.113.5 -all\"\n"
    "samename IN TXT \"v=spf1 a a/24 -a:SameName.example.com. mx:mail.example.com -all\"\n"
    "samename IN A 203.0.113.5\n"
    "mail     IN MX 10 mail\n"
    "unlike   IN TXT \"v=spf1 exists:%{l}.unlike.example.com exists:%{L}.unlike.example.com ?all\"\n"
    "twice    IN TXT \"v=spf1 include:_spf.example.com include:inner.example.com -all\"\n"
    "inner    IN TXT \"v=spf1 include:_spf.example.com -all\"\n"
    "missing  IN TXT \"v=spf1 include:nowhere.example.com include:plain.example.com -all\"\n"
    "redmiss  IN TXT \"v=spf1 redirect=nowhere.example.com\"\n"
    "noname   IN TXT \"v=spf1 ip4:203.0.113.5 include:a..example.com -all\"\n"
    "bad      IN TXT \"v=spf1 ip4:300.1.2.3 -all\"\n"
    "incbad   IN TXT \"v=spf1 ip4:203.0.113.5 include:bad.example.com include:two.example.com -all\"\n"
    "void     IN TXT \"v=spf1 a:mail.example.com a:six.example.com a:x1.example.com mx exists:x2.example.com "
             "exists:%{i}.example.com -all\"\n"
    "macro    IN TXT \"v=spf1 exists:%{l}.%{d}.users.example.com include:%{d}.x.example.com -all\"\n"
    "redmacro IN TXT \"v=spf1 ip4:203.0.113.5 redirect=%{i}.example.com\"\n"
    "macro.example.com.x IN TXT \"v=spf1 -all\"\n"
    "incmacro IN TXT \"v=spf1 include:foreign.example.net -all\"\n"
    "foreign.example.net. IN TXT \"v=spf1 exists:%{i}.example.net ?all\"\n"
    "slow     IN TXT \"v=spf1 include:slow1.example.com a:slow2.example.com include:bad.example.com -all\"\n"
    "self     IN TXT \"v=spf1 include:self.example.com -all\"\n"
    "eight    IN TXT \"v=spf1 include:four.example.com include:three.example.com -all\"\n"
    "four     IN TXT \"v=spf1 a:mail.example.com/32 a:mail.example.com/31 a:mail.example.com/30 -all\"\n"
    "three    IN TXT \"v=spf1 a:mail.example.com/32 a:mail.example.com/31 a:mail.example.com/30 -all\"\n"
    "eleven   IN TXT \"v=spf1 ip4:203.0.113.5 include:four.example.com include:three.example.com "
             "include:_spf.example.com include:clean.example.com -all\"\n";

static struct dns *dns;

static void add_long(struct str *zone, const char *name, int terms, const char *more)
{
    str_addf(zone, "%s IN TXT \"v=spf1\"", name);
    for (int i = 0; i < terms; i++)
        str_addf(zone, " \" ip4:203.0.113.%d\"", i);
    str_addf(zone, " \" -all\"\n%s", more);
}

static void set_up(void)
{
    struct str zone = STR_EMPTY;

    str_add(&zone, zone_text);
    add_long(&zone, "long", 30, "");
    add_long(&zone, "large", 80, "");
    add_long(&zone, "crowded", 2, "");
    str_addf(&zone, "crowded IN TXT \"%0250d\"\ncrowded IN TXT \"%0251d\"\n", 0, 0);
    add_long(&zone, "foreignlong.example.net.", 80, "");
    str_add(&zone, "inclong IN TXT \"v=spf1 include:foreignlong.example.net -all\"\n");
    for (int level = 0; level < 7; level++) {
        str_addf(&zone, "bomb%d IN TXT \"v=spf1\"", level);
        for (int i = 0; i < 10; i++)
            str_addf(&zone, " \" include:bomb%d.example.com\"", level + 1);
        str_add(&zone, " \" -all\"\n");
    }
    dns = zonedns_new(str_get(&zone));
    str_clear(&zone);
}

static void tear_down(void)
{
    dns_free(&dns);
}

/* "id(subject: what stands in the text's brackets)", in order, joined with "; ". */
static void describe(const struct findings *list, struct str *out)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct finding *f = &list->items[i];
        const char *bracket = strrchr(f->text, '(');
        str_addf(out, "%s%s %s", i > 0 ? "; " : "", f->row->name + strlen("spf-"), f->subject);
        if (bracket != NULL)
            str_addf(out, " %s", bracket);
    }
}

START_TEST(tells_of_records)
{
    static const struct { const char *domain, *want; } cases[] = {
        { "clean.example.com", "" },
        { "plain.example.com", "" },
        { "nowhere.example.com", "" },
        { "two.example.com", "multiple-records two.example.com (2 SPF records)" },
        { "open.example.com", "pass-all open.example.com (+all)" },
        { "world.example.com", "pass-all world.example.com (ip4:0.0.0.0/1)" },
        { "quarters.example.com", "wide-network quarters.example.com (ip4:0.0.0.0/2); "
          "wide-network quarter.example.com (ip4:64.0.0.0/3); "
          "pass-all quarters.example.com (its ip4: networks together)" },
        { "third.example.com", "wide-network third.example.com (ip4:0.0.0.0/2)" },
        { "all6.example.com", "wide-network all6.example.com (ip6:2000::/3); "
          "pass-all all6.example.com (its ip6: networks together)" },
        { "openinc.example.com", "pass-all open.example.com (+all)" },
        { "notopen.example.com", "" },
        { "wide.example.com", "wide-network wide.example.com (ip4:10.0.0.0/8)" },
        { "neutral.example.com", "neutral-all neutral.example.com (?all)" },
        { "noall.example.com", "neutral-all noall.example.com (no all)" },
        { "hop.example.com", "neutral-all neutral.example.com (?all)" },
        { "ptr.example.com", "ptr-used ptr.example.com (ptr)" },
        { "after.example.com", "unreachable-terms after.example.com (include:nowhere.example.com)" },
        { "both.example.com", "unreachable-terms both.example.com (redirect=nowhere.example.com)" },
        { "double.example.com", "duplicate-term double.example.com (+IP4:203.0.113.5)" },
        { "same4.example.com", "duplicate-term same4.example.com (ip4:203.0.113.5/32)" },
        { "same6.example.com", "duplicate-term same6.example.com (ip6:2001:DB8:0::1)" },
        { "samenet.example.com", "duplicate-term samenet.example.com (ip4:203.0.113.9/24)" },
        { "samesign.example.com", "duplicate-term samesign.example.com (-ip4:203.0.113.5)" },
        { "samename.example.com", "duplicate-term samename.example.com (-a:SameName.example.com.)" },
        { "unlike.example.com", "neutral-all unlike.example.com (?all); "
          "uncacheable-macro unlike.example.com (exists:%{l}.unlike.example.com)" },
        { "twice.example.com", "duplicate-term twice.example.com "
          "(include:_spf.example.com in the record of inner.example.com)" },
        { "missing.example.com", "include-missing missing.example.com (include:nowhere.example.com)" },
        { "redmiss.example.com", "include-missing redmiss.example.com (redirect=nowhere.example.com)" },
        { "noname.example.com", "include-missing noname.example.com (include:a..example.com)" },
        { "bad.example.com", "record-invalid bad.example.com" },
        { "incbad.example.com", "record-invalid bad.example.com; multiple-records two.example.com (2 SPF records)" },
        { "void.example.com", "uncacheable-macro void.example.com (exists:%{i}.example.com); "
          "void-lookups void.example.com (a:x1.example.com, mx, exists:x2.example.com)" },
        { "macro.example.com", "uncacheable-macro macro.example.com (exists:%{l}.%{d}.users.example.com)" },
        { "redmacro.example.com", "uncacheable-macro redmacro.example.com (redirect=%{i}.example.com)" },
        { "incmacro.example.com", "" },
        { "inclong.example.com", "" },
        { "self.example.com", "duplicate-term self.example.com "
          "(include:self.example.com in the record of self.example.com); "
          "too-many-lookups self.example.com (12 lookups in the whole tree: include:self.example.com 12)" },
        { "eight.example.com", "near-lookup-limit eight.example.com (8 lookups in the whole tree)" },
        { "eleven.example.com", "duplicate-term eleven.example.com "
          "(include:_spf.example.com in the record of clean.example.com); "
          "too-many-lookups eleven.example.com (12 lookups in the whole tree: include:four.example.com 4, "
          "include:three.example.com 4, include:clean.example.com 3, include:_spf.example.com 1)" },
        { "long.example.com", "record-long long.example.com (511 bytes, recommended are at most 450)" },
        { "crowded.example.com", "record-long crowded.example.com (the answer has 623 bytes)" },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct dns_budget budget = zonedns_budget();
        struct findings list = { 0 };
        struct str got = STR_EMPTY;
        spflint_run(dns, &budget, cases[i].domain, &list);
        describe(&list, &got);
        ck_assert_msg(strcmp(str_get(&got), cases[i].want) == 0, "%s: %s", cases[i].domain, str_get(&got));
        ck_assert_int_ge(budget.questions, 1000 - budget.asked);
        str_clear(&got);
        findings_clear(&list);
    }
}
END_TEST

START_TEST(tells_of_large_answers)
{
    struct dns_budget budget = zonedns_budget();
    struct findings list = { 0 };

    spflint_run(dns, &budget, "large.example.com", &list);
    ck_assert_uint_eq(list.count, 2);
    ck_assert(findings_has(&list, FINDING_SPF_RECORD_LONG) && findings_has(&list, FINDING_SPF_ANSWER_LARGE));
    findings_clear(&list);
}
END_TEST

/* What an evaluation has told of the same record stands; its permerror has told the syntax error. */
START_TEST(adds_to_what_was_told)
{
    struct dns_budget budget = zonedns_budget();
    struct findings list = { 0 };

    findings_add(&list, FINDING_SPF_PERMERROR, "203.0.113.5", "incbad.example.com", "'ip4:300.1.2.3'");
    findings_add(&list, FINDING_SPF_PASS_ALL, "open.example.com", "open.example.com", "v=spf1 +all");
    spflint_run(dns, &budget, "bad.example.com", &list);
    spflint_run(dns, &budget, "open.example.com", &list);
    ck_assert_uint_eq(list.count, 2);
    findings_clear(&list);

    /* It counted up to the term that matched. */
    findings_add(&list, FINDING_SPF_NEAR_LOOKUP_LIMIT, "eleven.example.com", "eleven.example.com", "9 lookups");
    findings_add(&list, FINDING_SPF_NEAR_LOOKUP_LIMIT, "other.example.com", "other.example.com", "9 lookups");
    spflint_run(dns, &budget, "eleven.example.com", &list);
    ck_assert_str_eq(list.items[0].subject, "other.example.com");
    ck_assert_uint_eq(list.count, 3);
    ck_assert(findings_has(&list, FINDING_SPF_TOO_MANY_LOOKUPS));
    findings_clear(&list);
}
END_TEST

/* A failure, or an answer that is not back, hides what is behind it and nothing else. */
START_TEST(depends_on_dns)
{
    static const enum dns_status failures[] = { DNS_TIMEOUT, DNS_TEMPFAIL, DNS_BOGUS, DNS_PENDING };

    for (size_t i = 0; i < LENGTH(failures); i++) {
        struct dns_budget budget = zonedns_budget();
        struct findings list = { 0 };
        budget.no_wait = failures[i] == DNS_PENDING;
        dns_inject(dns, "slow1.example.com", DNS_TXT, failures[i]);
        dns_inject(dns, "slow2.example.com", DNS_A, failures[i]);
        spflint_run(dns, &budget, "slow.example.com", &list);
        ck_assert_uint_eq(list.count, 1);
        ck_assert(findings_has(&list, FINDING_SPF_RECORD_INVALID));
        ck_assert_int_eq(budget.failed, 0);
        findings_clear(&list);
    }
}
END_TEST

START_TEST(bounds_the_walk)
{
    struct dns_budget budget = zonedns_budget();
    struct findings list = { 0 };

    spflint_run(dns, &budget, "bomb0.example.com", &list);
    ck_assert(findings_has(&list, FINDING_SPF_TOO_MANY_LOOKUPS));
    ck_assert_int_le(budget.asked, SPFLINT_QUESTIONS);
    ck_assert_int_le(budget.asked, SPFLINT_LOOKUPS + 1);
    findings_clear(&list);

    budget.questions = 0;
    spflint_run(dns, &budget, "clean.example.com", &list);
    ck_assert_uint_eq(list.count, 0);
    ck_assert_int_eq(budget.questions, 0);
    findings_clear(&list);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spflint");
    TCase *tc = tcase_create("spflint");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, tells_of_records);
    tcase_add_test(tc, tells_of_large_answers);
    tcase_add_test(tc, adds_to_what_was_told);
    tcase_add_test(tc, depends_on_dns);
    tcase_add_test(tc, bounds_the_walk);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
