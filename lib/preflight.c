/*
 * The engine: what all messages under one configuration share; see preflight.h.
 * Immutable after preflight_new; reference counts are the only thing that changes, atomically.
 */
#include "config.h"

#include "lib/preflight.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/check/spflint.h"
#include "lib/check/spfopinion.h"
#include "lib/engine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RESOLV_CONF "/etc/resolv.conf"
#define VOLUME_ROOM 8192        /* pairs of receiver and domain whose messages are counted: 2 MB */

/* A resolver, and the state of the file that names its servers where the configuration does not. */
struct shared_dns {
    int refs;                       /* atomic */
    struct dns *dns;
    struct stat resolv_conf;
};

static void shared_dns_unref(struct shared_dns **shared)
{
    struct shared_dns *r = *shared;

    *shared = NULL;
    if (r == NULL || __atomic_sub_fetch(&r->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    dns_free(&r->dns);
    free(r);
}

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

/* All zero where there is none. */
static void stat_resolv_conf(struct stat *st_r)
{
    if (stat(RESOLV_CONF, st_r) != 0)
        memset(st_r, 0, sizeof(*st_r));
}

static struct shared_dns *shared_dns_new(const struct conf *conf, struct err *err)
{
    struct dns_settings settings = {
        .servers = (const char *const *)conf->dns.servers.items,
        .zone = or_null(conf->dns.zone),
        .trust_anchor = or_null(conf->dns.trust_anchor),
        .timeout_ms = conf->dns.timeout_ms,
        .cache_entries = (size_t)conf->dns.cache_entries,
        .max_ttl = (uint32_t)conf->dns.max_ttl,
    };
    struct stat resolv_conf;

    stat_resolv_conf(&resolv_conf);     /* before it is read: a change in between is seen the next time */
    struct dns *dns = dns_new(&settings, err);
    if (dns == NULL)
        return NULL;

    struct shared_dns *r = xcalloc(1, sizeof(*r));
    *r = (struct shared_dns){ .refs = 1, .dns = dns, .resolv_conf = resolv_conf };
    return r;
}

static bool is_same_list(const struct conf_strings *a, const struct conf_strings *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    }
    return true;
}

/* A zone file and a trust anchor may have changed inside: with those the resolver is made anew. */
static bool is_same_dns(const struct conf *a, const struct conf *b)
{
    return a->dns.zone[0] == '\0' && b->dns.zone[0] == '\0'
           && a->dns.trust_anchor[0] == '\0' && b->dns.trust_anchor[0] == '\0'
           && is_same_list(&a->dns.servers, &b->dns.servers)
           && a->dns.timeout_ms == b->dns.timeout_ms
           && a->dns.cache_entries == b->dns.cache_entries
           && a->dns.max_ttl == b->dns.max_ttl;
}

/* Has the file that names the servers changed?  It is replaced, or written to. */
static bool has_new_servers(const struct conf *conf, const struct shared_dns *r)
{
    struct stat now;

    if (conf->dns.servers.count > 0)
        return false;
    stat_resolv_conf(&now);
    return now.st_dev != r->resolv_conf.st_dev || now.st_ino != r->resolv_conf.st_ino
           || now.st_size != r->resolv_conf.st_size || now.st_mtim.tv_sec != r->resolv_conf.st_mtim.tv_sec
           || now.st_mtim.tv_nsec != r->resolv_conf.st_mtim.tv_nsec;
}

static struct shared_dns *shared_dns_for(const struct conf *conf, struct preflight *old, struct err *err)
{
    if (old == NULL || !is_same_dns(conf, old->conf) || has_new_servers(conf, old->shared_dns))
        return shared_dns_new(conf, err);
    __atomic_add_fetch(&old->shared_dns->refs, 1, __ATOMIC_RELAXED);
    return old->shared_dns;
}

static void engine_free(struct preflight *pf)
{
    dkimcheck_free(&pf->dkim);
    depart_free(&pf->depart);
    receivers_unref(&pf->receivers);
    blocklists_free(&pf->blocklists);
    volume_unref(&pf->volume);
    dmarcopinion_free(&pf->opinion);
    orgdomain_free(&pf->orgdomain);
    shared_dns_unref(&pf->shared_dns);
    conf_unref(&pf->conf);
    free(pf);
}

struct preflight *preflight_new(struct conf *conf, struct preflight *old, struct err *err)
{
    const struct dkimcheck_limits limits = {
        .headers = conf->limits.headers,
        .header_bytes = conf->limits.header_bytes,
        .signatures = conf->limits.signatures,
    };
    struct preflight *pf = xcalloc(1, sizeof(*pf));

    pf->refs = 1;
    pf->conf = conf_ref(conf);
    pf->volume = old == NULL ? volume_new(VOLUME_ROOM) : volume_ref(old->volume);
    pf->receivers = receivers_load(conf->receivers, err);
    if (pf->receivers != NULL)
        pf->blocklists = blocklists_load(conf->blocklists, err);
    if (pf->blocklists != NULL)
        pf->depart = depart_new(conf, err);
    if (pf->depart != NULL)
        pf->shared_dns = shared_dns_for(conf, old, err);
    if (pf->shared_dns != NULL) {
        pf->dns = pf->shared_dns->dns;
        pf->orgdomain = orgdomain_new(err);
    }
    if (pf->orgdomain != NULL) {
        pf->opinion = dmarcopinion_new(orgdomain_list_file());
        pf->dmarc = (struct dmarccheck){ .dns = pf->dns, .orgdomain = pf->orgdomain, .opinion = pf->opinion };
        pf->dkim = dkimcheck_new(pf->dns, &limits, err);
    }
    if (pf->dkim == NULL) {
        engine_free(pf);
        return NULL;
    }
    return pf;
}

struct preflight *preflight_ref(struct preflight *preflight)
{
    __atomic_add_fetch(&preflight->refs, 1, __ATOMIC_RELAXED);
    return preflight;
}

void preflight_unref(struct preflight **preflight)
{
    struct preflight *pf = *preflight;

    *preflight = NULL;
    if (pf != NULL && __atomic_sub_fetch(&pf->refs, 1, __ATOMIC_ACQ_REL) == 0)
        engine_free(pf);
}

const struct conf *preflight_conf(const struct preflight *preflight)
{
    return preflight->conf;
}

struct dns *preflight_dns(struct preflight *preflight)
{
    return preflight->dns;
}

static bool is_in_networks(const struct conf *conf, const struct ip_addr *client)
{
    for (size_t i = 0; i < conf->outgoing.n_networks; i++) {
        const struct ip_net *net = &conf->outgoing.networks[i];
        if (ip_is_in(client, &net->addr, net->prefix))
            return true;
    }
    return false;
}

bool preflight_is_outgoing(const struct preflight *preflight, const struct preflight_origin *origin)
{
    const struct conf *conf = preflight->conf;

    if (conf->outgoing.authenticated && origin->user != NULL && origin->user[0] != '\0')
        return true;
    if (conf->outgoing.local && origin->is_local)
        return true;
    if (is_in_networks(conf, &origin->client))
        return true;
    return conf_has_string(&conf->outgoing.daemons, origin->daemon);
}

struct dns_budget engine_budget(const struct preflight *preflight)
{
    const struct conf *conf = preflight->conf;

    return (struct dns_budget){ .deadline_ms = clock_ms() + conf->dns.budget_ms, .questions = conf->limits.lookups };
}

void preflight_spf(struct preflight *preflight, const struct ip_addr *client, const char *helo, const char *sender,
                   struct spf_result *result_r, struct findings *findings)
{
    struct dns_budget budget = engine_budget(preflight);
    enum spf_identity identity = sender[0] == '\0' ? SPF_HELO : SPF_MAILFROM;

    spfcheck_run(preflight->dns, &budget, client, identity, helo, sender, preflight->conf->hostname, result_r);
    spfopinion_ask(preflight->dns, &budget, helo, sender, result_r);
    if (findings == NULL)
        return;
    spfcheck_findings(result_r, true, findings);
    budget = engine_budget(preflight);      /* a record that spent the first is the one to look at */
    spflint_run(preflight->dns, &budget, result_r->domain, findings);
}

void preflight_dmarc(struct preflight *preflight, const char *author_domain, struct spf_result *spf, size_t n_spf,
                     struct dkim_results *dkim, struct dmarc_result *result_r, struct findings *findings)
{
    struct dns_budget budget = engine_budget(preflight);

    dmarccheck_run(&preflight->dmarc, &budget, author_domain, spf, n_spf, n_spf, dkim, result_r);
    dmarccheck_findings(result_r, spf, n_spf, dkim, findings);
}
