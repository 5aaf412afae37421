/*
 * lib/bounce/tally and lib/report/bounces*: counted outcomes as text, JSON and a page, also with what a hostile log
 * holds.
 */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/bounce/tally.h"
#include "lib/report/bounces.h"
#include "t/unit/unit.h"

static struct span span_of(const char *text)
{
    return (struct span){ text, strlen(text) };
}

static const struct explanation rate = { .cause = CAUSE_RATE, .text = "Too much.", .remedy = "Wait." };
static const struct explanation dmarc = {
    .cause = CAUSE_DMARC, .text = "It failed DMARC.", .remedy = "Sign it.", .page = "https://example.net/help?a=1&b=2",
};

/* A small site: example.com refused by gmail for DMARC, the rest went well; one message was held. */
static void make_sample(struct tally *tally)
{
    const struct maillog_time first = { 2026, 11, 23, 8, 5, 0 }, last = { 2026, 11, 24, 9, 10, 0 };

    tally_init(tally, 7);
    tally->lines = 1234567;
    tally->files = 2;
    tally->first = first;
    tally->last = last;
    uint32_t gmail = tally_receiver(tally, span_of("gmail")), net = tally_receiver(tally, span_of("Example.NET."));
    uint32_t com = tally_domain(tally, span_of("example.com")), none = tally_domain(tally, span_of("<>"));
    int32_t hour = tally_hour(&first);
    int problem = tally_explain(tally, &dmarc, gmail, span_of("550 5.7.26 <no>"), "4FA");
    ck_assert_int_eq(tally_explain(tally, &dmarc, gmail, span_of("550 5.7.26 again"), "4FZ"), problem);
    struct outcome outcome = { FATE_REFUSED, false, FORECAST_REJECT, CAUSE_DMARC, problem, gmail, com, hour, "4FA" };
    tally_add(tally, &outcome);
    outcome.receiver = net;
    outcome.problem = tally_explain(tally, &dmarc, net, span_of("550 no"), "4FA");
    tally_add(tally, &outcome);
    hour = tally_hour(&last);
    outcome = (struct outcome){ FATE_DELIVERED, false, FORECAST_ACCEPT, NO_CAUSE, NO_PROBLEM, net, com, hour, "4FB" };
    for (int i = 0; i < 58; i++)
        tally_add(tally, &outcome);
    problem = tally_explain(tally, &rate, net, span_of("450 later"), "4FC");
    outcome = (struct outcome){ FATE_DELIVERED, true, FORECAST_REJECT, CAUSE_RATE, problem, net, none, hour, "4FC" };
    tally_add(tally, &outcome);
    outcome = (struct outcome){ FATE_DEFERRED, true, FORECAST_ACCEPT, CAUSE_RATE, problem, net, none, hour, "4FD" };
    tally_add(tally, &outcome);
    tally_prevented(tally, PREVENTED_HOLD, com, hour, 1);
    tally_prevented(tally, PREVENTED_TEMPFAIL, com, hour, 1);
    tally_prevented(tally, PREVENTED_TEMPFAIL, com, hour, -1);
    tally_finish(tally);
}

START_TEST(writes_text)
{
    struct tally tally;
    struct str text = STR_EMPTY;

    make_sample(&tally);
    report_text_bounces(&tally, false, &text);
    assert_same(str_get(&text),
        "log        1,234,567 lines in 2 files, from 2026-11-23 08:05 to 2026-11-24 09:10\n"
        "receivers  59 delivered, 1 of them late; 2 refused (3.3 %); 1 still deferred\n"
        "prevented  1 message did not leave: 0 refused, 0 told to try again, 1 held\n"
        "\n"
        "By cause                             refused    deferred        late   predicted unpredicted\n"
        "  dmarc                                    2           0           0           2           0\n"
        "  rate                                     0           1           1           0           1\n"
        "\n"
        "What they mean, and what to do\n"
        "  dmarc: 2 refused, 0 deferred, 0 late\n"
        "    gmail 1, example.net 1\n"
        "    It failed DMARC.\n"
        "    mend: Sign it.\n"
        "    https://example.net/help?a=1&b=2\n"
        "    4FA: 550 5.7.26 <no>\n"
        "  rate: 0 refused, 1 deferred, 1 late\n"
        "    example.net 2\n"
        "    Too much.\n"
        "    mend: Wait.\n"
        "    4FC: 450 later\n"
        "\n"
        "By sending domain                  delivered        late    deferred     refused        rate\n"
        "  example.com                             58           0           0           2       3.3 % > 2 %\n"
        "  <> (bounces)                             1           1           1           0       0.0 %\n"
        "\n"
        "By receiver                        delivered        late    deferred     refused        rate\n"
        "  example.net                             59           1           1           1       1.7 %\n"
        "  gmail                                    0           0           0           1     100.0 %\n"
        "\n"
        "Predictions\n"
        "  refusal predicted, happened              2\n"
        "  refusal predicted, delivered             1\n"
        "      4FC: <> at example.net, rate\n"
        "  refusal not predicted                    1\n"
        "      4FD: <> at example.net, rate\n"
        "  acceptance predicted, delivered         58\n"
        "  62 of 62 recipients' messages had a prediction; full and unknown mailboxes and servers that do not\n"
        "  answer are left out\n");
    str_clear(&text);
    tally_clear(&tally);
}
END_TEST

START_TEST(writes_json)
{
    struct tally tally;

    make_sample(&tally);
    char *json = report_json_bounces(&tally);
    assert_within(json, "\"from\": \"2026-11-23 08:05\"");
    assert_within(json, "\"bounce_rate\": 0.0327869,");
    assert_within(json, "\"prevented\": {\n    \"total\": 1,\n    \"reject\": 0,\n    \"tempfail\": 0,\n"
                        "    \"hold\": 1\n  }");
    assert_within(json, "\"cause\": \"dmarc\",\n      \"delivered\": 0,\n      \"delayed\": 0,\n"
                        "      \"deferred\": 0,\n"
                        "      \"refused\": 2,\n      \"judged\": 2,\n      \"predicted_happened\": 2,");
    assert_within(json, "\"domain\": \"example.com\"");
    assert_within(json, "\"over_limit\": true,\n      \"prevented\": 1,\n      \"causes\": {\n        \"dmarc\": 2");
    assert_within(json, "\"text\": \"It failed DMARC.\",\n      \"remedy\": \"Sign it.\"");
    assert_within(json, "\"hour\": \"2026-11-24 09:00\",\n      \"delivered\": 59,");
    free(json);
    tally_clear(&tally);
}
END_TEST

START_TEST(writes_a_page)
{
    struct tally tally;
    struct str html = STR_EMPTY;

    make_sample(&tally);
    report_html_bounces(&tally, &html);
    assert_within(str_get(&html), "<b>59</b>delivered");
    assert_within(str_get(&html), "<pre>4FA: 550 5.7.26 &lt;no&gt;</pre>");
    assert_within(str_get(&html), "href=\"https://example.net/help?a=1&amp;b=2\"");
    assert_within(str_get(&html), "<tr class=\"over\"><td>example.<wbr>com</td>");
    assert_within(str_get(&html), "default-src 'none'; style-src 'unsafe-inline'");
    ck_assert_ptr_null(strstr(str_get(&html), "<script"));
    str_clear(&html);
    tally_clear(&tally);
}
END_TEST

/* Whoever writes into the log by way of names and replies writes neither markup nor control bytes into the report. */
START_TEST(escapes)
{
    const char *evil = "<script>alert(\"1\")</script>&'\x1b[31m\xc3\xa9\n", *place;
    const struct explanation unknown = { .cause = CAUSE_MAILBOX, .text = "t", .remedy = "r", .page = "javascript:x" };
    struct tally tally;
    struct str text = STR_EMPTY, html = STR_EMPTY;

    tally_init(&tally, 7);
    uint32_t receiver = tally_receiver(&tally, span_of(evil)), domain = tally_domain(&tally, span_of(evil));
    int problem = tally_explain(&tally, &unknown, receiver, span_of(evil), "4FA");
    struct outcome outcome = { FATE_REFUSED, false, FORECAST_ACCEPT, CAUSE_SPF, problem, receiver, domain, 0, "4FA" };
    tally_add(&tally, &outcome);
    outcome.cause = CAUSE_MAILBOX;
    tally_add(&tally, &outcome);
    tally_finish(&tally);

    report_html_bounces(&tally, &html);
    place = strstr(str_get(&html), "<main>");
    ck_assert_ptr_null(strstr(place, "<script"));
    ck_assert_ptr_null(strstr(place, "javascript:"));
    assert_within(place, "&lt;script&gt;alert(&quot;1&quot;)&lt;");
    report_text_bounces(&tally, false, &text);
    assert_within(str_get(&text), "\\x1b[31m\\xc3\\xa9\\x0a");
    for (const char *p = str_get(&html); *p != '\0'; p++)
        ck_assert_msg(*p == '\n' || (*p >= 0x20 && *p <= 0x7e), "byte %d", *p);
    for (const char *p = str_get(&text); *p != '\0'; p++)
        ck_assert_msg(*p == '\n' || (*p >= 0x20 && *p <= 0x7e), "byte %d", *p);
    char *json = report_json_bounces(&tally);
    assert_within(json, "\\u001B[31m");
    free(json);
    str_clear(&text);
    str_clear(&html);
    tally_clear(&tally);
}
END_TEST

/* The last row stands for all that find no room, and every outcome is counted in some row. */
START_TEST(is_bounded)
{
    enum { MANY = TALLY_ROWS_MAX + 5000 };
    struct tally tally;
    uint64_t sum = 0;

    tally_init(&tally, 7);
    for (int i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof(name), "d%d.example", i);
        uint32_t receiver = tally_receiver(&tally, span_of(name));
        int problem = tally_explain(&tally, i % 2 ? &rate : &dmarc, receiver, span_of(name), "4FA");
        ck_assert((problem == NO_PROBLEM) == (i >= TALLY_PROBLEMS_MAX));
        const struct outcome outcome = {
            FATE_REFUSED, false, FORECAST_NONE, i % CAUSE_COUNT, problem, receiver, tally_domain(&tally, span_of(name)),
            (i * 7919) % 100000, "4FA",
        };
        tally_add(&tally, &outcome);
    }
    tally_finish(&tally);
    ck_assert_uint_eq(tally.domains.count, TALLY_ROWS_MAX);
    ck_assert_uint_eq(tally.n_problems, TALLY_PROBLEMS_MAX);
    ck_assert_uint_eq(tally.n_hours, TALLY_HOURS_MAX);
    ck_assert_str_eq(tally.domains.rows[tally.domains.order[0]].name, "(others)");
    for (size_t i = 0; i < tally.domains.count; i++)
        sum += tally.domains.rows[i].counts.refused;
    ck_assert_uint_eq(sum, MANY);
    sum = 0;
    for (size_t i = 0; i < tally.n_hours; i++) {
        ck_assert(i == 0 || tally.hours[i - 1].hour < tally.hours[i].hour);
        sum += tally.hours[i].refused;
    }
    ck_assert_uint_eq(sum, MANY);
    tally_clear(&tally);
}
END_TEST

START_TEST(knows_the_calendar)
{
    struct maillog_time time = { 1970, 1, 1, 0, 0, 0 }, again;

    ck_assert_int_eq(tally_hour(&time), 0);
    time = (struct maillog_time){ 2026, 11, 23, 20, 0, 0 };
    ck_assert_int_eq(tally_hour(&time), 1795464000 / 3600);
    for (int year = 1999; year <= 2101; year++) {
        for (int month = 1; month <= 12; month++) {
            time = (struct maillog_time){ year, month, month == 2 ? 28 : 30, month, 0, 0 };
            tally_hour_time(tally_hour(&time), &again);
            ck_assert_mem_eq(&time, &again, sizeof(time));
        }
    }
    time = (struct maillog_time){ 2028, 2, 29, 23, 0, 0 };
    tally_hour_time(tally_hour(&time) + 1, &again);
    ck_assert(again.month == 3 && again.day == 1 && again.hour == 0);
}
END_TEST

START_TEST(knows_nothing_of_an_empty_log)
{
    struct tally tally;
    struct str text = STR_EMPTY;

    tally_init(&tally, 7);
    tally_finish(&tally);
    report_text_bounces(&tally, false, &text);
    assert_within(str_get(&text), "0 delivered, 0 of them late; 0 refused (0.0 %); 0 still deferred");
    str_reset(&text);
    report_html_bounces(&tally, &text);
    assert_within(str_get(&text), "</html>");
    char *json = report_json_bounces(&tally);
    assert_within(json, "\"hours\": []");
    free(json);
    str_clear(&text);
    tally_clear(&tally);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bouncesreport");
    TCase *tcase = tcase_create("bouncesreport");

    tcase_add_test(tcase, writes_text);
    tcase_add_test(tcase, writes_json);
    tcase_add_test(tcase, writes_a_page);
    tcase_add_test(tcase, escapes);
    tcase_add_test(tcase, is_bounded);
    tcase_add_test(tcase, knows_the_calendar);
    tcase_add_test(tcase, knows_nothing_of_an_empty_log);
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
