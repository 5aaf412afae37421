/*
 * The message itself as large receivers enforce RFC 5322: findings from its facts.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_MSGCHECK_H
#define PREFLIGHT_CHECK_MSGCHECK_H

#include "lib/check/finding.h"
#include "lib/message/message.h"

void msgcheck_findings(const struct message_facts *facts, struct findings *findings);

#endif
