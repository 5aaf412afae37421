/*
 * What became of the mail, by a tally that is finished: for people at a shell, as JSON, and as a page to send on.
 * Log lines are untrusted: text and page escape what comes from them, JSON is valid whatever they hold.
 */
#ifndef PREFLIGHT_REPORT_BOUNCES_H
#define PREFLIGHT_REPORT_BOUNCES_H

#include "lib/base/str.h"
#include "lib/bounce/tally.h"

#include <stdbool.h>

/* 100 columns; of rows the first twenty of each kind. */
void report_text_bounces(const struct tally *tally, bool is_color, struct str *text_r);

/* One object, preflight(1).  All rows.  Caller frees. */
char *report_json_bounces(const struct tally *tally);

/* HTML with its style and charts in it; nothing is fetched, nothing runs.  Of rows the first fifty of each kind. */
void report_html_bounces(const struct tally *tally, struct str *html_r);

/* --- within lib/report ---------------------------------------------------------------- */

/* "2026-11-23 20:57"; empty where there is none. */
#define BOUNCES_TIME_MAX 64
void bounces_time_text(const struct maillog_time *time, char text_r[BOUNCES_TIME_MAX]);

/* A row's name as people read it: "<> (bounces)" for the null sender. */
const char *bounces_row_name(const struct tally_row *row);

/* "1,234,567" */
void add_count(struct str *s, uint64_t count);

/* "2.4 %", "0.03 %" */
void add_percent(struct str *s, double rate);

/* Has the row anything to show? */
bool bounces_is_empty(const struct counts *counts);

/*
 * Problems of one cause of which the same is said: where those end that begin at start, their sum, and who said it:
 * "gmail 221, example.net 12 and 3 more", untrusted.
 */
size_t bounces_group(const struct tally *tally, size_t start, struct tally_problem *sum_r, struct str *names_r);

/* Is a domain's bounce rate over the limit? */
bool bounces_is_over(const struct counts *counts);

#endif
