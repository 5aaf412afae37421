/*
 * What has been explained in the log; see told.h.
 * A hash table over a fixed array; the array's entries are also a list by age.  The mutex guards all of it.
 */
#include "config.h"

#include "milter/told.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECT_MAX 255
#define NONE (-1)

struct entry {
    char *key;              /* "finding subject" */
    int64_t given_ms;
    int bucket;
    int chain;              /* next entry of the bucket */
    int older, newer;
};

struct told {
    pthread_mutex_t lock;
    struct entry *entries;
    int *buckets;           /* as many as entries */
    int capacity;
    int count;
    int oldest, newest;
};

struct told *told_new(size_t capacity)
{
    assert(capacity >= 1 && capacity <= TOLD_MAX);
    struct told *e = xcalloc(1, sizeof(*e));
    pthread_mutex_init(&e->lock, NULL);
    e->capacity = (int)capacity;
    e->entries = xcalloc(capacity, sizeof(*e->entries));
    e->buckets = xmalloc(capacity * sizeof(*e->buckets));
    for (size_t i = 0; i < capacity; i++)
        e->buckets[i] = NONE;
    e->oldest = e->newest = NONE;
    return e;
}

void told_free(struct told **told)
{
    struct told *e = *told;
    if (e == NULL)
        return;
    for (int i = 0; i < e->count; i++)
        free(e->entries[i].key);
    free(e->entries);
    free(e->buckets);
    pthread_mutex_destroy(&e->lock);
    free(e);
    *told = NULL;
}

static int bucket_of(const struct told *e, const char *key)
{
    uint32_t hash = 2166136261U;    /* FNV-1a */
    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619U;
    return (int)(hash % (uint32_t)e->capacity);
}

static int find(const struct told *e, int bucket, const char *key)
{
    int i = e->buckets[bucket];
    while (i != NONE && strcmp(e->entries[i].key, key) != 0)
        i = e->entries[i].chain;
    return i;
}

static void unlink_age(struct told *e, int i)
{
    struct entry *entry = &e->entries[i];
    *(entry->older == NONE ? &e->oldest : &e->entries[entry->older].newer) = entry->newer;
    *(entry->newer == NONE ? &e->newest : &e->entries[entry->newer].older) = entry->older;
}

static void link_newest(struct told *e, int i)
{
    e->entries[i].older = e->newest;
    e->entries[i].newer = NONE;
    *(e->newest == NONE ? &e->oldest : &e->entries[e->newest].newer) = i;
    e->newest = i;
}

static int evict_oldest(struct told *e)
{
    int i = e->oldest;
    int *link = &e->buckets[e->entries[i].bucket];
    while (*link != i)
        link = &e->entries[*link].chain;
    *link = e->entries[i].chain;
    unlink_age(e, i);
    free(e->entries[i].key);
    return i;
}

static int add(struct told *e, int bucket, const char *key)
{
    int i = e->count < e->capacity ? e->count++ : evict_oldest(e);
    e->entries[i].key = xstrdup(key);
    e->entries[i].bucket = bucket;
    e->entries[i].chain = e->buckets[bucket];
    e->buckets[bucket] = i;
    link_newest(e, i);
    return i;
}

bool told_is_due(struct told *e, const char *finding, const char *subject, int64_t now_ms, int interval_ms)
{
    char *key = xasprintf("%s %.*s", finding, SUBJECT_MAX, subject);
    bool is_due = true;

    pthread_mutex_lock(&e->lock);
    int bucket = bucket_of(e, key);
    int i = find(e, bucket, key);
    if (i == NONE) {
        i = add(e, bucket, key);
    } else if (now_ms - e->entries[i].given_ms < interval_ms) {
        is_due = false;
    } else {
        unlink_age(e, i);
        link_newest(e, i);
    }
    if (is_due)
        e->entries[i].given_ms = now_ms;
    pthread_mutex_unlock(&e->lock);
    free(key);
    return is_due;
}
