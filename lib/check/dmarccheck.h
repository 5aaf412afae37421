/*
 * DMARC: discovery, record and alignment of our own.  RFC 7489 with the public suffix list.
 * Pure over its inputs and the resolver; any number of threads.
 */
#ifndef PREFLIGHT_CHECK_DMARCCHECK_H
#define PREFLIGHT_CHECK_DMARCCHECK_H

#include "lib/base/domain.h"
#include "lib/check/dkimcheck.h"
#include "lib/check/finding.h"
#include "lib/check/orgdomain.h"
#include "lib/check/result.h"
#include "lib/check/spfcheck.h"
#include "lib/dns/dns.h"

#include <stdbool.h>

enum dmarc_policy { DMARC_POLICY_ABSENT, DMARC_POLICY_NONE, DMARC_POLICY_QUARANTINE, DMARC_POLICY_REJECT };
const char *dmarc_policy_name(enum dmarc_policy policy);        /* "", "none", "quarantine", "reject" */

/* A record's tags (RFC 7489 section 6.3); unknown tags are ignored. */
struct dmarc_record {
    enum dmarc_policy p, sp;        /* sp ABSENT: as p */
    bool strict_dkim, strict_spf;   /* adkim=s, aspf=s */
    int pct;                        /* 0..100 */
    bool has_rua;
};

/*
 * Parses one TXT record.  0: a DMARC record; 1: not one at all (no v=DMARC1 first), to be discarded;
 * -1: one that is invalid, with problem_r (static text) telling why.
 */
int dmarc_record_parse(const char *text, struct dmarc_record *record_r, const char **problem_r);

struct dmarc_reading {              /* by one RFC */
    enum auth_result result;        /* none, pass, fail, temperror, permerror */
    enum dmarc_policy policy;       /* that applies to this message, after sp and pct=0 */
};

struct dmarc_result {
    enum auth_result result;
    enum dmarc_policy policy;       /* that applies to this message, after sp; pct is not looked at */
    char author_domain[DOMAIN_MAX]; /* "" where there is none */
    char record_domain[DOMAIN_MAX]; /* where the record was found: without "_dmarc."; "" where none */
    char org_domain[DOMAIN_MAX];
    struct dmarc_record record;
    struct dmarc_reading rfc7489;
    const char *problem;            /* static: why permerror; NULL else */
    unsigned multiple_records : 1;
    unsigned invalid_record : 1;
    unsigned spf_aligned : 1;       /* a passing, aligned SPF identity */
    unsigned dkim_aligned : 1;      /* a passing, aligned signature */
};

/* Starts the questions that the author domain already answers; never waits. */
void dmarccheck_prefetch(struct dns *dns, const struct orgdomain *orgdomain, const char *author_domain);

/*
 * author_domain: normalized, "" where the message has none: the result is none (RFC 8601 section 2.7.3's registry).
 * Marks aligned in all SPF and DKIM results it is given.  Only the first n_deciding SPF results count (the mailfrom
 * identity, or helo for a null sender), and with their worst address: SPF passes for DMARC only if all of them pass.
 */
void dmarccheck_run(struct dns *dns, struct dns_budget *budget, const struct orgdomain *orgdomain,
                    const char *author_domain, struct spf_result *spf, size_t n_spf, size_t n_deciding,
                    struct dkim_results *dkim, struct dmarc_result *result_r);

void dmarccheck_findings(const struct dmarc_result *result, const struct spf_result *spf, size_t n_spf,
                         const struct dkim_results *dkim, struct findings *findings);

#endif
