/*
 * The header fields that a signature carries copies of, z= (RFC 6376 section 3.5; the encoding: section 2.11).
 * Not shared between threads.
 */
#ifndef PREFLIGHT_CHECK_DKIMCOPIED_H
#define PREFLIGHT_CHECK_DKIMCOPIED_H

#include "lib/base/str.h"
#include "lib/check/dkimfields.h"

#include <stdbool.h>

struct dkim_copies {
    const char *pos, *end;      /* borrowed from the signature's field */
};

void dkim_copies_init(struct dkim_copies *copies, const struct dkim_field *signature);

/*
 * The next copy that is a header field: its text replaces what is in *text, which *copy_r points into.  False at the
 * end.
 */
bool dkim_copies_next(struct dkim_copies *copies, struct str *text, struct dkim_field *copy_r);

#endif
