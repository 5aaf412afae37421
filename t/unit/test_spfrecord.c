/*
 * lib/check/spfrecord: the grammar of RFC 7208 section 12, what it refuses and why, and mutated records.
 */
#include "config.h"

#include "lib/check/spfrecord.h"
#include "t/unit/unit.h"

#include <stdint.h>
#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

START_TEST(recognizes_records)
{
    static const struct { const char *in; bool want; } cases[] = {
        { "v=spf1", true }, { "v=spf1 ", true }, { "V=SpF1 -all", true }, { "v=spf1 garbage", true },
        { "v=spf10", false }, { "v=spf1mx", false }, { "v=spf1\t-all", false }, { " v=spf1", false },
        { "v=spf", false }, { "", false }, { "spf2.0/pra", false },
    };
    for (size_t i = 0; i < LENGTH(cases); i++)
        ck_assert_msg(is_spfrecord(cases[i].in, strlen(cases[i].in)) == cases[i].want, "%s", cases[i].in);
    ck_assert(!is_spfrecord("v=spf1\0", 7));
}
END_TEST

START_TEST(reads_terms)
{
    static const char text[] = "v=spf1  IP4:192.0.2.0/24 -ip6:2001:db8::/33 ~a:x.example.com/20//40 ?MX//64 ptr "
                               "+Exists:%{i}.example.com include:a/b.example.com unknown=%{c}x Redirect=b.example.com. "
                               "EXP=c.example.com -all ";
    static const struct { enum spfterm_kind kind; enum auth_result qualifier; const char *domain;
                          int p4, p6; } want[] = {
        { SPFTERM_IP4, AUTH_PASS, NULL, 24, 128 }, { SPFTERM_IP6, AUTH_FAIL, NULL, 32, 33 },
        { SPFTERM_A, AUTH_SOFTFAIL, "x.example.com", 20, 40 }, { SPFTERM_MX, AUTH_NEUTRAL, NULL, 32, 64 },
        { SPFTERM_PTR, AUTH_PASS, NULL, 32, 128 }, { SPFTERM_EXISTS, AUTH_PASS, "%{i}.example.com", 32, 128 },
        { SPFTERM_INCLUDE, AUTH_PASS, "a/b.example.com", 32, 128 }, { SPFTERM_ALL, AUTH_FAIL, NULL, 32, 128 },
    };
    struct spfrecord record;
    struct err err = { "" };

    ck_assert_msg(spfrecord_parse(text, strlen(text), &record, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(record.n_terms, LENGTH(want));
    for (size_t i = 0; i < LENGTH(want); i++) {
        const struct spfterm *term = &record.terms[i];
        ck_assert_int_eq(term->kind, want[i].kind);
        ck_assert_int_eq(term->qualifier, want[i].qualifier);
        ck_assert_pstr_eq(term->domain, want[i].domain);
        ck_assert_int_eq(term->prefix4, want[i].p4);
        ck_assert_int_eq(term->prefix6, want[i].p6);
    }
    ck_assert_str_eq(record.terms[2].text, "~a:x.example.com/20//40");
    ck_assert_str_eq(record.redirect->domain, "b.example.com.");
    ck_assert_str_eq(record.redirect->text, "Redirect=b.example.com.");
    ck_assert_str_eq(record.exp->domain, "c.example.com");
    spfrecord_clear(&record);
}
END_TEST

START_TEST(accepts_what_the_grammar_does)
{
    static const char *const cases[] = {
        "", "    ", "a/0", "a//0", "a/0//0", "mx/32//128", "ip4:0.0.0.0/0", "ip6:::/0", "ip6:::ffff:192.0.2.1",
        "ip6:2001:DB8::192.0.2.1/96", "a=b", "ip4=192.0.2.1", "all=", "x.y-z_1=%{d}/:", "a:%{d}/24", "a:%{d/}",
        "ptr:%{d2}", "v=spf1", "all all", "include:.com", "a:a.b/1.c.d", "exists:%%", "A:FOO:BAR.COM/16//48", "x= y=",
        "exp=%{ir}.example.com", "a:-.example.com", "a:\"x\\y\".example.com",
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char text[200];
        struct spfrecord record;
        struct err err = { "" };
        snprintf(text, sizeof(text), "v=spf1 %s", cases[i]);
        ck_assert_msg(spfrecord_parse(text, strlen(text), &record, &err) == 0, "%s: %s", text, err.text);
        spfrecord_clear(&record);
    }
}
END_TEST

START_TEST(refuses_the_rest)
{
    static const struct { const char *term; const char *why; } cases[] = {
        { "ip4:300.1.2.3", "not an IPv4 address" }, { "ip4:192.0.2", "not an IPv4 address" },
        { "ip4:192.0.2.01", "not an IPv4 address" }, { "ip4:192.0.2.1.", "not an IPv4 address" },
        { "ip4:192.0.2.1:25", "not an IPv4 address" }, { "ip4:2001:db8::1", "not an IPv4 address" },
        { "ip4:", "not an IPv4 address" }, { "ip4", "needs ':' and an address" }, { "ip4/24", "needs ':'" },
        { "ip4:192.0.2.1/33", "over 32" }, { "ip4:192.0.2.1/032", "not a prefix length" },
        { "ip4:192.0.2.1/", "not a prefix length" }, { "ip4:192.0.2.1//32", "not a prefix length" },
        { "ip4:192.0.2.1/99999999999999999999", "not a prefix length" },
        { "ip6:192.0.2.1", "not an IPv6 address" }, { "ip6::CAFE::BABE", "not an IPv6 address" },
        { "ip6:2001:db8::/129", "over 128" }, { "ip6:2001:db8::1%eth0", "not an IPv6 address" },
        { "ip6:1111111111222222222233333333334444444444555555555566666666667777", "not an IPv6 address" },
        { "a/33", "over 32" }, { "a//129", "over 128" }, { "a/24/16", "neither ':'" }, { "a//64/24", "neither ':'" },
        { "a/", "neither ':'" }, { "a/024", "not a prefix length" }, { "a:", "empty" },
        { "a:x.com/24/16", "end of a domain" },
        { "a:111.222.33.44", "ip4:" }, { "a:museum", "fully qualified" }, { "a:example.-com", "'-'" },
        { "a:foo-bar", "fully qualified" }, { "include", "needs a domain" }, { "include:", "empty" },
        { "include:a.com/24", "end of a domain" }, { "exists", "needs a domain" }, { "exists/24", "neither" },
        { "ptr/0", "neither" }, { "ptr:", "empty" }, { "all.", "no such mechanism" }, { "all:x.com", "nothing after" },
        { "-all/8", "nothing after" }, { "moo", "no such mechanism" }, { "redirect:a.com", "no such mechanism" },
        { "-redirect=a.com", "no such mechanism" }, { "=all", "no such mechanism" }, { "1up=foo", "no such mechanism" },
        { "-", "no such mechanism" }, { "++a", "no such mechanism" }, { "moo.cow/x=y", "no such mechanism" },
        { "ipv4:192.0.2.1", "no such mechanism" }, { "a,", "no such mechanism" },
        { "redirect=", "empty" }, { "exp=", "empty" }, { "exp=-all", "fully qualified" },
        { "exp=%{r}.a.com", "explanations" },
        { "x=%", "%{...}" }, { "x=%abc", "%{...}" }, { "x=%{q}", "unknown letter" }, { "exists:%(ir).a.com", "%{...}" },
        { "exists:%{d0}.com", "zero" }, { "exists:%{d.com", "not closed" }, { "a\t-all", "0x09" },
        { "a:\xc3\xa9.com", "0xc3" }, { "a\r\n", "0x0d" }, { "redirect=a.com redirect=b.com", "only once" },
        { "exp=a.com EXP=a.com", "only once" },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char text[200];
        struct spfrecord record;
        struct err err = { "" };
        snprintf(text, sizeof(text), "v=spf1 ip4:192.0.2.9 %s -all", cases[i].term);
        ck_assert_msg(spfrecord_parse(text, strlen(text), &record, &err) < 0, "%s", text);
        ck_assert_msg(strstr(err.text, cases[i].why) != NULL, "%s: %s", cases[i].term, err.text);
        ck_assert_ptr_nonnull(record.bad_term);
        ck_assert(record.bad_term[0] != '\0');
        spfrecord_clear(&record);
    }
}
END_TEST

START_TEST(bounds_the_record)
{
    static char text[SPFRECORD_MAX + 100];
    struct spfrecord record;
    struct err err;

    memset(text, ' ', sizeof(text));
    memcpy(text, "v=spf1", 6);
    for (size_t i = 8; i < sizeof(text); i += 2)
        text[i] = 'a';
    ck_assert_int_eq(spfrecord_parse(text, SPFRECORD_MAX, &record, &err), 0);
    ck_assert_uint_eq(record.n_terms, (SPFRECORD_MAX - 8) / 2);
    spfrecord_clear(&record);
    ck_assert_int_lt(spfrecord_parse(text, SPFRECORD_MAX + 1, &record, &err), 0);
    ck_assert_str_eq(record.bad_term, "");
    spfrecord_clear(&record);
    ck_assert_int_lt(spfrecord_parse("v=spf1 a\0b", 10, &record, &err), 0);
    spfrecord_clear(&record);
}
END_TEST

static uint32_t noise(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Mutations of good records: no crash, and an error always says why. */
START_TEST(survives_mutations)
{
    static const char *const seeds[] = {
        "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a:mail.example.com/24//64 mx -all",
        "v=spf1 include:%{d2}.spf.example.com ?exists:%{ir}.%{l1r-+}.example.com redirect=_spf.example.com",
        "v=spf1 ptr:example.com ~all exp=explain.%{d} moo=%{c}%{r}%{t}%%%_%-",
    };
    static const char bytes[] = " :/=%{}.-+~?0129azAZ\t\xff";
    uint32_t state = 4408;
    int good = 0, bad = 0;

    for (int i = 0; i < 200000; i++) {
        char text[256];
        const char *seed = seeds[noise(&state) % LENGTH(seeds)];
        size_t len = strlen(seed);
        memcpy(text, seed, len + 1);
        for (uint32_t k = noise(&state) % 4; k > 0; k--) {
            size_t at = 7 + noise(&state) % (len - 7);
            if (noise(&state) % 3 == 0)
                len = at + 1;
            else
                text[at] = noise(&state) % 50 == 0 ? '\0' : bytes[noise(&state) % (sizeof(bytes) - 1)];
            if (len <= 8)
                break;
        }
        struct spfrecord record;
        struct err err = { "" };
        int rc = spfrecord_parse(text, len, &record, &err);
        ck_assert_int_eq(rc == 0, err.text[0] == '\0');
        *(rc == 0 ? &good : &bad) += 1;
        spfrecord_clear(&record);
    }
    ck_assert_int_gt(good, 10000);
    ck_assert_int_gt(bad, 10000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spfrecord");
    TCase *tc = tcase_create("spfrecord");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, recognizes_records);
    tcase_add_test(tc, reads_terms);
    tcase_add_test(tc, accepts_what_the_grammar_does);
    tcase_add_test(tc, refuses_the_rest);
    tcase_add_test(tc, bounds_the_record);
    tcase_add_test(tc, survives_mutations);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
