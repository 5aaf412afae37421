/*
 * preflight config: the effective configuration, in the file's own syntax.
 */
#include "config.h"

#include "cli/cli.h"

static int print_conf(struct conf *conf, void *from, struct err *err)
{
    const struct common_options *common = from;

    if (preflight_check(conf, err) < 0)
        return -1;
    int rc = common->is_json ? cli_print(report_json_conf(conf), NULL) : conf_print(conf, stdout);
    if (rc < 0 || fflush(stdout) != 0) {
        perror("preflight: cannot write");
        return EXIT_REFUSED;
    }
    return EXIT_CLEAR;
}

static int run(int argc, char **argv)
{
    static const struct option table[] = { COMMON_LONG_OPTIONS, { NULL, 0, NULL, 0 } };
    struct common_options common = { 0 };
    int status = cli_parse(&subcommand_config, argc, argv, table, &common, NULL, NULL);

    if (status != CLI_GO_ON)
        return status;
    if (optind < argc)
        return cli_usage_error(&subcommand_config, "'%s' is one word too many", argv[optind]);
    return cli_run_conf(&common, print_conf, &common);
}

const struct subcommand subcommand_config = {
    .name = "config",
    .run = run,
    .synopsis = "[-c CONF] [--json]",
    .help = "print the effective configuration",
};
