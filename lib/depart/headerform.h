/*
 * What smtp(8) does to the form of a header: the field that tells of 8-bit text where that is converted, and lines that
 * are over its limit.  Pure functions on the fields, thread-safe.
 */
#ifndef PREFLIGHT_DEPART_HEADERFORM_H
#define PREFLIGHT_DEPART_HEADERFORM_H

#include "lib/depart/headercheck.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * For a server without 8BITMIME: where Content-Transfer-Encoding is 8bit or binary, a new one stands at the end of the
 * header, "quoted-printable", or "7bit" of what has parts.  False where it is not so and nothing is done.
 */
bool headerform_convert(struct headerfields *fields);

/*
 * Cuts the lines of the field that are over limit bytes, name and colon counted: each further piece begins with a space
 * and is as long with it.  False where none is.
 */
bool headerform_cut(struct headerfield *field, size_t limit);

#endif
