/*
 * Joins the lines of a mail log to messages, and messages to what our milter said of them; what becomes of each
 * recipient goes into a tally, once.
 *
 * A queue id is a message from its first line to "removed"; Postfix gives short ids again afterwards.  Some thousand
 * removed ones are kept a while, for lines that come late.  A message that is queued anew - by a content filter
 * ("queued as", orig_queue_id=, or the same Message-ID), by local's forwarding, by postsuper -r - goes on under its new
 * id with the prediction it had; an own line about the new id replaces that.
 *
 * Memory: at most JOIN_MESSAGES_MAX messages and twice as many deferred recipients, some 170 MB in all.  Beyond that
 * the message that was silent for longest is forgotten: its deferred recipients count as deferred, its later lines as a
 * message's of which nothing is known.  The tally says how many.  Not shared between threads.
 */
#ifndef PREFLIGHT_BOUNCE_JOIN_H
#define PREFLIGHT_BOUNCE_JOIN_H

#include "lib/bounce/tally.h"
#include "lib/judge/reply.h"

#include <stdbool.h>
#include <stddef.h>

#define JOIN_MESSAGES_MAX 524288
#define JOIN_REMOVED_MAX 65536      /* of the messages: removed and kept a while */

struct join;
struct maillog;

/* What the join asks.  name_r: whose server that is; is_known_r: receivers.conf has it. */
struct join_judges {
    void (*explain)(void *arg, const struct reply *reply, struct explanation *explanation_r);
    void (*receiver)(void *arg, const char *host, char name_r[TALLY_NAME_MAX], bool *is_known_r);
    void *arg;
};

/* Borrows tally and what arg points to.  messages_max: 2..JOIN_MESSAGES_MAX. */
struct join *join_new(struct tally *tally, const struct join_judges *judges, size_t messages_max);

/* A line, its time with a year. */
void join_line(struct join *join, const struct maillog *line);

/* Counts what still waits.  No line may follow. */
void join_finish(struct join *join);
void join_free(struct join **join);

#endif
