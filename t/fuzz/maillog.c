/*
 * Fuzz target: lines of a mail log.  What a line says lies within it, a queue id is one, and a second reading is the
 * same.
 */
#include "config.h"

#include "lib/base/span.h"
#include "lib/bounce/maillog.h"
#include "t/fuzz/fuzz.h"

static void check_span(struct span span, const char *text, size_t size, const char *what)
{
    HOLDS(span.at == NULL ? span.len == 0 : span.at >= text && span.at + span.len <= text + size,
          "%s lies out of the line", what);
}

static void check_id(struct span id, const char *text, size_t size, const char *what)
{
    check_span(id, text, size, what);
    HOLDS(id.len <= QUEUE_ID_MAX, "%s of %zu bytes", what, id.len);
    for (size_t i = 0; i < id.len; i++)
        HOLDS((id.at[i] | 32) >= 'a' ? (id.at[i] | 32) <= 'z' : id.at[i] >= '0' && id.at[i] <= '9',
              "%s has a byte %d", what, id.at[i]);
}

static void check_time(const struct maillog_time *time)
{
    HOLDS(time->year >= 0 && time->year <= 9999, "year %d", time->year);
    HOLDS(time->month >= 1 && time->month <= 12 && time->day >= 1 && time->day <= 31, "%d-%d", time->month, time->day);
    HOLDS(time->hour >= 0 && time->hour < 24 && time->minute >= 0 && time->minute < 60 && time->second >= 0 &&
          time->second <= 60, "%d:%d:%d", time->hour, time->minute, time->second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct maillog log, again;

    if (!maillog_parse(text, size, &log))
        return 0;
    const struct { struct span span; const char *name; } spans[] = {
        { log.host, "host" }, { log.program, "program" }, { log.recipient, "recipient" }, { log.relay, "relay" },
        { log.dsn, "dsn" }, { log.reason, "reason" }, { log.remote, "remote" }, { log.reply, "reply" },
        { log.message_id, "message-id" }, { log.sender, "sender" }, { log.event, "event" }, { log.verdict, "verdict" },
        { log.action, "action" }, { log.author, "author" }, { log.predict, "predict" }, { log.findings, "findings" },
    };
    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
        check_span(spans[i].span, text, size, spans[i].name);
    check_id(log.queue_id, text, size, "queue id");
    check_id(log.next_id, text, size, "next id");
    check_id(log.previous_id, text, size, "previous id");
    check_time(&log.time);
    HOLDS(log.host.len > 0 && log.program.len > 0, "host or program is empty");
    HOLDS(log.kind == MAILLOG_OTHER || log.queue_id.len >= 5, "kind %d without a queue id", (int)log.kind);
    HOLDS(log.recipients >= 0, "%d recipients", log.recipients);
    if (log.reply.len > 0 && log.reason.len > 0)
        HOLDS(log.reply.at >= log.reason.at && log.reply.at + log.reply.len <= log.reason.at + log.reason.len,
              "the reply is no part of the reason");

    HOLDS(maillog_parse(text, size, &again) && memcmp(&log, &again, sizeof(log)) == 0, "read twice, it differs");
    return 0;
}
