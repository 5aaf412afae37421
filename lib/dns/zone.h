/*
 * A master file (RFC 1035 section 5) that answers in place of the network: for demonstrations and tests.
 *
 * The file is the whole name space: any number of domains, with or without SOA, no delegations.  CNAMEs are followed,
 * wildcards work as RFC 4592 says, empty non-terminals exist.  Immutable once loaded, thread-safe.
 */
#ifndef PREFLIGHT_DNS_ZONE_H
#define PREFLIGHT_DNS_ZONE_H

struct answer;
struct err;
struct question;
struct zone;

struct zone *zone_load(const char *file, struct err *err);  /* NULL with "FILE:LINE: what" */
void zone_free(struct zone **zone);

/* Caller releases the answer.  A loop of CNAMEs, or what fits no DNS message, is DNS_TEMPFAIL. */
struct answer *zone_ask(const struct zone *zone, const struct question *q);

#endif
