/*
 * preflight config: the effective configuration, in the file's own syntax.
 */
#include "config.h"

#include "cli/cli.h"

#include <stdlib.h>

static int print_json(const struct conf *conf)
{
    char *json = report_json_conf(conf);
    int rc = fputs(json, stdout);

    free(json);
    return rc;
}

static int run(int argc, char **argv)
{
    static const struct option table[] = { COMMON_LONG_OPTIONS, { NULL, 0, NULL, 0 } };
    struct common_options common = { 0 };
    int option;

    while ((option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, table, NULL)) != -1) {
        int status = cli_common_option(&subcommand_config, option, optarg, &common);
        if (status != CLI_GO_ON)
            return status;
    }
    if (optind < argc)
        return cli_usage_error(&subcommand_config, "'%s' is one word too many", argv[optind]);

    struct conf *conf = cli_load(&common);
    if (conf == NULL)
        return EXIT_USAGE;
    int rc = common.is_json ? print_json(conf) : conf_print(conf, stdout);
    conf_unref(&conf);
    if (rc < 0 || fflush(stdout) != 0) {
        perror("preflight: cannot write");
        return EXIT_REFUSED;
    }
    return EXIT_CLEAR;
}

const struct subcommand subcommand_config = {
    .name = "config",
    .run = run,
    .synopsis = "[-c CONF] [--json]",
    .help = "print the effective configuration",
};
