/*
 * Audits, as text and as JSON.  Borrows its arguments.  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_REPORT_AUDITED_H
#define PREFLIGHT_REPORT_AUDITED_H

#include "lib/audit/domainaudit.h"
#include "lib/audit/egressaudit.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* JSON, one object with a final newline: preflight(1).  Caller frees. */
char *report_json_egress(const struct egressaudit *audits, size_t count);

/* For people, in the order given. */
void report_text_egress(const struct egressaudit *audits, size_t count, bool is_color, struct str *text_r);

/* Likewise of a domain. */
char *report_json_domain(const struct domainaudit *audit);
void report_text_domain(const struct domainaudit *audit, bool is_color, struct str *text_r);

#endif
