/*
 * Messages of the last day in a table of fixed size; see volume.h.
 * A pair's hash gives it a row of few places: where these are taken, the one that sends least makes room.  So neither
 * memory nor time depend on how many domains are seen, and a large sender is never forgotten for small ones.
 */
#include "config.h"

#include "lib/state/volume.h"

#include "lib/base/mem.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 8            /* of a row */
#define HOUR_MS (60 * 60 * 1000)

struct counter {
    char *receiver, *domain;            /* NULL: the place is free */
    int64_t hour;                       /* the last one counted in */
    uint32_t counts[VOLUME_HOURS];      /* of hour h at h % VOLUME_HOURS */
};

struct volume {
    int refs;                   /* atomic */
    pthread_mutex_t lock;
    size_t n_rows;              /* a power of two */
    struct counter (*rows)[PLACES];
};

struct volume *volume_new(size_t room)
{
    struct volume *v = xcalloc(1, sizeof(*v));

    v->refs = 1;
    for (v->n_rows = 1; v->n_rows * PLACES < room; v->n_rows *= 2)
        ;
    v->rows = xcalloc(v->n_rows, sizeof(*v->rows));
    pthread_mutex_init(&v->lock, NULL);
    return v;
}

struct volume *volume_ref(struct volume *volume)
{
    __atomic_add_fetch(&volume->refs, 1, __ATOMIC_RELAXED);
    return volume;
}

void volume_unref(struct volume **volume)
{
    struct volume *v = *volume;

    *volume = NULL;
    if (v == NULL || __atomic_sub_fetch(&v->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < v->n_rows * PLACES; i++) {
        free(v->rows[i / PLACES][i % PLACES].receiver);
        free(v->rows[i / PLACES][i % PLACES].domain);
    }
    pthread_mutex_destroy(&v->lock);
    free(v->rows);
    free(v);
}

static uint32_t hash_of(uint32_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * 16777619U;
    return hash * 16777619U;
}

static struct counter *row_of(struct volume *v, const char *receiver, const char *domain)
{
    uint32_t hash = hash_of(hash_of(2166136261U, receiver), domain);

    return v->rows[(hash ^ (hash >> 15)) & (v->n_rows - 1)];
}

/* Empties the hours that have passed since the last message. */
static void advance(struct counter *counter, int64_t hour)
{
    int64_t passed = hour - counter->hour;

    if (passed <= 0)
        return;
    for (int64_t i = 1; i <= passed && i <= VOLUME_HOURS; i++)
        counter->counts[(counter->hour + i) % VOLUME_HOURS] = 0;
    counter->hour = hour;
}

static uint32_t sum(const struct counter *counter)
{
    uint32_t total = 0;

    for (size_t i = 0; i < VOLUME_HOURS; i++)
        total += counter->counts[i];
    return total;
}

static struct counter *find(struct counter *row, const char *receiver, const char *domain)
{
    for (size_t i = 0; i < PLACES; i++) {
        if (row[i].receiver != NULL && strcmp(row[i].receiver, receiver) == 0 && strcmp(row[i].domain, domain) == 0)
            return &row[i];
    }
    return NULL;
}

/* A place for a new pair: a free one, else that of the least. */
static struct counter *make_place(struct counter *row, int64_t hour)
{
    struct counter *least = &row[0];

    for (size_t i = 0; i < PLACES; i++) {
        if (row[i].receiver == NULL)
            return &row[i];
        advance(&row[i], hour);
        if (sum(&row[i]) < sum(least))
            least = &row[i];
    }
    free(least->receiver);
    free(least->domain);
    return least;
}

uint32_t volume_add(struct volume *volume, const char *receiver, const char *domain, int64_t now_ms)
{
    int64_t hour = now_ms / HOUR_MS;

    pthread_mutex_lock(&volume->lock);
    struct counter *row = row_of(volume, receiver, domain), *counter = find(row, receiver, domain);
    if (counter == NULL) {
        counter = make_place(row, hour);
        *counter = (struct counter){ .receiver = xstrdup(receiver), .domain = xstrdup(domain), .hour = hour };
    }
    advance(counter, hour);
    counter->counts[counter->hour % VOLUME_HOURS]++;
    uint32_t total = sum(counter);
    pthread_mutex_unlock(&volume->lock);
    return total;
}
