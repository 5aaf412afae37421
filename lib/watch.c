/*
 * The background audit: what is due, and what has changed; see watch.h.
 */
#include "config.h"

#include "lib/watch.h"
#include "lib/audits.h"
#include "lib/base/clock.h"
#include "lib/base/domain.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL_MIN_MS 1000
#define SOON_SHARE 10           /* what is new is audited within this share of the interval, */
#define SOON_MS (60 * 1000)     /* or this if it is less, */
#define SOON_PACE_MS 250        /* but not one after the other in less, unless the interval asks for it */
#define RETRIES 3               /* an audit that failed is tried again so often before its turn */
#define SHOWN_MAX 10            /* faults told of one subject when asked */
#define CHANGES_MAX 50          /* lines of one audit: a domain's records may be made to be many, and new each time */
#define NAME_SHOWN 255

struct fault {
    const struct finding_row *row;
    char *subject;
};

struct subject {
    enum watch_kind kind;
    char *name;
    int64_t begun_ms;           /* the last audit; NEVER */
    int64_t soon_ms;            /* out of turn then; NEVER: in turn */
    int64_t settled_ms;         /* the last audit; NEVER */
    int fails;                  /* audits in a row some question of which failed */
    enum audit_outcome outcome; /* of the last one */
    struct fault *faults;       /* those that stand */
    size_t n_faults;
};

#define NEVER INT64_MIN

struct watch {
    int interval_ms;            /* 0: never */
    unsigned round;             /* of configurations */
    int64_t last_ms;            /* when the last audit began; NEVER */
    struct subject *subjects;   /* by kind and name */
    size_t count;
};

void watch_lines_clear(struct watch_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->items[i].text);
    free(lines->items);
    *lines = (struct watch_lines){ 0 };
}

static void add_line(struct watch_lines *lines, bool is_worse, struct str *text)
{
    lines->items = xgrow(lines->items, lines->count, &lines->capacity, sizeof(*lines->items));
    lines->items[lines->count++] = (struct watch_line){ .is_worse = is_worse, .text = str_steal(text) };
}

static void subject_clear(struct subject *s)
{
    for (size_t i = 0; i < s->n_faults; i++)
        free(s->faults[i].subject);
    free(s->faults);
    free(s->name);
    *s = (struct subject){ .name = NULL };
}

struct watch *watch_new(void)
{
    struct watch *w = xcalloc(1, sizeof(*w));

    w->last_ms = NEVER;
    return w;
}

void watch_free(struct watch **watch)
{
    struct watch *w = *watch;

    if (w == NULL)
        return;
    for (size_t i = 0; i < w->count; i++)
        subject_clear(&w->subjects[i]);
    free(w->subjects);
    free(w);
    *watch = NULL;
}

/* --- what to watch ------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct subject *x = a, *y = b;

    return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->name, y->name);
}

static struct subject *find(const struct watch *w, enum watch_kind kind, const char *name)
{
    char *copy = xstrdup(name);
    struct subject key = { .kind = kind, .name = copy };
    struct subject *found = w->count == 0 ? NULL : bsearch(&key, w->subjects, w->count, sizeof(key), compare);

    free(copy);
    return found;
}

struct wanted {
    struct subject *items;
    size_t count, capacity;
};

static void want(struct wanted *wanted, enum watch_kind kind, const char *name)
{
    wanted->items = xgrow(wanted->items, wanted->count, &wanted->capacity, sizeof(*wanted->items));
    wanted->items[wanted->count++] = (struct subject){
        .kind = kind, .name = xstrdup(name), .begun_ms = NEVER, .soon_ms = NEVER, .settled_ms = NEVER,
    };
}

/* Of "user@domain" and "@domain"; "@.domain" names none. */
static void want_senders(struct wanted *wanted, const struct conf_egress *egress)
{
    char domain[DOMAIN_MAX];

    for (size_t i = 0; i < egress->senders.count; i++) {
        const char *name = address_domain(egress->senders.items[i]);
        if (name != NULL && name[0] != '.' && domain_normalize(name, domain) == 0)
            want(wanted, WATCH_DOMAIN, domain);
    }
}

static void want_configured(struct wanted *wanted, const struct conf *conf)
{
    for (size_t i = 0; i < conf->n_egress; i++) {
        want(wanted, WATCH_EGRESS, conf->egress[i].name);
        want_senders(wanted, &conf->egress[i]);
    }
    for (size_t i = 0; i < conf->n_domains; i++) {
        if (conf->domains[i].name[0] != '.')
            want(wanted, WATCH_DOMAIN, conf->domains[i].name);
    }
}

static void sort_once_each(struct wanted *wanted)
{
    size_t n = 0;

    qsort(wanted->items, wanted->count, sizeof(*wanted->items), compare);
    for (size_t i = 0; i < wanted->count; i++) {
        if (n > 0 && compare(&wanted->items[n - 1], &wanted->items[i]) == 0)
            subject_clear(&wanted->items[i]);
        else
            wanted->items[n++] = wanted->items[i];
    }
    wanted->count = n;
}

/* The state moves over; what is new, or after a reload everything, is due soon. */
static void take_over(struct watch *w, struct wanted *wanted, bool is_reload, int64_t now_ms)
{
    for (size_t i = 0; i < wanted->count; i++) {
        struct subject *new = &wanted->items[i], *old = find(w, new->kind, new->name);
        if (old != NULL) {
            struct subject empty = *new;
            *new = *old;
            *old = empty;
        }
        if (old == NULL || is_reload) {
            new->soon_ms = now_ms;
            new->fails = 0;
        }
    }
    for (size_t i = 0; i < w->count; i++)
        subject_clear(&w->subjects[i]);
    free(w->subjects);
    w->subjects = wanted->items;
    w->count = wanted->count;
}

void watch_want(struct watch *w, const struct conf *conf, const char *const *seen, size_t n_seen, bool is_reload,
                int64_t now_ms)
{
    struct wanted wanted = { .count = 0 };

    want_configured(&wanted, conf);
    for (size_t i = 0; i < n_seen; i++)
        want(&wanted, WATCH_DOMAIN, seen[i]);
    sort_once_each(&wanted);
    take_over(w, &wanted, is_reload, now_ms);
    w->interval_ms = conf->audit_interval_ms == 0 || conf->audit_interval_ms >= INTERVAL_MIN_MS
                         ? conf->audit_interval_ms : INTERVAL_MIN_MS;
    w->round += is_reload;
}

/* --- what is due ----------------------------------------------------------------------------- */

/* Between the beginnings of two audits in turn: all of them fill the interval. */
static int64_t pace(const struct watch *w)
{
    int64_t pace_ms = w->interval_ms / (int64_t)w->count;

    return pace_ms > 0 ? pace_ms : 1;
}

static int64_t soon_pace(const struct watch *w)
{
    int64_t within_ms = w->interval_ms / SOON_SHARE < SOON_MS ? w->interval_ms / SOON_SHARE : SOON_MS;
    int64_t pace_ms = within_ms / (int64_t)w->count;

    if (pace_ms < SOON_PACE_MS)
        pace_ms = SOON_PACE_MS;
    return pace_ms < pace(w) ? pace_ms : pace(w);
}

static int64_t after(const struct watch *w, int64_t ms)
{
    return w->last_ms == NEVER ? NEVER : w->last_ms + ms;
}

static bool is_before(const struct subject *a, const struct subject *b)
{
    return b == NULL || a->soon_ms < b->soon_ms || (a->soon_ms == b->soon_ms && a->begun_ms < b->begun_ms);
}

/* The first of those out of turn and the first in turn; either may be NULL. */
static void find_first(const struct watch *w, struct subject **soon_r, struct subject **turn_r)
{
    *soon_r = *turn_r = NULL;
    for (size_t i = 0; i < w->count; i++) {
        struct subject *s = &w->subjects[i];
        struct subject **first = s->soon_ms != NEVER ? soon_r : turn_r;
        *first = is_before(s, *first) ? s : *first;
    }
}

/* What comes next, and when; NULL where nothing does. */
static struct subject *find_next(const struct watch *w, int64_t *at_ms_r)
{
    struct subject *soon, *turn;

    if (w->interval_ms == 0 || w->count == 0)
        return NULL;
    find_first(w, &soon, &turn);
    int64_t turn_ms = after(w, pace(w));
    if (soon != NULL) {
        int64_t soon_ms = after(w, soon_pace(w));
        soon_ms = soon->soon_ms > soon_ms ? soon->soon_ms : soon_ms;
        if (turn == NULL || soon_ms <= turn_ms) {
            *at_ms_r = soon_ms;
            return soon;
        }
    }
    *at_ms_r = turn_ms;
    return turn;
}

int64_t watch_due(const struct watch *w, int64_t now_ms)
{
    int64_t at_ms;

    if (find_next(w, &at_ms) == NULL)
        return -1;
    return at_ms <= now_ms ? 0 : at_ms - now_ms;
}

bool watch_begin(struct watch *w, int64_t now_ms, struct watch_job *job_r)
{
    int64_t at_ms;
    struct subject *s = find_next(w, &at_ms);

    if (s == NULL || at_ms > now_ms)
        return false;
    s->begun_ms = w->last_ms = now_ms;
    s->soon_ms = NEVER;
    *job_r = (struct watch_job){
        .kind = s->kind, .name = xstrdup(s->name), .interval_ms = w->interval_ms, .round = w->round,
    };
    return true;
}

void watch_drop(struct watch_job *job)
{
    free(job->name);
    *job = (struct watch_job){ .name = NULL };
}

/* --- one audit ---------------------------------------------------------------------------------- */

static const struct conf_egress *find_egress(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->n_egress; i++) {
        if (strcmp(conf->egress[i].name, name) == 0)
            return &conf->egress[i];
    }
    return NULL;
}

static int audit_egress(struct preflight *preflight, const char *name, struct dns_budget *budget,
                        struct watch_result *result_r)
{
    const struct conf_egress *egress = find_egress(preflight_conf(preflight), name);
    struct egressaudit audit;

    if (egress == NULL)
        return -1;
    audits_one_egress(preflight, egress, budget, &audit);
    *result_r = (struct watch_result){
        .outcome = audit.outcome, .unknown = audit.unknown, .findings = audit.findings,
    };
    audit.findings = (struct findings){ 0 };
    egressaudit_clear(&audit);
    return 0;
}

static void audit_domain(struct preflight *preflight, const char *name, struct selectors *selectors,
                         struct dns_budget *budget, struct watch_result *result_r)
{
    struct domainaudit audit;

    audits_one_domain(preflight, name, selectors, NULL, budget, &audit);
    *result_r = (struct watch_result){
        .outcome = audit.outcome, .unknown = audit.unknown, .findings = audit.findings,
    };
    audit.findings = (struct findings){ 0 };
    domainaudit_clear(&audit);
}

int watch_audit(struct preflight *preflight, const struct watch_job *job, struct selectors *selectors,
                const atomic_bool *stop, struct watch_result *result_r)
{
    struct dns_budget budget = audits_budget(preflight);
    int64_t now_ms = clock_ms();

    budget.fresh_until_ms = now_ms + job->interval_ms;
    budget.fresh_since_ms = now_ms - job->interval_ms / SOON_SHARE;     /* what subjects share is asked once */
    budget.stop = stop;
    if (job->kind == WATCH_DOMAIN)
        audit_domain(preflight, job->name, selectors, &budget, result_r);
    else if (audit_egress(preflight, job->name, &budget, result_r) != 0)
        return -1;
    result_r->has_failed = budget.failures > 0;
    if (!atomic_load(stop))
        return 0;
    findings_clear(&result_r->findings);
    return -1;
}

/* --- what has changed ------------------------------------------------------------------------------ */

static void add_subject(struct str *line, const struct subject *s)
{
    str_addf(line, "audit: %s ", s->kind == WATCH_EGRESS ? "egress" : "domain");
    str_add_escaped(line, s->name, NAME_SHOWN, false);
    str_add(line, ": ");
}

/* Subjects of findings are escaped already. */
static void add_fault(struct str *line, const struct finding_row *row, const char *subject)
{
    str_addf(line, "%s%s%s", row->name, subject[0] == '\0' ? "" : " ", subject);
}

static void tell_begun(const struct subject *s, const struct finding *finding, struct watch_lines *lines)
{
    struct str line = STR_EMPTY;

    add_subject(&line, s);
    add_fault(&line, finding->row, finding->subject);
    str_addf(&line, ": %s", finding->text);
    if (finding->remedy[0] != '\0')
        str_addf(&line, "; %s", finding->remedy);
    add_line(lines, true, &line);
}

static void tell_ended(const struct subject *s, const struct fault *fault, struct watch_lines *lines)
{
    struct str line = STR_EMPTY;

    add_subject(&line, s);
    str_add(&line, "ended: ");
    add_fault(&line, fault->row, fault->subject);
    add_line(lines, false, &line);
}

static bool has_fault(const struct subject *s, const struct finding *finding)
{
    for (size_t i = 0; i < s->n_faults; i++) {
        if (s->faults[i].row == finding->row && strcmp(s->faults[i].subject, finding->subject) == 0)
            return true;
    }
    return false;
}

static bool has_finding(const struct findings *findings, const struct fault *fault)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *f = &findings->items[i];
        if (f->row == fault->row && strcmp(f->subject, fault->subject) == 0)
            return true;
    }
    return false;
}

/* Those that are found no more are over, unless what they are about is not known. */
static void end_faults(struct subject *s, const struct watch_result *result, struct watch_lines *lines)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n_faults; i++) {
        struct fault *fault = &s->faults[i];
        bool is_known = (result->unknown & audit_area_of(fault->row)) == 0;
        if (is_known && !has_finding(&result->findings, fault)) {
            tell_ended(s, fault, lines);
            free(fault->subject);
        } else {
            s->faults[n++] = *fault;
        }
    }
    s->n_faults = n;
}

static void begin_faults(struct subject *s, const struct findings *findings, struct watch_lines *lines)
{
    s->faults = xrealloc(s->faults, (s->n_faults + findings->count) * sizeof(*s->faults));
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *f = &findings->items[i];
        if (!audit_is_fault(f->row) || has_fault(s, f))
            continue;
        tell_begun(s, f, lines);
        s->faults[s->n_faults++] = (struct fault){ .row = f->row, .subject = xstrdup(f->subject) };
    }
}

/* Those from first on, of one audit: the faults that are new stand before those that are over. */
static void shorten(const struct subject *s, size_t first, struct watch_lines *lines)
{
    size_t n = lines->count - first;
    struct str line = STR_EMPTY;
    bool is_worse = false;

    if (n <= CHANGES_MAX)
        return;
    while (lines->count > first + CHANGES_MAX) {
        struct watch_line *last = &lines->items[--lines->count];
        is_worse = is_worse || last->is_worse;
        free(last->text);
    }
    add_subject(&line, s);
    str_addf(&line, "and %zu more", n - CHANGES_MAX);
    add_line(lines, is_worse, &line);
}

/* A failure may be over long before its turn, as at a start before the network's; one that stays waits for its turn. */
static void plan_retry(const struct watch *w, struct subject *s, bool has_failed, int64_t now_ms)
{
    s->fails = has_failed ? s->fails + 1 : 0;
    if (s->fails > 0 && s->fails <= RETRIES)
        s->soon_ms = now_ms + ((w->interval_ms / SOON_SHARE) << (s->fails - 1));
}

void watch_settle(struct watch *w, struct watch_job *job, struct watch_result *result, int64_t now_ms,
                  struct watch_lines *lines)
{
    struct subject *s = job->round == w->round ? find(w, job->kind, job->name) : NULL;

    if (s != NULL) {
        size_t first = lines->count;
        begin_faults(s, &result->findings, lines);
        end_faults(s, result, lines);
        shorten(s, first, lines);
        s->settled_ms = now_ms;
        s->outcome = s->n_faults > 0 ? AUDIT_FAULTY : result->outcome;
        plan_retry(w, s, result->has_failed, now_ms);
    }
    findings_clear(&result->findings);
    watch_drop(job);
}

/* --- how everything stands --------------------------------------------------------------------------- */

static void add_duration(struct str *line, int64_t ms)
{
    static const struct { int64_t ms; const char *unit; } units[] = {
        { 48 * 3600 * 1000, "d" }, { 2 * 3600 * 1000, "h" }, { 2 * 60 * 1000, "m" }, { 0, "s" },
    };
    static const int64_t sizes[] = { 24 * 3600 * 1000, 3600 * 1000, 60 * 1000, 1000 };
    size_t i = 0;

    while (ms < units[i].ms)
        i++;
    str_addf(line, "%lld%s", (long long)((ms + sizes[i] / 2) / sizes[i]), units[i].unit);
}

static int rank(const struct subject *s)
{
    return s->settled_ms == NEVER ? 1 : s->outcome == AUDIT_FAULTY ? 3 : s->outcome == AUDIT_UNDECIDED ? 2 : 0;
}

static int compare_badness(const void *a, const void *b)
{
    const struct subject *x = *(const struct subject *const *)a, *y = *(const struct subject *const *)b;

    return rank(x) != rank(y) ? rank(y) - rank(x) : compare(x, y);
}

/* When its turn is, if nothing else comes. */
static int64_t next_ms(const struct watch *w, const struct subject *s)
{
    size_t before = 0;

    if (s->soon_ms != NEVER)
        return s->soon_ms;
    for (size_t i = 0; i < w->count; i++)
        before += w->subjects[i].soon_ms == NEVER && w->subjects[i].begun_ms < s->begun_ms;
    return after(w, pace(w) * (int64_t)(before + 1));
}

static void tell_subject(const struct watch *w, const struct subject *s, int64_t now_ms, struct watch_lines *lines)
{
    struct str line = STR_EMPTY;

    add_subject(&line, s);
    str_add(&line, s->settled_ms == NEVER ? "not audited yet" : audit_outcome_name(s->outcome));
    for (size_t i = 0; i < s->n_faults && i < SHOWN_MAX; i++) {
        str_add(&line, i == 0 ? ": " : ", ");
        add_fault(&line, s->faults[i].row, s->faults[i].subject);
    }
    if (s->n_faults > SHOWN_MAX)
        str_addf(&line, " and %zu more", s->n_faults - SHOWN_MAX);
    if (s->settled_ms != NEVER) {
        str_add(&line, "; audited ");
        add_duration(&line, now_ms - s->settled_ms);
        str_add(&line, " ago");
    }
    if (w->interval_ms > 0) {
        int64_t at_ms = next_ms(w, s);
        str_add(&line, s->settled_ms == NEVER ? "; due in " : ", next in ");
        add_duration(&line, at_ms > now_ms ? at_ms - now_ms : 0);
    }
    add_line(lines, false, &line);
}

static void tell_all(const struct watch *w, struct watch_lines *lines)
{
    struct str line = STR_EMPTY;
    size_t ranks[4] = { 0 }, egresses = 0;

    for (size_t i = 0; i < w->count; i++) {
        ranks[rank(&w->subjects[i])]++;
        egresses += w->subjects[i].kind == WATCH_EGRESS;
    }
    str_addf(&line, "audit: egresses %zu, domains %zu", egresses, w->count - egresses);
    if (w->interval_ms > 0) {
        str_add(&line, ", every ");
        add_duration(&line, w->interval_ms);
    } else {
        str_add(&line, ", none is audited: audit_interval is 0");
    }
    str_addf(&line, ": faulty %zu, undecided %zu, clear %zu, not audited yet %zu", ranks[3], ranks[2], ranks[0],
             ranks[1]);
    add_line(lines, false, &line);
}

void watch_tell(const struct watch *w, int64_t now_ms, size_t max, struct watch_lines *lines)
{
    const struct subject **order = xcalloc(w->count, sizeof(struct subject *));

    for (size_t i = 0; i < w->count; i++)
        order[i] = &w->subjects[i];
    qsort(order, w->count, sizeof(struct subject *), compare_badness);
    tell_all(w, lines);
    for (size_t i = 0; i < w->count && i < max; i++)
        tell_subject(w, order[i], now_ms, lines);
    if (w->count > max) {
        struct str line = STR_EMPTY;
        str_addf(&line, "audit: and %zu more", w->count - max);
        add_line(lines, false, &line);
    }
    free(order);
}
