/*
 * The daemon's command line.
 */
#ifndef PREFLIGHT_MILTER_CMDLINE_H
#define PREFLIGHT_MILTER_CMDLINE_H

#include <stdbool.h>

struct err;

enum cmdline_task { TASK_SERVE, TASK_CHECK, TASK_VERSION, TASK_HELP };

struct cmdline {
    enum cmdline_task task;
    bool is_foreground;
    const char *conf;           /* borrowed from argv; NULL: the standard file, which may be missing */
};

extern const char cmdline_usage[];

/* -1 with err on a usage error.  Uses getopt(3), so for one thread only. */
int cmdline_parse(int argc, char **argv, struct cmdline *cmdline_r, struct err *err);

#endif
