/*
 * lib/report/json: preflight(1) to the letter, and JSON whatever the bytes.
 */
#include "config.h"

#include "lib/report/report.h"
#include "t/unit/conffile.h"
#include "t/unit/sample_report.h"

#include <stdlib.h>
#include <string.h>

static void assert_json(struct report *report, const char *want)
{
    char *json = report_json(report);

    assert_same(json, want);
    free(json);
    report_free(&report);
}

START_TEST(prints_json)
{
    assert_json(bad_report(),
        "{\n"
        "  \"verdict\": \"reject\",\n"
        "  \"action\": \"tempfail\",\n"
        "  \"queue_id\": \"4QxyzA\",\n"
        "  \"sender\": \"a@example.com\",\n"
        "  \"author_domain\": \"example.com\",\n"
        "  \"egress\": \"default\",\n"
        "  \"spf\": [\n"
        "    {\n"
        "      \"address\": \"2001:db8::5\",\n"
        "      \"identity\": \"mailfrom\",\n"
        "      \"domain\": \"example.com\",\n"
        "      \"result\": \"pass\",\n"
        "      \"term\": \"ip6:2001:db8::/32\",\n"
        "      \"lookups\": 3,\n"
        "      \"void_lookups\": 0,\n"
        "      \"aligned\": true\n"
        "    },\n"
        "    {\n"
        "      \"address\": \"203.0.113.5\",\n"
        "      \"identity\": \"mailfrom\",\n"
        "      \"domain\": \"example.com\",\n"
        "      \"result\": \"fail\",\n"
        "      \"term\": \"-all\",\n"
        "      \"lookups\": 3,\n"
        "      \"void_lookups\": 0,\n"
        "      \"aligned\": true,\n"
        "      \"explanation\": \"see https://example.com/why\\r\\n\\u001B[2J\"\n"
        "    },\n"
        "    {\n"
        "      \"address\": \"203.0.113.5\",\n"
        "      \"identity\": \"helo\",\n"
        "      \"domain\": \"mail.example.com\",\n"
        "      \"result\": \"none\",\n"
        "      \"lookups\": 3,\n"
        "      \"void_lookups\": 0,\n"
        "      \"aligned\": false\n"
        "    }\n"
        "  ],\n"
        "  \"dkim\": [],\n"
        "  \"dmarc\": {\n"
        "    \"result\": \"fail\",\n"
        "    \"policy\": \"reject\",\n"
        "    \"record_domain\": \"example.com\",\n"
        "    \"org_domain\": \"example.com\",\n"
        "    \"rfc9989\": {\n"
        "      \"result\": \"fail\",\n"
        "      \"policy\": \"reject\",\n"
        "      \"record_domain\": \"example.com\",\n"
        "      \"org_domain\": \"example.com\"\n"
        "    },\n"
        "    \"rfc7489\": {\n"
        "      \"result\": \"fail\",\n"
        "      \"policy\": \"reject\",\n"
        "      \"record_domain\": \"example.com\",\n"
        "      \"org_domain\": \"example.com\"\n"
        "    },\n"
        "    \"opinions\": {\n"
        "      \"libopendmarc\": \"reject\"\n"
        "    }\n"
        "  },\n"
        "  \"findings\": [\n"
        "    {\n"
        "      \"id\": \"dkim-none\",\n"
        "      \"severity\": \"warning\",\n"
        "      \"subject\": \"example.com\",\n"
        "      \"text\": \"the message has no DKIM signature\",\n"
        "      \"remedy\": \"have the signer sign mail from example.com, and list it before preflight-milter in "
        "smtpd_milters and non_smtpd_milters\",\n"
        "      \"source\": \"RFC 8601 section 2.7.1\"\n"
        "    },\n"
        "    {\n"
        "      \"id\": \"spf-fail\",\n"
        "      \"severity\": \"error\",\n"
        "      \"subject\": \"203.0.113.5\",\n"
        "      \"text\": \"SPF fail for example.com from 203.0.113.5 (-all)\",\n"
        "      \"remedy\": \"authorise 203.0.113.5 in the SPF record of example.com (ip4: or ip6:), or send from an "
        "address that the record lists\",\n"
        "      \"source\": \"RFC 7208 section 8.4\"\n"
        "    },\n"
        "    {\n"
        "      \"id\": \"dmarc-fail\",\n"
        "      \"severity\": \"error\",\n"
        "      \"subject\": \"example.com\",\n"
        "      \"text\": \"DMARC fail for example.com\",\n"
        "      \"remedy\": \"let SPF pass for a MAIL FROM in example.com, or sign with a DKIM key of example.com\",\n"
        "      \"source\": \"RFC 9989 section 5.3.5\"\n"
        "    }\n"
        "  ],\n"
        "  \"predictions\": [\n"
        "    {\n"
        "      \"recipient_domain\": \"example.net\",\n"
        "      \"receiver\": \"generic\",\n"
        "      \"outcome\": \"reject\",\n"
        "      \"replies\": [\n"
        "        \"550 5.7.1\"\n"
        "      ],\n"
        "      \"because\": [\n"
        "        \"dkim-none\",\n"
        "        \"spf-fail\",\n"
        "        \"dmarc-fail\"\n"
        "      ]\n"
        "    },\n"
        "    {\n"
        "      \"receiver\": \"gmail\",\n"
        "      \"outcome\": \"reject\",\n"
        "      \"replies\": [\n"
        "        \"550 5.7.26\",\n"
        "        \"421 4.7.26\"\n"
        "      ],\n"
        "      \"because\": [\n"
        "        \"dkim-none\",\n"
        "        \"spf-fail\",\n"
        "        \"dmarc-fail\"\n"
        "      ]\n"
        "    }\n"
        "  ]\n"
        "}\n");
}
END_TEST

/* What is not known has no key; the null sender is known. */
START_TEST(leaves_out_of_json_what_is_unknown)
{
    assert_json(make_report(NULL, "", NULL),
        "{\n"
        "  \"verdict\": \"accept\",\n"
        "  \"action\": \"accept\",\n"
        "  \"sender\": \"\",\n"
        "  \"egress\": \"default\",\n"
        "  \"spf\": [],\n"
        "  \"dkim\": [],\n"
        "  \"dmarc\": {\n"
        "    \"result\": \"none\",\n"
        "    \"rfc9989\": {\n"
        "      \"result\": \"none\"\n"
        "    },\n"
        "    \"rfc7489\": {\n"
        "      \"result\": \"none\"\n"
        "    }\n"
        "  },\n"
        "  \"findings\": [],\n"
        "  \"predictions\": []\n"
        "}\n");
}
END_TEST

START_TEST(prints_parts_as_json)
{
    struct report *report = clean_report();
    char *json = report_json_dkim(&report->dkim);
    ck_assert_str_eq(json,
        "[\n"
        "  {\n"
        "    \"domain\": \"example.com\",\n"
        "    \"selector\": \"s1\",\n"
        "    \"identity\": \"@example.com\",\n"
        "    \"algorithm\": \"rsa-sha256\",\n"
        "    \"canonicalization\": \"relaxed/simple\",\n"
        "    \"key_bits\": 2048,\n"
        "    \"key_found\": true,\n"
        "    \"key_flags\": [\n      \"s\"\n    ],\n"
        "    \"result\": \"pass\",\n"
        "    \"aligned\": true,\n"
        "    \"reason\": \"\",\n"
        "    \"signed_headers\": [\n      \"from\",\n      \"subject\"\n    ],\n"
        "    \"oversigned_headers\": [\n      \"from\"\n    ],\n"
        "    \"absent_headers\": [],\n"
        "    \"unsigned_headers\": [],\n"
        "    \"addable_headers\": [\n      \"subject\"\n    ]\n"
        "  }\n"
        "]\n");
    free(json);
    json = report_json_spf(&report->spf[0]);
    ck_assert_ptr_eq(strstr(json, "{\n  \"address\": \"203.0.113.5\",\n"), json);
    ck_assert_ptr_null(strstr(json, "opinions"));
    ck_assert_ptr_null(strstr(json, "aligned"));
    free(json);
    report->spf[0].libspf2.is_known = true;
    report->spf[0].libspf2.result = AUTH_SOFTFAIL;
    json = report_json_spf(&report->spf[0]);
    ck_assert_ptr_nonnull(strstr(json, "  \"opinions\": {\n    \"libspf2\": \"softfail\"\n  }\n}\n"));
    free(json);
    json = report_json_dmarc(&report->dmarc);
    ck_assert_ptr_eq(strstr(json, "{\n  \"result\": \"pass\",\n"), json);
    free(json);

    /* A signature that could not be read. */
    struct dkim_result unread = { .result = AUTH_PERMERROR, .finding = FINDING_COUNT, .length = -1 };
    struct dkim_results dkim = { .items = &unread, .count = 1 };
    json = report_json_dkim(&dkim);
    ck_assert_ptr_eq(strstr(json, "[\n  {\n    \"result\": \"permerror\",\n    \"aligned\": false,\n"), json);
    free(json);
    report_free(&report);
}
END_TEST

/* Our own, without which "unsure" would say nothing. */
START_TEST(tells_trouble_in_json)
{
    struct report *report = make_report("4QxyzA", "a@example.com", "example.com");
    char *json = report_json(report);

    ck_assert_ptr_null(strstr(json, "trouble"));
    free(json);
    report->trouble = xstrdup("dns: no answer for PTR 5.113.0.203.in-addr.arpa");
    json = report_json(report);
    ck_assert_ptr_nonnull(strstr(json, "  \"trouble\": \"dns: no answer for PTR 5.113.0.203.in-addr.arpa\",\n"));
    free(json);
    report_free(&report);
}
END_TEST

START_TEST(json_survives_any_bytes)
{
    struct report *report = make_report("\"}\\", "\xff\xfe@\xc3\xa9.example", "\xc3\xa9.example");
    char *json = report_json(report);

    ck_assert_ptr_nonnull(strstr(json, "\"queue_id\": \"\\\"}\\\\\",\n"));
    ck_assert_ptr_nonnull(strstr(json, "\"sender\": \"\\\\xff\\\\xfe@\\\\xc3\\\\xa9.example\",\n"));
    ck_assert_ptr_nonnull(strstr(json, "\"author_domain\": \"\xc3\xa9.example\",\n"));
    free(json);
    report_free(&report);
}
END_TEST

START_TEST(prints_the_configuration_as_json)
{
    static const char *const wants[] = {
        "\"mode\": \"enforce\"", "\"socket_mode\": \"0660\"", "\"explain_interval\": \"1h\"", "\"headers\": 2000",
        "\"name\": \"bulk\"", "\"192.0.2.9\",\n        \"2001:db8::9\"", "\"bulk\": true", "\"servers\": []",
        "\"name\": \".example.net\",\n      \"bulk\": \"auto\",\n",
        "      \"policy\": {\n        \"junk\": \"hold\"\n      }",
        "\"postfix\": {\n    \"config_directory\": \"\",\n    \"smtp_generic_maps\": [],\n",
        "\"recipients\": \"any\"", "\"bulk_threshold\": 5000",
        "a\\\"b",
    };
    struct err err = { "" };

    conffile_start();
    struct conf *conf = conf_load(conffile_write("a.conf",
        "mode = enforce\n"
        "egress bulk { senders = { \"@news.example.com\" } addresses = { \"192.0.2.9\", \"2001:db8::9\" } "
        "bulk = yes }\n"
        "egress default { users = { } helo = \"mail.example.com\" }\n"
        "outgoing { daemons = { 'a\"b' } }\n"
        "domain \".example.net\" { policy { junk = hold } }\n"), &err);
    ck_assert_msg(conf != NULL, "%s", err.text);
    char *json = report_json_conf(conf);
    for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
        ck_assert_msg(strstr(json, wants[i]) != NULL, "no '%s' in %s", wants[i], json);
    free(json);
    conf_unref(&conf);
    conffile_done();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_json");
    TCase *tc = tcase_create("report_json");
    tcase_add_test(tc, prints_json);
    tcase_add_test(tc, leaves_out_of_json_what_is_unknown);
    tcase_add_test(tc, prints_parts_as_json);
    tcase_add_test(tc, tells_trouble_in_json);
    tcase_add_test(tc, json_survives_any_bytes);
    tcase_add_test(tc, prints_the_configuration_as_json);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
