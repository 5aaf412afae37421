/*
 * Fuzz target: the report addresses of a DMARC record.  Lines: the domain, the record, then the DNS's answers
 * (fuzzdns.h).
 */
#include "config.h"

#include "lib/audit/dmarcreports.h"
#include "lib/base/err.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/fuzzdns.h"

static void check_report(const struct dmarcreport *report, const char *text)
{
    HOLDS(strstr(text, report->uri) != NULL, "'%s' is not in the record", report->uri);
    HOLDS(strchr(report->uri, ',') == NULL && strchr(report->uri, ';') == NULL, "'%s' is more than one", report->uri);
    check_normalized(report->host);
    HOLDS(report->host[0] != '\0' || !report->is_external, "'%s' has no host and is external", report->uri);
    HOLDS((report->is_authorized != FACT_UNEXAMINED) == report->is_external, "%d of '%s'", report->is_authorized,
          report->uri);
}

/* What failed is unknown, and nothing is that did not. */
static void check_reports(const struct dmarcreports *reports, const char *text, const struct dns_budget *budget)
{
    size_t unknown = 0, external = 0;

    HOLDS(reports->count <= DMARCREPORTS_MAX, "%zu reports", reports->count);
    for (size_t i = 0; i < reports->count; i++) {
        check_report(&reports->items[i], text);
        unknown += reports->items[i].is_authorized == FACT_UNKNOWN;
        external += reports->items[i].is_external;
    }
    HOLDS((size_t)budget->asked <= external, "%d questions for %zu external ones", budget->asked, external);
    HOLDS(unknown == 0 || budget->failed > 0, "%zu unknown, and nothing failed", unknown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct orgdomain *orgdomain;
    struct input input = input_of(data, size);
    char *line = input_line(&input), *text = input_line(&input), *answers = input_rest(&input);
    char domain[DOMAIN_MAX];
    struct dns *dns = fuzzdns_new();
    struct dns_budget budget = { .deadline_ms = INT64_MAX, .questions = 2 * DMARCREPORTS_MAX };
    struct dmarcreports reports;
    struct err err = { "" };

    if (orgdomain == NULL)
        orgdomain = orgdomain_new(&err);
    HOLDS(orgdomain != NULL, "%s", err.text);
    if (domain_normalize(line, domain) == 0) {
        fuzzdns_script(dns, answers);
        dmarcreports_check(dns, &budget, orgdomain, domain, text, &reports);
        check_reports(&reports, text, &budget);
        dmarcreports_clear(&reports);
    }
    dns_free(&dns);
    free(line);
    free(text);
    free(answers);
    return 0;
}
