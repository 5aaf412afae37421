/*
 * One line of a mail log as Postfix writes it, and our own line between them (preflight-milter(8)).
 * Nothing is allocated or copied: what a line says points into it.  The text is untrusted.  Pure, thread-safe.
 *
 * Time stamps: "Nov 23 20:57:27" and RFC 3339.  Programs: "postfix/smtp", "postfix-out/smtp", "postfix/relay/smtp":
 * what stands behind the last slash says what it does, whatever syslog_name is.  Queue ids: short and long.
 */
#ifndef PREFLIGHT_BOUNCE_MAILLOG_H
#define PREFLIGHT_BOUNCE_MAILLOG_H

#include "lib/base/span.h"

#include <stdbool.h>
#include <stddef.h>

#define QUEUE_ID_MAX 32             /* bytes; Postfix's are up to 20 */

/* As written, without its zone. */
struct maillog_time {
    int year;                       /* 0: the line does not say */
    int month, day;                 /* 1..12, 1..31 */
    int hour, minute, second;
};

enum maillog_kind {
    MAILLOG_OTHER,                  /* a line of a log that tells nothing of the below */
    MAILLOG_DELIVERY,               /* an attempt at one recipient, and what became of it */
    MAILLOG_ARRIVED,                /* a queue id's first line: smtpd "client=", pickup "uid=" */
    MAILLOG_MESSAGE_ID,             /* cleanup */
    MAILLOG_QUEUED,                 /* qmgr "from=<...>, size=..., nrcpt=... (queue active)" */
    MAILLOG_EXPIRED,                /* qmgr gives up: what was deferred is returned */
    MAILLOG_REMOVED,                /* the queue id is free to be used again */
    MAILLOG_MILTER,                 /* cleanup "milter-reject:", "milter-hold:", "milter-discard:" */
    MAILLOG_VERDICT,                /* our own line */
};

/* Who tried to deliver. */
enum maillog_agent {
    AGENT_SMTP,                     /* smtp: to a receiver */
    AGENT_LMTP,
    AGENT_LOCAL,                    /* local, virtual, pipe, discard */
    AGENT_ERROR,                    /* error, retry: nobody was asked; a deferral stands for an earlier one's cause */
};

enum maillog_status {
    STATUS_SENT,
    STATUS_DEFERRED,                /* "SOFTBOUNCE", too */
    STATUS_BOUNCED,
    STATUS_EXPIRED,                 /* given up after a deferral */
    STATUS_OTHER,                   /* "deliverable", "undeliverable": a probe, no mail; and what is not known */
};

struct maillog {
    enum maillog_kind kind;
    struct maillog_time time;
    struct span host, program;      /* "mail", "postfix/smtp" */
    struct span queue_id;           /* not for MAILLOG_OTHER */

    /* MAILLOG_DELIVERY */
    enum maillog_agent agent;
    enum maillog_status status;
    struct span recipient;          /* without <> */
    struct span relay;              /* "mx.example.net[192.0.2.1]:25"; "none" */
    struct span dsn;                /* "5.7.26" */
    struct span reason;             /* what stands in the parentheses at the end; the end may be cut off */
    struct span remote;             /* "mx.example.net": who gave the reply, else who was asked, or empty */
    struct span reply;              /* what that server answered; empty where the reason is Postfix's own */
    struct span next_id;            /* "queued as ID", "forwarded as ID": maybe a queue id of this very log */

    /* MAILLOG_ARRIVED */
    struct span previous_id;        /* "orig_queue_id=" of XFORWARD, "orig_id=" of postsuper -r; or empty */
    bool is_requeued;               /* postsuper -r: the previous one is no more */

    struct span message_id;         /* MAILLOG_MESSAGE_ID: without <>; may be empty */
    struct span sender;             /* MAILLOG_QUEUED, MAILLOG_VERDICT: without <>; empty for the null sender */
    int recipients;                 /* MAILLOG_QUEUED: nrcpt */
    struct span event;              /* MAILLOG_MILTER: "milter-reject" */

    /* MAILLOG_VERDICT: words as preflight-milter(8) has them; "-" is empty here */
    struct span verdict, action, author, predict, findings;
};

/* False where it is no line of a log: no time stamp, host and program. */
bool maillog_parse(const char *line, size_t len, struct maillog *line_r);

#endif
