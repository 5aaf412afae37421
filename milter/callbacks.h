/*
 * libmilter: its callbacks, and the few calls that start it.  callbacks.c alone includes libmilter's header.
 * libmilter has one set of static state, so there is one of this in a process.
 */
#ifndef PREFLIGHT_MILTER_CALLBACKS_H
#define PREFLIGHT_MILTER_CALLBACKS_H

#include <stdbool.h>

struct err;
struct service;

/* service: of all callbacks, borrowed until the process ends. */
int callbacks_register(struct service *service, struct err *err);

/* A socket_opener; the listening socket is there when it returns. */
int callbacks_open(const char *conn);

/* Serves until libmilter gives up: -1, or is told to by a signal it caught: 0.  Its other threads stay. */
int callbacks_run(void);

/*
 * What to ask of the MTA, given what it offers; all are libmilter's flag words.  is_quiet: no replies are expected
 * between MAIL and the end of the message; over TCP, RCPT and DATA have theirs.
 */
struct callbacks_wish {
    unsigned long actions;      /* SMFIF_* */
    unsigned long steps;        /* SMFIP_* */
    int has_leading_space;
    int is_quiet;
};
void callbacks_negotiate(unsigned long actions, unsigned long steps, bool is_tcp, struct callbacks_wish *wish_r);

#endif
