/*
 * The MTA's side of the milter protocol, version 6, as far as a load generator needs it: one connection to one filter,
 * blocking, with the packets of a message sent together where no reply is waited for, as Postfix does.
 * A connection belongs to one thread.  What breaks the protocol ends the program.
 */
#ifndef PREFLIGHT_BENCH_MTA_H
#define PREFLIGHT_BENCH_MTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MTA_FIELDS_MAX 64       /* header fields of a message, those a filter adds included */

struct field {
    const char *name, *value;   /* value: after the colon, its leading space with it */
};

/* A message as it goes from filter to filter; strings are borrowed. */
struct mail {
    const char *sender, *recipient;     /* without <> */
    const char *queue_id;
    struct field fields[MTA_FIELDS_MAX];
    size_t n_fields;
    const char *body;           /* CRLF lines */
    size_t body_len;
};

struct client {
    const char *name, *address; /* IPv4 */
    const char *user;           /* authenticated; NULL where not */
};

struct mta;

/* address: a path, or "inet:PORT@ADDRESS". */
struct mta *mta_connect(const char *address, const struct client *client);
void mta_quit(struct mta **mta);

/* MAIL, RCPT and DATA.  'c', or how the filter lets go of the message: 'a' accept, 't' tempfail, 'r' reject. */
char mta_envelope(struct mta *mta, const struct client *client, const struct mail *mail);

/*
 * Header, body and end of message, which the filter may add fields to.  The answer as above, 'y' for a reply of its
 * own; wait_us_r: from the last packet to the answer.
 */
char mta_content(struct mta *mta, struct mail *mail, int64_t *wait_us_r);

int64_t mta_now_us(void);

#endif
