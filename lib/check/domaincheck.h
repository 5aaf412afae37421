/*
 * Can mail to a domain go anywhere?  Receivers refuse senders and authors whom nobody could answer.
 * Thread-safe as the resolver is.
 */
#ifndef PREFLIGHT_CHECK_DOMAINCHECK_H
#define PREFLIGHT_CHECK_DOMAINCHECK_H

#include "lib/check/factvalue.h"
#include "lib/dns/dns.h"

/* Starts the questions; never waits.  domain: any text. */
void domaincheck_prefetch(struct dns *dns, const char *domain);

/*
 * Has it an MX record, or an A or AAAA record in its place (RFC 5321 section 5.1)?  A null MX says that it has not
 * (RFC 7505); an address literal, "[192.0.2.1]", needs none.  DNS that fails is unknown.
 */
enum fact_value domaincheck_resolves(struct dns *dns, struct dns_budget *budget, const char *domain);

#endif
