/*
 * The sending addresses and the HELO name; see egresscheck.h.  The questions of all addresses overlap: PTR records are
 * asked for all at once, then the addresses of all names.
 */
#include "config.h"

#include "lib/check/egresscheck.h"
#include "lib/base/mem.h"
#include "lib/dns/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum dns_type address_type(const struct ip_addr *address)
{
    return address->family == AF_INET ? DNS_A : DNS_AAAA;
}

static size_t at_most(size_t n, size_t max)
{
    return n < max ? n : max;
}

void egresscheck_prefetch(struct dns *dns, const struct ip_addr *addresses, size_t n, const char *helo)
{
    char name[DOMAIN_MAX];

    dns_prefetch(dns, helo, DNS_A);
    dns_prefetch(dns, helo, DNS_AAAA);
    for (size_t i = 0; i < n; i++) {
        record_reverse_name(&addresses[i], name);
        dns_prefetch(dns, name, DNS_PTR);
    }
}

/* --- one question each ---------------------------------------------------------------- */

static const struct dns_answer *ask_ptr(struct dns *dns, struct dns_budget *budget, const struct ip_addr *address)
{
    char name[DOMAIN_MAX];

    record_reverse_name(address, name);
    return dns_lookup(dns, name, DNS_PTR, budget);
}

/* Has the name an address, and this one? */
static enum fact_value has_address(struct dns *dns, struct dns_budget *budget, const char *name,
                                   const struct ip_addr *address)
{
    enum dns_type type = address_type(address);
    const struct dns_answer *answer = dns_lookup(dns, name, type, budget);
    bool is_there = false;

    for (size_t i = 0; i < answer->count && !is_there; i++) {
        struct ip_addr one;
        is_there = record_addr(answer, i, type, &one) == 0 && ip_is_equal(&one, address);
    }
    enum fact_value value = fact_seen(is_there, !dns_is_answered(answer->status));
    dns_answer_unref(answer);
    return value;
}

/* --- PTR records ------------------------------------------------------------------------ */

/* Waits for the PTR records, and starts the questions that their names give, as many as the budget has. */
static void take_ptr(struct dns *dns, struct dns_budget *budget, struct egress_address *about, int *prefetched)
{
    const struct dns_answer *answer = ask_ptr(dns, budget, &about->address);
    char name[DOMAIN_MAX];

    about->ptr = fact_seen(answer->status == DNS_OK, !dns_is_answered(answer->status));
    for (size_t i = 0; i < at_most(answer->count, EGRESSCHECK_NAMES_MAX); i++) {
        if (record_ptr(answer, i, name) < 0)
            continue;
        if (about->name[0] == '\0')
            snprintf(about->name, sizeof(about->name), "%s", name);
        if ((*prefetched)++ < budget->questions)
            dns_prefetch(dns, name, address_type(&about->address));
    }
    dns_answer_unref(answer);
}

/* Of more names than are looked at, another may be the one. */
static enum fact_value confirm(struct dns *dns, struct dns_budget *budget, const struct ip_addr *address)
{
    const struct dns_answer *answer = ask_ptr(dns, budget, address);
    bool is_unknown_left = !dns_is_answered(answer->status) || answer->count > EGRESSCHECK_NAMES_MAX;
    enum fact_value some = fact_seen(false, is_unknown_left);
    char name[DOMAIN_MAX];

    for (size_t i = 0; i < at_most(answer->count, EGRESSCHECK_NAMES_MAX) && some != FACT_TRUE; i++) {
        if (record_ptr(answer, i, name) == 0)
            some = fact_or(some, has_address(dns, budget, name, address));
    }
    dns_answer_unref(answer);
    return some;
}

static void check_addresses(struct dns *dns, struct dns_budget *budget, struct egress_result *result)
{
    int prefetched = 0;

    for (size_t i = 0; i < result->n_addresses; i++)
        take_ptr(dns, budget, &result->addresses[i], &prefetched);
    for (size_t i = 0; i < result->n_addresses; i++) {
        struct egress_address *about = &result->addresses[i];
        about->fcrdns = about->ptr == FACT_TRUE ? confirm(dns, budget, &about->address) : about->ptr;
    }
}

/* --- HELO ------------------------------------------------------------------------------- */

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A label of a host name (RFC 1123 section 2.1); *end_r: after it. */
static bool is_label(const char *text, const char **end_r)
{
    size_t len = 0;

    while (is_alnum(text[len]) || text[len] == '-')
        len++;
    *end_r = text + len;
    return len > 0 && len <= 63 && text[0] != '-' && text[len - 1] != '-';
}

/* With a last label of digits it would be an address. */
static bool is_full_host_name(const char *name)
{
    const char *end, *last = name;
    int labels = 1;

    while (is_label(last, &end) && *end == '.') {
        last = end + 1;
        labels++;
    }
    return is_label(last, &end) && *end == '\0' && labels > 1 && last[strspn(last, "0123456789")] != '\0';
}

static enum fact_value has_any_address(struct dns *dns, struct dns_budget *budget, const char *name)
{
    static const enum dns_type types[] = { DNS_A, DNS_AAAA };
    enum fact_value some = FACT_FALSE;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct dns_answer *answer = dns_lookup(dns, name, types[i], budget);
        some = fact_or(some, fact_seen(answer->status == DNS_OK, !dns_is_answered(answer->status)));
        dns_answer_unref(answer);
    }
    return some;
}

static void check_helo(struct dns *dns, struct dns_budget *budget, struct egress_result *result)
{
    result->is_helo_valid = is_full_host_name(result->helo);
    result->helo_resolves = has_any_address(dns, budget, result->helo);
    for (size_t i = 0; i < result->n_addresses; i++)
        result->addresses[i].helo = has_address(dns, budget, result->helo, &result->addresses[i].address);
}

void egresscheck_run(struct dns *dns, struct dns_budget *budget, const struct ip_addr *addresses, size_t n,
                     bool is_incomplete, const char *helo, struct egress_result *result_r)
{
    *result_r = (struct egress_result){
        .addresses = xcalloc(n, sizeof(*result_r->addresses)),
        .n_addresses = n,
        .is_incomplete = is_incomplete,
    };
    snprintf(result_r->helo, sizeof(result_r->helo), "%s", helo);
    for (size_t i = 0; i < n; i++)
        result_r->addresses[i].address = addresses[i];
    egresscheck_prefetch(dns, addresses, at_most(n, (size_t)budget->questions), helo);
    check_addresses(dns, budget, result_r);
    check_helo(dns, budget, result_r);
}

void egress_result_clear(struct egress_result *result)
{
    free(result->addresses);
    *result = (struct egress_result){ 0 };
}

/* --- findings ------------------------------------------------------------------------------ */

static void add_address_findings(const struct egress_result *result, const struct egress_address *about,
                                 struct findings *findings)
{
    char address[IP_TEXT_MAX];

    ip_format(&about->address, address);
    if (about->ptr == FACT_FALSE)
        findings_add(findings, FINDING_PTR_MISSING, address, result->helo, NULL);
    else if (about->fcrdns == FACT_FALSE)
        findings_add(findings, FINDING_PTR_MISMATCH, address, result->helo, about->name);
    if (about->helo == FACT_FALSE && result->helo_resolves == FACT_TRUE)
        findings_add(findings, FINDING_HELO_MISMATCH, address, result->helo, NULL);
}

void egresscheck_findings(const struct egress_result *result, struct findings *findings)
{
    for (size_t i = 0; i < result->n_addresses; i++)
        add_address_findings(result, &result->addresses[i], findings);
    if (!result->is_helo_valid)
        findings_add(findings, FINDING_HELO_INVALID, result->helo, NULL, NULL);
    else if (result->helo_resolves == FACT_FALSE)
        findings_add(findings, FINDING_HELO_UNRESOLVABLE, result->helo, NULL, NULL);
}
