/*
 * The SPF record that a domain should have in place of what it has: one of several, without the terms that are in
 * error, with the addresses that lack.  It is proposed only where every sending address passes by it.  Thread-safe as
 * the resolver is.
 */
#ifndef PREFLIGHT_AUDIT_SPFPROPOSAL_H
#define PREFLIGHT_AUDIT_SPFPROPOSAL_H

#include "lib/audit/publish.h"
#include "lib/check/spfcheck.h"

#include <stddef.h>

struct spfproposal_input {
    struct dns *dns;
    const char *domain;                 /* normalized */
    const char *helo, *sender, *receiver;   /* as for spfcheck_run */
    const struct ip_addr *addresses;
    size_t n_addresses;
};

/* Adds nothing where the record is good as it is, where it cannot be mended so, or where the DNS does not say. */
void spfproposal_make(const struct spfproposal_input *input, struct dns_budget *budget, struct publish *publish);

/*
 * One record that says what several say: the terms of each, once; a redirect= as an include:, where another record
 * follows it; the mildest all of theirs, never +all.  NULL where one of them is none that can be read.  Caller frees.
 */
char *spfproposal_merge(const char *const *records, size_t n);

#endif
