/*
 * The daemon's life; see daemon.h.
 *
 * The main thread starts everything and then waits for signals; smfi_main runs in a thread of its own.
 */
#include "config.h"

#include "milter/daemon.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/preflight.h"
#include "milter/callbacks.h"
#include "milter/cmdline.h"
#include "milter/log.h"
#include "milter/notify.h"
#include "milter/privileges.h"
#include "milter/process.h"
#include "milter/service.h"
#include "milter/session.h"
#include "milter/signals.h"
#include "milter/socket.h"
#include "milter/watcher.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LAST_ANSWER_MS 100
#define CLOSE_MS 1000

struct daemon {
    bool is_foreground;
    char *path;                     /* -c, absolute; NULL: the standard file */
    struct conf *conf;              /* as started */
    int ready;                      /* process_detach's; -1 in the foreground */
    struct privileges privileges;
    struct milter_socket *socket;
    struct service *service;
    struct watcher *watcher;
};

/* The standard file may be missing, one that was asked for may not. */
static struct conf *load(const char *path, struct err *err)
{
    if (path != NULL)
        return conf_load(path, err);
    if (access(PREFLIGHT_CONF, F_OK) == 0 || errno != ENOENT)
        return conf_load(PREFLIGHT_CONF, err);
    log_line(LOG_NOTICE, "there is no " PREFLIGHT_CONF ": the defaults hold");
    return conf_load(NULL, err);
}

/* In the background the current directory is another one. */
static char *absolute(const char *path)
{
    char *whole = realpath(path, NULL);
    return whole != NULL ? whole : xstrdup(path);
}

/* What the file's syntax does not show: the file is named, the line is not known. */
static void name_file(const struct conf *conf, struct err *err)
{
    if (conf->path[0] != '\0')
        err_prefix(err, "%s", conf->path);
}

static struct preflight *make_engine(struct conf *conf, struct preflight *old, struct err *err)
{
    struct preflight *engine = preflight_new(conf, old, err);
    if (engine == NULL)
        name_file(conf, err);
    return engine;
}

static int find_privileges(const struct conf *conf, struct privileges *privileges_r, struct err *err)
{
    int rc = privileges_find(conf->user, conf->socket_group, privileges_r, err);
    if (rc != 0)
        name_file(conf, err);
    return rc;
}

int daemon_check(const struct cmdline *cmdline)
{
    struct err err;
    struct privileges privileges;

    struct conf *conf = load(cmdline->conf, &err);
    struct preflight *engine = conf == NULL ? NULL : make_engine(conf, NULL, &err);
    bool is_good = engine != NULL && find_privileges(conf, &privileges, &err) == 0;
    if (is_good)
        privileges_clear(&privileges);
    else
        fprintf(stderr, "%s\n", err.text);
    preflight_unref(&engine);
    conf_unref(&conf);
    return is_good ? EXIT_SUCCESS : EXIT_CONFIG;
}

/* Until the start is over, standard error is where somebody looks; syslog is told as well. */
static int fail(const struct daemon *d, int status, const struct err *err)
{
    log_line(LOG_ERR, "%s", err->text);
    if (d->ready >= 0) {
        log_open(false, d->conf == NULL ? "mail" : d->conf->syslog_facility);
        log_line(LOG_ERR, "%s", err->text);
    }
    return status;
}

static int take_place(struct daemon *d, struct err *err)
{
    if (process_raise_limits(err) != 0 || callbacks_register(d->service, err) != 0)
        return -1;
    d->socket = socket_open(d->conf->socket, d->conf->socket_mode, d->privileges.uid, d->privileges.socket_group,
                            callbacks_open, err);
    if (d->socket == NULL || (d->conf->pid_file[0] != '\0' && process_write_pid(d->conf->pid_file, err) != 0))
        return -1;
    return privileges_drop(&d->privileges, err);
}

static void *listen_for_mta(void *arg)
{
    (void)arg;
    if (callbacks_run() != 0)
        log_line(LOG_ERR, "libmilter gave up");
    signals_post(EVENT_ENDED);
    return NULL;
}

static int go_live(struct daemon *d, struct err *err)
{
    if (geteuid() == 0)
        log_line(LOG_WARNING, "running as root: better set 'user'");
    if (d->ready >= 0) {
        if (process_detach(d->ready, err) != 0)
            return -1;
        log_open(false, d->conf->syslog_facility);
    }
    signals_mask_others();
    d->watcher = watcher_start(d->service, err);
    service_set_watcher(d->service, d->watcher);
    pthread_t listener;
    int rc = d->watcher == NULL ? 0 : pthread_create(&listener, NULL, listen_for_mta, NULL);
    signals_unmask();
    if (d->watcher == NULL)
        return -1;
    if (rc == 0)
        rc = pthread_detach(listener);
    if (rc != 0)
        return err_set(err, "cannot start a thread: %s", strerror(rc));
    log_line(LOG_INFO, "%s serves on %s, mode %s", PACKAGE_STRING, d->conf->socket,
             d->conf->mode == MODE_ENFORCE ? "enforce" : "observe");
    notify_ready();
    return 0;
}

static int start(struct daemon *d)
{
    struct err err;

    if (!d->is_foreground && process_daemonise(&d->ready, &err) != 0)
        return fail(d, EXIT_TROUBLE, &err);
    if (signals_init(&err) != 0)
        return fail(d, EXIT_TROUBLE, &err);
    d->conf = load(d->path, &err);
    if (d->conf == NULL || find_privileges(d->conf, &d->privileges, &err) != 0)
        return fail(d, EXIT_CONFIG, &err);
    log_open(true, d->conf->syslog_facility);
    d->service = service_new();
    if (take_place(d, &err) != 0)
        return fail(d, EXIT_TROUBLE, &err);
    /* As the user a reload will run as: what it could not read then is found now. */
    struct preflight *engine = make_engine(d->conf, NULL, &err);
    if (engine == NULL)
        return fail(d, EXIT_CONFIG, &err);
    service_replace(d->service, engine);
    return go_live(d, &err) == 0 ? EXIT_SUCCESS : fail(d, EXIT_TROUBLE, &err);
}

static void warn_of_fixed(const struct conf *started, const struct conf *now)
{
    const struct { const char *name, *before, *after; } fixed[] = {
        { "socket", started->socket, now->socket },
        { "socket_group", started->socket_group, now->socket_group },
        { "user", started->user, now->user },
        { "pid_file", started->pid_file, now->pid_file },
    };
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (strcmp(fixed[i].before, fixed[i].after) != 0)
            log_line(LOG_WARNING, "option '%s' has changed, which takes a restart", fixed[i].name);
    }
    if (started->socket_mode != now->socket_mode)
        log_line(LOG_WARNING, "option 'socket_mode' has changed, which takes a restart");
}

static void reload(struct daemon *d)
{
    struct err err;

    notify_reloading();
    struct preflight *old = service_engine(d->service);
    struct conf *conf = load(d->path, &err);
    struct preflight *engine = conf == NULL ? NULL : make_engine(conf, old, &err);
    if (engine == NULL) {
        log_line(LOG_ERR, "%s; keeping the old configuration", err.text);
    } else {
        if (strcmp(preflight_conf(old)->syslog_facility, conf->syslog_facility) != 0)
            log_open(d->is_foreground, conf->syslog_facility);
        warn_of_fixed(d->conf, conf);
        service_replace(d->service, engine);
        watcher_reload(d->watcher);
        log_line(LOG_INFO, "reloaded %s", conf->path[0] == '\0' ? "the defaults" : conf->path);
    }
    conf_unref(&conf);
    preflight_unref(&old);
    notify_ready();
}

static void remove_pid_file(const struct daemon *d)
{
    if (d->conf->pid_file[0] != '\0')
        process_remove_pid(d->conf->pid_file);
}

static void sleep_ms(int ms)
{
    struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

/*
 * New mail is refused or left unanswered, what is in hand is finished; then nothing of ours is in use any more.
 *
 * smfi_stop is not called: it would add nothing but a wait of up to five seconds and races with libmilter's own
 * threads, which it leaves running anyway.  They find the service closed until the process ends; it stays for them.
 */
static void stop(struct daemon *d, int timeout_ms)
{
    notify_stopping();
    log_line(LOG_INFO, "stopping");
    socket_withdraw(d->socket);
    int left = service_drain(d->service, timeout_ms);
    if (left > 0)
        log_line(LOG_WARNING, "transactions left unfinished after %d ms: %d", timeout_ms, left);
    /* libmilter sends an answer after the callback that gave it has returned, and tells nobody when. */
    sleep_ms(LAST_ANSWER_MS);
    watcher_stop(d->watcher);
    bool is_closed = service_close(d->service, CLOSE_MS);
    remove_pid_file(d);
    log_line(LOG_INFO, "stopped");
    if (!is_closed)
        _exit(EXIT_SUCCESS);        /* a callback still waits for DNS: nothing it uses may be freed */
    session_free_all(d->service);
    watcher_free(&d->watcher);
    service_replace(d->service, NULL);
}

static int shutdown_timeout(const struct daemon *d)
{
    struct preflight *engine = service_engine(d->service);
    int timeout_ms = preflight_conf(engine)->shutdown_timeout_ms;
    preflight_unref(&engine);
    return timeout_ms;
}

static void discard(struct daemon *d)
{
    socket_free(&d->socket);
    privileges_clear(&d->privileges);
    conf_unref(&d->conf);
    free(d->path);
}

static int serve(struct daemon *d)
{
    for (;;) {
        switch (signals_wait()) {
        case EVENT_RELOAD:
            reload(d);
            break;
        case EVENT_TELL:
            watcher_tell(d->watcher);
            break;
        case EVENT_STOP:
            stop(d, shutdown_timeout(d));
            return EXIT_SUCCESS;
        case EVENT_ENDED:
            log_line(LOG_ERR, "libmilter has stopped by itself");
            stop(d, 0);     /* it handles no transaction any further */
            return EXIT_TROUBLE;
        }
    }
}

/* A start that failed: nobody is served yet. */
static void give_up(struct daemon *d)
{
    if (d->socket != NULL)
        remove_pid_file(d);
    if (d->watcher != NULL)
        watcher_stop(d->watcher);
    watcher_free(&d->watcher);
    service_free(&d->service);
}

int daemon_run(const struct cmdline *cmdline)
{
    struct daemon d = { .is_foreground = cmdline->is_foreground, .ready = -1 };
    log_open(true, "mail");
    if (cmdline->conf != NULL)
        d.path = absolute(cmdline->conf);
    int status = start(&d);
    if (status == EXIT_SUCCESS)
        status = serve(&d);
    else
        give_up(&d);
    discard(&d);
    return status;
}
