/*
 * The audits' door; see audits.h.
 */
#include "config.h"

#include "lib/audits.h"
#include "lib/base/mem.h"
#include "lib/egress.h"
#include "lib/engine.h"

#include <stdlib.h>

/* Each address is allowed as many questions as a message is. */
static void audit_egress(struct preflight *preflight, const struct conf_egress *egress, struct egressaudit *audit_r)
{
    struct egress_addresses addresses;
    struct dns_budget budget = engine_budget(preflight);

    egress_find_addresses(preflight->dns, &budget, egress, &addresses);
    budget.questions += (int)addresses.count * preflight->conf->limits.lookups;
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
                    }, &budget, audit_r);
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
        struct egressaudit audit;
        audit_egress(preflight, &conf->egress[i], &audit);
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
