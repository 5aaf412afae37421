/*
 * The part of the catalogue that is about Postfix's settings; finding.c joins it to the rest.
 */
#ifndef PREFLIGHT_CHECK_FINDINGPOSTFIX_H
#define PREFLIGHT_CHECK_FINDINGPOSTFIX_H

#include "lib/check/finding.h"

/* From FINDING_POSTFIX_FIRST on. */
extern const struct finding_row finding_postfix_rows[FINDING_COUNT - FINDING_POSTFIX_FIRST];

#endif
