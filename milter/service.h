/*
 * What all sessions share: the engine in use, what was explained, and who is at work, so that the daemon can reload
 * and stop.  All functions are thread-safe; there is one mutex, held for a moment only.
 */
#ifndef PREFLIGHT_MILTER_SERVICE_H
#define PREFLIGHT_MILTER_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

struct told;
struct preflight;
struct service;
struct watcher;

/* Embedded in a session, so that the service can reach those the MTA never closed. */
struct service_link {
    struct service_link *prev, *next;
};

struct service *service_new(void);                          /* without an engine: replace it before serving */
void service_free(struct service **service);                /* no session is left */

struct preflight *service_engine(struct service *service);              /* the caller owns the reference */
void service_replace(struct service *service, struct preflight *engine);   /* takes the reference; NULL once closed */
struct told *service_told(struct service *service);

/* NULL until it is set, before the MTA is served; not counted: it lives as long as the service is open. */
struct watcher *service_watcher(struct service *service);
void service_set_watcher(struct service *service, struct watcher *watcher);

void service_add(struct service *service, struct service_link *link);
void service_remove(struct service *service, struct service_link *link);
struct service_link *service_first(struct service *service);            /* NULL where none */

/* Around every callback of the MTA's.  False: the service is closed, touch nothing. */
bool service_enter(struct service *service);
void service_leave(struct service *service);

/* Around every transaction that is judged.  False: the service drains, begin nothing. */
bool service_begin(struct service *service);
void service_done(struct service *service);

/* Begins to drain and waits for the transactions in hand, timeout_ms at most.  How many are left. */
int service_drain(struct service *service, int timeout_ms);

/* Lets no callback in any more and waits for those inside, timeout_ms at most.  False: one is still inside. */
bool service_close(struct service *service, int timeout_ms);

#endif
