/*
 * The Date field (RFC 5322 section 3.3, with the obsolete forms of section 4.3).  Pure, thread-safe.
 */
#ifndef PREFLIGHT_MESSAGE_DATE_H
#define PREFLIGHT_MESSAGE_DATE_H

#include <stdbool.h>

/*
 * Does the whole value read as one date?  Comments, two- and three-digit years and alphabetic zones may be there; day,
 * month, time and zone must be in range.  The day of the week may be missing or the wrong one: no receiver looks.
 */
bool is_date(const char *value);

#endif
