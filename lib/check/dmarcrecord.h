/*
 * The DMARC record, as RFC 9989 sections 4.7 and 4.10.1 and RFC 7489 sections 6.3 and 6.6.3 read it.
 * Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_DMARCRECORD_H
#define PREFLIGHT_CHECK_DMARCRECORD_H

#include <stdbool.h>

enum dmarc_version { DMARC_RFC9989, DMARC_RFC7489, DMARC_VERSIONS };

enum dmarc_policy { DMARC_POLICY_ABSENT, DMARC_POLICY_NONE, DMARC_POLICY_QUARANTINE, DMARC_POLICY_REJECT };
const char *dmarc_policy_name(enum dmarc_policy policy);        /* "", "none", "quarantine", "reject" */

enum dmarc_psd { DMARC_PSD_UNKNOWN, DMARC_PSD_NO, DMARC_PSD_YES };

/* Tags that a version does not know keep their defaults; unknown tags are ignored. */
struct dmarc_record {
    enum dmarc_policy p;
    enum dmarc_policy sp;           /* ABSENT: as p */
    enum dmarc_policy np;           /* RFC 9989; ABSENT: as sp */
    bool strict_dkim, strict_spf;   /* adkim=s, aspf=s */
    int pct;                        /* RFC 7489, 0..100 */
    bool is_testing;                /* RFC 9989, t=y: the policy is one step weaker */
    enum dmarc_psd psd;             /* RFC 9989 */
    bool has_rua;                   /* at least one valid URI */
};

/*
 * Parses one TXT record.  0: a DMARC record; 1: not one at all (no v=DMARC1 first), to be discarded; -1: a record whose
 * policy cannot be told and that names nobody to report to, so it stops nothing.  problem_r (static text) tells why,
 * also where 0 is returned because with somewhere to report to it counts as p=none; NULL else.
 */
int dmarc_record_parse(const char *text, enum dmarc_version version, struct dmarc_record *record_r,
                       const char **problem_r);

#endif
