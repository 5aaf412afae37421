/*
 * What all audits share: how they end, and the records they propose to publish.
 * Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_AUDIT_AUDIT_H
#define PREFLIGHT_AUDIT_AUDIT_H

#include "lib/check/finding.h"

#include <stdbool.h>

/* In this order they are the worse. */
enum audit_outcome {
    AUDIT_CLEAR,            /* nothing stands in the way */
    AUDIT_UNDECIDED,        /* nothing found does, but not all is known */
    AUDIT_FAULTY            /* there is something to mend */
};
const char *audit_outcome_name(enum audit_outcome outcome);     /* "clear", "undecided", "faulty" */

/*
 * Warnings and errors are to be mended, unless they only say that something could not be found out.  is_unknown: some
 * answer is missing.
 */
enum audit_outcome audit_outcome_of(const struct findings *findings, bool is_unknown);

#endif
