/*
 * Looking for DMARC records in the DNS: one name, and the tree walk of RFC 9989 section 4.10.
 * Pure over the resolver; any number of threads.
 */
#ifndef PREFLIGHT_CHECK_DMARCWALK_H
#define PREFLIGHT_CHECK_DMARCWALK_H

#include "lib/base/domain.h"
#include "lib/check/dmarcrecord.h"
#include "lib/dns/dns.h"

#include <stdbool.h>
#include <stddef.h>

#define DMARC_WALK_MAX 8            /* queries of one walk */
#define DMARC_TEXT_MAX 1024         /* bytes of a record that are kept */

enum dmarc_found {
    DMARC_FOUND_NONE,               /* no record, or none that begins with v=DMARC1 */
    DMARC_FOUND_ONE,
    DMARC_FOUND_INVALID,            /* one, which dmarc_record_parse answers -1 to */
    DMARC_FOUND_MULTIPLE,
    DMARC_FOUND_UNKNOWN             /* the DNS failed */
};

struct dmarc_step {
    const char *domain;             /* whose record: borrowed from the caller or the walk */
    enum dmarc_found found;
    struct dmarc_record record;     /* of ONE and INVALID */
    const char *problem;            /* likewise, static: as dmarc_record_parse tells it */
    char text[DMARC_TEXT_MAX + 1];  /* the record; "" where it is longer */
};

/* Asks for the record of one domain (normalized). */
void dmarcwalk_look_up(struct dns *dns, struct dns_budget *budget, enum dmarc_version version, const char *domain,
                       struct dmarc_step *step_r);

/* The names a walk from domain may ask for, without "_dmarc.", the longest first: pointers into domain. */
size_t dmarcwalk_names(const char *domain, const char *names_r[DMARC_WALK_MAX]);

/* A walk's result; not to be copied, for it points into itself. */
struct dmarc_walk {
    char domain[DOMAIN_MAX];
    struct dmarc_step steps[DMARC_WALK_MAX];    /* from domain upwards */
    size_t n_steps;
    bool is_incomplete;             /* the DNS failed at the last step: nothing above it is known */
    const char *org_domain;         /* section 4.10.2; NULL where incomplete */
    const struct dmarc_step *policy;    /* section 4.10.1: whose record applies to it as an author domain; or NULL */
};

/* Starts all of a walk's questions at once; never waits. */
void dmarcwalk_prefetch(struct dns *dns, const char *domain);
void dmarcwalk_run(struct dns *dns, struct dns_budget *budget, const char *domain, struct dmarc_walk *walk_r);

#endif
