/*
 * What a refusal means: its cause, by patterns that are data (replies.conf, see conf/replies.conf for the format).
 * A struct replies is immutable and thread-safe; loading is for one thread at a time.
 */
#ifndef PREFLIGHT_JUDGE_REPLY_H
#define PREFLIGHT_JUDGE_REPLY_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct replies;

enum cause {
    CAUSE_SPF, CAUSE_DKIM, CAUSE_DMARC, CAUSE_IP_REPUTATION, CAUSE_DOMAIN_REPUTATION, CAUSE_CONTENT, CAUSE_RATE,
    CAUSE_RECIPIENT_POLICY, CAUSE_PTR, CAUSE_TLS, CAUSE_AUTH_REQUIRED, CAUSE_SENDER_REJECTED, CAUSE_MAILBOX, CAUSE_COUNT
};

const char *cause_name(enum cause cause);   /* "spf", "auth-required/relay-denied", as in replies.conf and JSON */

/* path: a file; NULL or "": what is built into the program.  NULL with err "FILE:LINE: ...". */
struct replies *replies_load(const char *path, struct err *err);
void replies_free(struct replies **replies);     /* NULL is fine */

struct reply {
    const char *text;           /* untrusted, of any length; its lines may be joined with a space or not */
    const char *host;           /* name of the server that said it, or NULL */
    const char *status;         /* an enhanced code told beside it, which counts where the text has none; or NULL */
    bool is_delayed;            /* it is known to be tried again, which counts where there is no code */
};

struct explanation {
    enum cause cause;           /* CAUSE_MAILBOX where no pattern held */
    bool also[CAUSE_COUNT];     /* never the cause itself */
    char receiver[64];          /* "" where it is not recognised */
    char code[4];               /* "550", "" where there is none */
    char enhanced[16];          /* "5.7.26", "" where there is none */
    bool is_temporary;          /* by the code; without one by the enhanced code, then by what is told beside it */
    /* Borrowed from the replies: */
    const char *pattern;        /* the one that held; NULL where none did */
    const char *title;          /* the receiver's; NULL where it is not recognised */
    const char *text;           /* what it means */
    const char *remedy;         /* what to do now */
    const char *page;           /* where it is written */
};

void replies_explain(const struct replies *replies, const struct reply *reply, struct explanation *out);

#endif
