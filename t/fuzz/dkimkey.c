/*
 * Fuzz target: DKIM key records.  Lines: selector, domain, algorithm, then the DNS's answers (fuzzdns.h).
 */
#include "config.h"

#include "lib/base/domain.h"
#include "lib/check/dkimkey.h"
#include "lib/check/taglist.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/fuzzdns.h"

#define RECORD_MAX 1025

static void normalize(const char *text, char domain_r[DOMAIN_MAX])
{
    if (domain_normalize(text, domain_r) < 0)
        domain_r[0] = '\0';
}

static void check_key(const struct dkimkey *key, const char *record, const struct dns_budget *budget)
{
    HOLDS((key->status == DKIMKEY_FOUND) == (key->reason == NULL), "status %d", key->status);
    if (key->reason != NULL)
        check_printable(key->reason, "reason");
    if (key->status == DKIMKEY_FOUND) {
        HOLDS(strlen(record) < RECORD_MAX, "too long a record");
        HOLDS(taglist_check(record, strlen(record)) == TAGLIST_GOOD, "a record that is none: %s", record);
    }
    HOLDS(budget->asked <= 1, "%d questions", budget->asked);
    HOLDS(budget->failed == 0 || key->status == DKIMKEY_TEMPFAIL, "a failure of the DNS became status %d", key->status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *line1 = input_line(&input), *line2 = input_line(&input), *algorithm = input_line(&input);
    char *answers = input_rest(&input), *record = xmalloc(RECORD_MAX);
    char selector[DOMAIN_MAX], domain[DOMAIN_MAX];
    struct dns *dns = fuzzdns_new();
    struct dns_budget budget = { .deadline_ms = INT64_MAX, .questions = 10 };

    normalize(line1, selector);
    normalize(line2, domain);
    fuzzdns_script(dns, answers);
    struct dkimkey key = dkimkey_fetch(dns, &budget, selector, domain, algorithm, record, RECORD_MAX);
    check_key(&key, record, &budget);
    dns_free(&dns);
    free(line1);
    free(line2);
    free(algorithm);
    free(answers);
    free(record);
    return 0;
}
