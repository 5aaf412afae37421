/*
 * preflight domain: everything that a domain publishes, audited.
 */
#include "config.h"

#include "cli/cli.h"
#include "lib/audit/stsfetch.h"
#include "lib/audits.h"
#include "lib/base/domain.h"
#include "lib/base/err.h"
#include "lib/report/audited.h"
#include "lib/state/statefile.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { OPTION_SELECTOR = OPTION_OWN, OPTION_KEY };

struct domain_options {
    struct common_options common;
    char domain[DOMAIN_MAX];
    struct given {
        char selector[DOMAIN_MAX];
        const char *path;       /* of its private key; NULL: none is given */
    } given[SELECTORS_MAX];
    size_t n_given;
};

static int take_option(int option, char *value, void *into)
{
    struct domain_options *options = into;
    struct given *given = &options->given[options->n_given];
    char *equals = strchr(value, '=');

    if (options->n_given == SELECTORS_MAX)
        return cli_usage_error(&subcommand_domain, "more than %d selectors", SELECTORS_MAX);
    if (option == OPTION_KEY && (equals == NULL || equals[1] == '\0'))
        return cli_usage_error(&subcommand_domain, "--key '%s' is not SELECTOR=FILE", value);
    if (option == OPTION_KEY) {
        given->path = equals + 1;
        *equals = '\0';
    }
    if (domain_normalize(value, given->selector) < 0)
        return cli_usage_error(&subcommand_domain, "'%s' is not a selector", value);
    options->n_given++;
    return CLI_GO_ON;
}

static int parse_options(int argc, char **argv, struct domain_options *options)
{
    static const struct option table[] = {
        COMMON_LONG_OPTIONS,
        { "key", required_argument, NULL, OPTION_KEY },
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

static void add_selector(const struct given *given, const char *domain, struct selectors *selectors)
{
    if (given->path == NULL)
        selectors_add(selectors, given->selector, domain, SELECTOR_GIVEN);
    else
        selectors_add_key(selectors, given->selector, domain, SELECTOR_GIVEN, given->path);
}

/* Without them the audit goes on; their file is the daemon's, and may be closed to who runs this. */
static void add_recent(const struct conf *conf, const char *domain, struct selectors *selectors)
{
    char names[SEEN_SELECTORS][DOMAIN_MAX];
    struct err err;

    if (conf->state_directory[0] == '\0')
        return;
    int n = statefile_selectors(conf->state_directory, domain, time(NULL), names, &err);
    if (n < 0)
        fprintf(stderr, "preflight domain: selectors of recent traffic are left out: %s\n", err.text);
    for (int i = 0; i < n; i++)
        selectors_add(selectors, names[i], domain, SELECTOR_TRAFFIC);
}

static int audit(struct preflight *preflight, void *from, struct err *err)
{
    static const struct audits_means means = { .reads_keys = true, .policy = { .fetch = stsfetch_run } };
    const struct domain_options *options = from;
    struct selectors selectors = { .count = 0 };
    struct domainaudit result;

    for (size_t i = 0; i < options->n_given; i++)
        add_selector(&options->given[i], options->domain, &selectors);
    add_recent(preflight_conf(preflight), options->domain, &selectors);
    audits_domain(preflight, options->domain, &selectors, &means, &result);
    selectors_clear(&selectors);
    int status = cli_audit_status(result.outcome);
    if (print_audit(&result, options->common.is_json, err) < 0)
        status = -1;
    domainaudit_clear(&result);
    return status;
}

static int run(int argc, char **argv)
{
    struct domain_options options = { .n_given = 0 };
    int status = parse_options(argc, argv, &options);

    return status != CLI_GO_ON ? status : cli_run(&options.common, audit, &options);
}

const struct subcommand subcommand_domain = {
    .name = "domain",
    .run = run,
    .synopsis = "[-c CONF] [--selector S]... [--key S=FILE]... [--json] DOMAIN",
    .help = "audit what a domain publishes: SPF, DKIM keys, DMARC, MX, MTA-STS, blocklists",
};
