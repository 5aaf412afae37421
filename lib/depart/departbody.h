/*
 * The body of one message as it leaves Postfix, beside its header in depart.h.  Streamed where nothing has to be asked;
 * where tables have a say, the body is kept, within a bound, and asked about at its end.  For one thread at a time.
 */
#ifndef PREFLIGHT_DEPART_DEPARTBODY_H
#define PREFLIGHT_DEPART_DEPARTBODY_H

#include "lib/depart/bodychange.h"
#include "lib/depart/depart.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes of a body that tables are asked about; of a longer one nothing is known. */
#define DEPARTBODY_ASKED_MAX (7 * 1024 * 1024)

struct departbody;
struct str;

/* write: gets the body as it leaves.  NULL where nothing that is known changes bodies. */
struct departbody *departbody_begin(const struct depart *depart, bodychange_write *write, void *context);
void departbody_free(struct departbody **body);     /* NULL is fine */

/* The message as it came. */
void departbody_header(struct departbody *body, const char *name, const char *value);
void departbody_end_of_header(struct departbody *body);
void departbody_add(struct departbody *body, const unsigned char *data, size_t len);

/* Asks what is to be asked, waiting no longer than deadline_ms on clock_ms(), and writes what is left. */
void departbody_end(struct departbody *body, int64_t deadline_ms);

/* After departbody_end: why it is not known how the body leaves; NULL where it is. */
const char *departbody_problem(const struct departbody *body);

/* What was done to what is written by now: a set of BODYCHANGE_*. */
unsigned departbody_done(const struct departbody *body);

/* "smtp_body_checks (regexp:/etc/postfix/body) changes the body", for each that was done. */
void departbody_describe(const struct departbody *body, struct str *text);

#endif
