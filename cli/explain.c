/*
 * preflight explain: what a reply, a bounce message or lines of a mail log mean.
 */
#include "config.h"

#include "cli/cli.h"
#include "cli/source.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct explain_options {
    struct common_options common;
    char **words;               /* what is left of the command line */
    int n_words;
};

/* A single word may name a file; all else is the text itself, quoted or not. */
static const char *file_of(const struct explain_options *options)
{
    if (options->n_words == 0)
        return "-";
    if (options->n_words > 1)
        return NULL;
    return strcmp(options->words[0], "-") == 0 || access(options->words[0], F_OK) == 0 ? options->words[0] : NULL;
}

static int read_file(const char *path, struct str *text_r, struct err *err)
{
    FILE *file = source_open(path, err);
    char chunk[65536];
    size_t n;

    if (file == NULL)
        return -1;
    while (text_r->len < BOUNCE_INPUT_MAX && (n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        str_addn(text_r, chunk, n);
    int rc = ferror(file) ? err_set(err, "cannot read '%s': %s", path, strerror(errno)) : 0;
    source_close(file);
    return rc;
}

static void join_words(const struct explain_options *options, struct str *text_r)
{
    for (int i = 0; i < options->n_words; i++)
        str_addf(text_r, "%s%s", i > 0 ? " " : "", options->words[i]);
}

static int print_explained(const struct explain *explain, bool is_json, struct err *err)
{
    struct str text = STR_EMPTY;

    if (is_json)
        return cli_print(report_json_explained(explain->items, explain->count), err);
    report_text_explained(explain->items, explain->count, explain->bounces.left_out, cli_has_color(stdout), &text);
    return cli_print(str_steal(&text), err);
}

/* A word that says nothing was meant as the name of a file. */
static int refuse_name(const struct explain *explain, const struct explain_options *options, struct err *err)
{
    const struct explanation *meaning = &explain->items[0].meaning;

    if (options->n_words != 1 || strpbrk(options->words[0], " \t\r\n") != NULL || meaning->pattern != NULL ||
        meaning->code[0] != '\0' || meaning->enhanced[0] != '\0')
        return 0;
    return err_set(err, "cannot open '%s': no such file, and as a reply it says nothing", options->words[0]);
}

/* Whoever names a configuration has the egress in it that sends. */
static int recheck(struct explain *explain, struct conf *conf, const struct explain_options *options, struct err *err)
{
    if (options->common.conf == NULL || explain->bounces.n_originals == 0)
        return 0;
    struct preflight *preflight = preflight_new(conf, NULL, err);
    if (preflight == NULL)
        return -1;
    int rc = explain_recheck(explain, preflight, err);
    preflight_unref(&preflight);
    return rc;
}

static int explain_text(struct conf *conf, void *from, struct err *err)
{
    const struct explain_options *options = from;
    const char *path = file_of(options);
    struct str text = STR_EMPTY;
    int rc = 0;

    if (path != NULL)
        rc = read_file(path, &text, err);
    else
        join_words(options, &text);
    struct explain *explain = rc < 0 ? NULL : explain_new(conf, str_get(&text), text.len, path == NULL, err);
    rc = explain == NULL || (path == NULL && refuse_name(explain, options, err) < 0) ? -1
        : recheck(explain, conf, options, err);
    if (rc == 0)
        rc = print_explained(explain, options->common.is_json, err);
    explain_free(&explain);
    str_clear(&text);
    return rc;
}

static int run(int argc, char **argv)
{
    static const struct option table[] = { COMMON_LONG_OPTIONS, { NULL, 0, NULL, 0 } };
    struct explain_options options = { .words = NULL };
    int status = cli_parse(&subcommand_explain, argc, argv, table, &options.common, NULL, NULL);

    if (status != CLI_GO_ON)
        return status;
    options.words = argv + optind;
    options.n_words = argc - optind;
    return cli_run_conf(&options.common, explain_text, &options);
}

const struct subcommand subcommand_explain = {
    .name = "explain",
    .run = run,
    .synopsis = "[-c CONF] [--json] [TEXT | FILE | -]",
    .help = "what a reply, a bounce message or lines of a mail log mean",
};
