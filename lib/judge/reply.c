/*
 * What a refusal means; see reply.h.  Recognise the receiver, find the row that holds, fill in what it means.
 */
#include "config.h"

#include "lib/judge/replydata.h"
#include "lib/base/str.h"
#include "lib/judge/pattern.h"
#include "lib/judge/replytext.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 256

/* One reply being explained. */
struct reading {
    struct replytext text;
    struct matcher *matcher;
};

static bool has_any_from(const struct reading *reading, const struct reply_patterns *patterns, size_t start)
{
    for (size_t i = 0; i < patterns->count; i++) {
        if (matcher_finds(reading->matcher, patterns->items[i], reading->text.plain + start, reading->text.len - start))
            return true;
    }
    return false;
}

/* In what the receiver said itself. */
static bool is_said(const struct reading *reading, const struct reply_patterns *patterns)
{
    return has_any_from(reading, patterns, reading->text.said);
}

/* Also in what was said about it. */
static bool is_told(const struct reading *reading, const struct reply_patterns *patterns)
{
    return has_any_from(reading, patterns, 0);
}

/* ".example.com" stands for example.com and all below it. */
static bool is_host_of(const struct reply_receiver *receiver, const char *host)
{
    for (size_t i = 0; receiver->hosts != NULL && i < receiver->hosts->count; i++) {
        const char *suffix = receiver->hosts->values[i];
        if (has_suffix(host, suffix) || (suffix[0] == '.' && strcasecmp(host, suffix + 1) == 0))
            return true;
    }
    return false;
}

static const struct reply_receiver *receiver_of_host(const struct replies *replies, const char *host)
{
    for (size_t i = 0; i < replies->n_receivers; i++) {
        if (is_host_of(&replies->receivers[i], host))
            return &replies->receivers[i];
    }
    return NULL;
}

static bool is_host_char(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_';
}

/* "mx.example.net[192.0.2.1] said:", as mail servers write whom they asked. */
static const struct reply_receiver *receiver_named(const struct replies *replies, const struct replytext *text)
{
    for (size_t i = 1; i + 1 < text->len; i++) {
        if (text->plain[i] != '[' || !isalnum((unsigned char)text->plain[i + 1]))
            continue;
        size_t end = text->plain[i - 1] == ' ' ? i - 1 : i, start = end;
        while (start > 0 && is_host_char(text->plain[start - 1]))
            start--;
        if (end == start || end - start >= HOST_MAX)
            continue;
        char host[HOST_MAX];
        snprintf(host, sizeof(host), "%.*s", (int)(end - start), text->plain + start);
        const struct reply_receiver *receiver = receiver_of_host(replies, host);
        if (receiver != NULL)
            return receiver;
    }
    return NULL;
}

static const struct reply_receiver *find_receiver(const struct replies *replies, const struct reading *reading,
                                                  const char *host)
{
    const struct reply_receiver *receiver = host == NULL ? NULL : receiver_of_host(replies, host);

    if (receiver == NULL)
        receiver = receiver_named(replies, &reading->text);
    for (size_t i = 0; receiver == NULL && i < replies->n_receivers; i++) {
        if (is_told(reading, &replies->receivers[i].marks))
            receiver = &replies->receivers[i];
    }
    return receiver;
}

static bool is_code(const struct reply_code *code, const struct replytext *text)
{
    int first, subject, detail;

    if (!code->is_enhanced)
        return atoi(text->code) >= code->from && atoi(text->code) <= code->to;
    if (sscanf(text->enhanced, "%d.%d.%d", &first, &subject, &detail) != 3)
        return false;
    return (code->first == 0 || first == code->first) && subject == code->subject && detail >= code->from &&
           detail <= code->to;
}

static bool has_code(const struct reply_codes *codes, const struct replytext *text)
{
    for (size_t i = 0; i < codes->count; i++) {
        if (is_code(&codes->items[i], text))
            return true;
    }
    return false;
}

static bool row_holds(const struct reply_row *row, const struct reading *reading)
{
    return (row->codes.count == 0 || has_code(&row->codes, &reading->text)) &&
           (row->match.count == 0 || is_said(reading, &row->match)) &&
           (row->context.count == 0 || is_told(reading, &row->context)) && !is_said(reading, &row->unless);
}

static const struct reply_row *find_row(const struct replies *replies, const struct reading *reading,
                                        const struct reply_receiver *receiver)
{
    receiver_set own = receiver == NULL ? 0 : (receiver_set)1 << (receiver - replies->receivers);

    for (size_t i = 0; own != 0 && i < replies->n_rows; i++) {
        if ((replies->rows[i].receivers & own) != 0 && row_holds(&replies->rows[i], reading))
            return &replies->rows[i];
    }
    for (size_t i = 0; i < replies->n_rows; i++) {
        if (replies->rows[i].receivers == 0 && row_holds(&replies->rows[i], reading))
            return &replies->rows[i];
    }
    return NULL;
}

static bool is_authentication(enum cause cause)
{
    return cause == CAUSE_SPF || cause == CAUSE_DKIM || cause == CAUSE_DMARC;
}

/* What the row says, and where results are named one by one, what they say. */
static void set_causes(const struct replies *replies, const struct reply_row *row, const struct reading *reading,
                       struct explanation *out)
{
    bool failed[CAUSE_COUNT] = { false };

    out->cause = row->cause;
    memcpy(out->also, row->also, sizeof(out->also));
    if (!is_authentication(row->cause))
        return;
    for (size_t i = 0; i < replies->n_fields; i++)
        failed[replies->fields[i].cause] = is_said(reading, &replies->fields[i].failed);
    for (size_t i = row->n_by_fields; i-- > 0;) {
        if (failed[row->by_fields[i]])
            out->cause = row->by_fields[i];
    }
    for (int i = 0; i < CAUSE_COUNT; i++)
        out->also[i] = (out->also[i] || failed[i] || (int)row->cause == i) && (int)out->cause != i;
    /* Where the fields tell, what the row has is a guess. */
    for (size_t i = 0; failed[out->cause] && i < row->n_by_fields; i++)
        out->also[row->by_fields[i]] = failed[row->by_fields[i]] && row->by_fields[i] != out->cause;
}

static const char *first_of(const char *a, const char *b, const char *c)
{
    return a != NULL ? a : b != NULL ? b : c;
}

static void set_meaning(const struct replies *replies, const struct reply_row *row,
                        const struct reply_receiver *receiver, struct explanation *out)
{
    const struct reply_meaning *cause = &replies->causes[out->cause];
    const struct reply_meaning none = { NULL, NULL, NULL };
    const struct reply_meaning *own = &none;

    if (row == NULL)
        own = &replies->unknown;
    else if (row->cause == out->cause)
        own = &row->meaning;
    out->pattern = row == NULL ? NULL : row->name;
    out->text = first_of(own->text, cause->text, NULL);
    out->remedy = first_of(own->remedy, cause->remedy, NULL);
    out->page = first_of(own->page, receiver == NULL ? NULL : receiver->page, cause->page);
}

static bool is_temporary(const struct replies *replies, const struct reading *reading, bool is_delayed)
{
    const struct replytext *text = &reading->text;

    if (text->code[0] != '\0')
        return text->code[0] == '4';
    if (text->enhanced[0] != '\0')
        return text->enhanced[0] == '4';
    return is_delayed || is_told(reading, &replies->delayed);
}

void replies_explain(const struct replies *replies, const struct reply *reply, struct explanation *out)
{
    struct reading reading = { .matcher = matcher_new() };

    *out = (struct explanation){ .cause = CAUSE_MAILBOX };
    replytext_read(reply->text, &reading.text);
    if (reading.text.enhanced[0] == '\0' && reply->status != NULL)
        replytext_status(reply->status, &reading.text);
    const struct reply_receiver *receiver = find_receiver(replies, &reading, reply->host);
    const struct reply_row *row = find_row(replies, &reading, receiver);
    if (row != NULL)
        set_causes(replies, row, &reading, out);
    if (receiver != NULL) {
        snprintf(out->receiver, sizeof(out->receiver), "%s", receiver->name);
        out->title = receiver->title;
    }
    memcpy(out->code, reading.text.code, sizeof(out->code));
    memcpy(out->enhanced, reading.text.enhanced, sizeof(out->enhanced));
    out->is_temporary = is_temporary(replies, &reading, reply->is_delayed);
    set_meaning(replies, row, receiver, out);
    matcher_free(&reading.matcher);
}
