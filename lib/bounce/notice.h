/*
 * A notice in words, as mail servers write it beside a delivery status or instead of one: qmail's QSBMF, and the texts
 * of Postfix, Exim, Sendmail, Exchange and their like.  Best effort: what cannot be made out is left out.
 * Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_BOUNCE_NOTICE_H
#define PREFLIGHT_BOUNCE_NOTICE_H

#include "lib/bounce/bounce.h"

struct notice_summary {
    const char *original;       /* into the text: what follows it, a message or its header; NULL where nothing does */
    bool is_sendmail;
};

/*
 * Adds the recipients that a text tells of; text holds no NUL but the one at its end.
 * is_notice: it is known to be one; else only what reads as a server's reply counts.
 */
void notice_read(const char *text, bool is_notice, struct bounces *bounces, struct notice_summary *summary_r);

/* Replies and hosts for those items from first on that have none, where the text gives them. */
void notice_complete(const char *text, struct bounces *bounces, size_t first, struct notice_summary *summary_r);

#endif
