/*
 * libopendmarc's opinion; see dmarcopinion.h.  The only user of opendmarc/dmarc.h.  It never gets to ask the DNS, its
 * store functions are called once each but for signatures, and what its fixed buffers cannot hold is kept from it.
 */
#include "config.h"

#include "lib/check/dmarcopinion.h"
#include "lib/base/domain.h"
#include "lib/base/mem.h"

#include <opendmarc/dmarc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RECORD_MAX 1024
#define TAG_MAX 500             /* its buffers hold 512 bytes of a tag, 256 of a URI, 32 of a format, and it follows */
#define URI_MAX 250             /* a NULL pointer where more is given */
#define FORMAT_MAX 30

struct dmarcopinion {
    bool has_list;              /* without one it aligns no siblings: no deployed receiver's opinion */
};

/* libopendmarc takes unsigned, writable strings, and writes to none of them. */
static u_char *text(const char *s)
{
    union { const char *in; u_char *out; } u = { .in = s };

    return u.out;
}

/* Siblings align only once a list was read; names with longer labels, for it drops a label of one letter. */
static bool has_list(void)
{
    return opendmarc_policy_check_alignment(text("news.example.com"), text("mail.example.com"), 0) == 0;
}

static bool read_list(const char *file)
{
    char *path = xstrdup(file), comment[] = "//", wildcard[] = "*.", exception[] = "!";
    bool is_read = opendmarc_tld_read_file(path, comment, wildcard, exception) == 0;

    free(path);
    return is_read;
}

struct dmarcopinion *dmarcopinion_new(const char *list_file)
{
    struct dmarcopinion *opinion = xcalloc(1, sizeof(*opinion));

    opinion->has_list = has_list() || (list_file != NULL && read_list(list_file) && has_list());
    return opinion;
}

void dmarcopinion_free(struct dmarcopinion **opinion)
{
    free(*opinion);             /* the list stays: other engines may be using it */
    *opinion = NULL;
}

/* The longest part of a tag between separators. */
static size_t longest_item(const char *tag, size_t len, char separator)
{
    size_t longest = 0, item = 0;

    for (size_t i = 0; i < len; i++) {
        item = tag[i] == separator ? 0 : item + 1;
        longest = item > longest ? item : longest;
    }
    return longest;
}

static bool is_named(const char *tag, size_t len, const char *name)
{
    while (len > 0 && (*tag == ' ' || *tag == '\t')) {
        tag++;
        len--;
    }
    size_t n = strlen(name);
    return len > n && strncasecmp(tag, name, n) == 0 && strchr("= \t", tag[n]) != NULL;
}

static bool is_safe_tag(const char *tag, size_t len)
{
    if (is_named(tag, len, "rua") || is_named(tag, len, "ruf"))
        return len <= TAG_MAX && longest_item(tag, len, ',') <= URI_MAX;
    return len <= (is_named(tag, len, "rf") ? FORMAT_MAX : URI_MAX);
}

static bool is_safe_record(const char *record)
{
    size_t len = strlen(record);

    if (len == 0 || len > RECORD_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((record[i] < ' ' && record[i] != '\t') || record[i] > '~')
            return false;
    }
    while (*record != '\0') {
        size_t tag = strcspn(record, ";");
        if (!is_safe_tag(record, tag))
            return false;
        record += tag + (record[tag] == ';');
    }
    return true;
}

static bool is_safe_name(const char *domain)
{
    return domain != NULL && domain[0] != '\0' && strlen(domain) < DOMAIN_MAX;
}

static void store_spf(DMARC_POLICY_T *policy, const struct dmarcopinion_identity *spf)
{
    int outcome = DMARC_POLICY_SPF_OUTCOME_FAIL;

    if (!is_safe_name(spf->domain))
        return;
    if (spf->result == AUTH_PASS)
        outcome = DMARC_POLICY_SPF_OUTCOME_PASS;
    else if (spf->result == AUTH_NONE)
        outcome = DMARC_POLICY_SPF_OUTCOME_NONE;
    else if (spf->result == AUTH_TEMPERROR)
        outcome = DMARC_POLICY_SPF_OUTCOME_TMPFAIL;
    (void)opendmarc_policy_store_spf(policy, text(spf->domain), outcome, DMARC_POLICY_SPF_ORIGIN_MAILFROM, NULL);
}

static void store_dkim(DMARC_POLICY_T *policy, const struct dmarcopinion_identity *dkim)
{
    int outcome = DMARC_POLICY_DKIM_OUTCOME_FAIL;

    if (!is_safe_name(dkim->domain))
        return;
    if (dkim->result == AUTH_PASS)
        outcome = DMARC_POLICY_DKIM_OUTCOME_PASS;
    else if (dkim->result == AUTH_TEMPERROR)
        outcome = DMARC_POLICY_DKIM_OUTCOME_TMPFAIL;
    (void)opendmarc_policy_store_dkim(policy, text(dkim->domain), NULL, outcome, NULL);
}

static const char *verdict(DMARC_POLICY_T *policy)
{
    int percent = 100;
    bool is_weaker = opendmarc_policy_fetch_pct(policy, &percent) == DMARC_PARSE_OKAY && percent == 0;

    switch (opendmarc_get_policy_to_enforce(policy)) {
    case DMARC_POLICY_PASS:
        return "pass";
    case DMARC_POLICY_REJECT:
        return is_weaker ? "quarantine" : "reject";
    case DMARC_POLICY_QUARANTINE:
        return is_weaker ? "none" : "quarantine";
    case DMARC_POLICY_NONE:
        return "none";
    case DMARC_POLICY_ABSENT:
        return "absent";
    default:
        return NULL;
    }
}

const char *dmarcopinion_ask(const struct dmarcopinion *opinion, const struct dmarcopinion_question *question)
{
    if (!opinion->has_list || !is_safe_name(question->author) || !is_safe_record(question->record))
        return NULL;
    DMARC_POLICY_T *policy = opendmarc_policy_connect_init(text("192.0.2.1"), 0);
    if (policy == NULL)
        return NULL;

    const char *answer = NULL;
    int status = opendmarc_policy_store_from_domain(policy, text(question->author));
    if (status == DMARC_PARSE_OKAY) {
        status = opendmarc_policy_store_dmarc(policy, text(question->record), text(question->author),
                                              question->org == NULL ? NULL : text(question->org));
        /* A record it cannot read leaves half of itself behind: OpenDMARC does not go on from there either. */
        answer = status == DMARC_PARSE_OKAY ? NULL : "absent";
    }
    if (status == DMARC_PARSE_OKAY) {
        store_spf(policy, &question->spf);
        for (size_t i = 0; i < question->n_dkim; i++)
            store_dkim(policy, &question->dkim[i]);
        answer = verdict(policy);
    }
    (void)opendmarc_policy_connect_shutdown(policy);
    return answer;
}
