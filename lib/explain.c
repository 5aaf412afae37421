/*
 * What came back, explained; see explain.h.
 */
#include "config.h"

#include "lib/explain.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/recheck.h"

#include <stdlib.h>
#include <string.h>

/* A reply as a person has it at hand, and not out of a bounce message or a log. */
static bool is_bare(const struct bounce *bounce)
{
    return bounce->recipient == NULL && bounce->queue_id == NULL && bounce->original == NULL && bounce->status == NULL;
}

/* "250 2.0.0 Ok", "354 go on" */
static bool is_taken(const struct explanation *meaning)
{
    return meaning->code[0] != '\0' ? meaning->code[0] < '4' : meaning->enhanced[0] == '2';
}

/* What of a text is looked at as one reply, its NULs as spaces.  Caller frees. */
static char *reply_of(const char *text, size_t len)
{
    if (len > BOUNCE_REPLY_MAX)
        len = BOUNCE_REPLY_MAX;
    char *reply = xmalloc(len + 1);
    for (size_t i = 0; i < len; i++)
        reply[i] = text[i] == '\0' ? ' ' : text[i];
    reply[len] = '\0';
    return reply;
}

/* words: the whole of a bare reply, which tells when in the session it came; else NULL. */
static void explain_one(const struct replies *replies, const struct bounce *bounce, const char *words,
                        struct explained *out)
{
    const struct reply reply = {
        .text = words != NULL ? words : bounce->reply, .host = bounce->host, .status = bounce->status,
        .is_delayed = bounce->is_delayed,
    };

    out->bounce = bounce;
    replies_explain(replies, &reply, &out->meaning);
}

static int read_bounces(struct explain *explain, const char *text, size_t len, bool is_reply, struct err *err)
{
    struct bounce only = { .recipient = NULL };

    if (bounces_read(text, len, &explain->bounces, err) == 0)
        return 0;
    if (!is_reply || text[strspn(text, " \t\r\n")] == '\0')
        return -1;
    bounces_clear(&explain->bounces);
    only.reply = reply_of(text, len);
    explain->bounces.items = xgrow(NULL, 0, &explain->bounces.capacity, sizeof(only));
    explain->bounces.items[explain->bounces.count++] = only;
    return 0;
}

struct explain *explain_new(const struct conf *conf, const char *text, size_t len, bool is_reply, struct err *err)
{
    struct explain *explain = xcalloc(1, sizeof(*explain));

    explain->replies = replies_load(conf->replies, err);
    if (explain->replies == NULL || read_bounces(explain, text, len, is_reply, err) < 0) {
        explain_free(&explain);
        return NULL;
    }
    const struct bounces *bounces = &explain->bounces;
    char *words = bounces->count == 1 && is_bare(bounces->items) ? reply_of(text, len) : NULL;
    explain->items = xcalloc(bounces->count, sizeof(*explain->items));
    for (size_t i = 0; i < bounces->count; i++) {
        struct explained *one = &explain->items[explain->count];
        explain_one(explain->replies, &bounces->items[i], words, one);
        explain->count += !(is_bare(&bounces->items[i]) && is_taken(&one->meaning));
    }
    free(words);
    if (explain->count > 0)
        return explain;
    err_set(err, "nothing was refused: the reply is '%.3s%s'", explain->items[0].meaning.code,
            explain->items[0].meaning.code[0] != '\0' ? "" : explain->items[0].meaning.enhanced);
    explain_free(&explain);
    return NULL;
}

static void answer_for(struct explain *explain, const struct bounce_original *original, const struct report *today)
{
    for (size_t i = 0; i < explain->count; i++) {
        struct explained *one = &explain->items[i];
        struct str reason = STR_EMPTY;
        if (one->bounce->original != original)
            continue;
        one->today = today;
        one->answer = recheck_cause(today, original, one->meaning.cause, &reason);
        one->reason = str_steal(&reason);
    }
}

int explain_recheck(struct explain *explain, struct preflight *preflight, struct err *err)
{
    const struct bounces *bounces = &explain->bounces;
    size_t n = bounces->n_originals < EXPLAIN_RECHECKS_MAX ? bounces->n_originals : EXPLAIN_RECHECKS_MAX;

    explain->reports = xcalloc(n == 0 ? 1 : n, sizeof(struct report *));
    for (size_t i = 0; i < n; i++) {
        struct report *report = recheck_judge(preflight, bounces, bounces->originals[i], err);
        if (report == NULL)
            return -1;
        explain->reports[explain->n_reports++] = report;
        answer_for(explain, bounces->originals[i], report);
    }
    return 0;
}

void explain_free(struct explain **explain)
{
    if (*explain == NULL)
        return;
    for (size_t i = 0; i < (*explain)->count; i++)
        free((*explain)->items[i].reason);
    for (size_t i = 0; i < (*explain)->n_reports; i++)
        report_free(&(*explain)->reports[i]);
    free((*explain)->reports);
    free((*explain)->items);
    bounces_clear(&(*explain)->bounces);
    replies_free(&(*explain)->replies);
    free(*explain);
    *explain = NULL;
}
