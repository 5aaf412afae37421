/*
 * The policy that an MTA-STS record announces (RFC 8461 section 3.2), out of
 * https://mta-sts.DOMAIN/.well-known/mta-sts.txt, and which hosts it lets take a domain's mail (section 4.1).
 * Fetching is the caller's: a program that does not fetch needs no HTTPS.  Pure but for asking, which is thread-safe as
 * the resolver is.
 */
#ifndef PREFLIGHT_AUDIT_STSPOLICY_H
#define PREFLIGHT_AUDIT_STSPOLICY_H

#include "lib/base/domain.h"
#include "lib/base/ip.h"
#include "lib/base/str.h"
#include "lib/dns/dns.h"

#include <stdbool.h>
#include <stddef.h>

#define STSPOLICY_BYTES_MAX 65536       /* of the file; senders read no more (section 3.3) */
#define STSPOLICY_MX_MAX 200
#define STSPOLICY_PROBLEM_MAX 256
#define STSPOLICY_PATH "/.well-known/mta-sts.txt"

enum stspolicy_state {
    STSPOLICY_NOT_ASKED,        /* nothing is announced, or nobody fetches */
    STSPOLICY_UNKNOWN,          /* no connection, or the server is in trouble */
    STSPOLICY_MISSING,          /* there is no such host, or no such file */
    STSPOLICY_INVALID,          /* senders cannot use it */
    STSPOLICY_GOOD
};
const char *stspolicy_state_name(enum stspolicy_state state);   /* "unknown", "missing", "invalid", "good"; or "" */

enum stspolicy_mode { STSPOLICY_NONE, STSPOLICY_TESTING, STSPOLICY_ENFORCE };
const char *stspolicy_mode_name(enum stspolicy_mode mode);      /* "none", "testing", "enforce" */

struct stspolicy {
    enum stspolicy_state state;
    char problem[STSPOLICY_PROBLEM_MAX];    /* why it is not good; "" else; may hold untrusted text */
    enum stspolicy_mode mode;
    long max_age;               /* seconds */
    char (*mx)[DOMAIN_MAX + 2]; /* normalized, "*." before it or not */
    size_t n_mx;
    bool is_cut;                /* there are more than STSPOLICY_MX_MAX */
};

/* Fills the policy, good or invalid.  Repeated fields but mx count once, the first; unknown ones do not count. */
void stspolicy_parse(const char *text, size_t len, struct stspolicy *policy_r);
void stspolicy_clear(struct stspolicy *policy);

/* May the host, normalized, take mail by this policy?  * stands for one label. */
bool stspolicy_allows(const struct stspolicy *policy, const char *host);

/* What a fetch ended with: good where text is the file, else why not. */
struct stspolicy_answer {
    enum stspolicy_state state;
    char problem[STSPOLICY_PROBLEM_MAX];
    struct str text;            /* at most STSPOLICY_BYTES_MAX */
};

/* Where it is fetched from. */
struct stspolicy_server {
    const char *host;           /* normalized: its certificate has to name it */
    const struct ip_addr *addresses;
    size_t n_addresses;         /* not 0 */
    int port;                   /* 443 */
    const char *ca_file;        /* certificates that are trusted; NULL: those of the system */
    int timeout_ms;
};
typedef void stspolicy_fetch(const struct stspolicy_server *server, struct stspolicy_answer *answer_r);

/* How to fetch. */
struct stspolicy_means {
    stspolicy_fetch *fetch;
    int port;                   /* 0: 443 */
    const char *ca_file;        /* as in struct stspolicy_server */
};

/*
 * The policy of a domain, normalized: its host's addresses are our resolver's, and it all takes no longer than the
 * budget, and some seconds at most.
 */
void stspolicy_look_up(struct dns *dns, struct dns_budget *budget, const struct stspolicy_means *means,
                       const char *domain, struct stspolicy *policy_r);

#endif
