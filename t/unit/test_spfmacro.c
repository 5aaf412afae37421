/*
 * lib/check/spfmacro: the examples of RFC 7208 section 7.4, the grammar's edges, and noise.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/check/spfmacro.h"
#include "t/unit/unit.h"

#include <stdint.h>
#include <string.h>

static struct ip_addr v4, v6;

static struct spfmacro_env make_env(const struct ip_addr *client)
{
    ck_assert_int_eq(ip_parse("192.0.2.3", &v4), 0);
    ck_assert_int_eq(ip_parse("2001:db8::cb01", &v6), 0);
    return (struct spfmacro_env){
        .sender = "strong-bad@email.example.com", .local = "strong-bad", .sender_domain = "email.example.com",
        .domain = "email.example.com", .helo = "mx.example.org", .receiver = "rcv.example.net",
        .validated = "mx.example.org", .client = client, .now = 1700000000,
    };
}

/* RFC 7208 section 7.4, and what the examples leave out. */
START_TEST(expands)
{
    static const struct { const char *in; const char *want; } cases[] = {
        { "%{s}", "strong-bad@email.example.com" }, { "%{o}", "email.example.com" }, { "%{d}", "email.example.com" },
        { "%{d4}", "email.example.com" }, { "%{d3}", "email.example.com" }, { "%{d2}", "example.com" },
        { "%{d1}", "com" }, { "%{dr}", "com.example.email" }, { "%{d2r}", "example.email" }, { "%{l}", "strong-bad" },
        { "%{l-}", "strong.bad" }, { "%{lr}", "strong-bad" }, { "%{lr-}", "bad.strong" }, { "%{l1r-}", "strong" },
        { "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com" },
        { "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com" },
        { "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
        { "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com" },
        { "%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net" },
        { "%{p}|%{h}|%{r}|%{t}|%{c}", "mx.example.org|mx.example.org|rcv.example.net|1700000000|192.0.2.3" },
        { "%{D2R}%{L}", "example.emailstrong-bad" }, { "%{S}", "strong-bad%40email.example.com" },
        { "%%%_%-", "% %20" }, { "%{d99999999999999999999}", "email.example.com" },
        { "%{s1@.}", NULL }, { "%{s2.-}", "example.com" }, { "%{o.-+,/_=}", "email.example.com" },
        { "", "" },
    };
    struct spfmacro_env env = make_env(&v4);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str out = STR_EMPTY;
        int rc = spfmacro_check(cases[i].in, strlen(cases[i].in), SPFMACRO_EXPLANATION, NULL);
        ck_assert_msg((rc == 0) == (cases[i].want != NULL), "%s", cases[i].in);
        if (rc == 0) {
            ck_assert_int_eq(spfmacro_explanation(cases[i].in, &env, &out), 0);
            ck_assert_msg(strcmp(str_get(&out), cases[i].want) == 0, "%s: %s", cases[i].in, str_get(&out));
        }
        str_clear(&out);
    }
}
END_TEST

START_TEST(expands_ipv6)
{
    struct spfmacro_env env = make_env(&v6);
    char name[DOMAIN_MAX];

    ck_assert_int_eq(spfmacro_domain("%{ir}.%{v}._spf.%{d2}", &env, name), 0);
    ck_assert_str_eq(name, "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example.com");
    ck_assert_int_eq(spfmacro_domain("%{i1}.example.com.", &env, name), 0);
    ck_assert_str_eq(name, "1.example.com");
}
END_TEST

/* "No special treatment is given to leading, trailing, or consecutive delimiters" (section 7.3). */
START_TEST(keeps_empty_parts)
{
    struct spfmacro_env env = make_env(&v4);
    struct str out = STR_EMPTY;

    env.local = "-a--b";
    ck_assert_int_eq(spfmacro_explanation("%{l-} %{l2-} %{l3r-}", &env, &out), 0);
    ck_assert_str_eq(str_get(&out), ".a..b .b .a.");
    str_clear(&out);
}
END_TEST

START_TEST(checks_domain_specs)
{
    static const struct { const char *in; bool is_valid; } cases[] = {
        { "example.com", true }, { "example.com.", true }, { "a.b-c", true }, { "a.1-1", true }, { ".com", true },
        { "foo:bar/baz.example.com", true }, { "%{d}", true }, { "x%%", true }, { "%{d}.com", true },
        { "a..com", true }, { "mail.example...com", true },
        { "", false }, { ".", false }, { "com", false }, { "com.", false }, { "a.123", false }, { "a.1-", false },
        { "a.-b", false }, { "example.com..", false }, { "%{d}com", false }, { "%{c}", false }, { "%{r}.com", false },
        { "%{t}", false }, { "%", false }, { "%a.com", false }, { "%{d", false }, { "%{}", false }, { "%{d0}", false },
        { "%{d00}", false }, { "%{d1x}", false }, { "%{dr1}", false }, { "%{x}", false }, { "a b.com", false },
        { "example.com/24", false }, { "\xc3\xa9.com", false }, { "a_b", false }, { "a.b_c", false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = { "" };
        int rc = spfmacro_check_domain(cases[i].in, strlen(cases[i].in), &err);
        ck_assert_msg((rc == 0) == cases[i].is_valid, "%s: %s", cases[i].in, err.text);
        ck_assert_msg((rc == 0) == (err.text[0] == '\0'), "%s: %s", cases[i].in, err.text);
    }
    ck_assert_int_lt(spfmacro_check_domain("a.com\0", 6, NULL), 0);
}
END_TEST

START_TEST(makes_names)
{
    static const char label[] = "0123456789012345678901234567890123456789012345678901234567890";
    struct spfmacro_env env = make_env(&v4);
    char spec[1100], want[1000], name[DOMAIN_MAX];

    /* Five labels of 61 bytes: 309 with the dots; one must go, and the rest, 247 bytes, fits. */
    snprintf(spec, sizeof(spec), "%s.%s.%s.%s.%s", label, label, label, label, label);
    snprintf(want, sizeof(want), "%s.%s.%s.%s", label, label, label, label);
    ck_assert_int_eq(spfmacro_domain(spec, &env, name), 0);
    ck_assert_str_eq(name, want);

    /* Exactly 253 stays whole. */
    snprintf(spec, sizeof(spec), "abcde.%s", want);
    ck_assert_uint_eq(strlen(spec), 253);
    ck_assert_int_eq(spfmacro_domain(spec, &env, name), 0);
    ck_assert_str_eq(name, spec);

    /* However much the macros make of it, the right end is what is asked for. */
    char many[8192] = "";
    for (int i = 0; i < 800; i++)
        strcat(many, "%{s}.");
    strcat(many, "example.net");
    ck_assert_int_eq(spfmacro_domain(many, &env, name), 0);
    ck_assert_msg(has_suffix(name, ".strong-bad@email.example.com.example.net"), "%s", name);
    ck_assert_uint_le(strlen(name), 253);

    static const char *const bad[] = { "a..b", ".com", "%{h}.", "%{h}..com" };
    env.helo = "x.";
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(spfmacro_domain(bad[i], &env, name) < 0, "%s gave %s", bad[i], name);
    env.helo = "";
    ck_assert_int_lt(spfmacro_domain("%{h}", &env, name), 0);
    env.helo = "caf\xc3\xa9.example";
    ck_assert_int_lt(spfmacro_domain("%{h}", &env, name), 0);
    env.helo = "0123456789012345678901234567890123456789012345678901234567890123";
    ck_assert_int_lt(spfmacro_domain("%{h}.example.com", &env, name), 0);
}
END_TEST

START_TEST(bounds_explanations)
{
    struct spfmacro_env env = make_env(&v4);
    struct str out = STR_EMPTY;
    char many[4096] = "";

    for (int i = 0; i < 200; i++)
        strcat(many, "%{s}");
    ck_assert_int_lt(spfmacro_explanation(many, &env, &out), 0);
    ck_assert_uint_lt(out.len, 2 * SPFMACRO_EXPLANATION_MAX);
    str_reset(&out);
    env.local = "a\r\nb";
    ck_assert_int_lt(spfmacro_explanation("%{l}", &env, &out), 0);
    str_reset(&out);
    ck_assert_int_eq(spfmacro_explanation("%{L}", &env, &out), 0);
    ck_assert_str_eq(str_get(&out), "a%0D%0Ab");
    str_clear(&out);
}
END_TEST

START_TEST(finds_letters)
{
    ck_assert(spfmacro_has("x%{p}", 'p'));
    ck_assert(spfmacro_has("%%%{P2r}", 'p'));
    ck_assert(!spfmacro_has("%%{p}", 'p'));
    ck_assert(!spfmacro_has("p.%{d}.%{o}", 'p'));
    ck_assert(!spfmacro_has("%", 'p'));
}
END_TEST

static uint32_t noise(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* What passes the check expands without a crash and within the limits. */
START_TEST(survives_noise)
{
    static const char alphabet[] = "%%%{{}}sloDipvhcrt0129rR.-+,/_= ax\x01\xff";
    struct spfmacro_env env = make_env(&v6);
    uint32_t state = 7208;
    int valid = 0;

    for (int i = 0; i < 200000; i++) {
        char text[40], name[DOMAIN_MAX];
        size_t len = noise(&state) % 24;
        for (size_t k = 0; k < len; k++)
            text[k] = alphabet[noise(&state) % (sizeof(alphabet) - 1)];
        text[len] = '\0';
        struct str out = STR_EMPTY;
        if (spfmacro_check_domain(text, len, NULL) == 0 && spfmacro_domain(text, &env, name) == 0)
            ck_assert_uint_lt(strlen(name), DOMAIN_MAX);
        if (spfmacro_check(text, len, SPFMACRO_EXPLANATION, NULL) == 0) {
            ck_assert_int_eq(spfmacro_explanation(text, &env, &out), 0);
            valid++;
        }
        str_clear(&out);
    }
    ck_assert_int_gt(valid, 1000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spfmacro");
    TCase *tc = tcase_create("spfmacro");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, expands);
    tcase_add_test(tc, expands_ipv6);
    tcase_add_test(tc, keeps_empty_parts);
    tcase_add_test(tc, checks_domain_specs);
    tcase_add_test(tc, makes_names);
    tcase_add_test(tc, bounds_explanations);
    tcase_add_test(tc, finds_letters);
    tcase_add_test(tc, survives_noise);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
