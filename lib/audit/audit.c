/*
 * What all audits share; see audit.h.
 */
#include "config.h"

#include "lib/audit/audit.h"

#include <assert.h>

const char *audit_outcome_name(enum audit_outcome outcome)
{
    static const char *const names[] = { "clear", "undecided", "faulty" };

    assert(outcome <= AUDIT_FAULTY);
    return names[outcome];
}

/* Does it tell of what is not known, and of no fault? */
static bool is_about_unknown(enum finding_id id)
{
    switch (id) {
    case FINDING_SPF_TEMPERROR:
    case FINDING_DKIM_TEMPERROR:
    case FINDING_DKIM_KEY_UNREADABLE:
    case FINDING_DKIM_SIGNER_UNKNOWN:
    case FINDING_DMARC_TEMPERROR:
    case FINDING_BLOCKLIST_UNUSABLE:
        return true;
    default:
        return false;
    }
}

enum audit_outcome audit_outcome_of(const struct findings *findings, bool is_unknown)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding_row *row = findings->items[i].row;
        if (is_about_unknown(row->id))
            is_unknown = true;
        else if (row->severity > SEVERITY_INFO)
            return AUDIT_FAULTY;
    }
    return is_unknown ? AUDIT_UNDECIDED : AUDIT_CLEAR;
}
