/*
 * What all sessions share; see service.h.
 */
#include "config.h"

#include "milter/service.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/preflight.h"
#include "milter/told.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct service {
    pthread_mutex_t lock;
    pthread_cond_t quiet;           /* in_hand or inside has become 0 */
    struct preflight *engine;
    struct told *told;
    struct watcher *watcher;        /* set before other threads start */
    struct service_link sessions;   /* a ring */
    int in_hand;
    int inside;
    bool is_draining;
    bool is_closed;
};

struct service *service_new(void)
{
    struct service *s = xcalloc(1, sizeof(*s));
    pthread_condattr_t attr;

    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->quiet, &attr);
    pthread_condattr_destroy(&attr);
    s->told = told_new(TOLD_MAX);
    s->sessions.prev = s->sessions.next = &s->sessions;
    return s;
}

void service_free(struct service **service)
{
    struct service *s = *service;
    if (s == NULL)
        return;
    preflight_unref(&s->engine);
    told_free(&s->told);
    pthread_cond_destroy(&s->quiet);
    pthread_mutex_destroy(&s->lock);
    free(s);
    *service = NULL;
}

struct preflight *service_engine(struct service *s)
{
    pthread_mutex_lock(&s->lock);
    struct preflight *engine = preflight_ref(s->engine);
    pthread_mutex_unlock(&s->lock);
    return engine;
}

void service_replace(struct service *s, struct preflight *engine)
{
    pthread_mutex_lock(&s->lock);
    struct preflight *old = s->engine;
    s->engine = engine;
    pthread_mutex_unlock(&s->lock);
    preflight_unref(&old);
}

struct told *service_told(struct service *s)
{
    return s->told;
}

struct watcher *service_watcher(struct service *s)
{
    return s->watcher;
}

void service_set_watcher(struct service *s, struct watcher *watcher)
{
    s->watcher = watcher;
}

void service_add(struct service *s, struct service_link *link)
{
    pthread_mutex_lock(&s->lock);
    link->prev = s->sessions.prev;
    link->next = &s->sessions;
    link->prev->next = link->next->prev = link;
    pthread_mutex_unlock(&s->lock);
}

void service_remove(struct service *s, struct service_link *link)
{
    pthread_mutex_lock(&s->lock);
    link->prev->next = link->next;
    link->next->prev = link->prev;
    pthread_mutex_unlock(&s->lock);
}

struct service_link *service_first(struct service *s)
{
    pthread_mutex_lock(&s->lock);
    struct service_link *first = s->sessions.next == &s->sessions ? NULL : s->sessions.next;
    pthread_mutex_unlock(&s->lock);
    return first;
}

static bool count_in(struct service *s, int *count, const bool *is_shut)
{
    pthread_mutex_lock(&s->lock);
    bool is_in = !*is_shut;
    if (is_in)
        ++*count;
    pthread_mutex_unlock(&s->lock);
    return is_in;
}

static void count_out(struct service *s, int *count)
{
    pthread_mutex_lock(&s->lock);
    if (--*count == 0)
        pthread_cond_broadcast(&s->quiet);
    pthread_mutex_unlock(&s->lock);
}

bool service_enter(struct service *s)
{
    return count_in(s, &s->inside, &s->is_closed);
}

void service_leave(struct service *s)
{
    count_out(s, &s->inside);
}

bool service_begin(struct service *s)
{
    return count_in(s, &s->in_hand, &s->is_draining);
}

void service_done(struct service *s)
{
    count_out(s, &s->in_hand);
}

/* Shuts a gate and waits until the count behind it is 0. */
static int shut(struct service *s, const int *count, bool *is_shut, int timeout_ms)
{
    int64_t deadline = clock_ms() + timeout_ms;
    struct timespec until = { .tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000 };

    pthread_mutex_lock(&s->lock);
    *is_shut = true;
    for (int rc = 0; *count > 0 && rc != ETIMEDOUT;)
        rc = pthread_cond_timedwait(&s->quiet, &s->lock, &until);
    int left = *count;
    pthread_mutex_unlock(&s->lock);
    return left;
}

int service_drain(struct service *s, int timeout_ms)
{
    return shut(s, &s->in_hand, &s->is_draining, timeout_ms);
}

bool service_close(struct service *s, int timeout_ms)
{
    return shut(s, &s->inside, &s->is_closed, timeout_ms) == 0;
}
