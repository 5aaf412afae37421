/*
 * libunbound, asked asynchronously: one dispatcher thread makes every call of the library and receives every answer.
 * The owner's functions are called on that thread.  Create it after fork(2); signals are blocked in its threads.
 */
#ifndef PREFLIGHT_DNS_RESOLVER_H
#define PREFLIGHT_DNS_RESOLVER_H

#include <stdint.h>

struct answer;
struct dns_settings;
struct err;
struct question;
struct resolver;

/* One question on its way.  Embed it, set question; the rest is the resolver's until done or resolver_cancel. */
struct query {
    const struct question *question;    /* must stay as long as the query */
    struct resolver *resolver;
    struct query *next;
    int id;
};

struct resolver_owner {
    void *ctx;
    void (*done)(void *ctx, struct query *query, struct answer *answer);    /* takes the answer */
    int64_t (*tick)(void *ctx);     /* after whatever happened; returns in how many ms at the latest again, -1: never */
};

/* Settings' servers and trust anchor; the owner is copied.  NULL with err. */
struct resolver *resolver_new(const struct dns_settings *settings, const struct resolver_owner *owner, struct err *err);

/* Stops the dispatcher; queries still out are forgotten, their done is never called. */
void resolver_free(struct resolver **resolver);

/* From any thread; never waits.  done may be called before it returns. */
void resolver_ask(struct resolver *resolver, struct query *query);

/* Only from within tick: done will not be called for this query, which was asked before this tick. */
void resolver_cancel(struct resolver *resolver, struct query *query);

#endif
