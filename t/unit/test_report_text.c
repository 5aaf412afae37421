/*
 * lib/report/text: what people read, against golden strings.
 */
#include "config.h"

#include "lib/report/report.h"
#include "t/unit/sample_report.h"

#include <stdlib.h>
#include <string.h>

static void assert_text(struct report *report, bool is_color, const char *want)
{
    struct str s = STR_EMPTY;

    report_text(report, is_color, &s);
    assert_same(str_get(&s), want);
    str_clear(&s);
    report_free(&report);
}

START_TEST(prints_text)
{
    assert_text(clean_report(), false,
        "ACCEPT  nothing stands in the way\n"
        "\n"
        "  queue id 4QxyzA\n"
        "  sender   a@example.com\n"
        "  author   example.com\n"
        "  egress   default\n"
        "  action   accept\n"
        "\n"
        "SPF        pass       203.0.113.5  mailfrom example.com by ip4:203.0.113.5, aligned, 3 of 10 lookups\n"
        "DKIM       pass       s1._domainkey.example.com rsa-sha256, 2048 bits, relaxed/simple, aligned\n"
        "DMARC      pass       policy reject, record of example.com\n"
        "\n"
        "Findings   none\n"
        "\n"
        "Predictions\n"
        "  example.net    accept by generic\n");
    assert_text(bad_report(), false,
        "REJECT  generic receivers would answer 550 5.7.1\n"
        "        because: SPF fail for example.com from 203.0.113.5 (-all)\n"
        "        mend: authorise 203.0.113.5 in the SPF record of example.com (ip4: or ip6:), or send from an\n"
        "              address that the record lists\n"
        "\n"
        "  queue id 4QxyzA\n"
        "  sender   a@example.com\n"
        "  author   example.com\n"
        "  egress   default\n"
        "  action   tempfail\n"
        "\n"
        "SPF        pass       2001:db8::5  mailfrom example.com by ip6:2001:db8::/32, aligned, 3 of 10\n"
        "                                   lookups\n"
        "           fail       203.0.113.5  mailfrom example.com by -all, 3 of 10 lookups\n"
        "                                   see https://example.com/why\\x0d\\x0a\\x1b[2J\n"
        "           none       203.0.113.5  helo mail.example.com, 3 of 10 lookups\n"
        "DKIM       none       no signature\n"
        "DMARC      fail       policy reject, record of example.com\n"
        "\n"
        "Findings\n"
        "  error    spf-fail\n"
        "           SPF fail for example.com from 203.0.113.5 (-all)\n"
        "           mend: authorise 203.0.113.5 in the SPF record of example.com (ip4: or ip6:), or send from\n"
        "                 an address that the record lists\n"
        "           RFC 7208 section 8.4\n"
        "  error    dmarc-fail\n"
        "           DMARC fail for example.com\n"
        "           mend: let SPF pass for a MAIL FROM in example.com, or sign with a DKIM key of example.com\n"
        "           RFC 9989 section 5.3.5\n"
        "  warning  dkim-none\n"
        "           the message has no DKIM signature\n"
        "           mend: have the signer sign mail from example.com, and list it before preflight-milter in\n"
        "                 smtpd_milters and non_smtpd_milters\n"
        "           RFC 8601 section 2.7.1\n"
        "\n"
        "Predictions\n"
        "  example.net    reject 550 5.7.1 by generic, because of dkim-none, spf-fail, dmarc-fail\n"
        "                 (documented: RFC 9989 section 5.3.5, RFC 7489 section 6.3)\n"
        "  any recipient  reject 550 5.7.26 or 421 4.7.26 by gmail, because of dkim-none, spf-fail,\n"
        "                 dmarc-fail (documented: gmail's page)\n");
    assert_text(unsure_report(), false,
        "UNSURE  what could not be examined decides what generic receivers would answer\n"
        "        because: SPF temperror for mail.example.com from 203.0.113.5: no answer in time for TXT\n"
        "                 mail.example.com\n"
        "        mend: see that the name servers of mail.example.com, and of the domains its SPF record\n"
        "              includes, answer\n"
        "\n"
        "  sender   <> (a bounce)\n"
        "  author   not known\n"
        "  egress   default\n"
        "  action   accept\n"
        "\n"
        "SPF        temperror  203.0.113.5  helo mail.example.com, 3 of 10 lookups\n"
        "                                   no answer in time for TXT mail.example.com\n"
        "DKIM       none       no signature\n"
        "DMARC      none       no record\n"
        "\n"
        "Findings\n"
        "  warning  dkim-none\n"
        "           the message has no DKIM signature\n"
        "           mend: have the signer sign mail from the author domain, and list it before\n"
        "                 preflight-milter in smtpd_milters and non_smtpd_milters\n"
        "           RFC 8601 section 2.7.1\n"
        "  warning  spf-temperror\n"
        "           SPF temperror for mail.example.com from 203.0.113.5: no answer in time for TXT\n"
        "           mail.example.com\n"
        "           mend: see that the name servers of mail.example.com, and of the domains its SPF record\n"
        "                 includes, answer\n"
        "           RFC 7208 section 8.6\n"
        "\n"
        "Predictions\n"
        "  any recipient  unsure by generic, because of dkim-none, spf-temperror (documented: RFC 7208\n"
        "                 section 8.4)\n");
}
END_TEST

START_TEST(prints_signatures)
{
    struct report *report = clean_report();
    struct str s = STR_EMPTY;

    report->dkim.items[0].signed_at = 1528637909;
    report->dkim.items[0].length = 40;
    report->dkim.items[0].unsigned_bytes = 2;
    dkim_names_add(&report->dkim.items[0].coverage.covered, "x\033[2J", 5);
    report->dkim.skipped = 3;
    report_text_dkim(report, false, &s);
    assert_same(str_get(&s),
        "DKIM       pass       1 of 1 signature verifies, 3 more were not looked at\n"
        "  author   example.com\n"
        "\n"
        "DKIM 1     pass       s1._domainkey.example.com, aligned\n"
        "           algorithm      rsa-sha256, relaxed/simple\n"
        "           key            found, 2048 bits, flags (t=) s\n"
        "           identity       @example.com\n"
        "           signed at      2018-06-10 13:38:29 UTC\n"
        "           length         40 bytes of the body (l=), 2 not signed\n"
        "           covers         from subject x\\x1b[2j\n"
        "           oversigned     from\n"
        "           can be added   subject\n"
        "\n"
        "Findings   none\n");
    str_clear(&s);
    report_free(&report);

    report = bad_report();
    report_text_dkim(report, false, &s);
    ck_assert_ptr_eq(strstr(str_get(&s), "DKIM       none       no signature\n"), str_get(&s));
    str_clear(&s);
    report_free(&report);
}
END_TEST

START_TEST(colors_text)
{
    assert_text(clean_report(), true,
        "\033[32mACCEPT\033[0m  nothing stands in the way\n"
        "\n"
        "  queue id 4QxyzA\n"
        "  sender   a@example.com\n"
        "  author   example.com\n"
        "  egress   default\n"
        "  action   accept\n"
        "\n"
        "\033[1mSPF\033[0m        \033[32mpass\033[0m       203.0.113.5  mailfrom example.com by ip4:203.0.113.5, "
        "aligned, 3 of 10 lookups\n"
        "\033[1mDKIM\033[0m       \033[32mpass\033[0m       s1._domainkey.example.com rsa-sha256, "
        "2048 bits, relaxed/simple, aligned\n"
        "\033[1mDMARC\033[0m      \033[32mpass\033[0m       policy reject, record of example.com\n"
        "\n"
        "\033[1mFindings\033[0m   none\n"
        "\n"
        "\033[1mPredictions\033[0m\n"
        "  example.net    \033[32maccept\033[0m by generic\n");
}
END_TEST

/* Nothing from outside steers the terminal, and no line is longer than the page. */
START_TEST(text_survives_any_bytes)
{
    static const struct facts facts = { .value = { [FACT_FROM_MISSING] = FACT_TRUE } };
    struct report *report = make_report("q\n", "\033[2J@\xff.example with several words", "x\r\nREJECT");
    char *big = repeated('a', 3000);

    add_spf(report, make_spf("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", SPF_MAILFROM, big, AUTH_PERMERROR, big));
    free(report->spf[0].problem);
    report->spf[0].problem = xstrdup("\n\033[31m is no mechanism");
    free(report->spf[0].record_domain);
    report->spf[0].record_domain = NULL;
    report->n_deciding = 1;
    add_signature(report, AUTH_PERMERROR, big);
    free(report->dkim.items[0].selector);
    report->dkim.items[0].selector = NULL;
    report->dkim.skipped = 1000;
    report->trouble = xstrdup("dns: no answer\n");
    report->dmarc.rfc9989.problem = "p= is missing";
    findings_add(&report->findings, FINDING_SPF_PERMERROR, big, big, big);
    findings_add(&report->findings, FINDING_FROM_MISSING, "\033[2J", "\n", "\n");
    predict(report, known_receiver("generic"), big, &facts);
    predict(report, &gmail, "a\nb", &facts);

    struct str s = STR_EMPTY;
    report_text(report, false, &s);
    for (const char *line = str_get(&s); *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t n = strcspn(line, "\n");
        ck_assert_msg(n <= 100 || strncmp(line, "  aaa", 5) == 0, "%.*s", (int)n, line);
        for (size_t i = 0; i < n; i++)
            ck_assert_msg(line[i] >= 0x20 && line[i] <= 0x7e, "%.*s", (int)n, line);
        ck_assert((strncmp(line, "REJECT", 6) == 0) == (line == str_get(&s)));
    }
    ck_assert_ptr_nonnull(strstr(str_get(&s), "1000 more signatures were not verified\n"));
    ck_assert_ptr_nonnull(strstr(str_get(&s), "p= is missing\n"));
    str_clear(&s);
    free(big);
    report_free(&report);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_text");
    TCase *tc = tcase_create("report_text");
    tcase_add_test(tc, prints_text);
    tcase_add_test(tc, prints_signatures);
    tcase_add_test(tc, colors_text);
    tcase_add_test(tc, text_survives_any_bytes);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
