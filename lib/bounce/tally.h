/*
 * What became of the mail: one outcome for each message and recipient, counted by cause, receiver, sending domain
 * and hour, and held against what we had predicted.  Bounded: the first TALLY_ROWS_MAX receivers and domains get a row
 * each, what comes later shares the row "(others)".  Not shared between threads.
 */
#ifndef PREFLIGHT_BOUNCE_TALLY_H
#define PREFLIGHT_BOUNCE_TALLY_H

#include "lib/base/span.h"
#include "lib/bounce/maillog.h"
#include "lib/judge/reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALLY_ROWS_MAX 20000
#define TALLY_HOURS_MAX 20000       /* over two years */
#define TALLY_PROBLEMS_MAX 2000     /* pairs of meaning and receiver */
#define TALLY_EXAMPLES_MAX 20
#define TALLY_NAME_MAX 254          /* a domain and its NUL */
#define TALLY_RATE_LIMIT 0.02       /* of a sending domain's mail refused: above it receivers think badly of it */

enum fate {
    FATE_DELIVERED,
    FATE_REFUSED,                   /* for good */
    FATE_DEFERRED,                  /* and neither delivered nor refused by the end of the log */
};

/* What our own line said about this recipient's receiver. */
enum forecast {
    FORECAST_NONE,                  /* no line of ours, "unsure", or only about another receiver */
    FORECAST_ACCEPT,
    FORECAST_JUNK,                  /* which a log cannot show */
    FORECAST_DEFER,
    FORECAST_REJECT,
};

enum { NO_CAUSE = -1, NO_PROBLEM = -1 };

struct outcome {
    enum fate fate;
    bool was_deferred;              /* at least once */
    enum forecast forecast;
    int cause;                      /* of the refusal or of the last deferral; NO_CAUSE where it went at once */
    int problem;                    /* as tally_explain numbered it, or NO_PROBLEM */
    uint32_t receiver, domain;      /* rows */
    int32_t hour;                   /* tally_hour() of the last attempt */
    const char *queue_id;           /* borrowed for the call */
};

/*
 * The three of predictions leave out CAUSE_MAILBOX, a full or unknown mailbox, a server that does not answer: that is
 * no question of how the message was sent.
 */
struct counts {
    uint64_t refused, deferred, delivered;
    uint64_t delayed;               /* of the delivered: deferred before */
    uint64_t judged;                /* of all: with a forecast */
    uint64_t happened;              /* predicted to be refused or deferred, and it was */
    uint64_t not_happened;          /* predicted to be refused or deferred, and delivered */
    uint64_t unpredicted;           /* refused or deferred, and predicted neither */
    uint64_t agreed;                /* predicted to be accepted, and delivered */
    uint64_t prevented;             /* messages, not recipients: our milter did not let them leave */
};

struct tally_row {
    char *name;
    struct counts counts;
    uint64_t by_cause[CAUSE_COUNT]; /* refused and deferred */
};

struct tally_rows {
    struct tally_row *rows;
    size_t count, capacity;
    uint32_t *index;                /* rows by their names' hashes, each plus one; 0: free */
    uint32_t *order;                /* the busiest first, once finished */
};

struct tally_hour {
    int32_t hour;                   /* tally_hour() */
    uint64_t refused, deferred, delivered, prevented;
};

/* One meaning at one receiver, with the first reply that had it. */
struct tally_problem {
    int cause;
    uint32_t receiver;
    uint64_t refused, deferred, delayed;
    uint64_t weight;                /* once finished: all of that meaning */
    char *text, *remedy, *page;     /* as replies.conf has them; page may be NULL */
    char *reply;                    /* an answer that was given: untrusted */
    char queue_id[QUEUE_ID_MAX + 1];
};

struct tally_example {
    char queue_id[QUEUE_ID_MAX + 1];
    int cause;                      /* NO_CAUSE: delivered */
    uint32_t receiver, domain;
};

struct tally_examples {
    struct tally_example items[TALLY_EXAMPLES_MAX];     /* the last ones, in a ring */
    uint64_t count;                 /* all that there were */
};

struct tally {
    uint64_t seed;
    struct counts total;
    struct counts by_cause[CAUSE_COUNT];    /* delivered: what it had delayed */
    int cause_order[CAUSE_COUNT];           /* the most refusals first, once finished; CAUSE_MAILBOX last */
    struct tally_rows receivers, domains;
    struct tally_hour *hours;               /* in their order */
    size_t n_hours, hours_capacity;
    struct tally_problem *problems;
    size_t n_problems, problems_capacity;
    uint32_t *problem_index;                /* as in tally_rows */
    struct tally_examples unpredicted, not_happened;
    uint64_t lines;
    uint64_t local;                         /* outcomes that no receiver had a part in */
    uint64_t handed_on;                     /* re-queued, as through a content filter, and counted further on */
    uint64_t prevented_by[3];               /* enum prevention */
    uint64_t forgotten;                     /* messages that there was no memory for; see join.h */
    struct maillog_time first, last;        /* month 0: no line at all */
    size_t files;
};

enum prevention { PREVENTED_REJECT, PREVENTED_TEMPFAIL, PREVENTED_HOLD };

void tally_init(struct tally *tally, uint64_t seed);
void tally_clear(struct tally *tally);

/* The row of a name, made where there is none.  Names are lower-cased; no name is "(unknown)". */
uint32_t tally_receiver(struct tally *tally, struct span name);
uint32_t tally_domain(struct tally *tally, struct span name);

void tally_add(struct tally *tally, const struct outcome *outcome);

/* count: 1, or -1 for one that was let go later on. */
void tally_prevented(struct tally *tally, enum prevention how, uint32_t domain, int32_t hour, int count);

/*
 * What a reply meant: the number of that problem, or NO_PROBLEM where there is no room for another one.  The texts are
 * copied; of replies the first one is kept.
 */
int tally_explain(struct tally *tally, const struct explanation *explanation, uint32_t receiver, struct span reply,
                  const char *queue_id);

/* Hours since 1970 in the log's own time. */
int32_t tally_hour(const struct maillog_time *time);
void tally_hour_time(int32_t hour, struct maillog_time *time_r);

/*
 * Brings causes, rows and problems in order, the most refusals first: causes and rows through their order, by which
 * their numbers stay; problems by cause and meaning, and theirs end.
 */
void tally_finish(struct tally *tally);

/* Of those whose fate is known; 0 where there are none. */
double tally_rate(const struct counts *counts);

#endif
