/*
 * The daemon's life: start, reload, stop.  For the main thread.
 */
#ifndef PREFLIGHT_MILTER_DAEMON_H
#define PREFLIGHT_MILTER_DAEMON_H

struct cmdline;

/* Exit statuses beside EXIT_SUCCESS. */
enum { EXIT_TROUBLE = 1, EXIT_CONFIG = 2 };

/* Both give the program's exit status and say on standard error what is wrong; daemon_run returns after serving. */
int daemon_check(const struct cmdline *cmdline);
int daemon_run(const struct cmdline *cmdline);

#endif
