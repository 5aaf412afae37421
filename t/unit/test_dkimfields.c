/*
 * lib/check/dkimfields, dkimcover, dkimcopied: canonical forms, what h= covers and leaves open, z=.
 */
#include "config.h"

#include "lib/check/dkimcopied.h"
#include "lib/check/dkimcover.h"
#include "lib/check/dkimfields.h"
#include "t/unit/unit.h"

#include <string.h>

struct line {
    const char *name, *value;
};

static void fill(struct dkim_fields *fields, const struct line *lines, size_t n)
{
    size_t len;

    for (size_t i = 0; i < n; i++) {
        const char *text = dkim_fields_add(fields, lines[i].name, lines[i].value, &len);
        ck_assert_uint_eq(strncmp(text, lines[i].name, strlen(lines[i].name)), 0);
    }
    ck_assert_uint_eq(fields->count, n);
}

/* The first two: RFC 6376 section 3.4.5. */
START_TEST(canonicalizes)
{
    static const struct { const char *name, *value, *simple, *relaxed; } cases[] = {
        { "A", " X", "A: X\r\n", "a:X\r\n" },
        { "B ", " Y\t\r\n\tZ  ", "B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n" },
        { "Subject", "", "Subject:\r\n", "subject:\r\n" },
        { "Subject", " \n ", "Subject: \r\n \r\n", "subject:\r\n" },
        { "SUBJECT", "a\n\tb\r\n c", "SUBJECT:a\r\n\tb\r\n c\r\n", "subject:a b c\r\n" },
        { "X", " \xc3\xa9 \x01  y", "X: \xc3\xa9 \x01  y\r\n", "x:\xc3\xa9 \x01 y\r\n" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int is_relaxed = 0; is_relaxed < 2; is_relaxed++) {
            struct dkim_fields fields = { .count = 0 };
            struct str text = STR_EMPTY;
            fill(&fields, &(struct line){ cases[i].name, cases[i].value }, 1);
            struct dkim_field field = dkim_fields_get(&fields, 0);
            dkim_canonicalize(&field, is_relaxed != 0, &text);
            ck_assert_str_eq(str_get(&text), is_relaxed ? cases[i].relaxed : cases[i].simple);
            str_clear(&text);
            dkim_fields_clear(&fields);
        }
    }
}
END_TEST

START_TEST(empties_b)
{
    static const struct { const char *value, *simple, *relaxed; } cases[] = {
        { " v=1; b=abc=; d=x", "S: v=1; b=; d=x", "s:v=1; b=; d=x" },
        { " v=1;\r\n\tb=ab\r\n\t c= ", "S: v=1;\r\n\tb=", "s:v=1; b=" },
        { "b = x ; bh=y", "S:b =; bh=y", "s:b =; bh=y" },
        { " bb=x; b=;", "S: bb=x; b=;", "s:bb=x; b=;" },
        { " b=x; b=y", "S: b=; b=", "s:b=; b=" },
        { "", "S:", "s:" },
        { " b", "S: b", "s:b" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int is_relaxed = 0; is_relaxed < 2; is_relaxed++) {
            struct dkim_fields fields = { .count = 0 };
            struct str text = STR_EMPTY;
            fill(&fields, &(struct line){ "S", cases[i].value }, 1);
            struct dkim_field field = dkim_fields_get(&fields, 0);
            dkim_canonicalize_signature(&field, is_relaxed != 0, &text);
            ck_assert_str_eq(str_get(&text), is_relaxed ? cases[i].relaxed : cases[i].simple);
            str_clear(&text);
            dkim_fields_clear(&fields);
        }
    }
}
END_TEST

static const struct line message[] = {
    { "DKIM-Signature", " v=1; h=" }, { "Received", " a" }, { "received", " b" }, { "From", " x" }, { "To ", " y" },
    { "Subject", " z" }, { "Date", " d" },
};
#define N_MESSAGE (sizeof(message) / sizeof(message[0]))

START_TEST(selects_from_the_bottom_up)
{
    static const struct { const char *list; size_t skipped; int want[6]; } cases[] = {
        { "from:to", DKIM_NO_FIELD, { 3, 4, -2 } },
        { " FROM :\r\n\tto ", DKIM_NO_FIELD, { 3, 4, -2 } },
        { "received:Received:received", DKIM_NO_FIELD, { 2, 1, -1, -2 } },
        { "received:from:received", 2, { 1, 3, -1, -2 } },
        { "from:from:x:", DKIM_NO_FIELD, { 3, -1, -1, -1, -2 } },
        { "", DKIM_NO_FIELD, { -1, -2 } },
    };
    struct dkim_fields fields = { .count = 0 };
    static struct dkim_listed listed[DKIM_LISTED_MAX];

    fill(&fields, message, N_MESSAGE);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t n = dkim_fields_select(&fields, cases[i].list, strlen(cases[i].list), cases[i].skipped, listed), k = 0;
        for (; cases[i].want[k] != -2; k++)
            ck_assert_msg(k < n && listed[k].field == (cases[i].want[k] < 0 ? DKIM_NO_FIELD : (size_t)cases[i].want[k]),
                          "'%s', entry %zu", cases[i].list, k);
        ck_assert_uint_eq(n, k);
    }
    struct str many = STR_EMPTY;
    for (int i = 0; i < 2000; i++)
        str_add(&many, "from:");
    ck_assert_uint_eq(dkim_fields_select(&fields, many.data, many.len, DKIM_NO_FIELD, listed), DKIM_LISTED_MAX);
    str_clear(&many);
    dkim_fields_clear(&fields);
}
END_TEST

static void assert_names(const char *what, const struct dkim_names *names, const char *want)
{
    struct str got = STR_EMPTY;

    for (size_t i = 0; i < names->count; i++)
        str_addf(&got, "%s%s", i > 0 ? " " : "", names->items[i]);
    ck_assert_msg(strcmp(str_get(&got), want) == 0, "%s: '%s', not '%s'", what, str_get(&got), want);
    str_clear(&got);
}

START_TEST(tells_what_is_covered)
{
    static const struct { const char *list, *covered, *oversigned, *absent, *uncovered, *addable; } cases[] = {
        { "From:from:Subject:reply-to:received", "from subject received", "from", "reply-to", "date to",
          "subject cc content-type" },
        { "from:from:subject:subject:date:date:to:to:cc:reply-to:content-type", "from subject date to",
          "from subject date to", "cc reply-to content-type", "", "" },
        { "", "", "", "", "from subject date to", "cc reply-to content-type" },
        { "\xff:x y:", "", "", "\xff x y", "from subject date to", "cc reply-to content-type" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dkim_fields fields = { .count = 0 };
        struct dkim_coverage coverage;
        struct str value = STR_EMPTY;
        size_t len;
        str_addf(&value, " v=1; h=%s; b=x", cases[i].list);
        (void)dkim_fields_add(&fields, "DKIM-Signature", str_get(&value), &len);
        for (size_t k = 1; k < N_MESSAGE; k++)
            (void)dkim_fields_add(&fields, message[k].name, message[k].value, &len);
        dkim_coverage_find(&fields, 0, &coverage);
        if (i < 3) {            /* 8-bit bytes make h= no tag */
            assert_names("covered", &coverage.covered, cases[i].covered);
            assert_names("oversigned", &coverage.oversigned, cases[i].oversigned);
            assert_names("absent", &coverage.absent, cases[i].absent);
        }
        assert_names("uncovered", &coverage.uncovered, cases[i].uncovered);
        assert_names("addable", &coverage.addable, cases[i].addable);
        dkim_coverage_clear(&coverage);
        dkim_fields_clear(&fields);
        str_clear(&value);
    }
}
END_TEST

START_TEST(bounds_names)
{
    struct dkim_names names = { NULL, 0 };
    char name[1000];

    memset(name, 'X', sizeof(name));
    for (size_t i = 0; i < 300; i++) {
        dkim_names_add(&names, name, sizeof(name) - 1);
        memcpy(name, (char[]){ (char)('a' + i % 26), (char)('a' + i / 26) }, 2);
    }
    dkim_names_add(&names, "", 0);
    ck_assert_uint_eq(names.count, DKIM_NAMES_MAX);
    for (size_t i = 0; i < names.count; i++)
        ck_assert_uint_eq(strlen(names.items[i]), 76);
    dkim_names_clear(&names);
}
END_TEST

START_TEST(reads_copies)
{
    static const struct line own = { "DKIM-Signature", " v=1; z=From:foo@x.example|\r\n\tTo:=20joe=40x\r\n |broken|"
                                     "Subject:demo=20run=3B=7C=0D=0A=09x=ZZ=4|:|=0AA:b|=E4:b|X:" };
    static const char *const want[] = { "From:foo@x.example", "To: joe@x", "Subject:demo run;|\r\n\tx=ZZ=4", "X:" };
    struct dkim_fields fields = { .count = 0 };
    struct dkim_copies copies;
    struct dkim_field copy, field;
    struct str text = STR_EMPTY;
    size_t n = 0;

    fill(&fields, &own, 1);
    field = dkim_fields_get(&fields, 0);
    dkim_copies_init(&copies, &field);
    for (; dkim_copies_next(&copies, &text, &copy); n++) {
        ck_assert_uint_lt(n, sizeof(want) / sizeof(want[0]));
        ck_assert_str_eq(str_get(&text), want[n]);
        ck_assert_uint_eq(copy.name_len + 1 + copy.value_len, text.len);
    }
    ck_assert_uint_eq(n, sizeof(want) / sizeof(want[0]));
    str_clear(&text);
    dkim_fields_clear(&fields);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dkimfields");
    TCase *tcase = tcase_create("dkimfields");

    tcase_add_test(tcase, canonicalizes);
    tcase_add_test(tcase, empties_b);
    tcase_add_test(tcase, selects_from_the_bottom_up);
    tcase_add_test(tcase, tells_what_is_covered);
    tcase_add_test(tcase, bounds_names);
    tcase_add_test(tcase, reads_copies);
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
