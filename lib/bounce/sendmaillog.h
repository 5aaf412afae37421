/*
 * One line of Sendmail's log.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_BOUNCE_SENDMAILLOG_H
#define PREFLIGHT_BOUNCE_SENDMAILLOG_H

#include "lib/bounce/bounce.h"

/* line: squeezed.  Adds what was refused or deferred.  False where Sendmail did not write it. */
bool sendmaillog_read(const char *line, struct bounces *bounces);

#endif
