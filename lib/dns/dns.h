/*
 * The one resolver: libunbound behind a cache of our own.  Every question of every check goes through here.
 *
 * Identical questions in flight are asked once; answers, negative ones too, are kept for their TTL in a cache with a
 * bound on entries.  A lookup waits at most the settings' timeout and never past its budget's deadline, whatever the
 * servers do.  Thread-safe throughout; threads run inside, with signals blocked: create it after fork(2).
 */
#ifndef PREFLIGHT_DNS_DNS_H
#define PREFLIGHT_DNS_DNS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dns;
struct err;

/* The record types we ask for (RFC 1035, RFC 3596), as libunbound numbers them. */
enum dns_type {
    DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_SOA = 6, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28
};

enum dns_status {
    DNS_OK,             /* at least one record of the type */
    DNS_NODATA,         /* the name exists, the type does not */
    DNS_NXDOMAIN,       /* the name does not exist, or cannot be a name (empty, the root, label over 63 bytes...) */
    DNS_BOGUS,          /* DNSSEC validation failed: to a receiver that validates, a temporary failure */
    DNS_TEMPFAIL,       /* the servers answered SERVFAIL, REFUSED, garbage, a loop */
    DNS_TIMEOUT,        /* nobody answered in time, or the budget was spent: our own trouble */
    DNS_PENDING         /* only with dns_budget.no_wait: asked, not back yet */
};

/* Did the DNS say what there is, or that there is nothing?  All else is a failure, or not back yet. */
static inline bool dns_is_answered(enum dns_status status)
{
    return status == DNS_OK || status == DNS_NODATA || status == DNS_NXDOMAIN;
}

struct dns_rdata {
    const uint8_t *data;    /* wire form; names inside are not compressed */
    size_t len;
};

/* Immutable and shared: never changed after dns_lookup returned it.  Release with dns_answer_unref. */
struct dns_answer {
    enum dns_status status;
    uint32_t ttl;                   /* seconds left, at most max_ttl; of the negative answer too; 0 for failures */
    size_t count;                   /* records; 0 unless DNS_OK */
    const struct dns_rdata *rdata;
    const uint8_t *packet;          /* the whole DNS message; NULL for failures and what cannot be a name */
    size_t packet_len;
};

struct dns_settings {
    const char *const *servers;     /* "ADDR" or "ADDR@PORT", NULL-terminated; NULL or empty: /etc/resolv.conf */
    const char *zone;               /* master file (RFC 1035) that answers in place of the network, or NULL */
    const char *trust_anchor;       /* file of DNSSEC trust anchors (root.key), or NULL: do not validate */
    int timeout_ms;                 /* one lookup, 1..60000 */
    size_t cache_entries;           /* most answers kept, at least 16 */
    uint32_t max_ttl;               /* answers are kept no longer, seconds */
};

/* One message's allowance.  Used by one thread at a time; embed it, no clean-up. */
struct dns_budget {
    int64_t deadline_ms;    /* on clock_ms(); lookups do not wait past it */
    int questions;          /* still allowed, of what the cache does not know; at 0 that is DNS_TIMEOUT */
    bool no_wait;           /* a lookup that would wait returns DNS_PENDING and goes on in the background */
    int64_t fresh_until_ms; /* on clock_ms(): what the cache would forget before then is asked again, */
    int64_t fresh_since_ms; /* unless it was answered at this time or later; where that fails, the cache still counts */
    const atomic_bool *stop;    /* once it is true no lookup waits any more, 50 ms later at most; or NULL */
    bool is_spent;          /* out: a lookup ended so */
    int failed;             /* out: lookups that ended DNS_TIMEOUT, DNS_TEMPFAIL or DNS_BOGUS, of failed_name once */
    int failures;           /* out: likewise, each time it is asked for */
    int asked;              /* out: lookups answered or waited for, those that ended DNS_PENDING too */
    int pending;            /* out: lookups that ended DNS_PENDING */
    char failed_name[256];  /* out: the first of those that failed, "TXT example.com", "" if none */
};

struct dns_stats {
    uint64_t lookups, hits, joined;     /* all; from cache; that joined a question in flight */
    uint64_t queries;                   /* handed to libunbound */
    uint64_t timeouts, tempfails;
    size_t entries, in_flight;
};

/* Settings are copied.  NULL with err where a server, zone (file and line) or trust anchor is wrong. */
struct dns *dns_new(const struct dns_settings *settings, struct err *err);
void dns_free(struct dns **dns);        /* waits for the dispatcher; no lookup may be under way */

/*
 * Asks and waits within the budget.  name: any text, a final dot is ignored, case too; every byte but a dot stands for
 * itself, backslashes too.  Never NULL.  Prefetched and cached answers do not wait.  An answer with a TTL of 0 and a
 * failure are kept for one second, so that one message sees one state of DNS and a server that recovers is found.
 */
const struct dns_answer *dns_lookup(struct dns *dns, const char *name, enum dns_type type, struct dns_budget *budget);
void dns_answer_unref(const struct dns_answer *answer);

/* Starts a question if the cache has no answer; never waits, never fails. */
void dns_prefetch(struct dns *dns, const char *name, enum dns_type type);

/* For tests of what depends on failing DNS: from now on this question ends so, at once, without records. */
void dns_inject(struct dns *dns, const char *name, enum dns_type type, enum dns_status status);

void dns_get_stats(struct dns *dns, struct dns_stats *stats_r);
const char *dns_type_name(enum dns_type type);
const char *dns_status_name(enum dns_status status);

#endif
