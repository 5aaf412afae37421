/*
 * lib/message: the facts of a message, and the readers of lines, dates and message ids under them.
 */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/message/date.h"
#include "lib/message/lex.h"
#include "lib/message/lines.h"
#include "lib/message/message.h"
#include "lib/message/msgid.h"
#include "t/unit/mutate.h"
#include "t/unit/unit.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct reading_case { const char *value; bool want; } date_cases[] = {
    { "Fri, 21 Nov 1997 09:55:06 -0600", true },
    { " 21 Nov 1997 09:55:06 -0600", true },
    { "Mon, 21 Nov 1997 09:55:06 -0600", true },                /* a Friday; nobody looks */
    { "fri, 1 nov 1997 09:55 +0000", true },
    { "Fri, 21 Nov 97 09:55:06 GMT", true },
    { "Fri, 21 Nov 097 09:55:06 Z", true },
    { "21 Nov 1997 23:59:60 a", true },
    { "21 Nov 1997 09:55:06 UT", true },
    { "21 Nov 1997 09:55:06 EST", true },
    { "21 Nov 1997 09:55:06 CET", true },
    { "21 Nov 1997 09:55:06 +0100 (CET)", true },
    { "Fri , 21 (x) Nov\n 1997 (a (b) c)\r\n\t09 : 55 : 06 (z) -0600 ", true },
    { "29 Feb 2024 00:00:00 +0000", true },
    { "29 Feb 2000 00:00:00 +0000", true },
    { "1 Jan 12024 00:00:00 +0000", true },
    { "1 Jan 2024 00:00:00 -1259", true },
    { "29 Feb 2023 00:00:00 +0000", false },
    { "29 Feb 1900 00:00:00 +0000", false },
    { "31 Apr 2024 00:00:00 +0000", false },
    { "0 Jan 2024 00:00:00 +0000", false },
    { "32 Jan 2024 00:00:00 +0000", false },
    { "001 Jan 2024 00:00:00 +0000", false },
    { "1 Jan 1899 00:00:00 +0000", false },
    { "1 Jan 4 00:00:00 +0000", false },
    { "1 Jan 99999999999999999999 00:00:00 +0000", false },
    { "1 Jan 2024 24:00:00 +0000", false },
    { "1 Jan 2024 00:60:00 +0000", false },
    { "1 Jan 2024 00:00:61 +0000", false },
    { "1 Jan 2024 0:00:00 +0000", false },
    { "1 Jan 2024 00:00: +0000", false },
    { "1 Jan 2024 00 +0000", false },
    { "1 Jan 2024 00:00:00 +0060", false },
    { "1 Jan 2024 00:00:00 +01:00", false },
    { "1 Jan 2024 00:00:00 0100", false },
    { "1 Jan 2024 00:00:00+0100", false },
    { "1 Jan 2024 00:00:00 J", false },
    { "1 Jan 2024 00:00:00 XX", false },
    { "1 Jan 2024 00:00:00 Europe", false },
    { "1 Jan 2024 00:00:00 +0000 x", false },
    { "1 Jan 2024 00:00:00", false },
    { "1Jan 2024 00:00:00 +0000", false },
    { "1 Jan2024 00:00:00 +0000", false },
    { "1 January 2024 00:00:00 +0000", false },
    { "1 Foo 2024 00:00:00 +0000", false },
    { "Foo, 1 Jan 2024 00:00:00 +0000", false },
    { "Friday, 21 Nov 1997 09:55:06 -0600", false },
    { "Fri 21 Nov 1997 09:55:06 -0600", false },
    { "Fri, Nov 21 1997 09:55:06 -0600", false },
    { "Fri Nov 21 09:55:06 1997", false },
    { "2024-01-01T00:00:00Z", false },
    { "(21 Nov 1997 09:55:06 -0600", false },
    { "", false },
    { " ", false },
};

static const struct reading_case id_cases[] = {
    { "<1234@local.machine.example>", true },
    { " (x) \n <5678.21-Nov-1997@example.com> (y)\r\n ", true },
    { "<a+b/c=d$e@host>", true },
    { "<\"quoted\"@host>", true },
    { "<\"a>@<b\\\"\"@host>", true },
    { "<x@[192.0.2.1]>", true },
    { "<x.@host>", true },
    { "<a..b@host.>", true },
    { "<\xc3\xa9@host>", true },
    { "", false },
    { "<>", false },
    { "<@>", false },
    { "<x@>", false },
    { "<@host>", false },
    { "<x>", false },
    { "x@host", false },
    { "<x@host", false },
    { "x@host>", false },
    { "<x@host>>", false },
    { "<<x@host>", false },
    { "<x@host> <y@host>", false },
    { "<x@host>, <y@host>", false },
    { "<x@host> x", false },
    { "<x@y@host>", false },
    { "< x@host>", false },
    { "<x@host >", false },
    { "<x y@host>", false },
    { "<x\n @host>", false },
    { "<x(c)@host>", false },
    { "<\"x y\"@host>", false },
    { "<\"x\\ y\"@host>", false },
    { "<\"x@host>", false },
    { "<\"x\\", false },
    { "<x@[192.0.2.1>", false },
    { "<x\x01@host>", false },
    { "<\"x\x7f\"@host>", false },
    { "(<x@host>", false },
};

START_TEST(reads_dates)
{
    const struct reading_case *c = &date_cases[_i];
    ck_assert_msg(is_date(c->value) == c->want, "'%s'", c->value);
}
END_TEST

START_TEST(reads_message_ids)
{
    const struct reading_case *c = &id_cases[_i];
    ck_assert_msg(is_message_id(c->value) == c->want, "'%s'", c->value);
}
END_TEST

/* What is broken stays harmless; what still reads well keeps doing so with a comment on either side. */
START_TEST(readers_survive_mutation)
{
    static const char *const pieces[] = {
        " ", "\n ", "(", ")", "\\", "\"", "<", ">", "@", "[", "]", ",", ":", "+", "-", "0", "99999999999", "Jan", "GMT",
        "\xff", NULL
    };
    uint64_t state = 424242;
    size_t read = 0;

    for (int i = 0; i < 200000; i++) {
        bool is_for_date = i % 2 == 0;
        bool (*reads)(const char *) = is_for_date ? is_date : is_message_id;
        const char *seed = is_for_date ? date_cases[mutate_below(&state, LENGTH(date_cases))].value
                                       : id_cases[mutate_below(&state, LENGTH(id_cases))].value;
        char text[192] = "(x) ";
        size_t len = mutate(&state, seed, strlen(seed), pieces, text + 4, 160);
        text[4 + len] = '\0';
        bool is_read = reads(text + 4);
        ck_assert_msg(reads(text) == is_read, "'%s'", text);
        read += is_read;
        strcat(text, " (y)");
        ck_assert_msg(!is_read || reads(text), "'%s'", text);
    }
    ck_assert_uint_gt(read, 5000);
}
END_TEST

struct lines_case { const char *text; size_t len, longest; bool cr, lf, nul, eight; };
#define TEXT(s) .text = s, .len = sizeof(s) - 1
static const struct lines_case lines_cases[] = {
    { TEXT(""), .longest = 0 },
    { TEXT("abc\r\nde\r\n"), .longest = 3 },
    { TEXT("abc\r\ndefg"), .longest = 4 },
    { TEXT("\r\n\r\n"), .longest = 0 },
    { TEXT("a\nb\r\n"), .longest = 1, .lf = true },
    { TEXT("\n"), .longest = 0, .lf = true },
    { TEXT("a\rb\r\n"), .longest = 3, .cr = true },
    { TEXT("ab\r\r\n"), .longest = 3, .cr = true },
    { TEXT("ab\r"), .longest = 3, .cr = true },
    { TEXT("\r"), .longest = 1, .cr = true },
    { TEXT("a\r\n\rb"), .longest = 2, .cr = true },
    { TEXT("a\0b\r\n"), .longest = 3, .nul = true },
    { TEXT("caf\xc3\xa9\r\n"), .longest = 5, .eight = true },
    { TEXT("0123456789012345678901234567890123456789\xff"), .longest = 41, .eight = true },
    { TEXT("\xff" "123456789012345678901234567890123456789"), .longest = 40, .eight = true },
};

static void assert_lines(const struct lines_case *c, const struct line_scan *scan)
{
    ck_assert_uint_eq(scan->longest, c->longest);
    ck_assert(scan->has_bare_cr == c->cr && scan->has_bare_lf == c->lf);
    ck_assert(scan->has_nul == c->nul && scan->has_eight_bit == c->eight);
}

START_TEST(scans_lines_in_any_chunks)
{
    const struct lines_case *c = &lines_cases[_i];
    for (size_t cut = 0; cut <= c->len; cut++) {
        for (size_t chunk = 1; chunk <= c->len + 1; chunk++) {
            struct line_scan scan = { .longest = 0 };
            line_scan_feed(&scan, (const unsigned char *)c->text, cut);
            for (size_t at = cut; at < c->len; at += chunk) {
                size_t n = c->len - at < chunk ? c->len - at : chunk;
                line_scan_feed(&scan, (const unsigned char *)c->text + at, n);
            }
            line_scan_end(&scan);
            assert_lines(c, &scan);
        }
    }
}
END_TEST

/* The same, byte by byte and plainly. */
static void reference_scan(const char *text, size_t len, struct lines_case *want_r)
{
    size_t line = 0;

    *want_r = (struct lines_case){ .text = text, .len = len };
    for (size_t i = 0; i < len; i++) {
        bool is_crlf = text[i] == '\r' && i + 1 < len && text[i + 1] == '\n';
        want_r->cr |= text[i] == '\r' && !is_crlf;
        want_r->lf |= text[i] == '\n' && (i == 0 || text[i - 1] != '\r');
        want_r->nul |= text[i] == '\0';
        want_r->eight |= (unsigned char)text[i] > 127;
        line = text[i] == '\n' ? 0 : line + !is_crlf;
        want_r->longest = line > want_r->longest ? line : want_r->longest;
    }
}

START_TEST(scans_random_lines_as_the_reference)
{
    static const char alphabet[] = { 'a', 'b', '\r', '\n', '\r', '\n', 'c', '\0', '\xe9', 'd', 'e', 'f' };
    uint64_t state = 7;

    for (int i = 0; i < 200000; i++) {
        char text[64];
        size_t len = mutate_below(&state, sizeof(text) + 1), kinds = 1 + mutate_below(&state, sizeof(alphabet));
        for (size_t j = 0; j < len; j++)
            text[j] = alphabet[mutate_below(&state, kinds)];
        struct lines_case want;
        reference_scan(text, len, &want);
        struct line_scan scan = { .longest = 0 };
        for (size_t at = 0; at < len;) {
            size_t n = 1 + mutate_below(&state, len - at);
            line_scan_feed(&scan, (const unsigned char *)text + at, n);
            at += n;
        }
        line_scan_end(&scan);
        assert_lines(&want, &scan);
    }
}
END_TEST

static const struct message_limits wide = { .headers = 1000, .header_bytes = 1024 * 1024 };

static void feed(struct message *message, const char *const *header, const char *body)
{
    for (; header[0] != NULL; header += 2)
        message_header(message, header[0], header[1]);
    message_body(message, (const unsigned char *)body, strlen(body));
    message_end(message);
}

START_TEST(gathers_facts)
{
    static const char *const header[] = {
        "from", " Jane <jane@Example.COM>",
        "To ", " a@b.example,\n c@d.example",
        "SUBJECT", " hello",
        "Date", " Fri, 21 Nov 1997 09:55:06 -0600",
        "Message-Id", " <1@example.com>",
        "X-From", " x@y.example",
        "Fro", " x@y.example",
        NULL
    };
    struct message *message = message_new(&wide);
    const struct message_facts *facts = message_facts(message);

    feed(message, header, "hello\r\nworld!\r\n");
    ck_assert_uint_eq(facts->headers, 7);
    ck_assert(!facts->is_over_limits);
    ck_assert_uint_eq(facts->field_count[FIELD_FROM], 1);
    ck_assert_uint_eq(facts->field_count[FIELD_TO], 1);
    ck_assert_uint_eq(facts->field_count[FIELD_SUBJECT], 1);
    ck_assert_uint_eq(facts->field_count[FIELD_CC], 0);
    ck_assert_uint_eq(facts->from_addresses, 1);
    ck_assert_uint_eq(facts->from_invalid, 0);
    ck_assert_uint_eq(facts->from_domains, 1);
    ck_assert_str_eq(facts->author_domain, "example.com");
    ck_assert_str_eq(facts->eight_bit_field, "");
    ck_assert(facts->has_date_valid && facts->has_message_id_valid);
    ck_assert_uint_eq(facts->longest_line, strlen("Date: Fri, 21 Nov 1997 09:55:06 -0600"));
    ck_assert(!facts->has_bare_cr && !facts->has_bare_lf && !facts->has_nul && !facts->has_eight_bit_body);
    ck_assert_uint_eq(facts->body_bytes, 15);
    message_free(&message);
    ck_assert_ptr_null(message);
    message_free(&message);
}
END_TEST

START_TEST(an_empty_message_has_no_facts)
{
    static const struct message_facts nothing;
    struct message *message = message_new(&wide);

    message_end(message);
    ck_assert_mem_eq(message_facts(message), &nothing, sizeof(nothing));
    message_free(&message);
}
END_TEST

START_TEST(sums_all_from_fields)
{
    static const char *const header[] = {
        "From", " a@one.example, nobody",
        "From", " b@two.example, c@one.example",
        "FROM\t", " <d@three.example>",
        NULL
    };
    struct message *message = message_new(&wide);
    const struct message_facts *facts = message_facts(message);

    feed(message, header, "");
    ck_assert_uint_eq(facts->field_count[FIELD_FROM], 3);
    ck_assert_uint_eq(facts->from_addresses, 5);
    ck_assert_uint_eq(facts->from_invalid, 1);
    ck_assert_uint_eq(facts->from_domains, 3);
    ck_assert_str_eq(facts->author_domain, "one.example");
    message_free(&message);
}
END_TEST

START_TEST(keeps_a_bounded_number_of_domains)
{
    struct message *message = message_new(&wide);
    const struct message_facts *facts = message_facts(message);

    for (int i = 0; i < 500; i++) {
        char value[64];
        snprintf(value, sizeof(value), " a@x%d.example, b@y%d.example", i, i);
        message_header(message, "From", value);
    }
    ck_assert_uint_eq(facts->from_addresses, 1000);
    ck_assert_uint_gt(facts->from_domains, 1);
    ck_assert_uint_le(facts->from_domains, 64);
    ck_assert_str_eq(facts->author_domain, "x0.example");
    message_free(&message);
}
END_TEST

START_TEST(only_one_date_and_message_id_is_valid)
{
    static const char *const header[] = {
        "Date", " Fri, 21 Nov 1997 09:55:06 -0600", "Message-ID", " <1@example.com>",
        "Date", " Fri, 21 Nov 1997 09:55:06 -0600", "Message-ID", " <2@example.com>",
        NULL
    };
    struct message *message = message_new(&wide);

    feed(message, header, "");
    ck_assert(!message_facts(message)->has_date_valid);
    ck_assert(!message_facts(message)->has_message_id_valid);
    message_free(&message);
}
END_TEST

static const struct header_case {
    const char *name, *value;
    size_t longest;
    bool cr;
    const char *eight_bit;
} header_cases[] = {
    { "X", " abc", 6, false, "" },
    { "X", " abc\n de\n fghijk", 7, false, "" },
    { "X", " abc\r\n de\r\n\tf", 6, false, "" },
    { "X", " a\rb", 6, true, "" },
    { "X", " a\r", 5, true, "" },
    { "X", "", 2, false, "" },
    { "Subject", " caf\xc3\xa9", 14, false, "Subject" },
    { "X\xe9=", " a", 6, false, "X\xe9=" },
    { "X-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789", "\xe9", 80, false,
      "X-0123456789-0123456789-0123456789-0123456789-0123456789-012345" },
};

START_TEST(examines_header_lines)
{
    const struct header_case *c = &header_cases[_i];
    const char *const header[] = { c->name, c->value, NULL };
    struct message *message = message_new(&wide);
    const struct message_facts *facts = message_facts(message);

    feed(message, header, "");
    ck_assert_uint_eq(facts->longest_line, c->longest);
    ck_assert(facts->has_bare_cr == c->cr && !facts->has_bare_lf);
    ck_assert_str_eq(facts->eight_bit_field, c->eight_bit);
    ck_assert(!facts->has_eight_bit_body);
    message_free(&message);
}
END_TEST

START_TEST(names_the_first_eight_bit_field)
{
    static const char *const header[] = { "X-A", " a", "X-B", " \xe9", "X-C", " \xe9", NULL };
    struct message *message = message_new(&wide);

    feed(message, header, "\xe9\r\n");
    ck_assert_str_eq(message_facts(message)->eight_bit_field, "X-B");
    ck_assert(message_facts(message)->has_eight_bit_body);
    message_free(&message);
}
END_TEST

static const struct word_case { const char *name, *value, *want; } word_cases[] = {
    { "Subject", " =?utf-8?q?caf=C3=A9?=", "" },
    { "X-Anything", " =?utf-8?q?caf=C3=A9?=", "" },
    { "From", " =?utf-8?q?Jane?= <jane@example.com>", "" },
    { "From", " <=?utf-8?q?jane?=@example.com>", "From" },
    { "to", " =?utf-8?q?jane?=@example.com", "To" },
    { "Cc", " a@b.example,\n <c@=?utf-8?q?d?=.example>", "Cc" },
    { "Reply-To", " <=?utf-8?q?jane?=@example.com>", "Reply-To" },
    { "Sender", " <=?utf-8?q?jane?=@example.com>", "Sender" },
    { "Message-ID", " <1@example.com> (=?utf-8?q?x?=)", "" },
    { "Message-ID", " <=?utf-8?q?1?=@example.com>", "Message-ID" },
    { "Message-ID", " =?utf-8?q?<1@example.com>?=", "Message-ID" },
    { "References", " <1@example.com>\n =?utf-8?b?PDE=?=", "References" },
    { "References", " <a=?utf-8?q?1?=@example.com>", "" },
    { "In-Reply-To", " \"=?utf-8?q?x?=\" <1@example.com>", "" },
    { "Date", " =?utf-8?q?Mon?=, 23 Nov 2026 10:00:00 +0000", "Date" },
    { "Date", " Mon, 23 Nov 2026 10:00:00 +0000 (=?utf-8?q?x?=)", "" },
};

START_TEST(finds_encoded_words)
{
    const struct word_case *c = &word_cases[_i];
    const char *const header[] = { c->name, c->value, NULL };
    struct message *message = message_new(&wide);

    feed(message, header, "");
    ck_assert_msg(strcmp(message_facts(message)->encoded_word_field, c->want) == 0, "%s:%s", c->name, c->value);
    message_free(&message);
}
END_TEST

START_TEST(reads_list_fields)
{
    static const char *const header[] = {
        "list-unsubscribe", " <mailto:u@example.com>,\n <https://example.com/u>",
        "List-Unsubscribe-Post ", " List-Unsubscribe=One-Click",
        "List-ID", " News <news.example.com>",
        "Precedence", " Bulk",
        NULL
    };
    struct message *message = message_new(&wide);
    const struct message_facts *facts = message_facts(message);

    feed(message, header, "");
    ck_assert_uint_eq(facts->unsubscribe_fields, 1);
    ck_assert_uint_eq(facts->unsubscribe.count, 2);
    ck_assert_uint_eq(facts->unsubscribe.https, 1);
    ck_assert_uint_eq(facts->unsubscribe_post_fields, 1);
    ck_assert(facts->has_one_click_post && facts->has_list_id && facts->has_bulk_precedence);
    message_free(&message);
}
END_TEST

START_TEST(tells_bulk_precedence)
{
    static const struct { const char *value; bool want; } cases[] = {
        { " bulk", true }, { "list", true }, { " junk (x)", true }, { "BULK", true }, { " first-class", false },
        { "", false }, { " bulky", false }, { " bulk list", false },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const char *const header[] = { "Precedence", cases[i].value, NULL };
        struct message *message = message_new(&wide);
        feed(message, header, "");
        ck_assert_msg(message_facts(message)->has_bulk_precedence == cases[i].want, "%s", cases[i].value);
        message_free(&message);
    }
}
END_TEST

START_TEST(list_fields_beyond_the_limits_are_counted)
{
    static const struct message_limits narrow = { .headers = 1, .header_bytes = 1000 };
    static const char *const header[] = {
        "To", " x", "List-Unsubscribe", " <https://example.com/u>",
        "List-Unsubscribe-Post", " List-Unsubscribe=One-Click", "List-Id", " <x.example>", "Precedence", " bulk", NULL
    };
    struct message *message = message_new(&narrow);
    const struct message_facts *facts = message_facts(message);

    feed(message, header, "");
    ck_assert_uint_eq(facts->unsubscribe_fields, 1);
    ck_assert_uint_eq(facts->unsubscribe_post_fields, 1);
    ck_assert_uint_eq(facts->unsubscribe.count, 0);
    ck_assert(!facts->has_one_click_post && facts->has_list_id && !facts->has_bulk_precedence);
    message_free(&message);
}
END_TEST

START_TEST(counts_but_does_not_examine_over_the_limits)
{
    static const struct { struct message_limits limits; bool is_over; } cases[] = {
        { { .headers = 3, .header_bytes = 1000 }, false },
        { { .headers = 2, .header_bytes = 1000 }, true },
        { { .headers = 3, .header_bytes = 40 }, true },
    };
    static const char *const header[] = { "To", " x", "Cc", " y", "From", " a@one.example\xe9 long long long", NULL };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct message *message = message_new(&cases[i].limits);
        const struct message_facts *facts = message_facts(message);
        feed(message, header, "a\r\n");
        ck_assert(facts->is_over_limits == cases[i].is_over);
        ck_assert_uint_eq(facts->headers, 3);
        ck_assert_uint_eq(facts->header_bytes, 7 + 7 + 37);
        ck_assert_uint_eq(facts->field_count[FIELD_FROM], 1);
        ck_assert_uint_eq(facts->from_addresses, cases[i].is_over ? 0 : 1);
        ck_assert_uint_eq(facts->longest_line, cases[i].is_over ? 5 : 35);
        ck_assert_str_eq(facts->eight_bit_field, cases[i].is_over ? "" : "From");
        message_free(&message);
    }
}
END_TEST

START_TEST(every_field_has_a_name)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        struct message *message = message_new(&wide);
        message_header(message, message_field_name((enum message_field)i), " x");
        for (int j = 0; j < FIELD_COUNT; j++)
            ck_assert_uint_eq(message_facts(message)->field_count[j], i == j);
        message_free(&message);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("message");
    TCase *tc = tcase_create("readers");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, reads_dates, 0, (int)LENGTH(date_cases));
    tcase_add_loop_test(tc, reads_message_ids, 0, (int)LENGTH(id_cases));
    tcase_add_test(tc, readers_survive_mutation);
    tcase_add_loop_test(tc, scans_lines_in_any_chunks, 0, (int)LENGTH(lines_cases));
    tcase_add_test(tc, scans_random_lines_as_the_reference);
    suite_add_tcase(suite, tc);

    tc = tcase_create("facts");
    tcase_add_test(tc, gathers_facts);
    tcase_add_test(tc, an_empty_message_has_no_facts);
    tcase_add_test(tc, sums_all_from_fields);
    tcase_add_test(tc, keeps_a_bounded_number_of_domains);
    tcase_add_test(tc, only_one_date_and_message_id_is_valid);
    tcase_add_loop_test(tc, examines_header_lines, 0, (int)LENGTH(header_cases));
    tcase_add_test(tc, names_the_first_eight_bit_field);
    tcase_add_loop_test(tc, finds_encoded_words, 0, (int)LENGTH(word_cases));
    tcase_add_test(tc, reads_list_fields);
    tcase_add_test(tc, tells_bulk_precedence);
    tcase_add_test(tc, list_fields_beyond_the_limits_are_counted);
    tcase_add_test(tc, counts_but_does_not_examine_over_the_limits);
    tcase_add_test(tc, every_field_has_a_name);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
