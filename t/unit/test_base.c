/*
 * lib/base: strings, addresses, domain names.
 */
#include "config.h"

#include "lib/base/domain.h"
#include "lib/base/err.h"
#include "lib/base/ip.h"
#include "lib/base/mem.h"
#include "lib/base/span.h"
#include "lib/base/wholefile.h"
#include "lib/base/str.h"
#include "t/unit/unit.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(escapes_untrusted_text)
{
    static const struct { const char *in; bool is_word; const char *want; } cases[] = {
        { "plain", false, "plain" },
        { "a b\r\nverdict=accept", false, "a b\\x0d\\x0averdict=accept" },
        { "a b,c=d", true, "a\\x20b\\x2cc\\x3dd" },
        { "back\\slash", false, "back\\\\slash" },
        { "\xc3\xa9\x1b[31m", false, "\\xc3\\xa9\\x1b[31m" },
        { "%s%n", true, "%s%n" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str s = STR_EMPTY;
        str_add_escaped(&s, cases[i].in, 100, cases[i].is_word);
        ck_assert_str_eq(str_get(&s), cases[i].want);
        str_clear(&s);
    }
    struct str s = STR_EMPTY;
    str_add_escaped(&s, "0123456789", 4, false);
    ck_assert_str_eq(str_get(&s), "0123...");
    str_clear(&s);
}
END_TEST

START_TEST(parses_networks)
{
    static const struct { const char *in; const char *want; } cases[] = {
        { "192.0.2.77/24", "192.0.2.0/24" },
        { "192.0.2.77", "192.0.2.77/32" },
        { "0.0.0.0/0", "0.0.0.0/0" },
        { "2001:db8:ffff::1/33", "2001:db8:8000::/33" },
        { "::ffff:192.0.2.1", "192.0.2.1/32" },
        { "[::1]", "::1/128" },
        { "192.0.2.1/33", NULL },
        { "192.0.2.1/", NULL },
        { "192.0.2.1/1x", NULL },
        { "192.0.2", NULL },
        { "::1/129", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ip_net net;
        char text[IP_TEXT_MAX + 4];
        int rc = ip_net_parse(cases[i].in, &net);
        ck_assert_msg((rc == 0) == (cases[i].want != NULL), "%s", cases[i].in);
        if (rc == 0) {
            ip_net_format(&net, text);
            ck_assert_str_eq(text, cases[i].want);
        }
    }
}
END_TEST

START_TEST(matches_prefixes)
{
    struct ip_addr a, b, c;
    ck_assert_int_eq(ip_parse("203.0.113.5", &a), 0);
    ck_assert_int_eq(ip_parse("203.0.113.128", &b), 0);
    ck_assert_int_eq(ip_parse("2001:db8::1", &c), 0);
    ck_assert(ip_is_in(&a, &b, 24));
    ck_assert(!ip_is_in(&a, &b, 25));
    ck_assert(ip_is_in(&a, &b, 0));
    ck_assert(!ip_is_in(&a, &c, 0));
    ck_assert(ip_is_in(&c, &c, 128));
}
END_TEST

START_TEST(normalizes_domains)
{
    static const struct { const char *in; const char *want; } cases[] = {
        { "Example.COM.", "example.com" },
        { "_dmarc.example.com", "_dmarc.example.com" },
        { "b\xc3\xbc""cher.example", "xn--bcher-kva.example" },
        { "B\xc3\x9c""CHER.example", "xn--bcher-kva.example" },
        { "xn--bcher-kva.example", "xn--bcher-kva.example" },
        { "", NULL }, { ".", NULL }, { "a..b", NULL }, { ".a", NULL }, { "a b.example", NULL }, { "a@b", NULL },
        { "\xff\xfe.example", NULL },
        { "0123456789012345678901234567890123456789012345678901234567890123.example", NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char got[DOMAIN_MAX];
        int rc = domain_normalize(cases[i].in, got);
        ck_assert_msg((rc == 0) == (cases[i].want != NULL), "%s", cases[i].in);
        if (rc == 0)
            ck_assert_str_eq(got, cases[i].want);
    }
    ck_assert(domain_is_under("a.example.com", "example.com"));
    ck_assert(domain_is_under("example.com", "example.com"));
    ck_assert(!domain_is_under("notexample.com", "example.com"));
    ck_assert(!domain_is_under("com", "example.com"));
    ck_assert_ptr_null(address_domain("nobody"));
    ck_assert_ptr_null(address_domain("nobody@"));
    ck_assert_str_eq(address_domain("\"a@b\"@example.com"), "example.com");
}
END_TEST

START_TEST(errors_are_cut_not_lost)
{
    struct err err;
    char big[2000];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    ck_assert_int_eq(err_set(&err, "%s", big), -1);
    ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
    err_set(&err, "no such file");
    ck_assert_int_eq(err_prefix(&err, "cannot open '%s'", "a.conf"), -1);
    ck_assert_str_eq(err.text, "cannot open 'a.conf': no such file");
    ck_assert_int_eq(err_set(NULL, "x"), -1);
}
END_TEST

START_TEST(grows_lists)
{
    int *list = NULL;
    size_t cap = 0;
    for (size_t n = 0; n < 100; n++) {
        list = xgrow(list, n, &cap, sizeof(*list));
        ck_assert_int_eq(list[n], 0);
        list[n] = (int)n;
    }
    ck_assert_int_eq(list[99], 99);
    free(list);
}
END_TEST

START_TEST(trims_spans)
{
    static const struct { const char *text, *want; } cases[] = {
        { "", "" }, { " \t\r\n", "" }, { "a", "a" }, { " a b\t\n", "a b" }, { "\va\f", "a" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct span got = span_trim((struct span){ cases[i].text, strlen(cases[i].text) });
        ck_assert(span_is(got, cases[i].want));
    }
    ck_assert_uint_eq(span_trim((struct span){ NULL, 0 }).len, 0);
}
END_TEST

/* A pipe that nobody writes to would be waited for. */
START_TEST(reads_whole_files)
{
    char directory[] = "/tmp/preflight-base.XXXXXX", path[64];
    static const char bytes[] = "a\0b\n";
    struct err err = { "" };
    struct stat st;
    size_t len;

    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/file", directory);
    ck_assert_ptr_null(wholefile_read(path, 10, &len, NULL, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/file': no such file or directory"));
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, sizeof(bytes) - 1, file), sizeof(bytes) - 1);
    ck_assert_int_eq(fclose(file), 0);
    char *text = wholefile_read(path, sizeof(bytes) - 1, &len, &st, &err);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(len, sizeof(bytes) - 1);
    ck_assert_int_eq(memcmp(text, bytes, sizeof(bytes)), 0);
    ck_assert(S_ISREG(st.st_mode));
    free(text);
    ck_assert_ptr_null(wholefile_read(path, sizeof(bytes) - 2, &len, NULL, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "is larger than 3 bytes"));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_ptr_null(wholefile_read(path, 10, &len, NULL, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "is not a regular file"));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

START_TEST(strips_brackets)
{
    static const struct { const char *in, *want; } cases[] = {
        { "<a@example.com>", "a@example.com" },
        { "a@example.com", "a@example.com" },
        { "<>", "" },
        { "", "" },
        { "<", "" },
        { "<\"a>b\"@example.com>", "\"a>b\"@example.com" },
        { "<a@example.com", "a@example.com" },
        { "a@example.com>", "a@example.com>" },
        { "<<a@example.com>>", "<a@example.com>" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *address = address_bare(cases[i].in);
        ck_assert_str_eq(address, cases[i].want);
        free(address);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base");
    TCase *tc = tcase_create("base");
    tcase_add_test(tc, escapes_untrusted_text);
    tcase_add_test(tc, parses_networks);
    tcase_add_test(tc, matches_prefixes);
    tcase_add_test(tc, normalizes_domains);
    tcase_add_test(tc, trims_spans);
    tcase_add_test(tc, reads_whole_files);
    tcase_add_test(tc, strips_brackets);
    tcase_add_test(tc, errors_are_cut_not_lost);
    tcase_add_test(tc, grows_lists);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
