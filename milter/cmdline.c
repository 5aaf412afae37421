/*
 * The daemon's command line; see cmdline.h.
 */
#include "config.h"

#include "milter/cmdline.h"
#include "lib/base/err.h"

#include <unistd.h>

const char cmdline_usage[] =
    "usage: preflight-milter [-f] [-n] [-c CONF]\n"
    "  -c CONF  read this configuration instead of " PREFLIGHT_CONF "\n"
    "  -f       stay in the foreground and log to standard error\n"
    "  -n       check the configuration and exit\n"
    "  -V       print the version and exit\n"
    "  -h       print this help and exit\n";

int cmdline_parse(int argc, char **argv, struct cmdline *cmdline_r, struct err *err)
{
    *cmdline_r = (struct cmdline){ .task = TASK_SERVE };
    optind = 0;     /* with glibc and musl: begin anew, whatever was read before */
    for (int c; (c = getopt(argc, argv, "+:c:fnVh")) != -1;) {
        switch (c) {
        case 'c': cmdline_r->conf = optarg; break;
        case 'f': cmdline_r->is_foreground = true; break;
        case 'n': cmdline_r->task = TASK_CHECK; break;
        case 'V': cmdline_r->task = TASK_VERSION; return 0;
        case 'h': cmdline_r->task = TASK_HELP; return 0;
        case ':': return err_set(err, "option -%c needs an argument", optopt);
        default: return err_set(err, "unknown option -%c", optopt);
        }
    }
    if (optind < argc)
        return err_set(err, "unexpected argument '%s'", argv[optind]);
    return 0;
}
