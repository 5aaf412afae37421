/*
 * The daemon as a process: into the background, its pid file, its limits.  For the main thread, before others start.
 */
#ifndef PREFLIGHT_MILTER_PROCESS_H
#define PREFLIGHT_MILTER_PROCESS_H

struct err;

/*
 * Goes on in a child of a session of its own.  The parent stays until the child calls process_detach, then exits 0,
 * or takes over the exit status of a child that ended before.  Closes all files but the standard ones.  -1 with err.
 */
int process_daemonise(int *ready_r, struct err *err);

/* The start went well: lets go of the terminal and of the parent. */
int process_detach(int ready, struct err *err);

/* As many open files as the hard limit allows: every SMTP session is one.  -1 with err. */
int process_raise_limits(struct err *err);

/* Writes our pid; -1 with err. */
int process_write_pid(const char *path, struct err *err);
/* Removes the file if it still holds our pid and we may. */
void process_remove_pid(const char *path);

#endif
