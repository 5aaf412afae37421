/*
 * lib/bounce/maillog: lines as Postfix and the milter write them.
 */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/base/span.h"
#include "lib/base/str.h"
#include "lib/bounce/maillog.h"
#include "t/unit/unit.h"

#define STAMP "Nov 23 20:57:27 mail "

static void add_span(struct str *out, const char *name, struct span span)
{
    if (span.len == 0)
        return;
    str_addf(out, " %s=", name);
    str_addn(out, span.at, span.len);
}

/* The kind, the queue id, and whatever else is there, in the order of the struct. */
static void describe(const char *text, size_t len, struct str *out)
{
    static const char *const kinds[] = { "other", "delivery", "arrived", "message-id", "queued", "expired", "removed",
                                         "milter", "verdict" };
    static const char *const agents[] = { "smtp", "lmtp", "local", "error" };
    static const char *const statuses[] = { "sent", "deferred", "bounced", "expired", "?" };
    struct maillog log;

    if (!maillog_parse(text, len, &log)) {
        str_add(out, "no line");
        return;
    }
    str_add(out, kinds[log.kind]);
    if (log.kind == MAILLOG_DELIVERY)
        str_addf(out, " %s %s", agents[log.agent], statuses[log.status]);
    add_span(out, "id", log.queue_id);
    add_span(out, "to", log.recipient);
    add_span(out, "relay", log.relay);
    add_span(out, "dsn", log.dsn);
    add_span(out, "remote", log.remote);
    add_span(out, "reply", log.reply);
    if (log.reply.len == 0)
        add_span(out, "reason", log.reason);
    add_span(out, "next", log.next_id);
    add_span(out, "previous", log.previous_id);
    add_span(out, "message-id", log.message_id);
    add_span(out, "from", log.sender);
    if (log.recipients > 0)
        str_addf(out, " nrcpt=%d", log.recipients);
    add_span(out, "event", log.event);
    add_span(out, "verdict", log.verdict);
    add_span(out, "action", log.action);
    add_span(out, "author", log.author);
    add_span(out, "predict", log.predict);
    add_span(out, "findings", log.findings);
}

static const struct { const char *text, *want; } lines[] = {
    /* deliveries */
    { STAMP "postfix/smtp[812]: 4F1D22A0C3: to=<b@example.net>, relay=mx.example.net[192.0.2.9]:25, delay=0.9, "
      "delays=0.1/0/0.4/0.4, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 9D2C31F00A)",
      "delivery smtp sent id=4F1D22A0C3 to=b@example.net relay=mx.example.net[192.0.2.9]:25 dsn=2.0.0 "
      "remote=mx.example.net reply=250 2.0.0 Ok: queued as 9D2C31F00A next=9D2C31F00A" },
    { STAMP "postfix-out/smtp[812]: 4gBzXk2Lm7z3Pq: to=<b@example.net>, relay=mx.example.net[192.0.2.9]:25, "
      "conn_use=2, delay=0.9, delays=0.1/0/0.4/0.4, dsn=5.7.26, status=bounced (host mx.example.net[192.0.2.9] said: "
      "550-5.7.26 This mail is not authenticated. 550 5.7.26 q1-20 - gsmtp (in reply to end of DATA command))",
      "delivery smtp bounced id=4gBzXk2Lm7z3Pq to=b@example.net relay=mx.example.net[192.0.2.9]:25 dsn=5.7.26 "
      "remote=mx.example.net reply=550-5.7.26 This mail is not authenticated. 550 5.7.26 q1-20 - gsmtp" },
    { "2026-11-23T20:57:27.123456+01:00 mail postfix/relay/smtp[8]: 4F1D2: to=<b@example.net>, "
      "orig_to=<list@example.com>, relay=none, delay=30, delays=0.1/0/30/0, dsn=4.4.1, status=deferred (connect to "
      "mx.example.net[2001:db8::9]:25: Connection timed out)",
      "delivery smtp deferred id=4F1D2 to=b@example.net relay=none dsn=4.4.1 remote=mx.example.net "
      "reason=connect to mx.example.net[2001:db8::9]:25: Connection timed out" },
    { STAMP "postfix/smtp[8]: 4F1D22A0C3: to=<b@example.net>, relay=mx.example.net[192.0.2.9]:25, delay=1, "
      "delays=0/0/1/0, dsn=4.7.0, status=deferred (host mx.example.net[192.0.2.9] refused to talk to me: 421 4.7.0 "
      "try later)",
      "delivery smtp deferred id=4F1D22A0C3 to=b@example.net relay=mx.example.net[192.0.2.9]:25 dsn=4.7.0 "
      "remote=mx.example.net reply=421 4.7.0 try later" },
    { STAMP "postfix/error[8]: 4F1D22A0C3: to=<b@example.net>, relay=none, delay=3, delays=3/0/0/0, dsn=4.7.0, "
      "status=deferred (delivery temporarily suspended: host mx.example.net[192.0.2.9] said: 421 4.7.28 slow down "
      "(in reply to MAIL FROM command))",
      "delivery error deferred id=4F1D22A0C3 to=b@example.net relay=none dsn=4.7.0 remote=mx.example.net "
      "reply=421 4.7.28 slow down" },
    { STAMP "postfix/smtp[8]: 4F1D22A0C3: to=<b@example.net>, relay=none, delay=3, delays=3/0/0/0, dsn=5.4.4, "
      "status=bounced (Host or domain name not found. Name service error for name=example.net type=A: Host not found)",
      "delivery smtp bounced id=4F1D22A0C3 to=b@example.net relay=none dsn=5.4.4 reason=Host or domain name not "
      "found. Name service error for name=example.net type=A: Host not found" },
    { STAMP "postfix/local[8]: 4F1D22A0C3: to=<b@example.com>, relay=local, delay=3, delays=3/0/0/0, dsn=2.0.0, "
      "status=sent (forwarded as 7A00000001)",
      "delivery local sent id=4F1D22A0C3 to=b@example.com relay=local dsn=2.0.0 reply=forwarded as 7A00000001 "
      "next=7A00000001" },
    { STAMP "postfix/lmtp[8]: 4F1D22A0C3: to=<b@example.com>, relay=mail.example.com[private/dovecot-lmtp], delay=3, "
      "delays=3/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 <b@example.com> 7Rg Saved)",
      "delivery lmtp sent id=4F1D22A0C3 to=b@example.com relay=mail.example.com[private/dovecot-lmtp] dsn=2.0.0 "
      "remote=mail.example.com reply=250 2.0.0 <b@example.com> 7Rg Saved" },
    { STAMP "postfix/pipe[8]: 4F1D22A0C3: to=<b@example.com>, relay=filter, delay=3, delays=3/0/0/0, dsn=2.0.0, "
      "status=sent (delivered via filter service)",
      "delivery local sent id=4F1D22A0C3 to=b@example.com relay=filter dsn=2.0.0 "
      "reply=delivered via filter service" },
    { STAMP "postfix/smtp[8]: 4F1D22A0C3: to=<b@example.net>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, "
      "delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as "
      "5B00000001)",
      "delivery smtp sent id=4F1D22A0C3 to=b@example.net relay=127.0.0.1[127.0.0.1]:10024 dsn=2.0.0 "
      "remote=127.0.0.1 reply=250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 5B00000001 "
      "next=5B00000001" },
    { STAMP "postfix/smtp[8]: 4F1D22A0C3: to=<\"a>, relay=none\\\" b\"@example.net>, "
      "relay=mx.example.net[192.0.2.9]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=SOFTBOUNCE (host "
      "mx.example.net[192.0.2.9] said: 550 5.1.1 (in reply to me) (in reply to RCPT TO command))",
      "delivery smtp deferred id=4F1D22A0C3 to=\"a>, relay=none\\\" b\"@example.net "
      "relay=mx.example.net[192.0.2.9]:25 dsn=5.1.1 remote=mx.example.net reply=550 5.1.1 (in reply to me)" },
    { STAMP "postfix/smtp[8]: 4F1D22A0C3: to=<b@example.net>, relay=mx.example.net[192.0.2.9]:25, delay=1, "
      "delays=0/0/0/1, dsn=5.0.0, status=bounced (host mx.example.net[192.0.2.9] said: 550 a text that was cut he",
      "delivery smtp bounced id=4F1D22A0C3 to=b@example.net relay=mx.example.net[192.0.2.9]:25 dsn=5.0.0 "
      "remote=mx.example.net reply=550 a text that was cut he" },
    { STAMP "postfix/smtp[8]: 4F1D22A0C3: to=<b@example.net>, relay=mx.example.net[192.0.2.9]:25, delay=1, "
      "delays=0/0/0/1, dsn=2.0.0, status=deliverable (250 ok)",
      "delivery smtp ? id=4F1D22A0C3 to=b@example.net relay=mx.example.net[192.0.2.9]:25 dsn=2.0.0 "
      "remote=mx.example.net reason=250 ok" },
    /* the way through the queue */
    { STAMP "postfix/smtpd[8]: 4F1D22A0C3: client=client.example.com[192.0.2.1], sasl_method=PLAIN, sasl_username=a",
      "arrived id=4F1D22A0C3" },
    { STAMP "postfix/smtpd[8]: 4F1D22A0C3: client=localhost[127.0.0.1], orig_queue_id=5B00000001, "
      "orig_client=client.example.com[192.0.2.1]", "arrived id=4F1D22A0C3 previous=5B00000001" },
    { STAMP "postfix/pickup[8]: 4F1D22A0C3: uid=1000 from=<a>", "arrived id=4F1D22A0C3" },
    { STAMP "postfix/pickup[8]: 4F1D22A0C3: uid=109 from=<a@example.com> orig_id=5B00000001",
      "arrived id=4F1D22A0C3 previous=5B00000001" },
    { STAMP "postfix/cleanup[8]: 4F1D22A0C3: message-id=<1@example.com>",
      "message-id id=4F1D22A0C3 message-id=1@example.com" },
    { STAMP "postfix/cleanup[8]: 4F1D22A0C3: message-id=<>", "message-id id=4F1D22A0C3" },
    { STAMP "postfix/cleanup[8]: 4F1D22A0C3: resent-message-id=<2@example.com>", "other id=4F1D22A0C3" },
    { STAMP "postfix/qmgr[8]: 4F1D22A0C3: from=<a@example.com>, size=1024, nrcpt=3 (queue active)",
      "queued id=4F1D22A0C3 from=a@example.com nrcpt=3" },
    { STAMP "postfix/qmgr[8]: 4F1D22A0C3: from=<>, size=1024, nrcpt=1 (queue active)",
      "queued id=4F1D22A0C3 nrcpt=1" },
    { STAMP "postfix/qmgr[8]: 4F1D22A0C3: from=<a@example.com>, status=expired, returned to sender",
      "expired id=4F1D22A0C3 from=a@example.com" },
    { STAMP "postfix/qmgr[8]: 4F1D22A0C3: from=<a@example.com>, status=force-expired, returned to sender",
      "expired id=4F1D22A0C3 from=a@example.com" },
    { STAMP "postfix/qmgr[8]: 4F1D22A0C3: removed\r\n", "removed id=4F1D22A0C3" },
    { STAMP "postfix/postsuper[8]: 4F1D22A0C3: removed", "removed id=4F1D22A0C3" },
    { STAMP "postfix/postsuper[8]: 4F1D22A0C3: requeued", "other id=4F1D22A0C3" },
    { STAMP "postfix/qmgr[8]: 4F1D22A0C3: skipped, still being delivered", "other id=4F1D22A0C3" },
    { STAMP "postfix/cleanup[8]: 4F1D22A0C3: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 5.7.1 no; "
      "from=<a@example.com> to=<b@example.net> proto=ESMTP helo=<x>", "milter id=4F1D22A0C3 event=milter-reject" },
    { STAMP "postfix/cleanup[8]: 4F1D22A0C3: milter-hold: END-OF-MESSAGE from localhost[127.0.0.1]: milter triggers "
      "HOLD action; from=<a@example.com> to=<b@example.net> proto=ESMTP helo=<x>",
      "milter id=4F1D22A0C3 event=milter-hold" },
    /* ours */
    { STAMP "preflight-milter[812]: 4QxyzA: verdict=reject action=tempfail egress=default from=<a@example.com> "
      "author=example.com spf=fail dkim=none dmarc=fail policy=reject predict=gmail:550-5.7.26 "
      "findings=spf-fail,dkim-none,dmarc-fail ms=12",
      "verdict id=4QxyzA from=a@example.com verdict=reject action=tempfail author=example.com "
      "predict=gmail:550-5.7.26 findings=spf-fail,dkim-none,dmarc-fail" },
    { STAMP "preflight-milter[812]: 4QxyzA: verdict=accept action=accept egress=default from=<> author=- spf=none "
      "dkim=none dmarc=none policy=- predict=generic:accept findings=- ms=0",
      "verdict id=4QxyzA verdict=accept action=accept predict=generic:accept" },
    { STAMP "preflight-milter[812]: 4QxyzA: finding spf-fail 192.0.2.7: SPF fail", "other id=4QxyzA" },
    { STAMP "preflight-milter[812]: ready", "other id=ready" },
    /* what tells nothing, and what is no line of a log */
    { STAMP "postfix/smtp[8]: warning: no MX host for example.net has a valid address record", "other id=warning" },
    { STAMP "postfix/smtpd[8]: NOQUEUE: reject: RCPT from x[192.0.2.1]: 454", "other" },
    { STAMP "postfix/smtpd[8]: NOQUEUE: client=x[192.0.2.1]", "other" },
    { STAMP "preflight-milter[812]: NOQUEUE: verdict=accept action=accept", "other" },
    { STAMP "postfix/smtp[8]: 4F1D22A0C3: to=<b@example.net>, relay=none",
      "other id=4F1D22A0C3 to=b@example.net relay=none" },
    { STAMP "postfix/smtp[8]: 4F1D22A0C3: host mx.example.net[192.0.2.9] said: 450 4.2.0 greylisted (in reply to "
      "RCPT TO command)", "other id=4F1D22A0C3" },
    { STAMP "kernel: eth0 is up", "other" },
    { STAMP "CRON[7]: (root) CMD (x)", "other" },
    { "Nov  3 02:07:27 mail postfix/qmgr[8]: 4F1D22A0C3: removed", "removed id=4F1D22A0C3" },
    { "2026-11-23T20:57:27Z mail postfix/qmgr[8]: 4F1D22A0C3: removed", "removed id=4F1D22A0C3" },
    { "", "no line" },
    { "\r\n", "no line" },
    { "Nov 23 20:57:27", "no line" },
    { "Nov 23 20:57:27 mail", "no line" },
    { "Nov 23 20:57:27 mail ", "no line" },
    { "Nov 43 20:57:27 mail x: y", "no line" },
    { "Nuv 23 20:57:27 mail x: y", "no line" },
    { "Nov 23 25:57:27 mail x: y", "no line" },
    { "2026-13-23T20:57:27Z mail x: y", "no line" },
    { "2026-11-23 20:57:27 mail x: y", "no line" },
    { "Hello, this is no log: at all", "no line" },
    { "550 5.7.26 This mail is not authenticated", "no line" },
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

START_TEST(reads_lines)
{
    for (size_t i = 0; i < LINES; i++) {
        struct str out = STR_EMPTY;
        describe(lines[i].text, strlen(lines[i].text), &out);
        ck_assert_msg(strcmp(str_get(&out), lines[i].want) == 0, "line %zu: '%s'\n   got '%s'\n  want '%s'", i,
                      lines[i].text, str_get(&out), lines[i].want);
        str_clear(&out);
    }
}
END_TEST

/* Cut anywhere, nothing behind the end is read; a sanitizer sees a byte too far. */
START_TEST(stays_within_the_line)
{
    for (size_t i = 0; i < LINES; i++) {
        for (size_t len = 0; len <= strlen(lines[i].text); len++) {
            char *copy = xmalloc(len);
            struct str out = STR_EMPTY;
            memcpy(copy, lines[i].text, len);
            describe(copy, len, &out);
            ck_assert_uint_gt(out.len, 0);
            str_clear(&out);
            free(copy);
        }
    }
}
END_TEST

START_TEST(reads_times)
{
    struct maillog log;
    const char *old = "Nov  3 20:57:08 mail x: y", *now = "2026-02-28T23:59:60.5-03:30 mail x: y";

    ck_assert(maillog_parse(old, strlen(old), &log));
    ck_assert(log.time.year == 0 && log.time.month == 11 && log.time.day == 3);
    ck_assert(log.time.hour == 20 && log.time.minute == 57 && log.time.second == 8);
    ck_assert(maillog_parse(now, strlen(now), &log));
    ck_assert(log.time.year == 2026 && log.time.month == 2 && log.time.day == 28);
    ck_assert(log.time.hour == 23 && log.time.minute == 59 && log.time.second == 60);
    ck_assert(span_is(log.host, "mail") && span_is(log.program, "x"));
}
END_TEST

START_TEST(works_with_spans)
{
    struct span span = { "a=b=c", 5 }, none = { NULL, 0 }, before;
    char text[4];

    ck_assert(span_is(span, "a=b=c") && !span_is(span, "a=b") && !span_is(span, "a=b=cd"));
    ck_assert(span_is(none, "") && !span_is(none, "a") && span_find(none, "a") == NULL);
    ck_assert(span_has_prefix(span, "a=") && span_has_prefix(none, "") && !span_has_prefix(none, "a"));
    ck_assert_ptr_eq(span_find(span, "=c"), span.at + 3);
    ck_assert(span_cut(&span, '=', &before) && span_is(before, "a") && span_is(span, "b=c"));
    ck_assert(!span_cut(&span, ';', &before) && span_is(span, "b=c"));
    ck_assert(span_skip(&span, "b=") && span_is(span, "c") && !span_skip(&span, "b"));
    ck_assert(span_is(span_behind_last((struct span){ "a@b@c", 5 }, '@'), "c"));
    ck_assert(span_behind_last((struct span){ "a@", 2 }, '@').at != NULL);
    ck_assert(span_behind_last(span, '@').at == NULL && span_behind_last(none, '@').at == NULL);
    span_copy((struct span){ "abcdef", 6 }, text, sizeof(text));
    ck_assert_str_eq(text, "abc");
    span_copy((struct span){ "a\0c", 3 }, text, sizeof(text));
    ck_assert_str_eq(text, "a");
    span_copy(none, text, sizeof(text));
    ck_assert_str_eq(text, "");
}
END_TEST

/* Another byte, another length or another seed is another number, at every length around the hash's words. */
START_TEST(hashes_spans)
{
    char text[40];

    memset(text, 'x', sizeof(text));
    for (size_t len = 1; len < sizeof(text); len++) {
        uint64_t hash = span_hash((struct span){ text, len }, 7);
        ck_assert(hash == span_hash((struct span){ text, len }, 7));
        ck_assert(hash != span_hash((struct span){ text, len - 1 }, 7));
        ck_assert(hash != span_hash((struct span){ text, len }, 8));
        text[len - 1] = 'y';
        ck_assert(hash != span_hash((struct span){ text, len }, 7));
        text[len - 1] = 'x';
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("maillog");
    TCase *tcase = tcase_create("maillog");

    tcase_add_test(tcase, reads_lines);
    tcase_add_test(tcase, stays_within_the_line);
    tcase_add_test(tcase, reads_times);
    tcase_add_test(tcase, works_with_spans);
    tcase_add_test(tcase, hashes_spans);
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
