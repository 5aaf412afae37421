/*
 * preflight dmarc: DMARC for an author domain, given the results of SPF and DKIM.
 */
#include "config.h"

#include "cli/cli.h"
#include "lib/base/domain.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define LIST_MAX 100        /* --spf and --dkim, each */

enum { OPTION_AUTHOR = OPTION_OWN, OPTION_SPF, OPTION_DKIM };

struct dmarc_options {
    struct common_options common;
    char author[DOMAIN_MAX];        /* "" : not given */
    struct spf_result spf[LIST_MAX];
    size_t n_spf;
    struct dkim_result signatures[LIST_MAX];
    struct dkim_results dkim;
};

/* "pass:example.com:s1" in parts, the last one as has_selector says; the text's pieces are the caller's to free. */
static int parse_identity(const char *text, bool has_selector, enum auth_result *result_r, char **domain_r,
                          char **selector_r)
{
    char *copy = xstrdup(text), *rest = copy, domain[DOMAIN_MAX];
    int result = auth_result_parse(strsep(&rest, ":"));
    const char *name = has_selector ? strsep(&rest, ":") : rest;
    bool is_good = result >= 0 && name != NULL && domain_normalize(name, domain) == 0;

    if (is_good) {
        *result_r = (enum auth_result)result;
        *domain_r = xstrdup(domain);
        *selector_r = has_selector ? xstrdup(rest == NULL ? "" : rest) : NULL;
    }
    free(copy);
    return is_good ? 0 : -1;
}

static int take_spf(const char *value, struct dmarc_options *options)
{
    struct spf_result *spf = &options->spf[options->n_spf];
    char *none;

    if (options->n_spf == LIST_MAX)
        return cli_usage_error(&subcommand_dmarc, "more than %d --spf results", LIST_MAX);
    if (parse_identity(value, false, &spf->result, &spf->domain, &none) < 0)
        return cli_usage_error(&subcommand_dmarc, "--spf '%s' is not RESULT:DOMAIN", value);
    options->n_spf++;
    return CLI_GO_ON;
}

static int take_dkim(const char *value, struct dmarc_options *options)
{
    struct dkim_result *sig = &options->signatures[options->dkim.count];

    if (options->dkim.count == LIST_MAX)
        return cli_usage_error(&subcommand_dmarc, "more than %d --dkim results", LIST_MAX);
    if (parse_identity(value, true, &sig->result, &sig->domain, &sig->selector) < 0)
        return cli_usage_error(&subcommand_dmarc, "--dkim '%s' is not RESULT:DOMAIN[:SELECTOR]", value);
    options->dkim.count++;
    return CLI_GO_ON;
}

static int take_option(int option, char *value, void *into)
{
    struct dmarc_options *options = into;

    switch (option) {
    case OPTION_AUTHOR:
        if (domain_normalize(value, options->author) < 0)
            return cli_usage_error(&subcommand_dmarc, "--author '%s' is not a domain", value);
        return CLI_GO_ON;
    case OPTION_SPF:
        return take_spf(value, options);
    default:
        return take_dkim(value, options);
    }
}

static int parse_options(int argc, char **argv, struct dmarc_options *options)
{
    static const struct option table[] = {
        COMMON_LONG_OPTIONS,
        { "author", required_argument, NULL, OPTION_AUTHOR },
        { "spf", required_argument, NULL, OPTION_SPF },
        { "dkim", required_argument, NULL, OPTION_DKIM },
        { NULL, 0, NULL, 0 },
    };
    int status = cli_parse(&subcommand_dmarc, argc, argv, table, &options->common, take_option, options);

    if (status != CLI_GO_ON)
        return status;
    if (optind < argc)
        return cli_usage_error(&subcommand_dmarc, "'%s' is one word too many", argv[optind]);
    if (options->author[0] == '\0')
        return cli_usage_error(&subcommand_dmarc, "--author is missing");
    if (options->n_spf == 0) {
        options->spf[0] = (struct spf_result){ .result = AUTH_NONE, .domain = xstrdup(options->author) };
        options->n_spf = 1;
    }
    return CLI_GO_ON;
}

static int print_result(const struct dmarc_result *result, const struct findings *findings, bool is_json,
                        struct err *err)
{
    struct str text = STR_EMPTY;

    if (is_json)
        return cli_print(report_json_dmarc(result), err);
    report_text_dmarc(result, findings, cli_has_color(stdout), &text);
    return cli_print(str_steal(&text), err);
}

static int judge(struct preflight *preflight, void *from, struct err *err)
{
    struct dmarc_options *options = from;
    struct dmarc_result result;
    struct findings findings = { 0 };

    options->dkim.items = options->signatures;
    preflight_dmarc(preflight, options->author, options->spf, options->n_spf, &options->dkim, &result, &findings);
    /* Receivers read by one RFC or the other: the worse one decides, as in a message's verdict. */
    int status = cli_auth_status(dmarccheck_worse(&result)->result);
    if (print_result(&result, &findings, options->common.is_json, err) < 0)
        status = -1;
    findings_clear(&findings);
    return status;
}

static void clear_options(struct dmarc_options *options)
{
    for (size_t i = 0; i < options->n_spf; i++)
        free(options->spf[i].domain);
    for (size_t i = 0; i < options->dkim.count; i++) {
        free(options->signatures[i].domain);
        free(options->signatures[i].selector);
    }
}

static int run(int argc, char **argv)
{
    struct dmarc_options options = { .n_spf = 0 };
    int status = parse_options(argc, argv, &options);

    if (status == CLI_GO_ON)
        status = cli_run(&options.common, judge, &options);
    clear_options(&options);
    return status;
}

const struct subcommand subcommand_dmarc = {
    .name = "dmarc",
    .run = run,
    .synopsis = "[-c CONF] --author DOMAIN [--spf RESULT:DOMAIN]... [--dkim RESULT:DOMAIN[:SELECTOR]]... [--json]",
    .help = "judge DMARC for an author domain, given results of SPF and DKIM",
};
