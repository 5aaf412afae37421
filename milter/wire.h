/*
 * Between the text of the milter protocol and ours.  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_MILTER_WIRE_H
#define PREFLIGHT_MILTER_WIRE_H

#include <stdbool.h>

struct sockaddr;

/*
 * Was the mail submitted by sendmail(1), without SMTP?  Postfix then shows the client as localhost, 127.0.0.1, port 0
 * (an SMTP client always has a port), Sendmail as localhost without an address.  addr may be NULL.
 */
bool wire_is_local(const char *hostname, const struct sockaddr *addr);

/* A reply's text for smfi_setreply: '%' doubled, control characters as spaces, cut to what libmilter takes. */
#define WIRE_REPLY_MAX 980
void wire_reply(const char *text, char reply_r[WIRE_REPLY_MAX + 1]);

#endif
