/*
 * What is known of one message after the checks: the one object that text, JSON, log line and SMTP reply are made of.
 * Owned by one thread.
 */
#ifndef PREFLIGHT_REPORT_REPORT_H
#define PREFLIGHT_REPORT_REPORT_H

#include "lib/base/str.h"
#include "lib/check/dkimcheck.h"
#include "lib/check/dmarccheck.h"
#include "lib/check/finding.h"
#include "lib/check/spfcheck.h"
#include "lib/config/conf.h"
#include "lib/judge/fact.h"
#include "lib/judge/receiver.h"

#include <stddef.h>

#define REPORT_LINE_MAX 2000
#define REPORT_REPLY_MAX 400

struct report {
    enum verdict verdict;
    enum action action;
    char *queue_id;                 /* NULL where unknown */
    char *sender;                   /* as the MTA told it; "" : null sender */
    char *sender_as_sent;           /* as it leaves, which is judged; NULL where that is the same */
    char *author_domain;            /* as it leaves; NULL where unknown */
    char *egress;                   /* its name */
    struct spf_result *spf;         /* the deciding identity's results first (n_deciding), then HELO's */
    size_t n_spf;
    size_t n_deciding;
    struct dkim_results dkim;
    struct dmarc_result dmarc;
    struct facts facts;             /* what the predictions rest on */
    struct findings findings;
    struct prediction *predictions; /* one per recipient domain, and one for any other recipient */
    size_t n_predictions;
    struct receivers *receivers;    /* a reference, for what predictions borrow; NULL where they do not */
    char *trouble;                  /* our own: "dns: no answer for TXT example.com", not escaped; NULL where none */
    int ms;                         /* waited at the end of the message */
};

void report_free(struct report **report);

enum auth_result report_spf(const struct report *report);                       /* the worst deciding result */
const struct spf_result *report_worst_spf(const struct report *report);        /* NULL where none */

/* Never NULL: where there is no prediction, one that accepts and whose receiver is NULL. */
const struct prediction *report_worst_prediction(const struct report *report);

/* The one that says most of what the worst prediction rests on, or of why there is none; or NULL. */
const struct finding *report_leading_finding(const struct report *report);

/*
 * As preflight-milter(8) has it: "4QxyzA: verdict=reject ... ms=12", "NOQUEUE: ..." without a queue id; "-" is what is
 * not known.
 * At most REPORT_LINE_MAX bytes: findings that have no room are counted ("spf-fail,+3"), long addresses cut ("...").
 */
void report_log_line(const struct report *report, struct str *line_r);

/* JSON, one object, indented, final newline; preflight(1).  Valid whatever bytes the report holds.  Caller frees. */
char *report_json(const struct report *report);

/*
 * Parts of that object, as the single checks print them: one element of spf (not aligned: there is no author), the dkim
 * array, the dmarc object.
 */
char *report_json_spf(const struct spf_result *spf);
char *report_json_dkim(const struct dkim_results *dkim);
char *report_json_dmarc(const struct dmarc_result *dmarc);

/* The effective configuration: names as in preflight.conf, lists as arrays, durations and sizes as a file has them. */
char *report_json_conf(const struct conf *conf);

/* For people: 100 columns, untrusted bytes escaped.  With is_color ANSI colours. */
void report_text(const struct report *report, bool is_color, struct str *text_r);

/* Likewise of the signatures only, each in full, and the findings. */
void report_text_dkim(const struct report *report, bool is_color, struct str *text_r);

/* Likewise DMARC alone, with its findings. */
void report_text_dmarc(const struct dmarc_result *dmarc, const struct findings *findings, bool is_color,
                       struct str *text_r);
/* The same of one evaluation: the result, the tree of its lookups, the findings. */
void report_text_spf(const struct spf_result *spf, const struct findings *findings, bool is_color,
                     struct str *text_r);

/*
 * The text of an SMTP refusal or a quarantine reason: "Preflight: SPF fail for example.com from 203.0.113.5 (...)".
 * One line of printable ASCII, at most REPORT_REPLY_MAX bytes, names cause, domain and address.
 */
void report_reply(const struct report *report, struct str *text_r);

#endif
