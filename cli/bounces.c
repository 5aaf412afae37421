/*
 * preflight bounces: what became of the mail in a mail log, by cause, receiver and domain, against what was predicted.
 */
#include "config.h"

#include "cli/cli.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/bounces.h"
#include "lib/report/bounces.h"

#include <string.h>
#include <unistd.h>

#define BAR_COLUMNS 30
#define BAR_INTERVAL_MS 100

enum { OPTION_HTML = OPTION_OWN };

struct bounces_options {
    struct common_options common;
    bool is_html;
    char *const *paths;         /* what is left of the command line */
    size_t n_paths;
};

static int take_option(int option, char *value, void *into)
{
    struct bounces_options *options = into;

    (void)option;
    (void)value;
    options->is_html = true;
    return CLI_GO_ON;
}

static int parse_options(int argc, char **argv, struct bounces_options *options)
{
    static const struct option table[] = {
        COMMON_LONG_OPTIONS,
        { "html", no_argument, NULL, OPTION_HTML },
        { NULL, 0, NULL, 0 },
    };
    int status = cli_parse(&subcommand_bounces, argc, argv, table, &options->common, take_option, options);

    if (status != CLI_GO_ON)
        return status;
    if (options->is_html && options->common.is_json)
        return cli_usage_error(&subcommand_bounces, "--json and --html exclude each other");
    if (optind == argc && isatty(STDIN_FILENO))
        return cli_usage_error(&subcommand_bounces, "name a log file, or - for standard input");
    options->paths = argv + optind;
    options->n_paths = (size_t)(argc - optind);
    return CLI_GO_ON;
}

/* --- a bar on a terminal ------------------------------------------------------------- */

struct bar {
    int64_t drawn_ms;
    bool is_drawn;
};

static void draw(void *arg, int64_t bytes_read, int64_t bytes_total)
{
    struct bar *bar = arg;
    int64_t now = clock_ms();
    const int64_t megabyte = 1000000;
    char cells[BAR_COLUMNS + 1];

    if (bar->is_drawn && now - bar->drawn_ms < BAR_INTERVAL_MS)
        return;
    bar->is_drawn = true;
    bar->drawn_ms = now;
    if (bytes_total <= 0) {
        fprintf(stderr, "\r%lld MB read ", (long long)(bytes_read / megabyte));
    } else {
        if (bytes_read > bytes_total)
            bytes_read = bytes_total;       /* a log that grows meanwhile */
        memset(cells, '.', BAR_COLUMNS);
        memset(cells, '#', (size_t)(bytes_read * BAR_COLUMNS / bytes_total));
        cells[BAR_COLUMNS] = '\0';
        fprintf(stderr, "\r[%s] %3lld %% of %lld MB ", cells, (long long)(bytes_read * 100 / bytes_total),
                (long long)(bytes_total / megabyte));
    }
    fflush(stderr);
}

static void clear(const struct bar *bar)
{
    if (bar->is_drawn)
        fputs("\r\033[K", stderr);
}

/* --- the report ---------------------------------------------------------------------- */

static int print(const struct tally *tally, const struct bounces_options *options, struct err *err)
{
    struct str text = STR_EMPTY;

    if (options->common.is_json)
        return cli_print(report_json_bounces(tally), err);
    if (options->is_html)
        report_html_bounces(tally, &text);
    else
        report_text_bounces(tally, cli_has_color(stdout), &text);
    return cli_print(str_steal(&text), err);
}

static int tally_logs(struct conf *conf, void *from, struct err *err)
{
    const struct bounces_options *options = from;
    struct bar bar = { 0 };
    struct tally tally;
    int rc = bounces_tally(conf, options->paths, options->n_paths, isatty(STDERR_FILENO) ? draw : NULL, &bar, &tally,
                           err);

    clear(&bar);
    if (rc < 0)
        return -1;
    rc = print(&tally, options, err);
    tally_clear(&tally);
    return rc;
}

static int run(int argc, char **argv)
{
    struct bounces_options options = { 0 };
    int status = parse_options(argc, argv, &options);

    return status != CLI_GO_ON ? status : cli_run_conf(&options.common, tally_logs, &options);
}

const struct subcommand subcommand_bounces = {
    .name = "bounces",
    .run = run,
    .synopsis = "[-c CONF] [--json | --html] [LOGFILE...]",
    .help = "refusals in a mail log, by cause, against what was predicted",
};
