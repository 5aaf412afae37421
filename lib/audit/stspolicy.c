/*
 * Policies of MTA-STS; see stspolicy.h.
 */
#include "config.h"

#include "lib/audit/stspolicy.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/span.h"
#include "lib/dns/record.h"

#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HTTPS_PORT 443
#define MAX_AGE_MAX 31557600L       /* seconds: a year (section 3.2) */
#define MAX_AGE_DIGITS 10
#define NAME_MAX_LENGTH 32          /* of a field */
#define TIMEOUT_MS_MAX 5000
#define ADDRESSES_MAX 8

const char *stspolicy_state_name(enum stspolicy_state state)
{
    static const char *const names[] = { "", "unknown", "missing", "invalid", "good" };

    assert(state <= STSPOLICY_GOOD);
    return names[state];
}

static const char *const mode_names[] = { "none", "testing", "enforce" };

const char *stspolicy_mode_name(enum stspolicy_mode mode)
{
    assert(mode <= STSPOLICY_ENFORCE);
    return mode_names[mode];
}

/* --- parsing ----------------------------------------------------------------------------------- */

struct parse {
    struct stspolicy *policy;
    int line;
    bool has_version, has_mode, has_max_age;
};

static void refuse(struct parse *parse, const char *why)
{
    struct stspolicy *policy = parse->policy;

    if (policy->problem[0] == '\0')
        snprintf(policy->problem, sizeof(policy->problem), "line %d %s", parse->line, why);
}

static void take_version(struct parse *parse, struct span value)
{
    if (!parse->has_version && !span_is(value, "STSv1"))
        refuse(parse, "has another version than STSv1");
    parse->has_version = true;
}

static void take_mode(struct parse *parse, struct span value)
{
    bool is_known = parse->has_mode;

    for (int mode = STSPOLICY_NONE; mode <= STSPOLICY_ENFORCE && !is_known; mode++) {
        if (span_is(value, mode_names[mode])) {
            parse->policy->mode = (enum stspolicy_mode)mode;
            is_known = true;
        }
    }
    if (!is_known)
        refuse(parse, "has a mode that is none of enforce, testing and none");
    parse->has_mode = true;
}

static void take_max_age(struct parse *parse, struct span value)
{
    long seconds = 0;
    bool is_number = value.len > 0 && value.len <= MAX_AGE_DIGITS;

    for (size_t i = 0; i < value.len && is_number; i++) {
        is_number = isdigit((unsigned char)value.at[i]);
        seconds = seconds * 10 + (value.at[i] - '0');
    }
    if (!parse->has_max_age && (!is_number || seconds > MAX_AGE_MAX))
        refuse(parse, "has a max_age that is not a number of seconds up to 31557600");
    else if (!parse->has_max_age)
        parse->policy->max_age = seconds;
    parse->has_max_age = true;
}

static void take_mx(struct parse *parse, struct span value)
{
    struct stspolicy *policy = parse->policy;
    char text[DOMAIN_MAX + 2], domain[DOMAIN_MAX];
    bool is_wild = span_skip(&value, "*.");

    span_copy(value, text, sizeof(text));
    if (value.len >= sizeof(text) || value.len == 0 || value.at[value.len - 1] == '.' ||
        memchr(value.at, '\0', value.len) != NULL || domain_normalize(text, domain) < 0) {
        refuse(parse, "has an mx that is neither a host name nor one with *. before it");
        return;
    }
    if (policy->n_mx == STSPOLICY_MX_MAX) {
        policy->is_cut = true;
        return;
    }
    if (policy->mx == NULL)
        policy->mx = xcalloc(STSPOLICY_MX_MAX, sizeof(*policy->mx));
    snprintf(policy->mx[policy->n_mx++], sizeof(*policy->mx), "%s%s", is_wild ? "*." : "", domain);
}

static struct span trim_end(struct span span)
{
    while (span.len > 0 && (span.at[span.len - 1] == ' ' || span.at[span.len - 1] == '\t'))
        span.len--;
    return span;
}

/* A letter or digit, then also "_", "-" and ".". */
static bool is_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!isalnum((unsigned char)name.at[i]) && (i == 0 || name.at[i] == '\0' || strchr("_-.", name.at[i]) == NULL))
            return false;
    }
    return name.len > 0 && name.len <= NAME_MAX_LENGTH;
}

static bool is_text(struct span value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (iscntrl((unsigned char)value.at[i]))
            return false;
    }
    return value.len > 0;
}

static void take_line(struct parse *parse, struct span line)
{
    static const struct { const char *name; void (*take)(struct parse *, struct span); } fields[] = {
        { "version", take_version }, { "mode", take_mode }, { "max_age", take_max_age }, { "mx", take_mx },
    };
    struct span name, value = trim_end(line);

    if (value.len == 0)
        return;
    if (!span_cut(&value, ':', &name) || !is_name(name)) {
        refuse(parse, "is not of the form name: value");
        return;
    }
    while (value.len > 0 && (*value.at == ' ' || *value.at == '\t')) {
        value.at++;
        value.len--;
    }
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (span_is(name, fields[i].name)) {
            fields[i].take(parse, value);
            return;
        }
    }
    if (!is_text(value))
        refuse(parse, "has no value, or a control character in it");
}

static void judge(struct parse *parse)
{
    struct stspolicy *policy = parse->policy;
    const char *lack = !parse->has_version ? "version" : !parse->has_mode ? "mode" : !parse->has_max_age ? "max_age"
                     : policy->n_mx == 0 && policy->mode != STSPOLICY_NONE ? "mx" : NULL;

    if (policy->problem[0] == '\0' && lack != NULL)
        snprintf(policy->problem, sizeof(policy->problem), "it has no %s", lack);
    policy->state = policy->problem[0] == '\0' ? STSPOLICY_GOOD : STSPOLICY_INVALID;
}

void stspolicy_parse(const char *text, size_t len, struct stspolicy *policy_r)
{
    struct span rest = { text, len }, line;
    struct parse parse = { .policy = policy_r };

    *policy_r = (struct stspolicy){ .state = STSPOLICY_GOOD };
    for (bool is_last = false; !is_last;) {
        is_last = !span_cut(&rest, '\n', &line);
        if (is_last)
            line = rest;
        else if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        parse.line++;
        take_line(&parse, line);
    }
    judge(&parse);
}

void stspolicy_clear(struct stspolicy *policy)
{
    free(policy->mx);
    *policy = (struct stspolicy){ .state = STSPOLICY_NOT_ASKED };
}

bool stspolicy_allows(const struct stspolicy *policy, const char *host)
{
    const char *dot = strchr(host, '.');

    for (size_t i = 0; i < policy->n_mx; i++) {
        const char *mx = policy->mx[i];
        if (strcmp(mx, host) == 0 || (strncmp(mx, "*.", 2) == 0 && dot != NULL && strcmp(mx + 1, dot) == 0))
            return true;
    }
    return false;
}

/* --- asking ------------------------------------------------------------------------------------- */

static enum stspolicy_state find_addresses(struct dns *dns, struct dns_budget *budget, const char *host,
                                           struct ip_addr *addresses_r, size_t *n_r)
{
    static const enum dns_type types[] = { DNS_A, DNS_AAAA };
    bool is_answered = true;

    *n_r = 0;
    for (size_t t = 0; t < 2; t++)
        dns_prefetch(dns, host, types[t]);
    for (size_t t = 0; t < 2; t++) {
        const struct dns_answer *answer = dns_lookup(dns, host, types[t], budget);
        is_answered = is_answered && dns_is_answered(answer->status);
        for (size_t i = 0; i < answer->count && *n_r < ADDRESSES_MAX; i++)
            *n_r += record_addr(answer, i, types[t], &addresses_r[*n_r]) == 0;
        dns_answer_unref(answer);
    }
    return *n_r > 0 ? STSPOLICY_GOOD : is_answered ? STSPOLICY_MISSING : STSPOLICY_UNKNOWN;
}

static void fetch(const struct stspolicy_server *server, const struct stspolicy_means *means,
                  struct stspolicy *policy_r)
{
    struct stspolicy_answer answer = { .state = STSPOLICY_UNKNOWN };

    means->fetch(server, &answer);
    if (answer.state == STSPOLICY_GOOD)
        stspolicy_parse(str_get(&answer.text), answer.text.len, policy_r);
    else
        *policy_r = (struct stspolicy){ .state = answer.state };
    if (answer.state != STSPOLICY_GOOD)
        snprintf(policy_r->problem, sizeof(policy_r->problem), "%s", answer.problem);
    str_clear(&answer.text);
}

void stspolicy_look_up(struct dns *dns, struct dns_budget *budget, const struct stspolicy_means *means,
                       const char *domain, struct stspolicy *policy_r)
{
    struct ip_addr addresses[ADDRESSES_MAX];
    char host[DOMAIN_MAX + 16];
    size_t n;

    snprintf(host, sizeof(host), "mta-sts.%s", domain);
    *policy_r = (struct stspolicy){ .state = find_addresses(dns, budget, host, addresses, &n) };
    int64_t left = budget->deadline_ms - clock_ms();
    if (policy_r->state == STSPOLICY_MISSING) {
        snprintf(policy_r->problem, sizeof(policy_r->problem), "the host %.200s does not exist", host);
    } else if (policy_r->state == STSPOLICY_UNKNOWN) {
        snprintf(policy_r->problem, sizeof(policy_r->problem), "the DNS did not answer for %.200s", host);
    } else if (left <= 0) {
        policy_r->state = STSPOLICY_UNKNOWN;
        snprintf(policy_r->problem, sizeof(policy_r->problem), "no time was left to fetch it");
    } else {
        fetch(&(struct stspolicy_server){
                  .host = host, .addresses = addresses, .n_addresses = n,
                  .port = means->port == 0 ? HTTPS_PORT : means->port, .ca_file = means->ca_file,
                  .timeout_ms = left < TIMEOUT_MS_MAX ? (int)left : TIMEOUT_MS_MAX,
              }, means, policy_r);
    }
}
