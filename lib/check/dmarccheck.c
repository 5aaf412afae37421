/*
 * DMARC, discovery and alignment: RFC 9989 section 4.10 and RFC 7489 sections 3 and 6.6.  Pure over its inputs.
 * A DNS failure, and an identifier that would align but is a temperror, leave the result temperror: never a guess.
 */
#include "config.h"

#include "lib/check/dmarccheck.h"
#include "lib/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of yes and no, what a failing DNS leaves; the order is used. */
enum answer { ANSWER_NO, ANSWER_UNKNOWN, ANSWER_YES };

/* What was authenticated, or was to be. */
struct identifier {
    char domain[DOMAIN_MAX];        /* normalized; "" where it cannot be a name */
    enum auth_result result;
    bool is_dkim;
    bool is_deciding;
    enum answer aligned[DMARC_VERSIONS];
};

struct evaluation {
    const struct dmarccheck *check;
    struct dns_budget *budget;
    const char *author;
    struct identifier *identifiers;
    size_t count;
    bool has_skipped;               /* signatures that nobody verified */
    struct dmarc_walk walk;         /* from the author domain */
    struct dmarc_step step;         /* RFC 7489's record */
    struct dmarc_result *result;
};

void dmarccheck_prefetch(const struct dmarccheck *check, const char *author_domain)
{
    char org[DOMAIN_MAX];

    if (author_domain[0] == '\0')
        return;
    dmarcwalk_prefetch(check->dns, author_domain);
    orgdomain_find(check->orgdomain, author_domain, org);
    dmarcwalk_prefetch(check->dns, org);    /* the walk skips some of a long name's labels */
}

/* --- the record -------------------------------------------------------------------- */

static void set_name(char to[DOMAIN_MAX], const char *name)
{
    snprintf(to, DOMAIN_MAX, "%s", name);
}

static void take_step(struct dmarc_reading *reading, const struct dmarc_step *step)
{
    set_name(reading->record_domain, step->domain);
    reading->record = step->record;
    reading->problem = step->problem;
}

static enum dmarc_found discover_9989(struct evaluation *ev)
{
    struct dmarc_reading *reading = &ev->result->rfc9989;
    struct dmarc_walk *walk = &ev->walk;

    dmarcwalk_run(ev->check->dns, ev->budget, ev->author, walk);
    set_name(reading->org_domain, walk->org_domain == NULL ? "" : walk->org_domain);
    for (size_t i = 0; i < walk->n_steps && ev->result->multiple_domain[0] == '\0'; i++) {
        if (walk->steps[i].found == DMARC_FOUND_MULTIPLE)
            set_name(ev->result->multiple_domain, walk->steps[i].domain);
    }
    if (walk->policy == NULL)
        return walk->is_incomplete ? DMARC_FOUND_UNKNOWN : DMARC_FOUND_NONE;
    take_step(reading, walk->policy);
    return walk->policy->found;
}

/* RFC 7489 section 6.6.3: the author domain's record, or its organizational domain's; several end the search. */
static enum dmarc_found discover_7489(struct evaluation *ev)
{
    struct dmarc_reading *reading = &ev->result->rfc7489;
    struct dmarc_step *step = &ev->step;

    orgdomain_find(ev->check->orgdomain, ev->author, reading->org_domain);
    dmarcwalk_look_up(ev->check->dns, ev->budget, DMARC_RFC7489, ev->author, step);
    if (step->found == DMARC_FOUND_NONE && strcmp(reading->org_domain, ev->author) != 0)
        dmarcwalk_look_up(ev->check->dns, ev->budget, DMARC_RFC7489, reading->org_domain, step);
    if (step->found == DMARC_FOUND_ONE || step->found == DMARC_FOUND_INVALID)
        take_step(reading, step);
    return step->found;
}

/* --- alignment --------------------------------------------------------------------- */

static const char *last_label(const char *domain)
{
    const char *dot = strrchr(domain, '.');

    return dot == NULL ? domain : dot + 1;
}

/*
 * RFC 9989 section 4.10.2.  An organizational domain is its own, and stands above the domains it is of: only what is
 * below the author's needs a walk.
 */
static bool needs_walk(const struct evaluation *ev, const struct identifier *id, bool is_strict)
{
    const char *org = ev->walk.org_domain;

    return !is_strict && org != NULL && strcmp(id->domain, ev->author) != 0 && strcmp(id->domain, org) != 0
           && domain_is_under(id->domain, org);
}

static enum answer align_9989(struct evaluation *ev, const struct identifier *id, bool is_strict)
{
    const char *org = ev->walk.org_domain;
    struct dmarc_walk walk;

    if (strcmp(id->domain, ev->author) == 0)
        return ANSWER_YES;
    if (is_strict)
        return ANSWER_NO;
    if (org == NULL)
        return domain_is_under(id->domain, last_label(ev->author)) ? ANSWER_UNKNOWN : ANSWER_NO;
    if (strcmp(id->domain, org) == 0)
        return ANSWER_YES;
    if (!domain_is_under(id->domain, org))
        return ANSWER_NO;
    dmarcwalk_run(ev->check->dns, ev->budget, id->domain, &walk);
    if (walk.org_domain == NULL)
        return ANSWER_UNKNOWN;
    return strcmp(walk.org_domain, org) == 0 ? ANSWER_YES : ANSWER_NO;
}

static enum answer align_7489(struct evaluation *ev, const struct identifier *id, bool is_strict)
{
    char org[DOMAIN_MAX];

    if (strcmp(id->domain, ev->author) == 0)
        return ANSWER_YES;
    if (is_strict)
        return ANSWER_NO;
    orgdomain_find(ev->check->orgdomain, id->domain, org);
    return strcmp(org, ev->result->rfc7489.org_domain) == 0 ? ANSWER_YES : ANSWER_NO;
}

static bool is_strict_for(const struct dmarc_reading *reading, const struct identifier *id)
{
    return id->is_dkim ? reading->record.strict_dkim : reading->record.strict_spf;
}

/* The same domain under the same rule was judged before: an egress has many addresses, a message one MAIL FROM. */
static const struct identifier *find_twin(const struct evaluation *ev, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        const struct identifier *other = &ev->identifiers[j];
        if (other->is_dkim == ev->identifiers[i].is_dkim && strcmp(other->domain, ev->identifiers[i].domain) == 0)
            return other;
    }
    return NULL;
}

static void align_all(struct evaluation *ev, enum dmarc_version version, const struct dmarc_reading *reading)
{
    for (size_t i = 0; version == DMARC_RFC9989 && i < ev->count; i++) {
        struct identifier *id = &ev->identifiers[i];
        if (needs_walk(ev, id, is_strict_for(reading, id)))
            dmarcwalk_prefetch(ev->check->dns, id->domain);
    }
    for (size_t i = 0; i < ev->count; i++) {
        struct identifier *id = &ev->identifiers[i];
        const struct identifier *twin = find_twin(ev, i);
        bool is_strict = is_strict_for(reading, id);
        enum answer *aligned = &id->aligned[version];
        if (id->domain[0] == '\0')
            *aligned = ANSWER_NO;
        else if (twin != NULL)
            *aligned = twin->aligned[version];
        else
            *aligned = version == DMARC_RFC9989 ? align_9989(ev, id, is_strict) : align_7489(ev, id, is_strict);
    }
}

/* --- the result -------------------------------------------------------------------- */

static enum answer verify(const struct identifier *id, enum dmarc_version version)
{
    enum answer aligned = id->aligned[version];

    if (aligned == ANSWER_NO || (id->result != AUTH_PASS && id->result != AUTH_TEMPERROR))
        return ANSWER_NO;
    return aligned == ANSWER_YES && id->result == AUTH_PASS ? ANSWER_YES : ANSWER_UNKNOWN;
}

/* Every address of the egress may be the one that sends: SPF passes only if all do (the worst address decides). */
static enum answer verify_spf(const struct evaluation *ev, enum dmarc_version version)
{
    enum answer worst = ANSWER_YES;
    bool is_known = false;

    for (size_t i = 0; i < ev->count; i++) {
        const struct identifier *id = &ev->identifiers[i];
        if (id->is_dkim || !id->is_deciding)
            continue;
        enum answer one = verify(id, version);
        worst = one < worst ? one : worst;
        is_known = true;
    }
    return is_known ? worst : ANSWER_UNKNOWN;
}

/* One passing signature of an aligned domain is enough. */
static enum answer verify_dkim(const struct evaluation *ev, enum dmarc_version version)
{
    enum answer best = ev->has_skipped ? ANSWER_UNKNOWN : ANSWER_NO;

    for (size_t i = 0; i < ev->count; i++) {
        enum answer one = ev->identifiers[i].is_dkim ? verify(&ev->identifiers[i], version) : ANSWER_NO;
        best = one > best ? one : best;
    }
    return best;
}

static enum auth_result combine(enum dmarc_found found, enum answer spf, enum answer dkim)
{
    if (found == DMARC_FOUND_NONE || found == DMARC_FOUND_MULTIPLE)
        return AUTH_NONE;
    if (found == DMARC_FOUND_INVALID)
        return AUTH_PERMERROR;
    if (found == DMARC_FOUND_UNKNOWN)
        return AUTH_TEMPERROR;
    if (spf == ANSWER_YES || dkim == ANSWER_YES)
        return AUTH_PASS;
    return spf == ANSWER_UNKNOWN || dkim == ANSWER_UNKNOWN ? AUTH_TEMPERROR : AUTH_FAIL;
}

/* RFC 9989 section 3.2.13: a domain does not exist where the answer is NXDOMAIN, to whatever type. */
static enum answer author_exists(struct evaluation *ev)
{
    const struct dns_answer *answer = dns_lookup(ev->check->dns, ev->author, DNS_A, ev->budget);
    enum answer exists = ANSWER_UNKNOWN;

    if (answer->status == DNS_OK || answer->status == DNS_NODATA)
        exists = ANSWER_YES;
    else if (answer->status == DNS_NXDOMAIN)
        exists = ANSWER_NO;
    dns_answer_unref(answer);
    return exists;
}

/* sp and np speak for what is below the domain whose record they are in (RFC 9989 section 4.10.1, RFC 7489 6.3). */
static void set_policy(struct evaluation *ev, struct dmarc_reading *reading)
{
    const struct dmarc_record *record = &reading->record;
    enum dmarc_policy sub = record->sp == DMARC_POLICY_ABSENT ? record->p : record->sp;

    if (strcmp(reading->record_domain, ev->author) == 0) {
        reading->policy = record->p;
        return;
    }
    reading->policy = sub;
    if (record->np == DMARC_POLICY_ABSENT || record->np == sub)
        return;
    enum answer exists = author_exists(ev);
    if (exists == ANSWER_NO) {
        reading->policy = record->np;
    } else if (exists == ANSWER_UNKNOWN) {
        /* What passes does so under any policy; what fails cannot be judged without knowing it. */
        reading->policy = DMARC_POLICY_ABSENT;
        reading->result = reading->result == AUTH_PASS ? AUTH_PASS : AUTH_TEMPERROR;
    }
}

/* One step weaker: t=y (RFC 9989 section 4.7), and pct=0 for every message (RFC 7489 section 6.6.4). */
static void weaken(struct dmarc_reading *reading)
{
    if ((reading->record.is_testing || reading->record.pct == 0) && reading->policy > DMARC_POLICY_NONE)
        reading->policy--;
}

static void read_by(struct evaluation *ev, enum dmarc_version version, struct dmarc_reading *reading)
{
    enum dmarc_found found = version == DMARC_RFC9989 ? discover_9989(ev) : discover_7489(ev);

    align_all(ev, version, reading);
    enum answer spf = verify_spf(ev, version), dkim = verify_dkim(ev, version);
    reading->spf_aligned = spf == ANSWER_YES;
    reading->dkim_aligned = dkim == ANSWER_YES;
    reading->result = combine(found, spf, dkim);
    if (found == DMARC_FOUND_ONE) {
        set_policy(ev, reading);
        weaken(reading);
    }
}

/* --- a second implementation ---------------------------------------------------------- */

/* libopendmarc takes one SPF result: that of the address which decides. */
static const struct identifier *worst_spf(const struct evaluation *ev)
{
    const struct identifier *worst = NULL;

    for (size_t i = 0; i < ev->count; i++) {
        const struct identifier *id = &ev->identifiers[i];
        if (id->is_deciding && (worst == NULL || spf_is_worse(id->result, worst->result)))
            worst = id;
    }
    return worst;
}

/* It reads RFC 7489, and has no temperror: where ours is one, or there are several records, it is not asked. */
static const char *ask_libopendmarc(const struct evaluation *ev)
{
    const struct dmarc_reading *reading = &ev->result->rfc7489;

    if (reading->result == AUTH_TEMPERROR || ev->step.found == DMARC_FOUND_MULTIPLE || ev->check->opinion == NULL)
        return NULL;
    if (ev->step.found == DMARC_FOUND_NONE)
        return "absent";

    struct dmarcopinion_identity *signatures = xcalloc(ev->count, sizeof(*signatures));
    const struct identifier *spf = worst_spf(ev);
    struct dmarcopinion_question question = {
        .author = ev->author,
        .org = strcmp(reading->record_domain, ev->author) == 0 ? NULL : reading->record_domain,
        .record = ev->step.text,
        .dkim = signatures,
    };
    if (spf != NULL)
        question.spf = (struct dmarcopinion_identity){ spf->domain, spf->result };
    for (size_t i = 0; i < ev->count; i++) {
        const struct identifier *id = &ev->identifiers[i];
        if (id->is_dkim)
            signatures[question.n_dkim++] = (struct dmarcopinion_identity){ id->domain, id->result };
    }
    const char *opinion = dmarcopinion_ask(ev->check->opinion, &question);
    free(signatures);
    return opinion;
}

/* --- all together ----------------------------------------------------------------------- */

static void set_identifier(struct identifier *id, const char *domain, enum auth_result result)
{
    id->result = result;
    if (domain == NULL || domain_normalize(domain, id->domain) < 0)
        id->domain[0] = '\0';
}

static void collect(struct evaluation *ev, const struct spf_result *spf, size_t n_spf, size_t n_deciding,
                    const struct dkim_results *dkim)
{
    ev->identifiers = xcalloc(n_spf + dkim->count, sizeof(*ev->identifiers));
    ev->has_skipped = dkim->skipped > 0;
    for (size_t i = 0; i < n_spf; i++) {
        struct identifier *id = &ev->identifiers[ev->count++];
        set_identifier(id, spf[i].domain, spf[i].result);
        id->is_deciding = i < n_deciding;
    }
    for (size_t i = 0; i < dkim->count; i++) {
        struct identifier *id = &ev->identifiers[ev->count++];
        set_identifier(id, dkim->items[i].domain, dkim->items[i].result);
        id->is_dkim = true;
    }
}

/*
 * Not known where the walk that tells is incomplete.  Without the author's record its mode is not known either: then
 * only the author domain itself is sure to align.
 */
static bool is_alignment_unknown(const struct evaluation *ev, const struct identifier *id, enum dmarc_version version)
{
    bool has_unknown_record = ev->walk.policy == NULL && ev->walk.is_incomplete;

    if (id->domain[0] == '\0' || strcmp(id->domain, ev->author) == 0)
        return false;
    return has_unknown_record || id->aligned[version] == ANSWER_UNKNOWN;
}

/* Without a record nobody aligns anything; then it is told what would align under the organizational domain's. */
static void mark(const struct evaluation *ev, struct spf_result *spf, size_t n_spf, struct dkim_results *dkim)
{
    enum dmarc_version version = ev->result->rfc9989.record_domain[0] == '\0' ? DMARC_RFC7489 : DMARC_RFC9989;

    for (size_t i = 0; i < n_spf; i++) {
        spf[i].aligned = ev->identifiers[i].aligned[version] == ANSWER_YES;
        spf[i].is_alignment_unknown = is_alignment_unknown(ev, &ev->identifiers[i], version);
    }
    for (size_t i = 0; i < dkim->count; i++) {
        const struct identifier *id = &ev->identifiers[n_spf + i];
        dkim->items[i].aligned = id->aligned[version] == ANSWER_YES;
        dkim->items[i].is_alignment_unknown = is_alignment_unknown(ev, id, version);
    }
}

void dmarccheck_run(const struct dmarccheck *check, struct dns_budget *budget, const char *author_domain,
                    struct spf_result *spf, size_t n_spf, size_t n_deciding, struct dkim_results *dkim,
                    struct dmarc_result *result_r)
{
    struct evaluation ev = { .check = check, .budget = budget, .author = author_domain, .result = result_r };

    memset(result_r, 0, sizeof(*result_r));
    if (author_domain[0] == '\0')
        return;
    set_name(result_r->author_domain, author_domain);
    dmarccheck_prefetch(check, author_domain);
    collect(&ev, spf, n_spf, n_deciding, dkim);
    read_by(&ev, DMARC_RFC9989, &result_r->rfc9989);
    read_by(&ev, DMARC_RFC7489, &result_r->rfc7489);
    mark(&ev, spf, n_spf, dkim);
    result_r->libopendmarc = ask_libopendmarc(&ev);
    free(ev.identifiers);

    result_r->result = result_r->rfc9989.result;
    result_r->policy = result_r->rfc9989.policy;
    set_name(result_r->record_domain, result_r->rfc9989.record_domain);
    set_name(result_r->org_domain, result_r->rfc9989.org_domain);
}

/* 0..7.  What is not known counts as the failure it may be, just below that failure. */
static int badness(const struct dmarc_reading *reading)
{
    static const int of_fail[] = {
        [DMARC_POLICY_ABSENT] = 7, [DMARC_POLICY_NONE] = 3, [DMARC_POLICY_QUARANTINE] = 5, [DMARC_POLICY_REJECT] = 7,
    };
    if (reading->result == AUTH_PASS)
        return 0;
    if (reading->result == AUTH_FAIL)
        return of_fail[reading->policy];
    return reading->result == AUTH_TEMPERROR ? of_fail[reading->policy] - 1 : 1;
}

const struct dmarc_reading *dmarccheck_worse(const struct dmarc_result *result)
{
    return badness(&result->rfc7489) > badness(&result->rfc9989) ? &result->rfc7489 : &result->rfc9989;
}

bool dmarccheck_is_disputed(const struct dmarc_result *result)
{
    const struct dmarc_reading *a = &result->rfc9989, *b = &result->rfc7489;
    bool is_policy_known = a->result != AUTH_PASS || a->policy != DMARC_POLICY_ABSENT;

    if (a->result == AUTH_TEMPERROR || b->result == AUTH_TEMPERROR)
        return false;
    if (a->record_domain[0] == '\0' && b->record_domain[0] == '\0')
        return false;
    return a->result != b->result || (is_policy_known && a->policy != b->policy)
           || (a->org_domain[0] != '\0' && strcmp(a->org_domain, b->org_domain) != 0);
}

const char *dmarccheck_summary(const struct dmarc_reading *reading)
{
    switch (reading->result) {
    case AUTH_PASS:
        return "pass";
    case AUTH_FAIL:
        return dmarc_policy_name(reading->policy);
    case AUTH_TEMPERROR:
        return NULL;
    default:
        return "absent";
    }
}

bool dmarccheck_has_dissent(const struct dmarc_result *result)
{
    const char *ours = dmarccheck_summary(&result->rfc7489), *theirs = result->libopendmarc;

    return ours != NULL && theirs != NULL && strcmp(ours, theirs) != 0;
}
