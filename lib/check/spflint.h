/*
 * What is worth mending in a domain's SPF record whatever address it is asked about: a walk of the whole record and of
 * all it includes, past the term that would match.  Thread-safe as the resolver is.
 */
#ifndef PREFLIGHT_CHECK_SPFLINT_H
#define PREFLIGHT_CHECK_SPFLINT_H

#include "lib/check/finding.h"
#include "lib/dns/dns.h"

#include <stdbool.h>

#define SPFLINT_LOOKUPS 30      /* terms that ask the DNS: the walk ends there */
#define SPFLINT_QUESTIONS 60    /* DNS lookups, at most */

/*
 * domain: normalized; nothing is asked about what cannot have a record.  Run it after spfcheck_findings: what the list
 * has for a subject already is not told again, and a lookup count up to the term that matched gives way to that of the
 * whole tree, with what each term of the domain's own record costs where it is over the limit.  What fails in the DNS,
 * or is not back with budget->no_wait, is left out; no failure is counted in the budget.  Terms whose domain has macros
 * other than d, o and v are counted and not asked for.
 */
void spflint_run(struct dns *dns, struct dns_budget *budget, const char *domain, struct findings *findings);

#endif
