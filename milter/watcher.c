/*
 * The thread that audits in the background; see watcher.h.  One mutex covers what is watched; nothing is asked, and no
 * line logged, under it.
 */
#include "config.h"

#include "milter/watcher.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/preflight.h"
#include "lib/state/seen.h"
#include "lib/traffic.h"
#include "lib/watch.h"
#include "milter/keeper.h"
#include "milter/log.h"
#include "milter/service.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define TOLD_MAX 100            /* lines of one answer to SIGUSR1 */
#define LONGEST_WAIT_MS (60 * 60 * 1000)

struct watcher {
    struct service *service;
    pthread_t thread;
    atomic_bool is_stopped;
    pthread_mutex_t lock;       /* covers what follows */
    pthread_cond_t changed;     /* on CLOCK_MONOTONIC */
    struct watch *watch;
    struct seen *seen;          /* has a mutex of its own */
    atomic_bool has_changes;    /* in seen */
    atomic_bool has_news;       /* of those a domain to watch */
    struct keeper *keeper;      /* the thread's */
};

static void log_lines(struct watch_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        log_line(lines->items[i].is_worse ? LOG_WARNING : LOG_INFO, "%s", lines->items[i].text);
    watch_lines_clear(lines);
}

/* Under the lock, or before the thread starts. */
static void want(struct watcher *w, bool is_reload)
{
    struct preflight *engine = service_engine(w->service);
    size_t n;
    char **names = seen_domains(w->seen, time(NULL), &n);

    watch_want(w->watch, preflight_conf(engine), (const char *const *)names, n, is_reload, clock_ms());
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
    preflight_unref(&engine);
}

/* Until something is due or has changed.  Under the lock. */
static void wait_for_more(struct watcher *w)
{
    int64_t now_ms = clock_ms(), due_ms = watch_due(w->watch, now_ms);
    int64_t keeper_ms = keeper_due(w->keeper, atomic_load(&w->has_changes), now_ms);

    due_ms = keeper_ms >= 0 && (due_ms < 0 || keeper_ms < due_ms) ? keeper_ms : due_ms;
    if (due_ms == 0 || atomic_load(&w->is_stopped) || atomic_load(&w->has_news))
        return;
    now_ms += due_ms < 0 || due_ms > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : due_ms;
    const struct timespec until = { .tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000 };
    pthread_cond_timedwait(&w->changed, &w->lock, &until);
}

static void add_selectors(struct watcher *w, const struct watch_job *job, struct selectors *selectors)
{
    char names[SEEN_SELECTORS][DOMAIN_MAX];
    size_t n = job->kind == WATCH_DOMAIN ? seen_selectors(w->seen, job->name, names) : 0;

    for (size_t i = 0; i < n; i++)
        selectors_add(selectors, names[i], job->name, SELECTOR_TRAFFIC);
}

/* What is due, if anything is.  Under the lock, which is given back while it waits for the DNS. */
static void audit(struct watcher *w)
{
    struct watch_lines lines = { .count = 0 };
    struct selectors selectors = { .count = 0 };
    struct watch_result result;
    struct watch_job job;

    if (!watch_begin(w->watch, clock_ms(), &job))
        return;
    pthread_mutex_unlock(&w->lock);
    add_selectors(w, &job, &selectors);
    struct preflight *engine = service_engine(w->service);
    int rc = watch_audit(engine, &job, &selectors, &w->is_stopped, &result);
    preflight_unref(&engine);
    selectors_clear(&selectors);
    pthread_mutex_lock(&w->lock);
    if (rc == 0)
        watch_settle(w->watch, &job, &result, clock_ms(), &lines);
    else
        watch_drop(&job);
    pthread_mutex_unlock(&w->lock);
    log_lines(&lines);
    pthread_mutex_lock(&w->lock);
}

/* Under the lock, which is given back while it writes. */
static void keep(struct watcher *w, bool is_last)
{
    int64_t now_ms = clock_ms();

    if (keeper_due(w->keeper, atomic_load(&w->has_changes), now_ms) != 0 && !is_last)
        return;
    atomic_store(&w->has_changes, false);
    pthread_mutex_unlock(&w->lock);
    struct preflight *engine = service_engine(w->service);
    if (keeper_run(w->keeper, preflight_conf(engine)->state_directory, w->seen, now_ms))
        atomic_store(&w->has_news, true);
    preflight_unref(&engine);
    pthread_mutex_lock(&w->lock);
}

static void *run(void *arg)
{
    struct watcher *w = arg;
    int64_t wanted_ms = clock_ms();

    pthread_mutex_lock(&w->lock);
    while (!atomic_load(&w->is_stopped)) {
        keep(w, false);
        if (atomic_exchange(&w->has_news, false) || clock_ms() - wanted_ms > LONGEST_WAIT_MS) {
            wanted_ms = clock_ms();
            want(w, false);     /* and without what has grown old */
        }
        audit(w);
        wait_for_more(w);
    }
    keep(w, true);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void discard(struct watcher *w)
{
    keeper_free(&w->keeper);
    seen_free(&w->seen);
    watch_free(&w->watch);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

struct watcher *watcher_start(struct service *service, struct err *err)
{
    struct watcher *w = xcalloc(1, sizeof(*w));
    pthread_condattr_t attr;

    w->service = service;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &attr);
    pthread_condattr_destroy(&attr);
    w->watch = watch_new();
    w->keeper = keeper_new();
    w->seen = seen_new(err);
    if (w->seen != NULL) {
        want(w, false);
        int rc = pthread_create(&w->thread, NULL, run, w);
        if (rc == 0)
            return w;
        err_set(err, "cannot start a thread: %s", strerror(rc));
    }
    discard(w);
    return NULL;
}

void watcher_reload(struct watcher *w)
{
    pthread_mutex_lock(&w->lock);
    want(w, true);
    atomic_store(&w->has_changes, true);        /* the directory may be another one */
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

void watcher_tell(struct watcher *w)
{
    struct watch_lines lines = { .count = 0 };

    pthread_mutex_lock(&w->lock);
    watch_tell(w->watch, clock_ms(), TOLD_MAX, &lines);
    pthread_mutex_unlock(&w->lock);
    log_lines(&lines);
}

void watcher_note(struct watcher *w, const struct report *report)
{
    if (w == NULL)
        return;
    bool is_news = traffic_note(w->seen, report, time(NULL)) && !atomic_exchange(&w->has_news, true);
    if (atomic_exchange(&w->has_changes, true) && !is_news)
        return;
    pthread_mutex_lock(&w->lock);
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

void watcher_stop(struct watcher *w)
{
    pthread_mutex_lock(&w->lock);
    bool was_stopped = atomic_exchange(&w->is_stopped, true);
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    if (!was_stopped)
        pthread_join(w->thread, NULL);
}

void watcher_free(struct watcher **watcher)
{
    if (*watcher != NULL)
        discard(*watcher);
    *watcher = NULL;
}
