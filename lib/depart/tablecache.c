/*
 * What tables said; see tablecache.h.  An array of small groups: a key belongs to one of them and takes the place of
 * the oldest there.  Nothing is linked, so there is nothing to go wrong when it is full.
 */
#include "config.h"

#include "lib/depart/tablecache.h"

#include "lib/base/mem.h"
#include "lib/base/span.h"
#include "lib/base/str.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define GROUP 8

struct entry {
    char *name;             /* the tables, NUL, the key; NULL: free */
    size_t len;
    char *value;            /* NULL: the tables have none */
    int64_t expires_ms;
};

struct tablecache {
    pthread_mutex_t mutex;
    struct entry *entries;
    size_t groups;
    int64_t life_ms;
    uint64_t seed;
};

struct tablecache *tablecache_new(size_t entries, int64_t life_ms)
{
    struct tablecache *cache = xcalloc(1, sizeof(*cache));
    size_t groups = 1;

    while (groups * GROUP < entries)
        groups *= 2;
    pthread_mutex_init(&cache->mutex, NULL);
    cache->entries = xcalloc(groups * GROUP, sizeof(*cache->entries));
    cache->groups = groups;
    cache->life_ms = life_ms;
    if (getrandom(&cache->seed, sizeof(cache->seed), 0) != (ssize_t)sizeof(cache->seed))
        cache->seed = (uint64_t)(uintptr_t)cache;
    return cache;
}

static void clear(struct entry *entry)
{
    free(entry->name);
    free(entry->value);
    *entry = (struct entry){ .name = NULL };
}

void tablecache_free(struct tablecache **cache)
{
    if (*cache == NULL)
        return;
    for (size_t i = 0; i < (*cache)->groups * GROUP; i++)
        clear(&(*cache)->entries[i]);
    pthread_mutex_destroy(&(*cache)->mutex);
    free((*cache)->entries);
    free(*cache);
    *cache = NULL;
}

static void add_name(struct str *name, const char *tables, const char *key)
{
    str_add(name, tables);
    str_addc(name, '\0');
    str_add(name, key);
}

static struct entry *group_of(struct tablecache *cache, const struct str *name)
{
    uint64_t hash = span_hash((struct span){ name->data, name->len }, cache->seed);

    return &cache->entries[(hash & (cache->groups - 1)) * GROUP];
}

/* NULL where it is not there. */
static struct entry *find(struct entry *group, const struct str *name)
{
    for (size_t i = 0; i < GROUP; i++) {
        if (group[i].name != NULL && group[i].len == name->len && memcmp(group[i].name, name->data, name->len) == 0)
            return &group[i];
    }
    return NULL;
}

bool tablecache_get(struct tablecache *cache, const char *tables, const char *key, int64_t now_ms, char **value_r)
{
    struct str name = STR_EMPTY;

    *value_r = NULL;
    add_name(&name, tables, key);
    pthread_mutex_lock(&cache->mutex);
    struct entry *entry = find(group_of(cache, &name), &name);
    bool is_known = entry != NULL && entry->expires_ms > now_ms;
    if (is_known)
        *value_r = xstrdup(entry->value);
    pthread_mutex_unlock(&cache->mutex);
    str_clear(&name);
    return is_known;
}

void tablecache_put(struct tablecache *cache, const char *tables, const char *key, const char *value, int64_t now_ms)
{
    struct str name = STR_EMPTY;

    add_name(&name, tables, key);
    if (name.len + (value == NULL ? 0 : strlen(value)) > TABLECACHE_TEXT_MAX) {
        str_clear(&name);
        return;
    }
    pthread_mutex_lock(&cache->mutex);
    struct entry *group = group_of(cache, &name), *entry = find(group, &name);
    for (size_t i = 0; entry == NULL && i < GROUP; i++)
        entry = group[i].name == NULL ? &group[i] : NULL;
    if (entry == NULL) {
        entry = &group[0];
        for (size_t i = 1; i < GROUP; i++)
            entry = group[i].expires_ms < entry->expires_ms ? &group[i] : entry;
    }
    clear(entry);
    entry->len = name.len;
    entry->name = str_steal(&name);
    entry->value = xstrdup(value);
    entry->expires_ms = now_ms + cache->life_ms;
    pthread_mutex_unlock(&cache->mutex);
}
