/*
 * preflight check: judges a message from a file as the milter would.
 */
#include "config.h"

#include "cli/cli.h"
#include "cli/source.h"
#include "lib/base/domain.h"
#include "lib/base/err.h"

#include <stdlib.h>

#define LIST_MAX 100        /* --egress and --to, each */

enum { OPTION_EGRESS = OPTION_OWN, OPTION_HELO, OPTION_FROM, OPTION_TO };

struct check_options {
    struct common_options common;
    struct ip_addr addresses[LIST_MAX];
    size_t n_addresses;
    char *helo;             /* borrowed from argv; NULL: as configured */
    const char *from;       /* as given, or NULL */
    const char *to[LIST_MAX];
    size_t n_to;
    const char *file;       /* "-" : standard input */
};

static int take_option(int option, char *value, void *into)
{
    struct check_options *options = into;
    char domain[DOMAIN_MAX];

    switch (option) {
    case OPTION_EGRESS:
        if (options->n_addresses == LIST_MAX)
            return cli_usage_error(&subcommand_check, "more than %d --egress addresses", LIST_MAX);
        if (ip_parse(value, &options->addresses[options->n_addresses]) < 0)
            return cli_usage_error(&subcommand_check, "--egress '%s' is not an IP address", value);
        options->n_addresses++;
        return CLI_GO_ON;
    case OPTION_HELO:
        if (domain_normalize(value, domain) < 0)
            return cli_usage_error(&subcommand_check, "--helo '%s' is not a host name", value);
        options->helo = value;
        return CLI_GO_ON;
    case OPTION_FROM:
        options->from = value;
        return CLI_GO_ON;
    default:
        if (options->n_to == LIST_MAX)
            return cli_usage_error(&subcommand_check, "more than %d --to addresses", LIST_MAX);
        options->to[options->n_to++] = value;
        return CLI_GO_ON;
    }
}

static int parse_options(int argc, char **argv, struct check_options *options)
{
    static const struct option table[] = {
        COMMON_LONG_OPTIONS,
        { "egress", required_argument, NULL, OPTION_EGRESS },
        { "helo", required_argument, NULL, OPTION_HELO },
        { "from", required_argument, NULL, OPTION_FROM },
        { "to", required_argument, NULL, OPTION_TO },
        { NULL, 0, NULL, 0 },
    };
    int status = cli_parse(&subcommand_check, argc, argv, table, &options->common, take_option, options);

    if (status != CLI_GO_ON)
        return status;
    if (argc - optind > 1)
        return cli_usage_error(&subcommand_check, "'%s' is one file too many", argv[optind + 1]);
    options->file = optind < argc ? argv[optind] : "-";
    return CLI_GO_ON;
}

/* The egress of the command line: what it does not name is that of the configured egress for this sender. */
static void make_egress(const struct conf *conf, struct check_options *options, const char *sender,
                        struct conf_egress *egress_r)
{
    size_t i = 0;

    while (i + 1 < conf->n_egress && !conf_has_address(&conf->egress[i].senders, sender))
        i++;
    *egress_r = conf->egress[i];
    if (options->n_addresses > 0) {
        egress_r->addresses = options->addresses;
        egress_r->n_addresses = options->n_addresses;
    }
    if (options->helo != NULL)
        egress_r->helo = options->helo;
}

static struct report *judge(struct preflight *preflight, struct check_options *options, const char *sender,
                            FILE *file, struct err *err)
{
    struct conf_egress egress;
    struct preflight_origin origin = { .is_local = true, .is_patient = true };

    if (options->n_addresses > 0 || options->helo != NULL) {
        make_egress(preflight_conf(preflight), options, sender, &egress);
        origin.egress = &egress;
    }
    struct preflight_message *message = preflight_begin(preflight, &origin, sender, NULL);
    for (size_t i = 0; i < options->n_to; i++) {
        char *recipient = address_bare(options->to[i]);
        preflight_recipient(message, recipient);
        free(recipient);
    }
    if (preflight_read(message, file, err) < 0) {
        preflight_abandon(&message);
        return NULL;
    }
    return preflight_end(&message, NULL);
}

static int print_report(const struct report *report, bool is_json, struct err *err)
{
    struct str text = STR_EMPTY;

    if (is_json)
        return cli_print(report_json(report), err);
    report_text(report, cli_has_color(stdout), &text);
    return cli_print(str_steal(&text), err);
}

static int exit_status(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_REJECT:
    case VERDICT_DEFER:
        return EXIT_REFUSED;
    case VERDICT_UNSURE:
        return EXIT_UNDECIDED;
    default:
        return EXIT_CLEAR;
    }
}

static int check_file(struct preflight *preflight, struct check_options *options, FILE *file, struct err *err)
{
    char *sender = options->from != NULL ? address_bare(options->from) : preflight_find_sender(file, err);
    if (sender == NULL)
        return -1;
    struct report *report = judge(preflight, options, sender, file, err);
    free(sender);
    if (report == NULL)
        return -1;

    int status = exit_status(report->verdict);
    if (print_report(report, options->common.is_json, err) < 0)
        status = -1;
    report_free(&report);
    return status;
}

static int check(struct preflight *preflight, void *options, struct err *err)
{
    FILE *file = source_open(((struct check_options *)options)->file, err);

    if (file == NULL)
        return -1;
    int status = check_file(preflight, options, file, err);
    source_close(file);
    return status;
}

static int run(int argc, char **argv)
{
    struct check_options options = { 0 };
    int status = parse_options(argc, argv, &options);

    return status != CLI_GO_ON ? status : cli_run(&options.common, check, &options);
}

const struct subcommand subcommand_check = {
    .name = "check",
    .run = run,
    .synopsis = "[-c CONF] [--egress ADDR]... [--helo NAME] [--from SENDER] [--to RCPT]... [--json] [FILE|-]",
    .help = "judge a message as its receivers will",
};
