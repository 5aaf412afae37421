/*
 * lib/audit/genericname: names made of addresses are told from names of hosts.
 */
#include "config.h"

#include "lib/audit/genericname.h"
#include "t/unit/unit.h"

#include <stdbool.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct { const char *address, *name, *org, *why; } cases[] = {
    /* the address, in what shapes providers write it */
    { "192.0.2.15", "192-0-2-15.provider.example", "provider.example", "has the address" },
    { "192.0.2.15", "15.2.0.192.provider.example", "provider.example", "has the address" },
    { "192.0.2.15", "static.15.2.0.192.clients.provider.example", "provider.example", "has the address" },
    { "192.0.2.15", "ip192x0x2x15.provider.example", "provider.example", "has the address" },
    { "192.0.2.15", "host-2-0-192.provider.example", "provider.example", "has the address" },
    { "192.0.2.15", "p15-0-2.provider.example", "provider.example", "" },
    { "192.0.2.15", "192000002015.provider.example", "provider.example", "has the address" },
    { "192.0.2.15", "015-002-000.provider.example", "provider.example", "has the address" },
    { "192.0.2.15", "c000020f.provider.example", "provider.example", "has the address" },
    { "192.0.2.15", "pc000020f.provider.example", "provider.example", "has the address" },
    { "2001:db8::5", "2001-db8--5.provider.example", "provider.example", "has the address" },
    { "2001:db8::1:2:3:4", "0001000200030004.provider.example", "provider.example", "has the address" },
    { "2001:db8::1:2:3:4", "4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.provider.example", "provider.example",
      "has the address" },
    /* words */
    { "192.0.2.15", "dyn7.provider.example", "provider.example", "has the word dyn" },
    { "192.0.2.15", "x7-adsl.provider.example", "provider.example", "has the word adsl" },
    { "2001:db8::5", "h5.dynamic.provider.example", "provider.example", "has the word dynamic" },
    { "192.0.2.15", "mail.dsl.example", "dsl.example", "" },        /* its own name */
    { "192.0.2.15", "dynamics.firm.example", "firm.example", "" },  /* no whole word */
    /* hosts */
    { "192.0.2.15", "mail.firm.example", "firm.example", "" },
    { "192.0.2.15", "mx2-15.firm.example", "firm.example", "" },
    { "192.0.2.15", "mta0215.firm.example", "firm.example", "" },
    { "192.0.2.15", "192-0-2-16.firm.example", "firm.example", "has the address" },  /* three of four */
    { "192.0.2.15", "192-1-2-15.firm.example", "firm.example", "" },
    { "192.0.2.15", "192.0.2.15", "192.0.2.15", "" },               /* nothing but its organizational domain */
    { "2001:db8::5", "mail5.firm.example", "firm.example", "" },
    { "2001:db8::5", "2001-db8--6.firm.example", "firm.example", "" },
    { "192.0.2.15", "", "", "" },
};

START_TEST(tells_generic_names)
{
    struct ip_addr address;
    char why[GENERICNAME_WHY_MAX] = "nothing was written";

    ck_assert_int_eq(ip_parse(cases[_i].address, &address), 0);
    genericname_judge(cases[_i].name, cases[_i].org, &address, why);
    bool is_right = cases[_i].why[0] == '\0' ? why[0] == '\0' : strstr(why, cases[_i].why) != NULL;
    ck_assert_msg(is_right, "%s of %s: '%s'", cases[_i].name, cases[_i].address, why);
}
END_TEST

/* As long as a name can be, of digits and of parts. */
START_TEST(takes_long_names)
{
    static const char *const parts[] = { "1-", "f", "192.0.", "dsl", "0", "999999999999" };
    struct ip_addr address;
    char name[254], why[GENERICNAME_WHY_MAX];

    ck_assert_int_eq(ip_parse("192.0.2.15", &address), 0);
    for (size_t i = 0; i < LENGTH(parts); i++) {
        for (size_t k = 0; k < sizeof(name) - 1; k++)
            name[k] = parts[i][k % strlen(parts[i])];
        name[sizeof(name) - 1] = '\0';
        genericname_judge(name, "provider.example", &address, why);
        ck_assert_uint_lt(strlen(why), GENERICNAME_WHY_MAX);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("genericname");
    TCase *tc = tcase_create("genericname");
    tcase_add_loop_test(tc, tells_generic_names, 0, (int)LENGTH(cases));
    tcase_add_test(tc, takes_long_names);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
