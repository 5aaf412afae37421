/*
 * lib/bounce/mtalog.c, eximlog.c, sendmaillog.c: refusals in lines of a log.
 */
#include "config.h"

#include "lib/bounce/mtalog.h"
#include "t/unit/unit.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define STAMP "Nov  3 10:00:00 mail "
#define EXIM "2026-11-23 10:00:00 1tEabc-0001AB-2x "

/* NULL: not known. */
static const struct {
    const char *name, *line, *recipient, *reply, *host, *queue_id, *status, *sender;
    bool is_delayed;
} lines[] = {
    { .name = "Postfix bounced",
      .line = STAMP "postfix/smtp[812]: 4QxyzA1234: to=<b@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, "
              "delays=0/0/0/1, dsn=5.7.26, status=bounced (host mx.example.net[192.0.2.1] said: 550-5.7.26 one "
              "550 5.7.26 two (in reply to end of DATA command))",
      .recipient = "b@example.net", .reply = "550-5.7.26 one 550 5.7.26 two", .host = "mx.example.net",
      .queue_id = "4QxyzA1234", .status = "5.7.26" },
    { .name = "Postfix deferred, RFC 3339",
      .line = "2026-11-23T10:00:00.123456+00:00 mail postfix/smtp[812]: 4QxyzA1234: to=<b@example.net>, "
              "relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, status=deferred (connect to "
              "mx.example.net[192.0.2.1]:25: Connection timed out)",
      .recipient = "b@example.net", .reply = "connect to mx.example.net[192.0.2.1]:25: Connection timed out",
      .host = "mx.example.net", .queue_id = "4QxyzA1234", .status = "4.4.1", .is_delayed = true },
    { .name = "a client Postfix refuses",
      .line = STAMP "postfix/smtpd[812]: NOQUEUE: reject: RCPT from c.example.com[192.0.2.9]: 554 5.7.1 "
              "<b@example.net>: Relay access denied; from=<a@example.com> to=<b@example.net> proto=ESMTP "
              "helo=<c.example.com>",
      .recipient = "b@example.net", .sender = "a@example.com",
      .reply = "554 5.7.1 <b@example.net>: Relay access denied" },
    { .name = "our own refusal",
      .line = STAMP "postfix/cleanup[812]: 4QxyzA1234: milter-reject: END-OF-MESSAGE from c.example.com[192.0.2.9]: "
              "4.7.1 Preflight: SPF fail for example.com from 203.0.113.5 (-all); from=<a@example.com> "
              "to=<b@example.net> proto=ESMTP helo=<c.example.com>",
      .recipient = "b@example.net", .sender = "a@example.com", .queue_id = "4QxyzA1234", .is_delayed = true,
      .reply = "4.7.1 Preflight: SPF fail for example.com from 203.0.113.5 (-all)" },
    { .name = "our own prediction",
      .line = STAMP "preflight-milter[812]: 4QxyzA1234: verdict=reject action=log egress=default from=<a@example.com> "
              "author=example.com spf=fail dkim=none dmarc=fail policy=reject predict=gmail:550-5.7.26 "
              "findings=spf-fail,dkim-none,dmarc-fail ms=12",
      .sender = "a@example.com", .queue_id = "4QxyzA1234",
      .reply = "550 5.7.26 spf=fail dkim=none dmarc=fail" },
    { .name = "Sendmail",
      .line = STAMP "sendmail[812]: 4ANA00bc012345: to=<b@example.net>, ctladdr=<a@example.com> (1000/1000), "
              "delay=00:00:01, mailer=esmtp, pri=120000, relay=mx.example.net. [192.0.2.1], dsn=5.7.1, "
              "reply=550 5.7.1 blocked, see https://example.net/, stat=Service unavailable",
      .recipient = "b@example.net", .reply = "550 5.7.1 blocked, see https://example.net/", .host = "mx.example.net",
      .queue_id = "4ANA00bc012345", .status = "5.7.1", .sender = "a@example.com" },
    { .name = "Sendmail without a reply",
      .line = STAMP "sm-mta[812]: 4ANA00bc012345: to=<b@example.net>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, "
              "pri=120000, relay=mx.example.net. [192.0.2.1], dsn=5.1.1, stat=User unknown",
      .recipient = "b@example.net", .reply = "5.1.1 User unknown", .host = "mx.example.net",
      .queue_id = "4ANA00bc012345", .status = "5.1.1" },
    { .name = "Sendmail deferred",
      .line = STAMP "sm-mta[812]: 4ANA00bc012345: to=<b@example.net>, delay=00:00:01, mailer=esmtp, "
              "relay=mx.example.net. [192.0.2.1], dsn=4.2.0, stat=Deferred: 451 4.7.1 greylisted, try again",
      .recipient = "b@example.net", .reply = "451 4.7.1 greylisted, try again", .host = "mx.example.net",
      .queue_id = "4ANA00bc012345", .status = "4.2.0", .is_delayed = true },
    { .name = "a client Sendmail refuses",
      .line = STAMP "sm-mta[812]: 4ANA00bc012345: ruleset=check_mail, arg1=<a@example.com>, relay=[192.0.2.9], "
              "reject=553 5.1.8 <a@example.com>... Domain of sender address a@example.com does not exist",
      .reply = "553 5.1.8 <a@example.com>... Domain of sender address a@example.com does not exist",
      .queue_id = "4ANA00bc012345", .sender = "a@example.com" },
    { .name = "Exim failed",
      .line = EXIM "** b@example.net F=<a@example.com> R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.1] "
              "X=TLS1.3:ECDHE_SECP256R1__RSA_SHA256__AES_256_GCM:256 CV=yes DN=\"CN=mx: one\": SMTP error from remote "
              "mail server after end of data: 550-5.7.26 one\\n550 5.7.26 two",
      .recipient = "b@example.net", .reply = "550-5.7.26 one 550 5.7.26 two", .host = "mx.example.net",
      .queue_id = "1tEabc-0001AB-2x", .sender = "a@example.com" },
    { .name = "an older Exim",
      .line = EXIM "** b@example.net <list@example.com> F=<a@example.com> R=dnslookup T=remote_smtp: SMTP error from "
              "remote mail server after RCPT TO:<b@example.net>: host mx.example.net [192.0.2.1]: 550 5.1.1 unknown",
      .recipient = "b@example.net", .reply = "550 5.1.1 unknown", .host = "mx.example.net",
      .queue_id = "1tEabc-0001AB-2x", .sender = "a@example.com" },
    { .name = "Exim's own reason",
      .line = EXIM "** b@nowhere.example: Unrouteable address",
      .recipient = "b@nowhere.example", .reply = "Unrouteable address", .queue_id = "1tEabc-0001AB-2x" },
    { .name = "Exim deferred, a newer id, with zone and process",
      .line = "2026-11-23 10:00:00.123 +0100 [812] 1tEabc-000000001AB-1xyZ == b@example.net R=dnslookup T=remote_smtp "
              "defer (-44) H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after RCPT "
              "TO:<b@example.net>: 451 4.7.1 later",
      .recipient = "b@example.net", .reply = "451 4.7.1 later", .host = "mx.example.net",
      .queue_id = "1tEabc-000000001AB-1xyZ", .is_delayed = true },
    { .name = "a client Exim refuses",
      .line = "2026-11-23 10:00:00 H=(c.example.com) [192.0.2.9] F=<a@example.com> rejected RCPT <b@example.net>: "
              "relay not permitted",
      .recipient = "b@example.net", .reply = "relay not permitted", .sender = "a@example.com" },
    { .name = "Exim by syslog",
      .line = STAMP "exim[812]: 1tEabc-0001AB-2x ** b@nowhere.example: Unrouteable address",
      .recipient = "b@nowhere.example", .reply = "Unrouteable address", .queue_id = "1tEabc-0001AB-2x" },
};

static void assert_text(const char *what, const char *got, const char *want)
{
    ck_assert_msg(want == NULL ? got == NULL : got != NULL && strcmp(got, want) == 0, "%s: got '%s', want '%s'", what,
                  got, want);
}

START_TEST(reads_a_line)
{
    struct bounces bounces = { .items = NULL };

    ck_assert_msg(mtalog_read(lines[_i].line, strlen(lines[_i].line), &bounces), "%s: none of a log", lines[_i].name);
    ck_assert_msg(bounces.count == 1, "%s: %zu refusals", lines[_i].name, bounces.count);
    const struct bounce *bounce = &bounces.items[0];
    assert_text(lines[_i].name, bounce->recipient, lines[_i].recipient);
    assert_text(lines[_i].name, bounce->reply, lines[_i].reply);
    assert_text(lines[_i].name, bounce->host, lines[_i].host);
    assert_text(lines[_i].name, bounce->queue_id, lines[_i].queue_id);
    assert_text(lines[_i].name, bounce->status, lines[_i].status);
    assert_text(lines[_i].name, bounce->sender, lines[_i].sender);
    ck_assert_msg(bounce->is_delayed == lines[_i].is_delayed, "%s: delayed %d", lines[_i].name, bounce->is_delayed);
    bounces_clear(&bounces);
}
END_TEST

/* Lines of a log in which nothing was refused. */
static const char *const deliveries[] = {
    STAMP "postfix/smtp[812]: 4QxyzA1234: to=<b@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, "
    "delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
    STAMP "postfix/qmgr[812]: 4QxyzA1234: removed",
    STAMP "sm-mta[812]: 4ANA00bc012345: to=<b@example.net>, delay=00:00:01, mailer=esmtp, relay=mx.example.net. "
    "[192.0.2.1], dsn=2.0.0, stat=Sent (ok)",
    STAMP "preflight-milter[812]: 4QxyzA1234: verdict=accept action=accept egress=default from=<a@example.com> "
    "author=example.com spf=pass dkim=pass dmarc=pass policy=none predict=gmail:accept findings=- ms=12",
    EXIM "=> b@example.net F=<a@example.com> R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.1] C=\"250 ok\"",
    EXIM "Completed",
};

START_TEST(passes_over_deliveries)
{
    struct bounces bounces = { .items = NULL };

    ck_assert_msg(mtalog_read(deliveries[_i], strlen(deliveries[_i]), &bounces), "%s", deliveries[_i]);
    ck_assert_uint_eq(bounces.count, 0);
    bounces_clear(&bounces);
}
END_TEST

static const char *const not_lines[] = {
    "", "550 5.7.1 no", "host mx.example.net[192.0.2.1] said: 550 5.1.1 no", "<b@example.net>: 550 no",
    "Sendmail: see exim: the manual", "2026-11-23 10:00:00", "550-5.7.26 [192.0.2.1]: unauthenticated",
    STAMP "sshd[812]: Accepted publickey for root", "]: 4ANA00bc012345: to=<",
};

START_TEST(knows_what_is_no_line)
{
    struct bounces bounces = { .items = NULL };

    ck_assert_msg(!mtalog_read(not_lines[_i], strlen(not_lines[_i]), &bounces), "'%s'", not_lines[_i]);
    ck_assert_uint_eq(bounces.count, 0);
    bounces_clear(&bounces);
}
END_TEST

START_TEST(splits_recipients)
{
    static const char line[] = STAMP "sm-mta[812]: 4ANA00bc012345: to=<b@example.net>,<c@example.net>,d, "
        "mailer=esmtp, relay=mx.example.net. [192.0.2.1], dsn=5.0.0, stat=Service unavailable";
    static const char *const want[] = { "b@example.net", "c@example.net", "d" };
    struct bounces bounces = { .items = NULL };

    ck_assert(mtalog_read(line, sizeof(line) - 1, &bounces));
    ck_assert_uint_eq(bounces.count, LENGTH(want));
    for (size_t i = 0; i < LENGTH(want); i++) {
        ck_assert_str_eq(bounces.items[i].recipient, want[i]);
        ck_assert_str_eq(bounces.items[i].reply, "5.0.0 Service unavailable");
    }
    bounces_clear(&bounces);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mtalog");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, reads_a_line, 0, LENGTH(lines));
    tcase_add_loop_test(tc, passes_over_deliveries, 0, LENGTH(deliveries));
    tcase_add_loop_test(tc, knows_what_is_no_line, 0, LENGTH(not_lines));
    tcase_add_test(tc, splits_recipients);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
