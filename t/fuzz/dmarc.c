/*
 * Fuzz target: DMARC as a whole.  Lines: author domain; "RESULT DOMAIN" of SPF, of a first and a second signature; then
 * the DNS's answers (fuzzdns.h).  Only an aligned pass passes, and a failure of the DNS never makes a fail.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/check/dmarccheck.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/fuzzdns.h"

struct identifier {
    enum auth_result result;
    char *domain;
};

static struct identifier read_identifier(struct input *input)
{
    char *line = input_line(input), *rest = line;
    const char *word = strsep(&rest, " ");
    int result = auth_result_parse(word);
    struct identifier one = { result < 0 ? AUTH_PASS : (enum auth_result)result, xstrdup(rest == NULL ? "" : rest) };

    free(line);
    return one;
}

static void check_result(const struct dmarc_result *r, const struct spf_result *spf, const struct dkim_results *dkim,
                         const struct dns_budget *budget)
{
    bool is_aligned = spf->aligned && spf->result == AUTH_PASS;

    for (size_t i = 0; i < dkim->count; i++)
        is_aligned = is_aligned || (dkim->items[i].aligned && dkim->items[i].result == AUTH_PASS);
    HOLDS(r->result == AUTH_NONE || r->result == AUTH_PASS || r->result == AUTH_FAIL || r->result == AUTH_TEMPERROR ||
          r->result == AUTH_PERMERROR, "result %d", r->result);
    HOLDS(r->result != AUTH_PASS || is_aligned, "passes although nothing is aligned");
    HOLDS(r->result != AUTH_FAIL || !is_aligned, "fails although something passes aligned");
    HOLDS(r->result != AUTH_FAIL || budget->failed == 0, "fails although %s failed", budget->failed_name);
    HOLDS((r->spf_aligned || r->dkim_aligned) == is_aligned, "aligned %d and %d", r->spf_aligned, r->dkim_aligned);
    HOLDS(r->policy == DMARC_POLICY_ABSENT || r->record_domain[0] != '\0', "a policy from nowhere");
    HOLDS(budget->asked <= 16, "%d questions", budget->asked);
    check_normalized(r->author_domain);
    check_normalized(r->record_domain);
    check_normalized(r->org_domain);
    HOLDS(r->record_domain[0] == '\0' || domain_is_under(r->author_domain, r->record_domain), "the record of %s for %s",
          r->record_domain, r->author_domain);
    HOLDS(domain_is_under(r->author_domain, r->org_domain), "%s in %s", r->author_domain, r->org_domain);
}

static struct orgdomain *suffixes(void)
{
    static struct orgdomain *orgdomain;
    struct err err;

    if (orgdomain == NULL)
        orgdomain = orgdomain_new(&err);
    HOLDS(orgdomain != NULL, "%s", err.text);
    return orgdomain;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *author = input_line(&input), domain[DOMAIN_MAX];
    struct identifier ids[3];
    for (size_t i = 0; i < 3; i++)
        ids[i] = read_identifier(&input);
    char *answers = input_rest(&input), nothing[] = "", selector[] = "s1";
    struct spf_result spf = { .result = ids[0].result, .domain = ids[0].domain, .term = nothing };
    struct dkim_result signatures[2] = {
        { .result = ids[1].result, .domain = ids[1].domain, .selector = selector, .reason = nothing },
        { .result = ids[2].result, .domain = ids[2].domain, .selector = selector, .reason = nothing },
    };
    struct dkim_results dkim = { .items = signatures, .count = ids[1].domain[0] == '\0' ? 0 : 2 };
    struct dns *dns = fuzzdns_new();
    struct dns_budget budget = { .deadline_ms = INT64_MAX, .questions = 100 };
    struct dmarc_result result;
    struct findings findings = { 0 };

    fuzzdns_script(dns, answers);
    if (domain_normalize(author, domain) < 0)
        domain[0] = '\0';
    dmarccheck_run(dns, &budget, suffixes(), domain, &spf, 1, 1, &dkim, &result);
    check_result(&result, &spf, &dkim, &budget);
    dmarccheck_findings(&result, &spf, 1, &dkim, &findings);
    check_findings(&findings);
    findings_clear(&findings);
    dns_free(&dns);
    free(author);
    free(answers);
    for (size_t i = 0; i < 3; i++)
        free(ids[i].domain);
    return 0;
}
