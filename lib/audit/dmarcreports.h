/*
 * Where a DMARC record has reports sent (rua, ruf), and whether those outside its organization agreed to take them:
 * RFC 9990 and RFC 7489 section 7.1.  Thread-safe as the resolver is.
 */
#ifndef PREFLIGHT_AUDIT_DMARCREPORTS_H
#define PREFLIGHT_AUDIT_DMARCREPORTS_H

#include "lib/base/domain.h"
#include "lib/check/factvalue.h"
#include "lib/check/orgdomain.h"
#include "lib/dns/dns.h"

#include <stdbool.h>
#include <stddef.h>

#define DMARCREPORTS_MAX 20         /* addresses of one record; further ones are left out */

struct dmarcreport {
    bool is_failure;                /* of ruf, not rua */
    char *uri;                      /* as written; untrusted */
    char host[DOMAIN_MAX];          /* of a mailto: address; "" where it is none */
    bool is_external;
    enum fact_value is_authorized;  /* of an external one; else unexamined */
};

struct dmarcreports {
    struct dmarcreport items[DMARCREPORTS_MAX];
    size_t count;
    bool is_cut;                    /* there were more */
};

/* text: the record; domain: whose. */
void dmarcreports_check(struct dns *dns, struct dns_budget *budget, const struct orgdomain *orgdomain,
                        const char *domain, const char *text, struct dmarcreports *reports_r);
void dmarcreports_clear(struct dmarcreports *reports);

/* "example.com._report._dmarc.reports.example"; -1 where that is no name. */
int dmarcreports_name(const char *domain, const char *host, char name_r[DOMAIN_MAX]);

#endif
