/*
 * Bounce messages: delivery status notifications (RFC 3464, RFC 6533), and notices without the parts of one.
 * Through GMime, which this file alone includes.  Thread-safe.
 */
#ifndef PREFLIGHT_BOUNCE_DSN_H
#define PREFLIGHT_BOUNCE_DSN_H

#include "lib/bounce/bounce.h"

/*
 * Adds the refusals that a message tells of, or with is_mbox those of each message in an mbox.
 * True where it is a report on recipients at all, if only on deliveries.
 */
bool dsn_read(const char *text, size_t len, bool is_mbox, struct bounces *bounces);

#endif
