/*
 * lib/check/taglist: tag lists of RFC 6376 section 3.2, and one DKIM-Signature field read by ourselves.
 */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/check/dkimtags.h"
#include "lib/check/taglist.h"
#include "t/unit/unit.h"

#include <string.h>

/* "name=value|name=value", "!" for what is no tag. */
static void describe(const char *text, struct str *out)
{
    struct taglist list;
    struct tag tag;
    int rc;

    taglist_init(&list, text, strlen(text));
    while ((rc = taglist_next(&list, &tag)) != 0) {
        str_add(out, out->len > 0 ? "|" : "");
        if (rc < 0) {
            str_add(out, "!");
            continue;
        }
        str_addn(out, tag.name, tag.name_len);
        str_addc(out, '=');
        str_addn(out, tag.value, tag.value_len);
    }
}

START_TEST(reads_tags)
{
    static const struct { const char *text, *want; } cases[] = {
        { "", "" },
        { "  \r\n\t ", "" },
        { "a=b", "a=b" },
        { "a=b;", "a=b" },
        { "a=b; ", "a=b" },
        { "a=b;;", "a=b|!" },
        { ";a=b", "!|a=b" },
        { ";", "!" },
        { " a = b ;\r\n c=d\t", "a=b|c=d" },
        { "a=b c", "a=b c" },
        { "a=", "a=" },
        { "a= ;b=", "a=|b=" },
        { "a=b=c", "a=b=c" },
        { "a", "!" },
        { "=b", "!" },
        { "1a=b", "!" },
        { "_a=b", "!" },
        { "a_1=b", "a_1=b" },
        { "a b=c; d=e", "!|d=e" },
        { "a=\x01; b=c", "!|b=c" },
        { "a=\xc3\xa9; b=c", "!|b=c" },
        { "a=b\x7f", "!" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str out = STR_EMPTY;
        describe(cases[i].text, &out);
        ck_assert_msg(strcmp(str_get(&out), cases[i].want) == 0, "case %zu: '%s'", i, str_get(&out));
        str_clear(&out);
    }
}
END_TEST

/* A list is given with its length, and nothing behind that is read. */
START_TEST(stays_within_the_length)
{
    const char *text = "a=b; c=d";
    for (size_t len = 0; len <= strlen(text); len++) {
        char *copy = xmalloc(len);
        struct taglist list;
        struct tag tag;
        memcpy(copy, text, len);
        taglist_init(&list, copy, len);
        for (int rc; (rc = taglist_next(&list, &tag)) != 0;)
            ck_assert(rc < 0 || !tag_has_item(&tag, ':', "x"));
        ck_assert_int_eq(taglist_find(copy, len, "c", &tag), len >= strlen("a=b; c="));
        free(copy);
    }
}
END_TEST

START_TEST(takes_values_apart)
{
    struct tag tag;
    char text[8];
    const char *list = "h=from : To:\r\n subject; b=AB\r\n\tCD EF; e=";

    ck_assert(taglist_find(list, strlen(list), "h", &tag));
    ck_assert(tag_has_item(&tag, ':', "From"));
    ck_assert(tag_has_item(&tag, ':', "to"));
    ck_assert(tag_has_item(&tag, ':', "subject"));
    ck_assert(!tag_has_item(&tag, ':', "sub"));
    ck_assert(!tag_has_item(&tag, ':', ""));
    ck_assert(taglist_find(list, strlen(list), "b", &tag));
    ck_assert_uint_eq(tag_text(&tag, text, sizeof(text)), 6);
    ck_assert_str_eq(text, "ABCDEF");
    ck_assert_uint_eq(tag_text(&tag, text, 4), 6);
    ck_assert_str_eq(text, "ABC");
    ck_assert_uint_eq(tag_text(&tag, NULL, 0), 6);
    ck_assert(taglist_find(list, strlen(list), "e", &tag));
    ck_assert_uint_eq(tag_text(&tag, text, sizeof(text)), 0);
    ck_assert(tag_has_item(&tag, ':', ""));
    ck_assert(!taglist_find(list, strlen(list), "H", &tag));
}
END_TEST

START_TEST(reads_signatures)
{
    struct dkim_tags tags;

    dkim_tags_parse(" v=1; a=RSA-sha256;\n c=Relaxed; d=Example.COM;\r\n\ts=S1.2024; x=1700000000;"
                    " h=Subject:\n FROM : DKIM-Signature; q=foo:dns/txt; b=", &tags);
    ck_assert_str_eq(tags.domain, "example.com");
    ck_assert_str_eq(tags.selector, "s1.2024");
    ck_assert_str_eq(tags.algorithm, "rsa-sha256");
    ck_assert_str_eq(tags.canonicalization, "relaxed/simple");
    ck_assert_int_eq(tags.expires, 1700000000);
    ck_assert(tags.from_signed && tags.signatures_signed && tags.is_query_known);
    ck_assert(tags.fault == NULL && !tags.is_identity_too_long);

    dkim_tags_parse("", &tags);
    ck_assert_str_eq(tags.domain, "");
    ck_assert_str_eq(tags.canonicalization, "simple/simple");
    ck_assert(!tags.from_signed && tags.is_query_known);

    dkim_tags_parse("d=a b@c; s=\x1b[31m; a=rsa sha\"; c=<script>; x=12a; q=http; h=fromage:x-from", &tags);
    ck_assert_str_eq(tags.domain, "");
    ck_assert_str_eq(tags.selector, "");
    ck_assert_str_eq(tags.algorithm, "");
    ck_assert_str_eq(tags.canonicalization, "");
    ck_assert_int_eq(tags.expires, 0);
    ck_assert(!tags.from_signed && !tags.is_query_known);

    dkim_tags_parse("d=example.com; v=1; d=example.org", &tags);
    ck_assert_str_eq(tags.fault, "a tag stands twice");
    dkim_tags_parse("x=99999999999999999999999", &tags);
    ck_assert_int_eq(tags.expires, 0);
    dkim_tags_parse("c=a-word-that-leaves-no-room-for-the-rest", &tags);
    ck_assert_str_eq(tags.canonicalization, "");
    dkim_tags_parse("c=a-word-that-leaves-no-room-for-it", &tags);
    ck_assert_str_eq(tags.canonicalization, "");
}
END_TEST

/* Section 3.2: names begin with a letter, values are printable ASCII, nothing stands twice. */
START_TEST(checks_the_form)
{
    static const struct { const char *list; enum taglist_form want; } cases[] = {
        { "", TAGLIST_GOOD }, { " \r\n ", TAGLIST_GOOD }, { "a=1", TAGLIST_GOOD }, { "a=1;", TAGLIST_GOOD },
        { " a = 1 ;\r\n\tb_2=; \n", TAGLIST_GOOD }, { "a=1; A=1; ab=1", TAGLIST_GOOD },
        { "a=1; b=2; a=1", TAGLIST_REPEATED }, { "a=1;b=2;a", TAGLIST_MALFORMED }, { "a=1;;b=2", TAGLIST_MALFORMED },
        { "a=1;;", TAGLIST_MALFORMED }, { "a=1; a=1; 1a=2", TAGLIST_MALFORMED }, { "=1", TAGLIST_MALFORMED },
        { "a=\xc3\xa9", TAGLIST_MALFORMED }, { "a=\x01", TAGLIST_MALFORMED }, { "hello world", TAGLIST_MALFORMED },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(taglist_check(cases[i].list, strlen(cases[i].list)) == cases[i].want, "'%s'", cases[i].list);
}
END_TEST

START_TEST(finds_faults)
{
    static const struct { const char *value, *want; } cases[] = {
        { "v=1; l=10; b=x;", NULL }, { "v=1; l=0", NULL }, { "v=1; l=; b=x", "l= is empty" },
        { "v=1; b=x; b=x", "a tag stands twice" }, { "v=1; 1a=x; b=x", "the tag list is malformed" },
        { "v=1; b", "the tag list is malformed" },
        { "v=1; d=b\xc3\xbc" "cher.example", "the tag list is malformed: it has bytes outside ASCII" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dkim_tags tags;
        dkim_tags_parse(cases[i].value, &tags);
        ck_assert_pstr_eq(tags.fault, cases[i].want);
    }
}
END_TEST

/* As libopendkim finds it, which is not how a tag list is written. */
START_TEST(bounds_the_identity)
{
    static const struct { const char *before; int len; bool is_too_long; } cases[] = {
        { "i=", 100, false }, { "i=", 250, false }, { "i=", 251, true }, { "i=", 100000, true },
        { "v=1;\v i \f = ", 300, true }, { "v=1; \x01; i=", 300, true }, { "i=a; i=", 300, true },
        { ";;i=", 300, true }, { "x=i=", 300, false }, { "I=", 300, false }, { "id=", 300, false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str text = STR_EMPTY;
        struct dkim_tags tags;
        str_addf(&text, "%s%0*d; b=x", cases[i].before, cases[i].len, 0);
        dkim_tags_parse(str_get(&text), &tags);
        ck_assert_msg(tags.is_identity_too_long == cases[i].is_too_long, "case %zu", i);
        str_clear(&text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("taglist");
    TCase *tcase = tcase_create("taglist");

    tcase_add_test(tcase, reads_tags);
    tcase_add_test(tcase, stays_within_the_length);
    tcase_add_test(tcase, takes_values_apart);
    tcase_add_test(tcase, reads_signatures);
    tcase_add_test(tcase, checks_the_form);
    tcase_add_test(tcase, finds_faults);
    tcase_add_test(tcase, bounds_the_identity);
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
