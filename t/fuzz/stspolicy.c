/*
 * Fuzz target: policies of MTA-STS.  A line with a host, then the policy.  What is taken, written anew, is the same
 * policy; and a host that is allowed is so by a pattern of its own or its parent's name.
 */
#include "config.h"

#include "lib/audit/stspolicy.h"
#include "lib/base/str.h"
#include "t/fuzz/fuzz.h"

static void check_mx(const struct stspolicy *policy)
{
    HOLDS(policy->n_mx <= STSPOLICY_MX_MAX, "%zu", policy->n_mx);
    for (size_t i = 0; i < policy->n_mx; i++) {
        const char *mx = policy->mx[i];
        HOLDS(mx[0] != '\0', "an empty pattern");
        check_normalized(strncmp(mx, "*.", 2) == 0 ? mx + 2 : mx);
    }
}

static void check_again(const struct stspolicy *policy)
{
    struct str text = STR_EMPTY;
    struct stspolicy again;

    str_addf(&text, "version: STSv1\r\nmode: %s\r\n", stspolicy_mode_name(policy->mode));
    for (size_t i = 0; i < policy->n_mx; i++)
        str_addf(&text, "mx: %s\r\n", policy->mx[i]);
    str_addf(&text, "max_age: %ld\r\n", policy->max_age);
    stspolicy_parse(str_get(&text), text.len, &again);
    HOLDS(again.state == STSPOLICY_GOOD, "%s", again.problem);
    HOLDS(again.mode == policy->mode && again.max_age == policy->max_age, "another policy");
    HOLDS(again.n_mx == policy->n_mx, "%zu", again.n_mx);
    for (size_t i = 0; i < policy->n_mx; i++)
        HOLDS(strcmp(again.mx[i], policy->mx[i]) == 0, "%s", policy->mx[i]);
    stspolicy_clear(&again);
    str_clear(&text);
}

static void check_host(const struct stspolicy *policy, const char *host)
{
    bool is_named = false;

    for (size_t i = 0; i < policy->n_mx; i++) {
        const char *mx = policy->mx[i], *dot = strchr(host, '.');
        is_named = is_named || strcmp(mx, host) == 0 || (mx[0] == '*' && dot != NULL && strcmp(mx + 2, dot + 1) == 0);
    }
    HOLDS(stspolicy_allows(policy, host) == is_named, "%s", host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *line = input_line(&input), host[DOMAIN_MAX];
    struct stspolicy policy;

    stspolicy_parse(input.at, input_left(&input), &policy);
    HOLDS(policy.state == STSPOLICY_GOOD || policy.state == STSPOLICY_INVALID, "%d", (int)policy.state);
    HOLDS((policy.problem[0] == '\0') == (policy.state == STSPOLICY_GOOD), "%s", policy.problem);
    check_printable(policy.problem, "problem");
    check_mx(&policy);
    if (policy.state == STSPOLICY_GOOD) {
        HOLDS(policy.max_age >= 0 && policy.max_age <= 31557600, "%ld", policy.max_age);
        HOLDS(policy.n_mx > 0 || policy.mode == STSPOLICY_NONE, "no mx");
        check_again(&policy);
    }
    if (domain_normalize(line, host) == 0)
        check_host(&policy, host);
    stspolicy_clear(&policy);
    free(line);
    return 0;
}
