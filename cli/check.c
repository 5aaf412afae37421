/*
 * preflight check: judges a message from a file as the milter would.
 */
#include "config.h"

#include "cli/cli.h"
#include "cli/source.h"
#include "lib/base/domain.h"
#include "lib/base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static int take_option(int option, char *value, struct check_options *options)
{
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
    case OPTION_TO:
        if (options->n_to == LIST_MAX)
            return cli_usage_error(&subcommand_check, "more than %d --to addresses", LIST_MAX);
        options->to[options->n_to++] = value;
        return CLI_GO_ON;
    default:
        return cli_common_option(&subcommand_check, option, value, &options->common);
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
    int option;

    while ((option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, table, NULL)) != -1) {
        int status = take_option(option, optarg, options);
        if (status != CLI_GO_ON)
            return status;
    }
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
        char *recipient = cli_strip_angles(options->to[i]);
        preflight_recipient(message, recipient);
        free(recipient);
    }
    if (source_feed(file, message, err) < 0) {
        preflight_abandon(&message);
        return NULL;
    }
    return preflight_end(&message, NULL);
}

static int print_report(const struct report *report, bool is_json)
{
    struct str text = STR_EMPTY;

    if (is_json) {
        char *json = report_json(report);
        str_add(&text, json);
        free(json);
    } else {
        report_text(report, cli_has_color(stdout), &text);
    }
    bool is_written = fputs(str_get(&text), stdout) >= 0 && fflush(stdout) == 0;
    str_clear(&text);
    return is_written ? 0 : -1;
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

static int check(struct preflight *preflight, struct check_options *options, FILE *file, struct err *err)
{
    char *sender = options->from != NULL ? cli_strip_angles(options->from) : source_sender(file, err);
    if (sender == NULL)
        return -1;
    struct report *report = judge(preflight, options, sender, file, err);
    free(sender);
    if (report == NULL)
        return -1;

    int status = exit_status(report->verdict);
    if (print_report(report, options->common.is_json) < 0)
        status = err_set(err, "cannot write: %s", strerror(errno));
    report_free(&report);
    return status;
}

static int run(int argc, char **argv)
{
    struct check_options options = { 0 };
    int status = parse_options(argc, argv, &options);
    struct err err = { "" };

    if (status != CLI_GO_ON)
        return status;
    struct conf *conf = cli_load(&options.common);
    if (conf == NULL)
        return EXIT_USAGE;

    status = -1;
    struct preflight *preflight = preflight_new(conf, NULL, &err);
    FILE *file = preflight == NULL ? NULL : source_open(options.file, &err);
    if (file != NULL) {
        status = check(preflight, &options, file, &err);
        if (file != stdin)
            fclose(file);
    }
    if (status < 0)
        fprintf(stderr, "preflight: %s\n", err.text);
    preflight_unref(&preflight);
    conf_unref(&conf);
    return status < 0 ? EXIT_USAGE : status;
}

const struct subcommand subcommand_check = {
    .name = "check",
    .run = run,
    .synopsis = "[-c CONF] [--egress ADDR]... [--helo NAME] [--from SENDER] [--to RCPT]... [--json] [FILE|-]",
    .help = "judge a message as its receivers will",
};
