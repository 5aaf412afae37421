/*
 * lib/recheck.c: whether the cause of a refusal is still there, by a message that came back whole, cut or unsigned.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/recheck.h"
#include "t/unit/dkimsign.h"
#include "t/unit/unit.h"

#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char zone_format[] =
    "good.example. 60 IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "good.example. 60 IN A 192.0.2.1\n"
    "_dmarc.good.example. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "bad.example. 60 IN TXT \"v=spf1 ip4:192.0.2.9 -all\"\n"
    "_dmarc.bad.example. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "bare.example. 60 IN TXT \"v=spf1 -all\"\n"
    "broken.example. 60 IN TXT \"v=spf1 ip4:nonsense -all\"\n"
    "s1._domainkey.bad.example. 60 IN TXT ( \"v=DKIM1; p=\" \"%.200s\" \"%s\" )\n"
    "other._domainkey.bad.example. 60 IN TXT ( \"v=DKIM1; p=\" \"%.200s\" \"%s\" )\n"
    "revoked._domainkey.bad.example. 60 IN TXT \"v=DKIM1; p=\"\n"
    "mail.good.example. 60 IN A 192.0.2.1\n"
    "1.2.0.192.in-addr.arpa. 60 IN PTR mail.good.example.\n"
    "9.2.0.192.in-addr.arpa. 60 IN PTR mail.good.example.\n";

static const char conf_format[] =
    "egress nameless { senders = { \"@nameless.example\" }  addresses = { \"192.0.2.2\" }  "
    "helo = \"mail.good.example\" }\n"
    "egress default { addresses = { \"192.0.2.1\" }  helo = \"mail.good.example\" }\n"
    "dns { zone = \"%s\"  timeout = 2s  budget = 4s }\n";

#define BODY "Hello,\r\nthis is a message.\r\n"

static char *pem;
static char zone_path[] = "/tmp/preflight-zone-XXXXXX", conf_path[] = "/tmp/preflight-conf-XXXXXX";
static struct conf *conf;
static struct preflight *engine;

static void write_file(char *path, char *text)
{
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
    free(text);
}

static void make_world(void)
{
    EVP_PKEY *key = sign_make_rsa(2048), *other = sign_make_rsa(2048);
    char *p = sign_public(key), *other_p = sign_public(other);

    pem = sign_pem(key);
    write_file(zone_path, xasprintf(zone_format, p, p + 200, other_p, other_p + 200));
    write_file(conf_path, xasprintf(conf_format, zone_path));
    free(p);
    free(other_p);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}

static void end_world(void)
{
    unlink(zone_path);
    unlink(conf_path);
    free(pem);
}

static void set_up(void)
{
    struct err err = { "" };

    conf = conf_load(conf_path, &err);
    ck_assert_msg(conf != NULL, "%s", err.text);
    engine = preflight_new(conf, NULL, &err);
    ck_assert_msg(engine != NULL, "%s", err.text);
}

static void tear_down(void)
{
    preflight_unref(&engine);
    conf_unref(&conf);
}

/* --- the returned message ------------------------------------------------------------------ */

enum damage { WHOLE, NO_BODY, FOOTER, LOST_FIELD };

struct returned {
    const char *name;
    const char *domain;         /* of sender and author */
    const char *selector;       /* NULL: not signed */
    enum damage damage;
    bool is_as_sent, is_expired;
    enum cause cause;
    enum recheck_answer want;
    const char *why;            /* part of it */
    const char *verdict;        /* NULL: whichever */
};

static char *sign(const struct returned *returned, const struct field *fields, size_t n)
{
    const struct signing signing = {
        .pem = pem, .domain = returned->domain, .selector = returned->selector, .algorithm = DKIM_SIGN_RSASHA256,
        .header = DKIM_CANON_RELAXED, .body = DKIM_CANON_RELAXED, .time = returned->is_expired ? 1000000000 : 0,
        .lifetime = returned->is_expired ? 1000 : 0,
    };

    return sign_message(&signing, fields, n, BODY);
}

static char *make_text(const struct returned *returned)
{
    char *from = xasprintf(" Alice <a@%s>", returned->domain);
    const struct field fields[] = {
        { "From", from }, { "To", " b@remote.example" }, { "Subject", " hello" },
        { "Date", " Mon, 23 Nov 2026 10:00:00 +0000" }, { "Message-ID", " <1@good.example>" },
    };
    struct str text = STR_EMPTY;

    if (returned->selector != NULL) {
        char *signature = sign(returned, fields, LENGTH(fields));
        str_addf(&text, "DKIM-Signature:%s\n", signature);
        free(signature);
    }
    for (size_t i = 0; i < LENGTH(fields); i++) {
        if (returned->damage != LOST_FIELD || strcmp(fields[i].name, "Subject") != 0)
            str_addf(&text, "%s:%s\n", fields[i].name, fields[i].value);
    }
    str_add(&text, "\n");
    if (returned->damage != NO_BODY)
        str_add(&text, BODY);
    if (returned->damage == FOOTER)
        str_add(&text, "--\r\nadded\r\n");
    free(from);
    return str_steal(&text);
}

static struct report *judge(const struct returned *returned, struct bounce_original *original)
{
    struct err err = { "" };
    char *sender = xasprintf("a@%s", returned->domain), recipient[] = "b@remote.example";
    struct bounce bounce = { .recipient = recipient, .sender = sender, .original = original };
    const struct bounces bounces = { .items = &bounce, .count = 1 };

    *original = (struct bounce_original){ .text = make_text(returned), .is_as_sent = returned->is_as_sent };
    original->len = strlen(original->text);
    struct report *report = recheck_judge(engine, &bounces, original, &err);
    ck_assert_msg(report != NULL, "%s: %s", returned->name, err.text);
    free(sender);
    return report;
}

/* --- the cases ----------------------------------------------------------------------------- */

#define STILL RECHECK_STILL_THERE
#define GONE RECHECK_MENDED
#define UNTOLD RECHECK_CANNOT_BE_TOLD

static const struct returned cases[] = {
    { "SPF fails", "bad.example", NULL, WHOLE, true, false, CAUSE_SPF, STILL,
      "SPF fail for bad.example from 192.0.2.1 (-all)", "reject" },
    { "SPF passes", "good.example", NULL, NO_BODY, true, false, CAUSE_SPF, GONE,
      "SPF pass for good.example from 192.0.2.1", "accept" },
    { "SPF has an error", "broken.example", NULL, NO_BODY, true, false, CAUSE_SPF, STILL, "SPF permerror", NULL },
    { "no SPF record", "none.example", NULL, NO_BODY, true, false, CAUSE_SPF, STILL, "SPF none", NULL },

    { "signed and whole", "bad.example", "s1", WHOLE, false, false, CAUSE_DKIM, GONE,
      "the DKIM signature of bad.example verifies", "accept" },
    { "signed, its body did not come back", "bad.example", "s1", NO_BODY, true, false, CAUSE_DKIM, UNTOLD,
      "not told by the copy: its key is there", "unsure" },
    { "signed, something was added", "bad.example", "s1", FOOTER, true, false, CAUSE_DKIM, UNTOLD,
      "not told by the copy", "unsure" },
    { "signed, a field is lost", "bad.example", "s1", LOST_FIELD, true, false, CAUSE_DKIM, UNTOLD,
      "not told by the copy", "unsure" },
    { "signed, expired since", "bad.example", "s1", WHOLE, true, true, CAUSE_DKIM, UNTOLD, "expired since", "unsure" },
    { "another key is published", "bad.example", "other", NO_BODY, false, false, CAUSE_DKIM, STILL, "is fail",
      "reject" },
    { "no key is published", "bad.example", "missing", NO_BODY, false, false, CAUSE_DKIM, STILL, "is permerror",
      "reject" },
    { "the key is revoked", "bad.example", "revoked", WHOLE, false, false, CAUSE_DKIM, STILL, "is permerror",
      "reject" },
    { "left unsigned", "bad.example", NULL, WHOLE, true, false, CAUSE_DKIM, STILL, "left without a DKIM signature",
      "reject" },
    { "came back unsigned", "bad.example", NULL, WHOLE, false, false, CAUSE_DKIM, UNTOLD, "no DKIM signature came back",
      "unsure" },

    { "DMARC by SPF", "good.example", "missing", NO_BODY, false, false, CAUSE_DMARC, GONE,
      "DMARC pass for good.example", "accept" },
    { "DMARC by DKIM", "bad.example", "s1", WHOLE, false, false, CAUSE_DMARC, GONE, "DMARC pass for bad.example",
      "accept" },
    { "DMARC fails", "bad.example", "missing", NO_BODY, false, false, CAUSE_DMARC, STILL,
      "DMARC fail for bad.example: SPF fail for bad.example from 192.0.2.1 (-all); the DKIM signature", "reject" },
    { "DMARC fails for what left unsigned", "bad.example", NULL, NO_BODY, true, false, CAUSE_DMARC, STILL,
      "left without a DKIM signature", "reject" },
    { "DMARC rests on what did not come back", "bad.example", "s1", NO_BODY, false, false, CAUSE_DMARC, UNTOLD,
      "DMARC temperror for bad.example", "unsure" },
    { "DMARC of what came back unsigned", "bad.example", NULL, NO_BODY, false, false, CAUSE_DMARC, UNTOLD,
      "no DKIM signature came back", "unsure" },
    { "no DMARC record", "bare.example", NULL, NO_BODY, true, false, CAUSE_DMARC, UNTOLD,
      "DMARC none for bare.example: no policy is published now", NULL },

    { "a name that leads back", "good.example", NULL, NO_BODY, true, false, CAUSE_PTR, GONE, "leads back", NULL },
    { "no name", "nameless.example", NULL, NO_BODY, true, false, CAUSE_PTR, STILL, "192.0.2.2", NULL },
    { "a sender's domain that resolves", "good.example", NULL, NO_BODY, true, false, CAUSE_SENDER_REJECTED, UNTOLD,
      "resolves", NULL },
    { "one that does not", "nameless.example", NULL, NO_BODY, true, false, CAUSE_SENDER_REJECTED, STILL,
      "nameless.example", NULL },
    { "content", "good.example", NULL, NO_BODY, true, false, CAUSE_CONTENT, UNTOLD, "only the receiver knows", NULL },
    { "an address on no list", "good.example", NULL, NO_BODY, true, false, CAUSE_IP_REPUTATION, UNTOLD,
      "its own record", NULL },
    { "a domain on no list", "good.example", NULL, NO_BODY, true, false, CAUSE_DOMAIN_REPUTATION, UNTOLD,
      "its own record", NULL },
    { "too many", "good.example", NULL, NO_BODY, true, false, CAUSE_RATE, UNTOLD, "only the receiver knows", NULL },
    { "its policy", "good.example", NULL, NO_BODY, true, false, CAUSE_RECIPIENT_POLICY, UNTOLD, "the receiver", NULL },
    { "TLS", "good.example", NULL, NO_BODY, true, false, CAUSE_TLS, UNTOLD, "next message", NULL },
    { "relaying", "good.example", NULL, NO_BODY, true, false, CAUSE_AUTH_REQUIRED, UNTOLD, "next message", NULL },
    { "a mailbox", "good.example", NULL, NO_BODY, true, false, CAUSE_MAILBOX, UNTOLD, "the mailbox", NULL },
};

/* What a copy cannot tell is never said. */
static const enum finding_id never[] = {
    FINDING_DKIM_BODY_CHANGED, FINDING_DKIM_HEADER_CHANGED, FINDING_DKIM_EXPIRED, FINDING_DMARC_TEMPERROR,
    FINDING_DKIM_TOO_MANY,
};

START_TEST(tells_of_a_cause)
{
    const struct returned *one = &cases[_i];
    struct bounce_original original;
    struct report *report = judge(one, &original);
    struct str why = STR_EMPTY;
    enum recheck_answer got = recheck_cause(report, &original, one->cause, &why);

    ck_assert_msg(got == one->want, "%s: %s: %s", one->name, recheck_answer_name(got), str_get(&why));
    ck_assert_msg(strstr(str_get(&why), one->why) != NULL, "%s: '%s'", one->name, str_get(&why));
    if (one->verdict != NULL)
        ck_assert_msg(strcmp(verdict_name(report->verdict), one->verdict) == 0, "%s: verdict %s", one->name,
                      verdict_name(report->verdict));
    for (size_t i = 0; i < LENGTH(never); i++)
        ck_assert_msg(!findings_has(&report->findings, never[i]), "%s: %s", one->name, finding_row(never[i])->name);
    if (!one->is_as_sent)
        ck_assert_msg(!findings_has(&report->findings, FINDING_DKIM_NONE), "%s: dkim-none", one->name);
    str_clear(&why);
    report_free(&report);
    free(original.text);
}
END_TEST

START_TEST(answers_for_each_cause)
{
    bool has_cause[CAUSE_COUNT] = { false };

    for (size_t i = 0; i < LENGTH(cases); i++)
        has_cause[cases[i].cause] = true;
    for (int i = 0; i < CAUSE_COUNT; i++)
        ck_assert_msg(has_cause[i], "no case of cause %d", i);
}
END_TEST

START_TEST(keeps_still_where_dns_fails)
{
    static const enum cause causes[] = { CAUSE_SPF, CAUSE_DMARC, CAUSE_PTR };
    const struct returned returned = { .name = "no DNS", .domain = "good.example", .is_as_sent = true };
    struct bounce_original original;
    struct err err;

    preflight_unref(&engine);
    ck_assert_int_eq(conf_override(conf, "dns", "zone", "", &err), 0);
    ck_assert_int_eq(conf_override(conf, "dns", "servers", "127.0.0.1@1", &err), 0);
    engine = preflight_new(conf, NULL, &err);
    struct report *report = judge(&returned, &original);
    for (size_t i = 0; i < LENGTH(causes); i++) {
        struct str why = STR_EMPTY;
        ck_assert_int_eq(recheck_cause(report, &original, causes[i], &why), RECHECK_CANNOT_BE_TOLD);
        ck_assert_str_ne(str_get(&why), "");
        str_clear(&why);
    }
    report_free(&report);
    free(original.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recheck");
    TCase *tc = tcase_create("all");

    tcase_add_unchecked_fixture(tc, make_world, end_world);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, tells_of_a_cause, 0, LENGTH(cases));
    tcase_add_test(tc, answers_for_each_cause);
    tcase_add_test(tc, keeps_still_where_dns_fails);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
