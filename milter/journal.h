/*
 * What is written of a judged message: the log line, our own trouble, and what each finding means.
 * Thread-safe.
 */
#ifndef PREFLIGHT_MILTER_JOURNAL_H
#define PREFLIGHT_MILTER_JOURNAL_H

struct told;
struct report;

/* explain_interval_ms: a finding and its subject are explained once in so long. */
void journal_report(const struct report *report, struct told *told, int explain_interval_ms);

/* Our own trouble with this message, at LOG_ERR. */
void journal_trouble(const struct report *report, const char *text);

#endif
