/*
 * What libspf2 makes of an SPF question: Exim and other receivers run it, and it reads some records otherwise than
 * RFC 7208 has it.  It cannot crash, hang or multiply lookups here, whatever a record says: every record passes the
 * guard of spfguard.h first.  Nothing is shared between two calls: any number of threads.
 */
#ifndef PREFLIGHT_CHECK_SPFOPINION_H
#define PREFLIGHT_CHECK_SPFOPINION_H

#include "lib/check/spfcheck.h"
#include "lib/dns/dns.h"

/* Lookups that libspf2 may make for one question, records included; what needs more has no opinion. */
#define SPFOPINION_LOOKUPS 30

/*
 * Sets result->libspf2.  result: of spfcheck_run with the same helo and mailfrom; a temperror is not asked about.
 * Its lookups are those of the evaluation, in the usual case all in the cache; with budget->no_wait one that is not
 * leaves the opinion unknown.  Failures are not counted in the budget: they change no verdict.
 */
void spfopinion_ask(struct dns *dns, struct dns_budget *budget, const char *helo, const char *mailfrom,
                    struct spf_result *result);

#endif
