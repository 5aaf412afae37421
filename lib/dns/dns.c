/*
 * Lookups; see dns.h.  One mutex covers the cache, the questions in flight and the counters; nothing slow happens
 * under it.  A waiter keeps its own time, so that no lookup depends on the dispatcher to end.
 */
#include "config.h"

#include "lib/dns/dns.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/dns/answer.h"
#include "lib/dns/cache.h"
#include "lib/dns/pending.h"
#include "lib/dns/question.h"
#include "lib/dns/resolver.h"
#include "lib/dns/zone.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT_MAX 2000
#define BYTES_PER_ENTRY 4096    /* the cache's bound on bytes, by the bound on entries */
#define FAILURE_MS 1000         /* failures are kept so long: a server that returns is found at once */
#define STOP_MS 50              /* how often a waiter looks whether it is to stop */
#define GIVE_UP_MS 30000        /* an overdue question is dropped when libunbound has not ended it by then */

struct injection {
    struct question question;
    enum dns_status status;
};

struct dns {
    struct zone *zone;          /* instead of the resolver, or NULL */
    struct resolver *resolver;
    int timeout_ms;
    uint32_t max_ttl;
    pthread_mutex_t lock;       /* covers what follows */
    struct cache *cache;
    struct pending_table *pending;
    struct injection *injections;
    size_t injection_count, injection_capacity;
    struct dns_stats stats;
};

static const struct { enum dns_type type; const char *name; } type_names[] = {
    { DNS_A, "A" }, { DNS_NS, "NS" }, { DNS_CNAME, "CNAME" }, { DNS_SOA, "SOA" }, { DNS_PTR, "PTR" },
    { DNS_MX, "MX" }, { DNS_TXT, "TXT" }, { DNS_AAAA, "AAAA" },
};

static const char *const status_names[] = {
    [DNS_OK] = "ok", [DNS_NODATA] = "nodata", [DNS_NXDOMAIN] = "nxdomain", [DNS_BOGUS] = "bogus",
    [DNS_TEMPFAIL] = "tempfail", [DNS_TIMEOUT] = "timeout", [DNS_PENDING] = "pending",
};

const char *dns_type_name(enum dns_type type)
{
    for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
        if (type_names[i].type == type)
            return type_names[i].name;
    return "?";
}

const char *dns_status_name(enum dns_status status)
{
    return status_names[status];
}

static int64_t lifetime_ms(const struct dns *dns, const struct answer *answer)
{
    if (!dns_is_answered(answer_status(answer)))
        return FAILURE_MS;
    uint32_t ttl = answer_ttl(answer) < dns->max_ttl ? answer_ttl(answer) : dns->max_ttl;
    return ttl == 0 ? 1000 : (int64_t)ttl * 1000;
}

/* A failure takes the place of no answer that is still good: one that was asked again before its time. */
static void keep(struct dns *dns, const struct question *q, struct answer *answer)
{
    int64_t left_ms;

    if (!dns_is_answered(answer_status(answer))) {
        struct answer *old = cache_get(dns->cache, q, clock_ms(), &left_ms);
        if (old != NULL && dns_is_answered(answer_status(old)))
            return;
    }
    cache_put(dns->cache, q, answer, clock_ms() + lifetime_ms(dns, answer));
}

static const struct dns_answer *publish(struct answer *answer, int64_t left_ms)
{
    uint32_t left = (uint32_t)((left_ms + 999) / 1000);

    return answer_publish(answer, answer_ttl(answer) < left ? answer_ttl(answer) : left);
}

/* Takes it out of the table, gives the answer to all who wait. */
static void finish(struct dns *dns, struct pending *p, struct answer *answer)
{
    pending_remove(dns->pending, p);
    p->answer = answer;
    if (p->waiters == 0)
        pending_free(p);
    else
        pthread_cond_broadcast(&p->answered);
}

/* The resolver's done.  A failure that took longer than our timeout is libunbound giving up, not a server's word. */
static void on_answer(void *ctx, struct query *query, struct answer *answer)
{
    struct dns *dns = ctx;
    struct pending *p = (struct pending *)query;

    pthread_mutex_lock(&dns->lock);
    if (answer_status(answer) == DNS_TEMPFAIL && clock_ms() - p->asked_ms >= dns->timeout_ms) {
        answer_unref(answer);
        answer = answer_new_failure(DNS_TIMEOUT);
    }
    if (answer_status(answer) == DNS_TEMPFAIL)
        dns->stats.tempfails++;
    if (!p->is_overdue || dns_is_answered(answer_status(answer)))
        keep(dns, &p->question, answer);
    finish(dns, p, answer);
    pthread_mutex_unlock(&dns->lock);
}

static void expire(struct dns *dns, struct pending *p, int64_t now_ms)
{
    struct answer *timeout = answer_new_failure(DNS_TIMEOUT);

    keep(dns, &p->question, timeout);
    answer_unref(timeout);
    dns->stats.timeouts++;
    pending_requeue(dns->pending, p, true, now_ms + GIVE_UP_MS);
}

/* The resolver's tick: questions whose time is over. */
static int64_t on_tick(void *ctx)
{
    struct dns *dns = ctx;
    int64_t now = clock_ms();
    int64_t next = -1;
    struct pending *p;

    pthread_mutex_lock(&dns->lock);
    while ((p = pending_first(dns->pending, false)) != NULL && p->due_ms <= now)
        expire(dns, p, now);
    while ((p = pending_first(dns->pending, true)) != NULL && p->due_ms <= now) {
        resolver_cancel(dns->resolver, &p->query);
        finish(dns, p, answer_new_failure(DNS_TIMEOUT));
    }
    for (int is_overdue = 0; is_overdue < 2; is_overdue++) {
        p = pending_first(dns->pending, is_overdue);
        if (p != NULL && (next < 0 || p->due_ms - now < next))
            next = p->due_ms - now;
    }
    pthread_mutex_unlock(&dns->lock);
    return next;
}

struct dns *dns_new(const struct dns_settings *settings, struct err *err)
{
    struct dns *dns = xcalloc(1, sizeof(*dns));
    const struct resolver_owner owner = { .ctx = dns, .done = on_answer, .tick = on_tick };

    assert(settings->timeout_ms >= 1 && settings->cache_entries >= 16);
    dns->timeout_ms = settings->timeout_ms;
    dns->max_ttl = settings->max_ttl;
    pthread_mutex_init(&dns->lock, NULL);
    dns->cache = cache_new(settings->cache_entries, settings->cache_entries * BYTES_PER_ENTRY);
    dns->pending = pending_table_new();
    if (settings->zone != NULL)
        dns->zone = zone_load(settings->zone, err);
    else
        dns->resolver = resolver_new(settings, &owner, err);
    if (dns->zone == NULL && dns->resolver == NULL)
        dns_free(&dns);
    return dns;
}

void dns_free(struct dns **dns)
{
    if (*dns == NULL)
        return;
    resolver_free(&(*dns)->resolver);
    zone_free(&(*dns)->zone);
    pending_table_free(&(*dns)->pending);
    cache_free(&(*dns)->cache);
    free((*dns)->injections);
    pthread_mutex_destroy(&(*dns)->lock);
    free(*dns);
    *dns = NULL;
}

static struct injection *find_injection(const struct dns *dns, const struct question *q)
{
    for (size_t i = 0; i < dns->injection_count; i++)
        if (question_is_equal(&dns->injections[i].question, q))
            return &dns->injections[i];
    return NULL;
}

/* Will it be there for as long as the budget wants, or is it new? */
static bool is_fresh(const struct dns *dns, const struct answer *answer, int64_t left_ms,
                     const struct dns_budget *budget)
{
    int64_t forgotten_ms = clock_ms() + left_ms;

    return budget->fresh_until_ms <= forgotten_ms ||
           budget->fresh_since_ms <= forgotten_ms - lifetime_ms(dns, answer);
}

/* What costs nothing: injected or cached.  With budget NULL, however old.  NULL: ask. */
static const struct dns_answer *answer_known(struct dns *dns, const struct question *q,
                                             const struct dns_budget *budget)
{
    const struct injection *injection = find_injection(dns, q);
    int64_t left_ms;

    if (injection != NULL)
        return answer_publish(answer_new_failure(injection->status), 0);
    struct answer *answer = cache_get(dns->cache, q, clock_ms(), &left_ms);
    if (answer != NULL && (budget == NULL || is_fresh(dns, answer, left_ms, budget))) {
        dns->stats.hits++;
        return publish(answer_ref(answer), left_ms);
    }
    return NULL;
}

static const struct dns_answer *ask_zone(struct dns *dns, const struct question *q)
{
    struct answer *answer = zone_ask(dns->zone, q);

    keep(dns, q, answer);
    return publish(answer, lifetime_ms(dns, answer));
}

/* The question in flight, asked now if it was not; NULL where too many are. */
static struct pending *join(struct dns *dns, const struct question *q)
{
    struct pending *p = pending_find(dns->pending, q);
    int64_t now = clock_ms();

    if (p != NULL) {
        if (p->is_overdue)
            pending_requeue(dns->pending, p, false, now + dns->timeout_ms);
        dns->stats.joined++;
        return p;
    }
    if (pending_count(dns->pending) >= IN_FLIGHT_MAX)
        return NULL;
    p = pending_add(dns->pending, q, now, now + dns->timeout_ms);
    dns->stats.queries++;
    resolver_ask(dns->resolver, &p->query);
    return p;
}

static bool is_stopped(const struct dns_budget *budget)
{
    return budget->stop != NULL && atomic_load(budget->stop);
}

/* Until it is answered or deadline_ms; the answer, borrowed, or NULL. */
static const struct dns_answer *await(struct dns *dns, struct pending *p, const struct dns_budget *budget,
                                      int64_t deadline_ms)
{
    const struct dns_answer *got = NULL;

    p->waiters++;
    for (int64_t now = clock_ms(); p->answer == NULL && now < deadline_ms && !is_stopped(budget); now = clock_ms()) {
        int64_t to_ms = budget->stop != NULL && now + STOP_MS < deadline_ms ? now + STOP_MS : deadline_ms;
        const struct timespec until = { .tv_sec = to_ms / 1000, .tv_nsec = to_ms % 1000 * 1000000 };
        pthread_cond_timedwait(&p->answered, &dns->lock, &until);
    }
    p->waiters--;
    if (p->answer != NULL) {
        got = publish(answer_ref(p->answer), lifetime_ms(dns, p->answer));
        if (p->waiters == 0)
            pending_free(p);
    }
    return got;
}

static const struct dns_answer *fail(enum dns_status status)
{
    return answer_publish(answer_new_failure(status), 0);
}

static const struct dns_answer *ask_and_wait(struct dns *dns, const struct question *q, const struct dns_budget *budget)
{
    if (!budget->no_wait && (budget->deadline_ms <= clock_ms() || is_stopped(budget)))
        return fail(DNS_TIMEOUT);
    struct pending *p = join(dns, q);
    if (p == NULL)
        return fail(DNS_TIMEOUT);
    if (budget->no_wait)
        return fail(DNS_PENDING);
    const struct dns_answer *answer = await(dns, p, budget,
                                            budget->deadline_ms < p->due_ms ? budget->deadline_ms : p->due_ms);
    return answer == NULL ? fail(DNS_TIMEOUT) : answer;
}

/* Asks where the budget still has a question for it. */
static const struct dns_answer *ask(struct dns *dns, const struct question *q, struct dns_budget *budget)
{
    const struct dns_answer *answer;

    if (budget->questions <= 0) {
        budget->is_spent = true;
        budget->asked--;
        return fail(DNS_TIMEOUT);
    }
    answer = dns->zone != NULL ? ask_zone(dns, q) : ask_and_wait(dns, q, budget);
    if (answer->status != DNS_PENDING)
        budget->questions--;
    return answer;
}

/* The first that failed is asked for again by one check or another; it counts once. */
static void count_failure(struct dns_budget *budget, const char *name, enum dns_type type)
{
    char text[sizeof(budget->failed_name)];

    budget->failures++;
    snprintf(text, sizeof(text), "%s %s", dns_type_name(type), name);
    if (strcmp(text, budget->failed_name) == 0)
        return;
    budget->failed++;
    if (budget->failed_name[0] == '\0')
        memcpy(budget->failed_name, text, sizeof(text));
}

/* Asked again before its time, in vain: what the cache has is still good. */
static const struct dns_answer *fall_back(struct dns *dns, const struct question *q, const struct dns_answer *failure)
{
    const struct dns_answer *old = dns_is_answered(failure->status) ? NULL : answer_known(dns, q, NULL);

    if (old == NULL)
        return failure;
    dns_answer_unref(failure);
    return old;
}

const struct dns_answer *dns_lookup(struct dns *dns, const char *name, enum dns_type type, struct dns_budget *budget)
{
    const struct dns_answer *answer;
    struct question q;

    budget->asked++;
    if (question_init(&q, name, type) != 0)
        return answer_publish(answer_new(DNS_NXDOMAIN, dns->max_ttl, NULL, 0, NULL, 0), dns->max_ttl);

    pthread_mutex_lock(&dns->lock);
    dns->stats.lookups++;
    answer = answer_known(dns, &q, budget);
    if (answer == NULL)
        answer = ask(dns, &q, budget);
    if (budget->fresh_until_ms > 0)
        answer = fall_back(dns, &q, answer);
    pthread_mutex_unlock(&dns->lock);
    if (answer->status == DNS_PENDING && budget->no_wait)
        budget->pending++;
    else if (!dns_is_answered(answer->status))
        count_failure(budget, q.name, type);
    return answer;
}

void dns_prefetch(struct dns *dns, const char *name, enum dns_type type)
{
    struct question q;
    int64_t left_ms;

    if (dns->zone != NULL || question_init(&q, name, type) != 0)
        return;
    pthread_mutex_lock(&dns->lock);
    if (find_injection(dns, &q) == NULL && cache_get(dns->cache, &q, clock_ms(), &left_ms) == NULL)
        (void)join(dns, &q);
    pthread_mutex_unlock(&dns->lock);
}

void dns_inject(struct dns *dns, const char *name, enum dns_type type, enum dns_status status)
{
    struct injection new = { .status = status };

    if (question_init(&new.question, name, type) != 0)
        return;
    pthread_mutex_lock(&dns->lock);
    struct injection *old = find_injection(dns, &new.question);
    if (old == NULL) {
        dns->injections = xgrow(dns->injections, dns->injection_count, &dns->injection_capacity, sizeof(new));
        old = &dns->injections[dns->injection_count++];
    }
    *old = new;
    pthread_mutex_unlock(&dns->lock);
}

void dns_get_stats(struct dns *dns, struct dns_stats *stats_r)
{
    pthread_mutex_lock(&dns->lock);
    *stats_r = dns->stats;
    stats_r->entries = cache_count(dns->cache);
    stats_r->in_flight = pending_count(dns->pending);
    pthread_mutex_unlock(&dns->lock);
}
