/*
 * One connection from the MTA and its transaction in hand: the milter protocol's stages turned into calls of the
 * engine.  Knows no libmilter.  Used by one thread at a time, which may be another one at every call.
 */
#ifndef PREFLIGHT_MILTER_SESSION_H
#define PREFLIGHT_MILTER_SESSION_H

#include <stdbool.h>
#include <stddef.h>

struct preflight;
struct report;
struct service;
struct session;
struct sockaddr;

enum session_answer {
    SESSION_PASS,           /* not outgoing: nothing more to see of this message */
    SESSION_GO_ON,
    SESSION_SILENCE         /* the daemon stops: no answer, so that the MTA's milter_default_action applies */
};

struct session *session_new(struct service *service);
void session_free(struct session **session);            /* with the transaction in hand, if any */
void session_free_all(struct service *service);         /* those the MTA never closed; no callback is running */

/* has_leading_space: header values keep the space after the colon.  is_quiet: replies are not expected. */
void session_negotiated(struct session *session, bool has_leading_space, bool is_quiet);
bool session_is_quiet(const struct session *session);

/* hostname, addr, daemon: NULL where unknown. */
void session_connect(struct session *session, const char *hostname, const struct sockaddr *addr, const char *daemon);

/* sender as in MAIL FROM; user: {auth_authen}; queue_id: NULL where unknown.  Ends a transaction still in hand. */
enum session_answer session_mail(struct session *session, const char *sender, const char *user, const char *queue_id);
void session_recipient(struct session *session, const char *recipient);     /* as in RCPT TO */
void session_header(struct session *session, const char *name, const char *value);
void session_end_of_header(struct session *session);
void session_body(struct session *session, const unsigned char *data, size_t len);

/* Judges.  NULL where there is nothing to judge.  The transaction stays in hand until session_finish. */
struct report *session_judge(struct session *session, const char *queue_id);

/* The engine of the transaction in hand, borrowed; NULL where none is. */
const struct preflight *session_engine(const struct session *session);

/* The transaction is over, judged or not; nothing happens where none is in hand. */
void session_finish(struct session *session);

#endif
