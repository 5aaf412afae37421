/*
 * What all audits share: how they end, and the records they propose to publish.
 * Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_AUDIT_AUDIT_H
#define PREFLIGHT_AUDIT_AUDIT_H

#include "lib/check/finding.h"
#include "lib/dns/dns.h"

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
bool audit_is_fault(const struct finding_row *row);
enum audit_outcome audit_outcome_of(const struct findings *findings, bool is_unknown);

/* What a finding is about, as bits: where some answer about that is missing, so may be findings. */
enum audit_area {
    AUDIT_SPF = 1, AUDIT_DKIM = 2, AUDIT_DMARC = 4, AUDIT_LISTINGS = 8, AUDIT_REST = 16,
    AUDIT_ALL = 31
};
enum audit_area audit_area_of(const struct finding_row *row);

/* To be called after each part of an audit: adds the area to unknown where questions of that part failed. */
struct audit_watch {
    const struct dns_budget *budget;
    int failures;               /* so far */
    unsigned unknown;           /* enum audit_area */
};
void audit_note(struct audit_watch *watch, enum audit_area area);

#endif
