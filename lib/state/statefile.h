/*
 * What is kept on this host beyond the life of the daemon: the domains and selectors that traffic has shown, in an
 * SQLite file of its own.  The daemon writes it, in batches; the command reads it.
 *
 * A struct statefile belongs to one thread at a time.  What cannot be opened or written is an error and may be tried
 * again; the file as it was stays good, also through a crash.  Bounded: rows go after SEEN_DAYS, and the oldest
 * beyond those of SEEN_DOMAINS full domains.
 */
#ifndef PREFLIGHT_STATE_STATEFILE_H
#define PREFLIGHT_STATE_STATEFILE_H

#include "lib/state/seen.h"

#include <stdint.h>

struct err;
struct statefile;

#define STATEFILE_NAME "state.sqlite"   /* in the state directory */

/* Opens it for writing, made with mode 0640 where there is none.  NULL with err. */
struct statefile *statefile_open(const char *directory, struct err *err);
void statefile_close(struct statefile **file);

/*
 * Adds rows or makes them newer, and drops what is old; without rows only sees to it that the file is there still.
 * -1 with err: nothing was changed, close the file then.
 */
int statefile_write(struct statefile *file, const struct seen_rows *rows, int64_t now_s, struct err *err);

/* All of it, or with domain not NULL that of one; nothing that is too old.  -1 with err. */
int statefile_read(struct statefile *file, const char *domain, int64_t now_s, struct seen_rows *rows_r,
                   struct err *err);

/*
 * The selectors of a domain in use now, the last used first, how many; changes nothing.  0 where there is no such file,
 * -1 with err where it cannot be read.
 */
int statefile_selectors(const char *directory, const char *domain, int64_t now_s,
                        char names_r[SEEN_SELECTORS][DOMAIN_MAX], struct err *err);

#endif
