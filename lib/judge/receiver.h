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
#define RULE_REPLIES_MAX 8
#define PREDICTION_REPLIES_MAX 16

enum confidence { CONFIDENCE_DOCUMENTED, CONFIDENCE_OBSERVED, CONFIDENCE_INFERRED, CONFIDENCE_COUNT };

struct rule {
    const char *name;
    struct { enum fact_id fact; bool is_negated; } when[RULE_CONDITIONS_MAX];
    size_t n_when;                      /* all must hold */
    struct conf_strings domains;        /* recipients' that it is only for; none: any */
    struct conf_strings author_domains; /* authors' that it is only for; none: any */
    enum verdict outcome;               /* never VERDICT_UNSURE */
    const char *replies[RULE_REPLIES_MAX + 1];  /* "550 5.7.1", the likeliest first, NULL-terminated; may be empty */
    enum confidence confidence;
    const char *source;
};

struct receiver {
    const char *name;                   /* "gmail" */
    const char *title;                  /* "Gmail and Google Workspace", fits "... would answer 550" */
    const char *page;                   /* its help for senders; NULL: none is known */
    struct conf_strings mx;             /* host names, or ".google.com" for all below; normalized */
    const struct rule *rules;
    size_t n_rules;
};

/* What rules are asked of.  All borrowed. */
struct rule_subject {
    const char *recipient_domain;       /* normalized; NULL: any recipient */
    const char *author_domain;          /* normalized; "" where unknown */
    const struct facts *facts;
};

struct prediction {
    char *recipient_domain;             /* NULL: any recipient */
    const struct receiver *receiver;    /* NULL: DNS failed, and nobody knows who it is */
    enum verdict outcome;               /* UNSURE where an unknown fact could make it worse than what is certain */
    const struct rule *rule;            /* the first with that outcome; NULL: none, or the receiver is not known */
    const char *replies[PREDICTION_REPLIES_MAX];    /* of all rules with that outcome; borrowed from the receiver */
    size_t n_replies;
    enum finding_id because[32];        /* what the rules' facts rest on, in the findings' order */
    size_t n_because;
};

const char *confidence_name(enum confidence confidence);   /* "documented", "observed", "inferred" */

/* findings: those of the message, for the reasons.  The prediction borrows the receiver. */
void receiver_predict(const struct receiver *receiver, const struct rule_subject *subject,
                      const struct findings *findings, struct prediction *prediction_r);

/*
 * Of a recipient that may be at any of n receivers: what they all answer, else VERDICT_UNSURE.  No replies; the
 * reasons are those of all.
 */
void receiver_predict_any(const struct receiver *receivers, size_t n, const struct rule_subject *subject,
                          const struct findings *findings, struct prediction *prediction_r);
/* Is there a rule that asks for the fact? */
bool receiver_asks_for(const struct receiver *receiver, enum fact_id fact);

void prediction_clear(struct prediction *prediction);

#endif
