/*
 * Refusals in the lines of a mail log: whose line it is, and what Postfix and preflight-milter log; see mtalog.h.
 */
#include "config.h"

#include "lib/bounce/mtalog.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/bounce/bouncelist.h"
#include "lib/bounce/eximlog.h"
#include "lib/bounce/maillog.h"
#include "lib/bounce/said.h"
#include "lib/bounce/sendmaillog.h"

#include <stdlib.h>
#include <string.h>

static char *copy(struct span span)
{
    return span.len == 0 ? NULL : reply_squeeze(span.at, span.len);
}

/* --- Postfix: an attempt to deliver --------------------------------------------------------- */

static void add_delivery(const struct maillog *line, struct bounces *bounces)
{
    if (line->status == STATUS_SENT || line->status == STATUS_OTHER)
        return;
    struct span said = line->reply.len > 0 ? line->reply : line->reason;
    struct bounce bounce = {
        .recipient = copy(line->recipient), .queue_id = copy(line->queue_id), .status = copy(line->dsn),
        .host = copy(line->remote), .reply = copy(said), .is_delayed = line->status == STATUS_DEFERRED,
    };

    bounces_add(bounces, &bounce);
}

/* --- Postfix: a client that was refused, by a rule or a milter --------------------------------- */

/* "reject: RCPT from host[192.0.2.1]: 554 5.7.1 ...; from=<a> to=<b> proto=ESMTP helo=<c>" */
static char *value_in_brackets(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    if (at == NULL)
        return NULL;
    at += strlen(name);
    return xstrndup(at, strcspn(at, ">"));
}

static bool is_refusal(const char *text)
{
    static const char *const words[] = { ": reject: ", ": milter-reject: ", ": reject_warning: " };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(text, words[i]) != NULL)
            return true;
    }
    return false;
}

/* The last "; from=<": what a client says of itself cannot come behind it. */
static char *find_details(char *reply)
{
    char *details = NULL;

    for (char *at = strstr(reply, "; from=<"); at != NULL; at = strstr(at + 1, "; from=<"))
        details = at;
    return details;
}

static void add_refused_client(const struct maillog *line, const char *text, struct bounces *bounces)
{
    if (!is_refusal(text))
        return;
    const char *pid = strstr(text, "]: ");                      /* the program's */
    char *start = pid == NULL ? NULL : strstr(pid + 3, "]: ");  /* the client's address */
    if (start == NULL)
        return;
    char *details = find_details(start + 3);
    struct bounce bounce = { .queue_id = copy(line->queue_id) };
    if (details != NULL) {
        *details = '\0';
        bounce.sender = value_in_brackets(details + 1, " from=<");
        bounce.recipient = value_in_brackets(details + 1, " to=<");
    }
    bounce.reply = xstrdup(start + 3);
    bounce.is_delayed = start[3] == '4';
    bounces_add(bounces, &bounce);
}

/* --- our own line: what a receiver is predicted to answer ----------------------------------------- */

static struct span field(struct span line, const char *name)
{
    const char *at = span_find(line, name);

    if (at == NULL)
        return (struct span){ NULL, 0 };
    at += strlen(name);
    size_t left = line.len - (size_t)(at - line.at);
    const char *end = memchr(at, ' ', left);
    return (struct span){ at, end == NULL ? left : (size_t)(end - at) };
}

/* "gmail:550-5.7.26" and the results, as a reply would put them: "550 5.7.26 spf=fail dkim=none dmarc=fail". */
static char *predicted_reply(struct span line, const char *codes)
{
    static const char *const results[] = { " spf=", " dkim=", " dmarc=" };
    struct str text = STR_EMPTY;

    str_add(&text, codes);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '-')
            text.data[i] = ' ';
    }
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        struct span value = field(line, results[i]);
        str_add(&text, results[i]);
        str_addn(&text, value.at, value.len);
    }
    char *reply = reply_squeeze(str_get(&text), text.len);
    str_clear(&text);
    return reply;
}

/* "550", "550-5.7.26": another outcome is a word. */
static bool is_refusing(const char *codes)
{
    return codes != NULL && is_reply_code(codes + 1);
}

static void add_prediction(const struct maillog *line, struct span all, struct bounces *bounces)
{
    char *predict = copy(line->predict);
    char *colon = predict == NULL ? NULL : strchr(predict, ':');

    if (is_refusing(colon)) {
        struct bounce bounce = {
            .queue_id = copy(line->queue_id), .sender = line->sender.len == 0 ? xstrdup("") : copy(line->sender),
            .reply = predicted_reply(all, colon + 1), .is_delayed = colon[1] == '4',
        };
        bounces_add(bounces, &bounce);
    }
    free(predict);
}

/* --- one line ------------------------------------------------------------------------------------- */

static bool read_postfix(struct span all, const char *text, struct bounces *bounces)
{
    struct maillog line;

    if (!maillog_parse(all.at, all.len, &line))
        return false;
    if (line.kind == MAILLOG_DELIVERY)
        add_delivery(&line, bounces);
    else if (line.kind == MAILLOG_VERDICT)
        add_prediction(&line, all, bounces);
    else if (span_find(line.program, "postfix") != NULL)
        add_refused_client(&line, text, bounces);
    else
        return false;
    return true;
}

bool mtalog_read(const char *line, size_t len, struct bounces *bounces)
{
    /* One line of a log is short; Exim cuts its own at 8 kB. */
    char *text = reply_squeeze(line, len);
    bool is_line = eximlog_read(text, bounces) || sendmaillog_read(text, bounces) ||
        read_postfix((struct span){ line, len }, text, bounces);

    free(text);
    return is_line;
}
