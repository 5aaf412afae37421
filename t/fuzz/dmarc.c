/*
 * Fuzz target: DMARC as a whole.  Lines: author domain; "RESULT DOMAIN" of SPF, of a first and a second signature; then
 * the DNS's answers (fuzzdns.h).  Only an aligned pass passes, a failure of the DNS never makes a fail that it could
 * have prevented, and libopendmarc survives being asked.
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

/* Could it be aligned, as far as the walk from the author domain came? */
static bool may_align(const struct dmarc_reading *r, const char *author, enum auth_result result, const char *domain)
{
    const char *top = strrchr(author, '.');
    char normal[DOMAIN_MAX];

    if ((result != AUTH_PASS && result != AUTH_TEMPERROR) || domain_normalize(domain, normal) < 0)
        return false;
    return domain_is_under(normal, r->org_domain[0] != '\0' ? r->org_domain : top == NULL ? author : top + 1);
}

static void check_reading(const struct dmarc_result *result, const struct dmarc_reading *r)
{
    const char *author = result->author_domain;

    HOLDS(r->result == AUTH_NONE || r->result == AUTH_PASS || r->result == AUTH_FAIL || r->result == AUTH_TEMPERROR ||
          r->result == AUTH_PERMERROR, "result %d", r->result);
    HOLDS(r->result != AUTH_PASS || r->spf_aligned || r->dkim_aligned, "passes although nothing is aligned");
    HOLDS(r->result != AUTH_FAIL || !(r->spf_aligned || r->dkim_aligned), "fails although something passes aligned");
    HOLDS(r->result != AUTH_FAIL || r->policy != DMARC_POLICY_ABSENT, "fails without a policy");
    HOLDS(r->policy == DMARC_POLICY_ABSENT || r->record_domain[0] != '\0', "a policy from nowhere");
    check_normalized(r->record_domain);
    check_normalized(r->org_domain);
    HOLDS(r->record_domain[0] == '\0' || domain_is_under(author, r->record_domain), "the record of %s for %s",
          r->record_domain, author);
    HOLDS(r->org_domain[0] == '\0' || domain_is_under(author, r->org_domain), "%s in %s", author, r->org_domain);
}

static void check_result(const struct dmarc_result *r, const struct spf_result *spf, const struct dkim_results *dkim,
                         const struct dns_budget *budget)
{
    const struct dmarc_reading *reading = &r->rfc9989;
    bool is_aligned = spf->aligned && spf->result == AUTH_PASS;
    bool may_be = may_align(reading, r->author_domain, spf->result, spf->domain);

    for (size_t i = 0; i < dkim->count; i++) {
        is_aligned = is_aligned || (dkim->items[i].aligned && dkim->items[i].result == AUTH_PASS);
        may_be = may_be || may_align(reading, r->author_domain, dkim->items[i].result, dkim->items[i].domain);
    }
    check_normalized(r->author_domain);
    check_reading(r, &r->rfc9989);
    check_reading(r, &r->rfc7489);
    HOLDS(r->result == reading->result && r->policy == reading->policy, "not what RFC 9989 says");
    HOLDS(reading->record_domain[0] == '\0' || (reading->spf_aligned || reading->dkim_aligned) == is_aligned,
          "aligned %d and %d", reading->spf_aligned, reading->dkim_aligned);
    HOLDS(r->result != AUTH_FAIL || budget->failed == 0 || !may_be, "fails although %s failed", budget->failed_name);
    HOLDS(budget->asked <= 8 + 2 + 1 + 3 * 8, "%d questions", budget->asked);
}

static const struct dmarccheck *check_over(struct dns *dns)
{
    static struct dmarccheck check;
    static struct orgdomain *orgdomain;
    static struct dmarcopinion *opinion;
    struct err err = { "" };

    if (orgdomain == NULL) {
        orgdomain = orgdomain_new(&err);
        opinion = dmarcopinion_new(orgdomain_list_file());
    }
    HOLDS(orgdomain != NULL, "%s", err.text);
    check = (struct dmarccheck){ .dns = dns, .orgdomain = orgdomain, .opinion = opinion };
    return &check;
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
    dmarccheck_run(check_over(dns), &budget, domain, &spf, 1, 1, &dkim, &result);
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
