/*
 * What all audits share; see audit.h.
 */
#include "config.h"

#include "lib/audit/audit.h"

#include <assert.h>
#include <string.h>

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

bool audit_is_fault(const struct finding_row *row)
{
    return row->severity > SEVERITY_INFO && !is_about_unknown(row->id);
}

enum audit_outcome audit_outcome_of(const struct findings *findings, bool is_unknown)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding_row *row = findings->items[i].row;
        if (is_about_unknown(row->id))
            is_unknown = true;
        else if (audit_is_fault(row))
            return AUDIT_FAULTY;
    }
    return is_unknown ? AUDIT_UNDECIDED : AUDIT_CLEAR;
}

enum audit_area audit_area_of(const struct finding_row *row)
{
    static const struct { const char *prefix; enum audit_area area; } areas[] = {
        { "spf-", AUDIT_SPF }, { "helo-spf-", AUDIT_SPF }, { "dkim-", AUDIT_DKIM }, { "dmarc-", AUDIT_DMARC },
        { "address-listed", AUDIT_LISTINGS }, { "domain-listed", AUDIT_LISTINGS },
    };

    for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
        if (strncmp(row->name, areas[i].prefix, strlen(areas[i].prefix)) == 0)
            return areas[i].area;
    }
    return AUDIT_REST;
}

void audit_note(struct audit_watch *watch, enum audit_area area)
{
    if (watch->budget->failures > watch->failures)
        watch->unknown |= area;
    watch->failures = watch->budget->failures;
}
