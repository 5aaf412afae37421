/*
 * DMARC records in the DNS; see dmarcwalk.h.  RFC 9989 section 4.10.
 * What is no DMARC record is discarded; several are all discarded, and the walk goes on.
 */
#include "config.h"

#include "lib/check/dmarcwalk.h"
#include "lib/base/str.h"
#include "lib/dns/record.h"

#include <stdio.h>
#include <string.h>

#define RECORD_TEXT_MAX 4096
#define LABELS_KEPT 7           /* of a long name, from the second query on */

static int policy_name(const char *domain, char name_r[DOMAIN_MAX])
{
    int n = snprintf(name_r, DOMAIN_MAX, "_dmarc.%s", domain);

    return n > 0 && n < DOMAIN_MAX ? 0 : -1;
}

/* 1 where the record is none of DMARC's, else it is in the step. */
static int read_record(const struct dns_answer *answer, size_t i, enum dmarc_version version, struct dmarc_step *step)
{
    struct str text = STR_EMPTY;
    struct dmarc_record record;
    const char *problem;
    int rc = 1;

    if (record_txt(answer, i, RECORD_TEXT_MAX, &text) == 0 && strlen(str_get(&text)) == text.len)
        rc = dmarc_record_parse(str_get(&text), version, &record, &problem);
    if (rc != 1) {
        step->record = record;
        step->problem = problem;
        snprintf(step->text, sizeof(step->text), "%s", text.len <= DMARC_TEXT_MAX ? str_get(&text) : "");
        step->found = rc == 0 ? DMARC_FOUND_ONE : DMARC_FOUND_INVALID;
    }
    str_clear(&text);
    return rc == 1;
}

static void read_answer(const struct dns_answer *answer, enum dmarc_version version, struct dmarc_step *step)
{
    size_t records = 0;

    for (size_t i = 0; i < answer->count; i++) {
        if (read_record(answer, i, version, step) == 0)
            records++;
    }
    if (records > 1) {
        step->found = DMARC_FOUND_MULTIPLE;
        step->record = (struct dmarc_record){ .pct = 100 };
        step->problem = NULL;
        step->text[0] = '\0';
    }
}

void dmarcwalk_look_up(struct dns *dns, struct dns_budget *budget, enum dmarc_version version, const char *domain,
                       struct dmarc_step *step_r)
{
    char name[DOMAIN_MAX];

    memset(step_r, 0, sizeof(*step_r));
    step_r->domain = domain;
    step_r->record.pct = 100;
    if (policy_name(domain, name) < 0)
        return;
    const struct dns_answer *answer = dns_lookup(dns, name, DNS_TXT, budget);
    if (answer->status == DNS_OK)
        read_answer(answer, version, step_r);
    else if (!dns_is_answered(answer->status))
        step_r->found = DMARC_FOUND_UNKNOWN;
    dns_answer_unref(answer);
}

static const char *parent_of(const char *domain)
{
    const char *dot = strchr(domain, '.');

    return dot == NULL ? NULL : dot + 1;
}

static size_t count_labels(const char *domain)
{
    size_t n = 0;

    for (; domain != NULL; domain = parent_of(domain))
        n++;
    return n;
}

/* Steps 1, 4 and 7: the name itself, then the last seven labels at most, then one less each time. */
size_t dmarcwalk_names(const char *domain, const char *names_r[DMARC_WALK_MAX])
{
    size_t n = 0, labels = count_labels(domain);
    const char *name = parent_of(domain);

    names_r[n++] = domain;
    for (; labels > LABELS_KEPT + 1; labels--)
        name = parent_of(name);
    for (; name != NULL && n < DMARC_WALK_MAX; name = parent_of(name))
        names_r[n++] = name;
    return n;
}

void dmarcwalk_prefetch(struct dns *dns, const char *domain)
{
    const char *names[DMARC_WALK_MAX];
    char name[DOMAIN_MAX];
    size_t n = dmarcwalk_names(domain, names);

    for (size_t i = 0; i < n; i++) {
        if (policy_name(names[i], name) == 0)
            dns_prefetch(dns, name, DNS_TXT);
    }
}

static bool has_record(const struct dmarc_step *step)
{
    return step->found == DMARC_FOUND_ONE || step->found == DMARC_FOUND_INVALID;
}

/* The name one label longer than a step's, on the way to where the walk began. */
static const char *child_of(const struct dmarc_walk *walk, const char *domain)
{
    const char *p = domain - 1;     /* the dot before it */

    while (p > walk->domain && p[-1] != '.')
        p--;
    return p;
}

/* Section 4.10.2, from the longest name to the shortest. */
static const char *select_org_domain(const struct dmarc_walk *walk)
{
    const char *org = walk->domain;

    for (size_t i = 0; i < walk->n_steps; i++) {
        const struct dmarc_step *step = &walk->steps[i];
        if (!has_record(step))
            continue;
        if (step->record.psd == DMARC_PSD_YES && i > 0)
            return child_of(walk, step->domain);
        org = step->domain;
        if (step->record.psd == DMARC_PSD_NO)
            break;
    }
    return org;
}

/* Section 4.10.1: the author domain's own record, its organizational domain's, its public suffix's. */
static const struct dmarc_step *select_policy(const struct dmarc_walk *walk)
{
    const struct dmarc_step *last = &walk->steps[walk->n_steps - 1];

    if (has_record(&walk->steps[0]))
        return &walk->steps[0];
    for (size_t i = 1; !walk->is_incomplete && i < walk->n_steps; i++) {
        if (has_record(&walk->steps[i]) && walk->steps[i].domain == walk->org_domain)
            return &walk->steps[i];
    }
    return !walk->is_incomplete && has_record(last) && last->record.psd == DMARC_PSD_YES ? last : NULL;
}

void dmarcwalk_run(struct dns *dns, struct dns_budget *budget, const char *domain, struct dmarc_walk *walk_r)
{
    const char *names[DMARC_WALK_MAX];
    bool is_over = false;

    memset(walk_r, 0, sizeof(*walk_r));
    snprintf(walk_r->domain, sizeof(walk_r->domain), "%s", domain);
    size_t n = dmarcwalk_names(walk_r->domain, names);
    for (size_t i = 0; i < n && !is_over; i++) {
        struct dmarc_step *step = &walk_r->steps[walk_r->n_steps++];
        dmarcwalk_look_up(dns, budget, DMARC_RFC9989, names[i], step);
        walk_r->is_incomplete = step->found == DMARC_FOUND_UNKNOWN;
        is_over = walk_r->is_incomplete || (has_record(step) && step->record.psd != DMARC_PSD_UNKNOWN);
    }
    if (!walk_r->is_incomplete)
        walk_r->org_domain = select_org_domain(walk_r);
    walk_r->policy = select_policy(walk_r);
}
