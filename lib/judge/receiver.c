/*
 * Receivers as tables of rules, and how rules become a prediction; see receiver.h.
 * A rule is certain where all its conditions hold, possible where none is false but some are unknown.
 * Immutable, thread-safe.
 */
#include "config.h"

#include "lib/judge/receiver.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* What receivers without a profile of their own have in common. */
static const struct rule generic_rules[] = {
    { .name = "dmarc-reject", .when = { { FACT_DMARC_FAIL, false }, { FACT_POLICY_REJECT, false } }, .n_when = 2,
      .outcome = VERDICT_REJECT, .replies = { "550 5.7.1" }, .source = "RFC 7489 section 6.3" },
    { .name = "spf-fail-unsigned", .when = { { FACT_SPF_FAIL, false }, { FACT_DKIM_PASS, true } }, .n_when = 2,
      .outcome = VERDICT_REJECT, .replies = { "550 5.7.1" }, .source = "RFC 7208 section 8.4" },
    { .name = "from-missing", .when = { { FACT_FROM_MISSING, false } }, .n_when = 1,
      .outcome = VERDICT_REJECT, .replies = { "550 5.7.1" }, .source = "RFC 5322 section 3.6" },
    { .name = "from-multiple", .when = { { FACT_FROM_MULTIPLE, false } }, .n_when = 1,
      .outcome = VERDICT_REJECT, .replies = { "550 5.7.1" }, .source = "RFC 7489 section 6.6.1" },
    { .name = "dmarc-quarantine", .when = { { FACT_DMARC_FAIL, false }, { FACT_POLICY_QUARANTINE, false } },
      .n_when = 2, .outcome = VERDICT_JUNK, .source = "RFC 7489 section 6.3" },
    { .name = "unauthenticated", .when = { { FACT_SPF_PASS, true }, { FACT_DKIM_PASS, true } }, .n_when = 2,
      .outcome = VERDICT_JUNK, .source = "https://support.google.com/mail/answer/81126" },
};

static const struct receiver generic = {
    .name = "generic",
    .title = "generic receivers",
    .rules = generic_rules,
    .n_rules = sizeof(generic_rules) / sizeof(generic_rules[0]),
};

const struct receiver *receiver_for(const char *recipient_domain)
{
    (void)recipient_domain;
    return &generic;
}

/* A rule that needs what nobody examined does not apply. */
static enum fact_value rule_holds(const struct rule *rule, const struct facts *facts)
{
    enum fact_value all = FACT_TRUE;

    for (size_t i = 0; i < rule->n_when; i++) {
        enum fact_value value = facts->value[rule->when[i].fact];
        if (value == FACT_UNEXAMINED)
            return FACT_FALSE;
        all = fact_and(all, rule->when[i].is_negated ? fact_not(value) : value);
    }
    return all;
}

/* The worst outcome of all rules that hold with this value; the order of enum verdict is the order of gravity. */
static enum verdict worst_outcome(const struct receiver *receiver, const struct facts *facts, enum fact_value holds)
{
    enum verdict worst = VERDICT_ACCEPT;

    for (size_t i = 0; i < receiver->n_rules; i++) {
        const struct rule *rule = &receiver->rules[i];
        if (rule->outcome > worst && rule_holds(rule, facts) == holds)
            worst = rule->outcome;
    }
    return worst;
}

static void add_replies(const struct rule *rule, struct prediction *prediction)
{
    for (size_t i = 0; i < PREDICTION_REPLIES_MAX && rule->replies[i] != NULL; i++) {
        size_t known = 0;
        while (known < prediction->n_replies && strcmp(prediction->replies[known], rule->replies[i]) != 0)
            known++;
        if (known == prediction->n_replies && known < PREDICTION_REPLIES_MAX)
            prediction->replies[prediction->n_replies++] = rule->replies[i];
    }
}

static bool has_reason(const struct prediction *prediction, enum finding_id id)
{
    for (size_t i = 0; i < prediction->n_because; i++) {
        if (prediction->because[i] == id)
            return true;
    }
    return false;
}

static bool rule_rests_on(const struct rule *rule, enum finding_id id)
{
    for (size_t i = 0; i < rule->n_when; i++) {
        if (fact_rests_on(rule->when[i].fact, id))
            return true;
    }
    return false;
}

static void mark_reasons(const struct rule *rule, bool is_reason[FINDING_COUNT])
{
    for (int id = 0; id < FINDING_COUNT; id++)
        is_reason[id] = is_reason[id] || rule_rests_on(rule, (enum finding_id)id);
}

static void add_reasons(const struct findings *findings, const bool is_reason[FINDING_COUNT],
                        struct prediction *prediction)
{
    const size_t max = sizeof(prediction->because) / sizeof(prediction->because[0]);

    for (size_t i = 0; i < findings->count && prediction->n_because < max; i++) {
        const struct finding_row *row = findings->items[i].row;
        if (row->severity >= SEVERITY_WARNING && is_reason[row->id] && !has_reason(prediction, row->id))
            prediction->because[prediction->n_because++] = row->id;
    }
}

void receiver_predict(const struct receiver *receiver, const char *recipient_domain, const struct facts *facts,
                      const struct findings *findings, struct prediction *prediction_r)
{
    enum verdict certain = worst_outcome(receiver, facts, FACT_TRUE);
    bool is_unsure = worst_outcome(receiver, facts, FACT_UNKNOWN) > certain;
    bool is_reason[FINDING_COUNT] = { false };

    *prediction_r = (struct prediction){
        .recipient_domain = xstrdup(recipient_domain),
        .receiver = receiver,
        .outcome = is_unsure ? VERDICT_UNSURE : certain,
    };
    for (size_t i = 0; i < receiver->n_rules; i++) {
        const struct rule *rule = &receiver->rules[i];
        enum fact_value holds = rule_holds(rule, facts);
        if (is_unsure && holds == FACT_UNKNOWN && rule->outcome > certain) {
            mark_reasons(rule, is_reason);
        } else if (!is_unsure && holds == FACT_TRUE && rule->outcome == certain) {
            mark_reasons(rule, is_reason);
            add_replies(rule, prediction_r);
        }
    }
    add_reasons(findings, is_reason, prediction_r);
}

void prediction_clear(struct prediction *prediction)
{
    free(prediction->recipient_domain);
    *prediction = (struct prediction){ 0 };
}
