/*
 * preflight(1): the same judgement as the daemon's, from a shell.  Subcommands are rows of a table.
 */
#include "config.h"

#include "cli/cli.h"
#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct subcommand *const subcommands[] = {
    &subcommand_bounces,
    &subcommand_check,
    &subcommand_config,
    &subcommand_dkim,
    &subcommand_dmarc,
    &subcommand_domain,
    &subcommand_egress,
    &subcommand_explain,
    &subcommand_postfix,
    &subcommand_spf,
};
#define SUBCOMMANDS (sizeof(subcommands) / sizeof(subcommands[0]))

static void print_help(FILE *out)
{
    fputs("usage: preflight COMMAND [OPTION...]\n\nCommands:\n", out);
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        fprintf(out, "  %-9s %s\n", subcommands[i]->name, subcommands[i]->help);
    fputs("\n'preflight COMMAND --help' tells a command's options; preflight(1) tells the rest.\n", out);
}

static void print_subcommand_help(const struct subcommand *self, FILE *out)
{
    fprintf(out, "usage: preflight %s %s\n\n%s\n\n", self->name, self->synopsis, self->help);
    fprintf(out, "Options that every command takes:\n");
    fprintf(out, "  -c, --config FILE       configuration (standard: %s)\n", PREFLIGHT_CONF);
    fputs("      --dns ADDR[@PORT]   ask this name server\n"
          "      --dns-timeout SECS  wait so long for one answer\n"
          "      --json              print JSON\n"
          "  -h, --help              this text\n", out);
}

int cli_usage_error(const struct subcommand *self, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "preflight %s: ", self->name);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\nusage: preflight %s %s\n", self->name, self->synopsis);
    return EXIT_USAGE;
}

static int take_common(const struct subcommand *self, int option, const char *value, struct common_options *common)
{
    switch (option) {
    case 'c':
        common->conf = value;
        return CLI_GO_ON;
    case OPTION_DNS:
        common->dns = value;
        return CLI_GO_ON;
    case OPTION_DNS_TIMEOUT:
        common->dns_timeout = value;
        return CLI_GO_ON;
    case OPTION_JSON:
        common->is_json = true;
        return CLI_GO_ON;
    case 'h':
        print_subcommand_help(self, stdout);
        return EXIT_CLEAR;
    default:
        return cli_usage_error(self, "try 'preflight %s --help'", self->name);
    }
}

int cli_parse(const struct subcommand *self, int argc, char **argv, const struct option *table,
              struct common_options *common, cli_take *take, void *options)
{
    int option;

    while ((option = getopt_long(argc, argv, "c:h", table, NULL)) != -1) {
        int status = option >= OPTION_OWN ? take(option, optarg, options) : take_common(self, option, optarg, common);
        if (status != CLI_GO_ON)
            return status;
    }
    return CLI_GO_ON;
}

/* A server named here answers in place of a zone file too, and waiting longer for one answer is allowed to be felt. */
static int override(struct conf *conf, const struct common_options *common, struct err *err)
{
    if (common->dns != NULL) {
        if (conf_override(conf, "dns", "servers", common->dns, err) < 0)
            return err_prefix(err, "--dns");
        if (conf_override(conf, "dns", "zone", "", err) < 0)
            return -1;
    }
    if (common->dns_timeout != NULL) {
        if (conf_override(conf, "dns", "timeout", common->dns_timeout, err) < 0)
            return err_prefix(err, "--dns-timeout");
        if (conf->dns.budget_ms < conf->dns.timeout_ms)
            conf->dns.budget_ms = conf->dns.timeout_ms;
    }
    return 0;
}

static struct conf *load(const struct common_options *common, struct err *err)
{
    const char *path = common->conf;

    if (path == NULL && access(PREFLIGHT_CONF, F_OK) == 0)
        path = PREFLIGHT_CONF;
    struct conf *conf = conf_load(path, err);
    if (conf != NULL && override(conf, common, err) < 0)
        conf_unref(&conf);
    return conf;
}

int cli_run_conf(const struct common_options *common, cli_conf_work *work, void *options)
{
    struct err err = { "" };
    struct conf *conf = load(common, &err);
    int status = conf == NULL ? -1 : work(conf, options, &err);

    if (status < 0)
        fprintf(stderr, "preflight: %s\n", err.text);
    conf_unref(&conf);
    return status < 0 ? EXIT_USAGE : status;
}

struct engine_work {
    cli_work *work;
    void *options;
};

static int with_engine(struct conf *conf, void *from, struct err *err)
{
    const struct engine_work *engine_work = from;
    struct preflight *preflight = preflight_new(conf, NULL, err);
    int status = preflight == NULL ? -1 : engine_work->work(preflight, engine_work->options, err);

    preflight_unref(&preflight);
    return status;
}

int cli_run(const struct common_options *common, cli_work *work, void *options)
{
    struct engine_work engine_work = { work, options };

    return cli_run_conf(common, with_engine, &engine_work);
}

int cli_print(char *text, struct err *err)
{
    bool is_written = fputs(text, stdout) >= 0 && fflush(stdout) == 0;
    int rc = is_written ? 0 : err_set(err, "cannot write: %s", strerror(errno));

    free(text);
    return rc;
}

int cli_auth_status(enum auth_result result)
{
    switch (result) {
    case AUTH_PASS:
        return EXIT_CLEAR;
    case AUTH_TEMPERROR:
        return EXIT_UNDECIDED;
    default:
        return EXIT_REFUSED;
    }
}

int cli_audit_status(enum audit_outcome outcome)
{
    static const int statuses[] = {
        [AUDIT_CLEAR] = EXIT_CLEAR, [AUDIT_UNDECIDED] = EXIT_UNDECIDED, [AUDIT_FAULTY] = EXIT_REFUSED,
    };

    return statuses[outcome];
}

bool cli_has_color(FILE *out)
{
    const char *no_color = getenv("NO_COLOR");

    return isatty(fileno(out)) && (no_color == NULL || no_color[0] == '\0');
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_CLEAR;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        puts(PACKAGE_STRING);
        return EXIT_CLEAR;
    }
    for (size_t i = 0; i < SUBCOMMANDS; i++) {
        if (strcmp(argv[1], subcommands[i]->name) == 0)
            return subcommands[i]->run(argc - 1, argv + 1);
    }
    fprintf(stderr, "preflight: there is no command '%s'\n", argv[1]);
    print_help(stderr);
    return EXIT_USAGE;
}
