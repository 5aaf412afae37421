/*
 * The engine's inside, shared by what stands beside preflight.c.
 */
#ifndef PREFLIGHT_ENGINE_H
#define PREFLIGHT_ENGINE_H

#include "lib/check/blocklists.h"
#include "lib/check/dkimcheck.h"
#include "lib/check/dmarccheck.h"
#include "lib/check/orgdomain.h"
#include "lib/config/conf.h"
#include "lib/depart/depart.h"
#include "lib/dns/dns.h"
#include "lib/judge/receivers.h"
#include "lib/state/volume.h"

struct shared_dns;      /* a struct dns that engines share across reloads */

struct preflight {
    int refs;                       /* atomic */
    struct conf *conf;
    struct shared_dns *shared_dns;
    struct dns *dns;                /* shared_dns's */
    struct orgdomain *orgdomain;
    struct dmarcopinion *opinion;
    struct dmarccheck dmarc;        /* of dns, orgdomain and opinion */
    struct dkimcheck *dkim;
    struct depart *depart;          /* what Postfix does after the milter */
    struct blocklists *blocklists;
    struct receivers *receivers;
    struct volume *volume;          /* one for all engines that follow each other */
};

/* The allowance of one judgement that begins now. */
struct dns_budget engine_budget(const struct preflight *preflight);

#endif
