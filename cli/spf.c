/*
 * preflight spf: one SPF question as a receiver asks it, and all that there is to say about the record.
 */
#include "config.h"

#include "cli/cli.h"
#include "lib/base/clock.h"
#include "lib/base/domain.h"
#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/check/spflint.h"
#include "lib/check/spfopinion.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_IP = OPTION_OWN, OPTION_HELO, OPTION_FROM };

struct spf_options {
    struct common_options common;
    struct ip_addr address;     /* family 0: not given */
    const char *helo;           /* NULL: that of the default egress */
    const char *from;           /* NULL: not given */
};

static int take_option(int option, const char *value, struct spf_options *options)
{
    switch (option) {
    case OPTION_IP:
        if (options->address.family != 0)
            return cli_usage_error(&subcommand_spf, "--ip may be given once");
        if (ip_parse(value, &options->address) < 0)
            return cli_usage_error(&subcommand_spf, "--ip '%s' is not an IP address", value);
        return CLI_GO_ON;
    case OPTION_HELO:
        options->helo = value;
        return CLI_GO_ON;
    case OPTION_FROM:
        options->from = value;
        return CLI_GO_ON;
    default:
        return cli_common_option(&subcommand_spf, option, value, &options->common);
    }
}

static int parse_options(int argc, char **argv, struct spf_options *options)
{
    static const struct option table[] = {
        COMMON_LONG_OPTIONS,
        { "ip", required_argument, NULL, OPTION_IP },
        { "helo", required_argument, NULL, OPTION_HELO },
        { "from", required_argument, NULL, OPTION_FROM },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, table, NULL)) != -1) {
        int status = take_option(option, optarg, options);
        if (status != CLI_GO_ON)
            return status;
    }
    if (optind < argc)
        return cli_usage_error(&subcommand_spf, "'%s' is one word too many", argv[optind]);
    if (options->address.family == 0)
        return cli_usage_error(&subcommand_spf, "--ip is needed");
    if (options->from == NULL)
        return cli_usage_error(&subcommand_spf, "--from is needed; --from '<>' is the null sender");
    return CLI_GO_ON;
}

static struct dns_budget make_budget(const struct conf *conf)
{
    return (struct dns_budget){ .deadline_ms = clock_ms() + conf->dns.budget_ms, .questions = conf->limits.lookups };
}

/* The null sender is judged by HELO, as in a message. */
static void evaluate(struct preflight *preflight, const struct spf_options *options, struct spf_result *result_r)
{
    const struct conf *conf = preflight_conf(preflight);
    struct dns *dns = preflight_dns(preflight);
    struct dns_budget budget = make_budget(conf);
    const char *helo = options->helo != NULL ? options->helo : conf->egress[conf->n_egress - 1].helo;
    char *sender = address_bare(options->from);
    enum spf_identity identity = sender[0] == '\0' ? SPF_HELO : SPF_MAILFROM;

    spfcheck_run(dns, &budget, &options->address, identity, helo, sender, conf->hostname, result_r);
    spfopinion_ask(dns, &budget, helo, sender, result_r);
    free(sender);
}

static void add_text(struct preflight *preflight, const struct spf_result *result, struct str *text)
{
    struct dns_budget budget = make_budget(preflight_conf(preflight));
    struct findings findings = { 0 };

    spfcheck_findings(result, true, &findings);
    spflint_run(preflight_dns(preflight), &budget, result->domain, &findings);
    report_text_spf(result, &findings, cli_has_color(stdout), text);
    findings_clear(&findings);
}

static int print_result(struct preflight *preflight, const struct spf_result *result, bool is_json)
{
    struct str text = STR_EMPTY;

    if (is_json) {
        char *json = report_json_spf(result);
        str_add(&text, json);
        free(json);
    } else {
        add_text(preflight, result, &text);
    }
    bool is_written = fputs(str_get(&text), stdout) >= 0 && fflush(stdout) == 0;
    str_clear(&text);
    return is_written ? 0 : -1;
}

static int exit_status(enum auth_result result)
{
    return result == AUTH_PASS ? EXIT_CLEAR : result == AUTH_TEMPERROR ? EXIT_UNDECIDED : EXIT_REFUSED;
}

static int run(int argc, char **argv)
{
    struct spf_options options = { 0 };
    int status = parse_options(argc, argv, &options);
    struct err err = { "" };

    if (status != CLI_GO_ON)
        return status;
    struct conf *conf = cli_load(&options.common);
    if (conf == NULL)
        return EXIT_USAGE;
    struct preflight *preflight = preflight_new(conf, NULL, &err);
    if (preflight != NULL) {
        struct spf_result result;
        evaluate(preflight, &options, &result);
        status = exit_status(result.result);
        if (print_result(preflight, &result, options.common.is_json) < 0)
            status = err_set(&err, "cannot write: %s", strerror(errno));
        spf_result_clear(&result);
    }
    if (status < 0)
        fprintf(stderr, "preflight: %s\n", err.text);
    preflight_unref(&preflight);
    conf_unref(&conf);
    return status < 0 ? EXIT_USAGE : status;
}

const struct subcommand subcommand_spf = {
    .name = "spf",
    .run = run,
    .synopsis = "[-c CONF] --ip ADDR [--helo NAME] --from SENDER [--json]",
    .help = "ask whether an address may send for a sender",
};
