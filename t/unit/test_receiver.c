/*
 * lib/judge/receiver: how rules become a prediction, and the generic receiver's rules.
 */
#include "config.h"

#include "lib/judge/receiver.h"
#include "t/unit/unit.h"

#include <string.h>

/* A message with nothing wrong: SPF passes, DKIM passes, DMARC passes under reject. */
static const struct facts clean = {
    .value = { [FACT_SPF_PASS] = FACT_TRUE, [FACT_DKIM_PASS] = FACT_TRUE, [FACT_DKIM_SIGNED] = FACT_TRUE,
               [FACT_DMARC_RECORD] = FACT_TRUE, [FACT_DMARC_PASS] = FACT_TRUE, [FACT_POLICY_REJECT] = FACT_TRUE },
};

struct set { enum fact_id fact; enum fact_value value; };

static struct facts with(const struct set *sets, size_t n)
{
    struct facts facts = clean;

    for (size_t i = 0; i < n; i++)
        facts.value[sets[i].fact] = sets[i].value;
    return facts;
}

START_TEST(generic_rules)
{
    static const struct {
        const char *name;
        struct set sets[6];
        size_t n;
        enum verdict want;
        size_t n_replies;
    } cases[] = {
        { "clean", { { FACT_SPF_PASS, FACT_TRUE } }, 1, VERDICT_ACCEPT, 0 },
        { "DMARC fails under reject", { { FACT_DMARC_FAIL, FACT_TRUE }, { FACT_DMARC_PASS, FACT_FALSE } }, 2,
          VERDICT_REJECT, 1 },
        { "DMARC fails under quarantine",
          { { FACT_DMARC_FAIL, FACT_TRUE }, { FACT_POLICY_REJECT, FACT_FALSE }, { FACT_POLICY_QUARANTINE, FACT_TRUE } },
          3, VERDICT_JUNK, 0 },
        { "DMARC fails under none", { { FACT_DMARC_FAIL, FACT_TRUE }, { FACT_POLICY_REJECT, FACT_FALSE } }, 2,
          VERDICT_ACCEPT, 0 },
        { "SPF fails, signed", { { FACT_SPF_PASS, FACT_FALSE }, { FACT_SPF_FAIL, FACT_TRUE } }, 2, VERDICT_ACCEPT, 0 },
        { "SPF fails, unsigned",
          { { FACT_SPF_PASS, FACT_FALSE }, { FACT_SPF_FAIL, FACT_TRUE }, { FACT_DKIM_PASS, FACT_FALSE } }, 3,
          VERDICT_REJECT, 1 },
        { "neither passes", { { FACT_SPF_PASS, FACT_FALSE }, { FACT_DKIM_PASS, FACT_FALSE } }, 2, VERDICT_JUNK, 0 },
        { "no From", { { FACT_FROM_MISSING, FACT_TRUE } }, 1, VERDICT_REJECT, 1 },
        { "two authors", { { FACT_FROM_MULTIPLE, FACT_TRUE } }, 1, VERDICT_REJECT, 1 },
        { "SPF unknown, signed", { { FACT_SPF_PASS, FACT_UNKNOWN }, { FACT_SPF_FAIL, FACT_UNKNOWN } }, 2,
          VERDICT_ACCEPT, 0 },
        { "SPF unknown, unsigned",
          { { FACT_SPF_PASS, FACT_UNKNOWN }, { FACT_SPF_FAIL, FACT_UNKNOWN }, { FACT_DKIM_PASS, FACT_FALSE } }, 3,
          VERDICT_UNSURE, 0 },
        { "SPF softfail, DKIM unknown", { { FACT_SPF_PASS, FACT_FALSE }, { FACT_DKIM_PASS, FACT_UNKNOWN } }, 2,
          VERDICT_UNSURE, 0 },
        { "certainly junk, possibly rejected",
          { { FACT_SPF_PASS, FACT_FALSE }, { FACT_SPF_FAIL, FACT_UNKNOWN }, { FACT_DKIM_PASS, FACT_FALSE } }, 3,
          VERDICT_UNSURE, 0 },
        { "certainly rejected, DMARC unknown",
          { { FACT_SPF_PASS, FACT_FALSE }, { FACT_SPF_FAIL, FACT_TRUE }, { FACT_DKIM_PASS, FACT_FALSE },
            { FACT_DMARC_FAIL, FACT_UNKNOWN } }, 4, VERDICT_REJECT, 1 },
        { "DMARC unknown, but the policy is none",
          { { FACT_DMARC_FAIL, FACT_UNKNOWN }, { FACT_POLICY_REJECT, FACT_FALSE } }, 2, VERDICT_ACCEPT, 0 },
        { "SPF not examined, unsigned",
          { { FACT_SPF_PASS, FACT_UNEXAMINED }, { FACT_SPF_FAIL, FACT_UNEXAMINED }, { FACT_DKIM_PASS, FACT_FALSE } }, 3,
          VERDICT_ACCEPT, 0 },
        { "certainly junk, possibly junk for another reason",
          { { FACT_SPF_PASS, FACT_FALSE }, { FACT_DKIM_PASS, FACT_FALSE }, { FACT_DMARC_FAIL, FACT_UNKNOWN },
            { FACT_POLICY_REJECT, FACT_FALSE }, { FACT_POLICY_QUARANTINE, FACT_TRUE } }, 5, VERDICT_JUNK, 0 },
    };
    const struct findings findings = { 0 };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct facts facts = with(cases[i].sets, cases[i].n);
        struct prediction prediction;
        receiver_predict(receiver_for("example.net"), "example.net", &facts, &findings, &prediction);
        ck_assert_msg(prediction.outcome == cases[i].want, "%s: %d", cases[i].name, (int)prediction.outcome);
        ck_assert_msg(prediction.n_replies == cases[i].n_replies, "%s", cases[i].name);
        ck_assert_uint_eq(prediction.n_because, 0);
        ck_assert_str_eq(prediction.recipient_domain, "example.net");
        prediction_clear(&prediction);
    }
}
END_TEST

/* Two rules that reject, one of them with two replies: each reply once. */
START_TEST(joins_replies)
{
    static const struct rule rules[] = {
        { .name = "defer", .when = { { FACT_SPF_PASS, true } }, .n_when = 1, .outcome = VERDICT_DEFER,
          .replies = { "421 4.7.0" } },
        { .name = "one", .when = { { FACT_SPF_PASS, true } }, .n_when = 1, .outcome = VERDICT_REJECT,
          .replies = { "550 5.7.26", "550 5.7.27" } },
        { .name = "two", .when = { { FACT_DKIM_PASS, true } }, .n_when = 1, .outcome = VERDICT_REJECT,
          .replies = { "550 5.7.26", "550 5.7.30" } },
        { .name = "false", .when = { { FACT_FROM_MISSING, false } }, .n_when = 1, .outcome = VERDICT_REJECT,
          .replies = { "550 5.7.1" } },
    };
    static const struct receiver receiver = { .name = "test", .title = "test", .rules = rules, .n_rules = 4 };
    static const struct set sets[] = { { FACT_SPF_PASS, FACT_FALSE }, { FACT_DKIM_PASS, FACT_FALSE } };
    const struct facts facts = with(sets, 2);
    const struct findings findings = { 0 };
    struct prediction prediction;

    receiver_predict(&receiver, NULL, &facts, &findings, &prediction);
    ck_assert_int_eq((int)prediction.outcome, VERDICT_REJECT);
    ck_assert_ptr_null(prediction.recipient_domain);
    ck_assert_ptr_eq(prediction.receiver, &receiver);
    ck_assert_uint_eq(prediction.n_replies, 3);
    ck_assert_str_eq(prediction.replies[0], "550 5.7.26");
    ck_assert_str_eq(prediction.replies[1], "550 5.7.27");
    ck_assert_str_eq(prediction.replies[2], "550 5.7.30");
    prediction_clear(&prediction);
}
END_TEST

START_TEST(says_because)
{
    static const struct {
        const char *name;
        struct set sets[4];
        size_t n, n_because;
        enum finding_id because[4];
    } cases[] = {
        { "SPF and DKIM, nothing else",
          { { FACT_SPF_PASS, FACT_FALSE }, { FACT_SPF_FAIL, FACT_TRUE }, { FACT_DKIM_PASS, FACT_FALSE } }, 3,
          2, { FINDING_SPF_FAIL, FINDING_DKIM_NONE } },
        { "DMARC", { { FACT_DMARC_FAIL, FACT_TRUE } }, 1,
          3, { FINDING_SPF_FAIL, FINDING_DKIM_NONE, FINDING_DMARC_FAIL } },
        { "the message", { { FACT_FROM_MULTIPLE, FACT_TRUE } }, 1, 1, { FINDING_FROM_MULTIPLE } },
        { "unsure", { { FACT_FROM_MULTIPLE, FACT_UNKNOWN } }, 1, 1, { FINDING_FROM_MULTIPLE } },
        { "accept", { { FACT_SPF_PASS, FACT_TRUE } }, 1, 0, { FINDING_COUNT } },
    };
    struct findings findings = { 0 };
    findings_add(&findings, FINDING_SPF_FAIL, "203.0.113.5", "example.com", "");
    findings_add(&findings, FINDING_SPF_FAIL, "203.0.113.6", "example.com", "");
    findings_add(&findings, FINDING_SPF_NEAR_LOOKUP_LIMIT, "example.com", "example.com", "9");
    findings_add(&findings, FINDING_DKIM_NONE, "example.com", "example.com", "");
    findings_add(&findings, FINDING_DMARC_FAIL, "example.com", "example.com", "");
    findings_add(&findings, FINDING_FROM_MULTIPLE, "From", "example.com", "");
    findings_add(&findings, FINDING_DATE_INVALID, "Date", "example.com", "");

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct facts facts = with(cases[i].sets, cases[i].n);
        struct prediction prediction;
        receiver_predict(receiver_for(NULL), NULL, &facts, &findings, &prediction);
        ck_assert_msg(prediction.n_because == cases[i].n_because, "%s: %zu", cases[i].name, prediction.n_because);
        for (size_t j = 0; j < prediction.n_because; j++)
            ck_assert_msg(prediction.because[j] == cases[i].because[j], "%s, %zu", cases[i].name, j);
        prediction_clear(&prediction);
    }
    findings_clear(&findings);
}
END_TEST

/* A signature that passes, for another domain: what there is to say of it refuses nothing. */
START_TEST(says_nothing_of_what_refuses_nothing)
{
    static const enum finding_id advice[] = {
        FINDING_DKIM_SHORT_KEY, FINDING_DKIM_EXPIRES_SOON, FINDING_DKIM_LENGTH_LIMITED, FINDING_DKIM_TESTING,
        FINDING_DKIM_ED25519_ONLY, FINDING_DMARC_IMPLEMENTATIONS_DIFFER,
    };
    struct findings findings = { 0 };
    struct facts facts = clean;
    struct prediction prediction;

    facts.value[FACT_DMARC_FAIL] = FACT_TRUE;
    facts.value[FACT_DMARC_PASS] = FACT_FALSE;
    for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
        findings_add(&findings, advice[i], "s._domainkey.example.org", "example.com", "");
    findings_add(&findings, FINDING_DMARC_FAIL, "example.com", "example.com", "");
    receiver_predict(receiver_for(NULL), NULL, &facts, &findings, &prediction);
    ck_assert_int_eq((int)prediction.outcome, VERDICT_REJECT);
    ck_assert_uint_eq(prediction.n_because, 1);
    ck_assert_int_eq(prediction.because[0], FINDING_DMARC_FAIL);
    prediction_clear(&prediction);
    findings_clear(&findings);
}
END_TEST

/* Every warning and error of the catalogue at once fits or is cut. */
START_TEST(bounds_because)
{
    struct findings findings = { 0 };
    struct facts facts = clean;
    struct prediction prediction;

    facts.value[FACT_DMARC_FAIL] = FACT_TRUE;
    facts.value[FACT_FROM_MISSING] = FACT_TRUE;
    for (int id = 0; id < FINDING_COUNT; id++)
        findings_add(&findings, (enum finding_id)id, "x", "example.com", "");
    receiver_predict(receiver_for(NULL), NULL, &facts, &findings, &prediction);
    ck_assert_uint_eq(prediction.n_because, sizeof(prediction.because) / sizeof(prediction.because[0]));
    prediction_clear(&prediction);
    findings_clear(&findings);
}
END_TEST

/* What a file may not contain, the built-in table does not either. */
START_TEST(table_is_sound)
{
    const struct receiver *receiver = receiver_for("example.net");

    ck_assert_str_eq(receiver->name, "generic");
    for (size_t i = 0; i < receiver->n_rules; i++) {
        const struct rule *rule = &receiver->rules[i];
        ck_assert(rule->name != NULL && rule->source != NULL);
        ck_assert(rule->n_when > 0 && rule->n_when <= RULE_CONDITIONS_MAX);
        ck_assert(rule->outcome != VERDICT_UNSURE && rule->outcome != VERDICT_ACCEPT);
        ck_assert(rule->outcome != VERDICT_REJECT || rule->replies[0] != NULL);
        ck_assert_ptr_null(rule->replies[PREDICTION_REPLIES_MAX]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("receiver");
    TCase *tc = tcase_create("receiver");
    tcase_add_test(tc, generic_rules);
    tcase_add_test(tc, joins_replies);
    tcase_add_test(tc, says_because);
    tcase_add_test(tc, says_nothing_of_what_refuses_nothing);
    tcase_add_test(tc, bounds_because);
    tcase_add_test(tc, table_is_sound);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
