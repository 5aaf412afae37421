/*
 * preflight dkim: every signature of a message, in full.
 */
#include "config.h"

#include "cli/cli.h"
#include "cli/source.h"

struct dkim_options {
    struct common_options common;
    const char *file;       /* "-" : standard input */
};

static struct report *judge(struct preflight *preflight, const char *path, struct err *err)
{
    const struct preflight_origin origin = { .is_local = true, .only_signatures = true };
    FILE *file = source_open(path, err);

    if (file == NULL)
        return NULL;
    struct preflight_message *message = preflight_begin(preflight, &origin, "", NULL);
    int rc = preflight_read(message, file, err);
    source_close(file);
    if (rc == 0)
        return preflight_end(&message, NULL);
    preflight_abandon(&message);
    return NULL;
}

static int print_report(const struct report *report, bool is_json, struct err *err)
{
    struct str text = STR_EMPTY;

    if (is_json)
        return cli_print(report_json_dkim(&report->dkim), err);
    report_text_dkim(report, cli_has_color(stdout), &text);
    return cli_print(str_steal(&text), err);
}

static int check(struct preflight *preflight, void *from, struct err *err)
{
    const struct dkim_options *options = from;
    struct report *report = judge(preflight, options->file, err);

    if (report == NULL)
        return -1;
    /* One that passes is enough; where none does, one that the DNS failed for or nobody looked at might have. */
    int status = cli_auth_status(dkim_results_overall(&report->dkim));
    if (print_report(report, options->common.is_json, err) < 0)
        status = -1;
    report_free(&report);
    return status;
}

static int run(int argc, char **argv)
{
    static const struct option table[] = { COMMON_LONG_OPTIONS, { NULL, 0, NULL, 0 } };
    struct dkim_options options = { .file = "-" };
    int status = cli_parse(&subcommand_dkim, argc, argv, table, &options.common, NULL, NULL);

    if (status != CLI_GO_ON)
        return status;
    if (argc - optind > 1)
        return cli_usage_error(&subcommand_dkim, "'%s' is one file too many", argv[optind + 1]);
    if (optind < argc)
        options.file = argv[optind];
    return cli_run(&options.common, check, &options);
}

const struct subcommand subcommand_dkim = {
    .name = "dkim",
    .run = run,
    .synopsis = "[-c CONF] [--json] [FILE|-]",
    .help = "judge every DKIM signature of a message",
};
