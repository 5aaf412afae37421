/*
 * What tables of Postfix said of a key, for some minutes: values, and that there was none.  Bounded in entries and in
 * bytes of each; beyond them the oldest of a few goes.  Times are clock_ms(), given by the caller.  Thread-safe.
 */
#ifndef PREFLIGHT_DEPART_TABLECACHE_H
#define PREFLIGHT_DEPART_TABLECACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLECACHE_TEXT_MAX 1024    /* bytes of tables, key and value together; longer ones are not kept */

struct tablecache;

struct tablecache *tablecache_new(size_t entries, int64_t life_ms);     /* entries: made a power of two */
void tablecache_free(struct tablecache **cache);                        /* NULL is fine */

/* Is it known?  *value_r: a copy, which the caller frees, or NULL where the tables have nothing. */
bool tablecache_get(struct tablecache *cache, const char *tables, const char *key, int64_t now_ms, char **value_r);
void tablecache_put(struct tablecache *cache, const char *tables, const char *key, const char *value, int64_t now_ms);

#endif
