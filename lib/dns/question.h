/*
 * One question: a name in its canonical form and a type; the key of the cache and of the table of questions in flight.
 * Names come from anywhere: any byte but NUL may stand in a label.  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_DNS_QUESTION_H
#define PREFLIGHT_DNS_QUESTION_H

#include "lib/base/domain.h"
#include "lib/dns/dns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUESTION_WIRE_MAX 255
#define QUESTION_ESCAPED_MAX (4 * DOMAIN_MAX)

struct question {
    enum dns_type type;
    uint32_t hash;
    char name[DOMAIN_MAX];      /* ASCII in lower case, no final dot, never empty */
};

/* -1 where the text cannot be a name: empty, over 253 bytes, a label empty or over 63 bytes (RFC 1035 2.3.4). */
int question_init(struct question *q, const char *name, enum dns_type type);
bool question_is_equal(const struct question *a, const struct question *b);

/* The name as master files write it: every byte that is not a letter, digit, '-' or '_' as \DDD (RFC 1035 5.1). */
void question_escape(const struct question *q, char text_r[QUESTION_ESCAPED_MAX]);

/* A name in wire form; its length.  The name must be one that question_init accepts, or "" for the root. */
size_t question_wire(const char *name, uint8_t wire_r[QUESTION_WIRE_MAX]);

#endif
