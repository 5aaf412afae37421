/*
 * Where the daemon's lines go: syslog, standard error as syslog would show it, or the journal behind standard error.
 * Thread-safe; log_open itself is for the main thread.
 */
#ifndef PREFLIGHT_MILTER_LOG_H
#define PREFLIGHT_MILTER_LOG_H

#include <stdbool.h>

/* is_stderr: to standard error.  facility: as syslog_facility in the configuration; an unknown one counts as "mail". */
void log_open(bool is_stderr, const char *facility);

/* level: LOG_ERR ... LOG_INFO of syslog(3).  One line; what is untrusted was escaped before. */
void log_line(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
