/*
 * Audits a domain as preflight domain does, for run.py: stsdrive CONF DOMAIN PORT CAFILE.  The policy of MTA-STS is
 * fetched from that port, by that certificate authority.  Prints the audit as JSON.
 */
#include "config.h"

#include "lib/audit/stsfetch.h"
#include "lib/audits.h"
#include "lib/base/err.h"
#include "lib/preflight.h"
#include "lib/report/audited.h"

#include <stdio.h>
#include <stdlib.h>

static void audit(struct preflight *preflight, const char *domain, const struct audits_means *means)
{
    struct selectors selectors = { .count = 0 };
    struct domainaudit result;

    audits_domain(preflight, domain, &selectors, means, &result);
    char *text = report_json_domain(&result);
    fputs(text, stdout);
    free(text);
    domainaudit_clear(&result);
}

int main(int argc, char **argv)
{
    struct err err = { "usage: stsdrive CONF DOMAIN PORT CAFILE" };
    struct conf *conf = argc == 5 ? conf_load(argv[1], &err) : NULL;
    struct preflight *preflight = conf == NULL ? NULL : preflight_new(conf, NULL, &err);

    conf_unref(&conf);
    if (preflight == NULL) {
        fprintf(stderr, "stsdrive: %s\n", err.text);
        return EXIT_FAILURE;
    }
    struct audits_means means = { .policy = { stsfetch_run, (int)strtol(argv[3], NULL, 10), NULL } };
    if (argv[4][0] != '\0')
        means.policy.ca_file = argv[4];
    audit(preflight, argv[2], &means);
    preflight_unref(&preflight);
    return EXIT_SUCCESS;
}
