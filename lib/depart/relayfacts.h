/*
 * What is known of the Postfix behind the milter: told in the section postfix of preflight.conf, else learned from its
 * own settings where that section names its directory, else as Postfix's defaults have it, or not known.
 * Immutable once loaded.
 */
#ifndef PREFLIGHT_DEPART_RELAYFACTS_H
#define PREFLIGHT_DEPART_RELAYFACTS_H

#include "lib/config/conf.h"

#include <stdbool.h>

struct err;
struct postconf;

struct relay_facts {
    struct conf_strings generic_maps;
    struct conf_strings header_checks, mime_header_checks, nested_header_checks, body_checks;
    struct conf_strings sender_canonical_maps, canonical_maps;  /* those that the envelope's sender is subject to */
    struct conf_strings masquerade_domains, masquerade_exceptions;  /* likewise; a domain may begin with "!" */
    bool propagates_generic, propagates_canonical;      /* an extension that was not looked up */
    char *delimiters;                   /* recipient_delimiter; "": none */
    char *origin, *domain;              /* myorigin; mydomain, "" where not known */
    bool appends_origin, appends_domain;
    struct conf_strings local_domains;  /* mydestination without tables, lower case */
    bool has_local_tables;              /* it has tables or files too */
    struct conf_strings local_addresses;    /* inet_interfaces and proxy_interfaces, as far as they are addresses */
    int line_length_limit;              /* bytes; 0: lines are never cut; -1: not known */
    enum conf_known converts_8bit;      /* for a server without 8BITMIME */
    enum conf_known eightbitmime;       /* is announced by the next server */
};

/* Takes what conf tells; asks postconf(1) where conf names a directory.  -1 with err where it cannot be asked. */
int relayfacts_load(const struct conf *conf, struct relay_facts *facts_r, struct err *err);

/* The same, with postconf read already; NULL: nothing was learned. */
void relayfacts_from(const struct conf *conf, const struct postconf *postconf, struct relay_facts *facts_r);
void relayfacts_clear(struct relay_facts *facts);

#endif
