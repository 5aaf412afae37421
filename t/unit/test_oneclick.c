/*
 * lib/check/oneclick and lib/check/provider: what receivers ask of bulk mail, and whose domains are not ours.
 */
#include "config.h"

#include "lib/check/oneclick.h"
#include "lib/check/provider.h"
#include "t/unit/unit.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define T FACT_TRUE
#define F FACT_FALSE
#define U FACT_UNKNOWN

#define FIELDS .unsubscribe_fields = 1, .unsubscribe_post_fields = 1
#define GOOD FIELDS, .unsubscribe = { .count = 2, .https = 1 }, .has_one_click_post = true

static char unsubscribe[] = "list-unsubscribe", post[] = "list-unsubscribe-post", from[] = "from";
static char *both[] = { from, unsubscribe, post }, *half[] = { from, unsubscribe }, *other_half[] = { post };
#define BOTH { .items = both, .count = 3 }
#define HALF { .items = half, .count = 2 }
#define OTHER_HALF { .items = other_half, .count = 1 }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct oneclick_case {
    const char *name;
    struct message_facts message;
    struct dkim_result signatures[2];
    size_t n_signatures, skipped;
    enum fact_value has_unsubscribe, is_valid, is_signed;
    const char *findings;       /* of bulk mail */
} cases[] = {
    { "not there", { 0 }, { { 0 } }, 0, 0, F, F, F, "one-click-missing" },
    { "signed", { GOOD }, { { .result = AUTH_PASS, .coverage.covered = BOTH } }, 1, 0, T, T, T, "" },
    { "unsigned", { GOOD }, { { 0 } }, 0, 0, T, T, F, "one-click-unsigned" },
    { "half signed", { GOOD }, { { .result = AUTH_PASS, .coverage.covered = HALF } }, 1, 0, T, T, F,
      "one-click-unsigned" },
    { "signed by halves", { GOOD }, { { .result = AUTH_PASS, .coverage.covered = HALF },
      { .result = AUTH_PASS, .coverage.covered = OTHER_HALF } }, 2, 0, T, T, F, "one-click-unsigned" },
    { "the signature fails", { GOOD }, { { .result = AUTH_FAIL, .coverage.covered = BOTH } }, 1, 0, T, T, F,
      "one-click-unsigned" },
    { "one of two passes", { GOOD }, { { .result = AUTH_FAIL, .coverage.covered = BOTH },
      { .result = AUTH_PASS, .coverage.covered = BOTH } }, 2, 0, T, T, T, "" },
    { "the key is not known", { GOOD }, { { .result = AUTH_TEMPERROR, .coverage.covered = BOTH } }, 1, 0, T, T, U, "" },
    { "another key is not known", { GOOD }, { { .result = AUTH_TEMPERROR, .coverage.covered = HALF } }, 1, 0, T, T, F,
      "one-click-unsigned" },
    { "signatures not verified", { GOOD }, { { .result = AUTH_FAIL, .coverage.covered = BOTH } }, 1, 5, T, T, U, "" },
    { "mailto: only", { GOOD, .unsubscribe = { .count = 1 } }, { { 0 } }, 0, 0, T, F, F, "one-click-missing" },
    { "two https:", { GOOD, .unsubscribe = { .count = 2, .https = 2 } }, { { 0 } }, 0, 0, T, F, F,
      "one-click-missing" },
    { "http: too", { GOOD, .unsubscribe = { .count = 2, .https = 1, .http = 1 } }, { { 0 } }, 0, 0, T, F, F,
      "one-click-missing" },
    { "no URI", { GOOD, .unsubscribe = { .count = 0 } }, { { 0 } }, 0, 0, F, F, F, "one-click-missing" },
    { "no Post", { GOOD, .unsubscribe_post_fields = 0, .has_one_click_post = false }, { { 0 } }, 0, 0, T, F, F,
      "one-click-missing" },
    { "bad Post", { GOOD, .has_one_click_post = false }, { { 0 } }, 0, 0, T, F, F, "one-click-missing" },
    { "two Post", { GOOD, .unsubscribe_post_fields = 2 }, { { 0 } }, 0, 0, T, F, F, "one-click-missing" },
    { "two fields", { GOOD, .unsubscribe_fields = 2 }, { { 0 } }, 0, 0, T, F, F, "one-click-missing" },
    { "not examined", { FIELDS, .is_over_limits = true }, { { 0 } }, 0, 0, U, U, F, "" },
    { "not examined, two", { FIELDS, .unsubscribe_fields = 2, .is_over_limits = true }, { { 0 } }, 0, 0, U, F, F,
      "one-click-missing" },
    { "over the limits, not there", { .is_over_limits = true }, { { 0 } }, 0, 0, F, F, F, "one-click-missing" },
};
#pragma GCC diagnostic pop

START_TEST(checks)
{
    const struct oneclick_case *c = &cases[_i];
    struct dkim_result items[2] = { c->signatures[0], c->signatures[1] };
    const struct dkim_results dkim = { .items = items, .count = c->n_signatures, .skipped = c->skipped };
    struct findings of_bulk = { 0 }, of_other = { 0 };
    struct oneclick result;

    oneclick_check(&c->message, &dkim, &result);
    ck_assert_msg(result.has_unsubscribe == c->has_unsubscribe, "%s", c->name);
    ck_assert_msg(result.is_valid == c->is_valid, "%s", c->name);
    ck_assert_msg(result.is_signed == c->is_signed, "%s", c->name);
    ck_assert_msg((result.problem != NULL) == (c->is_valid == F), "%s", c->name);
    oneclick_findings(&result, true, &of_bulk);
    oneclick_findings(&result, false, &of_other);
    ck_assert_uint_eq(of_bulk.count, c->findings[0] != '\0');
    if (of_bulk.count > 0)
        ck_assert_str_eq(of_bulk.items[0].row->name, c->findings);
    ck_assert_msg(!findings_has(&of_other, FINDING_ONE_CLICK_MISSING), "%s", c->name);
    ck_assert_int_eq(findings_has(&of_other, FINDING_ONE_CLICK_UNSIGNED),
                     findings_has(&of_bulk, FINDING_ONE_CLICK_UNSIGNED));
    findings_clear(&of_bulk);
    findings_clear(&of_other);
}
END_TEST

START_TEST(knows_mailbox_domains)
{
    static const struct { const char *domain; bool want; } domains[] = {
        { "gmail.com", true }, { "googlemail.com", true }, { "yahoo.com", true }, { "yahoo.de", true },
        { "yahoo.co.uk", true }, { "yahoo.com.br", true }, { "hotmail.fr", true }, { "outlook.com", true },
        { "gmx.de", true }, { "gmx.net", true }, { "web.de", true }, { "icloud.com", true }, { "aol.com", true },
        { "", false }, { "example.com", false }, { "mail.gmail.com", false }, { "gmail.com.example", false },
        { "yahoo.", false }, { "yahoo", false }, { "yahoo.example", false }, { "yahoo.co.example", false },
        { "yahoo.co.uk.de", false }, { "yahoo.c", false }, { "notgmail.com", false }, { "gmx.1a", false },
    };
    for (size_t i = 0; i < LENGTH(domains); i++)
        ck_assert_msg(is_mailbox_domain(domains[i].domain) == domains[i].want, "%s", domains[i].domain);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oneclick");
    TCase *tc = tcase_create("oneclick");
    tcase_add_loop_test(tc, checks, 0, (int)LENGTH(cases));
    tcase_add_test(tc, knows_mailbox_domains);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
