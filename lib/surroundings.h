/*
 * What a receiver looks up about who sends, besides the checks that all receivers make: sending addresses, HELO name,
 * the sender's and the author's domain, blocklists.  The engine's inside.
 */
#ifndef PREFLIGHT_SURROUNDINGS_H
#define PREFLIGHT_SURROUNDINGS_H

#include "lib/check/blocklist.h"
#include "lib/check/egresscheck.h"
#include "lib/check/factvalue.h"
#include "lib/egress.h"
#include "lib/engine.h"

struct surroundings {
    struct egress_result egress;
    enum fact_value sender_resolves, author_resolves;   /* unexamined where there is no domain */
    struct blocklist_result listings;
};

/* Start the questions that envelope and From field answer; never wait.  sender_domain may be NULL, the author's "". */
void surroundings_prefetch(const struct preflight *pf, const struct conf_egress *egress, const char *sender_domain);
void surroundings_prefetch_author(const struct preflight *pf, const char *author_domain);

void surroundings_check(const struct preflight *pf, struct dns_budget *budget, const struct conf_egress *egress,
                        const struct egress_addresses *addresses, const char *sender_domain,
                        const char *author_domain, struct surroundings *result_r);
void surroundings_clear(struct surroundings *surroundings);

/* Domains as given to surroundings_check. */
void surroundings_findings(const struct surroundings *surroundings, const char *sender_domain,
                           const char *author_domain, struct findings *findings);

#endif
