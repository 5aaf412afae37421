/*
 * Refusals in the lines of a mail log: Postfix (and our own lines), Sendmail, Exim's main log and reject log.
 * Pure, thread-safe.
 */
#ifndef PREFLIGHT_BOUNCE_MTALOG_H
#define PREFLIGHT_BOUNCE_MTALOG_H

#include "lib/bounce/bounce.h"

/* line: without its end.  Adds the refusals it tells of.  False where it is no line of such a log. */
bool mtalog_read(const char *line, size_t len, struct bounces *bounces);

#endif
