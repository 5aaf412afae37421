/*
 * The messages that a mail log is in the middle of; see mailqueue.h.
 * The pools are one allocation each, of which the system gives only the pages that are used.
 */
#include "config.h"

#include "lib/bounce/mailqueue.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct list {
    struct message *oldest, *newest;
    size_t count;
};

struct mailqueue {
    struct message *messages;       /* the pool */
    size_t messages_used, messages_max, removed_max;
    struct message *free_messages;  /* through older */
    struct waiting *waiting;        /* the pool */
    size_t waiting_used, waiting_max;
    struct waiting *free_waiting;
    struct message **by_id, **by_message_id;
    struct waiting **by_recipient;
    size_t buckets;                 /* of each; a power of two */
    struct list live, removed;
    uint64_t seed;
    mailqueue_forget *forget;
    void *arg;
};

/* --- lists and chains -------------------------------------------------------------- */

static void list_append(struct list *list, struct message *message)
{
    message->newer = NULL;
    message->older = list->newest;
    if (list->newest != NULL)
        list->newest->newer = message;
    else
        list->oldest = message;
    list->newest = message;
    list->count++;
}

static void list_take(struct list *list, struct message *message)
{
    if (message->older != NULL)
        message->older->newer = message->newer;
    else
        list->oldest = message->newer;
    if (message->newer != NULL)
        message->newer->older = message->older;
    else
        list->newest = message->older;
    list->count--;
}

static struct list *list_of(struct mailqueue *queue, const struct message *message)
{
    return message->is_removed ? &queue->removed : &queue->live;
}

static struct message **id_bucket(const struct mailqueue *queue, struct span id)
{
    return &queue->by_id[span_hash(id, queue->seed) & (queue->buckets - 1)];
}

static struct message **message_id_bucket(const struct mailqueue *queue, uint64_t hash)
{
    return &queue->by_message_id[hash & (queue->buckets - 1)];
}

/* --- messages ------------------------------------------------------------------------ */

struct mailqueue *mailqueue_new(size_t messages_max, size_t removed_max, size_t waiting_max, uint64_t seed,
                                mailqueue_forget *forget, void *arg)
{
    struct mailqueue *queue = xcalloc(1, sizeof(*queue));

    assert(messages_max > 1 && waiting_max > 0);
    queue->buckets = 16;
    while (queue->buckets < messages_max)
        queue->buckets *= 2;
    queue->messages = xcalloc(messages_max, sizeof(*queue->messages));
    queue->waiting = xcalloc(waiting_max, sizeof(*queue->waiting));
    queue->by_id = xcalloc(queue->buckets, sizeof(*queue->by_id));
    queue->by_message_id = xcalloc(queue->buckets, sizeof(*queue->by_message_id));
    queue->by_recipient = xcalloc(queue->buckets, sizeof(*queue->by_recipient));
    queue->messages_max = messages_max;
    queue->removed_max = removed_max;
    queue->waiting_max = waiting_max;
    queue->seed = seed;
    queue->forget = forget;
    queue->arg = arg;
    return queue;
}

void mailqueue_free(struct mailqueue **queue)
{
    if (*queue == NULL)
        return;
    free((*queue)->messages);
    free((*queue)->waiting);
    free((*queue)->by_id);
    free((*queue)->by_message_id);
    free((*queue)->by_recipient);
    free(*queue);
    *queue = NULL;
}

struct message *mailqueue_find(struct mailqueue *queue, struct span id)
{
    struct message *message = *id_bucket(queue, id);

    while (message != NULL && !span_is(id, message->id))
        message = message->same_id;
    if (message != NULL && message->newer != NULL) {
        list_take(list_of(queue, message), message);
        list_append(list_of(queue, message), message);
    }
    return message;
}

void mailqueue_drop(struct mailqueue *queue, struct message *message)
{
    struct message **link = id_bucket(queue, (struct span){ message->id, strlen(message->id) });

    assert(message->waiting == NULL);
    while (*link != message)
        link = &(*link)->same_id;
    *link = message->same_id;
    if (message->message_id != 0) {
        link = message_id_bucket(queue, message->message_id);
        while (*link != message)
            link = &(*link)->same_message_id;
        *link = message->same_message_id;
    }
    list_take(list_of(queue, message), message);
    message->older = queue->free_messages;
    queue->free_messages = message;
}

/* The newest live message is in use. */
static void make_room(struct mailqueue *queue)
{
    struct message *message = queue->removed.oldest;

    if (message == NULL) {
        message = queue->live.oldest;
        queue->forget(queue->arg, message);
    }
    mailqueue_drop(queue, message);
}

static struct message *take_free(struct mailqueue *queue)
{
    if (queue->free_messages == NULL && queue->messages_used == queue->messages_max)
        make_room(queue);
    struct message *message = queue->free_messages;
    if (message == NULL)
        return &queue->messages[queue->messages_used++];
    queue->free_messages = message->older;
    return message;
}

struct message *mailqueue_add(struct mailqueue *queue, struct span id)
{
    struct message *message = take_free(queue), **bucket = id_bucket(queue, id);

    *message = (struct message){ .same_id = *bucket };
    span_copy(id, message->id, sizeof(message->id));
    *bucket = message;
    list_append(&queue->live, message);
    return message;
}

void mailqueue_remove(struct mailqueue *queue, struct message *message)
{
    if (message->is_removed)
        return;
    assert(message->waiting == NULL);
    list_take(&queue->live, message);
    message->is_removed = true;
    list_append(&queue->removed, message);
    if (queue->removed.count > queue->removed_max)
        mailqueue_drop(queue, queue->removed.oldest);
}

void mailqueue_set_message_id(struct mailqueue *queue, struct message *message, struct span message_id)
{
    if (message->message_id != 0 || message_id.len == 0)
        return;
    message->message_id = span_hash(message_id, queue->seed) | 1;       /* never 0 */
    struct message **bucket = message_id_bucket(queue, message->message_id);
    message->same_message_id = *bucket;
    *bucket = message;
}

/* Many messages under one Message-ID, as somebody may send, are not walked through. */
struct message *mailqueue_same(const struct message *message)
{
    struct message *other = message->message_id == 0 ? NULL : message->same_message_id;

    for (int steps = 0; other != NULL && steps < 16; steps++, other = other->same_message_id) {
        if (other->message_id == message->message_id)
            return other;
    }
    return NULL;
}

struct message *mailqueue_first(const struct mailqueue *queue)
{
    return queue->live.oldest;
}

struct message *mailqueue_next(const struct message *message)
{
    return message->newer;
}

/* --- who waits ------------------------------------------------------------------------- */

/* A message may have any number of recipients, so that its own list is not searched. */
static struct waiting **waiting_bucket(const struct mailqueue *queue, const struct message *message, uint64_t recipient)
{
    uint64_t number = (uint64_t)(message - queue->messages);

    return &queue->by_recipient[(recipient + number * 0x9e3779b97f4a7c15ULL) & (queue->buckets - 1)];
}

static struct waiting *find_waiting(const struct mailqueue *queue, const struct message *message, uint64_t recipient)
{
    struct waiting *waiting = *waiting_bucket(queue, message, recipient);

    while (waiting != NULL && (waiting->recipient != recipient || waiting->message != message))
        waiting = waiting->same;
    return waiting;
}

struct waiting *mailqueue_waits(struct mailqueue *queue, struct message *message, struct span recipient)
{
    return message->waiting == NULL ? NULL : find_waiting(queue, message, span_hash(recipient, queue->seed));
}

static void attach(struct mailqueue *queue, struct message *message, struct waiting *waiting)
{
    struct waiting **bucket = waiting_bucket(queue, message, waiting->recipient);

    waiting->message = message;
    waiting->same = *bucket;
    *bucket = waiting;
    waiting->previous = NULL;
    waiting->next = message->waiting;
    if (waiting->next != NULL)
        waiting->next->previous = waiting;
    message->waiting = waiting;
}

static void detach(struct mailqueue *queue, struct message *message, struct waiting *waiting)
{
    struct waiting **link = waiting_bucket(queue, message, waiting->recipient);

    while (*link != waiting)
        link = &(*link)->same;
    *link = waiting->same;
    if (waiting->next != NULL)
        waiting->next->previous = waiting->previous;
    if (waiting->previous != NULL)
        waiting->previous->next = waiting->next;
    else
        message->waiting = waiting->next;
}

/* The message itself may be the oldest that has any: then it keeps its place and forgets them. */
static void make_room_to_wait(struct mailqueue *queue, const struct message *message)
{
    while (queue->free_waiting == NULL && queue->waiting_used == queue->waiting_max) {
        struct message *oldest = queue->live.oldest;
        queue->forget(queue->arg, oldest);
        if (oldest != message)
            mailqueue_drop(queue, oldest);
    }
}

struct waiting *mailqueue_wait(struct mailqueue *queue, struct message *message, struct span recipient)
{
    uint64_t hash = span_hash(recipient, queue->seed);
    struct waiting *waiting = find_waiting(queue, message, hash);

    if (waiting != NULL)
        return waiting;
    assert(!message->is_removed);
    make_room_to_wait(queue, message);
    waiting = queue->free_waiting;
    if (waiting != NULL)
        queue->free_waiting = waiting->next;
    else
        waiting = &queue->waiting[queue->waiting_used++];
    *waiting = (struct waiting){ .recipient = hash };
    attach(queue, message, waiting);
    return waiting;
}

void mailqueue_wait_end(struct mailqueue *queue, struct message *message, struct waiting *waiting)
{
    detach(queue, message, waiting);
    waiting->next = queue->free_waiting;
    queue->free_waiting = waiting;
}

void mailqueue_wait_move(struct mailqueue *queue, struct message *from, struct message *to)
{
    while (from->waiting != NULL) {
        struct waiting *waiting = from->waiting;
        if (find_waiting(queue, to, waiting->recipient) != NULL) {
            mailqueue_wait_end(queue, from, waiting);
            continue;
        }
        detach(queue, from, waiting);
        attach(queue, to, waiting);
    }
}
