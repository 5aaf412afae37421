/*
 * What software on the way does to a header field, undone: guesses at the value a field had when it was signed.
 * A table of edits, each with a bounded number of guesses.  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_DKIMEDIT_H
#define PREFLIGHT_CHECK_DKIMEDIT_H

#include "lib/base/str.h"
#include "lib/check/dkimfields.h"

#include <stdbool.h>
#include <stddef.h>

struct dkim_edit {
    const char *what;           /* what happened after signing, of "the field X was changed after signing: ..." */
    bool is_layout;             /* white space and folds only: goes for the signature's own field too */
    bool (*make)(const struct dkim_field *field, size_t n, struct str *value_r);
};

/* Ended by a row without make.  make appends guess n and returns true, or false where there are no more. */
extern const struct dkim_edit dkim_edits[];

#endif
