/*
 * milter/callbacks: what is asked of the MTA, given what it offers.
 */
#include "config.h"

#include "milter/callbacks.h"
#include "t/unit/unit.h"

#include <libmilter/mfapi.h>

#define NO_REPLIES (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA | SMFIP_NR_UNKN | \
                    SMFIP_NR_EOH | SMFIP_NR_BODY | SMFIP_NR_HDR)

static const struct {
    const char *name;
    bool is_tcp;
    unsigned long actions, steps;
    unsigned long want_actions, want_steps, unwanted_steps;
    int has_leading_space, is_quiet;
} cases[] = {
    { "everything", false, ~0UL, SMFI_CURR_PROT, SMFIF_QUARANTINE | SMFIF_SETSYMLIST,
      SMFIP_HDR_LEADSPC | SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOUNKNOWN | SMFIP_NR_CONN | SMFIP_NR_RCPT | SMFIP_NR_HDR |
      SMFIP_NR_EOH | SMFIP_NR_BODY,
      SMFIP_NOCONNECT | SMFIP_NOMAIL | SMFIP_NORCPT | SMFIP_NOBODY | SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NR_MAIL |
      SMFIP_RCPT_REJ | SMFIP_SKIP, 1, 1 },
    { "everything, over TCP", true, ~0UL, SMFI_CURR_PROT, SMFIF_QUARANTINE | SMFIF_SETSYMLIST,
      SMFIP_HDR_LEADSPC | SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NR_CONN | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY,
      SMFIP_NORCPT | SMFIP_NODATA | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA, 1, 1 },
    { "nothing", false, 0, 0, 0, 0, ~0UL, 0, 0 },
    { "no leading space", false, SMFIF_QUARANTINE, SMFI_CURR_PROT & ~SMFIP_HDR_LEADSPC, SMFIF_QUARANTINE,
      SMFIP_NR_BODY, SMFIP_HDR_LEADSPC, 0, 1 },
    { "some replies expected", false, SMFIF_SETSYMLIST, SMFI_CURR_PROT & ~SMFIP_NR_BODY, SMFIF_SETSYMLIST,
      SMFIP_HDR_LEADSPC, NO_REPLIES, 1, 0 },
    { "version 2", false, SMFI_V2_ACTS, SMFI_V2_PROT, SMFIF_QUARANTINE, SMFIP_NOHELO, ~SMFIP_NOHELO, 0, 0 },
};

START_TEST(asks_for_what_is_offered)
{
    struct callbacks_wish wish;
    callbacks_negotiate(cases[_i].actions, cases[_i].steps, cases[_i].is_tcp, &wish);
    ck_assert_msg(wish.actions == cases[_i].want_actions, "%s: %lx", cases[_i].name, wish.actions);
    ck_assert_msg((wish.steps & cases[_i].want_steps) == cases[_i].want_steps, "%s: %lx", cases[_i].name, wish.steps);
    ck_assert_msg((wish.steps & cases[_i].unwanted_steps) == 0, "%s: %lx", cases[_i].name, wish.steps);
    ck_assert_msg((wish.steps & ~cases[_i].steps) == 0, "%s: not offered", cases[_i].name);
    ck_assert_int_eq(wish.has_leading_space, cases[_i].has_leading_space);
    ck_assert_int_eq(wish.is_quiet, cases[_i].is_quiet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callbacks");
    TCase *tc = tcase_create("callbacks");
    tcase_add_loop_test(tc, asks_for_what_is_offered, 0, sizeof(cases) / sizeof(cases[0]));
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
