/*
 * What OpenDKIM is set to sign, out of opendkim.conf(5) and the tables it names: for which senders of a domain, under
 * which selectors, with which private keys.  Reading is for one thread at a time; what was read is immutable.
 */
#ifndef PREFLIGHT_AUDIT_OPENDKIM_H
#define PREFLIGHT_AUDIT_OPENDKIM_H

#include "lib/audit/selectors.h"

#include <stdbool.h>

struct opendkim;
struct err;

/* NULL with err where the configuration cannot be read. */
struct opendkim *opendkim_read(const char *path, struct err *err);
void opendkim_free(struct opendkim **opendkim);

enum opendkim_scope {
    OPENDKIM_NOT_ASKED,         /* no configuration of OpenDKIM is named */
    OPENDKIM_UNKNOWN,           /* a table is of a kind that is not read here, or cannot be read */
    OPENDKIM_NONE,              /* no mail of the domain is signed */
    OPENDKIM_SOME,              /* of some senders only */
    OPENDKIM_ALL
};
const char *opendkim_scope_name(enum opendkim_scope scope);     /* "unknown", "none", "some", "all"; "" not asked */

#define OPENDKIM_DETAIL_MAX 600

struct opendkim_signing {
    enum opendkim_scope scope;
    bool is_broken;                     /* mail of some senders at least is deferred, for a key that is missing */
    char detail[OPENDKIM_DETAIL_MAX];   /* why it is not all, or what is broken; "" else; untrusted */
};

/*
 * What becomes of mail from the domain, normalized; adds the selectors that sign it and, with with_keys, reads their
 * private keys.
 */
void opendkim_find(const struct opendkim *opendkim, const char *domain, bool with_keys, struct selectors *selectors,
                   struct opendkim_signing *signing_r);

#endif
