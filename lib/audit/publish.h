/*
 * Records for the DNS that an audit proposes.  None is proposed that our own parser of such records does not read.
 * Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_AUDIT_PUBLISH_H
#define PREFLIGHT_AUDIT_PUBLISH_H

#include "lib/base/ip.h"
#include "lib/dns/dns.h"

#include <stdbool.h>
#include <stddef.h>

struct publish_record {
    char *name;                 /* "_dmarc.example.com" */
    enum dns_type type;
    char *text;                 /* what the record says; of a TXT record its whole text */
};

struct publish {
    struct publish_record *items;
    size_t count, capacity;
};

/*
 * Each adds a record and says whether it did: not one that is bad, nor the same twice.  rua: addresses parted by
 * commas, untrusted; NULL: postmaster of the domain.
 */
bool publish_address(struct publish *publish, const char *name, const struct ip_addr *address);
bool publish_ptr(struct publish *publish, const struct ip_addr *address, const char *host);
bool publish_spf(struct publish *publish, const char *domain, const char *text);
bool publish_key(struct publish *publish, const char *name, const char *text);     /* a DKIM key's record */
bool publish_dmarc(struct publish *publish, const char *domain, const char *rua);  /* to begin with: p=none */
bool publish_dmarc_report(struct publish *publish, const char *name);   /* the authorisation of RFC 7489 section 7.1 */
bool publish_tls_reports(struct publish *publish, const char *domain);
void publish_clear(struct publish *publish);

/* "v=spf1 ip4:192.0.2.1 -all".  Caller frees. */
char *publish_make_spf(const struct ip_addr *addresses, size_t n);

/* The record with the addresses put before the term that ends it.  Caller frees. */
char *publish_mend_spf(const char *record, const struct ip_addr *addresses, size_t n);

#endif
