/*
 * One message as it leaves; see leaving.h.
 */
#include "config.h"

#include "lib/leaving.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/depart.h"
#include "lib/depart/departbody.h"
#include "lib/message/lex.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHANGES_SHOWN 4
#define PENDING_MAX (256 * 1024)    /* bytes of a body that are kept until it is seen to change */

struct broken {                     /* a signature that is valid now, and not when the message has left */
    char *domain;
    char *cause;
    enum finding_id fragile;        /* what to mend */
};

struct leaving {
    struct preflight *pf;           /* the message's */
    const char *id;                 /* likewise */
    struct departure *departure;
    struct departbody *body;        /* NULL: it leaves as it came, or there is no signature */
    bool is_signed, is_header_changed;
    struct dkimcheck_verifier *dkim;    /* of the message as it leaves; NULL where that is as it came, as far as seen */
    struct str pending;             /* the body as it leaves, while there is no verifier */
    int64_t waited_ms;
    struct broken *broken;
    size_t n_broken, broken_capacity;
};

static void write_body(void *context, const char *data, size_t len);

struct leaving *leaving_begin(struct preflight *pf, const char *sender, const char *id)
{
    const struct departure_limits limits = { pf->conf->limits.headers, pf->conf->limits.header_bytes };
    struct departure *departure = departure_begin(pf->depart, sender, &limits);

    if (departure == NULL)
        return NULL;
    struct leaving *leaving = xcalloc(1, sizeof(*leaving));
    leaving->pf = pf;
    leaving->id = id;
    leaving->departure = departure;
    leaving->body = departbody_begin(pf->depart, write_body, leaving);
    return leaving;
}

void leaving_free(struct leaving **leaving)
{
    if (*leaving == NULL)
        return;
    departure_free(&(*leaving)->departure);
    departbody_free(&(*leaving)->body);
    dkimcheck_abandon(&(*leaving)->dkim);
    str_clear(&(*leaving)->pending);
    for (size_t i = 0; i < (*leaving)->n_broken; i++) {
        free((*leaving)->broken[i].domain);
        free((*leaving)->broken[i].cause);
    }
    free((*leaving)->broken);
    free(*leaving);
    *leaving = NULL;
}

/* --- the message ------------------------------------------------------------------------------------- */

void leaving_header(struct leaving *leaving, const char *name, const char *value)
{
    static const char signature[] = "DKIM-Signature";

    if (leaving == NULL)
        return;
    departure_header(leaving->departure, name, value);
    if (leaving->body != NULL)
        departbody_header(leaving->body, name, value);
    leaving->is_signed = leaving->is_signed || (lex_name_length(name, strlen(name)) == strlen(signature) &&
                                                strncasecmp(name, signature, strlen(signature)) == 0);
}

/* The message as it leaves, from its header on. */
static void begin_verifier(struct leaving *leaving)
{
    const char *name, *value;

    leaving->dkim = dkimcheck_begin(leaving->pf->dkim, leaving->id);
    for (size_t i = 0; departure_field(leaving->departure, i, &name, &value); i++)
        dkimcheck_header(leaving->dkim, name, value);
    dkimcheck_end_of_header(leaving->dkim);
    dkimcheck_body(leaving->dkim, (const unsigned char *)str_get(&leaving->pending), leaving->pending.len);
    str_clear(&leaving->pending);
}

static struct message *new_message(const struct leaving *leaving)
{
    const struct message_limits limits = { leaving->pf->conf->limits.headers, leaving->pf->conf->limits.header_bytes };
    struct message *message = message_new(&limits);
    const char *name, *value;

    for (size_t i = 0; departure_field(leaving->departure, i, &name, &value); i++)
        message_header(message, name, value);
    return message;
}

void leaving_end_of_header(struct leaving *leaving, struct message **message)
{
    const struct departure_change *changes;
    int64_t start = clock_ms();

    if (leaving == NULL)
        return;
    departure_end_of_header(leaving->departure, start + leaving->pf->conf->dns.budget_ms);
    leaving->waited_ms = clock_ms() - start;
    leaving->is_header_changed = departure_changes(leaving->departure, &changes) > 0;
    if (leaving->is_header_changed) {
        message_free(message);
        *message = new_message(leaving);
        begin_verifier(leaving);
    }
    /* Of a header over the limits no signature can be judged, with whatever body. */
    if (!leaving->is_signed || departure_problem(leaving->departure) != NULL ||
        !departure_has_fields(leaving->departure))
        departbody_free(&leaving->body);
    if (leaving->body != NULL)
        departbody_end_of_header(leaving->body);
}

/* The body as it leaves.  While it is as it came, and short, it is only kept: the first verifier is enough then. */
static void write_body(void *context, const char *data, size_t len)
{
    struct leaving *leaving = context;

    if (leaving->dkim == NULL) {
        str_addn(&leaving->pending, data, len);
        if (departbody_done(leaving->body) != 0 || leaving->pending.len > PENDING_MAX)
            begin_verifier(leaving);
    } else {
        dkimcheck_body(leaving->dkim, (const unsigned char *)data, len);
    }
}

void leaving_body(struct leaving *leaving, const unsigned char *data, size_t len)
{
    if (leaving != NULL && leaving->body != NULL)
        departbody_add(leaving->body, data, len);
    else if (leaving != NULL && leaving->dkim != NULL)
        dkimcheck_body(leaving->dkim, data, len);
}

/* Where nothing was changed, what the first verifier found is so. */
static void end_body(struct leaving *leaving, int64_t deadline_ms)
{
    if (leaving->body == NULL)
        return;
    departbody_end(leaving->body, deadline_ms);
    if (!leaving->is_header_changed && departbody_done(leaving->body) == 0)
        dkimcheck_abandon(&leaving->dkim);
    else if (leaving->dkim == NULL)
        begin_verifier(leaving);        /* all of a body is removed: nothing was written */
}

const char *leaving_sender(const struct leaving *leaving, const char *sender)
{
    return leaving == NULL || departure_problem(leaving->departure) != NULL ? sender
        : departure_sender(leaving->departure);
}

const char *leaving_problem(const struct leaving *leaving)
{
    if (leaving == NULL)
        return NULL;
    const char *problem = departure_problem(leaving->departure);
    return problem != NULL || leaving->body == NULL ? problem : departbody_problem(leaving->body);
}

int64_t leaving_waited(const struct leaving *leaving)
{
    return leaving == NULL ? 0 : leaving->waited_ms;
}

/* --- signatures ------------------------------------------------------------------------------------ */

/* A signature's field, or one that it covers, or has it that there is no other. */
static bool is_about(const struct departure_change *change, const struct dkim_coverage *coverage)
{
    char *name = xstrdup(change->field);

    ascii_lower(name);
    bool is_named = strcmp(name, "dkim-signature") == 0 ||
                    dkim_names_has(&coverage->covered, name) || dkim_names_has(&coverage->oversigned, name) ||
                    dkim_names_has(&coverage->absent, name);
    free(name);
    return is_named;
}

static void describe(const struct departure_change *change, struct str *text)
{
    depart_name_setting(change->setting, change->tables, text);
    str_addf(text, " %s %s", change->what, change->field);
}

/* "smtp_generic_maps (hash:/etc/postfix/generic) rewrites From" */
static char *describe_changes(const struct leaving *leaving, const struct dkim_coverage *coverage)
{
    const struct departure_change *changes;
    size_t n = departure_changes(leaving->departure, &changes), shown = 0, more = 0;
    struct str text = STR_EMPTY;

    for (size_t i = 0; i < n; i++) {
        if (!is_about(&changes[i], coverage))
            continue;
        if (shown == CHANGES_SHOWN) {
            more++;
            continue;
        }
        describe(&changes[i], &text);
        shown++;
    }
    if (more > 0)
        str_addf(&text, " and %zu more", more);
    if (shown == 0 && n > 0)
        describe(&changes[0], &text);
    return str_steal(&text);
}

static bool is_same_signature(const struct dkim_result *a, const struct dkim_result *b)
{
    return strcmp(a->domain, b->domain) == 0 && strcmp(a->selector, b->selector) == 0 &&
           strcmp(a->algorithm, b->algorithm) == 0;
}

/* The signature at i of one list in the other; NULL where it is not there. */
static struct dkim_result *find_same(const struct dkim_results *from, size_t i, const struct dkim_results *in)
{
    if (in->count == from->count)
        return is_same_signature(&from->items[i], &in->items[i]) ? &in->items[i] : NULL;
    for (size_t k = 0; k < in->count; k++) {
        if (is_same_signature(&from->items[i], &in->items[k]))
            return &in->items[k];
    }
    return NULL;
}

/* The tables that change it, before what it is in itself. */
static enum finding_id fragile_header(const struct leaving *leaving, const struct dkim_coverage *coverage)
{
    const struct departure_change *changes;
    size_t n = departure_changes(leaving->departure, &changes);
    enum finding_id fragile = FINDING_DKIM_FRAGILE_HEADER;

    for (size_t i = 0; i < n; i++) {
        if (!is_about(&changes[i], coverage))
            continue;
        if (changes[i].tables != NULL)
            return FINDING_DKIM_FRAGILE_HEADER;
        bool is_cut = strcmp(changes[i].what, "cuts") == 0;
        if (fragile != FINDING_DKIM_FRAGILE_8BIT)
            fragile = is_cut ? FINDING_DKIM_FRAGILE_LONG_LINE : FINDING_DKIM_FRAGILE_8BIT;
    }
    return fragile;
}

static enum finding_id fragile_body(const struct leaving *leaving)
{
    unsigned done = departbody_done(leaving->body);

    if ((done & BODYCHANGE_CONVERTED) != 0)
        return FINDING_DKIM_FRAGILE_8BIT;
    return done == BODYCHANGE_CUT ? FINDING_DKIM_FRAGILE_LONG_LINE : FINDING_DKIM_FRAGILE_BODY;
}

static char *describe_body(const struct leaving *leaving)
{
    struct str text = STR_EMPTY;

    departbody_describe(leaving->body, &text);
    return str_steal(&text);
}

static void note_broken(struct leaving *leaving, const struct dkim_result *before, struct dkim_result *after)
{
    bool is_body = after != NULL && after->finding == FINDING_DKIM_BODY_CHANGED && leaving->body != NULL &&
                   departbody_done(leaving->body) != 0;
    char *cause = is_body ? describe_body(leaving) : describe_changes(leaving, &before->coverage);

    leaving->broken = xgrow(leaving->broken, leaving->n_broken, &leaving->broken_capacity, sizeof(*leaving->broken));
    leaving->broken[leaving->n_broken++] = (struct broken){
        xstrdup(before->domain), cause,
        is_body ? fragile_body(leaving) : fragile_header(leaving, &before->coverage),
    };
    if (after == NULL)
        return;
    free(after->reason);
    after->reason = xasprintf("it is valid now, and no more when the message has left: %s", cause);
    after->finding = is_body ? FINDING_DKIM_BODY_CHANGED : FINDING_DKIM_HEADER_CHANGED;
}

static void compare(struct leaving *leaving, const struct dkim_results *before, const struct dkim_results *after)
{
    for (size_t i = 0; i < before->count; i++) {
        struct dkim_result *same = find_same(before, i, after);
        bool is_broken = same == NULL || (same->result != AUTH_PASS && same->result != AUTH_TEMPERROR);
        if (before->items[i].result == AUTH_PASS && is_broken)
            note_broken(leaving, &before->items[i], same);
    }
}

/* What is valid now may not be when it has left. */
static void doubt(const char *problem, struct dkim_results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        struct dkim_result *item = &results->items[i];
        if (item->result != AUTH_PASS)
            continue;
        item->result = AUTH_TEMPERROR;
        item->finding = FINDING_DEPARTURE_UNKNOWN;
        free(item->reason);
        item->reason = xstrdup(problem);
    }
}

void leaving_verify(struct leaving *leaving, struct dns_budget *budget, struct dkim_results *results)
{
    struct dkim_results after;

    if (leaving == NULL)
        return;
    end_body(leaving, budget->deadline_ms);
    if (leaving_problem(leaving) != NULL)
        doubt(leaving_problem(leaving), results);
    if (leaving->dkim == NULL || leaving_problem(leaving) != NULL)
        return;
    dkimcheck_end(&leaving->dkim, budget, &after);
    compare(leaving, results, &after);
    dkim_results_clear(results);
    *results = after;
}

/* --- findings -------------------------------------------------------------------------------------- */

static void add(struct findings *findings, enum finding_id id, const char *subject, char *detail)
{
    findings_add(findings, id, subject, subject, detail);
    free(detail);
}

void leaving_findings(const struct leaving *leaving, const char *sender, struct findings *findings)
{
    if (leaving == NULL)
        return;
    const char *sent = departure_sender(leaving->departure), *before = departure_author_before(leaving->departure);
    const char *after = departure_author_after(leaving->departure);

    if (leaving_problem(leaving) != NULL && !findings_has(findings, FINDING_DEPARTURE_UNKNOWN))
        findings_add(findings, FINDING_DEPARTURE_UNKNOWN, NULL, NULL, leaving_problem(leaving));
    if (departure_problem(leaving->departure) != NULL)
        return;
    for (size_t i = 0; i < leaving->n_broken; i++) {
        const struct broken *broken = &leaving->broken[i];
        findings_add(findings, broken->fragile, broken->domain, broken->domain, broken->cause);
    }
    if (strcmp(sent, sender) != 0)
        add(findings, FINDING_SENDER_REWRITTEN, sent,
            xasprintf("<%s> becomes <%s> by %s", sender, sent, departure_sender_setting(leaving->departure)));
    if (strcasecmp(before, after) != 0)
        add(findings, FINDING_AUTHOR_REWRITTEN, after, xasprintf("<%s> becomes <%s>", before, after));
}
