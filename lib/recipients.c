/*
 * The recipients of one message and the predictions for them; see recipients.h.
 */
#include "config.h"

#include "lib/recipients.h"

#include "lib/base/clock.h"
#include "lib/base/domain.h"
#include "lib/base/mem.h"
#include "lib/judge/receivers.h"

#include <stdlib.h>
#include <string.h>

static bool is_known_domain(const struct recipients *r, const char *domain)
{
    for (size_t i = 0; i < r->n_domains; i++) {
        if (strcmp(r->domains[i], domain) == 0)
            return true;
    }
    return false;
}

void recipients_add(struct recipients *r, const struct preflight *pf, const char *recipient, bool ask)
{
    const struct conf *conf = pf->conf;
    const char *text = address_domain(recipient);
    char domain[DOMAIN_MAX];
    bool is_domain = text != NULL && domain_normalize(text, domain) == 0;

    r->count++;
    /* No domain at all: a user of this host. */
    if (text == NULL || (is_domain && conf_has_domain(&conf->outgoing.local_domains, domain))) {
        r->local++;
    } else if (!is_domain) {
        r->has_others = true;           /* an address literal and the like */
    } else if (!is_known_domain(r, domain)) {
        if (r->n_domains >= (size_t)conf->limits.recipients) {
            r->has_others = true;
            return;
        }
        if (r->domains == NULL)
            r->domains = xcalloc((size_t)conf->limits.recipients, sizeof(char *));
        r->domains[r->n_domains++] = xstrdup(domain);
        if (ask)
            dns_prefetch(pf->dns, domain, DNS_MX);
    }
}

void recipients_clear(struct recipients *r)
{
    for (size_t i = 0; i < r->n_domains; i++)
        free(r->domains[i]);
    free(r->domains);
    free(r->receivers);
    *r = (struct recipients){ 0 };
}

void recipients_find(struct recipients *r, const struct preflight *pf, struct dns_budget *budget)
{
    r->receivers = xcalloc(r->n_domains, sizeof(*r->receivers));
    for (size_t i = 0; i < r->n_domains; i++)
        r->receivers[i] = receivers_by_domain(pf->receivers, pf->dns, budget, r->domains[i]);
}

/* --- predictions ------------------------------------------------------------------- */

/* Counts the message once per receiver, and remembers where that made it bulk. */
struct counted {
    const struct receiver *receiver;
    bool is_bulk;
};

static bool is_counted_bulk(const struct preflight *pf, const struct forecast *forecast,
                            const struct receiver *receiver, struct counted *counted, size_t *n_counted)
{
    const struct conf_domain *section = conf_find_domain(pf->conf, forecast->author_domain);
    char domain[DOMAIN_MAX];

    if (!forecast->is_counted || forecast->author_domain[0] == '\0')
        return false;
    for (size_t i = 0; i < *n_counted; i++) {
        if (counted[i].receiver == receiver)
            return counted[i].is_bulk;
    }
    orgdomain_find(pf->orgdomain, forecast->author_domain, domain);
    uint32_t messages = volume_add(pf->volume, receiver->name, domain, clock_ms());
    bool is_bulk = pf->conf->bulk_threshold > 0 && messages >= (uint32_t)pf->conf->bulk_threshold
                   && (section == NULL || section->bulk == BULK_AUTO);
    counted[(*n_counted)++] = (struct counted){ receiver, is_bulk };
    return is_bulk;
}

/* domain NULL: any recipient, who is the generic receiver's. */
static void predict_one(const struct preflight *pf, const char *domain, const struct receiver *receiver,
                        const struct forecast *forecast, bool is_bulk, struct report *report)
{
    struct facts facts = *forecast->facts;
    const struct rule_subject subject = {
        .recipient_domain = domain, .author_domain = forecast->author_domain, .facts = &facts,
    };
    struct prediction *prediction = &report->predictions[report->n_predictions++];
    size_t n;
    const struct receiver *all = receivers_all(pf->receivers, &n);

    if (is_bulk)
        facts.value[FACT_BULK] = FACT_TRUE;
    if (receiver != NULL)
        receiver_predict(receiver, &subject, &report->findings, prediction);
    else
        receiver_predict_any(all, n, &subject, &report->findings, prediction);
}

static void find_verdict(struct report *report, enum verdict *mildest_r)
{
    report->verdict = report->predictions[0].outcome;
    *mildest_r = report->verdict;
    for (size_t i = 1; i < report->n_predictions; i++) {
        enum verdict outcome = report->predictions[i].outcome;
        if (outcome > report->verdict)
            report->verdict = outcome;
        if (outcome < *mildest_r)
            *mildest_r = outcome;
    }
}

void recipients_predict(const struct recipients *r, const struct preflight *pf,
                        const struct forecast *forecast, struct report *report, enum verdict *mildest_r)
{
    size_t n_counted = 0;
    struct counted *counted = xcalloc(r->n_domains + 1, sizeof(*counted));

    report->receivers = receivers_ref(pf->receivers);
    report->predictions = xcalloc(r->n_domains + 1, sizeof(*report->predictions));
    for (size_t i = 0; i < r->n_domains; i++) {
        const struct receiver *receiver = r->receivers[i];
        bool is_bulk = receiver != NULL && is_counted_bulk(pf, forecast, receiver, counted, &n_counted);
        predict_one(pf, r->domains[i], receiver, forecast, is_bulk, report);
    }
    if (r->has_others || r->n_domains == 0)
        predict_one(pf, NULL, receivers_generic(pf->receivers), forecast, false, report);
    find_verdict(report, mildest_r);
    free(counted);
}
