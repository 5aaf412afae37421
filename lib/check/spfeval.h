/*
 * Inside the SPF evaluator: one evaluation's state, shared by check_host() (spfcheck.c) and the mechanisms (spfterm.c).
 * One evaluation belongs to one thread.
 */
#ifndef PREFLIGHT_CHECK_SPFEVAL_H
#define PREFLIGHT_CHECK_SPFEVAL_H

#include "lib/base/str.h"
#include "lib/check/spfcheck.h"
#include "lib/check/spfmacro.h"
#include "lib/check/spfrecord.h"

struct spfeval {
    struct dns *dns;
    struct dns_budget *budget;
    const char *proposed;           /* stands in for the first record; NULL: what the DNS has */
    struct spfmacro_env env;        /* env.domain and env.validated change as records and terms are read */
    struct spf_result *result;
    char validated[DOMAIN_MAX];     /* what env.validated points to where a text uses p */
    struct str found;               /* what the term at hand found in the DNS, for its step */
    bool is_term_void;              /* the term at hand has been counted as void */
    bool is_pending;                /* with no_wait: an answer is not back yet */
    bool is_term_unanswered;        /* a question of the term at hand got no answer */
    int n_unanswered;               /* terms that such an answer may have made match, or not */
    enum auth_result at_stake;      /* what a match of all those gives; temperror: not one and the same */
    int possible_voids;             /* those that the answer could have made void lookups */
    bool has_ttl;
    char *unanswered;               /* the first question that got no answer: "PTR of ...: timeout"; or NULL */
};

/* The record being read. */
struct spfframe {
    const char *domain;             /* its owner: the d macro */
    int depth;                      /* 0: the domain asked about */
    bool is_included;               /* anywhere below an include: */
    bool is_passing;                /* below nothing but includes whose match is a pass */
};

enum spfmatch { SPFMATCH_NO, SPFMATCH_YES, SPFMATCH_TEMPERROR, SPFMATCH_PERMERROR };

/*
 * Asks the DNS for what the result depends on.  SPFMATCH_YES: there are records, *answer_r to be released.
 * SPFMATCH_NO: NXDOMAIN or no data, SPFMATCH_TEMPERROR: no answer; *answer_r is NULL for both.
 */
enum spfmatch spfeval_ask(struct spfeval *eval, const char *name, enum dns_type type,
                          const struct dns_answer **answer_r, enum dns_status *status_r);

/* Section 4.5: how many records of a TXT answer are SPF records; appends the first one's text. */
size_t spfeval_select(const struct dns_answer *answer, struct str *text_r);

/* The text of the next one that is; i: where to begin, moved on.  False where there is none. */
bool spfeval_next(const struct dns_answer *answer, size_t *i, struct str *text_r);

/* Sets the term and the problem of the result, unless an inner record has done so.  term NULL: the record itself. */
void spfeval_problem(struct spfeval *eval, const struct spfframe *frame, const char *term, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds a step with eval->found as its text and empties that.  term "" for a record. */
void spfeval_step(struct spfeval *eval, const struct spfframe *frame, const char *term);

/* Counts a term that asks the DNS: SPFMATCH_PERMERROR over the limit, else SPFMATCH_YES. */
enum spfmatch spfeval_count(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term);

/*
 * The name a term asks for: its domain-spec expanded, or the frame's domain.  -1 where that cannot be asked for, or
 * never matches by spfterm_is_unmatchable.
 */
int spfterm_target(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term,
                   char name_r[DOMAIN_MAX]);

/* RFC 8616 section 4: the letters s and l match nothing where the local-part is not ASCII. */
bool spfterm_is_unmatchable(const struct spfeval *eval, const struct spfterm *term);

/* Sets env for a text of the frame's record; the client's validated name is looked for only where the text uses it. */
void spfeval_set_env(struct spfeval *eval, const struct spfframe *frame, const char *text);

/* Every mechanism except include. */
enum spfmatch spfterm_match(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term);

/* Starts the questions that the record's terms will ask, up to the first that is certain to match. */
void spfterm_prefetch(struct spfeval *eval, const struct spfframe *frame, const struct spfrecord *record);

#endif
