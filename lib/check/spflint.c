/*
 * The walk over an SPF record's tree; see spflint.h.  What a record leads to counts for the domain asked about; how a
 * record is written is told of that domain's own records only, since those of others are not ours to mend.
 */
#include "config.h"

#include "lib/check/spflint.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/check/spfeval.h"
#include "lib/check/spfrecord.h"
#include "lib/dns/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX (SPF_MAX_LOOKUPS + 1)
#define COMPARED_MAX 200        /* terms looked at for doubles */
#define RECORD_LONG 450         /* bytes; RFC 7208 section 3.4 */
#define ANSWER_LONG 512         /* RFC 1035 section 4.2.1 */
#define ANSWER_LARGE 1232       /* what fits a packet everywhere: the size that DNS software uses since 2020 */
#define OPEN_PREFIX 1           /* /0 and /1 are the whole internet */
#define WIDE_PREFIX4 8
#define BLOCK_PREFIX 8          /* networks are added up in blocks of this size */
#define BLOCKS 256
#define OPEN_BLOCKS4 128        /* as many as a /1 has */
#define GLOBAL6_FIRST 0x20      /* 2000::/3, all of IPv6 that is given out: RFC 4291 section 2.4 */
#define GLOBAL6_LAST 0x3f
#define OPEN_BLOCKS6 16
#define WIDE_PREFIX6 16
#define UNCACHEABLE "slhip"     /* macros whose value changes with the message or the client */

struct lint {
    struct dns *dns;
    struct dns_budget budget;   /* the caller's, cut to the questions allowed */
    const char *domain;         /* asked about */
    int lookups, void_lookups;
    struct str voids;           /* the terms that found nothing, for the finding */
    struct cost {
        char *term;
        int lookups;
    } costs[SPFLINT_LOOKUPS];   /* of the terms of the domain's own record, the dearest first */
    int n_costs;
    bool has_block4[BLOCKS], has_block6[BLOCKS];    /* authorised by ip4: and ip6:, by the first byte */
    char *included[SPFLINT_LOOKUPS];
    int n_included;
    struct findings *findings;
};

/* The record at hand. */
struct place {
    const char *domain;
    int depth;
    bool is_own;                /* the domain asked about, one below it, or what it redirects to */
    bool is_deciding;           /* its all decides: not below an include */
    bool is_passing;            /* below nothing but includes whose match is a pass */
};

enum found { FOUND_RECORD, FOUND_NONE, FOUND_UNKNOWN };

static enum found walk(struct lint *lint, const struct place *place);

static void tell(struct lint *lint, enum finding_id id, const struct place *place, const char *detail)
{
    findings_add(lint->findings, id, place->domain, lint->domain, detail);
}

/* --- what a term leads to ------------------------------------------------------ */

enum target { TARGET_NAME, TARGET_UNKNOWN, TARGET_MALFORMED };

/* The name a term asks for where no message is needed to know it. */
static enum target find_target(const struct lint *lint, const struct place *place, const struct spfterm *term,
                               char name_r[DOMAIN_MAX])
{
    static const struct ip_addr nobody = { 0 };
    const char *spec = term->domain == NULL ? "%{d}" : term->domain;
    const struct spfmacro_env env = {
        .sender = "", .local = "", .sender_domain = lint->domain, .domain = place->domain, .helo = "", .receiver = "",
        .validated = "", .client = &nobody,
    };

    for (const char *letter = UNCACHEABLE "v"; *letter != '\0'; letter++) {
        if (spfmacro_has(spec, *letter))
            return TARGET_UNKNOWN;
    }
    return spfmacro_domain(spec, &env, name_r) == 0 ? TARGET_NAME : TARGET_MALFORMED;
}

static enum dns_status ask(struct lint *lint, const char *name, enum dns_type type)
{
    const struct dns_answer *answer = dns_lookup(lint->dns, name, type, &lint->budget);
    enum dns_status status = answer->status;

    dns_answer_unref(answer);
    return status;
}

/* Is there nothing for any client?  A host with addresses of one family only is no mistake. */
static bool is_void(struct lint *lint, const struct spfterm *term, const char *name)
{
    enum dns_type type = term->kind == SPFTERM_MX ? DNS_MX : DNS_A;
    enum dns_status status = ask(lint, name, type);

    if (status == DNS_NODATA && term->kind == SPFTERM_A)
        status = ask(lint, name, DNS_AAAA);
    return status == DNS_NODATA || status == DNS_NXDOMAIN;
}

static void check_void(struct lint *lint, const struct place *place, const struct spfterm *term)
{
    char name[DOMAIN_MAX];

    if (find_target(lint, place, term, name) != TARGET_NAME || !is_void(lint, term, name))
        return;
    lint->void_lookups++;
    str_addf(&lint->voids, "%s%s", lint->voids.len > 0 ? ", " : "", term->text);
}

static bool is_included_before(struct lint *lint, const char *name)
{
    for (int i = 0; i < lint->n_included; i++) {
        if (strcasecmp(lint->included[i], name) == 0)
            return true;
    }
    lint->included[lint->n_included++] = xstrdup(name);
    return false;
}

/* It costs its lookups twice, whoever has written the second one. */
static void tell_again(struct lint *lint, const struct place *place, const struct spfterm *term)
{
    const struct place root = { .domain = lint->domain };
    struct str detail = STR_EMPTY;

    str_add(&detail, term->text);
    if (place->depth > 0)
        str_addf(&detail, " in the record of %s", place->domain);
    tell(lint, FINDING_SPF_DUPLICATE_TERM, &root, str_get(&detail));
    str_clear(&detail);
}

static void follow(struct lint *lint, const struct place *place, const struct spfterm *term)
{
    char name[DOMAIN_MAX];
    bool is_redirect = term->kind == SPFTERM_REDIRECT;
    enum target target = find_target(lint, place, term, name);

    if (target == TARGET_MALFORMED)
        tell(lint, FINDING_SPF_INCLUDE_MISSING, place, term->text);
    if (target != TARGET_NAME)
        return;
    if (is_included_before(lint, name) && !is_redirect)
        tell_again(lint, place, term);
    ascii_lower(name);
    const struct place inner = {
        .domain = name,
        .depth = place->depth + 1,
        .is_own = (is_redirect && place->is_own) || domain_is_under(name, lint->domain),
        .is_deciding = is_redirect && place->is_deciding,
        .is_passing = place->is_passing && (is_redirect || term->qualifier == AUTH_PASS),
    };
    if (walk(lint, &inner) == FOUND_NONE)
        tell(lint, FINDING_SPF_INCLUDE_MISSING, place, term->text);
}

static void note_cost(struct lint *lint, const struct spfterm *term, int lookups)
{
    int i = lint->n_costs++;

    for (; i > 0 && lint->costs[i - 1].lookups < lookups; i--)
        lint->costs[i] = lint->costs[i - 1];
    lint->costs[i] = (struct cost){ xstrdup(term->text), lookups };
}

static void check_lookup(struct lint *lint, const struct place *place, const struct spfterm *term)
{
    if (lint->lookups >= SPFLINT_LOOKUPS)
        return;
    int before = lint->lookups++;
    if (term->kind == SPFTERM_INCLUDE || term->kind == SPFTERM_REDIRECT)
        follow(lint, place, term);
    else if (term->kind != SPFTERM_PTR)
        check_void(lint, place, term);
    if (place->depth == 0)
        note_cost(lint, term, lint->lookups - before);
}

/* --- how a term is written ----------------------------------------------------- */

/* What one network authorises, for the sum of all: many parts may cover the world, too. */
static void add_blocks(struct lint *lint, const struct spfterm *term)
{
    bool is_ip4 = term->kind == SPFTERM_IP4;
    int prefix = is_ip4 ? term->prefix4 : term->prefix6;

    if ((!is_ip4 && term->kind != SPFTERM_IP6) || prefix > BLOCK_PREFIX)
        return;
    int n = 1 << (BLOCK_PREFIX - prefix), first = term->addr.bytes[0] / n * n;
    for (int i = first; i < first + n; i++)
        (is_ip4 ? lint->has_block4 : lint->has_block6)[i] = true;
}

static void check_width(struct lint *lint, const struct place *place, const struct spfterm *term)
{
    bool has_v4 = term->kind == SPFTERM_IP4 || term->kind == SPFTERM_A || term->kind == SPFTERM_MX;
    bool has_v6 = term->kind == SPFTERM_IP6 || term->kind == SPFTERM_A || term->kind == SPFTERM_MX;
    bool is_open = term->kind == SPFTERM_ALL || (has_v4 && term->prefix4 <= OPEN_PREFIX)
                   || (has_v6 && term->prefix6 <= OPEN_PREFIX);

    if (!place->is_passing || term->qualifier != AUTH_PASS)
        return;
    add_blocks(lint, term);
    if (is_open)
        tell(lint, FINDING_SPF_PASS_ALL, place, term->text);
    else if ((has_v4 && term->prefix4 <= WIDE_PREFIX4) || (has_v6 && term->prefix6 <= WIDE_PREFIX6))
        tell(lint, FINDING_SPF_WIDE_NETWORK, place, term->text);
}

static void check_macros(struct lint *lint, const struct place *place, const struct spfterm *term)
{
    for (const char *letter = UNCACHEABLE; term->domain != NULL && *letter != '\0'; letter++) {
        if (spfmacro_has(term->domain, *letter))
            tell(lint, FINDING_SPF_UNCACHEABLE_MACRO, place, term->text);
    }
}

/* The domain of a term, or its record's own: a final dot and, outside of macros, case make no difference. */
static bool is_same_domain(const struct place *place, const struct spfterm *a, const struct spfterm *b)
{
    const char *x = a->domain == NULL ? place->domain : a->domain;
    const char *y = b->domain == NULL ? place->domain : b->domain;
    size_t n = strlen(x), m = strlen(y);

    if (strchr(x, '%') != NULL || strchr(y, '%') != NULL)
        return strcmp(x, y) == 0;
    n -= n > 0 && x[n - 1] == '.';
    m -= m > 0 && y[m - 1] == '.';
    return n == m && strncasecmp(x, y, n) == 0;
}

/* Does b match nothing that a does not match?  Whatever their qualifiers: the first decides. */
static bool is_same_term(const struct place *place, const struct spfterm *a, const struct spfterm *b)
{
    if (a->kind != b->kind || a->prefix4 != b->prefix4 || a->prefix6 != b->prefix6)
        return false;
    switch (a->kind) {
    case SPFTERM_ALL: return a->qualifier == b->qualifier;
    case SPFTERM_IP4: return ip_is_in(&a->addr, &b->addr, a->prefix4);
    case SPFTERM_IP6: return ip_is_in(&a->addr, &b->addr, a->prefix6);
    default: return is_same_domain(place, a, b);
    }
}

static void check_doubles(struct lint *lint, const struct place *place, const struct spfrecord *record)
{
    for (size_t i = 1; i < record->n_terms && i < COMPARED_MAX; i++) {
        for (size_t k = 0; k < i; k++) {
            if (is_same_term(place, &record->terms[k], &record->terms[i]))
                tell(lint, FINDING_SPF_DUPLICATE_TERM, place, record->terms[i].text);
        }
    }
}

/* Everything after all, and a redirect= beside it. */
static void check_reach(struct lint *lint, const struct place *place, const struct spfrecord *record)
{
    for (size_t i = 0; i < record->n_terms; i++) {
        if (record->terms[i].kind != SPFTERM_ALL)
            continue;
        if (i + 1 < record->n_terms)
            tell(lint, FINDING_SPF_UNREACHABLE_TERMS, place, record->terms[i + 1].text);
        else if (record->redirect != NULL)
            tell(lint, FINDING_SPF_UNREACHABLE_TERMS, place, record->redirect->text);
        if (record->terms[i].qualifier == AUTH_NEUTRAL && place->is_deciding)
            tell(lint, FINDING_SPF_NEUTRAL_ALL, place, record->terms[i].text);
        return;
    }
    if (record->redirect == NULL && place->is_deciding)
        tell(lint, FINDING_SPF_NEUTRAL_ALL, place, "no all");
}

static void check_size(struct lint *lint, const struct place *place, const struct dns_answer *answer, size_t record)
{
    char detail[80];

    if (record > RECORD_LONG) {
        snprintf(detail, sizeof(detail), "%zu bytes, recommended are at most %d", record, RECORD_LONG);
        tell(lint, FINDING_SPF_RECORD_LONG, place, detail);
    } else if (answer->packet_len > ANSWER_LONG) {
        snprintf(detail, sizeof(detail), "the answer has %zu bytes", answer->packet_len);
        tell(lint, FINDING_SPF_RECORD_LONG, place, detail);
    }
    if (answer->packet_len > ANSWER_LARGE) {
        snprintf(detail, sizeof(detail), "%zu bytes, %d pass everywhere", answer->packet_len, ANSWER_LARGE);
        tell(lint, FINDING_SPF_ANSWER_LARGE, place, detail);
    }
}

/* --- the walk ------------------------------------------------------------------ */

static void check_record(struct lint *lint, const struct place *place, const struct spfrecord *record)
{
    if (place->is_own) {
        check_doubles(lint, place, record);
        check_reach(lint, place, record);
    }
    for (size_t i = 0; i < record->n_terms; i++) {
        const struct spfterm *term = &record->terms[i];
        check_width(lint, place, term);
        if (place->is_own)
            check_macros(lint, place, term);
        if (term->kind == SPFTERM_PTR)
            tell(lint, FINDING_SPF_PTR_USED, place, term->text);
        if (spfterm_is_lookup(term))
            check_lookup(lint, place, term);
        if (term->kind == SPFTERM_ALL)
            return;
    }
    if (record->redirect == NULL)
        return;
    if (place->is_own)
        check_macros(lint, place, record->redirect);
    check_lookup(lint, place, record->redirect);
}

/* An evaluation that came to a record's error has told it already. */
static void check_text(struct lint *lint, const struct place *place, const struct str *text)
{
    struct spfrecord record;
    struct err err = { "" };

    if (spfrecord_parse(text->data, text->len, &record, &err) == 0) {
        check_record(lint, place, &record);
    } else if (!findings_has(lint->findings, FINDING_SPF_PERMERROR)) {
        struct str detail = STR_EMPTY;
        if (record.bad_term[0] != '\0')
            str_addf(&detail, "'%s': ", record.bad_term);
        str_add(&detail, err.text);
        tell(lint, FINDING_SPF_RECORD_INVALID, place, str_get(&detail));
        str_clear(&detail);
    }
    spfrecord_clear(&record);
}

static enum found walk(struct lint *lint, const struct place *place)
{
    if (place->depth > DEPTH_MAX)
        return FOUND_UNKNOWN;
    const struct dns_answer *answer = dns_lookup(lint->dns, place->domain, DNS_TXT, &lint->budget);
    struct str text = STR_EMPTY;
    char detail[40];
    size_t n = spfeval_select(answer, &text);
    bool is_back = dns_is_answered(answer->status);

    if (n > 0 && place->is_own)
        check_size(lint, place, answer, text.len);
    if (n > 1) {
        snprintf(detail, sizeof(detail), "%zu SPF records", n);
        tell(lint, FINDING_SPF_MULTIPLE_RECORDS, place, detail);
    } else if (n == 1) {
        check_text(lint, place, &text);
    }
    dns_answer_unref(answer);
    str_clear(&text);
    return n > 0 ? FOUND_RECORD : is_back ? FOUND_NONE : FOUND_UNKNOWN;
}

static void tell_counts(struct lint *lint)
{
    const struct place root = { .domain = lint->domain };
    struct str detail = STR_EMPTY;

    str_addf(&detail, "%s%d lookups in the whole tree", lint->lookups >= SPFLINT_LOOKUPS ? "at least " : "",
             lint->lookups);
    if (lint->lookups > SPF_MAX_LOOKUPS) {
        for (int i = 0; i < lint->n_costs; i++)
            str_addf(&detail, "%s %s %d", i == 0 ? ":" : ",", lint->costs[i].term, lint->costs[i].lookups);
        findings_drop(lint->findings, FINDING_SPF_NEAR_LOOKUP_LIMIT, lint->domain);
        findings_drop(lint->findings, FINDING_SPF_TOO_MANY_LOOKUPS, lint->domain);
        tell(lint, FINDING_SPF_TOO_MANY_LOOKUPS, &root, str_get(&detail));
    } else if (lint->lookups >= SPF_NEAR_LOOKUPS) {
        tell(lint, FINDING_SPF_NEAR_LOOKUP_LIMIT, &root, str_get(&detail));
    }
    str_clear(&detail);
    if (lint->void_lookups > 0)
        tell(lint, FINDING_SPF_VOID_LOOKUPS, &root, str_get(&lint->voids));
}

static int count_blocks(const bool *has_block, int first, int last)
{
    int n = 0;

    for (int i = first; i <= last; i++)
        n += has_block[i];
    return n;
}

/* Networks of which none is the world, but all are. */
static void tell_coverage(struct lint *lint)
{
    const struct place root = { .domain = lint->domain };

    if (findings_has(lint->findings, FINDING_SPF_PASS_ALL))
        return;
    if (count_blocks(lint->has_block4, 0, BLOCKS - 1) >= OPEN_BLOCKS4)
        tell(lint, FINDING_SPF_PASS_ALL, &root, "its ip4: networks together");
    else if (count_blocks(lint->has_block6, GLOBAL6_FIRST, GLOBAL6_LAST) >= OPEN_BLOCKS6)
        tell(lint, FINDING_SPF_PASS_ALL, &root, "its ip6: networks together");
}

void spflint_run(struct dns *dns, struct dns_budget *budget, const char *domain, struct findings *findings)
{
    struct lint lint = { .dns = dns, .budget = *budget, .domain = domain, .voids = STR_EMPTY, .findings = findings };
    char name[DOMAIN_MAX];
    const struct place root = { .domain = domain, .is_own = true, .is_deciding = true, .is_passing = true };

    if (strchr(domain, '.') == NULL || domain_normalize(domain, name) < 0)
        return;
    if (lint.budget.questions > SPFLINT_QUESTIONS)
        lint.budget.questions = SPFLINT_QUESTIONS;
    int before = lint.budget.questions;
    (void)walk(&lint, &root);
    tell_coverage(&lint);
    tell_counts(&lint);
    budget->questions -= before - lint.budget.questions;
    budget->asked = lint.budget.asked;
    budget->pending = lint.budget.pending;
    for (int i = 0; i < lint.n_included; i++)
        free(lint.included[i]);
    str_clear(&lint.voids);
    for (int i = 0; i < lint.n_costs; i++)
        free(lint.costs[i].term);
}
