/*
 * preflight config: the effective configuration, in the file's own syntax.
 */
#include "config.h"

#include "cli/cli.h"

#include "lib/base/err.h"

static int run(int argc, char **argv)
{
    static const struct option table[] = { COMMON_LONG_OPTIONS, { NULL, 0, NULL, 0 } };
    struct common_options common = { 0 };
    struct err err;
    int status = cli_parse(&subcommand_config, argc, argv, table, &common, NULL, NULL);

    if (status != CLI_GO_ON)
        return status;
    if (optind < argc)
        return cli_usage_error(&subcommand_config, "'%s' is one word too many", argv[optind]);

    struct conf *conf = cli_load(&common);
    if (conf == NULL)
        return EXIT_USAGE;
    if (preflight_check(conf, &err) < 0) {
        fprintf(stderr, "preflight: %s\n", err.text);
        conf_unref(&conf);
        return EXIT_USAGE;
    }
    int rc = common.is_json ? cli_print(report_json_conf(conf), NULL) : conf_print(conf, stdout);
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
