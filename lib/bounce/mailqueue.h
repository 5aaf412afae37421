/*
 * The messages that a mail log is in the middle of: by queue id, by Message-ID, and who of their recipients was
 * deferred.  Bounded, see join.h: what was silent for longest makes room.  Not shared between threads.
 */
#ifndef PREFLIGHT_BOUNCE_MAILQUEUE_H
#define PREFLIGHT_BOUNCE_MAILQUEUE_H

#include "lib/base/span.h"
#include "lib/bounce/maillog.h"
#include "lib/bounce/tally.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A recipient that was deferred, and is neither delivered nor refused yet. */
struct waiting {
    /* The caller's. */
    uint32_t receiver;              /* row of the tally */
    int32_t hour;                   /* of the last attempt */
    int cause, problem;             /* as in struct outcome */
    bool is_known;                  /* the receiver is one of receivers.conf */

    /* The queue's. */
    uint64_t recipient;             /* a hash of the address */
    const struct message *message;
    struct waiting *next, *previous;    /* of the message's */
    struct waiting *same;           /* next of the chain */
};

struct message {
    /* The caller's; zero in a new message. */
    struct waiting *waiting;        /* through mailqueue_wait and mailqueue_wait_end only */
    uint32_t domain;                /* row of the tally, once has_domain */
    uint32_t predicted_at;          /* row of the receiver whose prediction it is */
    int32_t prevented_hour;
    int recipients;                 /* that the prediction was for; 0: not known */
    enum forecast forecast;         /* FORECAST_NONE: no line of ours, or unsure */
    bool is_generic;                /* the prediction is for whoever is no receiver of its own */
    bool has_domain, has_author;    /* has_author: the domain is the author's, by a line of ours */
    bool has_verdict;               /* a line of ours was about this very queue id */
    bool is_prevented;
    enum prevention prevention;

    /* The queue's. */
    char id[QUEUE_ID_MAX + 1];
    uint64_t message_id;            /* a hash; 0: none */
    bool is_removed;
    struct message *same_id, *same_message_id;      /* next of the chain */
    struct message *older, *newer;                  /* of the list it is in */
};

struct mailqueue;

/* forget: called for a message that has to make room, before it is gone; it must leave nothing waiting. */
typedef void mailqueue_forget(void *arg, struct message *message);
struct mailqueue *mailqueue_new(size_t messages_max, size_t removed_max, size_t waiting_max, uint64_t seed,
                                mailqueue_forget *forget, void *arg);
void mailqueue_free(struct mailqueue **queue);

/* NULL where it is not there.  A message that is asked for is the newest again. */
struct message *mailqueue_find(struct mailqueue *queue, struct span id);

/* A new message; there must be none of that id.  Others may have to make room, but not the one asked for last. */
struct message *mailqueue_add(struct mailqueue *queue, struct span id);

/* The queue id is free again; the message is kept a while. */
void mailqueue_remove(struct mailqueue *queue, struct message *message);

/* Gone at once.  Nothing may wait. */
void mailqueue_drop(struct mailqueue *queue, struct message *message);

/* Files the message under its Message-ID, once. */
void mailqueue_set_message_id(struct mailqueue *queue, struct message *message, struct span message_id);

/* Another message with the same Message-ID that was filed before this one; NULL where there is none. */
struct message *mailqueue_same(const struct message *message);

/* The recipient's entry, or NULL. */
struct waiting *mailqueue_waits(struct mailqueue *queue, struct message *message, struct span recipient);

/* The same, made where there is none.  Others may be forgotten for it. */
struct waiting *mailqueue_wait(struct mailqueue *queue, struct message *message, struct span recipient);

/* It waits no longer. */
void mailqueue_wait_end(struct mailqueue *queue, struct message *message, struct waiting *waiting);

/* What waits with one message waits with the other one. */
void mailqueue_wait_move(struct mailqueue *queue, struct message *from, struct message *to);

/* The oldest live message, then the next newer one; NULL at the end. */
struct message *mailqueue_first(const struct mailqueue *queue);
struct message *mailqueue_next(const struct message *message);

#endif
