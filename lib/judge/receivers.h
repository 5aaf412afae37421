/*
 * receivers.conf: all receivers and their rules, read and checked; and who receives the mail of a domain.
 * Immutable once loaded, reference-counted, thread-safe; loading is for one thread at a time.
 */
#ifndef PREFLIGHT_JUDGE_RECEIVERS_H
#define PREFLIGHT_JUDGE_RECEIVERS_H

#include "lib/dns/dns.h"
#include "lib/judge/receiver.h"

struct err;
struct receivers;
struct tree_kind;

/*
 * path NULL or "": the file that is built in.  NULL with err "FILE:LINE: ..." where anything is wrong.
 * The caller owns one reference.
 */
struct receivers *receivers_load(const char *path, struct err *err);
struct receivers *receivers_ref(struct receivers *receivers);
void receivers_unref(struct receivers **receivers);     /* NULL is fine */

const struct receiver *receivers_all(const struct receivers *receivers, size_t *count_r);
const struct receiver *receivers_generic(const struct receivers *receivers);
const struct receiver *receivers_find(const struct receivers *receivers, const char *name);    /* or NULL */

/* The sections and options of the file, which a test holds the manual to. */
const struct tree_kind *receivers_kinds(void);

/* Whose mail server it is: the longest of all suffixes decides; the generic receiver where there is none. */
const struct receiver *receivers_by_host(const struct receivers *receivers, const char *host);

/*
 * Who receives the mail of a domain, by the host that its MX records prefer (RFC 5321 section 5.1).  A domain that
 * has none is its own host; one that takes no mail (RFC 7505), or does not exist, is the generic receiver's.
 * NULL where DNS failed.
 */
const struct receiver *receivers_by_domain(const struct receivers *receivers, struct dns *dns,
                                           struct dns_budget *budget, const char *domain);

#endif
