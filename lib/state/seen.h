/*
 * The domains that outgoing mail is sent in the name of, and the selectors it is signed with: what traffic shows.
 *
 * Anybody who may send could name any domain.  So one counts as seen only when its owner lets us send for it (the
 * caller tells), or after SEEN_MESSAGES messages.  Bounded: SEEN_DOMAINS domains count, of which one that has not sent
 * for SEEN_STAYS_S makes room for another, so that they do not come and go with every message where there are more; and
 * SEEN_BELOW domains below one organizational domain, which costs its owner nothing to make.  Of as many that do not
 * count yet those that sent longest ago make room, as do selectors beyond SEEN_SELECTORS of one domain; all are
 * forgotten after SEEN_DAYS.  Thread-safe; the mutex is held for a moment only.  Times are seconds since 1970, as they
 * outlive us.
 */
#ifndef PREFLIGHT_STATE_SEEN_H
#define PREFLIGHT_STATE_SEEN_H

#include "lib/base/domain.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEEN_DOMAINS 2000
#define SEEN_BELOW 100
#define SEEN_STAYS_S (24 * 3600)
#define SEEN_SELECTORS 8
#define SEEN_MESSAGES 20
#define SEEN_DAYS 30
#define SEEN_CURRENT_DAYS 7     /* a selector not used for so long, while others are, is one that was given up */

struct err;
struct seen;

struct seen *seen_new(struct err *err);      /* NULL with err */
void seen_free(struct seen **seen);

/*
 * A message of the domain; with selector not NULL a signature of it that verifies, which is no further message.  Both
 * normalized.  is_authorized: its owner lets us send.  True where a domain counts as seen now that did not before.
 */
bool seen_note(struct seen *seen, const char *domain, const char *selector, bool is_authorized, int64_t now_s);

/* Those that count, in no order; forgets the old ones.  Caller frees the array and each name. */
char **seen_domains(struct seen *seen, int64_t now_s, size_t *count_r);

/* Those in use now, the last used first; how many. */
size_t seen_selectors(struct seen *seen, const char *domain, char names_r[SEEN_SELECTORS][DOMAIN_MAX]);

/* One line of what is kept on disk. */
struct seen_row {
    char *domain;
    char *selector;             /* "": the domain itself */
    int64_t last_s;
};
struct seen_rows {
    struct seen_row *items;
    size_t count, capacity;
};
void seen_rows_add(struct seen_rows *rows, const char *domain, const char *selector, int64_t last_s);
void seen_rows_clear(struct seen_rows *rows);

/*
 * What has changed since it was last given: new domains and selectors, and those of which the time was last given an
 * hour ago.  With is_all everything that counts.
 */
void seen_changes(struct seen *seen, bool is_all, struct seen_rows *rows_r);

/* What was kept; rows that are older than what is known change nothing. */
void seen_restore(struct seen *seen, const struct seen_rows *rows);

/* Is a selector that was used last at last_s in use, where newest_s is when the domain's latest was? */
static inline bool seen_is_current(int64_t last_s, int64_t newest_s)
{
    return last_s >= newest_s - SEEN_CURRENT_DAYS * 24 * 3600;
}

#endif
