/*
 * One message's way through the engine: collect, check, judge; see preflight.h.
 * Memory is bounded by the configuration's limits.  A message belongs to one thread at a time.
 */
#include "config.h"

#include "lib/preflight.h"
#include "lib/base/clock.h"
#include "lib/base/domain.h"
#include "lib/base/mem.h"
#include "lib/check/msgcheck.h"
#include "lib/check/oneclick.h"
#include "lib/check/spflint.h"
#include "lib/check/spfopinion.h"
#include "lib/egress.h"
#include "lib/engine.h"
#include "lib/judge/policy.h"
#include "lib/leaving.h"
#include "lib/message/message.h"
#include "lib/recipients.h"
#include "lib/surroundings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct preflight_message {
    struct preflight *pf;
    char *sender;
    char *user;                     /* NULL where not authenticated */
    char *daemon;
    const struct conf_egress *fixed_egress;
    bool is_counted;
    bool is_patient;
    bool only_signatures;
    bool is_returned, is_as_sent;
    bool *has_recipient;            /* per egress of the configuration: a recipient of its list was named */
    struct recipients recipients;
    struct message *message;        /* from the end of the header on as it leaves */
    struct dkimcheck_verifier *dkim;    /* as it came */
    struct leaving *leaving;        /* NULL: as it came */
    char *id;
    bool is_header_done;
};

/* --- the egress ------------------------------------------------------------ */

/* Every selector that an egress names must match; the default one names none and stands last. */
static bool is_egress_of(const struct preflight_message *m, size_t i)
{
    const struct conf_egress *e = &m->pf->conf->egress[i];

    return (e->senders.count == 0 || conf_has_address(&e->senders, m->sender))
           && (e->users.count == 0 || conf_has_string(&e->users, m->user))
           && (e->daemons.count == 0 || conf_has_string(&e->daemons, m->daemon))
           && (e->recipients.count == 0 || m->has_recipient[i]);
}

static const struct conf_egress *choose_egress(const struct preflight_message *m)
{
    const struct conf *conf = m->pf->conf;

    if (m->fixed_egress != NULL)
        return m->fixed_egress;
    for (size_t i = 0; i < conf->n_egress; i++) {
        if (is_egress_of(m, i))
            return &conf->egress[i];
    }
    return &conf->egress[conf->n_egress - 1];
}

/* Whom SPF and DMARC are asked for, once the header is known; before that the sender that came. */
static const char *sender_of(const struct preflight_message *m)
{
    return leaving_sender(m->leaving, m->sender);
}

/* --- streaming in ------------------------------------------------------------ */

static void start_envelope_questions(struct preflight_message *m)
{
    const struct conf_egress *egress = choose_egress(m);
    const char *domain = address_domain(sender_of(m));

    dns_prefetch(m->pf->dns, egress->helo, DNS_TXT);
    if (domain != NULL)
        dns_prefetch(m->pf->dns, domain, DNS_TXT);
    surroundings_prefetch(m->pf, egress, domain);
}

struct preflight_message *preflight_begin(struct preflight *preflight, const struct preflight_origin *origin,
                                          const char *sender, const char *id)
{
    const struct conf *conf = preflight->conf;
    const struct message_limits limits = {
        .headers = conf->limits.headers,
        .header_bytes = conf->limits.header_bytes,
    };
    struct preflight_message *m = xcalloc(1, sizeof(*m));

    m->pf = preflight_ref(preflight);
    m->sender = xstrdup(sender);
    m->user = xstrdup(origin->user);
    m->daemon = xstrdup(origin->daemon);
    m->fixed_egress = origin->egress;
    m->is_counted = origin->is_counted;
    m->is_patient = origin->is_patient;
    m->only_signatures = origin->only_signatures;
    m->is_returned = origin->is_returned;
    m->is_as_sent = origin->is_as_sent;
    m->has_recipient = xcalloc(conf->n_egress, sizeof(*m->has_recipient));
    m->message = message_new(&limits);
    m->id = xstrdup(id);
    m->dkim = dkimcheck_begin(preflight->dkim, id);
    if (!m->only_signatures && !m->is_returned)
        m->leaving = leaving_begin(preflight, sender, m->id);
    if (!m->only_signatures)
        start_envelope_questions(m);
    return m;
}

void preflight_recipient(struct preflight_message *message, const char *recipient)
{
    const struct conf *conf = message->pf->conf;

    for (size_t i = 0; i < conf->n_egress; i++) {
        if (conf_has_address(&conf->egress[i].recipients, recipient))
            message->has_recipient[i] = true;
    }
    recipients_add(&message->recipients, message->pf, recipient, !message->only_signatures);
}

bool preflight_is_all_local(const struct preflight_message *message)
{
    return message->recipients.count > 0 && message->recipients.count == message->recipients.local;
}

void preflight_header(struct preflight_message *message, const char *name, const char *value)
{
    message_header(message->message, name, value);
    dkimcheck_header(message->dkim, name, value);
    leaving_header(message->leaving, name, value);
}

/* With several author domains DMARC does not apply (RFC 9989 section 5.3.1); from-multiple tells. */
static const char *dmarc_author(const struct preflight_message *m)
{
    const struct message_facts *facts = message_facts(m->message);

    return facts->from_domains == 1 ? facts->author_domain : "";
}

void preflight_end_of_header(struct preflight_message *message)
{
    if (message->is_header_done)
        return;
    message->is_header_done = true;
    dkimcheck_end_of_header(message->dkim);
    leaving_end_of_header(message->leaving, &message->message);
    if (strcmp(sender_of(message), message->sender) != 0)
        start_envelope_questions(message);
    dmarccheck_prefetch(&message->pf->dmarc, dmarc_author(message));
    if (!message->only_signatures)
        surroundings_prefetch_author(message->pf, message_facts(message->message)->author_domain);
}

void preflight_body(struct preflight_message *message, const unsigned char *data, size_t len)
{
    message_body(message->message, data, len);
    dkimcheck_body(message->dkim, data, len);
    leaving_body(message->leaving, data, len);
}

void preflight_abandon(struct preflight_message **message)
{
    struct preflight_message *m = *message;

    *message = NULL;
    if (m == NULL)
        return;
    dkimcheck_abandon(&m->dkim);
    leaving_free(&m->leaving);
    message_free(&m->message);
    recipients_clear(&m->recipients);
    free(m->has_recipient);
    free(m->sender);
    free(m->id);
    free(m->user);
    free(m->daemon);
    preflight_unref(&m->pf);
    free(m);
}

/* --- the end: check and judge -------------------------------------------------- */

struct evaluation {
    const struct ip_addr *client;   /* NULL: stands for addresses that are not known */
    enum spf_identity identity;
    bool is_final;
};

#define EVALUATIONS_MAX (2 * EGRESS_ADDRESSES_MAX + 1)

/* The deciding identity's first, *n_deciding_r of them, then HELO's. */
static size_t list_evaluations(const struct preflight_message *m, const struct egress_addresses *addresses,
                               struct evaluation *list_r, size_t *n_deciding_r)
{
    bool is_null = sender_of(m)[0] == '\0';
    enum spf_identity deciding = is_null ? SPF_HELO : SPF_MAILFROM;
    bool is_known = leaving_problem(m->leaving) == NULL;
    size_t n = 0;

    for (size_t i = 0; is_known && i < addresses->count; i++)
        list_r[n++] = (struct evaluation){ .client = &addresses->list[i], .identity = deciding };
    if (!is_known || addresses->problem[0] != '\0')
        list_r[n++] = (struct evaluation){ .identity = deciding };
    *n_deciding_r = n;
    for (size_t i = 0; !is_null && i < addresses->count; i++)
        list_r[n++] = (struct evaluation){ .client = &addresses->list[i], .identity = SPF_HELO };
    return n;
}

static void run_spf(struct preflight_message *m, const struct conf_egress *egress, struct dns_budget *budget,
                    const struct evaluation *evaluation, struct spf_result *result_r)
{
    spfcheck_run(m->pf->dns, budget, evaluation->client, evaluation->identity, egress->helo, sender_of(m),
                 m->pf->conf->hostname, result_r);
}

/*
 * Two passes, so that the questions of all addresses and identities overlap: the first asks without waiting and is
 * final where everything was in the cache, the second waits for what was not.  The first ends where as many questions
 * are under way as may be asked.
 */
static void check_spf(struct preflight_message *m, const struct conf_egress *egress,
                      const struct egress_addresses *addresses, struct dns_budget *budget, struct report *report)
{
    struct evaluation list[EVALUATIONS_MAX];
    size_t n = list_evaluations(m, addresses, list, &report->n_deciding);
    const char *problem = leaving_problem(m->leaving) != NULL ? leaving_problem(m->leaving) : addresses->problem;

    report->spf = xcalloc(n, sizeof(*report->spf));
    report->n_spf = n;
    budget->no_wait = true;
    for (size_t i = 0; i < n; i++) {
        int pending = budget->pending;
        if (list[i].client == NULL) {
            spfcheck_unknown(list[i].identity, egress->helo, sender_of(m), problem, &report->spf[i]);
            list[i].is_final = true;
        } else if (pending < budget->questions) {
            run_spf(m, egress, budget, &list[i], &report->spf[i]);
            list[i].is_final = budget->pending == pending;
        }
    }
    budget->no_wait = false;
    for (size_t i = 0; i < n; i++) {
        if (list[i].is_final)
            continue;
        spf_result_clear(&report->spf[i]);
        run_spf(m, egress, budget, &list[i], &report->spf[i]);
    }
}

/*
 * What tells more and decides nothing comes last.  A mail server takes it out of what the evaluations have fetched;
 * other questions go on in the background, so that the domain's next message finds their answers.
 */
static void add_spf_findings(struct preflight_message *m, const struct conf_egress *egress, struct dns_budget *budget,
                             struct report *report)
{
    bool is_null = sender_of(m)[0] == '\0';

    for (size_t i = 0; i < report->n_spf; i++) {
        if (report->spf[i].address.family != 0)
            spfopinion_ask(m->pf->dns, budget, egress->helo, sender_of(m), &report->spf[i]);
        spfcheck_findings(&report->spf[i], is_null, &report->findings);
    }
}

static const char *passing_signature(const struct dkim_results *dkim)
{
    for (size_t i = 0; i < dkim->count; i++) {
        if (dkim->items[i].result == AUTH_PASS)
            return dkim->items[i].domain;
    }
    return NULL;
}

/* Of a signature that passes: what may break it on its way.  Text that the next server takes is not converted. */
static void add_fragile_findings(const struct preflight_message *m, const struct dkim_results *dkim,
                                 struct findings *findings)
{
    const char *signature = passing_signature(dkim);
    bool takes_8bit = !m->only_signatures && depart_facts(m->pf->depart)->eightbitmime == KNOWN_YES;

    if (signature != NULL)
        msgcheck_fragile_findings(message_facts(m->message), signature, takes_8bit, findings);
}

/* What is found out besides the results that a report has. */
struct circumstances {
    const struct conf_egress *egress;
    struct egress_addresses addresses;
    struct oneclick oneclick;
    struct surroundings surroundings;
    struct facts facts;
    bool is_asked_by_volume;        /* as bulk mail, for a way to unsubscribe */
};

/* Of the message itself, and of who sends it for whom. */
static void add_message_findings(const struct preflight_message *m, const struct circumstances *about,
                                 struct report *report)
{
    const struct message_facts *facts = message_facts(m->message);
    struct findings *findings = &report->findings;
    bool is_bulk = about->facts.value[FACT_BULK] == FACT_TRUE || about->is_asked_by_volume;

    msgcheck_findings(facts, findings);
    oneclick_findings(&about->oneclick, is_bulk, findings);
    if (about->facts.value[FACT_AUTHOR_DOMAIN_FOREIGN] == FACT_TRUE)
        findings_add(findings, FINDING_AUTHOR_DOMAIN_FOREIGN, facts->author_domain, NULL, NULL);
    add_fragile_findings(m, &report->dkim, findings);
}

static void collect_findings(struct preflight_message *m, const struct circumstances *about, struct dns_budget *budget,
                             struct report *report)
{
    const struct message_facts *facts = message_facts(m->message);
    const struct conf_egress *egress = about->egress;
    struct findings *findings = &report->findings;

    budget->no_wait = !m->is_patient;
    if (about->addresses.problem[0] != '\0')
        findings_add(findings, FINDING_EGRESS_UNKNOWN, egress->name, egress->helo, about->addresses.problem);
    add_spf_findings(m, egress, budget, report);
    dkimcheck_findings(&report->dkim, facts->author_domain, findings);
    dmarccheck_findings(&report->dmarc, report->spf, report->n_deciding, &report->dkim, findings);
    surroundings_findings(&about->surroundings, address_domain(sender_of(m)), facts->author_domain, findings);
    leaving_findings(m->leaving, m->sender, findings);
    add_message_findings(m, about, report);
    if (report->n_deciding > 0)
        spflint_run(m->pf->dns, budget, report->spf[0].domain, findings);
}

/* Whether it is bulk mail: as the author domain's section says, else as the egress or the message does. */
static enum fact_value is_bulk(const struct preflight_message *m, const struct conf_egress *egress)
{
    const struct message_facts *about = message_facts(m->message);
    const struct conf_domain *section = conf_find_domain(m->pf->conf, about->author_domain);

    if (section != NULL && section->bulk != BULK_AUTO)
        return fact_of(section->bulk == BULK_YES);
    bool is_list = about->unsubscribe_fields > 0 || about->has_list_id || about->has_bulk_precedence;
    return fact_seen(egress->bulk || is_list, about->is_over_limits);
}

static void gather_facts(const struct preflight_message *m, const struct report *report, struct circumstances *about)
{
    const struct fact_sources sources = {
        .spf = report->spf,
        .n_spf = report->n_deciding,
        .dkim = &report->dkim,
        .dmarc = &report->dmarc,
        .message = message_facts(m->message),
        .oneclick = &about->oneclick,
        .egress = &about->surroundings.egress,
        .sender_resolves = about->surroundings.sender_resolves,
        .author_resolves = about->surroundings.author_resolves,
        .address_listed = about->surroundings.listings.address_listed,
        .domain_listed = about->surroundings.listings.domain_listed,
        .bulk = is_bulk(m, about->egress),
    };

    facts_gather(&sources, &about->facts);
}

static void predict(const struct preflight_message *m, const struct facts *facts, struct report *report)
{
    const struct forecast forecast = {
        .facts = facts,
        .author_domain = message_facts(m->message)->author_domain,
    };
    enum verdict mildest;

    recipients_predict(&m->recipients, m->pf, &forecast, report, &mildest);
    report->action = policy_action(m->pf->conf, forecast.author_domain, report->verdict, mildest);
}

/* What kept us from an answer is ours to report, as long as it did keep us from it. */
static char *describe_trouble(const struct preflight_message *m, const struct report *report,
                              const struct dns_budget *budget, const struct conf_egress *egress,
                              const struct egress_addresses *addresses)
{
    if (report->verdict != VERDICT_UNSURE)
        return NULL;
    struct str text = STR_EMPTY;
    if (leaving_problem(m->leaving) != NULL) {
        str_addf(&text, "postfix: what leaves is not known: %s", leaving_problem(m->leaving));
    } else if (budget->failed > 0) {
        str_addf(&text, "dns: no answer for %s", budget->failed_name);
        if (budget->failed > 1)
            str_addf(&text, " and %d more", budget->failed - 1);
        if (budget->is_spent)
            str_addf(&text, ": all %d lookups of limits are spent", m->pf->conf->limits.lookups);
    } else if (addresses->problem[0] != '\0') {
        str_addf(&text, "egress %s: no sending address is known for certain, %s: set its addresses, or publish address "
                 "records for %s", egress->name, addresses->problem, egress->helo);
    } else {
        str_clear(&text);
        return NULL;
    }
    return str_steal(&text);
}

/* All of it. */
static void judge_message(struct preflight_message *m, struct dns_budget *budget, struct report *report)
{
    const struct message_facts *facts = message_facts(m->message);
    const struct conf_egress *egress = choose_egress(m);
    struct circumstances about = { .egress = egress };

    egress_find_addresses(m->pf->dns, budget, egress, &about.addresses);
    egresscheck_prefetch(m->pf->dns, about.addresses.list, about.addresses.count, egress->helo);
    check_spf(m, egress, &about.addresses, budget, report);
    dkimcheck_end(&m->dkim, budget, &report->dkim);
    leaving_verify(m->leaving, budget, &report->dkim);
    if (m->is_returned)
        dkimcheck_returned(&report->dkim, m->is_as_sent);
    dmarccheck_run(&m->pf->dmarc, budget, dmarc_author(m), report->spf, report->n_spf, report->n_deciding,
                   &report->dkim, &report->dmarc);
    oneclick_check(facts, &report->dkim, &about.oneclick);
    recipients_find(&m->recipients, m->pf, budget);
    about.is_asked_by_volume = m->is_counted && recipients_count(&m->recipients, m->pf, facts->author_domain);
    surroundings_check(m->pf, budget, egress, &about.addresses, address_domain(sender_of(m)), facts->author_domain,
                       &about.surroundings);
    gather_facts(m, report, &about);
    collect_findings(m, &about, budget, report);
    predict(m, &about.facts, report);
    report->facts = about.facts;
    report->egress = xstrdup(egress->name);
    report->trouble = describe_trouble(m, report, budget, egress, &about.addresses);
    surroundings_clear(&about.surroundings);
}

/* DMARC's part is the alignment. */
static void judge_signatures(struct preflight_message *m, struct dns_budget *budget, struct report *report)
{
    const struct message_facts *facts = message_facts(m->message);

    dkimcheck_end(&m->dkim, budget, &report->dkim);
    dmarccheck_run(&m->pf->dmarc, budget, dmarc_author(m), NULL, 0, 0, &report->dkim, &report->dmarc);
    dkimcheck_findings(&report->dkim, facts->author_domain, &report->findings);
    dkimcheck_open_findings(&report->dkim, facts->author_domain, &report->findings);
    add_fragile_findings(m, &report->dkim, &report->findings);
}

struct report *preflight_end(struct preflight_message **message, const char *queue_id)
{
    struct preflight_message *m = *message;
    int64_t start = clock_ms();
    struct dns_budget budget = engine_budget(m->pf);
    struct report *report = xcalloc(1, sizeof(*report));

    preflight_end_of_header(m);
    budget.deadline_ms -= leaving_waited(m->leaving);
    message_end(m->message);
    const struct message_facts *facts = message_facts(m->message);
    if (m->only_signatures)
        judge_signatures(m, &budget, report);
    else
        judge_message(m, &budget, report);
    report->queue_id = xstrdup(queue_id);
    report->sender = xstrdup(m->sender);
    if (strcmp(sender_of(m), m->sender) != 0)
        report->sender_as_sent = xstrdup(sender_of(m));
    report->author_domain = facts->author_domain[0] == '\0' ? NULL : xstrdup(facts->author_domain);
    report->ms = (int)(clock_ms() - start);
    preflight_abandon(message);
    return report;
}
