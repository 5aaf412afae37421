/*
 * Questions in flight; see pending.h.  One hash table and two queues, each in the order of its deadlines.
 */
#include "config.h"

#include "lib/dns/pending.h"

#include "lib/base/mem.h"
#include "lib/dns/answer.h"

#include <stdlib.h>
#include <time.h>

#define BUCKETS 1024

struct queue {
    struct pending *first, *last;
};

struct pending_table {
    size_t count;
    struct queue queues[2];         /* waited for, overdue */
    struct pending *buckets[BUCKETS];
};

struct pending_table *pending_table_new(void)
{
    return xcalloc(1, sizeof(struct pending_table));
}

static void enqueue(struct queue *queue, struct pending *p)
{
    p->after = NULL;
    p->before = queue->last;
    *(queue->last == NULL ? &queue->first : &queue->last->after) = p;
    queue->last = p;
}

static void dequeue(struct queue *queue, struct pending *p)
{
    *(p->before == NULL ? &queue->first : &p->before->after) = p->after;
    *(p->after == NULL ? &queue->last : &p->after->before) = p->before;
}

static struct pending **find(struct pending_table *table, const struct question *q)
{
    struct pending **place = &table->buckets[q->hash % BUCKETS];

    while (*place != NULL && !question_is_equal(&(*place)->question, q))
        place = &(*place)->chain;
    return place;
}

struct pending *pending_find(struct pending_table *table, const struct question *q)
{
    return *find(table, q);
}

size_t pending_count(const struct pending_table *table)
{
    return table->count;
}

struct pending *pending_add(struct pending_table *table, const struct question *q, int64_t now_ms, int64_t due_ms)
{
    struct pending *p = xcalloc(1, sizeof(*p));
    struct pending **bucket = &table->buckets[q->hash % BUCKETS];
    pthread_condattr_t attr;

    p->question = *q;
    p->query.question = &p->question;
    p->asked_ms = now_ms;
    p->due_ms = due_ms;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&p->answered, &attr);
    pthread_condattr_destroy(&attr);
    p->chain = *bucket;
    *bucket = p;
    enqueue(&table->queues[0], p);
    table->count++;
    return p;
}

void pending_requeue(struct pending_table *table, struct pending *p, bool is_overdue, int64_t due_ms)
{
    dequeue(&table->queues[p->is_overdue], p);
    p->is_overdue = is_overdue;
    p->due_ms = due_ms;
    enqueue(&table->queues[p->is_overdue], p);
}

struct pending *pending_first(struct pending_table *table, bool is_overdue)
{
    return table->queues[is_overdue].first;
}

void pending_remove(struct pending_table *table, struct pending *p)
{
    *find(table, &p->question) = p->chain;
    dequeue(&table->queues[p->is_overdue], p);
    table->count--;
}

void pending_free(struct pending *p)
{
    pthread_cond_destroy(&p->answered);
    answer_unref(p->answer);
    free(p);
}

void pending_table_free(struct pending_table **table)
{
    if (*table == NULL)
        return;
    for (int i = 0; i < 2; i++) {
        while ((*table)->queues[i].first != NULL) {
            struct pending *p = (*table)->queues[i].first;
            pending_remove(*table, p);
            pending_free(p);
        }
    }
    free(*table);
    *table = NULL;
}
