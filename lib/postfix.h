/*
 * Postfix's own settings, audited: the door to lib/audit for preflight postfix; lib/report/postfix.h prints it.
 */
#ifndef PREFLIGHT_POSTFIX_H
#define PREFLIGHT_POSTFIX_H

#include "lib/audit/postfix.h"

struct conf;
struct err;

/*
 * Asks postconf(1) of this directory, or with NULL of the standard one, and holds what it says to conf.
 * -1 with err where it cannot be asked; else the caller clears the audit.
 */
int postfix_audit(const struct conf *conf, const char *directory, struct postfix_audit *audit_r, struct err *err);

/* Is there a finding that mail fails by? */
bool postfix_audit_has_errors(const struct postfix_audit *audit);

#endif
