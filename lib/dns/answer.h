/*
 * What was answered to one question, in one block of memory, shared by the cache and everyone who asked.
 * Immutable once made, reference-counted, thread-safe.
 */
#ifndef PREFLIGHT_DNS_ANSWER_H
#define PREFLIGHT_DNS_ANSWER_H

#include "lib/dns/dns.h"

#define ANSWER_BYTES_MAX (128 * 1024)   /* a packet (64 KiB) and its records without name compression */

struct answer;

/*
 * Copies all it is given; packet may be NULL.  What is over ANSWER_BYTES_MAX becomes DNS_TEMPFAIL.  One reference is
 * the caller's.
 */
struct answer *answer_new(enum dns_status status, uint32_t ttl, const struct dns_rdata *rdata, size_t count,
                          const void *packet, size_t packet_len);
struct answer *answer_new_failure(enum dns_status status);  /* no records, no packet, ttl 0 */
struct answer *answer_ref(struct answer *answer);           /* returns its argument */
void answer_unref(struct answer *answer);                   /* NULL is fine */

enum dns_status answer_status(const struct answer *answer);
uint32_t answer_ttl(const struct answer *answer);           /* as it was answered */
size_t answer_size(const struct answer *answer);            /* bytes of memory */

/* What dns_lookup returns: takes one reference, which dns_answer_unref releases. */
const struct dns_answer *answer_publish(struct answer *answer, uint32_t ttl_left);

#endif
