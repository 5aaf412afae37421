/*
 * How rules become a prediction; see receiver.h.
 * A rule is certain where all its conditions hold, possible where none is false but some are unknown.
 * Immutable, thread-safe.
 */
#include "config.h"

#include "lib/judge/receiver.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *confidence_name(enum confidence confidence)
{
    static const char *const names[CONFIDENCE_COUNT] = {
        [CONFIDENCE_DOCUMENTED] = "documented", [CONFIDENCE_OBSERVED] = "observed", [CONFIDENCE_INFERRED] = "inferred",
    };
    assert(confidence < CONFIDENCE_COUNT);
    return names[confidence];
}

static bool is_for(const struct conf_strings *domains, const char *domain)
{
    return domains->count == 0 || (domain != NULL && domain[0] != '\0' && conf_has_domain(domains, domain));
}

/* A rule that needs what nobody examined does not apply. */
static enum fact_value rule_holds(const struct rule *rule, const struct rule_subject *subject)
{
    enum fact_value all = FACT_TRUE;

    if (!is_for(&rule->domains, subject->recipient_domain) || !is_for(&rule->author_domains, subject->author_domain))
        return FACT_FALSE;
    for (size_t i = 0; i < rule->n_when; i++) {
        enum fact_value value = subject->facts->value[rule->when[i].fact];
        if (value == FACT_UNEXAMINED)
            return FACT_FALSE;
        all = fact_and(all, rule->when[i].is_negated ? fact_not(value) : value);
    }
    return all;
}

/* The worst outcome of all rules that hold with this value; the order of enum verdict is the order of gravity. */
static enum verdict worst_outcome(const struct receiver *receiver, const struct rule_subject *subject,
                                  enum fact_value holds)
{
    enum verdict worst = VERDICT_ACCEPT;

    for (size_t i = 0; i < receiver->n_rules; i++) {
        const struct rule *rule = &receiver->rules[i];
        if (rule->outcome > worst && rule_holds(rule, subject) == holds)
            worst = rule->outcome;
    }
    return worst;
}

static void add_replies(const struct rule *rule, struct prediction *prediction)
{
    for (size_t i = 0; i < RULE_REPLIES_MAX && rule->replies[i] != NULL; i++) {
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

static bool is_reason(enum finding_id id, const bool is_asked[FACT_COUNT], const struct facts *facts)
{
    for (int fact = 0; fact < FACT_COUNT; fact++) {
        if (is_asked[fact] && fact_rests_on((enum fact_id)fact, id, facts))
            return true;
    }
    return false;
}

static void add_reasons(const struct findings *findings, const bool is_asked[FACT_COUNT], const struct facts *facts,
                        struct prediction *prediction)
{
    const size_t max = sizeof(prediction->because) / sizeof(prediction->because[0]);

    for (size_t i = 0; i < findings->count && prediction->n_because < max; i++) {
        enum finding_id id = findings->items[i].row->id;
        if (!has_reason(prediction, id) && is_reason(id, is_asked, facts))
            prediction->because[prediction->n_because++] = id;
    }
}

/* What one receiver does, without the reasons; the facts that these rest on are marked. */
static void apply_rules(const struct receiver *receiver, const struct rule_subject *subject,
                        bool is_asked[FACT_COUNT], struct prediction *prediction)
{
    enum verdict certain = worst_outcome(receiver, subject, FACT_TRUE);
    bool is_unsure = worst_outcome(receiver, subject, FACT_UNKNOWN) > certain;

    prediction->receiver = receiver;
    prediction->outcome = is_unsure ? VERDICT_UNSURE : certain;
    for (size_t i = 0; i < receiver->n_rules && (is_unsure || certain != VERDICT_ACCEPT); i++) {
        const struct rule *rule = &receiver->rules[i];
        enum fact_value holds = rule_holds(rule, subject);
        if (is_unsure ? holds != FACT_UNKNOWN || rule->outcome <= certain
                      : holds != FACT_TRUE || rule->outcome != certain)
            continue;
        for (size_t k = 0; k < rule->n_when; k++)
            is_asked[rule->when[k].fact] = true;
        if (prediction->rule == NULL)
            prediction->rule = rule;
        if (!is_unsure)
            add_replies(rule, prediction);
    }
}

void receiver_predict(const struct receiver *receiver, const struct rule_subject *subject,
                      const struct findings *findings, struct prediction *prediction_r)
{
    bool is_asked[FACT_COUNT] = { false };

    *prediction_r = (struct prediction){ .recipient_domain = xstrdup(subject->recipient_domain) };
    apply_rules(receiver, subject, is_asked, prediction_r);
    add_reasons(findings, is_asked, subject->facts, prediction_r);
}

void receiver_predict_any(const struct receiver *receivers, size_t n, const struct rule_subject *subject,
                          const struct findings *findings, struct prediction *prediction_r)
{
    bool is_asked[FACT_COUNT] = { false };

    *prediction_r = (struct prediction){ .recipient_domain = xstrdup(subject->recipient_domain) };
    for (size_t i = 0; i < n; i++) {
        struct prediction one = { 0 };
        apply_rules(&receivers[i], subject, is_asked, &one);
        if (i == 0)
            prediction_r->outcome = one.outcome;
        else if (prediction_r->outcome != one.outcome)
            prediction_r->outcome = VERDICT_UNSURE;
    }
    add_reasons(findings, is_asked, subject->facts, prediction_r);
}

bool receiver_asks_for(const struct receiver *receiver, enum fact_id fact)
{
    for (size_t i = 0; i < receiver->n_rules; i++) {
        const struct rule *rule = &receiver->rules[i];
        for (size_t k = 0; k < rule->n_when; k++) {
            if (rule->when[k].fact == fact)
                return true;
        }
    }
    return false;
}

void prediction_clear(struct prediction *prediction)
{
    free(prediction->recipient_domain);
    *prediction = (struct prediction){ 0 };
}
