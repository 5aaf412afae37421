/*
 * The cache; see cache.h.  Chained hash table, one doubly linked list from the most to the least recently used.
 */
#include "config.h"

#include "lib/dns/cache.h"

#include "lib/base/mem.h"
#include "lib/dns/answer.h"
#include "lib/dns/question.h"

#include <stdlib.h>

struct entry {
    struct entry *chain;            /* next in the bucket */
    struct entry *newer, *older;
    struct answer *answer;
    int64_t expires_ms;
    struct question question;
};

struct cache {
    size_t max_entries, max_bytes;
    size_t entries, bytes;
    size_t mask;                    /* buckets are a power of two */
    struct entry **buckets;
    struct entry *newest, *oldest;
};

struct cache *cache_new(size_t max_entries, size_t max_bytes)
{
    struct cache *cache = xcalloc(1, sizeof(*cache));
    size_t buckets = 64;

    while (buckets < max_entries && buckets < (1U << 20))
        buckets *= 2;
    cache->max_entries = max_entries;
    cache->max_bytes = max_bytes;
    cache->mask = buckets - 1;
    cache->buckets = xcalloc(buckets, sizeof(struct entry *));
    return cache;
}

static size_t entry_bytes(const struct entry *entry)
{
    return sizeof(*entry) + answer_size(entry->answer);
}

static void unlink_used(struct cache *cache, struct entry *entry)
{
    *(entry->newer == NULL ? &cache->newest : &entry->newer->older) = entry->older;
    *(entry->older == NULL ? &cache->oldest : &entry->older->newer) = entry->newer;
}

static void link_newest(struct cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest == NULL ? &cache->oldest : &cache->newest->newer) = entry;
    cache->newest = entry;
}

/* The place that points at the entry, or the NULL at the end of its chain. */
static struct entry **find(struct cache *cache, const struct question *q)
{
    struct entry **place = &cache->buckets[q->hash & cache->mask];

    while (*place != NULL && !question_is_equal(&(*place)->question, q))
        place = &(*place)->chain;
    return place;
}

static void remove_at(struct cache *cache, struct entry **place)
{
    struct entry *entry = *place;

    *place = entry->chain;
    unlink_used(cache, entry);
    cache->entries--;
    cache->bytes -= entry_bytes(entry);
    answer_unref(entry->answer);
    free(entry);
}

void cache_free(struct cache **cache)
{
    if (*cache == NULL)
        return;
    while ((*cache)->oldest != NULL)
        remove_at(*cache, find(*cache, &(*cache)->oldest->question));
    free((*cache)->buckets);
    free(*cache);
    *cache = NULL;
}

struct answer *cache_get(struct cache *cache, const struct question *q, int64_t now_ms, int64_t *left_ms_r)
{
    struct entry **place = find(cache, q);
    struct entry *entry = *place;

    if (entry == NULL)
        return NULL;
    if (entry->expires_ms <= now_ms) {
        remove_at(cache, place);
        return NULL;
    }
    unlink_used(cache, entry);
    link_newest(cache, entry);
    *left_ms_r = entry->expires_ms - now_ms;
    return entry->answer;
}

void cache_put(struct cache *cache, const struct question *q, struct answer *answer, int64_t expires_ms)
{
    struct entry **place = find(cache, q);
    if (*place != NULL)
        remove_at(cache, place);

    struct entry *entry = xcalloc(1, sizeof(*entry));
    entry->question = *q;
    entry->answer = answer_ref(answer);
    entry->expires_ms = expires_ms;
    place = &cache->buckets[q->hash & cache->mask];
    entry->chain = *place;
    *place = entry;
    link_newest(cache, entry);
    cache->entries++;
    cache->bytes += entry_bytes(entry);
    while (cache->entries > cache->max_entries || (cache->bytes > cache->max_bytes && cache->entries > 1))
        remove_at(cache, find(cache, &cache->oldest->question));
}

size_t cache_count(const struct cache *cache)
{
    return cache->entries;
}
