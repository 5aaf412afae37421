/*
 * Facts: what the rules of receivers are written in.  Three-valued, since DNS may fail: true, false, unknown.
 * Pure, thread-safe.
 */
#ifndef PREFLIGHT_JUDGE_FACT_H
#define PREFLIGHT_JUDGE_FACT_H

#include "lib/check/dkimcheck.h"
#include "lib/check/dmarccheck.h"
#include "lib/check/finding.h"
#include "lib/check/spfcheck.h"
#include "lib/message/message.h"

enum fact_id {
    FACT_SPF_PASS,          /* every egress address passes */
    FACT_SPF_FAIL,          /* some egress address gets fail */
    FACT_SPF_SOFTFAIL, FACT_SPF_NONE, FACT_SPF_PERMERROR,
    FACT_DKIM_PASS,         /* some signature passes */
    FACT_DKIM_SIGNED,       /* there is a signature */
    FACT_DMARC_RECORD,      /* the author domain has a policy */
    FACT_DMARC_PASS, FACT_DMARC_FAIL,
    FACT_POLICY_REJECT, FACT_POLICY_QUARANTINE,     /* the policy that applies */
    FACT_FROM_MISSING, FACT_FROM_MULTIPLE,
    FACT_COUNT
};

enum fact_value { FACT_FALSE, FACT_TRUE, FACT_UNKNOWN };

struct facts {
    enum fact_value value[FACT_COUNT];
};

const char *fact_name(enum fact_id id);         /* "spf-pass", as in receivers.conf */
int fact_find(const char *name);                /* -1 where there is no such fact */
unsigned fact_checks(enum fact_id id);          /* enum check_kind bits: whose findings it rests on */

/*
 * spf: the results of the deciding identity (mailfrom, or helo alone for a null sender); none at all means unknown.
 */
void facts_gather(const struct spf_result *spf, size_t n_spf, const struct dkim_results *dkim,
                  const struct dmarc_result *dmarc, const struct message_facts *message, struct facts *facts_r);

#endif
