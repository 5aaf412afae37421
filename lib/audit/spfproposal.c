/*
 * Proposals of SPF records; see spfproposal.h.
 */
#include "config.h"

#include "lib/audit/spfproposal.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/check/spfeval.h"
#include "lib/check/spfrecord.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RECORDS_MAX 10
#define MENDED_MAX 10           /* terms that are taken out */

/* --- texts ---------------------------------------------------------------------------------------- */

/* The record without a term, as it is written; NULL where it does not have it. */
static char *without(const char *record, const char *term)
{
    struct str text = STR_EMPTY;
    size_t term_len = strlen(term);
    bool is_found = false;

    while (*record != '\0') {
        size_t len = strcspn(record, " ");
        bool is_it = len == term_len && len > 0 && memcmp(record, term, len) == 0;
        if (len > 0 && !is_it)
            str_addf(&text, "%s%.*s", text.len > 0 ? " " : "", (int)len, record);
        is_found = is_found || is_it;
        record += len;
        record += strspn(record, " ");
    }
    if (is_found)
        return str_steal(&text);
    str_clear(&text);
    return NULL;
}

struct merge {
    struct str text;
    enum auth_result all;       /* the mildest; pass where there is none */
    char *exp;
};

static void add_term(struct merge *merge, const char *term)
{
    size_t len = strlen(term);

    for (const char *p = str_get(&merge->text); *p != '\0'; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        if (n == len && strncasecmp(p, term, n) == 0)
            return;
        p += n;
    }
    str_addf(&merge->text, " %s", term);
}

/* Neutral is milder than softfail, that than fail. */
static void take_all(struct merge *merge, enum auth_result all)
{
    static const enum auth_result mildest[] = { AUTH_NEUTRAL, AUTH_SOFTFAIL, AUTH_FAIL };

    for (size_t i = 0; i < sizeof(mildest) / sizeof(mildest[0]); i++) {
        if (merge->all == mildest[i])
            return;
        if (all == mildest[i]) {
            merge->all = all;
            return;
        }
    }
}

static void take_record(struct merge *merge, const struct spfrecord *record)
{
    bool has_all = false;

    for (size_t i = 0; i < record->n_terms && !has_all; i++) {
        has_all = record->terms[i].kind == SPFTERM_ALL;
        if (has_all)
            take_all(merge, record->terms[i].qualifier);
        else
            add_term(merge, record->terms[i].text);
    }
    if (record->redirect != NULL && !has_all) {
        char *include = xasprintf("include:%s", record->redirect->domain);
        add_term(merge, include);
        free(include);
    }
    if (record->exp != NULL && merge->exp == NULL)
        merge->exp = xstrdup(record->exp->text);
}

char *spfproposal_merge(const char *const *records, size_t n)
{
    struct merge merge = { .text = STR_EMPTY, .all = AUTH_PASS };
    bool is_good = true;

    str_add(&merge.text, "v=spf1");
    for (size_t i = 0; i < n && is_good; i++) {
        struct spfrecord record;
        struct err err;
        is_good = spfrecord_parse(records[i], strlen(records[i]), &record, &err) == 0;
        if (is_good)
            take_record(&merge, &record);
        spfrecord_clear(&record);
    }
    str_add(&merge.text, merge.all == AUTH_FAIL ? " -all" : merge.all == AUTH_NEUTRAL ? " ?all" : " ~all");
    if (merge.exp != NULL)
        str_addf(&merge.text, " %s", merge.exp);
    free(merge.exp);
    char *text = str_steal(&merge.text);
    if (is_good)
        return text;
    free(text);
    return NULL;
}

/* Takes terms out that are none; *record is another then. */
static void mend_syntax(char **record)
{
    for (int i = 0; i < MENDED_MAX; i++) {
        struct spfrecord parsed;
        struct err err;
        int rc = spfrecord_parse(*record, strlen(*record), &parsed, &err);
        char *mended = rc == 0 || parsed.bad_term[0] == '\0' ? NULL : without(*record, parsed.bad_term);
        spfrecord_clear(&parsed);
        if (mended == NULL)
            return;
        free(*record);
        *record = mended;
    }
}

/* --- what it gives -------------------------------------------------------------------------------- */

static void try(const struct spfproposal_input *input, struct dns_budget *budget, const char *record, size_t i,
                struct spf_result *result_r)
{
    spfcheck_propose(input->dns, budget, &input->addresses[i], SPF_MAILFROM, input->helo, input->sender,
                     input->receiver, record, result_r);
}

/* A term of the record itself that leads nowhere: without it the others count again. */
static bool mend_term(const struct spfproposal_input *input, struct dns_budget *budget, char **record)
{
    char *mended = NULL;

    for (size_t i = 0; i < input->n_addresses && mended == NULL; i++) {
        struct spf_result result;
        try(input, budget, *record, i, &result);
        if (result.result == AUTH_PERMERROR && strcmp(result.record_domain, input->domain) == 0 &&
            (result.flags & (SPF_FLAG_TOO_MANY_LOOKUPS | SPF_FLAG_VOID_LOOKUPS)) == 0)
            mended = without(*record, result.term);
        spf_result_clear(&result);
    }
    if (mended == NULL)
        return false;
    free(*record);
    *record = mended;
    return true;
}

/* Those that do not pass by it; -1 where one gets no answer, or an error. */
static int find_missing(const struct spfproposal_input *input, struct dns_budget *budget, const char *record,
                        struct ip_addr *missing_r, size_t *n_r)
{
    int rc = 0;

    *n_r = 0;
    for (size_t i = 0; i < input->n_addresses && rc == 0; i++) {
        struct spf_result result;
        try(input, budget, record, i, &result);
        if (result.result == AUTH_TEMPERROR || result.result == AUTH_PERMERROR)
            rc = -1;
        else if (result.result != AUTH_PASS)
            missing_r[(*n_r)++] = input->addresses[i];
        spf_result_clear(&result);
    }
    return rc;
}

static void propose(const struct spfproposal_input *input, struct dns_budget *budget, const char *known, char **record,
                    struct publish *publish)
{
    struct ip_addr *missing = xcalloc(input->n_addresses, sizeof(*missing));
    size_t n;

    mend_syntax(record);
    for (int i = 0; i < MENDED_MAX && mend_term(input, budget, record); i++)
        continue;
    if (find_missing(input, budget, *record, missing, &n) == 0) {
        char *text = n == 0 ? xstrdup(*record) : publish_mend_spf(*record, missing, n);
        bool is_other = known == NULL || strcmp(text, known) != 0;
        if (is_other && find_missing(input, budget, text, missing, &n) == 0 && n == 0)
            publish_spf(publish, input->domain, text);
        free(text);
    }
    free(missing);
}

/* Records that cannot be read are not merged with others: what they meant is not known. */
static char *merge(char **records, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mend_syntax(&records[i]);
    return spfproposal_merge((const char *const *)records, n);
}

void spfproposal_make(const struct spfproposal_input *input, struct dns_budget *budget, struct publish *publish)
{
    const struct dns_answer *answer = dns_lookup(input->dns, input->domain, DNS_TXT, budget);
    struct str text = STR_EMPTY;
    char *records[RECORDS_MAX], *record = NULL;
    size_t n = 0;

    for (size_t i = 0; n < RECORDS_MAX && spfeval_next(answer, &i, &text);) {
        if (memchr(text.data, '\0', text.len) == NULL)
            records[n++] = xstrdup(text.data);
    }
    if (n > 0)
        record = n == 1 ? xstrdup(records[0]) : merge(records, n);
    else if (dns_is_answered(answer->status) && input->n_addresses > 0)
        record = publish_make_spf(input->addresses, input->n_addresses);
    if (record != NULL && input->n_addresses > 0)
        propose(input, budget, n == 1 ? records[0] : NULL, &record, publish);
    for (size_t i = 0; i < n; i++)
        free(records[i]);
    free(record);
    str_clear(&text);
    dns_answer_unref(answer);
}
