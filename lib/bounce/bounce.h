/*
 * What came back: the refusals in a bounce message (RFC 3464, RFC 6533), in lines of a mail log, in a reply as such.
 * All of it is untrusted and bounded here; texts hold no NUL and no line's end, and are not escaped.
 * Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_BOUNCE_BOUNCE_H
#define PREFLIGHT_BOUNCE_BOUNCE_H

#include <stdbool.h>
#include <stddef.h>

#define BOUNCE_INPUT_MAX (10 * 1024 * 1024)     /* bytes read */
#define BOUNCES_MAX 1000                        /* refusals kept */
#define BOUNCE_REPLY_MAX 16384                  /* bytes of one reply */

struct err;

/* The message that was refused, as far as it came back. */
struct bounce_original {
    char *text;
    size_t len;
    bool is_whole;              /* with its body, which may be cut; else the header only */
    bool is_as_sent;            /* by a server that signs before it queues: no signature means there was none */
};

struct bounce {
    char *recipient;            /* without <>; NULL where unknown, as all below */
    char *reply;                /* its lines joined with a space; never NULL, "" where none was told */
    char *host;                 /* who refused, a name or an address */
    char *queue_id;             /* at the server that tells */
    char *status;               /* "5.7.26", as told beside the reply */
    bool is_delayed;            /* it is tried again */
    char *sender;               /* of the refused message; "" is the null sender */
    char *message_id;           /* likewise, with its <> */
    const struct bounce_original *original;     /* borrowed from the struct bounces */
};

struct bounces {
    struct bounce *items;       /* in the order of the text */
    size_t count, capacity;
    size_t left_out;            /* refusals beyond BOUNCES_MAX */
    struct bounce_original **originals;
    size_t n_originals, originals_capacity;
};

/*
 * Reads what a person has at hand: a bounce message or an mbox of them, also forwarded or without its MIME parts; the
 * text of one; lines that Postfix, Sendmail, Exim or preflight-milter logged; a reply, or several, one after the other.
 * Only the first BOUNCE_INPUT_MAX bytes count.  Deliveries are no refusals: they are left out.
 * -1 with err where nothing in it was refused; *bounces_r is empty then.  The caller clears it in any case.
 */
int bounces_read(const char *text, size_t len, struct bounces *bounces_r, struct err *err);
void bounces_clear(struct bounces *bounces);

#endif
