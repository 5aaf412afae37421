/*
 * Records out of a DNS answer (RFC 1035 section 3.3, RFC 3596).  Wire data is untrusted: what does not parse is -1.
 * Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_DNS_RECORD_H
#define PREFLIGHT_DNS_RECORD_H

#include "lib/base/domain.h"
#include "lib/base/ip.h"
#include "lib/dns/dns.h"

struct str;

/* Appends the strings of TXT record i joined without spaces (RFC 7208 section 3.3): any bytes, cut at max. */
int record_txt(const struct dns_answer *answer, size_t i, size_t max, struct str *text_r);

/* Address record i; type tells A from AAAA. */
int record_addr(const struct dns_answer *answer, size_t i, enum dns_type type, struct ip_addr *addr_r);

/* Names in lower case without a final dot; the root is "".  Bytes that are not printable ASCII, or a '.', give -1. */
int record_ptr(const struct dns_answer *answer, size_t i, char name_r[DOMAIN_MAX]);
int record_mx(const struct dns_answer *answer, size_t i, int *preference_r, char name_r[DOMAIN_MAX]);

/* The name to ask for an address's PTR record: "5.113.0.203.in-addr.arpa", or 32 nibbles under ip6.arpa. */
void record_reverse_name(const struct ip_addr *addr, char name_r[DOMAIN_MAX]);

#endif
