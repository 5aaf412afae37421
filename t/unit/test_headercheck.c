/*
 * lib/depart/headercheck, headerform: what header checks do, and what is done to the form of a header.  Asks the real
 * postmap(1) as test_depart does.
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/headercheck.h"
#include "lib/depart/headerform.h"
#include "lib/depart/postmap.h"
#include "t/unit/haspostmap.h"
#include "t/unit/unit.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define LATER (clock_ms() + 20000)

/* --- header checks ------------------------------------------------------------------------------------ */

static const struct { const char *action, *header, *changes; } actions[] = {
    { "IGNORE", "A: 1|C: 3|", "removes B|" }, { "strip it", "A: 1|C: 3|", "removes B|" },
    { "REPLACE New: x: y", "A: 1|New: x: y|C: 3|", "replaces B|" }, { "REPLACE no field", "A: 1|B: 2|C: 3|", "" },
    { "REPLACE", "A: 1|B: 2|C: 3|", "" }, { "PREPEND New:x", "A: 1|New:x|B: 2|C: 3|", "adds New|" },
    { "DUNNO", "A: 1|B: 2|C: 3|", "" }, { "REJECT go away", "A: 1|B: 2|C: 3|", "" }, { "", "A: 1|B: 2|C: 3|", "" },
};

static void print_fields(const struct headerfields *fields, struct str *text)
{
    for (size_t i = 0; i < fields->count; i++)
        str_addf(text, "%s:%s|", fields->items[i].name, fields->items[i].value);
}

START_TEST(applies_actions)
{
    struct headerfields fields = { .items = NULL };
    struct headerchanges changes = { .items = NULL };
    struct str header = STR_EMPTY, said = STR_EMPTY;

    headerfields_add(&fields, "A", " 1");
    headerfields_add(&fields, "B ", " 2");
    headerfields_add(&fields, "C", " 3");
    headercheck_apply(actions[_i].action, &fields, 1, &changes);
    print_fields(&fields, &header);
    for (size_t i = 0; i < changes.count; i++)
        str_addf(&said, "%s %s|", changes.items[i].what, changes.items[i].field);
    ck_assert_str_eq(str_get(&header), actions[_i].header);
    ck_assert_str_eq(str_get(&said), actions[_i].changes);
    str_clear(&header);
    str_clear(&said);
    headerfields_clear(&fields);
    headerchanges_clear(&changes);
}
END_TEST

/* What one field says is not the answer about another that it begins with. */
START_TEST(tells_fields_apart)
{
    static const char *const texts[] = { "X: 1", "X: 1\tIGNORE", "Y: 2\n\tIGNORE", "Y: 2", "X: 1\tIGNORE" };
    static const char *const want[] = { NULL, "STRIP", "STRIP", NULL, "STRIP" };
    char *items[] = { (char *)(size_t)"regexp:{{/IGNORE/ STRIP}}", NULL };
    const struct conf_strings tables = { items, 1 };
    struct postmap *postmap = postmap_new("");
    char *got[LENGTH(texts)];
    struct err err = { "" };

    if (has_postmap()) {
        ck_assert_msg(postmap_check_header(postmap, &tables, texts, LENGTH(texts), got, LATER, &err) == 0, "%s",
                      err.text);
        for (size_t i = 0; i < LENGTH(texts); i++) {
            ck_assert_pstr_eq(got[i], want[i]);
            free(got[i]);
        }
    }
    postmap_free(&postmap);
}
END_TEST

START_TEST(checks_headers)
{
    char *items[] = { (char *)(size_t)"regexp:{{/^Subject: (.*)$/ REPLACE Subject: <$1>} {/^X-[A-Z]:/ IGNORE} "
                      "{/^Content-/ IGNORE} {/^Date/ PREPEND X-Date: y}}", NULL };
    const struct conf_strings tables = { items, 1 };
    struct postmap *postmap = postmap_new("");
    struct headerfields fields = { .items = NULL };
    struct headerchanges changes = { .items = NULL };
    struct str header = STR_EMPTY;
    struct err err = { "" };

    headerfields_add(&fields, "Subject", " one\r\n\ttwo");
    headerfields_add(&fields, "X-A", " \xff");
    headerfields_add(&fields, "Content-Type", " text/plain");
    headerfields_add(&fields, "X-B", "");
    headerfields_add(&fields, "Date", " now");
    headerfields_add(&fields, "Subject", " three");
    if (has_postmap()) {
        ck_assert_msg(headercheck_run(postmap, &tables, false, &fields, &changes, LATER, &err) == 0, "%s", err.text);
        print_fields(&fields, &header);
        ck_assert_str_eq(str_get(&header), "Subject: <one\n\ttwo>|Content-Type: text/plain|X-Date: y|Date: now|"
                         "Subject: <three>|");
        ck_assert_uint_eq(changes.count, 5);
        str_reset(&header);
        ck_assert_msg(headercheck_run(postmap, &tables, true, &fields, &changes, LATER, &err) == 0, "%s", err.text);
        print_fields(&fields, &header);
        ck_assert_str_eq(str_get(&header), "Subject: <one\n\ttwo>|X-Date: y|Date: now|Subject: <three>|");
    }
    str_clear(&header);
    headerfields_clear(&fields);
    headerchanges_clear(&changes);
    postmap_free(&postmap);
}
END_TEST

/* --- the form of a header --------------------------------------------------------------------------- */

static const struct { const char *type, *encoding, *again, *want; } encodings[] = {
    { NULL, " 8bit", NULL, "Subject: x|Content-Transfer-Encoding: quoted-printable|" },
    { " text/plain; charset=utf-8", " (c) BINARY (d)", NULL,
      "Content-Type: text/plain; charset=utf-8|Subject: x|Content-Transfer-Encoding: quoted-printable|" },
    { " Multipart/mixed; boundary=b", " 8bit", NULL,
      "Content-Type: Multipart/mixed; boundary=b|Subject: x|Content-Transfer-Encoding: 7bit|" },
    { " message/rfc822", "8bit", NULL, "Content-Type: message/rfc822|Subject: x|Content-Transfer-Encoding: 7bit|" },
    { NULL, " 7bit", NULL, NULL }, { NULL, " quoted-printable", NULL, NULL }, { NULL, " 8bits", NULL, NULL },
    { NULL, NULL, NULL, NULL }, { NULL, "", NULL, NULL },
    { NULL, " 8bit", " base64", "Content-Transfer-Encoding: base64|Subject: x|" },
    { NULL, " base64", " 8bit", "Content-Transfer-Encoding: base64|Subject: x|"
      "Content-Transfer-Encoding: quoted-printable|" },
};

START_TEST(tells_of_converted_text)
{
    struct headerfields fields = { .items = NULL };
    struct str before = STR_EMPTY, after = STR_EMPTY;

    if (encodings[_i].type != NULL)
        headerfields_add(&fields, "Content-Type", encodings[_i].type);
    if (encodings[_i].encoding != NULL)
        headerfields_add(&fields, "content-transfer-encoding", encodings[_i].encoding);
    if (encodings[_i].again != NULL)
        headerfields_add(&fields, "Content-Transfer-Encoding", encodings[_i].again);
    headerfields_add(&fields, "Subject", " x");
    print_fields(&fields, &before);
    ck_assert_int_eq(headerform_convert(&fields), encodings[_i].want != NULL);
    print_fields(&fields, &after);
    for (char *p = strstr(after.data, "content-transfer-encoding: base64"); p != NULL; p = NULL)
        memcpy(p, "Content-Transfer-Encoding", strlen("Content-Transfer-Encoding"));
    ck_assert_str_eq(str_get(&after), encodings[_i].want == NULL ? str_get(&before) : encodings[_i].want);
    str_clear(&before);
    str_clear(&after);
    headerfields_clear(&fields);
}
END_TEST

static const struct { const char *value, *want; } cuts[] = {
    { " 2345678", NULL }, { "", NULL }, { " a\n\tb", NULL },
    { " 23456789", " 2345678\n 9" }, { " 234567890bcdefghijk", " 2345678\n 90bcdefgh\n ijk" },
    { " 2\n 234567890", NULL }, { " 2\n 2345678901", " 2\n 234567890\n 1" },
};

/* "X" and the colon count; ten bytes with the space of a fold. */
START_TEST(cuts_long_lines)
{
    struct headerfields fields = { .items = NULL };

    headerfields_add(&fields, "X", cuts[_i].value);
    ck_assert_int_eq(headerform_cut(&fields.items[0], 10), cuts[_i].want != NULL);
    ck_assert_str_eq(fields.items[0].value, cuts[_i].want == NULL ? cuts[_i].value : cuts[_i].want);
    headerfields_clear(&fields);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("headercheck");
    TCase *tc = tcase_create("headercheck");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, applies_actions, 0, (int)LENGTH(actions));
    tcase_add_test(tc, tells_fields_apart);
    tcase_add_test(tc, checks_headers);
    tcase_add_loop_test(tc, tells_of_converted_text, 0, (int)LENGTH(encodings));
    tcase_add_loop_test(tc, cuts_long_lines, 0, (int)LENGTH(cuts));
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
