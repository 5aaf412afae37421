/*
 * The organizational domain by the public suffix list (RFC 7489 section 3.2), by libpsl with the newest list it finds.
 * Immutable after loading; any number of threads may ask.
 */
#ifndef PREFLIGHT_CHECK_ORGDOMAIN_H
#define PREFLIGHT_CHECK_ORGDOMAIN_H

#include "lib/base/domain.h"

struct orgdomain;
struct err;

struct orgdomain *orgdomain_new(struct err *err);       /* NULL with err where no list can be read */
void orgdomain_free(struct orgdomain **orgdomain);

/* domain: normalized.  A public suffix, and a name without one, is its own organizational domain. */
void orgdomain_find(const struct orgdomain *orgdomain, const char *domain, char org_r[DOMAIN_MAX]);

/* The public suffix list as a text file, for who cannot ask libpsl; NULL where libpsl knows of none.  Static. */
const char *orgdomain_list_file(void);

#endif
