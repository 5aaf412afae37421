/*
 * milter/wire: local submissions, the text of replies.
 */
#include "config.h"

#include "milter/wire.h"
#include "t/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

START_TEST(tells_local_submissions)
{
    static const struct { const char *hostname, *addr; int port; bool want; } cases[] = {
        { "localhost", "127.0.0.1", 0, true },              /* Postfix: sendmail(1), pickup(8) */
        { "localhost", "127.0.0.1", 40312, false },         /* SMTP from this host */
        { "localhost", "::1", 0, true },
        { "localhost", "::1", 40312, false },
        { "mail.example.com", "203.0.113.5", 0, false },    /* a port that the MTA does not know */
        { "mail.example.com", "203.0.113.5", 25, false },
        { "mail.example.com", "2001:db8::1", 0, false },
        { "localhost", NULL, 0, true },                     /* Sendmail */
        { "unknown", NULL, 0, false },
        { NULL, NULL, 0, false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        union { struct sockaddr sa; struct sockaddr_in in; struct sockaddr_in6 in6; } addr = { 0 };
        if (cases[i].addr != NULL && strchr(cases[i].addr, ':') != NULL) {
            addr.in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)cases[i].port) };
            ck_assert_int_eq(inet_pton(AF_INET6, cases[i].addr, &addr.in6.sin6_addr), 1);
        } else if (cases[i].addr != NULL) {
            addr.in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)cases[i].port) };
            ck_assert_int_eq(inet_pton(AF_INET, cases[i].addr, &addr.in.sin_addr), 1);
        }
        bool is_local = wire_is_local(cases[i].hostname, cases[i].addr == NULL ? NULL : &addr.sa);
        ck_assert_msg(is_local == cases[i].want, "case %zu", i);
    }
}
END_TEST

START_TEST(makes_reply_texts)
{
    static const struct { const char *in, *want; } cases[] = {
        { "SPF fail for example.com", "SPF fail for example.com" },
        { "100% of %s%n", "100%% of %%s%%n" },
        { "one\r\n550 two\x7f", "one  550 two " },
        { "", "" },
    };
    char reply[WIRE_REPLY_MAX + 1];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wire_reply(cases[i].in, reply);
        ck_assert_str_eq(reply, cases[i].want);
    }
}
END_TEST

START_TEST(bounds_reply_texts)
{
    char text[2000], reply[WIRE_REPLY_MAX + 1];

    memset(text, '%', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    for (int odd = 0; odd < 2; odd++) {
        text[0] = odd ? 'x' : '%';
        wire_reply(text, reply);
        ck_assert_uint_le(strlen(reply), WIRE_REPLY_MAX);
        ck_assert_uint_ge(strlen(reply), WIRE_REPLY_MAX - 1);
        ck_assert_uint_eq((strlen(reply) - (size_t)odd) % 2, 0);    /* no '%' is left alone */
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire");
    TCase *tc = tcase_create("wire");
    tcase_add_test(tc, tells_local_submissions);
    tcase_add_test(tc, makes_reply_texts);
    tcase_add_test(tc, bounds_reply_texts);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
