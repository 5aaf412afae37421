/*
 * preflight-milter(8): the command line, and what it asks for.
 */
#include "config.h"

#include "lib/base/err.h"
#include "milter/cmdline.h"
#include "milter/daemon.h"

#include <stdio.h>
#include <stdlib.h>

static int print(const char *text)
{
    return fputs(text, stdout) < 0 || fflush(stdout) != 0 ? EXIT_TROUBLE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct cmdline cmdline;
    struct err err;

    if (cmdline_parse(argc, argv, &cmdline, &err) != 0) {
        fprintf(stderr, "preflight-milter: %s\n%s", err.text, cmdline_usage);
        return EXIT_CONFIG;
    }
    switch (cmdline.task) {
    case TASK_HELP:
        return print(cmdline_usage);
    case TASK_VERSION:
        return print("preflight-milter " PACKAGE_VERSION "\n");
    case TASK_CHECK:
        return daemon_check(&cmdline);
    case TASK_SERVE:
        return daemon_run(&cmdline);
    }
    return EXIT_TROUBLE;
}
