/*
 * DMARC of our own, read twice: by RFC 9989 (tree walk), which decides, and by RFC 7489 (public suffix list), which
 * many receivers still follow.  Pure over its inputs and the resolver; any number of threads.
 */
#ifndef PREFLIGHT_CHECK_DMARCCHECK_H
#define PREFLIGHT_CHECK_DMARCCHECK_H

#include "lib/base/domain.h"
#include "lib/check/dkimcheck.h"
#include "lib/check/dmarcopinion.h"
#include "lib/check/dmarcrecord.h"
#include "lib/check/dmarcwalk.h"
#include "lib/check/finding.h"
#include "lib/check/orgdomain.h"
#include "lib/check/result.h"
#include "lib/check/spfcheck.h"
#include "lib/dns/dns.h"

#include <stdbool.h>

/* What all messages share; borrowed. */
struct dmarccheck {
    struct dns *dns;
    const struct orgdomain *orgdomain;
    const struct dmarcopinion *opinion;     /* NULL: nobody else is asked */
};

struct dmarc_reading {              /* by one RFC */
    enum auth_result result;        /* none, pass, fail, temperror, permerror */
    enum dmarc_policy policy;       /* that applies to this message, after sp, np, t and pct=0; ABSENT: no record, or
                                       not known */
    char record_domain[DOMAIN_MAX]; /* where the record was found: without "_dmarc."; "" where none */
    char org_domain[DOMAIN_MAX];    /* the author domain's; "" where the DNS failed */
    struct dmarc_record record;     /* where there is a record_domain */
    const char *problem;            /* static: why the record is not valid; NULL else */
    bool spf_aligned;               /* a passing, aligned SPF identity */
    bool dkim_aligned;              /* a passing, aligned signature */
};

struct dmarc_result {
    enum auth_result result;        /* these, up to org_domain: rfc9989's */
    enum dmarc_policy policy;
    char author_domain[DOMAIN_MAX]; /* "" where there is none */
    char record_domain[DOMAIN_MAX];
    char org_domain[DOMAIN_MAX];
    struct dmarc_reading rfc9989, rfc7489;
    const char *libopendmarc;       /* static: "pass", "reject", "quarantine", "none", "absent"; NULL: not asked */
    char multiple_domain[DOMAIN_MAX];   /* which has several records; "" where none has */
};

/* Starts the questions that the author domain already answers; never waits. */
void dmarccheck_prefetch(const struct dmarccheck *check, const char *author_domain);

/*
 * author_domain: normalized, "" where the message has none: the result is none (RFC 8601 section 2.7.3's registry).
 * Marks aligned in all SPF and DKIM results it is given: by RFC 9989, or by RFC 7489 where no record applies.  Only the
 * first n_deciding SPF results count (the mailfrom identity, or helo for a null sender), and with their worst address:
 * SPF passes for DMARC only if all of them pass.
 */
void dmarccheck_run(const struct dmarccheck *check, struct dns_budget *budget, const char *author_domain,
                    struct spf_result *spf, size_t n_spf, size_t n_deciding, struct dkim_results *dkim,
                    struct dmarc_result *result_r);

/* The reading that is the worse for the sender: fail before what is not known, the stricter policy first. */
const struct dmarc_reading *dmarccheck_worse(const struct dmarc_result *result);

/* Do the readings disagree, in what both know? */
bool dmarccheck_is_disputed(const struct dmarc_result *result);

/* Does libopendmarc, where it was asked, say other than RFC 7489's reading? */
bool dmarccheck_has_dissent(const struct dmarc_result *result);

/* A reading in libopendmarc's words: "pass", a failing message's policy, "absent"; NULL for temperror. */
const char *dmarccheck_summary(const struct dmarc_reading *reading);

void dmarccheck_findings(const struct dmarc_result *result, const struct spf_result *spf, size_t n_spf,
                         const struct dkim_results *dkim, struct findings *findings);

#endif
