/*
 * The selectors under which a domain's mail is signed, each once, with where it is known from: the DNS has no list of
 * them.  Not shared between threads.
 */
#ifndef PREFLIGHT_AUDIT_SELECTORS_H
#define PREFLIGHT_AUDIT_SELECTORS_H

#include "lib/base/domain.h"

#include <stdbool.h>
#include <stddef.h>

struct signingkey;

#define SELECTORS_MAX 50

enum selector_source {
    SELECTOR_GIVEN,             /* on the command line */
    SELECTOR_CONFIGURED,        /* option selectors of preflight.conf */
    SELECTOR_OPENDKIM,          /* its tables sign with it */
    SELECTOR_TRAFFIC            /* seen in signatures of recent mail */
};
const char *selector_source_name(enum selector_source source);  /* "given", "configured", "opendkim", "traffic" */

struct selector {
    char name[DOMAIN_MAX];      /* normalized: "s1" */
    char domain[DOMAIN_MAX];    /* normalized: d=, below which its key stands */
    enum selector_source source;
    struct signingkey *key;     /* what signs with it; NULL where that is not known */
};

struct selectors {
    struct selector items[SELECTORS_MAX];
    size_t count;
    bool is_cut;                /* there were more than fit */
};

/*
 * Where it is known already, the source that stands first above stays.  NULL where there is no room.  name, domain:
 * normalized.
 */
struct selector *selectors_add(struct selectors *selectors, const char *name, const char *domain,
                               enum selector_source source);

/* The same, and reads the private key that signs with it from a PEM file, where none is known yet. */
void selectors_add_key(struct selectors *selectors, const char *name, const char *domain, enum selector_source source,
                       const char *path);
void selectors_clear(struct selectors *selectors);      /* the keys, too */

#endif
