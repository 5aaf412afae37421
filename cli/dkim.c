/*
 * preflight dkim: every signature of a message, in full.
 */
#include "config.h"

#include "cli/cli.h"
#include "cli/source.h"
#include "lib/base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct report *judge(struct preflight *preflight, FILE *file, struct err *err)
{
    const struct preflight_origin origin = { .is_local = true, .only_signatures = true };
    struct preflight_message *message = preflight_begin(preflight, &origin, "", NULL);

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
        char *json = report_json_dkim(&report->dkim);
        str_add(&text, json);
        free(json);
    } else {
        report_text_dkim(report, cli_has_color(stdout), &text);
    }
    bool is_written = fputs(str_get(&text), stdout) >= 0 && fflush(stdout) == 0;
    str_clear(&text);
    return is_written ? 0 : -1;
}

/* One that passes is enough; where none does and the DNS failed for one, it might have. */
static int exit_status(const struct dkim_results *results)
{
    switch (dkim_results_overall(results)) {
    case AUTH_PASS:
        return EXIT_CLEAR;
    case AUTH_TEMPERROR:
        return EXIT_UNDECIDED;
    default:
        return EXIT_REFUSED;
    }
}

static int check(struct preflight *preflight, bool is_json, FILE *file, struct err *err)
{
    struct report *report = judge(preflight, file, err);

    if (report == NULL)
        return -1;
    int status = exit_status(&report->dkim);
    if (print_report(report, is_json) < 0)
        status = err_set(err, "cannot write: %s", strerror(errno));
    report_free(&report);
    return status;
}

static int check_file(struct conf *conf, bool is_json, const char *path)
{
    struct err err = { "" };
    struct preflight *preflight = preflight_new(conf, NULL, &err);
    FILE *file = preflight == NULL ? NULL : source_open(path, &err);
    int status = -1;

    if (file != NULL) {
        status = check(preflight, is_json, file, &err);
        if (file != stdin)
            fclose(file);
    }
    if (status < 0)
        fprintf(stderr, "preflight: %s\n", err.text);
    preflight_unref(&preflight);
    return status < 0 ? EXIT_USAGE : status;
}

static int run(int argc, char **argv)
{
    static const struct option table[] = { COMMON_LONG_OPTIONS, { NULL, 0, NULL, 0 } };
    struct common_options common = { 0 };
    int option;

    while ((option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, table, NULL)) != -1) {
        int status = cli_common_option(&subcommand_dkim, option, optarg, &common);
        if (status != CLI_GO_ON)
            return status;
    }
    if (argc - optind > 1)
        return cli_usage_error(&subcommand_dkim, "'%s' is one file too many", argv[optind + 1]);
    struct conf *conf = cli_load(&common);
    if (conf == NULL)
        return EXIT_USAGE;
    int status = check_file(conf, common.is_json, optind < argc ? argv[optind] : "-");
    conf_unref(&conf);
    return status;
}

const struct subcommand subcommand_dkim = {
    .name = "dkim",
    .run = run,
    .synopsis = "[-c CONF] [--json] [FILE|-]",
    .help = "judge every DKIM signature of a message",
};
