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
        r->has_unnamed = true;
    } else if (!is_known_domain(r, domain)) {
        if (r->n_domains >= (size_t)conf->limits.recipients) {
            r->has_more = true;
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
    free(r->is_bulk);
    *r = (struct recipients){ 0 };
}

void recipients_find(struct recipients *r, const struct preflight *pf, struct dns_budget *budget)
{
    r->receivers = xcalloc(r->n_domains, sizeof(*r->receivers));
    r->is_bulk = xcalloc(r->n_domains, sizeof(*r->is_bulk));
    for (size_t i = 0; i < r->n_domains; i++)
        r->receivers[i] = receivers_by_domain(pf->receivers, pf->dns, budget, r->domains[i]);
}

/* The first of the domains that have the receiver of this one: the message counts once per receiver. */
static size_t first_of_receiver(const struct recipients *r, size_t domain)
{
    size_t first = 0;

    while (r->receivers[first] != r->receivers[domain])
        first++;
    return first;
}

static bool asks_to_unsubscribe(const struct receiver *receiver)
{
    return receiver_asks_for(receiver, FACT_LIST_UNSUBSCRIBE) || receiver_asks_for(receiver, FACT_ONE_CLICK)
           || receiver_asks_for(receiver, FACT_ONE_CLICK_SIGNED);
}

bool recipients_count(struct recipients *r, const struct preflight *pf, const char *author_domain)
{
    const struct conf_domain *section = conf_find_domain(pf->conf, author_domain);
    bool can_be_bulk = pf->conf->bulk_threshold > 0 && (section == NULL || section->bulk == BULK_AUTO);
    bool is_asked = false;
    char domain[DOMAIN_MAX];

    if (author_domain[0] == '\0')
        return false;
    orgdomain_find(pf->orgdomain, author_domain, domain);
    for (size_t i = 0; i < r->n_domains; i++) {
        size_t first = first_of_receiver(r, i);
        if (r->receivers[i] == NULL)
            continue;
        if (first == i) {
            uint32_t messages = volume_add(pf->volume, r->receivers[i]->name, domain, clock_ms());
            r->is_bulk[i] = can_be_bulk && messages >= (uint32_t)pf->conf->bulk_threshold;
        } else {
            r->is_bulk[i] = r->is_bulk[first];
        }
        is_asked = is_asked || (r->is_bulk[i] && asks_to_unsubscribe(r->receivers[i]));
    }
    return is_asked;
}

/* --- predictions ------------------------------------------------------------------- */

/* domain NULL: any recipient; receiver NULL: not known, so it may be any of them. */
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
    report->receivers = receivers_ref(pf->receivers);
    report->predictions = xcalloc(r->n_domains + 2, sizeof(*report->predictions));
    for (size_t i = 0; i < r->n_domains; i++)
        predict_one(pf, r->domains[i], r->receivers[i], forecast, r->is_bulk[i], report);
    if (r->has_more)
        predict_one(pf, NULL, NULL, forecast, false, report);
    if (r->has_unnamed || report->n_predictions == 0)
        predict_one(pf, NULL, receivers_generic(pf->receivers), forecast, false, report);
    find_verdict(report, mildest_r);
}
