/*
 * What Postfix does to a message after the milter, by the facts that are known of it: the sender of its envelope and
 * its header as they leave.  Tables are asked once per message, at the end of its header; what they said of addresses
 * is kept.  The engine belongs to many threads, a departure to one at a time.
 */
#ifndef PREFLIGHT_DEPART_DEPART_H
#define PREFLIGHT_DEPART_DEPART_H

#include "lib/depart/relayfacts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct depart;              /* the engine: one per configuration */
struct departure;           /* one message */
struct err;
struct postmap;
struct str;

/* Asks postconf(1) where conf says so.  NULL with err where that fails. */
struct depart *depart_new(const struct conf *conf, struct err *err);
void depart_free(struct depart **depart);       /* NULL is fine */
const struct relay_facts *depart_facts(const struct depart *depart);
struct postmap *depart_postmap(const struct depart *depart);
const char *depart_limit_setting(const struct depart *depart);      /* "smtp_line_length_limit = 998" */

/* Adds "SETTING (TABLES)", behind "; " where there is some text already.  tables may be NULL: none. */
void depart_name_setting(const char *setting, const struct conf_strings *tables, struct str *text);

/* A header field that leaves as another one. */
struct departure_change {
    const char *setting;            /* "smtp_generic_maps"; without tables "smtp_line_length_limit = 998" */
    const struct conf_strings *tables;      /* NULL: none */
    char *field;                    /* its name; of one that is added, the new one's */
    const char *what;               /* "rewrites", "replaces", "removes", "adds", "moves", "cuts" */
};

struct departure_limits {
    int headers, header_bytes;      /* as in struct conf; how a header beyond them is rewritten is a problem */
};

/*
 * sender: without <>, as the MTA told it.  Of what sendmail(1) submits Postfix tells the milter the sender as it is
 * after canonical(5), and a second time changes nothing: these tables are asked until they say nothing new.
 * NULL where nothing is done to sender or header: the usual case.
 */
struct departure *departure_begin(const struct depart *depart, const char *sender,
                                  const struct departure_limits *limits);
void departure_free(struct departure **departure);      /* NULL is fine */

/* A field in the order of the message; value: all after the colon, folds as LF or CRLF. */
void departure_header(struct departure *departure, const char *name, const char *value);

/* Asks, waiting no longer than deadline_ms on clock_ms(). */
void departure_end_of_header(struct departure *departure, int64_t deadline_ms);

/* --- after departure_end_of_header; all borrowed until departure_free -------------------------- */

/* Why it is not known what leaves; NULL where it is.  Then sender and header are those that came. */
const char *departure_problem(const struct departure *departure);

/* False of a header over the limits: none of its fields was kept. */
bool departure_has_fields(const struct departure *departure);

const char *departure_sender(const struct departure *departure);
const char *departure_sender_setting(const struct departure *departure);    /* "" where it stays */

/* Of the From field: its first address, or "", before and after. */
const char *departure_author_before(const struct departure *departure);
const char *departure_author_after(const struct departure *departure);

/* What changes in the header; 0: it leaves as it came. */
size_t departure_changes(const struct departure *departure, const struct departure_change **list_r);

/* The header as it leaves, field by field; folds as LF.  False at the end. */
bool departure_field(const struct departure *departure, size_t i, const char **name_r, const char **value_r);

#endif
