/*
 * One-click unsubscription (RFC 8058): is it there, does it work, is it signed?  Pure, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_ONECLICK_H
#define PREFLIGHT_CHECK_ONECLICK_H

#include "lib/check/dkimcheck.h"
#include "lib/check/factvalue.h"
#include "lib/check/finding.h"
#include "lib/message/message.h"

struct oneclick {
    enum fact_value has_unsubscribe;    /* a List-Unsubscribe with a URI */
    enum fact_value is_valid;           /* exactly one https: URI, and List-Unsubscribe-Post as it must be */
    enum fact_value is_signed;          /* likewise, and a signature that passes covers both fields */
    const char *problem;                /* static: why it is not valid; NULL where it is, or is not known */
};

/* message: complete, after message_end. */
void oneclick_check(const struct message_facts *message, const struct dkim_results *dkim, struct oneclick *result_r);

/* is_bulk: whether receivers ask for it. */
void oneclick_findings(const struct oneclick *result, bool is_bulk, struct findings *findings);

#endif
