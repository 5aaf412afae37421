/*
 * lib/judge/receiver: how rules become a prediction, and the generic receiver's rules.
 */
#include "config.h"

#include "lib/judge/receiver.h"
#include "t/unit/factset.h"
#include "t/unit/known.h"

#include <string.h>

static const struct findings no_findings;

START_TEST(generic_rules)
{
    static const struct { const char *name, *facts; enum verdict want; size_t n_replies; } cases[] = {
        { "clean", "", VERDICT_ACCEPT, 0 },
        { "DMARC fails under reject", "dmarc-fail policy-reject", VERDICT_REJECT, 1 },
        { "DMARC fails under quarantine", "dmarc-fail policy-quarantine", VERDICT_JUNK, 0 },
        { "DMARC fails under none", "dmarc-fail policy-none", VERDICT_ACCEPT, 0 },
        { "SPF fails, signed", "spf-fail", VERDICT_ACCEPT, 0 },
        { "SPF fails, unsigned", "spf-fail !dkim-pass", VERDICT_REJECT, 1 },
        { "neither passes", "!spf-pass !dkim-pass", VERDICT_JUNK, 0 },
        { "no From", "from-missing", VERDICT_REJECT, 1 },
        { "two authors", "from-multiple", VERDICT_REJECT, 1 },
        { "SPF unknown, signed", "?spf-pass ?spf-fail", VERDICT_ACCEPT, 0 },
        { "SPF unknown, unsigned", "?spf-pass ?spf-fail !dkim-pass", VERDICT_UNSURE, 0 },
        { "SPF softfail, DKIM unknown", "spf-softfail ?dkim-pass", VERDICT_UNSURE, 0 },
        { "certainly junk, possibly rejected", "!spf-pass ?spf-fail !dkim-pass", VERDICT_UNSURE, 0 },
        { "certainly rejected, DMARC unknown", "spf-fail !dkim-pass ?dmarc-fail policy-reject", VERDICT_REJECT, 1 },
        { "DMARC unknown, but the policy is none", "?dmarc-fail policy-none", VERDICT_ACCEPT, 0 },
        { "certainly junk, possibly junk for another reason", "spf-softfail !dkim-pass ?dmarc-fail policy-quarantine",
          VERDICT_JUNK, 0 },
        { "listed", "address-listed", VERDICT_JUNK, 0 },
        { "whether it is listed nobody asked", "-address-listed -domain-listed", VERDICT_ACCEPT, 0 },
        { "whether it is listed was not answered", "?address-listed", VERDICT_UNSURE, 0 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct facts facts = factset(cases[i].facts);
        const struct rule_subject subject = { "example.net", "example.com", &facts };
        struct prediction prediction;
        receiver_predict(known_receiver("generic"), &subject, &no_findings, &prediction);
        ck_assert_msg(prediction.outcome == cases[i].want, "%s: %d", cases[i].name, (int)prediction.outcome);
        ck_assert_msg(prediction.n_replies == cases[i].n_replies, "%s", cases[i].name);
        ck_assert_msg((prediction.rule == NULL) == (cases[i].want == VERDICT_ACCEPT), "%s", cases[i].name);
        ck_assert_uint_eq(prediction.n_because, 0);
        ck_assert_str_eq(prediction.recipient_domain, "example.net");
        prediction_clear(&prediction);
    }
}
END_TEST

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
static const struct receiver test_receiver = { .name = "test", .title = "test", .rules = rules, .n_rules = 4 };

/* Two rules that reject, one of them with two replies: each reply once. */
START_TEST(joins_replies)
{
    const struct facts facts = factset("!spf-pass !dkim-pass");
    const struct rule_subject subject = { NULL, "", &facts };
    struct prediction prediction;

    receiver_predict(&test_receiver, &subject, &no_findings, &prediction);
    ck_assert_int_eq((int)prediction.outcome, VERDICT_REJECT);
    ck_assert_ptr_null(prediction.recipient_domain);
    ck_assert_ptr_eq(prediction.receiver, &test_receiver);
    ck_assert_ptr_eq(prediction.rule, &rules[1]);
    ck_assert_uint_eq(prediction.n_replies, 3);
    ck_assert_str_eq(prediction.replies[0], "550 5.7.26");
    ck_assert_str_eq(prediction.replies[1], "550 5.7.27");
    ck_assert_str_eq(prediction.replies[2], "550 5.7.30");
    prediction_clear(&prediction);
}
END_TEST

START_TEST(asks_only_whom_a_rule_is_for)
{
    static char personal[] = "gmail.com", below[] = ".example.com";
    static char *recipients[] = { personal, NULL }, *authors[] = { below, NULL };
    static const struct rule limited[] = {
        { .name = "recipients", .when = { { FACT_SPF_PASS, true } }, .n_when = 1, .outcome = VERDICT_REJECT,
          .domains = { recipients, 1 } },
        { .name = "authors", .when = { { FACT_SPF_PASS, true } }, .n_when = 1, .outcome = VERDICT_DEFER,
          .author_domains = { authors, 1 } },
    };
    static const struct receiver receiver = { .name = "test", .title = "test", .rules = limited, .n_rules = 2 };
    static const struct { const char *recipient, *author; enum verdict want; } cases[] = {
        { "gmail.com", "example.org", VERDICT_REJECT }, { "example.net", "example.org", VERDICT_ACCEPT },
        { NULL, "example.org", VERDICT_ACCEPT }, { NULL, "", VERDICT_ACCEPT },
        { NULL, "news.example.com", VERDICT_DEFER }, { NULL, "example.com", VERDICT_ACCEPT },
        { "gmail.com", "news.example.com", VERDICT_REJECT }, { "sub.gmail.com", "", VERDICT_ACCEPT },
    };
    const struct facts facts = factset("!spf-pass");

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct rule_subject subject = { cases[i].recipient, cases[i].author, &facts };
        struct prediction prediction;
        receiver_predict(&receiver, &subject, &no_findings, &prediction);
        ck_assert_msg(prediction.outcome == cases[i].want, "case %zu: %d", i, (int)prediction.outcome);
        prediction_clear(&prediction);
    }
}
END_TEST

/* Who it is, is not known: what all of them do is certain. */
START_TEST(predicts_for_any_of_several)
{
    static const struct receiver two[] = {
        { .name = "a", .title = "a", .rules = rules, .n_rules = 4 },
        { .name = "b", .title = "b", .rules = rules, .n_rules = 2 },
    };
    static const struct { const char *facts; enum verdict want; } cases[] = {
        { "", VERDICT_ACCEPT }, { "!spf-pass", VERDICT_REJECT }, { "!dkim-pass", VERDICT_UNSURE },
        { "?spf-pass", VERDICT_UNSURE }, { "?dkim-pass", VERDICT_UNSURE },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct facts facts = factset(cases[i].facts);
        const struct rule_subject subject = { "example.net", "", &facts };
        struct prediction prediction;
        receiver_predict_any(two, 2, &subject, &no_findings, &prediction);
        ck_assert_msg(prediction.outcome == cases[i].want, "'%s': %d", cases[i].facts, (int)prediction.outcome);
        ck_assert_ptr_null(prediction.receiver);
        ck_assert_ptr_null(prediction.rule);
        ck_assert_uint_eq(prediction.n_replies, 0);
        ck_assert_str_eq(prediction.recipient_domain, "example.net");
        prediction_clear(&prediction);
    }
}
END_TEST

START_TEST(says_because)
{
    static const struct {
        const char *name, *facts;
        size_t n_because;
        enum finding_id because[4];
    } cases[] = {
        { "SPF and DKIM, not the message's", "spf-fail !dkim-pass", 2, { FINDING_SPF_FAIL, FINDING_DKIM_NONE } },
        { "DMARC", "dmarc-fail policy-reject", 3, { FINDING_SPF_FAIL, FINDING_DKIM_NONE, FINDING_DMARC_FAIL } },
        { "the message", "from-multiple", 1, { FINDING_FROM_MULTIPLE } },
        { "unsure", "?from-multiple", 1, { FINDING_FROM_MULTIPLE } },
        { "accept", "", 0, { FINDING_COUNT } },
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
        const struct facts facts = factset(cases[i].facts);
        const struct rule_subject subject = { NULL, "example.com", &facts };
        struct prediction prediction;
        receiver_predict(known_receiver("generic"), &subject, &findings, &prediction);
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
    const struct facts facts = factset("dmarc-fail policy-reject");
    const struct rule_subject subject = { NULL, "example.com", &facts };
    struct prediction prediction;

    for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
        findings_add(&findings, advice[i], "s._domainkey.example.org", "example.com", "");
    findings_add(&findings, FINDING_DMARC_FAIL, "example.com", "example.com", "");
    receiver_predict(known_receiver("generic"), &subject, &findings, &prediction);
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
    const struct facts facts = factset("dmarc-fail policy-reject spf-fail !dkim-pass from-missing");
    const struct rule_subject subject = { NULL, "example.com", &facts };
    struct prediction prediction;

    for (int id = 0; id < FINDING_COUNT; id++)
        findings_add(&findings, (enum finding_id)id, "x", "example.com", "");
    receiver_predict(known_receiver("generic"), &subject, &findings, &prediction);
    ck_assert_uint_gt(prediction.n_because, 5);
    ck_assert_uint_le(prediction.n_because, sizeof(prediction.because) / sizeof(prediction.because[0]));
    prediction_clear(&prediction);
    findings_clear(&findings);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("receiver");
    TCase *tc = tcase_create("receiver");
    tcase_add_test(tc, generic_rules);
    tcase_add_test(tc, joins_replies);
    tcase_add_test(tc, asks_only_whom_a_rule_is_for);
    tcase_add_test(tc, predicts_for_any_of_several);
    tcase_add_test(tc, says_because);
    tcase_add_test(tc, says_nothing_of_what_refuses_nothing);
    tcase_add_test(tc, bounds_because);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
