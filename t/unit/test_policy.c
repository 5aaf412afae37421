/*
 * lib/judge/policy: the right section, its gaps filled by the global policy, and observe mode's ceiling.
 */
#include "config.h"

#include "lib/judge/policy.h"
#include "t/unit/unit.h"

#define UNSET { { -1, -1, -1, -1, -1 }, -1 }
#define ONLY_REJECT(what) { { [VERDICT_ACCEPT] = ACTION_ACCEPT, [VERDICT_UNSURE] = -1, [VERDICT_JUNK] = -1, \
                              [VERDICT_DEFER] = -1, [VERDICT_REJECT] = (what) }, -1 }

static char exact[] = "news.example.com", wide[] = ".example.com", narrow[] = ".eu.example.com";
static char empty[] = "empty.example";

static struct conf_domain domains[] = {
    { .name = wide, .policy = ONLY_REJECT(ACTION_HOLD) },
    { .name = exact, .policy = ONLY_REJECT(ACTION_REJECT) },
    { .name = narrow, .policy = ONLY_REJECT(ACTION_ACCEPT) },
    { .name = empty, .policy = UNSET },
};

static struct conf make_conf(enum conf_mode mode)
{
    return (struct conf){
        .mode = mode,
        .domains = domains,
        .n_domains = sizeof(domains) / sizeof(domains[0]),
        .policy.action = { [VERDICT_ACCEPT] = ACTION_ACCEPT, [VERDICT_UNSURE] = ACTION_ACCEPT,
                           [VERDICT_JUNK] = ACTION_LOG, [VERDICT_DEFER] = ACTION_LOG,
                           [VERDICT_REJECT] = ACTION_TEMPFAIL },
    };
}

START_TEST(chooses_the_section)
{
    static const struct { const char *author; enum verdict verdict; enum action want; } cases[] = {
        { "example.org", VERDICT_REJECT, ACTION_TEMPFAIL },
        { "", VERDICT_REJECT, ACTION_TEMPFAIL },
        { NULL, VERDICT_REJECT, ACTION_TEMPFAIL },
        { "news.example.com", VERDICT_REJECT, ACTION_REJECT },
        { "NEWS.Example.COM.", VERDICT_REJECT, ACTION_REJECT },
        { "a.news.example.com", VERDICT_REJECT, ACTION_HOLD },
        { "www.example.com", VERDICT_REJECT, ACTION_HOLD },
        { "example.com", VERDICT_REJECT, ACTION_TEMPFAIL },
        { "notexample.com", VERDICT_REJECT, ACTION_TEMPFAIL },
        { "a.eu.example.com", VERDICT_REJECT, ACTION_ACCEPT },
        { "eu.example.com", VERDICT_REJECT, ACTION_HOLD },
        { "news.example.com", VERDICT_JUNK, ACTION_LOG },
        { "news.example.com", VERDICT_UNSURE, ACTION_ACCEPT },
        { "empty.example", VERDICT_REJECT, ACTION_TEMPFAIL },
        { "empty.example", VERDICT_ACCEPT, ACTION_ACCEPT },
        { "[203.0.113.5]", VERDICT_REJECT, ACTION_TEMPFAIL },
    };
    struct conf conf = make_conf(MODE_ENFORCE);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(policy_action(&conf, cases[i].author, cases[i].verdict, VERDICT_ACCEPT) == cases[i].want,
                      "case %zu", i);
}
END_TEST

/* Under "any" the worst prediction counts, under "all" the mildest; a domain may say which. */
START_TEST(acts_for_any_or_all)
{
    static const struct { const char *author; enum verdict worst, mildest; enum action any, all; } cases[] = {
        { "example.org", VERDICT_REJECT, VERDICT_REJECT, ACTION_TEMPFAIL, ACTION_TEMPFAIL },
        { "example.org", VERDICT_REJECT, VERDICT_JUNK, ACTION_TEMPFAIL, ACTION_LOG },
        { "example.org", VERDICT_REJECT, VERDICT_UNSURE, ACTION_TEMPFAIL, ACTION_ACCEPT },
        { "example.org", VERDICT_REJECT, VERDICT_ACCEPT, ACTION_TEMPFAIL, ACTION_ACCEPT },
        { "example.org", VERDICT_ACCEPT, VERDICT_ACCEPT, ACTION_ACCEPT, ACTION_ACCEPT },
        /* whose section says "all" */
        { "news.example.com", VERDICT_REJECT, VERDICT_REJECT, ACTION_REJECT, ACTION_REJECT },
        { "news.example.com", VERDICT_REJECT, VERDICT_ACCEPT, ACTION_ACCEPT, ACTION_ACCEPT },
        /* whose section says "any" */
        { "www.example.com", VERDICT_REJECT, VERDICT_ACCEPT, ACTION_HOLD, ACTION_HOLD },
    };
    struct conf conf = make_conf(MODE_ENFORCE);

    domains[0].policy.recipients = RECIPIENTS_ANY;
    domains[1].policy.recipients = RECIPIENTS_ALL;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        conf.policy.recipients = RECIPIENTS_ANY;
        ck_assert_msg(policy_action(&conf, cases[i].author, cases[i].worst, cases[i].mildest) == cases[i].any,
                      "any, case %zu", i);
        conf.policy.recipients = RECIPIENTS_ALL;
        ck_assert_msg(policy_action(&conf, cases[i].author, cases[i].worst, cases[i].mildest) == cases[i].all,
                      "all, case %zu", i);
    }
    domains[0].policy.recipients = domains[1].policy.recipients = -1;
}
END_TEST

START_TEST(observe_only_logs)
{
    static const struct { const char *author; enum verdict verdict; enum action want; } cases[] = {
        { "example.org", VERDICT_REJECT, ACTION_LOG },
        { "news.example.com", VERDICT_REJECT, ACTION_LOG },
        { "a.eu.example.com", VERDICT_REJECT, ACTION_ACCEPT },
        { "example.org", VERDICT_JUNK, ACTION_LOG },
        { "example.org", VERDICT_UNSURE, ACTION_ACCEPT },
        { "example.org", VERDICT_ACCEPT, ACTION_ACCEPT },
    };
    struct conf conf = make_conf(MODE_OBSERVE);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(policy_action(&conf, cases[i].author, cases[i].verdict, cases[i].verdict) == cases[i].want,
                      "case %zu", i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy");
    TCase *tc = tcase_create("policy");
    tcase_add_test(tc, chooses_the_section);
    tcase_add_test(tc, acts_for_any_or_all);
    tcase_add_test(tc, observe_only_logs);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
