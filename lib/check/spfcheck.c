/*
 * check_host() of RFC 7208 section 4: whose record, which one, its terms in order, include, redirect, the limits of
 * section 4.6.4, and the explanation (section 6.2); see spfcheck.h.  No state outlives an evaluation: thread-safe.
 */
#include "config.h"

#include "lib/check/spfcheck.h"
#include "lib/base/mem.h"
#include "lib/check/spfeval.h"
#include "lib/dns/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 32        /* more than the limits let happen: 10 terms that ask, 11 records */
#define STEP_TEXT_MAX 2000
#define PROBLEM_MAX 500

static enum auth_result check_host(struct spfeval *eval, const struct spfframe *frame);

const char *spf_identity_name(enum spf_identity identity)
{
    return identity == SPF_HELO ? "helo" : "mailfrom";
}

bool spf_is_worse(enum auth_result a, enum auth_result b)
{
    static const int rank[AUTH_RESULT_COUNT] = {
        [AUTH_PASS] = 0, [AUTH_POLICY] = 1, [AUTH_TEMPERROR] = 2, [AUTH_NONE] = 3, [AUTH_NEUTRAL] = 4,
        [AUTH_SOFTFAIL] = 5, [AUTH_PERMERROR] = 6, [AUTH_FAIL] = 7,
    };

    return rank[a] > rank[b];
}

const struct spf_result *spf_worst(const struct spf_result *results, size_t n)
{
    const struct spf_result *worst = n == 0 ? NULL : &results[0];

    for (size_t i = 1; i < n; i++) {
        if (spf_is_worse(results[i].result, worst->result))
            worst = &results[i];
    }
    return worst;
}

void spf_result_clear(struct spf_result *result)
{
    for (size_t i = 0; i < result->n_steps; i++) {
        free(result->steps[i].domain);
        free(result->steps[i].term);
        free(result->steps[i].text);
    }
    free(result->steps);
    free(result->domain);
    free(result->term);
    free(result->record_domain);
    free(result->explanation);
    free(result->problem);
    free(result->libspf2.reason);
    memset(result, 0, sizeof(*result));
}

/* A domain as it is told: normalized, or as it stands where it is none.  Caller frees. */
static char *shown_domain(const char *text)
{
    char normalized[DOMAIN_MAX];

    return domain_normalize(text, normalized) == 0 ? xstrdup(normalized) : xstrndup(text, DOMAIN_MAX);
}

static void replace(char **place, char *text)
{
    free(*place);
    *place = text;
}

static void note_unanswered(struct spfeval *eval, const char *name, enum dns_type type, enum dns_status status)
{
    if (status == DNS_TIMEOUT || status == DNS_PENDING)
        eval->result->flags |= SPF_FLAG_TIMEOUT;
    eval->is_term_unanswered = true;
    if (eval->unanswered == NULL)
        eval->unanswered = xasprintf("%s of %s: %s", dns_type_name(type), name, dns_status_name(status));
}

enum spfmatch spfeval_ask(struct spfeval *eval, const char *name, enum dns_type type,
                          const struct dns_answer **answer_r, enum dns_status *status_r)
{
    const struct dns_answer *answer = dns_lookup(eval->dns, name, type, eval->budget);
    enum dns_status status = answer->status;
    bool is_back = dns_is_answered(status);

    *status_r = status;
    *answer_r = answer;
    if (is_back && (!eval->has_ttl || answer->ttl < eval->result->ttl)) {
        eval->result->ttl = answer->ttl;
        eval->has_ttl = true;
    }
    if (status == DNS_OK)
        return SPFMATCH_YES;
    dns_answer_unref(answer);
    *answer_r = NULL;
    if (status == DNS_PENDING && eval->budget->no_wait)
        eval->is_pending = true;
    else if (!is_back)
        note_unanswered(eval, name, type, status);
    return is_back ? SPFMATCH_NO : SPFMATCH_TEMPERROR;
}

void spfeval_problem(struct spfeval *eval, const struct spfframe *frame, const char *term, const char *fmt, ...)
{
    struct err why;
    struct str text = STR_EMPTY;
    va_list ap;

    if (eval->result->problem != NULL)
        return;
    va_start(ap, fmt);
    vsnprintf(why.text, sizeof(why.text), fmt, ap);
    va_end(ap);
    if (term != NULL && *term != '\0')
        str_addf(&text, "'%s' in the SPF record of %s: ", term, frame->domain);
    str_add(&text, why.text);
    eval->result->problem = xstrndup(str_get(&text), PROBLEM_MAX);
    str_clear(&text);
    replace(&eval->result->term, xstrdup(term == NULL ? "" : term));
    replace(&eval->result->record_domain, shown_domain(frame->domain));
}

void spfeval_step(struct spfeval *eval, const struct spfframe *frame, const char *term)
{
    struct spf_result *result = eval->result;

    if (result->n_steps < STEPS_MAX) {
        if (result->steps == NULL)
            result->steps = xcalloc(STEPS_MAX, sizeof(*result->steps));
        struct spf_step *step = &result->steps[result->n_steps++];
        step->depth = frame->depth;
        step->domain = shown_domain(frame->domain);
        step->term = xstrdup(term);
        step->text = xstrndup(str_get(&eval->found), STEP_TEXT_MAX);
        step->lookups = result->lookups;
        step->void_lookups = result->void_lookups;
    }
    str_reset(&eval->found);
}

enum spfmatch spfeval_count(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term)
{
    eval->is_term_void = false;
    eval->is_term_unanswered = false;
    if (++eval->result->lookups <= SPF_MAX_LOOKUPS)
        return SPFMATCH_YES;
    eval->result->flags |= SPF_FLAG_TOO_MANY_LOOKUPS;
    spfeval_problem(eval, frame, term->text, "more than %d DNS lookups", SPF_MAX_LOOKUPS);
    return SPFMATCH_PERMERROR;
}

/* Section 4.3: labels of 1 to 63 bytes, at least two, and no address literal. */
static bool is_domain(const char *name)
{
    size_t label = 0, labels = 1;

    if (name[0] == '[' || strlen(name) >= DOMAIN_MAX)
        return false;
    for (; *name != '\0'; name++) {
        if (*name < 0x21 || *name > 0x7e)
            return false;
        if (*name == '.') {
            if (label == 0)
                return false;
            label = 0;
            labels++;
        } else if (++label > 63) {
            return false;
        }
    }
    return label > 0 && labels > 1;
}

/* Sections 4.4 and 4.5.  True with the record's text, or false with the result that its absence gives. */
static bool fetch_record(struct spfeval *eval, const struct spfframe *frame, struct str *text_r,
                         enum auth_result *result_r)
{
    const struct dns_answer *answer;
    enum dns_status status;

    *result_r = AUTH_NONE;
    if (!is_domain(frame->domain))
        return false;
    if (frame->depth == 0 && eval->proposed != NULL) {
        str_add(text_r, eval->proposed);
        return true;
    }
    switch (spfeval_ask(eval, frame->domain, DNS_TXT, &answer, &status)) {
    case SPFMATCH_YES:
        break;
    case SPFMATCH_NO:
        return false;
    default:
        spfeval_problem(eval, frame, NULL, "TXT of %s: %s", frame->domain, dns_status_name(status));
        *result_r = AUTH_TEMPERROR;
        return false;
    }
    size_t n = spfeval_select(answer, text_r);
    dns_answer_unref(answer);
    if (n > 1) {
        eval->result->flags |= SPF_FLAG_MULTIPLE_RECORDS;
        spfeval_problem(eval, frame, NULL, "%s has %zu SPF records", frame->domain, n);
        *result_r = AUTH_PERMERROR;
    }
    return n == 1;
}

/* What is worth telling of a record whether or not its terms are reached. */
static void note_flags(struct spfeval *eval, const struct spfframe *frame, const struct spfrecord *record)
{
    for (size_t i = 0; i < record->n_terms; i++) {
        const struct spfterm *term = &record->terms[i];
        bool is_ip4 = term->kind == SPFTERM_IP4, is_ip6 = term->kind == SPFTERM_IP6;
        bool is_open = term->kind == SPFTERM_ALL || (is_ip4 && term->prefix4 <= 1) || (is_ip6 && term->prefix6 <= 1);
        if (is_open && frame->is_passing && term->qualifier == AUTH_PASS)
            eval->result->flags |= SPF_FLAG_PASS_ALL;
        if (term->kind == SPFTERM_PTR)
            eval->result->flags |= SPF_FLAG_PTR_USED;
        if (term->kind == SPFTERM_ALL)
            return;
    }
}

/* Reads the frame's record.  False with the result where there is none, or none that can be read. */
static bool read_record(struct spfeval *eval, const struct spfframe *frame, struct spfrecord *record_r,
                        enum auth_result *result_r)
{
    struct str text = STR_EMPTY;
    struct err err;
    bool is_read = fetch_record(eval, frame, &text, result_r);

    memset(record_r, 0, sizeof(*record_r));
    if (is_read) {
        str_add(&eval->found, str_get(&text));
        spfeval_step(eval, frame, "");
        if (spfrecord_parse(text.data, text.len, record_r, &err) < 0) {
            if (*record_r->bad_term == '\0')
                spfeval_problem(eval, frame, NULL, "SPF record of %s: %s", frame->domain, err.text);
            else
                spfeval_problem(eval, frame, record_r->bad_term, "%s", err.text);
            eval->result->flags |= SPF_FLAG_SYNTAX;
            *result_r = AUTH_PERMERROR;
            is_read = false;
        }
    }
    str_clear(&text);
    return is_read;
}

/* An include: or redirect= to nothing; target "" where its domain is no name that could be asked for. */
static void no_record(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term,
                      const char *target)
{
    if (*target == '\0')
        spfeval_problem(eval, frame, term->text, "its domain is malformed");
    else
        spfeval_problem(eval, frame, term->text, "%s has no SPF record", target);
}

/* What the evaluation gives where the term matches; temperror: depends on what comes after it. */
static enum auth_result match_gives(const struct spfframe *frame, const struct spfterm *term)
{
    if (!frame->is_included)
        return term->qualifier;
    return frame->is_passing && term->qualifier == AUTH_PASS ? AUTH_PASS : AUTH_TEMPERROR;
}

/*
 * What an answer that ptr or the p macro did not get could have changed.  A name that did validate is enough for ptr;
 * with the p macro another name was asked for than others may ask for, and of an include: nothing is known then.
 */
static void note_stake(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term,
                       enum spfmatch match)
{
    bool has_p = term->domain != NULL && spfmacro_has(term->domain, 'p');
    bool is_followed = term->kind == SPFTERM_INCLUDE || term->kind == SPFTERM_REDIRECT;
    bool is_known = match == SPFMATCH_NO && !is_followed;
    enum auth_result gives = is_known ? match_gives(frame, term) : AUTH_TEMPERROR;

    if (!eval->is_term_unanswered || (match == SPFMATCH_YES && !has_p))
        return;
    if (eval->n_unanswered++ == 0)
        eval->at_stake = gives;
    else if (eval->at_stake != gives)
        eval->at_stake = AUTH_TEMPERROR;
    eval->possible_voids += !eval->is_term_void;
}

/* Section 5.2 */
static enum spfmatch match_include(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term)
{
    char target[DOMAIN_MAX] = "";
    bool is_askable = spfterm_target(eval, frame, term, target) == 0;
    struct spfframe inner = {
        .domain = target, .depth = frame->depth + 1, .is_included = true,
        .is_passing = frame->is_passing && term->qualifier == AUTH_PASS,
    };

    note_stake(eval, frame, term, SPFMATCH_YES);
    spfeval_step(eval, frame, term->text);
    if (spfterm_is_unmatchable(eval, term))
        return SPFMATCH_NO;
    switch (is_askable ? check_host(eval, &inner) : AUTH_NONE) {
    case AUTH_PASS:
        return SPFMATCH_YES;
    case AUTH_TEMPERROR:
        return SPFMATCH_TEMPERROR;
    case AUTH_NONE:
        no_record(eval, frame, term, target);
        return SPFMATCH_PERMERROR;
    case AUTH_PERMERROR:
        return SPFMATCH_PERMERROR;
    default:
        return SPFMATCH_NO;
    }
}

static enum spfmatch match_term(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term)
{
    if (!spfterm_is_lookup(term))
        return spfterm_match(eval, frame, term);
    if (spfeval_count(eval, frame, term) == SPFMATCH_PERMERROR)
        return SPFMATCH_PERMERROR;
    if (term->kind == SPFTERM_INCLUDE)
        return match_include(eval, frame, term);
    enum spfmatch match = spfterm_match(eval, frame, term);
    note_stake(eval, frame, term, match);
    spfeval_step(eval, frame, term->text);
    return match;
}

/* Section 6.1 */
static enum auth_result follow_redirect(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *term)
{
    char target[DOMAIN_MAX] = "";

    if (spfeval_count(eval, frame, term) == SPFMATCH_PERMERROR)
        return AUTH_PERMERROR;
    bool is_askable = spfterm_target(eval, frame, term, target) == 0;
    note_stake(eval, frame, term, SPFMATCH_YES);
    struct spfframe inner = *frame;
    inner.domain = target;
    inner.depth++;
    spfeval_step(eval, frame, term->text);
    enum auth_result result = is_askable ? check_host(eval, &inner) : AUTH_NONE;
    if (result != AUTH_NONE)
        return result;
    no_record(eval, frame, term, target);
    return AUTH_PERMERROR;
}

/* The text that exp= points to, or false: anything wrong with it means that there is no explanation. */
static bool fetch_explanation(struct spfeval *eval, const char *name, struct str *text_r)
{
    struct dns_budget own = *eval->budget;
    const struct dns_answer *answer = dns_lookup(eval->dns, name, DNS_TXT, &own);
    bool is_one = answer->status == DNS_OK && answer->count == 1;

    /* A missing explanation changes no result, so that its failure must not count as one. */
    eval->budget->questions = own.questions;
    eval->budget->asked = own.asked;
    eval->budget->pending = own.pending;
    is_one = is_one && record_txt(answer, 0, SPFMACRO_EXPLANATION_MAX + 1, text_r) == 0;
    dns_answer_unref(answer);
    return is_one && text_r->len <= SPFMACRO_EXPLANATION_MAX &&
           spfmacro_check(str_get(text_r), text_r->len, SPFMACRO_EXPLANATION, NULL) == 0;
}

/* Section 6.2 */
static void explain(struct spfeval *eval, const struct spfframe *frame, const struct spfterm *exp)
{
    char name[DOMAIN_MAX];
    struct str text = STR_EMPTY, out = STR_EMPTY;

    if (exp == NULL)
        return;
    if (spfterm_target(eval, frame, exp, name) == 0 && fetch_explanation(eval, name, &text)) {
        spfeval_set_env(eval, frame, str_get(&text));
        if (spfmacro_explanation(str_get(&text), &eval->env, &out) == 0)
            replace(&eval->result->explanation, str_steal(&out));
    }
    str_clear(&text);
    str_clear(&out);
}

static void set_term(struct spfeval *eval, const struct spfframe *frame, const char *term)
{
    replace(&eval->result->term, xstrdup(term));
    replace(&eval->result->record_domain, shown_domain(frame->domain));
}

/* Section 4.6.2: the directives in order, then redirect=, then neutral. */
static enum auth_result run_record(struct spfeval *eval, const struct spfframe *frame, const struct spfrecord *record)
{
    for (size_t i = 0; i < record->n_terms; i++) {
        const struct spfterm *term = &record->terms[i];
        enum spfmatch match = match_term(eval, frame, term);
        if (match == SPFMATCH_PERMERROR)
            return AUTH_PERMERROR;
        if (match == SPFMATCH_TEMPERROR && !eval->is_pending)
            return AUTH_TEMPERROR;
        if (match != SPFMATCH_YES)
            continue;
        set_term(eval, frame, term->text);
        if (term->qualifier == AUTH_FAIL && !frame->is_included)
            explain(eval, frame, record->exp);
        return term->qualifier;
    }
    if (record->redirect != NULL)
        return follow_redirect(eval, frame, record->redirect);
    set_term(eval, frame, "");
    return AUTH_NEUTRAL;
}

static enum auth_result check_host(struct spfeval *eval, const struct spfframe *frame)
{
    struct spfrecord record;
    enum auth_result result;

    if (read_record(eval, frame, &record, &result)) {
        note_flags(eval, frame, &record);
        spfterm_prefetch(eval, frame, &record);
        result = run_record(eval, frame, &record);
    }
    spfrecord_clear(&record);
    return result;
}

/* The three names an identity gives: section 4.3's "postmaster" where there is no local-part. */
struct sender {
    char *local, *domain, *whole;
};

/* RFC 8616: internationalized domains are judged by their A-labels.  Caller frees. */
static char *identity_domain(const char *text)
{
    char normalized[DOMAIN_MAX];
    size_t len = strlen(text);

    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p >= 0x80)
            return xstrdup(domain_normalize(text, normalized) == 0 ? normalized : text);
    }
    return xstrndup(text, len > 0 && text[len - 1] == '.' ? len - 1 : len);
}

static struct sender split_sender(enum spf_identity identity, const char *helo, const char *mailfrom)
{
    struct sender sender = { 0 };
    bool is_helo = identity == SPF_HELO || *mailfrom == '\0';
    const char *at = is_helo ? NULL : strrchr(mailfrom, '@');

    if (at != NULL && at > mailfrom)
        sender.local = xstrndup(mailfrom, (size_t)(at - mailfrom));
    else
        sender.local = xstrdup("postmaster");
    sender.domain = identity_domain(is_helo ? helo : at == NULL ? mailfrom : at + 1);
    sender.whole = xasprintf("%s@%s", sender.local, sender.domain);
    return sender;
}

/* The address as SPF sees it: a v4-mapped one is an IPv4 address (section 5). */
static struct ip_addr client_address(const struct ip_addr *client)
{
    struct ip_addr addr = *client;

    if (addr.family == AF_INET6) {
        char text[IP_TEXT_MAX];
        ip_format(&addr, text);
        if (ip_parse(text, &addr) < 0)
            addr = *client;
    }
    return addr;
}

/*
 * Section 5.5 reads a failure of the DNS as no match for ptr and the p macro.  A receiver may get an answer, so that it
 * is no ground for a result that a match, or one more void lookup, could make another.
 */
static void judge_unanswered(struct spfeval *eval)
{
    struct spf_result *result = eval->result;
    bool is_same = eval->n_unanswered == 0 || (eval->at_stake == result->result
                   && result->void_lookups + eval->possible_voids <= SPF_MAX_VOID_LOOKUPS);

    if (is_same || result->result == AUTH_TEMPERROR)
        return;
    result->result = AUTH_TEMPERROR;
    replace(&result->problem, xstrndup(eval->unanswered, PROBLEM_MAX));
    replace(&result->term, NULL);
    replace(&result->record_domain, NULL);
    replace(&result->explanation, NULL);
}

static void finish(struct spf_result *result)
{
    char **texts[] = { &result->term, &result->record_domain, &result->explanation, &result->problem };
    bool is_error = result->result == AUTH_TEMPERROR || result->result == AUTH_PERMERROR;

    if (!is_error && result->problem != NULL)
        replace(&result->problem, NULL);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (*texts[i] == NULL)
            *texts[i] = xstrdup("");
    }
}

static void sender_clear(struct sender *sender)
{
    free(sender->local);
    free(sender->domain);
    free(sender->whole);
}

void spfcheck_unknown(enum spf_identity identity, const char *helo, const char *mailfrom, const char *problem,
                      struct spf_result *result_r)
{
    struct sender sender = split_sender(identity, helo, mailfrom);
    struct spf_result result = { .identity = identity, .result = AUTH_TEMPERROR };

    result.domain = shown_domain(sender.domain);
    result.problem = xstrdup(problem);
    finish(&result);
    *result_r = result;
    sender_clear(&sender);
}

void spfcheck_propose(struct dns *dns, struct dns_budget *budget, const struct ip_addr *client,
                      enum spf_identity identity, const char *helo, const char *mailfrom, const char *receiver,
                      const char *record, struct spf_result *result_r)
{
    struct sender sender = split_sender(identity, helo, mailfrom);
    struct spf_result result = { .identity = identity, .address = client_address(client) };
    struct spfeval eval = {
        .dns = dns, .budget = budget, .result = &result, .found = STR_EMPTY, .proposed = record,
        .env = {
            .sender = sender.whole, .local = sender.local, .sender_domain = sender.domain, .domain = sender.domain,
            .helo = helo, .receiver = receiver, .validated = "unknown", .client = &result.address, .now = time(NULL),
        },
    };
    struct spfframe frame = { .domain = sender.domain, .is_passing = true };

    result.domain = shown_domain(sender.domain);
    result.result = check_host(&eval, &frame);
    judge_unanswered(&eval);
    finish(&result);
    *result_r = result;
    free(eval.unanswered);
    str_clear(&eval.found);
    sender_clear(&sender);
}

void spfcheck_run(struct dns *dns, struct dns_budget *budget, const struct ip_addr *client, enum spf_identity identity,
                  const char *helo, const char *mailfrom, const char *receiver, struct spf_result *result_r)
{
    spfcheck_propose(dns, budget, client, identity, helo, mailfrom, receiver, NULL, result_r);
}
