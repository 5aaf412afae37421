/*
 * lib/message/unsubscribe: the URIs of List-Unsubscribe, and what List-Unsubscribe-Post must say.
 */
#include "config.h"

#include "lib/message/unsubscribe.h"
#include "t/unit/mutate.h"
#include "t/unit/unit.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct uri_case { const char *value; size_t count, https, http; } uri_cases[] = {
    { "<https://example.com/u?x=1>", 1, 1, 0 },
    { " <mailto:u@example.com?subject=leave>, <https://example.com/u>", 2, 1, 0 },
    { "<https://example.com/u>,\n\t<mailto:u@example.com>", 2, 1, 0 },
    { "<https://exam\r\n ple.com/u>", 1, 1, 0 },
    { "<HTTPS://EXAMPLE.COM/>", 1, 1, 0 },
    { "<https://[2001:db8::1]/>", 1, 1, 0 },
    { "<https://192.0.2.1/>", 1, 1, 0 },
    { "<http://example.com/u>", 1, 0, 1 },
    { "<https://a.example/>,<https://b.example/>,<http://c.example/>", 3, 2, 1 },
    { "(use this) <https://example.com/> (or <https://comment.example/>)", 1, 1, 0 },
    { "text <mailto:u@example.com> text", 1, 0, 0 },
    { "<tel:+1-201-555-0123>", 1, 0, 0 },
    { "", 0, 0, 0 },
    { "https://example.com/u", 0, 0, 0 },
    { "<example.com/u>", 0, 0, 0 },
    { "<>", 0, 0, 0 },
    { "<:>", 0, 0, 0 },
    { "<mailto:>", 0, 0, 0 },
    { "<mailto: >", 0, 0, 0 },
    { "<1a:b>", 0, 0, 0 },
    { "<a1+-.:b>", 1, 0, 0 },
    { "<https://>", 1, 0, 0 },
    { "<https:///u>", 1, 0, 0 },
    { "<https:/example.com/u>", 1, 0, 0 },
    { "<https://example.com/u", 0, 0, 0 },
    { "<https://example.com/u\xe9>", 0, 0, 0 },
    { "<https://example.com/<u>", 0, 0, 0 },
    { "<https://example.com/{token}>", 0, 0, 0 },
    { "(<https://example.com/u>", 0, 0, 0 },
};

START_TEST(reads_uris)
{
    const struct uri_case *c = &uri_cases[_i];
    struct unsubscribe_uris uris;

    unsubscribe_read(c->value, &uris);
    ck_assert_msg(uris.count == c->count && uris.https == c->https && uris.http == c->http, "%s: %zu, %zu, %zu",
                  c->value, uris.count, uris.https, uris.http);
}
END_TEST

START_TEST(reads_post)
{
    static const struct { const char *value; bool want; } cases[] = {
        { "List-Unsubscribe=One-Click", true },
        { " List-Unsubscribe=One-Click", true },
        { "\r\n List-Unsubscribe=One-Click (x) \n", true },
        { "list-unsubscribe=one-click", true },
        { "List-Unsubscribe=One-Click;", false },
        { "List-Unsubscribe = One-Click", false },
        { "List-Unsubscribe=One-Clicks", false },
        { "List-Unsubscribe=", false },
        { "\"List-Unsubscribe=One-Click\"", false },
        { "", false },
    };
    for (size_t i = 0; i < LENGTH(cases); i++)
        ck_assert_msg(is_one_click_post(cases[i].value) == cases[i].want, "%s", cases[i].value);
}
END_TEST

START_TEST(survives_mutation)
{
    static const char *const pieces[] = {
        " ", "\n ", "(", ")", "\\", "\"", "<", ">", ",", ":", "/", "https://", "http://", "mailto:", "\xff", NULL
    };
    uint64_t state = 4711;
    size_t found = 0;

    for (int i = 0; i < 100000; i++) {
        const char *seed = uri_cases[mutate_below(&state, LENGTH(uri_cases))].value;
        struct unsubscribe_uris uris;
        char text[192];
        size_t len = mutate(&state, seed, strlen(seed), pieces, text, 160);
        text[len] = '\0';
        unsubscribe_read(text, &uris);
        ck_assert_msg(uris.https + uris.http <= uris.count && 5 * uris.count <= len, "%s", text);
        found += uris.count;
    }
    ck_assert_uint_gt(found, 5000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unsubscribe");
    TCase *tc = tcase_create("unsubscribe");
    tcase_add_loop_test(tc, reads_uris, 0, (int)LENGTH(uri_cases));
    tcase_add_test(tc, reads_post);
    tcase_add_test(tc, survives_mutation);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
