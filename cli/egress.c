/*
 * preflight egress: everything about the sending addresses, audited.
 */
#include "config.h"

#include "cli/cli.h"
#include "lib/audits.h"
#include "lib/report/audited.h"

static int print_audits(const struct egress_audits *audits, bool is_json, struct err *err)
{
    struct str text = STR_EMPTY;

    if (is_json)
        return cli_print(report_json_egress(audits->items, audits->count), err);
    report_text_egress(audits->items, audits->count, cli_has_color(stdout), &text);
    return cli_print(str_steal(&text), err);
}

static int audit(struct preflight *preflight, void *from, struct err *err)
{
    const struct common_options *common = from;
    struct egress_audits audits;

    audits_egress(preflight, &audits);
    int status = cli_audit_status(audits.count == 0 ? AUDIT_CLEAR : audits.items[0].outcome);
    if (print_audits(&audits, common->is_json, err) < 0)
        status = -1;
    egress_audits_clear(&audits);
    return status;
}

static int run(int argc, char **argv)
{
    static const struct option table[] = { COMMON_LONG_OPTIONS, { NULL, 0, NULL, 0 } };
    struct common_options common = { 0 };
    int status = cli_parse(&subcommand_egress, argc, argv, table, &common, NULL, NULL);

    if (status != CLI_GO_ON)
        return status;
    if (optind < argc)
        return cli_usage_error(&subcommand_egress, "'%s' is one word too many", argv[optind]);
    return cli_run(&common, audit, &common);
}

const struct subcommand subcommand_egress = {
    .name = "egress",
    .run = run,
    .synopsis = "[-c CONF] [--json]",
    .help = "audit the sending addresses: PTR, HELO, HELO's SPF, blocklists",
};
