/*
 * The daemon's life: start, reload, stop.  For the main thread.
 */
#ifndef PREFLIGHT_MILTER_DAEMON_H
#define PREFLIGHT_MILTER_DAEMON_H

struct cmdline;

/* Exit statuses beside EXIT_SUCCESS. */
enum { EXIT_TROUBLE = 1, EXIT_CONFIG = 2 };

int daemon_check(const struct cmdline *cmdline);    /* the program's exit status; says on standard error what is wrong */
int daemon_run(const struct cmdline *cmdline);      /* likewise, after serving */

#endif
