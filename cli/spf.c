/*
 * preflight spf: one SPF question as a receiver asks it, and all that there is to say about the record.
 */
#include "config.h"

#include "cli/cli.h"
#include "lib/base/domain.h"
#include "lib/base/str.h"

#include <stdlib.h>

enum { OPTION_IP = OPTION_OWN, OPTION_HELO, OPTION_FROM };

struct spf_options {
    struct common_options common;
    struct ip_addr address;     /* family 0: not given */
    const char *helo;           /* NULL: that of the default egress */
    const char *from;           /* NULL: not given */
};

static int take_option(int option, char *value, void *into)
{
    struct spf_options *options = into;

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
    default:
        options->from = value;
        return CLI_GO_ON;
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
    int status = cli_parse(&subcommand_spf, argc, argv, table, &options->common, take_option, options);

    if (status != CLI_GO_ON)
        return status;
    if (optind < argc)
        return cli_usage_error(&subcommand_spf, "'%s' is one word too many", argv[optind]);
    if (options->address.family == 0)
        return cli_usage_error(&subcommand_spf, "--ip is needed");
    if (options->from == NULL)
        return cli_usage_error(&subcommand_spf, "--from is needed; --from '<>' is the null sender");
    return CLI_GO_ON;
}

static int print_result(const struct spf_result *result, const struct findings *findings, bool is_json,
                        struct err *err)
{
    struct str text = STR_EMPTY;

    if (is_json)
        return cli_print(report_json_spf(result), err);
    report_text_spf(result, findings, cli_has_color(stdout), &text);
    return cli_print(str_steal(&text), err);
}

static int ask(struct preflight *preflight, void *from, struct err *err)
{
    const struct spf_options *options = from;
    const struct conf *conf = preflight_conf(preflight);
    const char *helo = options->helo != NULL ? options->helo : conf->egress[conf->n_egress - 1].helo;
    bool is_json = options->common.is_json;
    char *sender = address_bare(options->from);
    struct findings findings = { 0 };
    struct spf_result result;

    preflight_spf(preflight, &options->address, helo, sender, &result, is_json ? NULL : &findings);
    int status = print_result(&result, &findings, is_json, err) < 0 ? -1 : cli_auth_status(result.result);
    spf_result_clear(&result);
    findings_clear(&findings);
    free(sender);
    return status;
}

static int run(int argc, char **argv)
{
    struct spf_options options = { 0 };
    int status = parse_options(argc, argv, &options);

    return status != CLI_GO_ON ? status : cli_run(&options.common, ask, &options);
}

const struct subcommand subcommand_spf = {
    .name = "spf",
    .run = run,
    .synopsis = "[-c CONF] --ip ADDR [--helo NAME] --from SENDER [--json]",
    .help = "ask whether an address may send for a sender",
};
