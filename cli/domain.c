/*
 * preflight domain: everything that a domain publishes, audited.
 */
#include "config.h"

#include "cli/cli.h"
#include "lib/audits.h"
#include "lib/base/domain.h"
#include "lib/report/audited.h"

#include <string.h>

enum { OPTION_SELECTOR = OPTION_OWN };

struct domain_options {
    struct common_options common;
    char domain[DOMAIN_MAX];
    char selectors[SELECTORS_MAX][DOMAIN_MAX];
    size_t n_selectors;
};

static int take_option(int option, char *value, void *into)
{
    struct domain_options *options = into;
    size_t n = options->n_selectors;

    (void)option;
    if (n == SELECTORS_MAX)
        return cli_usage_error(&subcommand_domain, "more than %d selectors", SELECTORS_MAX);
    if (domain_normalize(value, options->selectors[n]) < 0)
        return cli_usage_error(&subcommand_domain, "--selector '%s' is not a selector", value);
    options->n_selectors++;
    return CLI_GO_ON;
}

static int parse_options(int argc, char **argv, struct domain_options *options)
{
    static const struct option table[] = {
        COMMON_LONG_OPTIONS,
        { "selector", required_argument, NULL, OPTION_SELECTOR },
        { NULL, 0, NULL, 0 },
    };
    int status = cli_parse(&subcommand_domain, argc, argv, table, &options->common, take_option, options);

    if (status != CLI_GO_ON)
        return status;
    if (optind == argc)
        return cli_usage_error(&subcommand_domain, "a domain is needed");
    if (optind + 1 < argc)
        return cli_usage_error(&subcommand_domain, "'%s' is one word too many", argv[optind + 1]);
    if (domain_normalize(argv[optind], options->domain) < 0)
        return cli_usage_error(&subcommand_domain, "'%s' is not a domain", argv[optind]);
    return CLI_GO_ON;
}

static int print_audit(const struct domainaudit *result, bool is_json, struct err *err)
{
    struct str text = STR_EMPTY;

    if (is_json)
        return cli_print(report_json_domain(result), err);
    report_text_domain(result, cli_has_color(stdout), &text);
    return cli_print(str_steal(&text), err);
}

static int audit(struct preflight *preflight, void *from, struct err *err)
{
    const struct domain_options *options = from;
    struct selectors selectors = { .count = 0 };
    struct domainaudit result;

    for (size_t i = 0; i < options->n_selectors; i++)
        selectors_add(&selectors, options->selectors[i], options->domain, SELECTOR_GIVEN);
    audits_domain(preflight, options->domain, &selectors, &result);
    int status = cli_audit_status(result.outcome);
    if (print_audit(&result, options->common.is_json, err) < 0)
        status = -1;
    domainaudit_clear(&result);
    return status;
}

static int run(int argc, char **argv)
{
    struct domain_options options = { .n_selectors = 0 };
    int status = parse_options(argc, argv, &options);

    return status != CLI_GO_ON ? status : cli_run(&options.common, audit, &options);
}

const struct subcommand subcommand_domain = {
    .name = "domain",
    .run = run,
    .synopsis = "[-c CONF] [--selector S]... [--json] DOMAIN",
    .help = "audit what a domain publishes: SPF, DKIM keys, DMARC, MX, MTA-STS, blocklists",
};
