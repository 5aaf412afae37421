/*
 * Receivers and their rules, and the prediction they give for a message.  Immutable, thread-safe.
 */
#ifndef PREFLIGHT_JUDGE_RECEIVER_H
#define PREFLIGHT_JUDGE_RECEIVER_H

#include "lib/check/finding.h"
#include "lib/config/conf.h"
#include "lib/judge/fact.h"

#include <stdbool.h>
#include <stddef.h>

#define RULE_CONDITIONS_MAX 8
#define PREDICTION_REPLIES_MAX 8

struct rule {
    const char *name;
    struct { enum fact_id fact; bool is_negated; } when[RULE_CONDITIONS_MAX];
    size_t n_when;                      /* all must hold */
    enum verdict outcome;               /* never VERDICT_UNSURE */
    const char *replies[PREDICTION_REPLIES_MAX + 1];    /* "550 5.7.1", NULL-terminated; may be empty */
    const char *source;
};

struct receiver {
    const char *name;                   /* "generic" */
    const char *title;                  /* "Gmail and Google Workspace", fits "... would answer 550" */
    const struct rule *rules;
    size_t n_rules;
};

struct prediction {
    char *recipient_domain;             /* NULL: any recipient */
    const struct receiver *receiver;
    enum verdict outcome;               /* UNSURE where an unknown fact could make it worse than what is certain */
    const char *replies[PREDICTION_REPLIES_MAX];    /* of all rules with that outcome; borrowed from the receiver */
    size_t n_replies;
    enum finding_id because[32];        /* warnings and errors of the checks that the rules rest on */
    size_t n_because;
};

/* Who answers for a domain.  So far the generic receiver for all; never NULL. */
const struct receiver *receiver_for(const char *recipient_domain);

/* recipient_domain is copied, may be NULL. */
void receiver_predict(const struct receiver *receiver, const char *recipient_domain, const struct facts *facts,
                      const struct findings *findings, struct prediction *prediction_r);
void prediction_clear(struct prediction *prediction);

#endif
