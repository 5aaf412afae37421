/*
 * Fuzz target: the whole SPF evaluator, libspf2's opinion and the lint.  Lines: client, HELO, MAIL FROM, then the DNS's
 * answers (fuzzdns.h).  The limits of RFC 7208 section 4.6.4 hold, only a DNS failure gives temperror, waiting changes
 * no answer; libspf2 stays within its lookups and never differs without a reason.
 */
#include "config.h"

#include "lib/check/spfcheck.h"
#include "lib/check/spflint.h"
#include "lib/check/spfopinion.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/fuzzdns.h"

#include <time.h>

#define QUESTIONS_MAX 500       /* far beyond what an evaluation may ask */

struct evaluation {
    struct dns *dns;
    struct ip_addr client;
    enum spf_identity identity;
    const char *helo, *mailfrom;
};

static struct dns_budget run(const struct evaluation *e, bool no_wait, struct spf_result *result_r)
{
    struct dns_budget budget = { .deadline_ms = INT64_MAX, .questions = QUESTIONS_MAX, .no_wait = no_wait };

    spfcheck_run(e->dns, &budget, &e->client, e->identity, e->helo, e->mailfrom, "mx.example.com", result_r);
    HOLDS(budget.asked < QUESTIONS_MAX / 2, "%d questions", budget.asked);
    return budget;
}

static void check_texts(const struct spf_result *r)
{
    HOLDS(r->domain != NULL && r->record_domain != NULL && r->problem != NULL, "a text is missing");
    check_printable(r->term, "term");
    check_printable(r->explanation, "explanation");
    for (size_t i = 0; i < r->n_steps; i++) {
        HOLDS(r->steps[i].domain != NULL && r->steps[i].text != NULL, "a text of step %zu is missing", i);
        check_printable(r->steps[i].term, "term of a step");
        HOLDS(r->steps[i].depth >= 0 && r->steps[i].depth <= SPF_MAX_LOOKUPS + 1, "depth %d", r->steps[i].depth);
        HOLDS(i == 0 || (r->steps[i].lookups >= r->steps[i - 1].lookups &&
              r->steps[i].void_lookups >= r->steps[i - 1].void_lookups), "counts went down at step %zu", i);
    }
}

static void check_result(const struct spf_result *r, const struct dns_budget *budget)
{
    bool is_error = r->result == AUTH_TEMPERROR || r->result == AUTH_PERMERROR;

    HOLDS(r->result != AUTH_POLICY && r->result < AUTH_RESULT_COUNT, "result %d", r->result);
    HOLDS(r->lookups >= 0 && r->lookups <= SPF_MAX_LOOKUPS + 1, "%d lookups", r->lookups);
    HOLDS(r->void_lookups >= 0 && r->void_lookups <= SPF_MAX_VOID_LOOKUPS + 1, "%d void lookups", r->void_lookups);
    HOLDS(r->lookups <= SPF_MAX_LOOKUPS || r->result == AUTH_PERMERROR, "%s", auth_result_name(r->result));
    HOLDS(r->void_lookups <= SPF_MAX_VOID_LOOKUPS || r->result == AUTH_PERMERROR, "%s", auth_result_name(r->result));
    HOLDS((r->lookups > SPF_MAX_LOOKUPS) == ((r->flags & SPF_FLAG_TOO_MANY_LOOKUPS) != 0), "flags %u", r->flags);
    HOLDS((r->void_lookups > SPF_MAX_VOID_LOOKUPS) == ((r->flags & SPF_FLAG_VOID_LOOKUPS) != 0), "flags %u", r->flags);
    HOLDS(is_error == (r->problem[0] != '\0'), "%s: '%s'", auth_result_name(r->result), r->problem);
    HOLDS(r->result == AUTH_FAIL || r->explanation[0] == '\0', "%s: '%s'", auth_result_name(r->result), r->explanation);
    HOLDS(r->result != AUTH_TEMPERROR || budget->failed > 0, "temperror although nothing failed: %s", r->problem);
    check_texts(r);
}

/* An explanation may tell the second it is written in (%{t}). */
static void check_same(const struct spf_result *a, const struct spf_result *b, bool is_same_second)
{
    HOLDS(a->result == b->result && a->lookups == b->lookups && a->void_lookups == b->void_lookups &&
          a->ttl == b->ttl && a->flags == b->flags && a->n_steps == b->n_steps, "%s (%s), then %s (%s)",
          auth_result_name(a->result), a->problem, auth_result_name(b->result), b->problem);
    HOLDS(strcmp(a->term, b->term) == 0 && strcmp(a->record_domain, b->record_domain) == 0 &&
          strcmp(a->problem, b->problem) == 0, "texts differ");
    HOLDS(!is_same_second || strcmp(a->explanation, b->explanation) == 0, "explanations differ");
}

static void ask_libspf2(const struct evaluation *e, struct spf_result *r)
{
    struct dns_budget budget = { .deadline_ms = INT64_MAX, .questions = QUESTIONS_MAX };

    spfopinion_ask(e->dns, &budget, e->helo, e->mailfrom, r);
    HOLDS(budget.asked <= SPFOPINION_LOOKUPS && budget.failed == 0, "%d lookups", budget.asked);
    HOLDS(r->libspf2.is_known || r->libspf2.reason == NULL, "no opinion, but a reason");
    if (!r->libspf2.is_known)
        return;
    HOLDS(r->libspf2.result < AUTH_RESULT_COUNT && r->result != AUTH_TEMPERROR, "%d", r->libspf2.result);
    HOLDS((r->libspf2.result == r->result) == (r->libspf2.reason == NULL), "%s and %s: %s",
          auth_result_name(r->result), auth_result_name(r->libspf2.result), r->libspf2.reason);
    if (r->libspf2.reason != NULL)
        check_printable(r->libspf2.reason, "reason");
}

static void lint(const struct evaluation *e, const struct spf_result *r, struct findings *findings)
{
    struct dns_budget budget = { .deadline_ms = INT64_MAX, .questions = QUESTIONS_MAX };

    spflint_run(e->dns, &budget, r->domain, findings);
    HOLDS(budget.asked <= SPFLINT_QUESTIONS && budget.failed == 0, "%d lookups", budget.asked);
}

/* First without waiting, which decides nothing where an answer is missing; then as often as one likes. */
static void evaluate(const struct evaluation *e)
{
    struct spf_result first, second, third;
    struct findings findings = { 0 };
    time_t start = time(NULL);

    fuzzdns_set_slow(e->dns, true);
    struct dns_budget budget = run(e, true, &first);
    bool is_final = budget.pending == 0;
    fuzzdns_set_slow(e->dns, false);
    budget = run(e, false, &second);
    check_result(&second, &budget);
    run(e, false, &third);
    bool is_same_second = time(NULL) == start;
    if (is_final)
        check_same(&first, &second, is_same_second);
    check_same(&second, &third, is_same_second);
    ask_libspf2(e, &second);
    spfcheck_findings(&second, e->identity == SPF_HELO, &findings);
    lint(e, &second, &findings);
    check_findings(&findings);
    findings_clear(&findings);
    spf_result_clear(&first);
    spf_result_clear(&second);
    spf_result_clear(&third);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *client = input_line(&input), *helo = input_line(&input), *mailfrom = input_line(&input);
    char *answers = input_rest(&input);
    struct evaluation e = { .dns = fuzzdns_new(), .helo = helo, .mailfrom = mailfrom };

    e.identity = client[0] == 'h' ? SPF_HELO : SPF_MAILFROM;
    if (ip_parse(client + (e.identity == SPF_HELO), &e.client) < 0)
        ip_parse("192.0.2.1", &e.client);
    fuzzdns_script(e.dns, answers);
    evaluate(&e);
    dns_free(&e.dns);
    free(client);
    free(helo);
    free(mailfrom);
    free(answers);
    return 0;
}
