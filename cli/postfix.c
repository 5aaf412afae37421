/*
 * preflight postfix: Postfix's own settings that decide or break authentication.
 */
#include "config.h"

#include "cli/cli.h"

#include "lib/base/err.h"
#include "lib/postfix.h"
#include "lib/report/postfix.h"

enum { OPTION_CONFIG_DIR = OPTION_OWN };

struct postfix_options {
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

static int audit(const struct conf *conf, const char *directory, bool is_json, struct err *err)
{
    struct postfix_audit found;

    if (postfix_audit(conf, directory, &found, err) < 0)
        return -1;
    int rc = print_audit(&found, is_json, err);
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
    struct common_options common = { 0 };
    struct postfix_options options = { NULL };
    struct err err = { "" };
    int status = cli_parse(&subcommand_postfix, argc, argv, table, &common, take, &options);

    if (status != CLI_GO_ON)
        return status;
    if (optind < argc)
        return cli_usage_error(&subcommand_postfix, "'%s' is one word too many", argv[optind]);
    struct conf *conf = cli_load(&common);
    if (conf == NULL)
        return EXIT_USAGE;
    status = audit(conf, options.directory, common.is_json, &err);
    if (status < 0)
        fprintf(stderr, "preflight: %s\n", err.text);
    conf_unref(&conf);
    return status < 0 ? EXIT_USAGE : status;
}

const struct subcommand subcommand_postfix = {
    .name = "postfix",
    .run = run,
    .synopsis = "[-c CONF] [--config-dir DIR] [--json]",
    .help = "Postfix's own settings that decide or break authentication",
};
