/*
 * Questions in flight: each is asked once, whoever wants its answer joins.
 *
 * A question whose time is over is "overdue": nobody waits for it any more, but libunbound still works on it (it has no
 * way to drop one), so it keeps its place here, counts against the bound, and its late answer is still welcome.
 * Not locked: the caller's mutex covers it.
 */
#ifndef PREFLIGHT_DNS_PENDING_H
#define PREFLIGHT_DNS_PENDING_H

#include "lib/dns/question.h"
#include "lib/dns/resolver.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pending {
    struct query query;             /* first: the resolver hands it back */
    struct question question;
    struct pending *chain;          /* next in the bucket */
    struct pending *before, *after; /* in the queue, by due_ms */
    pthread_cond_t answered;        /* on CLOCK_MONOTONIC */
    struct answer *answer;          /* NULL until answered */
    int waiters;
    int64_t asked_ms;
    int64_t due_ms;                 /* when it becomes overdue, or is given up */
    bool is_overdue;
};

struct pending_table;

struct pending_table *pending_table_new(void);
void pending_table_free(struct pending_table **table);      /* and what is left in it */
struct pending *pending_find(struct pending_table *table, const struct question *q);
size_t pending_count(const struct pending_table *table);

/* A new one, in the table and at the queue's end: due_ms must not be before that of the others waiting. */
struct pending *pending_add(struct pending_table *table, const struct question *q, int64_t now_ms, int64_t due_ms);

/* Back among those waited for, or over to the overdue. */
void pending_requeue(struct pending_table *table, struct pending *p, bool is_overdue, int64_t due_ms);

/* The first to become due among the waited for or the overdue, or NULL. */
struct pending *pending_first(struct pending_table *table, bool is_overdue);

/* Out of the table; the last waiter, or the caller if there is none, frees it. */
void pending_remove(struct pending_table *table, struct pending *p);
void pending_free(struct pending *p);

#endif
