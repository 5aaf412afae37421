/*
 * What became of the mail, out of mail logs: the door to lib/bounce for the command; lib/report/bounces.h prints it.
 */
#ifndef PREFLIGHT_BOUNCES_H
#define PREFLIGHT_BOUNCES_H

#include "lib/bounce/tally.h"

#include <stddef.h>
#include <stdint.h>

struct conf;
struct err;

/* Called some thousand times on the way.  total: 0 where it is not known, as of a pipe. */
typedef void bounces_progress(void *arg, int64_t bytes_read, int64_t bytes_total);

/*
 * Reads these logs (lib/bounce/logfile.h says which, and in what order), joins and counts.  progress may be NULL.
 * What answers mean and whose servers give them is told by the files that conf names, or what is built in.
 * The tally is finished; the caller clears it.  -1 with err where a file cannot be read; then there is no tally.
 */
int bounces_tally(const struct conf *conf, char *const *paths, size_t n_paths, bounces_progress *progress, void *arg,
                  struct tally *tally_r, struct err *err);

#endif
