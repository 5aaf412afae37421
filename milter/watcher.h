/*
 * The thread that audits in the background and logs what has changed; lib/watch.h judges.  It also keeps what traffic
 * has shown in the state directory.
 * All functions are thread-safe, but start, stop and free are for the main thread.
 */
#ifndef PREFLIGHT_MILTER_WATCHER_H
#define PREFLIGHT_MILTER_WATCHER_H

struct err;
struct report;
struct service;
struct watcher;

/* service: borrowed, with an engine.  Start it with signals blocked.  NULL with err. */
struct watcher *watcher_start(struct service *service, struct err *err);

void watcher_reload(struct watcher *watcher);       /* the service has another engine */
void watcher_tell(struct watcher *watcher);         /* logs how everything stands */

/* A message was judged: its domains may be ones to watch.  Holds nothing up; watcher may be NULL. */
void watcher_note(struct watcher *watcher, const struct report *report);

/* Ends the thread at once, whatever it waits for.  Once is enough. */
void watcher_stop(struct watcher *watcher);
void watcher_free(struct watcher **watcher);        /* stopped before; NULL is fine */

#endif
