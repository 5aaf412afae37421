/*
 * The audits' door; see audits.h.
 */
#include "config.h"

#include "lib/audits.h"
#include "lib/audit/opendkim.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/egress.h"
#include "lib/engine.h"

#include <stdio.h>
#include <stdlib.h>

struct dns_budget audits_budget(const struct preflight *preflight)
{
    return engine_budget(preflight);
}

/* Each address is allowed as many questions as a message is. */
void audits_one_egress(struct preflight *preflight, const struct conf_egress *egress, struct dns_budget *budget,
                       struct egressaudit *audit_r)
{
    struct egress_addresses addresses;

    egress_find_addresses(preflight->dns, budget, egress, &addresses);
    budget->questions += (int)addresses.count * preflight->conf->limits.lookups;
    egressaudit_run(&(struct egressaudit_input){
                        .dns = preflight->dns,
                        .lists = preflight->blocklists,
                        .orgdomain = preflight->orgdomain,
                        .egress = egress->name,
                        .helo = egress->helo,
                        .receiver = preflight->conf->hostname,
                        .addresses = addresses.list,
                        .n_addresses = addresses.count,
                        .problem = addresses.problem,
                    }, budget, audit_r);
}

/* The worst first; those that are alike in the file's order. */
static void insert(struct egress_audits *audits, const struct egressaudit *audit)
{
    size_t i = audits->count++;

    for (; i > 0 && audits->items[i - 1].outcome < audit->outcome; i--)
        audits->items[i] = audits->items[i - 1];
    audits->items[i] = *audit;
}

void audits_egress(struct preflight *preflight, struct egress_audits *audits_r)
{
    const struct conf *conf = preflight->conf;

    *audits_r = (struct egress_audits){ .items = xcalloc(conf->n_egress, sizeof(*audits_r->items)) };
    for (size_t i = 0; i < conf->n_egress; i++) {
        struct dns_budget budget = engine_budget(preflight);
        struct egressaudit audit;
        audits_one_egress(preflight, &conf->egress[i], &budget, &audit);
        insert(audits_r, &audit);
    }
}

void egress_audits_clear(struct egress_audits *audits)
{
    for (size_t i = 0; i < audits->count; i++)
        egressaudit_clear(&audits->items[i]);
    free(audits->items);
    *audits = (struct egress_audits){ 0 };
}

/* Those of all egresses, each once. */
struct all_addresses {
    struct ip_addr list[EGRESS_ADDRESSES_MAX];
    size_t count;
    bool is_incomplete;
};

static void add_addresses(struct all_addresses *all, const struct egress_addresses *addresses)
{
    all->is_incomplete = all->is_incomplete || addresses->problem[0] != '\0';
    for (size_t i = 0; i < addresses->count; i++) {
        bool is_there = false;
        for (size_t k = 0; k < all->count; k++)
            is_there = is_there || ip_is_equal(&all->list[k], &addresses->list[i]);
        if (is_there)
            continue;
        if (all->count < EGRESS_ADDRESSES_MAX)
            all->list[all->count++] = addresses->list[i];
        else
            all->is_incomplete = true;
    }
}

static void add_configured(const struct conf *conf, const char *domain, struct selectors *selectors)
{
    const struct conf_domain *section = conf_find_domain(conf, domain);

    for (size_t i = 0; section != NULL && i < section->selectors.count; i++)
        selectors_add(selectors, section->selectors.items[i], domain, SELECTOR_CONFIGURED);
}

static void ask_opendkim(const struct conf *conf, const char *domain, bool reads_keys, struct selectors *selectors,
                         struct opendkim_signing *signing_r)
{
    struct err err;

    *signing_r = (struct opendkim_signing){ .scope = OPENDKIM_NOT_ASKED };
    if (conf->opendkim_conf[0] == '\0')
        return;
    struct opendkim *opendkim = opendkim_read(conf->opendkim_conf, &err);
    if (opendkim != NULL) {
        opendkim_find(opendkim, domain, reads_keys, selectors, signing_r);
        opendkim_free(&opendkim);
    } else {
        signing_r->scope = OPENDKIM_UNKNOWN;
        snprintf(signing_r->detail, sizeof(signing_r->detail), "%s", err.text);
    }
}

void audits_one_domain(struct preflight *preflight, const char *domain, struct selectors *selectors,
                       const struct audits_means *means, struct dns_budget *budget, struct domainaudit *audit_r)
{
    const struct conf *conf = preflight->conf;
    struct all_addresses all = { .count = 0 };
    struct opendkim_signing signing;

    for (size_t i = 0; i < conf->n_egress; i++) {
        struct egress_addresses addresses;
        if (!egress_carries(conf, i, domain))
            continue;
        egress_find_addresses(preflight->dns, budget, &conf->egress[i], &addresses);
        add_addresses(&all, &addresses);
    }
    add_configured(conf, domain, selectors);
    ask_opendkim(conf, domain, means != NULL && means->reads_keys, selectors, &signing);
    budget->questions += (int)(all.count + selectors->count) * conf->limits.lookups;
    domainaudit_run(&(struct domainaudit_input){
                        .dns = preflight->dns,
                        .lists = preflight->blocklists,
                        .dmarc = &preflight->dmarc,
                        .domain = domain,
                        .selectors = selectors,
                        .signing = &signing,
                        .addresses = all.list,
                        .n_addresses = all.count,
                        .is_incomplete = all.is_incomplete,
                        .helo = conf->egress[conf->n_egress - 1].helo,
                        .means = means == NULL || means->policy.fetch == NULL ? NULL : &means->policy,
                        .receiver = conf->hostname,
                    }, budget, audit_r);
}

void audits_domain(struct preflight *preflight, const char *domain, struct selectors *selectors,
                   const struct audits_means *means, struct domainaudit *audit_r)
{
    struct dns_budget budget = engine_budget(preflight);

    audits_one_domain(preflight, domain, selectors, means, &budget, audit_r);
}
