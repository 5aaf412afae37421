/*
 * Answers by question: a hash table with times to live and two bounds, entries and bytes, beyond which the least
 * recently used go.  Times are clock_ms(), given by the caller.  Not locked: the caller's mutex covers it.
 */
#ifndef PREFLIGHT_DNS_CACHE_H
#define PREFLIGHT_DNS_CACHE_H

#include <stddef.h>
#include <stdint.h>

struct answer;
struct cache;
struct question;

struct cache *cache_new(size_t max_entries, size_t max_bytes);
void cache_free(struct cache **cache);

/* The answer, borrowed until the next call, or NULL.  What has expired is gone.  *left_ms_r: the rest of its life. */
struct answer *cache_get(struct cache *cache, const struct question *q, int64_t now_ms, int64_t *left_ms_r);

/* Takes a reference of its own; what was there for the question is replaced. */
void cache_put(struct cache *cache, const struct question *q, struct answer *answer, int64_t expires_ms);

size_t cache_count(const struct cache *cache);

#endif
