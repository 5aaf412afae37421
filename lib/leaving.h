/*
 * One message as it leaves, beside the message as it came: what Postfix does to it after the milter, and what that does
 * to its signatures.  The engine's inside; for one thread at a time.
 */
#ifndef PREFLIGHT_LEAVING_H
#define PREFLIGHT_LEAVING_H

#include "lib/engine.h"
#include "lib/message/message.h"

struct leaving;

/*
 * NULL where Postfix does nothing that is known: the usual case.  sender: as the MTA told it.
 */
struct leaving *leaving_begin(struct preflight *pf, const char *sender, const char *id);
void leaving_free(struct leaving **leaving);        /* NULL is fine */

/* The message as it came; NULL is fine for all of these. */
void leaving_header(struct leaving *leaving, const char *name, const char *value);

/* Asks Postfix's tables, and puts the message as it leaves in the place of *message where its header differs. */
void leaving_end_of_header(struct leaving *leaving, struct message **message);
void leaving_body(struct leaving *leaving, const unsigned char *data, size_t len);

/* --- after the end of the header; NULL is fine ---------------------------------------------------- */

/* The sender of the envelope as it leaves: sender itself where it stays. */
const char *leaving_sender(const struct leaving *leaving, const char *sender);

/* Why it is not known what leaves, or NULL. */
const char *leaving_problem(const struct leaving *leaving);

/* Milliseconds that tables were waited for. */
int64_t leaving_waited(const struct leaving *leaving);

/*
 * results: of the message as it came.  Makes them those of the message as it leaves: a signature that is valid now and
 * broken by then fails, and its reason names what breaks it.
 */
void leaving_verify(struct leaving *leaving, struct dns_budget *budget, struct dkim_results *results);

/* sender: as the MTA told it. */
void leaving_findings(const struct leaving *leaving, const char *sender, struct findings *findings);

#endif
