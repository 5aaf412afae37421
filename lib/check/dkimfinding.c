/*
 * What the results of a message's signatures come to: one word, and findings; see dkimcheck.h.  Knows no libopendkim.
 */
#include "config.h"

#include "lib/check/dkimcheck.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RSA_BITS_RECOMMENDED 2048           /* RFC 8301 section 3.2 */
#define DELIVERY_SECONDS (5 * 24 * 3600)    /* RFC 5321 section 4.5.4.1: how long a queue tries */

void dkim_results_clear(struct dkim_results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        free(results->items[i].domain);
        free(results->items[i].selector);
        free(results->items[i].algorithm);
        free(results->items[i].canonicalization);
        free(results->items[i].reason);
        free(results->items[i].identity);
        dkim_names_clear(&results->items[i].key_flags);
        dkim_coverage_clear(&results->items[i].coverage);
    }
    free(results->items);
    *results = (struct dkim_results){ .items = NULL };
}

static bool has_result(const struct dkim_results *results, enum auth_result result)
{
    for (size_t i = 0; i < results->count; i++) {
        if (results->items[i].result == result)
            return true;
    }
    return false;
}

enum auth_result dkim_results_overall(const struct dkim_results *results)
{
    if (results->count == 0 && results->skipped == 0)
        return AUTH_NONE;
    if (has_result(results, AUTH_PASS))
        return AUTH_PASS;
    if (has_result(results, AUTH_TEMPERROR) || results->skipped > 0)
        return AUTH_TEMPERROR;
    return results->items[0].result;
}

static bool is_ed25519(const struct dkim_result *item)
{
    return strncmp(item->algorithm, "ed25519-", 8) == 0;
}

/* The name of the key where it has one. */
static char *subject_of(const struct dkim_result *item)
{
    if (item->selector[0] == '\0' || item->domain[0] == '\0')
        return xstrdup(item->domain);
    return xasprintf("%s._domainkey.%s", item->selector, item->domain);
}

static void add(struct findings *findings, enum finding_id id, const char *subject, const char *domain, char *detail)
{
    findings_add(findings, id, subject, domain, detail);
    free(detail);
}

/* What the finding's own text does not say. */
static char *detail_of(const struct dkim_result *item)
{
    if (item->finding == FINDING_DKIM_WEAK_KEY)
        return xasprintf("%d bits", item->key_bits);
    if (item->finding == FINDING_DKIM_SHA1 || item->finding == FINDING_DKIM_KEY_REVOKED)
        return NULL;
    return xstrdup(item->reason);
}

static char *describe_time(int64_t seconds)
{
    bool is_short = seconds < 2 * 3600;

    return xasprintf("in %lld %s", (long long)seconds / (is_short ? 60 : 3600), is_short ? "minutes" : "hours");
}

/* Of a signature that passes: what may yet go wrong with it. */
static void find_weakness(const struct dkim_result *item, const char *subject, const char *domain,
                          struct findings *findings)
{
    int64_t left = item->expires - (int64_t)time(NULL);

    if (!is_ed25519(item) && item->key_bits > 0 && item->key_bits < RSA_BITS_RECOMMENDED)
        add(findings, FINDING_DKIM_SHORT_KEY, subject, domain, xasprintf("%d bits", item->key_bits));
    if (item->is_length_limited)
        findings_add(findings, FINDING_DKIM_LENGTH_LIMITED, subject, domain, NULL);
    if (item->expires > 0 && left < DELIVERY_SECONDS)
        add(findings, FINDING_DKIM_EXPIRES_SOON, subject, domain, describe_time(left));
}

static void find_in_signature(const struct dkim_result *item, const char *author_domain, struct findings *findings)
{
    char *subject = subject_of(item);
    const char *domain = author_domain[0] == '\0' ? item->domain : author_domain;

    if (item->result == AUTH_PASS)
        find_weakness(item, subject, domain, findings);
    else
        add(findings, item->finding, subject, domain, detail_of(item));
    if (item->is_testing)
        findings_add(findings, FINDING_DKIM_TESTING, subject, domain, NULL);
    free(subject);
}

/* A second signature, of a service that sends for the author, need not be aligned where another one is. */
static void find_in_passing(const struct dkim_results *results, const char *author_domain, struct findings *findings)
{
    bool has_rsa = false, has_aligned = false;

    for (size_t i = 0; i < results->count; i++) {
        const struct dkim_result *item = &results->items[i];
        has_rsa |= item->result == AUTH_PASS && !is_ed25519(item);
        has_aligned |= item->result == AUTH_PASS && item->aligned;
    }
    for (size_t i = 0; i < results->count; i++) {
        const struct dkim_result *item = &results->items[i];
        char *subject = subject_of(item);
        if (item->result == AUTH_PASS && !has_rsa)
            findings_add(findings, FINDING_DKIM_ED25519_ONLY, subject, author_domain, NULL);
        if (item->result == AUTH_PASS && !has_aligned && author_domain[0] != '\0')
            findings_add(findings, FINDING_DKIM_NOT_ALIGNED, subject, author_domain, NULL);
        free(subject);
    }
}

void dkimcheck_findings(const struct dkim_results *results, const char *author_domain, struct findings *findings)
{
    bool is_lost = results->is_copy && results->count == 0 && results->skipped > 0;

    if (is_lost)
        findings_add(findings, FINDING_DKIM_RETURNED, author_domain, author_domain, "none came back with it");
    else if (results->count == 0)
        findings_add(findings, FINDING_DKIM_NONE, author_domain, author_domain, NULL);
    for (size_t i = 0; i < results->count; i++)
        find_in_signature(&results->items[i], author_domain, findings);
    find_in_passing(results, author_domain, findings);
    if (results->skipped > 0 && !is_lost) {
        add(findings, FINDING_DKIM_TOO_MANY, author_domain, author_domain,
            xasprintf("%zu of %zu", results->count, results->count + results->skipped));
    }
}

static char *join(const struct dkim_names *names)
{
    struct str text = STR_EMPTY;

    for (size_t i = 0; i < names->count; i++)
        str_addf(&text, "%s%s", i > 0 ? ", " : "", names->items[i]);
    return str_steal(&text);
}

void dkimcheck_open_findings(const struct dkim_results *results, const char *author_domain, struct findings *findings)
{
    for (size_t i = 0; i < results->count; i++) {
        const struct dkim_result *item = &results->items[i];
        if (item->result != AUTH_PASS)
            continue;
        char *subject = subject_of(item);
        const char *domain = author_domain[0] == '\0' ? item->domain : author_domain;
        if (item->coverage.uncovered.count > 0)
            add(findings, FINDING_DKIM_HEADER_UNSIGNED, subject, domain, join(&item->coverage.uncovered));
        if (item->coverage.addable.count > 0)
            add(findings, FINDING_DKIM_NOT_OVERSIGNED, subject, domain, join(&item->coverage.addable));
        free(subject);
    }
}
