/*
 * preflight(1): what its subcommands share: the options that all take, the engine, the way out.
 */
#ifndef PREFLIGHT_CLI_CLI_H
#define PREFLIGHT_CLI_CLI_H

#include "lib/audit/audit.h"
#include "lib/config/conf.h"
#include "lib/preflight.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

struct err;

/* Exit status (preflight(1)). */
enum { EXIT_CLEAR = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_UNDECIDED = 75 };

struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv);  /* argv[0] is the subcommand's name; gives the exit status */
    const char *synopsis;               /* after "preflight NAME " */
    const char *help;                   /* one line */
};

extern const struct subcommand subcommand_bounces;
extern const struct subcommand subcommand_check;
extern const struct subcommand subcommand_config;
extern const struct subcommand subcommand_dkim;
extern const struct subcommand subcommand_dmarc;
extern const struct subcommand subcommand_domain;
extern const struct subcommand subcommand_egress;
extern const struct subcommand subcommand_explain;
extern const struct subcommand subcommand_postfix;
extern const struct subcommand subcommand_spf;

/* The options every subcommand takes. */
struct common_options {
    const char *conf;           /* NULL: the standard file if there is one, else the defaults */
    const char *dns;            /* ADDR[@PORT] or NULL */
    const char *dns_timeout;    /* a duration as in preflight.conf, or NULL */
    bool is_json;
};

/* Values of common options in a getopt_long table; a subcommand's own start at OPTION_OWN. */
enum { OPTION_DNS = 256, OPTION_DNS_TIMEOUT, OPTION_JSON, OPTION_OWN };

#define COMMON_LONG_OPTIONS \
    { "config", required_argument, NULL, 'c' }, \
    { "dns", required_argument, NULL, OPTION_DNS }, \
    { "dns-timeout", required_argument, NULL, OPTION_DNS_TIMEOUT }, \
    { "json", no_argument, NULL, OPTION_JSON }, \
    { "help", no_argument, NULL, 'h' }

/*
 * Takes the options of the command line, leaving getopt_long's optind at the first word after them.  table: with the
 * common ones and the subcommand's own, which go to take with options; NULL where it has none.
 * CLI_GO_ON, as take returns it, or the exit status to end with at once: after --help, after an option that is none,
 * after a bad value (said on standard error).
 */
enum { CLI_GO_ON = -1 };
typedef int cli_take(int option, char *value, void *options);
int cli_parse(const struct subcommand *self, int argc, char **argv, const struct option *table,
              struct common_options *common, cli_take *take, void *options);

/*
 * Does a subcommand's work with the configuration that the common options name, theirs put over it: work gives the exit
 * status, or -1 with err.  The exit status, after telling standard error what went wrong.
 */
typedef int cli_conf_work(struct conf *conf, void *options, struct err *err);
int cli_run_conf(const struct common_options *common, cli_conf_work *work, void *options);

/* The same with an engine of that configuration. */
typedef int cli_work(struct preflight *preflight, void *options, struct err *err);
int cli_run(const struct common_options *common, cli_work *work, void *options);

/* "preflight NAME: TEXT" and the synopsis on standard error; returns EXIT_USAGE. */
int cli_usage_error(const struct subcommand *self, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints text and frees it.  -1 with err where that failed. */
int cli_print(char *text, struct err *err);

/* What the result of a single check makes the exit status. */
int cli_auth_status(enum auth_result result);

/* Likewise of an audit. */
int cli_audit_status(enum audit_outcome outcome);

/* Colours only on a terminal and never with NO_COLOR. */
bool cli_has_color(FILE *out);

#endif
