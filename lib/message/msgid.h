/*
 * The Message-ID field (RFC 5322 section 3.6.4).  Pure, thread-safe.
 */
#ifndef PREFLIGHT_MESSAGE_MSGID_H
#define PREFLIGHT_MESSAGE_MSGID_H

#include <stdbool.h>

/*
 * Is the value exactly one <left@right>, with nothing around it but comments and white space, and neither inside?
 * left: atoms and dots (dots anywhere, as many senders have them) or a quoted string; right: atoms and dots or [...].
 */
bool is_message_id(const char *value);

#endif
