/*
 * lib/report: what is derived from a report, the log line and the SMTP reply, against golden strings.
 */
#include "config.h"

#include "lib/report/report.h"
#include "t/unit/sample_report.h"

#include <stdlib.h>
#include <string.h>

/* The worst is found wherever it stands; HELO's results do not decide. */
START_TEST(derives_the_worst)
{
    struct report *report = bad_report();

    ck_assert_ptr_eq(report_worst_spf(report), &report->spf[1]);
    ck_assert_int_eq((int)report_spf(report), AUTH_FAIL);
    report->n_deciding = 1;
    ck_assert_int_eq((int)report_spf(report), AUTH_PASS);
    report->n_deciding = 0;
    ck_assert_ptr_null(report_worst_spf(report));
    ck_assert_int_eq((int)report_spf(report), AUTH_NONE);
    findings_add(&report->findings, FINDING_EGRESS_UNKNOWN, "default", "", "");
    ck_assert_int_eq((int)report_spf(report), AUTH_TEMPERROR);

    ck_assert_ptr_eq(report_worst_prediction(report), &report->predictions[0]);
    report->predictions[0].outcome = VERDICT_UNSURE;
    ck_assert_ptr_eq(report_worst_prediction(report), &report->predictions[1]);
    size_t n = report->n_predictions;
    report->n_predictions = 0;
    ck_assert_ptr_nonnull(report_worst_prediction(report));
    ck_assert_ptr_null(report_worst_prediction(report)->receiver);
    report->n_predictions = n;
    report_free(&report);
    report_free(&report);
}
END_TEST

static void assert_log(struct report *report, const char *want)
{
    struct str s = STR_EMPTY;

    report_log_line(report, &s);
    ck_assert_str_eq(str_get(&s), want);
    str_clear(&s);
    report_free(&report);
    ck_assert_ptr_null(report);
}

START_TEST(logs_one_line)
{
    assert_log(clean_report(), "4QxyzA: verdict=accept action=accept egress=default from=<a@example.com> "
               "author=example.com spf=pass dkim=pass dmarc=pass policy=reject predict=generic:accept findings=- "
               "ms=12");
    assert_log(bad_report(), "4QxyzA: verdict=reject action=tempfail egress=default from=<a@example.com> "
               "author=example.com spf=fail dkim=none dmarc=fail policy=reject predict=generic:550-5.7.1 "
               "findings=dkim-none,spf-fail,dmarc-fail ms=12");
    assert_log(unsure_report(), "NOQUEUE: verdict=unsure action=accept egress=default from=<> author=- spf=temperror "
               "dkim=none dmarc=none policy=- predict=generic:unsure findings=dkim-none,spf-temperror ms=12");

    struct report *report = make_report("4Q x: verdict=accept", "a b@x,y=z\n", "\xc3\xa9.example");
    free(report->egress);
    report->egress = NULL;
    findings_add(&report->findings, FINDING_EGRESS_UNKNOWN, "default", "", "");
    assert_log(report, "4Q\\x20x:\\x20verdict\\x3daccept: verdict=accept action=accept egress=- "
               "from=<a\\x20b@x\\x2cy\\x3dz\\x0a> author=\\xc3\\xa9.example spf=temperror dkim=none dmarc=none "
               "policy=- predict=- findings=egress-unknown ms=12");
}
END_TEST

/* Two findings of one id are one word. */
START_TEST(logs_distinct_findings)
{
    struct report *report = clean_report();

    findings_add(&report->findings, FINDING_DKIM_NO_KEY, "s1._domainkey.example.com", "example.com", "");
    findings_add(&report->findings, FINDING_DKIM_TESTING, "s1._domainkey.example.com", "example.com", "");
    findings_add(&report->findings, FINDING_DKIM_NO_KEY, "s2._domainkey.example.com", "example.com", "");
    struct str s = STR_EMPTY;
    report_log_line(report, &s);
    ck_assert_ptr_nonnull(strstr(str_get(&s), " findings=dkim-no-key,dkim-testing ms=12"));
    str_clear(&s);
    report_free(&report);
}
END_TEST

START_TEST(bounds_the_log_line)
{
    static const struct { char c; size_t n; } cases[] = {
        { 'a', 10 }, { 'a', 250 }, { 'a', 1000 }, { '\x01', 60 }, { '\x01', 250 }, { '\x01', 100000 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *big = repeated(cases[i].c, cases[i].n);
        struct report *report = make_report(big, big, big);
        free(report->egress);
        report->egress = big;
        for (int id = 0; id < FINDING_COUNT; id++)
            findings_add(&report->findings, (enum finding_id)id, "x", "", "");
        struct str s = STR_EMPTY;
        report_log_line(report, &s);
        ck_assert_msg(s.len <= REPORT_LINE_MAX, "case %zu: %zu", i, s.len);
        ck_assert_ptr_nonnull(strstr(str_get(&s), " findings=spf-none,spf-fail,"));
        ck_assert_msg(has_suffix(str_get(&s), " ms=12"), "%s", str_get(&s));
        size_t shown = 0;
        unsigned dropped = 0;
        const char *end = strstr(str_get(&s), ",+");
        if (end != NULL)
            ck_assert_int_eq(sscanf(end, ",+%u ms=12", &dropped), 1);
        for (const char *p = strstr(str_get(&s), " findings="); *p != '\0'; p++)
            shown += *p == ',';
        ck_assert_uint_eq(shown + (end == NULL ? 1 : dropped), FINDING_COUNT);
        str_clear(&s);
        report_free(&report);
    }
}
END_TEST

static void assert_reply(struct report *report, const char *want)
{
    struct str s = STR_EMPTY;

    report_reply(report, &s);
    ck_assert_str_eq(str_get(&s), want);
    str_clear(&s);
    report_free(&report);
}

START_TEST(replies_name_cause_domain_and_address)
{
    assert_reply(bad_report(),
                 "Preflight: SPF fail for example.com from 203.0.113.5 (-all); generic answers 550 5.7.1");
    assert_reply(unsure_report(), "Preflight: SPF temperror for mail.example.com from 203.0.113.5: "
                 "no answer in time for TXT mail.example.com");

    struct report *report = unsure_report();
    report->trouble = xstrdup("dns: no answer in time\r\n250 OK");
    assert_reply(report, "Preflight: dns: no answer in time\\x0d\\x0a250 OK; sender domain mail.example.com, "
                 "sent from 203.0.113.5");

    /* The SPF domain is not the author's. */
    report = bad_report();
    free(report->author_domain);
    report->author_domain = xstrdup("ample.com");
    assert_reply(report, "Preflight: SPF fail for example.com from 203.0.113.5 (-all); author domain ample.com, "
                 "sent from 203.0.113.5; generic answers 550 5.7.1");

    /* Nothing but the message is wrong. */
    static const struct facts no_from = {
        .value = { [FACT_SPF_PASS] = FACT_TRUE, [FACT_DKIM_PASS] = FACT_TRUE, [FACT_FROM_MISSING] = FACT_TRUE },
    };
    report = clean_report();
    report->n_predictions = 0;
    prediction_clear(&report->predictions[0]);
    findings_add(&report->findings, FINDING_DATE_INVALID, "Date", "", "");
    findings_add(&report->findings, FINDING_FROM_MISSING, "From", "", "");
    predict(report, known_receiver("generic"), "example.net", &no_from);
    assert_reply(report, "Preflight: the message has no From field with an address; author domain example.com, "
                 "sent from 203.0.113.5; generic answers 550 5.7.1");

    /* Junk, with warnings alone. */
    static const struct facts neither = { .value = { [FACT_SPF_PASS] = FACT_FALSE, [FACT_DKIM_PASS] = FACT_FALSE } };
    report = make_report("4QxyzA", "a@example.com", "example.com");
    findings_add(&report->findings, FINDING_DKIM_NONE, "", "example.com", "");
    predict(report, known_receiver("generic"), "example.net", &neither);
    assert_reply(report, "Preflight: the message has no DKIM signature; author domain example.com; "
                 "generic files it as junk");

    /* Nothing known at all. */
    report = make_report(NULL, "", NULL);
    assert_reply(report, "Preflight: the message would not be accepted");
}
END_TEST

START_TEST(bounds_the_reply)
{
    static const struct { char c; size_t author, detail; } cases[] = {
        { 'a', 240, 10 }, { 'a', 20, 5000 }, { 'a', 190, 5000 }, { '\x01', 250, 250 }, { '\xff', 90000, 90000 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *author = repeated(cases[i].c, cases[i].author), *detail = repeated(cases[i].c, cases[i].detail);
        struct report *report = bad_report();
        free(report->author_domain);
        report->author_domain = author;
        findings_clear(&report->findings);
        findings_add(&report->findings, FINDING_SPF_FAIL, "203.0.113.5", detail, detail);
        struct str s = STR_EMPTY;
        report_reply(report, &s);
        ck_assert_msg(s.len <= REPORT_REPLY_MAX, "case %zu: %zu", i, s.len);
        ck_assert_msg(strncmp(str_get(&s), "Preflight: SPF fail for ", 24) == 0, "%s", str_get(&s));
        ck_assert_ptr_nonnull(strstr(str_get(&s), "; author domain "));
        ck_assert_ptr_nonnull(strstr(str_get(&s), ", sent from 203.0.113.5"));
        for (size_t j = 0; j < s.len; j++)
            ck_assert(s.data[j] >= 0x20 && s.data[j] <= 0x7e);
        str_clear(&s);
        free(detail);
        report_free(&report);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tc = tcase_create("report");
    tcase_add_test(tc, derives_the_worst);
    tcase_add_test(tc, logs_one_line);
    tcase_add_test(tc, logs_distinct_findings);
    tcase_add_test(tc, bounds_the_log_line);
    tcase_add_test(tc, replies_name_cause_domain_and_address);
    tcase_add_test(tc, bounds_the_reply);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
