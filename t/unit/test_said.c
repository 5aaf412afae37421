/*
 * lib/bounce/said.c: a server's reply inside what others write around it.
 */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/bounce/bounce.h"
#include "lib/bounce/said.h"
#include "t/unit/unit.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *text, *reply, *host;
} said[] = {
    { "550 5.1.1 no such user", "550 5.1.1 no such user", NULL },
    { "host mx.example.net[192.0.2.1] said: 550 5.1.1 <a@b.example>: no (in reply to RCPT TO command)",
      "550 5.1.1 <a@b.example>: no", "mx.example.net" },
    { "host mx.example.net[2001:db8::1] refused to talk to me: 554 5.7.1 go away", "554 5.7.1 go away",
      "mx.example.net" },
    { "host localhost[127.0.0.1] said: 451 later", "451 later", "localhost" },
    { "connect to mx.example.net[192.0.2.1]:25: Connection timed out",
      "connect to mx.example.net[192.0.2.1]:25: Connection timed out", "mx.example.net" },
    { "lost connection with mx.example.net[192.0.2.1] while sending RCPT TO",
      "lost connection with mx.example.net[192.0.2.1] while sending RCPT TO", "mx.example.net" },
    { "SMTP error from remote mail server after RCPT TO:<a@b.example>: host mx.example.net [192.0.2.1]: 550 5.1.1 no",
      "550 5.1.1 no", "mx.example.net" },
    { "host mx.example.net [192.0.2.1] SMTP error from remote mail server after end of data: 550-5.7.26 one "
      "550 5.7.26 two", "550-5.7.26 one 550 5.7.26 two", "mx.example.net" },
    { "192.0.2.1 does not like recipient. Remote host said: 550 5.1.1 no Giving up on 192.0.2.1.", "550 5.1.1 no",
      "192.0.2.1" },
    { "mx.example.net [192.0.2.1] did not like our final DATA: 550 5.7.1 no", "550 5.7.1 no", "mx.example.net" },
    { "Connected to 192.0.2.1 but sender was rejected. Remote host said: 553 5.1.8 no", "553 5.1.8 no", "192.0.2.1" },
    { "... while talking to mx.example.net.: >>> DATA <<< 550-5.7.1 one <<< 550 5.7.1 two >>> QUIT",
      "550-5.7.1 one 550 5.7.1 two", "mx.example.net" },
    { "(reason: 550 5.1.1 <a@b.example>... User unknown)", "550 5.1.1 <a@b.example>... User unknown", NULL },
    { "Remote Server returned '550 5.7.26 unauthenticated'", "550 5.7.26 unauthenticated", NULL },
    { "#<mx.example.net #5.1.1 smtp;550 5.1.1 User unknown> #SMTP#", "550 5.1.1 User unknown", "mx.example.net" },
    { "<mx.example.net #5.7.1 smtp;550 5.7.1 no>", "550 5.7.1 no", "mx.example.net" },
    { "The response from the remote server was: 550 5.1.1 gone", "550 5.1.1 gone", NULL },
    { "Sorry, no mailbox here by that name. (#5.1.1)", "Sorry, no mailbox here by that name. (#5.1.1)", NULL },
    { "550 5.7.1 the reason: 550 of it", "550 5.7.1 the reason: 550 of it", NULL },
    { "Remote_host_said:_550_5.1.1_no_such_user", "550 5.1.1 no such user", NULL },
};

static const char *const not_said[] = {
    "Unrouteable address", "Could not deliver for the last 432000 seconds. Giving up.", "please ask your host for help",
    "in 2026 there were 550 users", "",
};

START_TEST(extracts)
{
    char *host = NULL, *text = reply_squeeze(said[_i].text, strlen(said[_i].text));

    ck_assert_msg(reply_extract(text, &host), "'%s' is no reply", said[_i].text);
    ck_assert_str_eq(text, said[_i].reply);
    if (said[_i].host == NULL)
        ck_assert_msg(host == NULL, "host '%s' of '%s'", host, said[_i].text);
    else
        ck_assert_pstr_eq(host, said[_i].host);
    free(host);
    free(text);
}
END_TEST

START_TEST(leaves_words)
{
    char *host = NULL, *text = xstrdup(not_said[_i]);

    ck_assert_msg(!reply_extract(text, &host), "'%s' is a reply '%s' of '%s'", not_said[_i], text, host);
    ck_assert_str_eq(text, not_said[_i]);
    ck_assert_ptr_null(host);
    free(text);
}
END_TEST

START_TEST(keeps_the_host)
{
    char *host = xstrdup("mx.example.org"), *text = xstrdup(said[1].text), *words = xstrdup(said[4].text);

    ck_assert(reply_extract(text, &host) && reply_extract(words, &host));
    ck_assert_str_eq(text, said[1].reply);
    ck_assert_str_eq(host, "mx.example.org");
    free(words);
    free(text);
    free(host);
}
END_TEST

START_TEST(squeezes)
{
    static const char text[] = " \t550-one\r\n\t 550 \x01two\x7f \n";
    char *got = reply_squeeze(text, sizeof(text) - 1);

    ck_assert_str_eq(got, "550-one 550 two");
    free(got);
    got = reply_squeeze(text, 0);
    ck_assert_str_eq(got, "");
    free(got);
}
END_TEST

START_TEST(bounds_a_reply)
{
    char *long_text = xmalloc(100000);

    memset(long_text, 'x', 100000);
    char *got = reply_squeeze(long_text, 100000);
    ck_assert_uint_eq(strlen(got), BOUNCE_REPLY_MAX - 1);
    free(got);
    free(long_text);
}
END_TEST

START_TEST(knows_codes)
{
    ck_assert(is_reply_code("550 x") && is_reply_code("421-") && is_reply_code("571"));
    ck_assert(!is_reply_code("250 ok") && !is_reply_code("5501") && !is_reply_code("55") && !is_reply_code("590 x") &&
              !is_reply_code(""));
    ck_assert_uint_eq(enhanced_code_length("5.7.26 x"), 6);
    ck_assert_uint_eq(enhanced_code_length("4.7.0:"), 5);
    ck_assert_uint_eq(enhanced_code_length("5.7.1."), 5);
    ck_assert_uint_eq(enhanced_code_length("5.7"), 0);
    ck_assert_uint_eq(enhanced_code_length("5.7.1.2"), 0);
    ck_assert_uint_eq(enhanced_code_length("5.7.2655"), 0);
    ck_assert_uint_eq(enhanced_code_length("2.0.0"), 0);
}
END_TEST

START_TEST(knows_addresses)
{
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {
        { "a@b.example rest", 11 }, { "a.b+c@b.example>", 15 }, { "\"a b\"@b.example", 15 }, { "a@b.example.", 11 },
        { "a@", 0 }, { "@b.example", 0 }, { "a b@c", 0 }, { "\"a", 0 }, { "\"a\nb\"@c", 0 }, { "", 0 }, { "\"", 0 },
        { "\xc3\xa9@b.example", 12 },
    };

    for (size_t i = 0; i < LENGTH(cases); i++)
        ck_assert_msg(address_length(cases[i].text) == cases[i].length, "'%s': %zu", cases[i].text,
                      address_length(cases[i].text));
    char *bare = address_copy("a@b.example rest"), *bracketed = address_copy("<a@b.example>");
    ck_assert_str_eq(bare, "a@b.example");
    ck_assert_str_eq(bracketed, "a@b.example");
    ck_assert(address_copy("<>") == NULL && address_copy("") == NULL);
    free(bracketed);
    free(bare);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("said");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, extracts, 0, LENGTH(said));
    tcase_add_loop_test(tc, leaves_words, 0, LENGTH(not_said));
    tcase_add_test(tc, keeps_the_host);
    tcase_add_test(tc, squeezes);
    tcase_add_test(tc, bounds_a_reply);
    tcase_add_test(tc, knows_codes);
    tcase_add_test(tc, knows_addresses);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
