/*
 * One line of Exim's main log or reject log, also by way of syslog.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_BOUNCE_EXIMLOG_H
#define PREFLIGHT_BOUNCE_EXIMLOG_H

#include "lib/bounce/bounce.h"

/* line: squeezed.  Adds what was refused or deferred.  False where Exim did not write it. */
bool eximlog_read(const char *line, struct bounces *bounces);

#endif
