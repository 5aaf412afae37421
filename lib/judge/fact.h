/*
 * Facts: what the rules of receivers are written in.  What DNS did not answer is unknown, never false; what nobody
 * examined is neither.
 * Pure, thread-safe.
 */
#ifndef PREFLIGHT_JUDGE_FACT_H
#define PREFLIGHT_JUDGE_FACT_H

#include "lib/check/dkimcheck.h"
#include "lib/check/dmarccheck.h"
#include "lib/check/egresscheck.h"
#include "lib/check/factvalue.h"
#include "lib/check/finding.h"
#include "lib/check/oneclick.h"
#include "lib/check/spfcheck.h"
#include "lib/message/message.h"

enum fact_id {
    /* SPF of the deciding identity, over all egress addresses */
    FACT_SPF_PASS,          /* every egress address passes */
    FACT_SPF_FAIL,          /* some egress address gets fail */
    FACT_SPF_HARDFAIL,      /* likewise, and "-all" decides it */
    FACT_SPF_SOFTFAIL, FACT_SPF_NEUTRAL, FACT_SPF_NONE, FACT_SPF_PERMERROR,
    FACT_SPF_TEMPERROR,     /* unknown where our own DNS failed: the receiver's may not; never true */
    FACT_SPF_ALIGNED,       /* every egress address passes, for a domain aligned with the author's */
    FACT_SPF_SUSPICIOUS,    /* a record that passes +all, or half the internet */

    FACT_DKIM_PASS,         /* some signature passes, by RFC 8301 too */
    FACT_DKIM_SIGNED,       /* there is a signature */
    FACT_DKIM_ALIGNED,      /* some signature passes whose domain is aligned with the author's */

    /* by the worse reading for us of the two RFCs */
    FACT_DMARC_RECORD,      /* the author domain has a policy */
    FACT_DMARC_PASS, FACT_DMARC_FAIL,
    FACT_DMARC_TEMPERROR,   /* as FACT_SPF_TEMPERROR */
    FACT_POLICY_NONE, FACT_POLICY_QUARANTINE, FACT_POLICY_REJECT,     /* the policy that applies */
    FACT_RFC9989_DMARC_FAIL, FACT_RFC9989_POLICY_REJECT, FACT_RFC9989_POLICY_QUARANTINE,
    FACT_RFC7489_DMARC_FAIL, FACT_RFC7489_POLICY_REJECT, FACT_RFC7489_POLICY_QUARANTINE,

    FACT_PTR,               /* every egress address has a PTR record */
    FACT_FCRDNS,            /* likewise, and one of its names has the address */
    FACT_IPV6,              /* some egress address is IPv6 */
    FACT_IPV6_PTR, FACT_IPV6_FCRDNS, FACT_IPV6_SPF_PASS,    /* of every IPv6 address; true where there is none */
    FACT_HELO_VALID,        /* the HELO name is a host name of two labels or more */

    FACT_ADDRESS_LISTED, FACT_DOMAIN_LISTED,    /* on some blocklist that we may ask */

    FACT_SENDER_DOMAIN_RESOLVES, FACT_AUTHOR_DOMAIN_RESOLVES,   /* MX, A or AAAA; unexamined where none */

    FACT_BULK,
    FACT_LIST_UNSUBSCRIBE,  /* a List-Unsubscribe field with a URI */
    FACT_ONE_CLICK,         /* RFC 8058: and one https: URI, and a valid List-Unsubscribe-Post */
    FACT_ONE_CLICK_SIGNED,  /* likewise, and both fields covered by a signature that passes */

    FACT_FROM_MISSING, FACT_FROM_MULTIPLE,
    FACT_FROM_VALID,        /* one From field or more, with valid addresses only */
    FACT_MESSAGE_ID_VALID, FACT_DATE_VALID,     /* there once, and valid */
    FACT_HEADER_DUPLICATE, FACT_HEADER_8BIT, FACT_HEADER_ENCODED_WORD, FACT_BARE_NEWLINE, FACT_LINE_TOO_LONG,
    FACT_RFC5322_VALID,     /* none of all that RFC 5322 forbids; without a Message-ID too */

    FACT_AUTHOR_DOMAIN_FOREIGN,     /* a mailbox provider's, and neither SPF nor DKIM shows that we send for it */
    FACT_COUNT
};

struct facts {
    enum fact_value value[FACT_COUNT];
};

/* What facts are made of; all borrowed. */
struct fact_sources {
    const struct spf_result *spf;           /* of the deciding identity (mailfrom, or helo alone for a null sender) */
    size_t n_spf;                           /* 0: unknown */
    const struct dkim_results *dkim;
    const struct dmarc_result *dmarc;
    const struct message_facts *message;
    const struct oneclick *oneclick;        /* NULL: not examined */
    const struct egress_result *egress;     /* likewise */
    enum fact_value sender_resolves, author_resolves;
    enum fact_value address_listed, domain_listed;
    enum fact_value bulk;
};

const char *fact_name(enum fact_id id);         /* "spf-pass", as in receivers.conf */
int fact_find(const char *name);                /* -1 where there is no such fact */

/*
 * Can the finding be a reason for the fact, or for its contrary, among these facts?  What is wrong with an SPF record
 * and did not keep it from being evaluated is none.
 */
bool fact_rests_on(enum fact_id fact, enum finding_id finding, const struct facts *facts);

void facts_gather(const struct fact_sources *sources, struct facts *facts_r);

#endif
