/*
 * lib/explain and lib/report/explained: from a text to what it means, for people and as JSON.
 */
#include "config.h"

#include "lib/explain.h"
#include "lib/base/mem.h"
#include "t/unit/conffile.h"
#include "t/unit/unit.h"

static struct conf *conf;

static void load(void)
{
    conf = conf_load_as(NULL, CONFFILE_HOST, NULL);
}

static void unload(void)
{
    conf_unref(&conf);
}

static struct explain *explained(const char *text, bool is_reply)
{
    struct err err = { "" };
    struct explain *explain = explain_new(conf, text, strlen(text), is_reply, &err);

    ck_assert_msg(explain != NULL, "%s: %s", text, err.text);
    return explain;
}

/* The cause, and whether it is temporary, of a text with one refusal. */
static void check_one(const char *text, const char *cause, const char *codes, bool is_temporary)
{
    struct explain *explain = explained(text, true);
    const struct explanation *meaning = &explain->items[0].meaning;
    char *got = xasprintf("%s %s", meaning->code, meaning->enhanced);

    ck_assert_uint_eq(explain->count, 1);
    ck_assert_msg(strcmp(cause_name(meaning->cause), cause) == 0, "%s: %s", text, cause_name(meaning->cause));
    ck_assert_str_eq(got, codes);
    ck_assert_msg(meaning->is_temporary == is_temporary, "%s", text);
    free(got);
    explain_free(&explain);
    ck_assert_ptr_null(explain);
}

START_TEST(one_refusal)
{
    check_one("550 5.7.1 Relaying denied", "auth-required/relay-denied", "550 5.7.1", false);
    check_one("421-4.7.28 slow\n421 4.7.28 down", "rate", "421 4.7.28", true);
    check_one("nothing that is known", "mailbox/other", " ", false);
    /* When in the session it was said decides where the words do not. */
    check_one("host mx.example.net[192.0.2.1] said: 550 no (in reply to end of DATA command)", "content", "550 ",
              false);
    check_one("host mx.example.net[192.0.2.1] refused to talk to me: 554 no", "ip-reputation", "554 ", false);
    /* A code that the log tells beside a reply which has none. */
    check_one("Nov 23 10:00:01 mail postfix/smtp[812]: 4QxyzA1234: to=<b@example.net>, "
              "relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.7.25, status=bounced (host "
              "mx.example.net[192.0.2.1] said: 550 no (in reply to MAIL FROM command))\n", "ptr", "550 5.7.25", false);
    check_one("Nov 23 10:00:01 mail postfix/smtp[812]: 4QxyzA1234: to=<b@example.net>, relay=none, delay=1, "
              "delays=0/0/0/1, dsn=4.4.1, status=deferred (connect to mx.example.net[192.0.2.1]:25: Connection timed "
              "out)\n", "mailbox/other", " 4.4.1", true);
}
END_TEST

START_TEST(what_is_no_refusal)
{
    static const char *const texts[] = { "", " \n\t", "From: a@example.com\nSubject: x\n\nhello\n" };
    struct err err = { "" };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ck_assert_ptr_null(explain_new(conf, texts[i], strlen(texts[i]), false, &err));
        ck_assert_str_ne(err.text, "");
    }
    ck_assert_ptr_null(explain_new(conf, " ", 1, true, &err));
    check_one(texts[2], "mailbox/other", " ", false);
    struct explain *none = NULL;
    explain_free(&none);
}
END_TEST

START_TEST(nul_and_length)
{
    size_t len = 1000000;
    char *text = xmalloc(len);

    memset(text, 'x', len);
    memcpy(text, "550\0 5.7.26 ", 12);
    struct explain *explain = explain_new(conf, text, len, true, NULL);
    ck_assert_ptr_nonnull(explain);
    ck_assert_str_eq(explain->items[0].meaning.enhanced, "5.7.26");
    char *json = report_json_explained(explain->items, explain->count);
    ck_assert_uint_lt(strlen(json), 20000);
    free(json);
    explain_free(&explain);
    free(text);
}
END_TEST

static char recipients[][16] = { "a@example.net", "b@example.net", "c@example.net" };
static char replies[][24] = { "450 4.7.1 a waits", "550 5.1.1 b", "550 5.1.1 c \x1b[31m", "" };
static char host[] = "mx.example.net", queue_id[] = "4Qx";

static const struct bounce bounces[] = {
    { .recipient = recipients[0], .reply = replies[0], .host = host },
    { .recipient = recipients[1], .reply = replies[1], .host = host, .queue_id = queue_id },
    { .recipient = recipients[2], .reply = replies[2], .host = host },
    { .recipient = NULL, .reply = replies[3] },
};

static void explain_made_up(struct explained items[4])
{
    const struct explanation meanings[] = {
        { .pattern = "rate", .cause = CAUSE_RATE, .code = "450", .enhanced = "4.7.1", .is_temporary = true },
        { .pattern = "mailbox", .cause = CAUSE_MAILBOX, .code = "550", .enhanced = "5.1.1" },
        { .pattern = "mailbox", .cause = CAUSE_MAILBOX, .code = "550", .enhanced = "5.1.1" },
        { .pattern = "spf", .cause = CAUSE_SPF, .also = { [CAUSE_DKIM] = true, [CAUSE_DMARC] = true },
          .receiver = "gmail", .title = "Gmail" },
    };
    for (size_t i = 0; i < 4; i++) {
        items[i] = (struct explained){ .bounce = &bounces[i], .meaning = meanings[i] };
        items[i].meaning.text = "What it means.";
        items[i].meaning.remedy = "What to do.";
        items[i].meaning.page = "https://example.com/";
    }
}

START_TEST(for_people)
{
    struct explained items[4];
    struct str text = STR_EMPTY;

    explain_made_up(items);
    report_text_explained(items, 4, 7, false, &text);
    assert_same(str_get(&text),
                "RATE  the receiver refused it for now: 450 4.7.1\n"
                "  for      a@example.net\n"
                "  by       mx.example.net\n"
                "  reply    450 4.7.1 a waits\n"
                "\n"
                "  What it means.\n"
                "  mend: What to do.\n"
                "  https://example.com/\n"
                "\n"
                "MAILBOX/OTHER  the receiver refused it for good: 550 5.1.1\n"
                "  for      b@example.net, c@example.net\n"
                "  by       mx.example.net\n"
                "  reply    550 5.1.1 b\n"
                "\n"
                "  What it means.\n"
                "  mend: What to do.\n"
                "  https://example.com/\n"
                "\n"
                "SPF  Gmail refused it for good\n"
                "  also     dkim, dmarc\n"
                "\n"
                "  What it means.\n"
                "  mend: What to do.\n"
                "  https://example.com/\n"
                "\n"
                "7 more refusals are not shown.\n");
    str_reset(&text);
    report_text_explained(&items[2], 1, 0, true, &text);
    ck_assert_ptr_nonnull(strstr(str_get(&text), "\033[31mMAILBOX/OTHER\033[0m  the receiver"));
    ck_assert_ptr_nonnull(strstr(str_get(&text), "c \\x1b[31m\n"));
    str_clear(&text);
}
END_TEST

START_TEST(is_it_still_there)
{
    static const struct {
        enum recheck_answer answer;
        const char *text, *json;
    } answers[] = {
        { RECHECK_STILL_THERE, "  still there: because\n", "\"still_there\": true,\n    \"reason\": \"because\"" },
        { RECHECK_MENDED, "  mended: because\n", "\"still_there\": false,\n    \"reason\": \"because\"" },
        { RECHECK_CANNOT_BE_TOLD, "  cannot be told: because\n",
          "\"verdict\": \"reject\",\n    \"reason\": \"because\"" },
    };
    struct report today = { .verdict = VERDICT_REJECT };
    struct explained items[4];
    char reason[] = "because";

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct str text = STR_EMPTY;
        explain_made_up(items);
        items[3].today = &today;
        items[3].answer = answers[i].answer;
        items[3].reason = reason;
        report_text_explained(&items[3], 1, 0, false, &text);
        ck_assert_msg(strstr(str_get(&text), answers[i].text) != NULL, "no '%s' in\n%s", answers[i].text,
                      str_get(&text));
        char *json = report_json_explained(&items[3], 1);
        ck_assert_msg(strstr(json, answers[i].json) != NULL, "no '%s' in\n%s", answers[i].json, json);
        free(json);
        str_clear(&text);
    }
}
END_TEST

START_TEST(for_programs)
{
    struct explained items[4];

    explain_made_up(items);
    ck_assert_ptr_eq(explained_worst(items, 4), &items[1]);
    ck_assert_ptr_eq(explained_worst(items, 1), &items[0]);
    char *json = report_json_explained(&items[3], 1);
    assert_same(json, "{\n  \"cause\": \"spf\",\n  \"also\": [\n    \"dkim\",\n    \"dmarc\"\n  ],\n"
                      "  \"receiver\": \"gmail\",\n  \"temporary\": false,\n  \"text\": \"What it means.\",\n"
                      "  \"remedy\": \"What to do.\",\n  \"page\": \"https://example.com/\"\n}\n");
    free(json);
    json = report_json_explained(items, 2);
    ck_assert_msg(strncmp(json, "{\n  \"cause\": \"mailbox/other\",", 28) == 0, "%s", json);
    ck_assert_ptr_nonnull(strstr(json, "\"queue_id\": \"4Qx\""));
    ck_assert_ptr_nonnull(strstr(json, "  \"replies\": [\n    {\n      \"cause\": \"rate\","));
    ck_assert_ptr_nonnull(strstr(json, "\"recipient\": \"a@example.net\""));
    free(json);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explained");
    TCase *tc = tcase_create("explained");

    tcase_add_checked_fixture(tc, load, unload);
    tcase_set_timeout(tc, 20);
    tcase_add_test(tc, one_refusal);
    tcase_add_test(tc, what_is_no_refusal);
    tcase_add_test(tc, nul_and_length);
    tcase_add_test(tc, for_people);
    tcase_add_test(tc, for_programs);
    tcase_add_test(tc, is_it_still_there);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
