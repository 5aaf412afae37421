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
    const struct fact_sources sources = {
        .spf = spf, .n_spf = n_spf, .dkim = dkim != NULL ? dkim : &no_dkim, .dmarc = dmarc != NULL ? dmarc : &no_dmarc,
        .message = message != NULL ? message : &no_message, .address_listed = FACT_UNEXAMINED,
        .domain_listed = FACT_UNEXAMINED,
    };
    struct facts facts;

    /* A fact that is not gathered must not pass for one. */
    memset(&facts, 0x55, sizeof(facts));
    facts_gather(&sources, &facts);
    for (int i = 0; i < FACT_COUNT; i++)
        ck_assert_msg(facts.value[i] <= FACT_UNEXAMINED, "fact %d not gathered", i);
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

/* Some of each kind, and what must not be among them. */
START_TEST(rests_on_findings)
{
    static const struct { enum fact_id fact; enum finding_id finding; bool want; } cases[] = {
        { FACT_SPF_PASS, FINDING_SPF_FAIL, true },
        { FACT_SPF_PASS, FINDING_EGRESS_UNKNOWN, true },
        { FACT_SPF_PASS, FINDING_DKIM_NONE, false },
        { FACT_DKIM_PASS, FINDING_DKIM_NONE, true },
        { FACT_DKIM_PASS, FINDING_SPF_FAIL, false },
        { FACT_DMARC_FAIL, FINDING_SPF_FAIL, true },
        { FACT_DMARC_FAIL, FINDING_DKIM_NONE, true },
        { FACT_DMARC_FAIL, FINDING_DMARC_FAIL, true },
        { FACT_DMARC_FAIL, FINDING_DATE_INVALID, false },
        { FACT_SPF_PASS, FINDING_SPF_IMPLEMENTATIONS_DIFFER, false },
        { FACT_SPF_PASS, FINDING_SPF_HELO_FAIL, false },
        { FACT_SPF_FAIL, FINDING_SPF_SOFTFAIL, false },
        { FACT_SPF_ALIGNED, FINDING_SPF_NOT_ALIGNED, true },
        { FACT_SPF_SUSPICIOUS, FINDING_SPF_PASS_ALL, true },
        { FACT_DKIM_PASS, FINDING_DKIM_SHORT_KEY, false },
        { FACT_DMARC_RECORD, FINDING_DMARC_NONE, true },
        { FACT_DMARC_RECORD, FINDING_SPF_FAIL, false },
        { FACT_DMARC_FAIL, FINDING_DMARC_IMPLEMENTATIONS_DIFFER, false },
        { FACT_POLICY_REJECT, FINDING_DMARC_FAIL, true },
        { FACT_FROM_MISSING, FINDING_FROM_MISSING, true },
        { FACT_FROM_MISSING, FINDING_HEADER_8BIT, false },
        { FACT_HEADER_8BIT, FINDING_HEADER_8BIT, true },
        { FACT_RFC5322_VALID, FINDING_DATE_INVALID, true },
        { FACT_RFC5322_VALID, FINDING_ONE_CLICK_MISSING, false },
        { FACT_PTR, FINDING_PTR_MISSING, true },
        { FACT_PTR, FINDING_SPF_FAIL, false },
        { FACT_FCRDNS, FINDING_PTR_MISMATCH, true },
        { FACT_SPF_PASS, FINDING_PTR_MISSING, false },
        { FACT_ONE_CLICK_SIGNED, FINDING_ONE_CLICK_UNSIGNED, true },
    };
    const struct facts facts = { .value = { FACT_UNEXAMINED } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(fact_rests_on(cases[i].fact, cases[i].finding, &facts) == cases[i].want, "%s, %s",
                      fact_name(cases[i].fact), finding_row(cases[i].finding)->name);
    }
}
END_TEST

/* A fact that a rule may need and that no finding explains leaves a prediction without a reason. */
START_TEST(all_facts_rest_on_some_finding)
{
    static const enum fact_id told_elsewhere[] = { FACT_BULK };
    const struct facts facts = { .value = { FACT_UNEXAMINED } };

    for (int fact = 0; fact < FACT_COUNT; fact++) {
        bool has_finding = false;
        for (int id = 0; id < FINDING_COUNT; id++)
            has_finding = has_finding || fact_rests_on((enum fact_id)fact, (enum finding_id)id, &facts);
        for (size_t i = 0; i < sizeof(told_elsewhere) / sizeof(told_elsewhere[0]); i++)
            has_finding = has_finding || told_elsewhere[i] == (enum fact_id)fact;
        ck_assert_msg(has_finding, "%s", fact_name((enum fact_id)fact));
    }
}
END_TEST

/* What a record has in terms that the evaluation never came to is worth telling, but has caused nothing. */
START_TEST(rests_on_what_decided)
{
    static const enum finding_id broken[] = {
        FINDING_SPF_MULTIPLE_RECORDS, FINDING_SPF_TOO_MANY_LOOKUPS, FINDING_SPF_VOID_LOOKUPS,
        FINDING_SPF_RECORD_INVALID, FINDING_SPF_INCLUDE_MISSING,
    };
    static const enum fact_id resting[] = { FACT_SPF_PASS, FACT_SPF_PERMERROR, FACT_SPF_ALIGNED, FACT_DMARC_FAIL };
    static const struct { enum fact_value permerror; bool want; } cases[] = {
        { FACT_TRUE, true }, { FACT_FALSE, false }, { FACT_UNKNOWN, false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct facts facts = { .value = { [FACT_SPF_PERMERROR] = cases[i].permerror } };
        for (size_t f = 0; f < sizeof(resting) / sizeof(resting[0]); f++) {
            for (size_t k = 0; k < sizeof(broken) / sizeof(broken[0]); k++)
                ck_assert_msg(fact_rests_on(resting[f], broken[k], &facts) == cases[i].want, "%zu: %s, %s", i,
                              fact_name(resting[f]), finding_row(broken[k])->name);
        }
        ck_assert(fact_rests_on(FACT_SPF_PASS, FINDING_SPF_FAIL, &facts));
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

/* Of which address, by which term, and how: what the count of results does not tell. */
START_TEST(more_spf_facts)
{
    static char minus_all[] = "-all", upper_all[] = "-ALL", minus_ip[] = "-ip4:192.0.2.1";
    static const struct {
        const char *name;
        struct spf_result spf[2];
        size_t n;
        enum fact_value hardfail, neutral, temperror, aligned, suspicious, ipv6, ipv6_pass;
    } cases[] = {
        { "nothing judged", { { 0 } }, 0, U, U, U, U, U, U, U },
        { "v4 passes, aligned", { { .result = AUTH_PASS, .address.family = AF_INET, .aligned = true } }, 1,
          F, F, F, T, F, F, T },
        { "v4 passes, not aligned", { { .result = AUTH_PASS, .address.family = AF_INET } }, 1, F, F, F, F, F, F, T },
        { "alignment not known",
          { { .result = AUTH_PASS, .address.family = AF_INET, .aligned = true, .is_alignment_unknown = true } }, 1,
          F, F, F, U, F, F, T },
        { "one of two aligned", { { .result = AUTH_PASS, .address.family = AF_INET, .aligned = true },
          { .result = AUTH_FAIL, .address.family = AF_INET6, .aligned = true, .term = minus_all } }, 2,
          T, F, F, F, F, T, F },
        { "fails by another term",
          { { .result = AUTH_FAIL, .address.family = AF_INET, .term = minus_ip } }, 1,
          F, F, F, F, F, F, T },
        { "-ALL", { { .result = AUTH_FAIL, .address.family = AF_INET, .term = upper_all } }, 1,
          T, F, F, F, F, F, T },
        { "v6 passes, v4 is neutral", { { .result = AUTH_PASS, .address.family = AF_INET6, .aligned = true },
          { .result = AUTH_NEUTRAL, .address.family = AF_INET } }, 2, F, T, F, F, F, T, T },
        { "v4 temperror, v6 passes", { { .result = AUTH_TEMPERROR, .address.family = AF_INET, .aligned = true },
          { .result = AUTH_PASS, .address.family = AF_INET6, .aligned = true } }, 2, U, U, U, U, U, T, T },
        { "addresses not known", { { .result = AUTH_TEMPERROR, .aligned = true } }, 1, U, U, U, U, U, U, U },
        { "+all", { { .result = AUTH_PASS, .address.family = AF_INET, .aligned = true, .flags = SPF_FLAG_PASS_ALL } },
          1, F, F, F, T, T, F, T },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct facts facts = gather(cases[i].spf, cases[i].n, NULL, NULL, NULL);
        ck_assert_msg(facts.value[FACT_SPF_HARDFAIL] == cases[i].hardfail, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_SPF_NEUTRAL] == cases[i].neutral, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_SPF_TEMPERROR] == cases[i].temperror, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_SPF_ALIGNED] == cases[i].aligned, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_SPF_SUSPICIOUS] == cases[i].suspicious, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_IPV6] == cases[i].ipv6, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_IPV6_SPF_PASS] == cases[i].ipv6_pass, "%s", cases[i].name);
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

START_TEST(dkim_alignment)
{
    static const struct { const char *name; struct dkim_result items[2]; size_t n, skipped; enum fact_value want; }
    cases[] = {
        { "unsigned", { { .result = AUTH_NONE } }, 0, 0, F },
        { "passes, aligned", { { .result = AUTH_PASS, .aligned = true } }, 1, 0, T },
        { "passes, not aligned", { { .result = AUTH_PASS } }, 1, 0, F },
        { "fails, aligned", { { .result = AUTH_FAIL, .aligned = true } }, 1, 0, F },
        { "one of each", { { .result = AUTH_PASS }, { .result = AUTH_FAIL, .aligned = true } }, 2, 0, F },
        { "temperror, aligned", { { .result = AUTH_TEMPERROR, .aligned = true } }, 1, 0, U },
        { "temperror, not aligned", { { .result = AUTH_TEMPERROR } }, 1, 0, F },
        { "passes, alignment not known", { { .result = AUTH_PASS, .is_alignment_unknown = true } }, 1, 0, U },
        { "temperror and aligned pass",
          { { .result = AUTH_TEMPERROR, .aligned = true }, { .result = AUTH_PASS, .aligned = true } }, 2, 0, T },
        { "others not verified", { { .result = AUTH_PASS } }, 1, 3, U },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dkim_result items[2] = { cases[i].items[0], cases[i].items[1] };
        struct dkim_results dkim = { .items = items, .count = cases[i].n, .skipped = cases[i].skipped };
        struct facts facts = gather(NULL, 0, &dkim, NULL, NULL);
        ck_assert_msg(facts.value[FACT_DKIM_ALIGNED] == cases[i].want, "%s", cases[i].name);
    }
}
END_TEST

START_TEST(dmarc_facts)
{
    static const struct {
        const char *name;
        enum auth_result result;
        enum dmarc_policy policy;
        enum fact_value record, pass, fail, reject, quarantine, none, temperror;
    } cases[] = {
        { "no record", AUTH_NONE, DMARC_POLICY_ABSENT, F, F, F, F, F, F, F },
        { "pass", AUTH_PASS, DMARC_POLICY_REJECT, T, T, F, T, F, F, F },
        { "pass, which policy is not known", AUTH_PASS, DMARC_POLICY_ABSENT, T, T, F, U, U, U, F },
        { "fail, reject", AUTH_FAIL, DMARC_POLICY_REJECT, T, F, T, T, F, F, F },
        { "fail, quarantine", AUTH_FAIL, DMARC_POLICY_QUARANTINE, T, F, T, F, T, F, F },
        { "fail, none", AUTH_FAIL, DMARC_POLICY_NONE, T, F, T, F, F, T, F },
        { "invalid record", AUTH_PERMERROR, DMARC_POLICY_ABSENT, F, F, F, F, F, F, F },
        { "record not known", AUTH_TEMPERROR, DMARC_POLICY_ABSENT, U, U, U, U, U, U, U },
        { "record known, SPF not", AUTH_TEMPERROR, DMARC_POLICY_REJECT, T, U, U, T, F, F, U },
        { "p=none known, SPF not", AUTH_TEMPERROR, DMARC_POLICY_NONE, T, U, U, F, F, T, U },
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
        ck_assert_msg(facts.value[FACT_POLICY_NONE] == cases[i].none, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_DMARC_TEMPERROR] == cases[i].temperror, "%s", cases[i].name);
    }
}
END_TEST

/* Facts that name an RFC are its own reading's; those that name none are of the one that is worse for us. */
START_TEST(dmarc_facts_by_rfc)
{
    const struct dmarc_result dmarc = {
        .rfc9989 = { .result = AUTH_PASS, .policy = DMARC_POLICY_QUARANTINE },
        .rfc7489 = { .result = AUTH_FAIL, .policy = DMARC_POLICY_REJECT },
    };
    struct facts facts = gather(NULL, 0, NULL, &dmarc, NULL);
    ck_assert_int_eq(facts.value[FACT_DMARC_FAIL], T);
    ck_assert_int_eq(facts.value[FACT_POLICY_REJECT], T);
    ck_assert_int_eq(facts.value[FACT_POLICY_QUARANTINE], F);
    ck_assert_int_eq(facts.value[FACT_RFC9989_DMARC_FAIL], F);
    ck_assert_int_eq(facts.value[FACT_RFC9989_POLICY_REJECT], F);
    ck_assert_int_eq(facts.value[FACT_RFC9989_POLICY_QUARANTINE], T);
    ck_assert_int_eq(facts.value[FACT_RFC7489_DMARC_FAIL], T);
    ck_assert_int_eq(facts.value[FACT_RFC7489_POLICY_REJECT], T);
    ck_assert_int_eq(facts.value[FACT_RFC7489_POLICY_QUARANTINE], F);
}
END_TEST

START_TEST(from_facts)
{
    static const struct {
        const char *name;
        struct message_facts message;
        enum fact_value missing, multiple, valid;
    } cases[] = {
        { "one", { .field_count[FIELD_FROM] = 1, .from_addresses = 1, .from_domains = 1 }, F, F, T },
        { "no field", { .headers = 1 }, T, F, F },
        { "no address", { .field_count[FIELD_FROM] = 1, .from_invalid = 1 }, T, F, F },
        { "empty", { .field_count[FIELD_FROM] = 1 }, T, F, F },
        { "no domain", { .field_count[FIELD_FROM] = 1, .from_addresses = 1, .from_invalid = 1 }, T, F, F },
        { "two fields", { .field_count[FIELD_FROM] = 2, .from_addresses = 1, .from_domains = 1 }, F, T, T },
        { "two addresses", { .field_count[FIELD_FROM] = 1, .from_addresses = 2, .from_domains = 1 }, F, T, T },
        { "over limits, no field", { .is_over_limits = true }, T, F, F },
        { "over limits, not read", { .is_over_limits = true, .field_count[FIELD_FROM] = 1 }, U, U, U },
        { "over limits, two not read", { .is_over_limits = true, .field_count[FIELD_FROM] = 2 }, U, T, U },
        { "one of two not valid",
          { .field_count[FIELD_FROM] = 1, .from_addresses = 2, .from_invalid = 1, .from_domains = 1 }, F, T, F },
        { "over limits, read",
          { .is_over_limits = true, .field_count[FIELD_FROM] = 1, .from_addresses = 1, .from_domains = 1 }, F, F, T },
        { "over limits, one of two read",
          { .is_over_limits = true, .field_count[FIELD_FROM] = 2, .from_addresses = 1, .from_domains = 1 }, F, T, T },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct facts facts = gather(NULL, 0, NULL, NULL, &cases[i].message);
        ck_assert_msg(facts.value[FACT_FROM_MISSING] == cases[i].missing, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_FROM_MULTIPLE] == cases[i].multiple, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_FROM_VALID] == cases[i].valid, "%s", cases[i].name);
    }
}
END_TEST

#define GOOD .from_addresses = 1, .from_domains = 1, .has_date_valid = true, .has_message_id_valid = true
#define FIELDS [FIELD_FROM] = 1, [FIELD_DATE] = 1, [FIELD_MESSAGE_ID] = 1

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
/* The other facts of the message are false; other: the one that is not, or FACT_COUNT. */
static const struct message_case {
    const char *name;
    struct message_facts message;
    enum fact_value id_valid, date_valid, rfc5322;
    enum fact_id other;
} message_cases[] = {
    { "good", { GOOD, .field_count = { FIELDS } }, T, T, T, FACT_COUNT },
    { "no Message-ID", { GOOD, .field_count = { FIELDS, [FIELD_MESSAGE_ID] = 0 }, .has_message_id_valid = false },
      F, T, T, FACT_COUNT },
    { "bad Message-ID", { GOOD, .field_count = { FIELDS }, .has_message_id_valid = false }, F, T, F, FACT_COUNT },
    { "no Date", { GOOD, .field_count = { FIELDS, [FIELD_DATE] = 0 }, .has_date_valid = false }, T, F, F, FACT_COUNT },
    { "bad Date", { GOOD, .field_count = { FIELDS }, .has_date_valid = false }, T, F, F, FACT_COUNT },
    { "two Dates", { GOOD, .field_count = { FIELDS, [FIELD_DATE] = 2 }, .has_date_valid = false }, T, F, F,
      FACT_HEADER_DUPLICATE },
    { "two To", { GOOD, .field_count = { FIELDS, [FIELD_TO] = 2 } }, T, T, F, FACT_HEADER_DUPLICATE },
    { "8-bit field", { GOOD, .field_count = { FIELDS }, .eight_bit_field = "Subject" }, T, T, F, FACT_HEADER_8BIT },
    { "encoded word", { GOOD, .field_count = { FIELDS }, .encoded_word_field = "Cc" }, T, T, F,
      FACT_HEADER_ENCODED_WORD },
    { "bare CR", { GOOD, .field_count = { FIELDS }, .has_bare_cr = true }, T, T, F, FACT_BARE_NEWLINE },
    { "bare LF", { GOOD, .field_count = { FIELDS }, .has_bare_lf = true }, T, T, F, FACT_BARE_NEWLINE },
    { "998 bytes", { GOOD, .field_count = { FIELDS }, .longest_line = 998 }, T, T, T, FACT_COUNT },
    { "999 bytes", { GOOD, .field_count = { FIELDS }, .longest_line = 999 }, T, T, F, FACT_LINE_TOO_LONG },
    { "two From", { GOOD, .field_count = { FIELDS, [FIELD_FROM] = 2 } }, T, T, F, FACT_HEADER_DUPLICATE },
};
#pragma GCC diagnostic pop

static const enum fact_id wrongs[] = {
    FACT_HEADER_DUPLICATE, FACT_HEADER_8BIT, FACT_HEADER_ENCODED_WORD, FACT_BARE_NEWLINE, FACT_LINE_TOO_LONG
};

START_TEST(facts_of_the_message)
{
    const struct message_case *c = &message_cases[_i];
    struct facts facts = gather(NULL, 0, NULL, NULL, &c->message);

    ck_assert_msg(facts.value[FACT_MESSAGE_ID_VALID] == c->id_valid, "%s", c->name);
    ck_assert_msg(facts.value[FACT_DATE_VALID] == c->date_valid, "%s", c->name);
    ck_assert_msg(facts.value[FACT_RFC5322_VALID] == c->rfc5322, "%s", c->name);
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        enum fact_value want = wrongs[i] == c->other ? T : F;
        ck_assert_msg(facts.value[wrongs[i]] == want, "%s: %s", c->name, fact_name(wrongs[i]));
    }
}
END_TEST

/* Of what the limits kept from being read nothing is known but what was seen. */
START_TEST(facts_over_the_limits)
{
    const struct message_facts message = { .is_over_limits = true, .field_count = { FIELDS } };
    struct facts facts = gather(NULL, 0, NULL, NULL, &message);

    ck_assert_int_eq(facts.value[FACT_MESSAGE_ID_VALID], U);
    ck_assert_int_eq(facts.value[FACT_DATE_VALID], U);
    ck_assert_int_eq(facts.value[FACT_RFC5322_VALID], U);
    ck_assert_int_eq(facts.value[FACT_HEADER_DUPLICATE], F);
    ck_assert_int_eq(facts.value[FACT_HEADER_8BIT], U);
    ck_assert_int_eq(facts.value[FACT_HEADER_ENCODED_WORD], U);
    ck_assert_int_eq(facts.value[FACT_BARE_NEWLINE], U);
    ck_assert_int_eq(facts.value[FACT_LINE_TOO_LONG], U);
}
END_TEST

START_TEST(egress_facts)
{
    static const struct {
        const char *name;
        struct egress_address addresses[2];
        size_t n;
        bool is_incomplete;
        enum fact_value ptr, fcrdns, v6_ptr, v6_fcrdns;
    } cases[] = {
        { "no address", { { .address.family = 0 } }, 0, true, U, U, U, U },
        { "one, well", { { .address.family = AF_INET, .ptr = T, .fcrdns = T } }, 1, false, T, T, T, T },
        { "one, without PTR", { { .address.family = AF_INET, .ptr = F, .fcrdns = F } }, 1, false, F, F, T, T },
        { "v6 not confirmed", { { .address.family = AF_INET, .ptr = T, .fcrdns = T },
          { .address.family = AF_INET6, .ptr = T, .fcrdns = F } }, 2, false, T, F, T, F },
        { "v4 without PTR", { { .address.family = AF_INET, .ptr = F, .fcrdns = F },
          { .address.family = AF_INET6, .ptr = T, .fcrdns = T } }, 2, false, F, F, T, T },
        { "v6 not known", { { .address.family = AF_INET, .ptr = T, .fcrdns = T },
          { .address.family = AF_INET6, .ptr = U, .fcrdns = U } }, 2, false, U, U, U, U },
        { "one false, one not known", { { .address.family = AF_INET, .ptr = F, .fcrdns = F },
          { .address.family = AF_INET6, .ptr = U, .fcrdns = U } }, 2, false, F, F, U, U },
        { "there may be more", { { .address.family = AF_INET, .ptr = T, .fcrdns = F } }, 1, true, U, F, U, U },
    };
    static const struct dkim_results dkim;
    static const struct dmarc_result dmarc;
    static const struct message_facts message;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct egress_address addresses[2] = { cases[i].addresses[0], cases[i].addresses[1] };
        const struct egress_result egress = {
            .addresses = addresses, .n_addresses = cases[i].n, .is_incomplete = cases[i].is_incomplete,
            .is_helo_valid = i % 2 == 0,
        };
        const struct fact_sources sources = {
            .dkim = &dkim, .dmarc = &dmarc, .message = &message, .egress = &egress, .sender_resolves = T,
            .author_resolves = U, .address_listed = F, .domain_listed = T,
        };
        struct facts facts;
        facts_gather(&sources, &facts);
        ck_assert_msg(facts.value[FACT_PTR] == cases[i].ptr, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_FCRDNS] == cases[i].fcrdns, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_IPV6_PTR] == cases[i].v6_ptr, "%s", cases[i].name);
        ck_assert_msg(facts.value[FACT_IPV6_FCRDNS] == cases[i].v6_fcrdns, "%s", cases[i].name);
        ck_assert_int_eq(facts.value[FACT_HELO_VALID], i % 2 == 0);
        ck_assert_int_eq(facts.value[FACT_SENDER_DOMAIN_RESOLVES], T);
        ck_assert_int_eq(facts.value[FACT_AUTHOR_DOMAIN_RESOLVES], U);
        ck_assert_int_eq(facts.value[FACT_ADDRESS_LISTED], F);
        ck_assert_int_eq(facts.value[FACT_DOMAIN_LISTED], T);
    }
}
END_TEST

/* What nobody looked at is not false. */
START_TEST(what_is_not_examined_says_so)
{
    static const enum fact_id ids[] = {
        FACT_PTR, FACT_FCRDNS, FACT_IPV6_PTR, FACT_IPV6_FCRDNS, FACT_HELO_VALID, FACT_ADDRESS_LISTED,
        FACT_DOMAIN_LISTED,
    };
    struct facts facts = gather(NULL, 0, NULL, NULL, NULL);

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        ck_assert_msg(facts.value[ids[i]] == FACT_UNEXAMINED, "%s", fact_name(ids[i]));
}
END_TEST

START_TEST(oneclick_is_told)
{
    static const struct dkim_results dkim;
    static const struct dmarc_result dmarc;
    static const struct message_facts message;
    static const struct oneclick oneclick = { .has_unsubscribe = T, .is_valid = U, .is_signed = F };
    struct fact_sources sources = { .dkim = &dkim, .dmarc = &dmarc, .message = &message, .oneclick = &oneclick };
    struct facts facts;

    facts_gather(&sources, &facts);
    ck_assert_int_eq(facts.value[FACT_LIST_UNSUBSCRIBE], T);
    ck_assert_int_eq(facts.value[FACT_ONE_CLICK], U);
    ck_assert_int_eq(facts.value[FACT_ONE_CLICK_SIGNED], F);
    sources.oneclick = NULL;
    facts_gather(&sources, &facts);
    ck_assert_int_eq(facts.value[FACT_ONE_CLICK], FACT_UNEXAMINED);
}
END_TEST

START_TEST(foreign_author_domains)
{
    static const struct {
        const char *name, *author;
        struct spf_result spf;
        struct dkim_result signature;
        bool is_hidden;
        enum fact_value want;
    } cases[] = {
        { "a provider's", "gmail.com", { .result = AUTH_PASS }, { .result = AUTH_PASS }, false, T },
        { "not a provider's", "example.com", { .result = AUTH_FAIL }, { .result = AUTH_FAIL }, false, F },
        { "SPF aligned", "gmail.com", { .result = AUTH_PASS, .aligned = true }, { .result = AUTH_FAIL }, false, F },
        { "SPF aligned and failing", "gmail.com", { .result = AUTH_FAIL, .aligned = true }, { .result = AUTH_FAIL },
          false, T },
        { "DKIM aligned", "gmail.com", { .result = AUTH_FAIL }, { .result = AUTH_PASS, .aligned = true }, false, F },
        { "SPF not known", "gmail.com", { .result = AUTH_TEMPERROR, .aligned = true }, { .result = AUTH_FAIL }, false,
          U },
        { "DKIM not known", "gmail.com", { .result = AUTH_FAIL }, { .result = AUTH_TEMPERROR, .aligned = true }, false,
          U },
        { "neither known, nor a provider's", "example.com", { .result = AUTH_TEMPERROR },
          { .result = AUTH_TEMPERROR }, false, F },
        { "no author", "", { .result = AUTH_FAIL }, { .result = AUTH_FAIL }, false, F },
        { "an author over the limits", "", { .result = AUTH_FAIL }, { .result = AUTH_FAIL }, true, U },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dkim_result signature = cases[i].signature;
        const struct dkim_results dkim = { .items = &signature, .count = 1 };
        struct message_facts message = { .is_over_limits = cases[i].is_hidden, .field_count[FIELD_FROM] = 1 };
        strcpy(message.author_domain, cases[i].author);
        struct facts facts = gather(&cases[i].spf, 1, &dkim, NULL, &message);
        ck_assert_msg(facts.value[FACT_AUTHOR_DOMAIN_FOREIGN] == cases[i].want, "%s", cases[i].name);
    }
}
END_TEST

START_TEST(bulk_is_told)
{
    static const struct dkim_results dkim;
    static const struct dmarc_result dmarc;
    static const struct message_facts message;

    for (int value = FACT_FALSE; value <= FACT_UNEXAMINED; value++) {
        const struct fact_sources sources = {
            .dkim = &dkim, .dmarc = &dmarc, .message = &message, .bulk = (enum fact_value)value
        };
        struct facts facts;
        facts_gather(&sources, &facts);
        ck_assert_int_eq((int)facts.value[FACT_BULK], value);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fact");
    TCase *tc = tcase_create("fact");
    tcase_add_test(tc, names_facts);
    tcase_add_test(tc, rests_on_findings);
    tcase_add_test(tc, all_facts_rest_on_some_finding);
    tcase_add_test(tc, rests_on_what_decided);
    tcase_add_test(tc, spf_facts);
    tcase_add_test(tc, more_spf_facts);
    tcase_add_test(tc, dkim_facts);
    tcase_add_test(tc, dkim_alignment);
    tcase_add_test(tc, dmarc_facts);
    tcase_add_test(tc, dmarc_facts_by_rfc);
    tcase_add_test(tc, from_facts);
    tcase_add_loop_test(tc, facts_of_the_message, 0, sizeof(message_cases) / sizeof(message_cases[0]));
    tcase_add_test(tc, facts_over_the_limits);
    tcase_add_test(tc, egress_facts);
    tcase_add_test(tc, what_is_not_examined_says_so);
    tcase_add_test(tc, oneclick_is_told);
    tcase_add_test(tc, foreign_author_domains);
    tcase_add_test(tc, bulk_is_told);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
