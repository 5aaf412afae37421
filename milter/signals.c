/*
 * What the main thread waits for; see signals.h.  A pipe carries one byte per event, also out of the handler.
 */
#include "config.h"

#include "milter/signals.h"
#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A handler has no other way to know it.  Set once, before the handlers are installed. */
static int events[2];

void signals_post(enum event event)
{
    char byte = (char)event;
    ssize_t n;
    do {
        n = write(events[1], &byte, 1);
    } while (n < 0 && errno == EINTR);
    /* A full pipe is full of events that wake the main thread as well. */
}

/*
 * In libmilter's thread, in place of the C library's: nothing else here calls it.  The symbol of the program is the one
 * that libmilter finds, shared or static.
 */
int sigwait(const sigset_t *set, int *signal)
{
    (void)set;
    (void)signal;
    for (;;)
        pause();
}

static void on_signal(int signal)
{
    int saved = errno;
    signals_post(signal == SIGHUP ? EVENT_RELOAD : signal == SIGUSR1 ? EVENT_TELL : EVENT_STOP);
    errno = saved;
}

static int handle(int signal, void (*handler)(int))
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    return sigaction(signal, &action, NULL);
}

static void ours(sigset_t *set_r)
{
    sigemptyset(set_r);
    sigaddset(set_r, SIGHUP);
    sigaddset(set_r, SIGTERM);
    sigaddset(set_r, SIGINT);
    sigaddset(set_r, SIGUSR1);
}

/* pthread_sigmask fails only where it is called wrongly. */
void signals_mask_others(void)
{
    sigset_t set;

    ours(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void signals_unmask(void)
{
    sigset_t set;

    ours(&set);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int signals_init(struct err *err)
{
    sigset_t set;

    if (pipe2(events, O_CLOEXEC | O_NONBLOCK) != 0)
        return err_set(err, "cannot make a pipe: %s", strerror(errno));
    if (handle(SIGHUP, on_signal) != 0 || handle(SIGTERM, on_signal) != 0 || handle(SIGINT, on_signal) != 0 ||
        handle(SIGUSR1, on_signal) != 0 || handle(SIGPIPE, SIG_IGN) != 0)
        return err_set(err, "cannot handle signals: %s", strerror(errno));
    ours(&set);
    if (sigprocmask(SIG_UNBLOCK, &set, NULL) != 0)
        return err_set(err, "cannot unblock signals: %s", strerror(errno));
    return 0;
}

enum event signals_wait(void)
{
    struct pollfd poller = { .fd = events[0], .events = POLLIN };
    char byte;

    while (read(events[0], &byte, 1) != 1) {
        /* poll(2) always returns for a signal, so that ThreadSanitizer gets to run the handler it put off. */
        if (poll(&poller, 1, -1) < 0 && errno != EINTR)
            return EVENT_STOP;
    }
    return (enum event)byte;
}
