/*
 * Stands in for lib/dns/dns.c in the fuzz targets: a resolver whose answers are the input's lines, without threads.
 *
 * The first question gets the first line, the next new question the next; the same question gets the same answer
 * again, as a cache would have it; beyond the last line all is NXDOMAIN.  A line is "!x" NXDOMAIN, "!n" no data,
 * "!t" TEMPFAIL, "!o" TIMEOUT, "!b" BOGUS, "!w" and one record's raw bytes, or records of the type asked for, with "|"
 * between them: text, an address, "10 mx.example", a name; what cannot be read so is taken as raw bytes.
 */
#ifndef PREFLIGHT_T_FUZZDNS_H
#define PREFLIGHT_T_FUZZDNS_H

#include "lib/dns/dns.h"

struct dns *fuzzdns_new(void);                              /* dns_free frees it */
void fuzzdns_script(struct dns *dns, const char *lines);    /* copied; forgets all answers given so far */

/* A question that was not asked before is DNS_PENDING where the budget says no_wait, and answered from then on. */
void fuzzdns_set_slow(struct dns *dns, bool is_slow);

/* The questions asked so far, in their order: how many; one's type, name (borrowed) and answer. */
size_t fuzzdns_count(const struct dns *dns);
enum dns_type fuzzdns_question(const struct dns *dns, size_t i, const char **name_r, enum dns_status *status_r);

/* From now on this question ends so, and no other; i is SIZE_MAX for none. */
void fuzzdns_fail(struct dns *dns, size_t i, enum dns_status status);

#endif
