/*
 * Bounce messages: delivery status notifications (RFC 3464, RFC 6533), and notices without the parts of one.
 * Through GMime, which this file alone includes.  Thread-safe.
 */
#ifndef PREFLIGHT_BOUNCE_DSN_H
#define PREFLIGHT_BOUNCE_DSN_H

#include "lib/bounce/bounce.h"

/*
 * Adds the refusals that a message tells of.  What GMime would need much memory for is cut off: see mimebudget.h.
 * True where it is a report on recipients at all, if only on deliveries.
 */
bool dsn_read(const char *text, size_t len, struct bounces *bounces);

#endif
