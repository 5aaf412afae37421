/*
 * lib/judge/fact: facts are three-valued; what DNS left open is never false.
 */
#include "config.h"

#include "lib/judge/fact.h"
#include "t/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#define T FACT_TRUE
#define F FACT_FALSE
#define U FACT_UNKNOWN

static struct facts gather(const struct spf_result *spf, size_t n_spf, const struct dkim_results *dkim,
                           const struct dmarc_result *dmarc, const struct message_facts *message)
{
    static const struct dkim_results no_dkim;
    static const struct dmarc_result no_dmarc;
    static const struct message_facts no_message;
    struct facts facts;

    /* A fact that is not gathered must not pass for one. */
    memset(&facts, 0x55, sizeof(facts));
    facts_gather(spf, n_spf, dkim != NULL ? dkim : &no_dkim, dmarc != NULL ? dmarc : &no_dmarc,
                 message != NULL ? message : &no_message, &facts);
    for (int i = 0; i < FACT_COUNT; i++)
        ck_assert_msg(facts.value[i] == T || facts.value[i] == F || facts.value[i] == U, "fact %d not gathered", i);
    return facts;
}

START_TEST(names_facts)
{
    ck_assert_str_eq(fact_name(FACT_SPF_PASS), "spf-pass");
    ck_assert_str_eq(fact_name(FACT_POLICY_QUARANTINE), "policy-quarantine");
    for (int i = 0; i < FACT_COUNT; i++) {
        ck_assert_ptr_nonnull(fact_name((enum fact_id)i));
        ck_assert_int_eq(fact_find(fact_name((enum fact_id)i)), i);
    }
    ck_assert_int_eq(fact_find("spf-good"), -1);
    ck_assert_int_eq(fact_find(""), -1);
}
END_TEST

START_TEST(names_checks)
{
    static const struct { const char *prefix; unsigned checks; } cases[] = {
        { "spf-", CHECK_SPF | CHECK_EGRESS },
        { "dkim-", CHECK_DKIM },
        { "dmarc-", CHECK_SPF | CHECK_EGRESS | CHECK_DKIM | CHECK_DMARC },
        { "policy-", CHECK_SPF | CHECK_EGRESS | CHECK_DKIM | CHECK_DMARC },
        { "from-", CHECK_MESSAGE },
    };
    for (int i = 0; i < FACT_COUNT; i++) {
        unsigned want = 0;
        for (size_t j = 0; j < sizeof(cases) / sizeof(cases[0]); j++) {
            if (strncmp(fact_name((enum fact_id)i), cases[j].prefix, strlen(cases[j].prefix)) == 0)
                want = cases[j].checks;
        }
        ck_assert_msg(fact_checks((enum fact_id)i) == want && want != 0, "%s", fact_name((enum fact_id)i));
    }
}
END_TEST

START_TEST(spf_facts)
{
    static const struct {
        const char *name;
        size_t n;
        enum auth_result results[3];
        enum fact_value pass, fail, softfail, none, permerror;
    } cases[] = {
        { "nothing judged", 0, { AUTH_NONE }, U, U, U, U, U },
        { "pass", 1, { AUTH_PASS }, T, F, F, F, F },
        { "all pass", 3, { AUTH_PASS, AUTH_PASS, AUTH_PASS }, T, F, F, F, F },
        { "one of two fails", 2, { AUTH_PASS, AUTH_FAIL }, F, T, F, F, F },
        { "pass and temperror", 2, { AUTH_PASS, AUTH_TEMPERROR }, U, U, U, U, U },
        { "temperror and fail", 2, { AUTH_TEMPERROR, AUTH_FAIL }, F, T, U, U, U },
        { "temperror and softfail", 2, { AUTH_TEMPERROR, AUTH_SOFTFAIL }, F, U, T, U, U },
        { "none", 1, { AUTH_NONE }, F, F, F, T, F },
        { "neutral", 1, { AUTH_NEUTRAL }, F, F, F, F, F },
        { "permerror and softfail", 2, { AUTH_PERMERROR, AUTH_SOFTFAIL }, F, F, T, F, T },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct spf_result spf[3] = { { .result = cases[i].results[0] }, { .result = cases[i].results[1] },
                                     { .result = cases[i].results[2] } };
        struct facts facts = gather(spf, cases[i].n, NULL, NULL, NULL);
        ck_assert_msg(facts.value[FACT_SPF_PASS] == cases[i].pass, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_SPF_FAIL] == cases[i].fail, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_SPF_SOFTFAIL] == cases[i].softfail, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_SPF_NONE] == cases[i].none, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_SPF_PERMERROR] == cases[i].permerror, "%s", cases[i].name);
    }
}
END_TEST

START_TEST(dkim_facts)
{
    static const struct {
        const char *name;
        size_t n;
        enum auth_result results[2];
        size_t skipped;
        bool is_over_limits;
        enum fact_value pass, is_signed;
    } cases[] = {
        { "unsigned", 0, { AUTH_NONE }, 0, false, F, F },
        { "pass", 1, { AUTH_PASS }, 0, false, T, T },
        { "fail", 1, { AUTH_FAIL }, 0, false, F, T },
        { "policy is no pass", 1, { AUTH_POLICY }, 0, false, F, T },
        { "temperror and pass", 2, { AUTH_TEMPERROR, AUTH_PASS }, 0, false, T, T },
        { "fail and temperror", 2, { AUTH_FAIL, AUTH_TEMPERROR }, 0, false, U, T },
        { "fail, others not verified", 1, { AUTH_FAIL }, 900, false, U, T },
        { "pass, others not verified", 1, { AUTH_PASS }, 900, false, T, T },
        { "over limits, none seen", 0, { AUTH_NONE }, 0, true, F, F },
        { "over limits, one seen", 1, { AUTH_TEMPERROR }, 0, true, U, T },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dkim_result items[2] = { { .result = cases[i].results[0] }, { .result = cases[i].results[1] } };
        struct dkim_results dkim = { .items = items, .count = cases[i].n, .skipped = cases[i].skipped,
                                     .is_over_limits = cases[i].is_over_limits };
        struct facts facts = gather(NULL, 0, &dkim, NULL, NULL);
        ck_assert_msg(facts.value[FACT_DKIM_PASS] == cases[i].pass, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_DKIM_SIGNED] == cases[i].is_signed, "%s", cases[i].name);
    }
}
END_TEST

START_TEST(dmarc_facts)
{
    static const struct {
        const char *name;
        enum auth_result result;
        enum dmarc_policy policy;
        enum fact_value record, pass, fail, reject, quarantine;
    } cases[] = {
        { "no record", AUTH_NONE, DMARC_POLICY_ABSENT, F, F, F, F, F },
        { "pass", AUTH_PASS, DMARC_POLICY_REJECT, T, T, F, T, F },
        { "pass, which policy is not known", AUTH_PASS, DMARC_POLICY_ABSENT, T, T, F, U, U },
        { "fail, reject", AUTH_FAIL, DMARC_POLICY_REJECT, T, F, T, T, F },
        { "fail, quarantine", AUTH_FAIL, DMARC_POLICY_QUARANTINE, T, F, T, F, T },
        { "fail, none", AUTH_FAIL, DMARC_POLICY_NONE, T, F, T, F, F },
        { "invalid record", AUTH_PERMERROR, DMARC_POLICY_ABSENT, F, F, F, F, F },
        { "record not known", AUTH_TEMPERROR, DMARC_POLICY_ABSENT, U, U, U, U, U },
        { "record known, SPF not", AUTH_TEMPERROR, DMARC_POLICY_REJECT, T, U, U, T, F },
        { "p=none known, SPF not", AUTH_TEMPERROR, DMARC_POLICY_NONE, T, U, U, F, F },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dmarc_reading reading = { .result = cases[i].result, .policy = cases[i].policy };
        struct dmarc_result dmarc = { .rfc9989 = reading, .rfc7489 = reading };
        struct facts facts = gather(NULL, 0, NULL, &dmarc, NULL);
        ck_assert_msg(facts.value[FACT_DMARC_RECORD] == cases[i].record, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_DMARC_PASS] == cases[i].pass, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_DMARC_FAIL] == cases[i].fail, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_POLICY_REJECT] == cases[i].reject, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_POLICY_QUARANTINE] == cases[i].quarantine, "%s", cases[i].name);
    }
}
END_TEST

START_TEST(from_facts)
{
    static const struct {
        const char *name;
        struct message_facts message;
        enum fact_value missing, multiple;
    } cases[] = {
        { "one", { .field_count[FIELD_FROM] = 1, .from_addresses = 1, .from_domains = 1 }, F, F },
        { "no field", { .headers = 1 }, T, F },
        { "no address", { .field_count[FIELD_FROM] = 1, .from_invalid = 1 }, T, F },
        { "empty", { .field_count[FIELD_FROM] = 1 }, T, F },
        { "no domain", { .field_count[FIELD_FROM] = 1, .from_addresses = 1, .from_invalid = 1 }, T, F },
        { "two fields", { .field_count[FIELD_FROM] = 2, .from_addresses = 1, .from_domains = 1 }, F, T },
        { "two addresses", { .field_count[FIELD_FROM] = 1, .from_addresses = 2, .from_domains = 1 }, F, T },
        { "over limits, no field", { .is_over_limits = true }, T, F },
        { "over limits, not read", { .is_over_limits = true, .field_count[FIELD_FROM] = 1 }, U, U },
        { "over limits, two not read", { .is_over_limits = true, .field_count[FIELD_FROM] = 2 }, U, T },
        { "over limits, read",
          { .is_over_limits = true, .field_count[FIELD_FROM] = 1, .from_addresses = 1, .from_domains = 1 }, F, F },
        { "over limits, one of two read",
          { .is_over_limits = true, .field_count[FIELD_FROM] = 2, .from_addresses = 1, .from_domains = 1 }, F, T },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct facts facts = gather(NULL, 0, NULL, NULL, &cases[i].message);
        ck_assert_msg(facts.value[FACT_FROM_MISSING] == cases[i].missing, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_FROM_MULTIPLE] == cases[i].multiple, "%s", cases[i].name);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fact");
    TCase *tc = tcase_create("fact");
    tcase_add_test(tc, names_facts);
    tcase_add_test(tc, names_checks);
    tcase_add_test(tc, spf_facts);
    tcase_add_test(tc, dkim_facts);
    tcase_add_test(tc, dmarc_facts);
    tcase_add_test(tc, from_facts);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
