/*
 * The domains that outgoing mail is sent in the name of; see seen.h.
 * One hash table for all, and two lists by the time of the last message: those that count, and those that do not yet.
 */
#include "config.h"

#include "lib/state/seen.h"

#include "lib/base/mem.h"
#include "lib/check/orgdomain.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096            /* a power of two */
#define AGAIN_S 3600            /* a time that is known to the file is given again after this */

struct used {
    char *name;
    int64_t last_s;
    int64_t given_s;            /* of last_s, when it was last given; -1: never */
};

struct entry {
    struct entry *chain;        /* next in the bucket */
    struct entry *newer, *older;
    bool counts;
    int messages;
    struct used domain;
    const char *organization;   /* the end of domain.name */
    struct used selectors[SEEN_SELECTORS];
    size_t n_selectors;
};

struct list {
    struct entry *newest, *oldest;
    size_t count;
};

struct seen {
    struct orgdomain *orgdomain;
    pthread_mutex_t lock;       /* covers what follows */
    struct list lists[2];       /* by entry.counts */
    struct entry *buckets[BUCKETS];
};

struct seen *seen_new(struct err *err)
{
    struct orgdomain *orgdomain = orgdomain_new(err);

    if (orgdomain == NULL)
        return NULL;
    struct seen *seen = xcalloc(1, sizeof(*seen));
    seen->orgdomain = orgdomain;
    pthread_mutex_init(&seen->lock, NULL);
    return seen;
}

static struct entry **place_of(struct seen *seen, const char *domain)
{
    uint32_t hash = 2166136261U;

    for (const char *p = domain; *p != '\0'; p++)
        hash = (hash ^ (uint8_t)*p) * 16777619U;
    struct entry **place = &seen->buckets[(hash ^ (hash >> 15)) & (BUCKETS - 1)];
    while (*place != NULL && strcmp((*place)->domain.name, domain) != 0)
        place = &(*place)->chain;
    return place;
}

static void unlink_entry(struct seen *seen, struct entry *e)
{
    struct list *list = &seen->lists[e->counts];

    *(e->newer == NULL ? &list->newest : &e->newer->older) = e->older;
    *(e->older == NULL ? &list->oldest : &e->older->newer) = e->newer;
    e->newer = e->older = NULL;
    list->count--;
}

/* Before the first that is not newer, which is the first but while a file is read. */
static void link_entry(struct seen *seen, struct entry *e)
{
    struct list *list = &seen->lists[e->counts];
    struct entry *older = list->newest, *newer = NULL;

    while (older != NULL && older->domain.last_s > e->domain.last_s) {
        newer = older;
        older = older->older;
    }
    e->newer = newer;
    e->older = older;
    *(newer == NULL ? &list->newest : &newer->older) = e;
    *(older == NULL ? &list->oldest : &older->newer) = e;
    list->count++;
}

static void forget(struct seen *seen, struct entry *e)
{
    *place_of(seen, e->domain.name) = e->chain;
    unlink_entry(seen, e);
    for (size_t i = 0; i < e->n_selectors; i++)
        free(e->selectors[i].name);
    free(e->domain.name);
    free(e);
}

void seen_free(struct seen **seen)
{
    if (*seen == NULL)
        return;
    for (int counts = 0; counts < 2; counts++) {
        while ((*seen)->lists[counts].oldest != NULL)
            forget(*seen, (*seen)->lists[counts].oldest);
    }
    pthread_mutex_destroy(&(*seen)->lock);
    orgdomain_free(&(*seen)->orgdomain);
    free(*seen);
    *seen = NULL;
}

static void use(struct used *used, int64_t now_s)
{
    if (used->last_s < now_s)
        used->last_s = now_s;
}

/* It does not count yet. */
static struct entry *make(struct seen *seen, const char *domain, int64_t now_s)
{
    struct list *list = &seen->lists[false];
    struct entry *e = xcalloc(1, sizeof(*e));
    char organization[DOMAIN_MAX];

    if (list->count >= SEEN_DOMAINS)
        forget(seen, list->oldest);
    e->domain = (struct used){ .name = xstrdup(domain), .last_s = now_s, .given_s = -1 };
    orgdomain_find(seen->orgdomain, domain, organization);
    e->organization = e->domain.name + strlen(domain) - strlen(organization);
    *place_of(seen, domain) = e;
    link_entry(seen, e);
    return e;
}

/* To the front of the list that it belongs to. */
static void move(struct seen *seen, struct entry *e, bool counts)
{
    unlink_entry(seen, e);
    if (counts != e->counts && seen->lists[counts].count >= SEEN_DOMAINS)
        forget(seen, seen->lists[counts].oldest);
    e->counts = counts;
    link_entry(seen, e);
}

static struct used *find_selector(struct entry *e, const char *name)
{
    for (size_t i = 0; i < e->n_selectors; i++) {
        if (strcmp(e->selectors[i].name, name) == 0)
            return &e->selectors[i];
    }
    return NULL;
}

static void use_selector(struct entry *e, const char *name, int64_t now_s, bool is_given)
{
    struct used *used = find_selector(e, name);

    if (used != NULL) {
        use(used, now_s);
        return;
    }
    if (e->n_selectors < SEEN_SELECTORS) {
        used = &e->selectors[e->n_selectors++];
    } else {
        used = &e->selectors[0];
        for (size_t i = 1; i < SEEN_SELECTORS; i++)
            used = e->selectors[i].last_s < used->last_s ? &e->selectors[i] : used;
        free(used->name);
    }
    *used = (struct used){ .name = xstrdup(name), .last_s = now_s, .given_s = is_given ? now_s : -1 };
}

/* An organization's own domain always has room among those below it. */
static bool has_organization_room(const struct seen *seen, const struct entry *wanted)
{
    size_t below = 0;

    if (wanted->organization == wanted->domain.name)
        return true;
    for (const struct entry *e = seen->lists[true].newest; e != NULL; e = e->older)
        below += e->organization != e->domain.name && strcmp(e->organization, wanted->organization) == 0;
    return below < SEEN_BELOW;
}

/* May one that does not count begin to? */
static bool has_room(const struct seen *seen, const struct entry *wanted, int64_t now_s)
{
    const struct list *list = &seen->lists[true];

    if (list->count >= SEEN_DOMAINS && list->oldest->domain.last_s > now_s - SEEN_STAYS_S)
        return false;
    return has_organization_room(seen, wanted);
}

bool seen_note(struct seen *seen, const char *domain, const char *selector, bool is_authorized, int64_t now_s)
{
    pthread_mutex_lock(&seen->lock);
    struct entry *e = *place_of(seen, domain);
    bool did_count = e != NULL && e->counts;
    if (e == NULL)
        e = make(seen, domain, now_s);
    use(&e->domain, now_s);
    e->messages += selector == NULL && e->messages < SEEN_MESSAGES;
    bool may_count = is_authorized || e->messages >= SEEN_MESSAGES;
    move(seen, e, e->counts || (may_count && has_room(seen, e, now_s)));
    if (selector != NULL)
        use_selector(e, selector, now_s, false);
    bool is_new = e->counts && !did_count;
    pthread_mutex_unlock(&seen->lock);
    return is_new;
}

static void forget_old(struct seen *seen, int64_t now_s)
{
    for (int counts = 0; counts < 2; counts++) {
        struct list *list = &seen->lists[counts];
        while (list->oldest != NULL && list->oldest->domain.last_s < now_s - SEEN_DAYS * 24 * 3600)
            forget(seen, list->oldest);
    }
}

char **seen_domains(struct seen *seen, int64_t now_s, size_t *count_r)
{
    size_t n = 0;

    pthread_mutex_lock(&seen->lock);
    forget_old(seen, now_s);
    char **names = xcalloc(seen->lists[true].count, sizeof(*names));
    for (const struct entry *e = seen->lists[true].newest; e != NULL; e = e->older)
        names[n++] = xstrdup(e->domain.name);
    pthread_mutex_unlock(&seen->lock);
    *count_r = n;
    return names;
}

static int compare(const void *a, const void *b)
{
    const struct used *x = a, *y = b;

    return x->last_s != y->last_s ? (x->last_s < y->last_s ? 1 : -1) : strcmp(x->name, y->name);
}

size_t seen_selectors(struct seen *seen, const char *domain, char names_r[SEEN_SELECTORS][DOMAIN_MAX])
{
    size_t n = 0;

    pthread_mutex_lock(&seen->lock);
    struct entry *e = *place_of(seen, domain);
    if (e != NULL)
        qsort(e->selectors, e->n_selectors, sizeof(e->selectors[0]), compare);
    while (e != NULL && n < e->n_selectors && seen_is_current(e->selectors[n].last_s, e->selectors[0].last_s)) {
        snprintf(names_r[n], DOMAIN_MAX, "%s", e->selectors[n].name);
        n++;
    }
    pthread_mutex_unlock(&seen->lock);
    return n;
}

/* --- what is kept ------------------------------------------------------------------------------ */

void seen_rows_add(struct seen_rows *rows, const char *domain, const char *selector, int64_t last_s)
{
    rows->items = xgrow(rows->items, rows->count, &rows->capacity, sizeof(*rows->items));
    rows->items[rows->count++] = (struct seen_row){
        .domain = xstrdup(domain), .selector = xstrdup(selector), .last_s = last_s,
    };
}

void seen_rows_clear(struct seen_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        free(rows->items[i].domain);
        free(rows->items[i].selector);
    }
    free(rows->items);
    *rows = (struct seen_rows){ .count = 0 };
}

static void give(struct used *used, const char *domain, const char *selector, bool is_all, struct seen_rows *rows)
{
    if (!is_all && used->given_s >= 0 && used->last_s < used->given_s + AGAIN_S)
        return;
    seen_rows_add(rows, domain, selector, used->last_s);
    used->given_s = used->last_s;
}

void seen_changes(struct seen *seen, bool is_all, struct seen_rows *rows_r)
{
    *rows_r = (struct seen_rows){ .count = 0 };
    pthread_mutex_lock(&seen->lock);
    for (struct entry *e = seen->lists[true].newest; e != NULL; e = e->older) {
        give(&e->domain, e->domain.name, "", is_all, rows_r);
        for (size_t i = 0; i < e->n_selectors; i++)
            give(&e->selectors[i], e->domain.name, e->selectors[i].name, is_all, rows_r);
    }
    pthread_mutex_unlock(&seen->lock);
}

/* A time that is older than all of a full list has no room. */
static struct entry *restore_domain(struct seen *seen, const struct seen_row *row)
{
    const struct list *list = &seen->lists[true];
    struct entry *e = *place_of(seen, row->domain);

    if (e == NULL) {
        if (list->count >= SEEN_DOMAINS && list->oldest->domain.last_s >= row->last_s)
            return NULL;
        e = make(seen, row->domain, row->last_s);
        e->domain.given_s = row->last_s;
    }
    use(&e->domain, row->last_s);
    if (!e->counts && !has_organization_room(seen, e))
        return NULL;
    move(seen, e, true);
    return e;
}

void seen_restore(struct seen *seen, const struct seen_rows *rows)
{
    pthread_mutex_lock(&seen->lock);
    for (size_t i = 0; i < rows->count; i++) {
        struct entry *e = restore_domain(seen, &rows->items[i]);
        if (e != NULL && rows->items[i].selector[0] != '\0')
            use_selector(e, rows->items[i].selector, rows->items[i].last_s, true);
    }
    pthread_mutex_unlock(&seen->lock);
}
