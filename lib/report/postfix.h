/*
 * The audit of Postfix, as text and as JSON.  Borrows its arguments.  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_REPORT_POSTFIX_H
#define PREFLIGHT_REPORT_POSTFIX_H

#include "lib/audit/postfix.h"
#include "lib/base/str.h"

#include <stdbool.h>

void report_text_postfix(const struct postfix_audit *audit, bool is_color, struct str *text_r);

/* One object, preflight(1), with a final newline.  Caller frees. */
char *report_json_postfix(const struct postfix_audit *audit);

#endif
