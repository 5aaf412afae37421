/*
 * Fetches the policy of MTA-STS by HTTPS as RFC 8461 section 3.3 has senders do it: the certificate has to be good for
 * the host, no redirect is followed, the file has to be text/plain and is bounded, and the deadline holds.  No proxy.
 * Thread-safe.
 */
#ifndef PREFLIGHT_AUDIT_STSFETCH_H
#define PREFLIGHT_AUDIT_STSFETCH_H

#include "lib/audit/stspolicy.h"

/* A stspolicy_fetch. */
void stsfetch_run(const struct stspolicy_server *server, struct stspolicy_answer *answer_r);

#endif
