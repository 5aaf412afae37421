/*
 * lib/preflight, lib/session: the engine and a message's way through it, over a zone file.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/preflight.h"
#include "t/unit/unit.h"

#include <string.h>
#include <unistd.h>

#define ONE(tens, ones) " ip4:198.51.100." tens ones
#define TEN(tens) \
    " \"" ONE(tens, "0") ONE(tens, "1") ONE(tens, "2") ONE(tens, "3") ONE(tens, "4") \
    ONE(tens, "5") ONE(tens, "6") ONE(tens, "7") ONE(tens, "8") ONE(tens, "9") "\""

static const char zone[] =
    "example.com. 60 IN TXT \"v=spf1 ip4:192.0.2.1 ip4:192.0.2.9 -all\"\n"
    "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "mail.example.com. 60 IN A 192.0.2.1\n"
    "mail.example.com. 60 IN TXT \"v=spf1 a -all\"\n"
    "soft.example. 60 IN TXT \"v=spf1 ~all\"\n"
    "quarantine.example. 60 IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "_dmarc.quarantine.example. 60 IN TXT \"v=DMARC1; p=quarantine\"\n"
    "including.example. 60 IN TXT \"v=spf1 include:soft.example ip4:192.0.2.1 -all\"\n"
    "seventy.example. 60 IN TXT \"v=spf1\"" TEN("1") TEN("2") TEN("3") TEN("4") TEN("5") TEN("6") TEN("7")
    " \" ip4:192.0.2.1 -all\"\n"
    "costly.example. 60 IN TXT \"v=spf1 a:1.%{i}.l.example a:2.%{i}.l.example a:3.%{i}.l.example a:4.%{i}.l.example "
    "a:5.%{i}.l.example a:6.%{i}.l.example a:7.%{i}.l.example ip4:10.0.0.0/8 -all\"\n"
    "*.l.example. 60 IN A 192.0.2.44\n"
    "nothing.example. 60 IN A 192.0.2.44\n";

static const char conf_format[] =
    "mode = enforce\n"
    "egress bulk { senders = { \"@news.example.com\" }  addresses = { \"192.0.2.9\" }  helo = \"news.example.com\" }\n"
    "egress to_partner { recipients = { \"@partner.example\" }  addresses = { \"192.0.2.200\" }  "
    "helo = \"mail.example.com\" }\n"
    "egress by_user { users = { \"robot\" }  addresses = { \"192.0.2.201\" }  helo = \"mail.example.com\" }\n"
    "egress default { helo = \"mail.example.com\" }\n"
    "outgoing { networks = { \"192.0.2.0/24\" }  local_domains = { \"example.com\", \".home.example\" } }\n"
    "domain \"quarantine.example\" { policy { junk = hold } }\n"
    "dns { zone = \"%s\"  timeout = 2s  budget = 4s }\n";

static char zone_path[] = "/tmp/preflight-zone-XXXXXX", conf_path[] = "/tmp/preflight-conf-XXXXXX";
static struct conf *conf;
static struct preflight *engine;

static void write_file(char *path, const char *text)
{
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
}

static void set_up(void)
{
    struct err err = { "" };
    write_file(zone_path, zone);
    char *text = xasprintf(conf_format, zone_path);
    write_file(conf_path, text);
    free(text);
    conf = conf_load(conf_path, &err);
    ck_assert_msg(conf != NULL, "%s", err.text);
    engine = preflight_new(conf, NULL, &err);
    ck_assert_msg(engine != NULL, "%s", err.text);
}

static void tear_down(void)
{
    preflight_unref(&engine);
    conf_unref(&conf);
    unlink(zone_path);
    unlink(conf_path);
}

struct mail {
    const char *name;
    const char *sender, *author;    /* author: the From field's value; NULL: no field */
    const char *recipients[3];
    const char *user;
    const char *fails;              /* "TXT name" whose question fails */
    enum verdict verdict;
    enum action action;
    const char *egress;
    enum finding_id finding;        /* FINDING_COUNT: none is looked for */
};

static struct report *judge(const struct mail *mail)
{
    const struct preflight_origin origin = { .is_local = true, .user = mail->user };
    struct preflight_message *m = preflight_begin(engine, &origin, mail->sender, "QID");

    for (size_t i = 0; i < 3 && mail->recipients[i] != NULL; i++)
        preflight_recipient(m, mail->recipients[i]);
    if (mail->author != NULL)
        preflight_header(m, "From", mail->author);
    preflight_header(m, "Date", " Mon, 23 Nov 2026 10:00:00 +0000");
    preflight_header(m, "Message-ID", " <1@example.com>");
    preflight_end_of_header(m);
    preflight_body(m, (const unsigned char *)"hello\r\n", 7);
    return preflight_end(&m, "QID");
}

static const struct mail mails[] = {
    { "spf aligned", "a@example.com", " a@example.com", { "x@remote.example" }, NULL, NULL,
      VERDICT_ACCEPT, ACTION_ACCEPT, "default", FINDING_DKIM_NONE },
    { "egress by sender", "a@news.example.com", " a@example.com", { "x@remote.example" }, NULL, NULL,
      VERDICT_REJECT, ACTION_TEMPFAIL, "bulk", FINDING_DMARC_FAIL },
    { "egress by recipient", "a@example.com", " a@example.com", { "x@remote.example", "y@partner.example" }, NULL, NULL,
      VERDICT_REJECT, ACTION_TEMPFAIL, "to_partner", FINDING_SPF_FAIL },
    { "egress by user", "a@example.com", " a@example.com", { "x@remote.example" }, "robot", NULL,
      VERDICT_REJECT, ACTION_TEMPFAIL, "by_user", FINDING_SPF_FAIL },
    { "another user", "a@example.com", " a@example.com", { "x@remote.example" }, "alice", NULL,
      VERDICT_ACCEPT, ACTION_ACCEPT, "default", FINDING_COUNT },
    { "misaligned", "a@soft.example", " a@example.com", { "x@remote.example" }, NULL, NULL,
      VERDICT_REJECT, ACTION_TEMPFAIL, "default", FINDING_DMARC_FAIL },
    { "softfail and unsigned", "a@soft.example", " a@soft.example", { "x@remote.example" }, NULL, NULL,
      VERDICT_JUNK, ACTION_LOG, "default", FINDING_SPF_SOFTFAIL },
    { "the domain's own policy", "a@soft.example", " a@quarantine.example", { "x@remote.example" }, NULL, NULL,
      VERDICT_JUNK, ACTION_HOLD, "default", FINDING_DMARC_FAIL },
    { "null sender is judged by HELO", "", " MAILER-DAEMON@mail.example.com", { "x@remote.example" }, NULL, NULL,
      VERDICT_ACCEPT, ACTION_ACCEPT, "default", FINDING_COUNT },
    { "no From", "a@example.com", NULL, { "x@remote.example" }, NULL, NULL,
      VERDICT_REJECT, ACTION_TEMPFAIL, "default", FINDING_FROM_MISSING },
    { "no recipients", "a@example.com", " a@example.com", { NULL }, NULL, NULL,
      VERDICT_ACCEPT, ACTION_ACCEPT, "default", FINDING_COUNT },
    { "the last of 71 terms", "a@seventy.example", " a@seventy.example", { "x@remote.example" }, NULL, NULL,
      VERDICT_ACCEPT, ACTION_ACCEPT, "default", FINDING_SPF_IMPLEMENTATIONS_DIFFER },
    { "a long record", "a@seventy.example", " a@seventy.example", { "x@remote.example" }, NULL, NULL,
      VERDICT_ACCEPT, ACTION_ACCEPT, "default", FINDING_SPF_RECORD_LONG },
    { "SPF record cannot be had", "a@example.com", " a@example.com", { "x@remote.example" }, NULL, "example.com",
      VERDICT_UNSURE, ACTION_ACCEPT, "default", FINDING_SPF_TEMPERROR },
    { "a term cannot be had", "a@including.example", " a@including.example", { "x@remote.example" }, NULL,
      "soft.example", VERDICT_UNSURE, ACTION_ACCEPT, "default", FINDING_SPF_TEMPERROR },
    { "DMARC record cannot be had", "a@soft.example", " a@example.com", { "x@remote.example" }, NULL,
      "_dmarc.example.com", VERDICT_UNSURE, ACTION_ACCEPT, "default", FINDING_DMARC_TEMPERROR },
};

START_TEST(judges)
{
    const struct mail *mail = &mails[_i];

    if (mail->fails != NULL)
        dns_inject(preflight_dns(engine), mail->fails, DNS_TXT, DNS_TIMEOUT);
    struct report *report = judge(mail);
    struct str line = STR_EMPTY;
    report_log_line(report, &line);
    ck_assert_msg(report->verdict == mail->verdict, "%s: %s", mail->name, str_get(&line));
    ck_assert_msg(report->action == mail->action, "%s: %s", mail->name, str_get(&line));
    ck_assert_msg(strcmp(report->egress, mail->egress) == 0, "%s: %s", mail->name, str_get(&line));
    if (mail->finding != FINDING_COUNT)
        ck_assert_msg(findings_has(&report->findings, mail->finding), "%s: %s", mail->name, str_get(&line));
    ck_assert_msg((report->trouble != NULL) == (mail->verdict == VERDICT_UNSURE), "%s", mail->name);
    str_clear(&line);
    report_free(&report);
}
END_TEST

START_TEST(knows_what_is_outgoing)
{
    static const struct { const char *name, *client, *user, *daemon; bool is_local, want; } cases[] = {
        { "a stranger", "198.51.100.1", NULL, "smtpd", false, false },
        { "a user", "198.51.100.1", "alice", NULL, false, true },
        { "an empty user", "198.51.100.1", "", NULL, false, false },
        { "a network", "192.0.2.77", NULL, NULL, false, true },
        { "a daemon", "198.51.100.1", NULL, "ORIGINATING", false, true },
        { "sendmail(1)", NULL, NULL, NULL, true, true },
        { "nobody known", NULL, NULL, NULL, false, false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct preflight_origin origin = {
            .user = cases[i].user, .daemon = cases[i].daemon, .is_local = cases[i].is_local
        };
        if (cases[i].client != NULL)
            ck_assert_int_eq(ip_parse(cases[i].client, &origin.client), 0);
        ck_assert_msg(preflight_is_outgoing(engine, &origin) == cases[i].want, "%s", cases[i].name);
    }
}
END_TEST

START_TEST(drops_local_recipients)
{
    const struct preflight_origin origin = { .is_local = true };
    struct preflight_message *m = preflight_begin(engine, &origin, "a@example.com", NULL);

    ck_assert(!preflight_is_all_local(m));
    preflight_recipient(m, "b@EXAMPLE.com");
    preflight_recipient(m, "root");
    preflight_recipient(m, "c@deep.home.example");
    ck_assert(preflight_is_all_local(m));
    preflight_recipient(m, "d@home.example");
    ck_assert(!preflight_is_all_local(m));
    preflight_recipient(m, "e@home.example");
    preflight_header(m, "From", " a@example.com");
    preflight_end_of_header(m);
    struct report *report = preflight_end(&m, NULL);
    ck_assert_uint_eq(report->n_predictions, 1);
    ck_assert_str_eq(report->predictions[0].recipient_domain, "home.example");
    report_free(&report);
}
END_TEST

/* limits.recipients is 100; who receives beyond is not known, and never taken for anybody. */
START_TEST(forgets_no_recipient)
{
    const struct preflight_origin origin = { .is_local = true };
    struct preflight_message *m = preflight_begin(engine, &origin, "a@example.com", NULL);
    struct str text = STR_EMPTY;

    for (int i = 0; i < 150; i++) {
        char recipient[40];
        snprintf(recipient, sizeof(recipient), "x@%d.example", i);
        preflight_recipient(m, recipient);
    }
    preflight_recipient(m, "x@[192.0.2.1]");
    preflight_header(m, "From", " a@example.com");
    preflight_end_of_header(m);
    struct report *report = preflight_end(&m, NULL);
    ck_assert_uint_eq(report->n_predictions, 102);
    ck_assert_str_eq(report->predictions[99].recipient_domain, "99.example");
    ck_assert_ptr_null(report->predictions[100].recipient_domain);
    ck_assert_ptr_null(report->predictions[100].receiver);
    ck_assert_int_eq(report->predictions[100].outcome, VERDICT_UNSURE);
    ck_assert_ptr_null(report->predictions[101].recipient_domain);
    ck_assert_str_eq(report->predictions[101].receiver->name, "generic");
    report_text(report, false, &text);
    ck_assert_ptr_nonnull(strstr(str_get(&text), "by receivers beyond the limit of recipients"));
    str_clear(&text);
    report_free(&report);
}
END_TEST

/* What predictions borrow lives as long as the report. */
START_TEST(a_report_outlives_its_engine)
{
    const struct preflight_origin origin = { .is_local = true };
    struct preflight_message *m = preflight_begin(engine, &origin, "a@soft.example", NULL);
    struct str text = STR_EMPTY;

    preflight_recipient(m, "x@remote.example");
    preflight_end_of_header(m);
    struct report *report = preflight_end(&m, NULL);
    preflight_unref(&engine);
    report_text(report, false, &text);
    ck_assert_ptr_nonnull(strstr(str_get(&text), "generic receivers would answer 550 5.7.1"));
    str_clear(&text);
    report_free(&report);
}
END_TEST

START_TEST(an_egress_without_addresses_is_ours_to_report)
{
    struct conf_egress egress = conf->egress[conf->n_egress - 1];
    char helo[] = "nowhere.example";
    egress.helo = helo;
    const struct preflight_origin origin = { .is_local = true, .egress = &egress };
    struct preflight_message *m = preflight_begin(engine, &origin, "a@example.com", NULL);

    preflight_header(m, "From", " a@example.com");
    preflight_end_of_header(m);
    struct report *report = preflight_end(&m, NULL);
    ck_assert_int_eq(report->verdict, VERDICT_UNSURE);
    ck_assert(findings_has(&report->findings, FINDING_EGRESS_UNKNOWN));
    ck_assert_ptr_nonnull(report->trouble);
    report_free(&report);
}
END_TEST

/* The worst address decides: those that could not be found out may be worse than all that are known. */
START_TEST(an_egress_known_in_part_is_unsure)
{
    static const struct mail mail = { "part", "a@example.com", " a@example.com", { "x@remote.example" }, NULL, NULL,
        VERDICT_UNSURE, ACTION_ACCEPT, "default", FINDING_EGRESS_UNKNOWN };
    struct str line = STR_EMPTY;

    dns_inject(preflight_dns(engine), "mail.example.com", DNS_AAAA, DNS_TIMEOUT);
    struct report *report = judge(&mail);
    report_log_line(report, &line);
    ck_assert_msg(report->verdict == VERDICT_UNSURE, "%s", str_get(&line));
    ck_assert(strstr(str_get(&line), " spf=temperror ") != NULL);
    ck_assert(findings_has(&report->findings, FINDING_EGRESS_UNKNOWN));
    ck_assert_str_eq(report->trouble, "dns: no answer for AAAA mail.example.com");
    ck_assert_int_eq(report->predictions[0].because[0], FINDING_EGRESS_UNKNOWN);
    str_clear(&line);
    report_free(&report);
}
END_TEST

/* From 192.0.2.1 and, the last, 192.0.2.2; or from as many different ones in 10.0.0.0/8. */
static struct report *judge_with(size_t n_addresses, bool are_different, const char *sender)
{
    struct conf_egress egress = conf->egress[conf->n_egress - 1];
    const struct preflight_origin origin = { .is_local = true, .egress = &egress };
    char from[80];

    egress.n_addresses = n_addresses;
    egress.addresses = xcalloc(n_addresses, sizeof(*egress.addresses));
    for (size_t i = 0; i < n_addresses; i++) {
        static const struct ip_addr good = { AF_INET, { 192, 0, 2, 1 } }, other = { AF_INET, { 192, 0, 2, 2 } };
        const struct ip_addr different = { AF_INET, { 10, 0, (uint8_t)(i / 256), (uint8_t)i } };
        egress.addresses[i] = are_different ? different : i + 1 == n_addresses ? other : good;
    }
    struct preflight_message *m = preflight_begin(engine, &origin, sender, NULL);
    snprintf(from, sizeof(from), " %s", sender);
    preflight_header(m, "From", from);
    preflight_end_of_header(m);
    struct report *report = preflight_end(&m, NULL);
    free(egress.addresses);
    return report;
}

/* The last of the addresses is the only one that the record does not name. */
START_TEST(judges_every_address_or_is_unsure)
{
    static const struct { size_t addresses; enum verdict verdict; } cases[] = {
        { 1, VERDICT_REJECT }, { 33, VERDICT_REJECT }, { 256, VERDICT_REJECT }, { 257, VERDICT_UNSURE },
        { 5000, VERDICT_UNSURE },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct report *report = judge_with(cases[i].addresses, false, "a@example.com");
        ck_assert_msg(report->verdict == cases[i].verdict, "%zu addresses: %s", cases[i].addresses,
                      verdict_name(report->verdict));
        ck_assert_msg(findings_has(&report->findings, FINDING_DMARC_FAIL) == (cases[i].verdict == VERDICT_REJECT),
                      "%zu addresses", cases[i].addresses);
        ck_assert_int_eq(report->trouble != NULL, cases[i].verdict == VERDICT_UNSURE);
        report_free(&report);
    }
}
END_TEST

/* Each address fails twice over; what comes after must still find room. */
START_TEST(many_addresses_hide_no_finding)
{
    struct report *report = judge_with(256, true, "a@example.com");
    ck_assert_int_eq(report->verdict, VERDICT_REJECT);
    ck_assert(findings_has(&report->findings, FINDING_SPF_HELO_FAIL));
    ck_assert(findings_has(&report->findings, FINDING_DMARC_FAIL));
    ck_assert(findings_has(&report->findings, FINDING_DATE_INVALID));
    report_free(&report);
}
END_TEST

/* A record of seven questions that differ for every address; 200 are allowed, and what the cache knows is free. */
START_TEST(spent_lookups_are_ours_to_report)
{
    struct report *report = judge_with(20, true, "a@costly.example");
    ck_assert_int_eq(report->verdict, VERDICT_ACCEPT);
    report_free(&report);
    tear_down();
    set_up();
    report = judge_with(100, true, "a@costly.example");
    ck_assert_int_eq(report->verdict, VERDICT_UNSURE);
    ck_assert_ptr_nonnull(report->trouble);
    ck_assert_msg(strstr(report->trouble, "200 lookups") != NULL, "%s", report->trouble);
    report_free(&report);
}
END_TEST

static void has_once(const char *where, const char *text, const char *escaped)
{
    const char *at = strstr(text, escaped);

    ck_assert_msg(at != NULL && (at == text || at[-1] != '\\'), "%s: %s", where, text);
}

/* What is not printable is escaped where it is written, and only there. */
START_TEST(escapes_once)
{
    const struct preflight_origin origin = { .is_local = true };
    struct preflight_message *m = preflight_begin(engine, &origin, "a@bad\x01.example", NULL);
    struct str text = STR_EMPTY, line = STR_EMPTY;

    preflight_header(m, "X\x02\xe9", " \xe9");
    preflight_header(m, "From", " a@garbled.example");
    preflight_end_of_header(m);
    struct report *report = preflight_end(&m, NULL);
    report_text(report, false, &text);
    report_log_line(report, &line);
    has_once("text, domain", str_get(&text), "mailfrom bad\\x01.example");
    has_once("text, field", str_get(&text), "the field X\\x02\\xe9 has");
    has_once("log line", str_get(&line), "from=<a@bad\\x01.example>");
    str_reset(&text);
    report_reply(report, &text);
    has_once("reply", str_get(&text), "bad\\x01.example");
    str_clear(&text);
    str_clear(&line);
    report_free(&report);
}
END_TEST

START_TEST(a_message_outlives_its_engine)
{
    const struct preflight_origin origin = { .is_local = true };
    struct err err = { "" };
    struct preflight_message *m = preflight_begin(engine, &origin, "a@example.com", NULL);
    struct preflight *next = preflight_new(conf, engine, &err);

    ck_assert_msg(next != NULL, "%s", err.text);
    preflight_unref(&engine);
    engine = next;
    preflight_header(m, "From", " a@example.com");
    preflight_end_of_header(m);
    struct report *report = preflight_end(&m, NULL);
    ck_assert_int_eq(report->verdict, VERDICT_ACCEPT);
    report_free(&report);
    m = preflight_begin(engine, &origin, "a@example.com", NULL);
    preflight_abandon(&m);
    preflight_abandon(&m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("preflight");
    TCase *tc = tcase_create("preflight");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, judges, 0, sizeof(mails) / sizeof(mails[0]));
    tcase_add_test(tc, knows_what_is_outgoing);
    tcase_add_test(tc, drops_local_recipients);
    tcase_add_test(tc, forgets_no_recipient);
    tcase_add_test(tc, a_report_outlives_its_engine);
    tcase_add_test(tc, an_egress_without_addresses_is_ours_to_report);
    tcase_add_test(tc, an_egress_known_in_part_is_unsure);
    tcase_add_test(tc, judges_every_address_or_is_unsure);
    tcase_add_test(tc, many_addresses_hide_no_finding);
    tcase_add_test(tc, spent_lookups_are_ours_to_report);
    tcase_add_test(tc, escapes_once);
    tcase_add_test(tc, a_message_outlives_its_engine);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
