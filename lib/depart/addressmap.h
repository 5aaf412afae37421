/*
 * Addresses rewritten by tables: the keys that generic(5) and canonical(5) look up, in their order, and what becomes of
 * the value.  Tables of patterns are asked for whole addresses only.
 */
#ifndef PREFLIGHT_DEPART_ADDRESSMAP_H
#define PREFLIGHT_DEPART_ADDRESSMAP_H

#include "lib/depart/postmap.h"
#include "lib/depart/relayfacts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

struct addressmap {
    const struct relay_facts *facts;    /* borrowed */
    const struct conf_strings *tables;  /* borrowed, of facts */
    struct conf_strings keyed;          /* of them those that are asked for parts of an address too */
    bool propagates;
};

void addressmap_init(struct addressmap *map, const struct relay_facts *facts, const struct conf_strings *tables,
                     bool propagates);
void addressmap_clear(struct addressmap *map);

/*
 * Once, all addresses together.  result_r: of each what it becomes, or NULL where no table has it; the caller frees.
 * -1 with err where it cannot be known, then none is set.
 */
int addressmap_find(const struct addressmap *map, struct postmap *postmap, const char *const *addresses, size_t n,
                    char **result_r, int64_t deadline_ms, struct err *err);

/* masquerade_domains: the address with the parent domain in place of its own; NULL where it stays.  Caller frees. */
char *addressmap_masquerade(const struct relay_facts *facts, const char *address);

#endif
