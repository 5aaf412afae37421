/*
 * What the main thread waits for: signals, and the end of the thread that serves.
 *
 * libmilter starts a thread of its own that waits for SIGHUP, SIGTERM and SIGINT in sigwait(3) and stops on each.  The
 * kernel gives it every signal that finds the main thread not yet awake for an earlier one.  So this module defines
 * sigwait itself, as one that never returns, and the main thread gets them all.  It leaves SIGUSR1 alone, which any of
 * its threads could be interrupted by: signals_mask_others keeps it from them.
 */
#ifndef PREFLIGHT_MILTER_SIGNALS_H
#define PREFLIGHT_MILTER_SIGNALS_H

struct err;

enum event { EVENT_RELOAD, EVENT_STOP, EVENT_TELL, EVENT_ENDED };

/* Installs the handlers; -1 with err.  For the main thread, first of all. */
int signals_init(struct err *err);
enum event signals_wait(void);

/* From threads started between the two: no signal that the main thread waits for is handled there. */
void signals_mask_others(void);
void signals_unmask(void);

void signals_post(enum event event);        /* from any thread */

#endif
