/*
 * The background audit: what is to be audited, which is due next, and what has become of it since the time before.
 * The faults of an audit are told once when they are new, and once when they are over; what an audit could not find out
 * changes nothing.  Audits are spread evenly over the interval, one at a time; what is new comes soon.
 *
 * A struct watch is not locked: the caller's mutex covers it.  watch_audit, which waits, needs none.
 * Times are clock_ms(), given by the caller.
 */
#ifndef PREFLIGHT_WATCH_H
#define PREFLIGHT_WATCH_H

#include "lib/audit/audit.h"
#include "lib/audit/selectors.h"
#include "lib/config/conf.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct preflight;
struct watch;

enum watch_kind { WATCH_EGRESS, WATCH_DOMAIN };

/* For the log: text is escaped, one line. */
struct watch_line {
    bool is_worse;                  /* a warning, else information */
    char *text;
};
struct watch_lines {
    struct watch_line *items;
    size_t count, capacity;
};
void watch_lines_clear(struct watch_lines *lines);

struct watch *watch_new(void);
void watch_free(struct watch **watch);

/*
 * Watches conf's egresses, the domains that it names as senders, and seen, normalized; no others any more.  What is
 * watched already keeps its state.  is_reload: all that is known may be otherwise now, so all is due soon, and an audit
 * that has begun does not count.  With conf's audit_interval 0 nothing is due.
 */
void watch_want(struct watch *watch, const struct conf *conf, const char *const *seen, size_t n_seen, bool is_reload,
                int64_t now_ms);

/* In how many ms an audit is due; 0: now; -1: none is. */
int64_t watch_due(const struct watch *watch, int64_t now_ms);

/* One audit. */
struct watch_job {
    enum watch_kind kind;
    char *name;                     /* of the egress or domain */
    int interval_ms;
    unsigned round;                 /* private */
};
struct watch_result {
    enum audit_outcome outcome;
    unsigned unknown;               /* enum audit_area */
    bool has_failed;                /* some question of it */
    struct findings findings;
};

/* The one that is due, to be given back to watch_settle or watch_drop.  False where none is. */
bool watch_begin(struct watch *watch, int64_t now_ms, struct watch_job *job_r);

/*
 * Asks and waits, and keeps what it learns in the engine's cache for as long as till the next time.  stop: as in struct
 * dns_budget.  selectors: those of a domain that traffic has shown, others are added.  -1 where preflight has no such
 * egress, or it was stopped: drop it then.
 */
int watch_audit(struct preflight *preflight, const struct watch_job *job, struct selectors *selectors,
                const atomic_bool *stop, struct watch_result *result_r);

/* Both clear the job, settle the result, too.  What is new is added to lines. */
void watch_settle(struct watch *watch, struct watch_job *job, struct watch_result *result, int64_t now_ms,
                  struct watch_lines *lines);
void watch_drop(struct watch_job *job);

/* How everything stands: one line for all, and one for each, the worst first, max of them. */
void watch_tell(const struct watch *watch, int64_t now_ms, size_t max, struct watch_lines *lines);

#endif
