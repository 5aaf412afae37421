/*
 * preflight postfix: Postfix's own settings that decide or break authentication.
 */
#include "config.h"

#include "cli/cli.h"

#include "lib/postfix.h"
#include "lib/report/postfix.h"

enum { OPTION_CONFIG_DIR = OPTION_OWN };

struct postfix_options {
    struct common_options common;
    const char *directory;      /* NULL: Postfix's standard one */
};

static int take(int option, char *value, void *arg)
{
    struct postfix_options *options = arg;

    if (option == OPTION_CONFIG_DIR)
        options->directory = value;
    return CLI_GO_ON;
}

static int print_audit(const struct postfix_audit *audit, bool is_json, struct err *err)
{
    struct str text = STR_EMPTY;

    if (is_json)
        return cli_print(report_json_postfix(audit), err);
    report_text_postfix(audit, cli_has_color(stdout), &text);
    return cli_print(str_steal(&text), err);
}

static int audit(struct conf *conf, void *from, struct err *err)
{
    const struct postfix_options *options = from;
    struct postfix_audit found;

    if (postfix_audit(conf, options->directory, &found, err) < 0)
        return -1;
    int rc = print_audit(&found, options->common.is_json, err);
    int status = postfix_audit_has_errors(&found) ? EXIT_REFUSED : EXIT_CLEAR;
    postfixaudit_clear(&found);
    return rc < 0 ? -1 : status;
}

static int run(int argc, char **argv)
{
    static const struct option table[] = {
        COMMON_LONG_OPTIONS,
        { "config-dir", required_argument, NULL, OPTION_CONFIG_DIR },
        { NULL, 0, NULL, 0 },
    };
    struct postfix_options options = { .directory = NULL };
    int status = cli_parse(&subcommand_postfix, argc, argv, table, &options.common, take, &options);

    if (status != CLI_GO_ON)
        return status;
    if (optind < argc)
        return cli_usage_error(&subcommand_postfix, "'%s' is one word too many", argv[optind]);
    return cli_run_conf(&options.common, audit, &options);
}

const struct subcommand subcommand_postfix = {
    .name = "postfix",
    .run = run,
    .synopsis = "[-c CONF] [--config-dir DIR] [--json]",
    .help = "Postfix's own settings that decide or break authentication",
};
