/*
 * lib/check/finding: the catalogue is complete and in order, texts are filled in, escaped and bounded.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/check/finding.h"
#include "lib/config/source.h"
#include "t/unit/unit.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool is_kebab(const char *name)
{
    return islower((unsigned char)name[0]) && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

/* Only the placeholders that finding.h promises. */
static bool has_good_placeholders(const char *text)
{
    static const char *const known[] = { "{subject}", "{domain}", "{detail}" };

    for (const char *p = strchr(text, '{'); p != NULL; p = strchr(p + 1, '{')) {
        bool is_known = p[1] == ' ';    /* braces of a configuration example */
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            is_known = is_known || strncmp(p, known[i], strlen(known[i])) == 0;
        if (!is_known)
            return false;
    }
    return true;
}

static bool is_one_line_of_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < 0x20 || *text > 0x7e)
            return false;
    }
    return true;
}

START_TEST(catalogue_is_complete)
{
    for (int id = 0; id < FINDING_COUNT; id++) {
        const struct finding_row *row = finding_row((enum finding_id)id);
        ck_assert_int_eq((int)row->id, id);
        ck_assert_msg(row->name != NULL && is_kebab(row->name), "row %d", id);
        ck_assert_msg((row->check & (row->check - 1)) == 0, "%s", row->name);
        const char *texts[] = { row->text, row->remedy, row->source };
        for (size_t i = 0; i < 3; i++) {
            ck_assert_msg(texts[i] != NULL && texts[i][0] != '\0', "%s", row->name);
            ck_assert_msg(is_one_line_of_ascii(texts[i]) && strlen(texts[i]) < 200, "%s", row->name);
            ck_assert_msg(texts[i][strlen(texts[i]) - 1] != '.' || i == 2, "%s", row->name);
            ck_assert_msg(has_good_placeholders(texts[i]), "%s", row->name);
        }
        for (int other = 0; other < id; other++)
            ck_assert_str_ne(row->name, finding_row((enum finding_id)other)->name);
    }
}
END_TEST

/* The name says which check it belongs to, except for the message's and where no outcome rests on it. */
START_TEST(catalogue_names_match_checks)
{
    static const struct { const char *prefix; enum check_kind check; } checks[] = {
        { "spf-", CHECK_SPF }, { "dkim-", CHECK_DKIM }, { "dmarc-", CHECK_DMARC }, { "egress-", CHECK_EGRESS },
        { "ptr-", CHECK_EGRESS }, { "helo-", CHECK_EGRESS }, { "address-", CHECK_EGRESS },
        { "domain-", CHECK_EGRESS }, { "blocklist-", CHECK_EGRESS },
    };
    for (int id = 0; id < FINDING_COUNT; id++) {
        const struct finding_row *row = finding_row((enum finding_id)id);
        enum check_kind want = CHECK_MESSAGE;
        for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
            if (strncmp(row->name, checks[i].prefix, strlen(checks[i].prefix)) == 0)
                want = checks[i].check;
        }
        ck_assert_msg(row->check == want || row->check == CHECK_NONE, "%s", row->name);
    }
}
END_TEST

/* preflight(1) has an entry for each, with its severity and its source. */
START_TEST(catalogue_is_in_the_manual)
{
    struct str manual = STR_EMPTY, entry = STR_EMPTY;
    struct err err = { "" };

    ck_assert_msg(source_read(unit_path("man/preflight.1"), &manual, &err) == 0, "%s", err.text);
    for (int id = 0; id < FINDING_COUNT; id++) {
        const struct finding_row *row = finding_row((enum finding_id)id);
        str_reset(&entry);
        str_addf(&entry, "\n.It Cm %s Pq %s\n", row->name, severity_name(row->severity));
        const char *at = strstr(str_get(&manual), str_get(&entry));
        ck_assert_msg(at != NULL, "%s (%s) is not in the manual", row->name, severity_name(row->severity));
        str_reset(&entry);
        str_addf(&entry, "\n.Pq %s\n", row->source);
        const char *source = strstr(at, str_get(&entry)), *next = strstr(at + 1, "\n.It ");
        ck_assert_msg(source != NULL && (next == NULL || source < next), "%s: no '%s'", row->name, row->source);
    }
    str_clear(&entry);
    str_clear(&manual);
}
END_TEST

START_TEST(fills_in)
{
    static const struct {
        enum finding_id id;
        const char *subject, *domain, *detail, *text, *remedy;
    } cases[] = {
        { FINDING_SPF_FAIL, "203.0.113.5", "example.com", "-all", "SPF fail for example.com from 203.0.113.5 (-all)",
          "authorise 203.0.113.5 in the SPF record of example.com (ip4: or ip6:), "
          "or send from an address that the record lists" },
        { FINDING_SPF_FAIL, "203.0.113.5", "example.com", "", "SPF fail for example.com from 203.0.113.5", NULL },
        { FINDING_SPF_TEMPERROR, "203.0.113.5", "example.com", NULL,
          "SPF temperror for example.com from 203.0.113.5", NULL },
        { FINDING_SPF_TEMPERROR, "203.0.113.5", "example.com", "no answer for TXT example.com",
          "SPF temperror for example.com from 203.0.113.5: no answer for TXT example.com", NULL },
        { FINDING_DKIM_NONE, NULL, NULL, NULL, "the message has no DKIM signature",
          "have the signer sign mail from the author domain, and list it before preflight-milter in smtpd_milters "
          "and non_smtpd_milters" },
        { FINDING_DKIM_BAD_SIGNATURE, "", "", "no d=",
          "the DKIM signature of (unknown) does not verify (no d=)", NULL },
        /* What is filled in is not a template. */
        { FINDING_SPF_FAIL, "{domain}", "{detail}", "{subject}",
          "SPF fail for {detail} from {domain} ({subject})", NULL },
        { FINDING_HEADER_8BIT, "X-\r\nverdict=accept", "", "\xc3\xa9",
          "the field X-\\x0d\\x0averdict=accept has bytes outside ASCII (\\xc3\\xa9)", NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct findings list = { 0 };
        findings_add(&list, cases[i].id, cases[i].subject, cases[i].domain, cases[i].detail);
        ck_assert_uint_eq(list.count, 1);
        ck_assert_str_eq(list.items[0].text, cases[i].text);
        if (cases[i].remedy != NULL)
            ck_assert_str_eq(list.items[0].remedy, cases[i].remedy);
        findings_clear(&list);
        ck_assert_uint_eq(list.count, 0);
    }
}
END_TEST

START_TEST(adds_once_per_subject)
{
    struct findings list = { 0 };

    ck_assert(!findings_has(&list, FINDING_SPF_FAIL));
    findings_add(&list, FINDING_SPF_FAIL, "203.0.113.5", "example.com", "-all");
    findings_add(&list, FINDING_SPF_FAIL, "203.0.113.5", "other.example", "");
    findings_add(&list, FINDING_SPF_FAIL, "203.0.113.6", "example.com", "-all");
    findings_add(&list, FINDING_SPF_SOFTFAIL, "203.0.113.5", "example.com", "~all");
    ck_assert_uint_eq(list.count, 3);
    ck_assert_str_eq(list.items[0].text, "SPF fail for example.com from 203.0.113.5 (-all)");
    ck_assert_str_eq(list.items[1].subject, "203.0.113.6");
    ck_assert(findings_has(&list, FINDING_SPF_FAIL));
    ck_assert(findings_has(&list, FINDING_SPF_SOFTFAIL));
    ck_assert(!findings_has(&list, FINDING_SPF_NONE));
    findings_drop(&list, FINDING_SPF_FAIL, "203.0.113.5");
    findings_drop(&list, FINDING_SPF_NONE, "203.0.113.6");
    ck_assert_uint_eq(list.count, 2);
    ck_assert_str_eq(list.items[0].subject, "203.0.113.6");
    ck_assert(!findings_has(&list, FINDING_SPF_NONE) && findings_has(&list, FINDING_SPF_SOFTFAIL));
    findings_clear(&list);
    ck_assert(!findings_has(&list, FINDING_SPF_FAIL));
}
END_TEST

START_TEST(bounds_what_comes_from_outside)
{
    struct findings list = { 0 };
    char big[20000], subject[32];

    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    findings_add(&list, FINDING_SPF_FAIL, big, big, big);
    ck_assert_uint_eq(strlen(list.items[0].subject), 255 + 3);
    ck_assert_uint_eq(strlen(list.items[0].text), strlen("SPF fail for  from  ()") + 2 * (255 + 3) + 200 + 3);
    findings_add(&list, FINDING_SPF_FAIL, big, "", "");
    ck_assert_uint_eq(list.count, 1);

    for (int i = 0; i < 2 * FINDINGS_PER_ID; i++) {
        snprintf(subject, sizeof(subject), "s%d", i);
        findings_add(&list, FINDING_DKIM_NO_KEY, subject, "example.com", "");
    }
    ck_assert_uint_eq(list.count, 1 + FINDINGS_PER_ID);
    for (int i = 0; i < FINDING_COUNT * FINDINGS_PER_ID; i++) {
        snprintf(subject, sizeof(subject), "t%d", i);
        findings_add(&list, (enum finding_id)(i % FINDING_COUNT), subject, "example.com", "");
    }
    ck_assert_uint_eq(list.count, FINDINGS_MAX);
    findings_clear(&list);
}
END_TEST

START_TEST(names_severities)
{
    ck_assert_str_eq(severity_name(SEVERITY_INFO), "info");
    ck_assert_str_eq(severity_name(SEVERITY_WARNING), "warning");
    ck_assert_str_eq(severity_name(SEVERITY_ERROR), "error");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("finding");
    TCase *tc = tcase_create("finding");
    tcase_add_test(tc, catalogue_is_complete);
    tcase_add_test(tc, catalogue_names_match_checks);
    tcase_add_test(tc, catalogue_is_in_the_manual);
    tcase_add_test(tc, fills_in);
    tcase_add_test(tc, adds_once_per_subject);
    tcase_add_test(tc, bounds_what_comes_from_outside);
    tcase_add_test(tc, names_severities);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
