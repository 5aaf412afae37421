/*
 * The part of the catalogue that audits of domains add; finding.c joins it to the rest.
 */
#ifndef PREFLIGHT_CHECK_FINDINGAUDIT_H
#define PREFLIGHT_CHECK_FINDINGAUDIT_H

#include "lib/check/finding.h"

/* From FINDING_AUDIT_FIRST on. */
extern const struct finding_row finding_audit_rows[FINDING_POSTFIX_FIRST - FINDING_AUDIT_FIRST];

#endif
