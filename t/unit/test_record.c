/*
 * lib/dns/record: records out of wire data, good and broken; names of questions.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/dns/question.h"
#include "lib/dns/record.h"
#include "t/unit/unit.h"

#include <string.h>
#include <sys/socket.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* An answer of one record, for the call that reads it. */
#define ANSWER(bytes, length) (&(const struct dns_answer) { \
    .status = DNS_OK, .count = 1, .rdata = &(const struct dns_rdata) { (const uint8_t *)(bytes), (length) } })

START_TEST(joins_txt_strings)
{
    static const struct { const char *name, *data; size_t len, max; const char *want; } cases[] = {
        { "one string", "\5hello", 6, 100, "hello" },
        { "joined without a space", "\3v=s\3pf1", 8, 100, "v=spf1" },
        { "empty string", "\0", 1, 100, "" },
        { "empty string between", "\1a\0\1b", 5, 100, "ab" },
        { "cut inside the second", "\3abc\3def", 8, 4, "abcd" },
        { "cut to nothing", "\3abc", 4, 0, "" },
        { "no string at all", "", 0, 100, NULL },
        { "string past the end", "\5hell", 5, 100, NULL },
        { "second string past the end", "\1a\2b", 4, 100, NULL },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct str text = STR_EMPTY;
        int rc = record_txt(ANSWER(cases[i].data, cases[i].len), 0, cases[i].max, &text);
        ck_assert_msg((rc == 0) == (cases[i].want != NULL), "%s", cases[i].name);
        ck_assert_msg(strcmp(str_get(&text), cases[i].want == NULL ? "" : cases[i].want) == 0, "%s", cases[i].name);
        str_clear(&text);
    }
    struct str text = STR_EMPTY;
    ck_assert_int_eq(record_txt(ANSWER("\3a\0b", 4), 0, 100, &text), 0);
    ck_assert_uint_eq(text.len, 3);
    ck_assert_int_eq(record_txt(ANSWER("\1a", 2), 1, 100, &text), -1);
    str_clear(&text);
}
END_TEST

START_TEST(reads_addresses)
{
    static const struct { enum dns_type type; const char *data; size_t len; const char *want; } cases[] = {
        { DNS_A, "\xcb\x00\x71\x05", 4, "203.0.113.5" },
        { DNS_A, "\xcb\x00\x71", 3, NULL },
        { DNS_A, "\xcb\x00\x71\x05\x00", 5, NULL },
        { DNS_AAAA, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, "2001:db8::1" },
        { DNS_AAAA, "\xcb\x00\x71\x05", 4, NULL },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct ip_addr addr;
        char text[IP_TEXT_MAX];
        int rc = record_addr(ANSWER(cases[i].data, cases[i].len), 0, cases[i].type, &addr);
        ck_assert_msg((rc == 0) == (cases[i].want != NULL), "case %zu", i);
        if (rc == 0) {
            ip_format(&addr, text);
            ck_assert_str_eq(text, cases[i].want);
        }
    }
}
END_TEST

START_TEST(reads_names)
{
    static const struct { const char *name, *data; size_t len; const char *want; } cases[] = {
        { "plain", "\4MaiL\7example\0", 14, "mail.example" },
        { "underscore", "\2_a\1b\0", 6, "_a.b" },
        { "punctuation", "\7foo:B/r\1b\0", 11, "foo:b/r.b" },
        { "root", "\0", 1, "" },
        { "no end", "\4mail", 5, NULL },
        { "label past the end", "\7mail\0", 6, NULL },
        { "bytes after the end", "\1a\0x", 4, NULL },
        { "compressed", "\xc0\x0c", 2, NULL },
        { "space", "\3a b\0", 5, NULL },
        { "dot inside a label", "\3a.b\0", 5, NULL },
        { "nul inside a label", "\3a\0b\0", 5, NULL },
        { "empty", "", 0, NULL },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char name[DOMAIN_MAX];
        int rc = record_ptr(ANSWER(cases[i].data, cases[i].len), 0, name);
        ck_assert_msg((rc == 0) == (cases[i].want != NULL), "%s", cases[i].name);
        if (rc == 0)
            ck_assert_str_eq(name, cases[i].want);
    }
    uint8_t big[300];
    char name[DOMAIN_MAX];
    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = i % 2 == 0 ? 1 : 'a';
    big[254] = 0;
    ck_assert_int_eq(record_ptr(ANSWER(big, 255), 0, name), 0);
    ck_assert_uint_eq(strlen(name), 253);
    big[254] = 1;
    big[256] = 0;
    ck_assert_int_eq(record_ptr(ANSWER(big, 257), 0, name), -1);
}
END_TEST

START_TEST(reads_mx)
{
    int preference = -1;
    char name[DOMAIN_MAX];

    ck_assert_int_eq(record_mx(ANSWER("\1\2\1a\0", 5), 0, &preference, name), 0);
    ck_assert_int_eq(preference, 258);
    ck_assert_str_eq(name, "a");
    ck_assert_int_eq(record_mx(ANSWER("\0\0\0", 3), 0, &preference, name), 0);
    ck_assert_str_eq(name, "");
    ck_assert_int_eq(record_mx(ANSWER("\0\0", 2), 0, &preference, name), -1);
    ck_assert_int_eq(record_mx(ANSWER("", 0), 0, &preference, name), -1);
}
END_TEST

START_TEST(names_reverse_zones)
{
    static const struct { const char *addr, *want; } cases[] = {
        { "203.0.113.5", "5.113.0.203.in-addr.arpa" },
        { "2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa" },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct ip_addr addr;
        char name[DOMAIN_MAX];
        ck_assert_int_eq(ip_parse(cases[i].addr, &addr), 0);
        record_reverse_name(&addr, name);
        ck_assert_str_eq(name, cases[i].want);
    }
}
END_TEST

#define LABEL_60 "012345678901234567890123456789012345678901234567890123456789"

START_TEST(takes_names_of_questions)
{
    static const struct { const char *in, *want, *escaped; } cases[] = {
        { "Example.COM.", "example.com", "example.com" },
        { "_dmarc.example", "_dmarc.example", "_dmarc.example" },
        { "a b\\c.example", "a b\\c.example", "a\\032b\\092c.example" },
        { "\xc3\xa9.example", "\xc3\xa9.example", "\\195\\169.example" },
        { LABEL_60 "123.example", LABEL_60 "123.example", LABEL_60 "123.example" },
        { LABEL_60 "1234.example", NULL, NULL },
        { LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60 ".123456789", LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60
          ".123456789", LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60 ".123456789" },
        { LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60 ".1234567890", NULL, NULL },
        { "", NULL, NULL }, { ".", NULL, NULL }, { "..", NULL, NULL }, { "a..b", NULL, NULL }, { ".a", NULL, NULL },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct question q;
        char escaped[QUESTION_ESCAPED_MAX];
        int rc = question_init(&q, cases[i].in, DNS_TXT);
        ck_assert_msg((rc == 0) == (cases[i].want != NULL), "%s", cases[i].in);
        if (rc != 0)
            continue;
        question_escape(&q, escaped);
        ck_assert_str_eq(q.name, cases[i].want);
        ck_assert_str_eq(escaped, cases[i].escaped);
    }
    struct question a, b;
    question_init(&a, "a.example", DNS_A);
    question_init(&b, "A.example.", DNS_A);
    ck_assert(question_is_equal(&a, &b));
    question_init(&b, "a.example", DNS_AAAA);
    ck_assert(!question_is_equal(&a, &b));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("record");
    TCase *tc = tcase_create("record");
    tcase_add_test(tc, joins_txt_strings);
    tcase_add_test(tc, reads_addresses);
    tcase_add_test(tc, reads_names);
    tcase_add_test(tc, reads_mx);
    tcase_add_test(tc, names_reverse_zones);
    tcase_add_test(tc, takes_names_of_questions);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
