/*
 * The message itself as large receivers enforce RFC 5322: findings from its facts.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_MSGCHECK_H
#define PREFLIGHT_CHECK_MSGCHECK_H

#include "lib/check/finding.h"
#include "lib/message/message.h"

#include <stdbool.h>

/* facts: complete, after message_end. */
void msgcheck_findings(const struct message_facts *facts, struct findings *findings);

/*
 * What will break a passing signature after the milter: text that servers on the way may have to rewrite.
 * signature: names that signature in the findings' subject; to be called only where one passes.  takes_8bit: the next
 * server is known to take 8-bit text as it is.
 */
void msgcheck_fragile_findings(const struct message_facts *facts, const char *signature, bool takes_8bit,
                               struct findings *findings);

#endif
