/*
 * The mechanisms of RFC 7208 section 5, one function each, and the questions they will ask; see spfeval.h.
 * A term counts as one void lookup however many of its questions come back empty: section 4.6.4 limits the terms.
 */
#include "config.h"

#include "lib/check/spfeval.h"
#include "lib/dns/record.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static enum dns_type address_type(const struct spfeval *eval)
{
    return eval->env.client->family == AF_INET6 ? DNS_AAAA : DNS_A;
}

static void add_found(struct spfeval *eval, const char *text)
{
    if (eval->found.len > 1000)
        return;
    if (eval->found.len > 0)
        str_addc(&eval->found, ' ');
    str_add(&eval->found, text);
}

/* spfeval_ask for a term: empty answers are counted, failures explained. */
static enum spfmatch ask(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term,
                         const char *name, enum dns_type type, const struct dns_answer **answer_r)
{
    enum dns_status status;
    enum spfmatch match = spfeval_ask(eval, name, type, answer_r, &status);

    if (match == SPFMATCH_TEMPERROR && type != DNS_PTR)
        spfeval_problem(eval, frame, term->text, "%s of %s: %s", dns_type_name(type), name, dns_status_name(status));
    if (match != SPFMATCH_NO || eval->is_term_void)
        return match;
    eval->is_term_void = true;
    add_found(eval, dns_status_name(status));
    if (++eval->result->void_lookups <= SPF_MAX_VOID_LOOKUPS)
        return match;
    eval->result->flags |= SPF_FLAG_VOID_LOOKUPS;
    spfeval_problem(eval, frame, term->text, "more than %d void lookups", SPF_MAX_VOID_LOOKUPS);
    return SPFMATCH_PERMERROR;
}

/* Is the client one of the answer's addresses, or in a network of the given size around one? */
static bool has_client(struct spfeval *eval, const struct dns_answer *answer, int prefix)
{
    enum dns_type type = address_type(eval);
    bool is_found = false;

    for (size_t i = 0; i < answer->count; i++) {
        struct ip_addr addr;
        char text[IP_TEXT_MAX];
        if (record_addr(answer, i, type, &addr) < 0)
            continue;
        ip_format(&addr, text);
        add_found(eval, text);
        is_found = is_found || ip_is_in(eval->env.client, &addr, prefix);
    }
    return is_found;
}

static int prefix_of(const struct spfeval *eval, const struct spfterm *term)
{
    return eval->env.client->family == AF_INET6 ? term->prefix6 : term->prefix4;
}

static enum spfmatch match_address(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term,
                                   const char *name)
{
    const struct dns_answer *answer;
    enum spfmatch match = ask(eval, frame, term, name, address_type(eval), &answer);

    if (match != SPFMATCH_YES)
        return match;
    match = has_client(eval, answer, prefix_of(eval, term)) ? SPFMATCH_YES : SPFMATCH_NO;
    dns_answer_unref(answer);
    return match;
}

/* Section 5.3 */
static enum spfmatch match_a(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term)
{
    char name[DOMAIN_MAX];

    if (spfterm_target(eval, frame, term, name) < 0)
        return SPFMATCH_NO;
    return match_address(eval, frame, term, name);
}

struct host {
    int preference;
    char name[DOMAIN_MAX];
};

static int compare_hosts(const void *a, const void *b)
{
    const struct host *x = a, *y = b;

    return x->preference != y->preference ? x->preference - y->preference : strcmp(x->name, y->name);
}

/*
 * The hosts of an MX answer, one after the other; all are asked for at once.  Sorted, since an answer has its records
 * in any order, and on the order depends which void lookups and which failures are met before a match.
 */
static enum spfmatch match_hosts(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term,
                                 const struct dns_answer *answer)
{
    struct host hosts[SPF_MAX_NAMES];
    size_t n = 0;

    for (size_t i = 0; i < answer->count; i++) {
        if (record_mx(answer, i, &hosts[n].preference, hosts[n].name) == 0 && hosts[n].name[0] != '\0')
            dns_prefetch(eval->dns, hosts[n++].name, address_type(eval));
    }
    qsort(hosts, n, sizeof(hosts[0]), compare_hosts);
    for (size_t i = 0; i < n; i++) {
        add_found(eval, hosts[i].name);
        enum spfmatch match = match_address(eval, frame, term, hosts[i].name);
        if (match != SPFMATCH_NO)
            return match;
    }
    return SPFMATCH_NO;
}

/* Section 5.4; the limit is on what is published, so that the result does not depend on the order of the answer. */
static enum spfmatch match_mx(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term)
{
    char name[DOMAIN_MAX];
    const struct dns_answer *answer;

    if (spfterm_target(eval, frame, term, name) < 0)
        return SPFMATCH_NO;
    enum spfmatch match = ask(eval, frame, term, name, DNS_MX, &answer);
    if (match != SPFMATCH_YES)
        return match;
    if (answer->count > SPF_MAX_NAMES) {
        spfeval_problem(eval, frame, term->text, "%s has more than %d MX records", name, SPF_MAX_NAMES);
        match = SPFMATCH_PERMERROR;
    } else {
        match = match_hosts(eval, frame, term, answer);
    }
    dns_answer_unref(answer);
    return match;
}

static bool is_under(const char *name, const char *domain)
{
    size_t n = strlen(name), m = strlen(domain);

    return n >= m && strcasecmp(name + n - m, domain) == 0 && (n == m || name[n - m - 1] == '.');
}

/* Does the name from a PTR record resolve back to the client?  DNS errors skip it (section 5.5). */
static bool is_validated(struct spfeval *eval, const char *name)
{
    const struct dns_answer *answer;
    enum dns_status status;

    if (spfeval_ask(eval, name, address_type(eval), &answer, &status) != SPFMATCH_YES)
        return false;
    bool is_valid = has_client(eval, answer, 128);
    dns_answer_unref(answer);
    return is_valid;
}

/* The first ten names of the client's PTR records. */
static size_t client_names(struct spfeval *eval, const struct dns_answer *answer, char names_r[][DOMAIN_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < answer->count && i < SPF_MAX_NAMES; i++) {
        if (record_ptr(answer, i, names_r[n]) == 0 && names_r[n][0] != '\0')
            dns_prefetch(eval->dns, names_r[n++], address_type(eval));
    }
    return n;
}

/* Section 5.5; an error of the DNS is no match. */
static enum spfmatch match_ptr(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term)
{
    char target[DOMAIN_MAX], reverse[DOMAIN_MAX], names[SPF_MAX_NAMES][DOMAIN_MAX];
    const struct dns_answer *answer;

    if (eval->env.client->family == 0 || spfterm_target(eval, frame, term, target) < 0)
        return SPFMATCH_NO;
    record_reverse_name(eval->env.client, reverse);
    enum spfmatch match = ask(eval, frame, term, reverse, DNS_PTR, &answer);
    if (match != SPFMATCH_YES)
        return match == SPFMATCH_PERMERROR ? match : SPFMATCH_NO;
    size_t n = client_names(eval, answer, names);
    dns_answer_unref(answer);
    for (size_t i = 0; i < n; i++) {
        add_found(eval, names[i]);
        if (is_under(names[i], target) && is_validated(eval, names[i]))
            return SPFMATCH_YES;
    }
    return SPFMATCH_NO;
}

/* Section 5.7: an A record, whatever the client's family. */
static enum spfmatch match_exists(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term)
{
    char name[DOMAIN_MAX];
    const struct dns_answer *answer;

    if (spfterm_target(eval, frame, term, name) < 0)
        return SPFMATCH_NO;
    enum spfmatch match = ask(eval, frame, term, name, DNS_A, &answer);
    if (match == SPFMATCH_YES) {
        add_found(eval, name);
        dns_answer_unref(answer);
    }
    return match;
}

/* Section 5.6 */
static enum spfmatch match_network(const struct spfeval *eval, const struct spfterm *term)
{
    return ip_is_in(eval->env.client, &term->addr, prefix_of(eval, term)) ? SPFMATCH_YES : SPFMATCH_NO;
}

enum spfmatch spfterm_match(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term)
{
    switch (term->kind) {
    case SPFTERM_ALL: return SPFMATCH_YES;
    case SPFTERM_A: return match_a(eval, frame, term);
    case SPFTERM_MX: return match_mx(eval, frame, term);
    case SPFTERM_PTR: return match_ptr(eval, frame, term);
    case SPFTERM_IP4: case SPFTERM_IP6: return match_network(eval, term);
    case SPFTERM_EXISTS: return match_exists(eval, frame, term);
    default: return SPFMATCH_NO;
    }
}

/* Section 7.2, p: the domain itself where it is validated, else a name below it, else any, else "unknown". */
static void find_validated(struct spfeval *eval, const char *domain, char name_r[DOMAIN_MAX])
{
    char reverse[DOMAIN_MAX], names[SPF_MAX_NAMES][DOMAIN_MAX];
    const struct dns_answer *answer;
    enum dns_status status;
    int best = 0;

    strcpy(name_r, "unknown");
    if (eval->env.client->family == 0)
        return;
    record_reverse_name(eval->env.client, reverse);
    if (spfeval_ask(eval, reverse, DNS_PTR, &answer, &status) != SPFMATCH_YES)
        return;
    size_t n = client_names(eval, answer, names);
    dns_answer_unref(answer);
    for (size_t i = 0; i < n; i++) {
        int rank = strcasecmp(names[i], domain) == 0 ? 3 : is_under(names[i], domain) ? 2 : 1;
        if (rank > best && is_validated(eval, names[i])) {
            best = rank;
            strcpy(name_r, names[i]);
        }
    }
}

void spfeval_set_env(struct spfeval *eval, const struct spfframe *frame, const char *text)
{
    eval->env.domain = frame->domain;
    eval->env.validated = "unknown";
    if (!spfmacro_has(text, 'p'))
        return;
    find_validated(eval, frame->domain, eval->validated);
    eval->env.validated = eval->validated;
}

bool spfterm_is_unmatchable(const struct spfeval *eval, const struct spfterm *term)
{
    bool is_ascii = true;

    for (const char *p = eval->env.local; *p != '\0'; p++)
        is_ascii = is_ascii && (unsigned char)*p < 0x80;
    return !is_ascii && term->domain != NULL && (spfmacro_has(term->domain, 's') || spfmacro_has(term->domain, 'l'));
}

int spfterm_target(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term,
                   char name_r[DOMAIN_MAX])
{
    const char *spec = term->domain != NULL ? term->domain : "%{d}";

    eval->is_pending = false;
    if (spfterm_is_unmatchable(eval, term))
        return -1;
    spfeval_set_env(eval, frame, spec);
    return eval->is_pending ? -1 : spfmacro_domain(spec, &eval->env, name_r);
}

static void prefetch_term(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term)
{
    char name[DOMAIN_MAX];
    enum dns_type type = address_type(eval);

    if (term->domain != NULL && spfmacro_has(term->domain, 'p'))
        return;
    if (spfterm_target(eval, frame, term, name) < 0)
        return;
    switch (term->kind) {
    case SPFTERM_INCLUDE: case SPFTERM_REDIRECT: type = DNS_TXT; break;
    case SPFTERM_MX: type = DNS_MX; break;
    case SPFTERM_EXISTS: type = DNS_A; break;
    case SPFTERM_PTR:
        if (eval->env.client->family == 0)
            return;
        type = DNS_PTR;
        record_reverse_name(eval->env.client, name);
        break;
    default: break;
    }
    dns_prefetch(eval->dns, name, type);
}

void spfterm_prefetch(struct spfeval *eval, const struct spfframe *frame, const struct spfrecord *record)
{
    int left = SPF_MAX_LOOKUPS - eval->result->lookups;

    for (size_t i = 0; i < record->n_terms; i++) {
        const struct spfterm *term = &record->terms[i];
        if (!spfterm_is_lookup(term)) {
            if (spfterm_match(eval, frame, term) == SPFMATCH_YES)
                return;
        } else if (left-- > 0) {
            prefetch_term(eval, frame, term);
        } else {
            return;
        }
    }
    if (record->redirect != NULL && left > 0)
        prefetch_term(eval, frame, record->redirect);
}

/* --- records of an answer ------------------------------------------------------ */

bool spfeval_next(const struct dns_answer *answer, size_t *i, struct str *text_r)
{
    while (*i < answer->count) {
        str_reset(text_r);
        if (record_txt(answer, (*i)++, SPFRECORD_MAX + 1, text_r) == 0 && is_spfrecord(str_get(text_r), text_r->len))
            return true;
    }
    return false;
}

size_t spfeval_select(const struct dns_answer *answer, struct str *text_r)
{
    struct str text = STR_EMPTY;
    size_t n = 0;

    for (size_t i = 0; spfeval_next(answer, &i, &text); n++) {
        if (n == 0)
            str_addn(text_r, text.data, text.len);
    }
    str_clear(&text);
    return n;
}
