/*
 * lib/message/address.c: addresses as they are met in From fields, the broken ones too.
 */
#include "config.h"

#include "lib/base/domain.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/message/address.h"
#include "t/unit/mutate.h"
#include "t/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The domains, parted by spaces. */
static char *join_domains(const struct address_list *list)
{
    struct str s = STR_EMPTY;

    for (size_t i = 0; i < list->n_domains; i++)
        str_addf(&s, "%s%s", i == 0 ? "" : " ", list->domains[i]);
    return str_steal(&s);
}

static const struct address_case { const char *value; size_t count, invalid; const char *domains; } address_cases[] = {
    /* as it should be */
    { "jane@example.com", 1, 0, "example.com" },
    { " Jane Doe <jane@example.com>", 1, 0, "example.com" },
    { "\"Doe, Jane\" <jane@example.com>", 1, 0, "example.com" },
    { "\"Jane \\\"the <x@y.example>\\\" Doe\" <jane@example.com>", 1, 0, "example.com" },
    { "=?utf-8?q?Jane_=3Cx=40y.example=3E?= <jane@example.com>", 1, 0, "example.com" },
    { "jane@example.com (Jane Doe)", 1, 0, "example.com" },
    { "Jane\n Doe\r\n\t<jane@\n example.com>", 1, 0, "example.com" },
    { "a@one.example, b@two.example,c@three.example", 3, 0, "one.example two.example three.example" },
    { "a@one.example, b@one.example, c@ONE.example.", 3, 0, "one.example" },
    { "a@two.example, b@one.example, c@two.example", 3, 0, "two.example one.example" },
    { "root@localhost", 1, 0, "localhost" },
    { "a@_x.example.com", 1, 0, "_x.example.com" },

    /* local parts */
    { "\"jane doe\"@example.com", 1, 0, "example.com" },
    { "\"a@b.example\"@example.com", 1, 0, "example.com" },
    { "jane.\"x y\".doe@example.com", 1, 0, "example.com" },
    { "\"\"@example.com", 1, 0, "example.com" },
    { "<!#$%&'*+-/=?^_`{|}~@example.com>", 1, 0, "example.com" },
    { "j\xc3\xa9@example.com", 1, 0, "example.com" },
    { "J\xc3\xa9 <j\xc3\xa9@ex\xc3\xa4mple.com>", 1, 0, "xn--exmple-cua.com" },
    { "jane.@example.com", 1, 0, "example.com" },
    { "jane..doe@example.com", 1, 0, "example.com" },

    /* comments */
    { "(a@b.example) jane@example.com", 1, 0, "example.com" },
    { "(one (two (three) \\) ) ) jane (x) @ (y) example (z) . (w) com (v)", 1, 0, "example.com" },
    { "jane@example.com (unclosed <x@y.example>", 1, 0, "example.com" },
    { "(unclosed) (<jane@example.com>", 0, 0, "" },
    { "Jane ) Doe <jane@example.com>", 1, 0, "example.com" },
    { "(", 0, 0, "" },
    { "(\\", 0, 0, "" },

    /* groups (RFC 6854) */
    { "Group: a@one.example, b@two.example;", 2, 0, "one.example two.example" },
    { "Group: A <a@one.example>, b@one.example; , c@two.example", 3, 0, "one.example two.example" },
    { "Undisclosed recipients:;", 0, 0, "" },
    { "\"G:x\": ;", 0, 0, "" },
    { "Group: a@one.example", 1, 0, "one.example" },
    { "Re: offer <a@one.example>", 1, 0, "one.example" },
    { "a@one.example: b@two.example;", 2, 0, "one.example two.example" },
    { "a@one.example; b@two.example", 2, 0, "one.example two.example" },

    /* routes */
    { "<@a.example,@b.example:user@c.example>", 1, 0, "c.example" },
    { "X <@a.example:user@c.example>, <d@d.example>", 2, 0, "c.example d.example" },
    { "<@a.example>", 1, 1, "" },
    { "<@a.example:>", 1, 1, "" },
    { "<@a.example:@b.example:c@c.example>", 1, 0, "c.example" },

    /* display names that are no phrases: the address in <> counts */
    { "John \"x\" Doe <a@b.example>", 1, 0, "b.example" },
    { "a@b.example <c@d.example>", 1, 0, "d.example" },
    { "[List] Jane <jane@example.com>", 1, 0, "example.com" },
    { "Jane @ Work <jane@example.com>", 1, 0, "example.com" },
    { "J. R. Doe \\o/ <jane@example.com>", 1, 0, "example.com" },
    { "J\x01 <jane@example.com>", 1, 0, "example.com" },
    { "=?utf-8?q?Doe,_Jane?= <jane@example.com>", 1, 0, "example.com" },
    { "=?utf-8?q?<x@y.example>?= <jane@example.com>", 1, 0, "example.com" },
    { "=?utf-8?q?<x@y.example> <jane@example.com>", 2, 0, "y.example example.com" },
    { "=?utf-8*en?B?PHhAeS5leGFtcGxlPg==?= =?us-ascii?Q?x?= <jane@example.com>", 1, 0, "example.com" },
    { "=?utf-8?q?x?=@example.com", 1, 0, "example.com" },
    { "=?utf-8?q?x@evil.example,_?=@example.com", 1, 1, "" },
    { "=?utf-8?q?x@evil.example?= (c) @ example.com", 1, 1, "" },
    { "=?utf-8?q?x@evil.example?=.y@example.com", 1, 1, "" },
    { "=?utf-8?q?x@evil.example?=@example.com <jane@example.com>", 1, 0, "example.com" },
    { "=?utf-8?q?x@evil.example?= <jane@example.com>, bob@example.net", 2, 0, "example.com example.net" },

    /* several, without the comma */
    { "<a@ex.example> <b@evil.example>", 2, 0, "ex.example evil.example" },
    { "A <a@ex.example> B <b@evil.example>", 2, 0, "ex.example evil.example" },
    { "<a@ex.example> b@evil.example", 2, 0, "ex.example evil.example" },
    { "<a@ex.example> b@evil.example <c@c.example>", 3, 0, "ex.example evil.example c.example" },
    { "<a@ex.example <b@evil.example>", 2, 0, "ex.example evil.example" },
    { "<a@ex.example, b@evil.example>", 2, 0, "ex.example evil.example" },
    { "<a@ex.example> trailing words", 1, 0, "ex.example" },
    { "<a@ex.example>>", 1, 0, "ex.example" },
    { "<<a@ex.example>>", 1, 0, "ex.example" },
    { "Jane <a@ex.example", 1, 0, "ex.example" },
    { "Jane <a@ex.example, b@two.example", 2, 0, "ex.example two.example" },

    /* no address */
    { "", 0, 0, "" },
    { " \r\n\t", 0, 0, "" },
    { ",,, ,", 0, 0, "" },
    { ">", 0, 0, "" },
    { "<>", 1, 1, "" },
    { "<", 1, 1, "" },
    { "MAILER-DAEMON <>", 1, 1, "" },
    { "Jane Doe", 1, 1, "" },
    { "Doe, Jane <jane@example.com>", 2, 1, "example.com" },
    { "Jane jane@example.com", 1, 1, "" },
    { "jane@", 1, 1, "" },
    { "@example.com", 1, 1, "" },
    { "<jane>", 1, 1, "" },
    { "jane@example@example.com", 1, 1, "" },
    { "jane@example.com.example..org", 1, 1, "" },
    { "jane@.example.com", 1, 1, "" },
    { "jane@exa mple.com", 1, 1, "" },
    { "jane@\"example.com\"", 1, 1, "" },
    { "<mailto:jane@example.com>", 1, 1, "" },
    { "\"Jane <jane@example.com>", 1, 1, "" },
    { "\"", 1, 1, "" },
    { "\"\\", 1, 1, "" },
    { "jane@ex\xff\xfe.com", 1, 1, "" },
    { "jane@exa$mple.com", 1, 1, "" },

    /* a literal is an address but no domain */
    { "jane@[192.0.2.1]", 1, 1, "" },
    { "<jane@[IPv6:2001:db8::1]>, a@b.example", 2, 1, "b.example" },
    { "jane@[x, a@b.example", 2, 1, "b.example" },
    { "jane@[", 1, 1, "" },
};

START_TEST(reads_addresses)
{
    const struct address_case *c = &address_cases[_i];
    struct address_list list;

    address_list_parse(c->value, &list);
    char *domains = join_domains(&list);
    ck_assert_msg(list.count == c->count && list.invalid == c->invalid && strcmp(domains, c->domains) == 0,
                  "'%s': %zu addresses, %zu invalid, domains '%s'", c->value, list.count, list.invalid, domains);
    free(domains);
    address_list_clear(&list);
    ck_assert_uint_eq(list.count, 0);
    ck_assert_ptr_null(list.domains);
}
END_TEST

START_TEST(counts_beyond_what_it_keeps)
{
    struct str value = STR_EMPTY;
    struct address_list list;

    for (int i = 0; i < 1000; i++)
        str_addf(&value, "user@d%d.example, ", i);
    str_add(&value, "no address");
    address_list_parse(str_get(&value), &list);
    ck_assert_uint_eq(list.count, 1001);
    ck_assert_uint_eq(list.invalid, 1);
    ck_assert_uint_eq(list.n_domains, ADDRESS_LIST_MAX);
    ck_assert_str_eq(list.domains[0], "d0.example");
    ck_assert_str_eq(list.domains[ADDRESS_LIST_MAX - 1], "d63.example");
    address_list_clear(&list);
    str_clear(&value);
}
END_TEST

/* Each piece, a megabyte of it: quadratic time would meet the runner's timeout. */
START_TEST(takes_any_length)
{
    static const char *const pieces[] = {
        "(", ")", "\"", "\\", "\"\\", "<", ">", "@", ",", ":", ";", "[", "a@[", ",a@[", "a", ".", "a.", "=?", "=?a?q?",
        "=?a?q?,", " ", "\n ", "<a@b>", "a@b,", "(\\", "\xc3\xa9", "<@", "<@a,", "a@b.", ",a@\xc3\xa9.",
    };
    for (size_t i = 0; i < LENGTH(pieces); i++) {
        struct str value = STR_EMPTY;
        struct address_list list;
        while (value.len < 1024 * 1024)
            str_add(&value, pieces[i]);
        address_list_parse(str_get(&value), &list);
        ck_assert_uint_le(list.n_domains, ADDRESS_LIST_MAX);
        address_list_clear(&list);
        str_clear(&value);
    }
}
END_TEST

/* What holds for any input. */
static void assert_sane(const char *value, const struct address_list *list)
{
    char domain[DOMAIN_MAX];

    ck_assert_msg(list->invalid <= list->count, "'%s'", value);
    ck_assert_msg(list->n_domains <= list->count - list->invalid, "'%s'", value);
    ck_assert_msg((list->n_domains > 0) == (list->count > list->invalid), "'%s'", value);
    for (size_t i = 0; i < list->n_domains; i++) {
        ck_assert_msg(domain_normalize(list->domains[i], domain) == 0, "'%s'", value);
        ck_assert_msg(strcmp(domain, list->domains[i]) == 0, "'%s'", value);
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(strcmp(list->domains[i], list->domains[j]) != 0, "'%s'", value);
    }
}

START_TEST(survives_mutation)
{
    static const char *const pieces[] = {
        "<", ">", "@", ",", ":", ";", ".", "\"", "\\", "(", ")", "[", "]", " ", "\n ", "=?", "?=", "\xc3\xa9", "\xff",
        "a", "example", "<b@evil.example>", "=?utf-8?q?x?=", NULL
    };
    static const char first[] = "y@first.test, ";
    uint64_t state = 88172645463325252u;

    for (int i = 0; i < 200000; i++) {
        const struct address_case *c = &address_cases[mutate_below(&state, LENGTH(address_cases))];
        char text[256];
        size_t skip = strlen(first);
        memcpy(text, first, skip);
        size_t len = mutate(&state, c->value, strlen(c->value), pieces, text + skip, sizeof(text) - skip - 1);
        text[skip + len] = '\0';

        /* Whatever follows a comma must not change what stands before it. */
        struct address_list alone, second;
        address_list_parse(text + skip, &alone);
        address_list_parse(text, &second);
        assert_sane(text + skip, &alone);
        ck_assert_msg(second.count == alone.count + 1 && second.invalid == alone.invalid, "'%s'", text);
        ck_assert_str_eq(second.domains[0], "first.test");
        address_list_clear(&alone);
        address_list_clear(&second);
    }
}
END_TEST

START_TEST(tells_the_first_address)
{
    static const struct { const char *value, *want; } cases[] = {
        { " Jane Doe <Jane.Doe@Example.COM>, x@y.example", "Jane.Doe@example.com" },
        { "\"a b\"(c) . d @ example.com", "\"a b\".d@example.com" },
        { "Friends: a@one.example;", "a@one.example" },
        { "<>, b@two.example", "b@two.example" },
        { "no address", NULL },
        { "a@[192.0.2.1]", NULL },
        { ", , )a@", NULL },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct address_list list;
        address_list_parse(cases[i].value, &list);
        if (cases[i].want == NULL)
            ck_assert_msg(list.first == NULL, "%s", cases[i].value);
        else
            ck_assert_msg(list.first != NULL && strcmp(list.first, cases[i].want) == 0, "%s: %s", cases[i].value,
                          list.first == NULL ? "none" : list.first);
        address_list_clear(&list);
    }
    char long_one[2000] = "";
    memset(long_one, 'x', 1500);
    strcpy(long_one + 1500, "@example.com");
    struct address_list list;
    address_list_parse(long_one, &list);
    ck_assert_ptr_null(list.first);
    ck_assert_uint_eq(list.n_domains, 1);
    address_list_clear(&list);
}
END_TEST

/* Names and comments may have encoded words, addresses may not. */
START_TEST(tells_encoded_addresses)
{
    static const struct { const char *value; bool want; } cases[] = {
        { "=?utf-8?q?Jane?= <jane@example.com>", false },
        { "=?utf-8?q?Doe,_Jane?= =?utf-8?b?SmFuZQ==?= <jane@example.com>", false },
        { "jane@example.com (=?utf-8?q?Jane?=)", false },
        { "\"=?utf-8?q?Jane?=\" <jane@example.com>", false },
        { "=?utf-8?q?Jane?=", false },
        { "=?utf-8?q?Jane?=: jane@example.com;", false },
        { "<=?utf-8?q?jane=40example.com?=>", true },
        { "Jane <=?utf-8?q?jane?=@example.com>", true },
        { "Jane <jane@=?utf-8?q?example?=.com>", true },
        { "=?utf-8?q?jane?=@example.com", true },
        { "jane@=?utf-8?q?example.com?=", true },
        { "a@b.example, =?utf-8?q?Jane?= <jane@example.com>", false },
        { "a@b.example, <=?utf-8?q?jane?=@example.com>, =?utf-8?q?x?= <c@d.example>", true },
        { "<=?utf-8?x?jane?=@example.com>", false },
        { "<=?utf-8?q?jane@example.com>", false },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct address_list list;
        address_list_parse(cases[i].value, &list);
        ck_assert_msg(list.has_encoded_word == cases[i].want, "%s", cases[i].value);
        address_list_clear(&list);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("address");
    TCase *tc = tcase_create("address");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, reads_addresses, 0, (int)LENGTH(address_cases));
    tcase_add_test(tc, tells_the_first_address);
    tcase_add_test(tc, tells_encoded_addresses);
    tcase_add_test(tc, counts_beyond_what_it_keeps);
    tcase_add_test(tc, takes_any_length);
    tcase_add_test(tc, survives_mutation);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
