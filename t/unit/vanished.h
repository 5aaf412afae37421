/*
 * Where a question fails, some of what was found before is found no more: that has to be told as not known.
 */
#ifndef PREFLIGHT_T_VANISHED_H
#define PREFLIGHT_T_VANISHED_H

#include "lib/audit/audit.h"
#include "t/unit/unit.h"

static inline bool vanished_is_there(const struct findings *findings, const struct finding *one)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].row == one->row && strcmp(findings->items[i].subject, one->subject) == 0)
            return true;
    }
    return false;
}

/* unknown: enum audit_area, of the audit that now was found in.  How many faults are gone. */
static inline size_t vanished_check(const struct findings *before, const struct findings *now, unsigned unknown,
                                    const char *question)
{
    size_t gone = 0;

    for (size_t i = 0; i < before->count; i++) {
        const struct finding *one = &before->items[i];
        if (!audit_is_fault(one->row) || vanished_is_there(now, one))
            continue;
        ck_assert_msg((unknown & audit_area_of(one->row)) != 0, "%s of %s vanished with %s", one->row->name,
                      one->subject, question);
        gone++;
    }
    return gone;
}

#endif
