/*
 * One line of a mail log; see maillog.h.  The forms are those of Postfix's log_adhoc(), qmgr_active.c,
 * cleanup_message.c, cleanup_milter.c, smtpd.c and pickup.c, and of lib/report/logline.c.
 */
#include "config.h"

#include "lib/bounce/maillog.h"
#include "lib/base/str.h"

#include <string.h>

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* --- time, host, program ------------------------------------------------------- */

/* Exactly so many digits; -1 where they are not there. */
static int digits(struct span *line, size_t count)
{
    int value = 0;

    if (line->len < count)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!is_digit(line->at[i]))
            return -1;
        value = value * 10 + (line->at[i] - '0');
    }
    line->at += count;
    line->len -= count;
    return value;
}

static int month_of(const char *name)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; i < 12; i++) {
        if (memcmp(names + 3 * i, name, 3) == 0)
            return i + 1;
    }
    return 0;
}

static bool parse_clock(struct span *line, struct maillog_time *time)
{
    time->hour = digits(line, 2);
    if (!span_skip(line, ":"))
        return false;
    time->minute = digits(line, 2);
    if (!span_skip(line, ":"))
        return false;
    time->second = digits(line, 2);
    return time->hour >= 0 && time->hour < 24 && time->minute >= 0 && time->minute < 60 && time->second >= 0 &&
           time->second <= 60;
}

/* "2026-11-23T20:57:27.123456+01:00 ": fraction and zone are not looked at. */
static bool parse_rfc3339(struct span *line, struct maillog_time *time)
{
    struct span rest;

    time->year = digits(line, 4);
    if (!span_skip(line, "-"))
        return false;
    time->month = digits(line, 2);
    if (!span_skip(line, "-"))
        return false;
    time->day = digits(line, 2);
    return span_skip(line, "T") && parse_clock(line, time) && span_cut(line, ' ', &rest);
}

/* "Nov  3 20:57:27 " */
static bool parse_traditional(struct span *line, struct maillog_time *time)
{
    if (line->len < 16 || line->at[3] != ' ')
        return false;
    time->year = 0;
    time->month = month_of(line->at);
    bool is_padded = line->at[4] == ' ';
    line->at += is_padded ? 5 : 4;
    line->len -= is_padded ? 5 : 4;
    time->day = digits(line, is_padded ? 1 : 2);
    return span_skip(line, " ") && parse_clock(line, time) && span_skip(line, " ");
}

static bool parse_time(struct span *line, struct maillog_time *time)
{
    bool is_parsed = line->len > 0 && is_digit(line->at[0]) ? parse_rfc3339(line, time) : parse_traditional(line, time);

    return is_parsed && time->month >= 1 && time->month <= 12 && time->day >= 1 && time->day <= 31;
}

/* "mail postfix/smtp[812]: "; what follows is left in *line. */
static bool parse_tag(struct span *line, struct maillog *log)
{
    struct span program;

    if (!span_cut(line, ' ', &log->host) || log->host.len == 0 || !span_cut(line, ':', &program))
        return false;
    const char *pid = program.len == 0 ? NULL : memchr(program.at, '[', program.len);
    log->program = (struct span){ program.at, pid == NULL ? program.len : (size_t)(pid - program.at) };
    span_skip(line, " ");
    return log->program.len > 0 && memchr(log->program.at, ' ', log->program.len) == NULL;
}

static bool parse_queue_id(struct span *line, struct span *id_r)
{
    size_t n = 0;

    while (n < line->len && n <= QUEUE_ID_MAX && is_alnum(line->at[n]))
        n++;
    if (n < 5 || n > QUEUE_ID_MAX || (n == 7 && memcmp(line->at, "NOQUEUE", 7) == 0))
        return false;
    *id_r = (struct span){ line->at, n };
    line->at += n;
    line->len -= n;
    return true;
}

/* --- deliveries ------------------------------------------------------------------ */

static const char *min_found(const char *a, const char *b)
{
    return a == NULL || (b != NULL && b < a) ? b : a;
}

static struct span until(struct span span, const char *end)
{
    return (struct span){ span.at, (size_t)(end - span.at) };
}

static struct span from(struct span span, const char *at)
{
    return (struct span){ at, span.len - (size_t)(at - span.at) };
}

/* Past a quoted local part, in which anything may stand. */
static const char *after_quoted(struct span span)
{
    size_t i = 0;

    if (span.len == 0 || span.at[0] != '"')
        return span.at;
    for (i = 1; i < span.len && span.at[i] != '"'; i++)
        i += span.at[i] == '\\';
    return span.at + (i < span.len ? i : 0);
}

/* "a@example.net>, " with what is a key of Postfix's behind it. */
static bool parse_recipient(struct span *line, struct span *recipient_r)
{
    struct span rest = from(*line, after_quoted(*line));
    const char *end = min_found(span_find(rest, ">, relay="), span_find(rest, ">, orig_to=<"));

    if (end == NULL)
        return false;
    *recipient_r = until(*line, end);
    *line = from(*line, end);
    return true;
}

/* The value of ", key=" up to the next comma. */
static struct span value_of(struct span *line, const char *key)
{
    const char *at = span_find(*line, key);
    struct span value = { NULL, 0 };

    if (at == NULL)
        return value;
    struct span rest = from(*line, at + strlen(key));
    const char *end = rest.len == 0 ? NULL : memchr(rest.at, ',', rest.len);
    value = end == NULL ? rest : until(rest, end);
    *line = from(*line, value.at + value.len);
    return value;
}

static enum maillog_status status_of(struct span word)
{
    static const struct { const char *word; enum maillog_status status; } words[] = {
        { "sent", STATUS_SENT },
        { "deferred", STATUS_DEFERRED },
        { "bounced", STATUS_BOUNCED },
        { "SOFTBOUNCE", STATUS_DEFERRED },
        { "expired", STATUS_EXPIRED },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (span_is(word, words[i].word))
            return words[i].status;
    }
    return STATUS_OTHER;
}

/* The host before "[": "mx.example.net[192.0.2.1] said: ...".  Empty where there is none. */
static struct span host_of(struct span text)
{
    struct span host;
    bool has_host = span_cut(&text, '[', &host) && host.len > 0 && memchr(host.at, ' ', host.len) == NULL;

    return has_host ? host : (struct span){ NULL, 0 };
}

/* Texts of smtp_trouble.c, smtp_connect.c and smtp_proto.c that name who was asked. */
static struct span host_in(struct span reason)
{
    static const char *const before[] = {
        "connect to ", "lost connection with ", "conversation with ", "not offered by host ", "host ",
    };
    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        const char *at = span_find(reason, before[i]);
        struct span host = at == NULL ? (struct span){ NULL, 0 } : host_of(from(reason, at + strlen(before[i])));
        if (host.len > 0)
            return host;
    }
    return (struct span){ NULL, 0 };
}

/* What the server said, without whom and when. */
static struct span reply_in(struct span reason)
{
    static const char *const before[] = { "] said: ", "] refused to talk to me: " };
    const char *at = NULL;
    size_t skip = 0;

    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]) && at == NULL; i++) {
        at = span_find(reason, before[i]);
        skip = strlen(before[i]);
    }
    if (at == NULL)
        return (struct span){ NULL, 0 };
    struct span reply = from(reason, at + skip);
    const char *end = NULL;
    for (struct span rest = reply; (at = span_find(rest, " (in reply to ")) != NULL; rest = from(rest, at + 1))
        end = at;
    return end == NULL ? reply : until(reply, end);
}

static struct span next_id_in(struct span reason)
{
    static const char *const before[] = { "queued as ", "forwarded as " };
    struct span id = { NULL, 0 };

    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        const char *at = span_find(reason, before[i]);
        if (at == NULL)
            continue;
        struct span rest = from(reason, at + strlen(before[i]));
        if (parse_queue_id(&rest, &id))
            break;
    }
    return id;
}

static void parse_reason(struct span rest, struct maillog *log)
{
    struct span reason = rest;

    if (!span_skip(&reason, "("))
        return;
    if (reason.len > 0 && reason.at[reason.len - 1] == ')')
        reason.len--;
    log->reason = reason;
    if (log->status == STATUS_SENT) {
        log->next_id = next_id_in(reason);
        log->reply = reason;
    } else {
        log->reply = reply_in(reason);
    }
    log->remote = host_of(log->relay);
    if (log->remote.len == 0 && log->status != STATUS_SENT)
        log->remote = host_in(reason);
}

static bool parse_delivery(struct span line, struct maillog *log)
{
    struct span word;

    if (!span_skip(&line, "to=<") || !parse_recipient(&line, &log->recipient))
        return false;
    log->relay = value_of(&line, ", relay=");
    log->dsn = value_of(&line, ", dsn=");
    const char *at = span_find(line, ", status=");
    if (at == NULL)
        return false;
    line = from(line, at + strlen(", status="));
    if (!span_cut(&line, ' ', &word))
        return false;
    log->status = status_of(word);
    parse_reason(line, log);
    return true;
}

/* --- the other lines ---------------------------------------------------------------- */

static bool parse_message_id(struct span line, struct maillog *log)
{
    if (!span_skip(&line, "message-id="))
        return false;
    span_skip(&line, "<");
    if (line.len > 0 && line.at[line.len - 1] == '>')
        line.len--;
    log->message_id = line;
    return true;
}

static enum maillog_kind parse_cleanup(struct span line, struct maillog *log)
{
    static const char *const events[] = { "milter-reject", "milter-hold", "milter-discard" };

    if (parse_message_id(line, log))
        return MAILLOG_MESSAGE_ID;
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (span_has_prefix(line, events[i])) {
            log->event = (struct span){ line.at, strlen(events[i]) };
            return MAILLOG_MILTER;
        }
    }
    return MAILLOG_OTHER;
}

static int number(struct span text)
{
    int value = 0;

    for (size_t i = 0; i < text.len && is_digit(text.at[i]) && value < 100000000; i++)
        value = value * 10 + (text.at[i] - '0');
    return value;
}

static enum maillog_kind parse_qmgr(struct span line, struct maillog *log)
{
    if (span_is(line, "removed"))
        return MAILLOG_REMOVED;
    if (!span_skip(&line, "from=<"))
        return MAILLOG_OTHER;
    struct span rest = from(line, after_quoted(line));
    const char *end = min_found(span_find(rest, ">, size="), span_find(rest, ">, status="));
    if (end == NULL)
        return MAILLOG_OTHER;
    log->sender = until(line, end);
    line = from(line, end);
    if (span_has_prefix(line, ">, status="))
        return span_find(line, "expired,") != NULL ? MAILLOG_EXPIRED : MAILLOG_OTHER;
    log->recipients = number(value_of(&line, ", nrcpt="));
    return MAILLOG_QUEUED;
}

static struct span id_behind(struct span line, const char *key)
{
    const char *at = span_find(line, key);
    struct span id = { NULL, 0 };

    if (at != NULL) {
        struct span rest = from(line, at + strlen(key));
        parse_queue_id(&rest, &id);
    }
    return id;
}

static enum maillog_kind parse_smtpd(struct span line, struct maillog *log)
{
    if (!span_has_prefix(line, "client="))
        return MAILLOG_OTHER;
    log->previous_id = id_behind(line, ", orig_queue_id=");
    return MAILLOG_ARRIVED;
}

static enum maillog_kind parse_pickup(struct span line, struct maillog *log)
{
    if (!span_has_prefix(line, "uid="))
        return MAILLOG_OTHER;
    log->previous_id = id_behind(line, "> orig_id=");
    log->is_requeued = log->previous_id.len > 0;
    return MAILLOG_ARRIVED;
}

static enum maillog_kind parse_postsuper(struct span line, struct maillog *log)
{
    (void)log;
    return span_is(line, "removed") ? MAILLOG_REMOVED : MAILLOG_OTHER;
}

/* No value of ours holds a space or a '=' (lib/report/logline.c). */
static enum maillog_kind parse_verdict(struct span line, struct maillog *log)
{
    const struct { const char *key; struct span *value; } words[] = {
        { "verdict=", &log->verdict }, { "action=", &log->action }, { "from=", &log->sender },
        { "author=", &log->author }, { "predict=", &log->predict }, { "findings=", &log->findings },
    };
    if (!span_has_prefix(line, "verdict="))
        return MAILLOG_OTHER;
    while (line.len > 0) {
        struct span word = line;
        if (!span_cut(&line, ' ', &word))
            line.len = 0;
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            struct span value = word;
            if (span_skip(&value, words[i].key) && words[i].value->at == NULL)
                *words[i].value = span_is(value, "-") ? (struct span){ value.at, 0 } : value;
        }
    }
    if (log->sender.len >= 2 && log->sender.at[0] == '<')
        log->sender = (struct span){ log->sender.at + 1, log->sender.len - 2 };
    return MAILLOG_VERDICT;
}

/* --- who wrote it ------------------------------------------------------------------ */

typedef enum maillog_kind parser(struct span line, struct maillog *log);

static const struct service {
    const char *name;
    parser *parse;                  /* NULL: deliveries */
    enum maillog_agent agent;
} services[] = {
    { "smtp", NULL, AGENT_SMTP },
    { "qmgr", parse_qmgr, 0 },
    { "cleanup", parse_cleanup, 0 },
    { "smtpd", parse_smtpd, 0 },
    { "local", NULL, AGENT_LOCAL },
    { "lmtp", NULL, AGENT_LMTP },
    { "pickup", parse_pickup, 0 },
    { "virtual", NULL, AGENT_LOCAL },
    { "pipe", NULL, AGENT_LOCAL },
    { "error", NULL, AGENT_ERROR },
    { "retry", NULL, AGENT_ERROR },
    { "discard", NULL, AGENT_LOCAL },
    { "nqmgr", parse_qmgr, 0 },
    { "oqmgr", parse_qmgr, 0 },
    { "postsuper", parse_postsuper, 0 },
};

static enum maillog_kind parse_postfix(const struct service *service, struct span line, struct maillog *log)
{
    if (!parse_queue_id(&line, &log->queue_id) || !span_skip(&line, ": "))
        return MAILLOG_OTHER;
    if (service->parse != NULL)
        return service->parse(line, log);
    log->agent = service->agent;
    return parse_delivery(line, log) ? MAILLOG_DELIVERY : MAILLOG_OTHER;
}

bool maillog_parse(const char *text, size_t len, struct maillog *log)
{
    struct span line = { text, len };

    memset(log, 0, sizeof(*log));
    while (line.len > 0 && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
        line.len--;
    if (!parse_time(&line, &log->time) || !parse_tag(&line, log))
        return false;
    struct span name = span_behind_last(log->program, '/');
    if (name.at == NULL) {
        if (span_is(log->program, "preflight-milter") && parse_queue_id(&line, &log->queue_id) &&
            span_skip(&line, ": "))
            log->kind = parse_verdict(line, log);
        return true;
    }
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        if (span_is(name, services[i].name)) {
            log->kind = parse_postfix(&services[i], line, log);
            break;
        }
    }
    return true;
}
