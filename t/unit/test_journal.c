/*
 * milter/journal: what is logged of a judged message, as standard error gets it.
 */
#include "config.h"

#include "lib/report/report.h"
#include "milter/told.h"
#include "milter/journal.h"
#include "milter/log.h"
#include "t/unit/unit.h"

#include <string.h>
#include <unistd.h>

static char written[8192];

/* Runs the journal with standard error in a file, and reads that. */
static void journal(struct report *report, struct told *told)
{
    FILE *file = tmpfile();
    int before = dup(STDERR_FILENO);

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
    journal_report(report, told, 3600 * 1000);
    ck_assert_int_ge(dup2(before, STDERR_FILENO), 0);
    close(before);
    rewind(file);
    written[fread(written, 1, sizeof(written) - 1, file)] = '\0';
    fclose(file);
}

static size_t count_lines(void)
{
    size_t n = 0;

    for (const char *p = written; (p = strchr(p, '\n')) != NULL; p++)
        n++;
    return n;
}

START_TEST(explains_every_finding_once)
{
    char id[] = "QID", sender[] = "a@example.com", trouble[] = "dns: no answer for TXT a\x01.example";
    struct report report = { .queue_id = id, .sender = sender, .verdict = VERDICT_UNSURE, .trouble = trouble };
    struct told *told = told_new(16);

    unsetenv("JOURNAL_STREAM");
    log_open(true, "mail");
    findings_add(&report.findings, FINDING_SPF_FAIL, "192.0.2.1", "example.com", "-all");
    findings_add(&report.findings, FINDING_DKIM_NONE, "example.com", "example.com", NULL);
    findings_add(&report.findings, FINDING_DMARC_POLICY_NONE, "example.com", "example.com", NULL);
    findings_add(&report.findings, FINDING_HEADER_8BIT, "X\x02", "example.com", NULL);
    journal(&report, told);
    ck_assert_uint_eq(count_lines(), 1 + 1 + 4);
    ck_assert_ptr_nonnull(strstr(written, "]: QID: verdict=unsure action=accept "));
    ck_assert_ptr_nonnull(strstr(written, "]: QID: dns: no answer for TXT a\\x01.example\n"));
    ck_assert_ptr_nonnull(strstr(written, "]: QID: finding spf-fail 192.0.2.1: SPF fail for example.com from 192.0.2.1 "
                                 "(-all). Mend: "));
    ck_assert_ptr_nonnull(strstr(written, "]: QID: finding dmarc-policy-none example.com: "));
    ck_assert_ptr_nonnull(strstr(written, "]: QID: finding header-8bit X\\x02: the field X\\x02 has "));
    journal(&report, told);
    ck_assert_uint_eq(count_lines(), 1 + 1);
    findings_clear(&report.findings);
    told_free(&told);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal");
    TCase *tc = tcase_create("journal");
    tcase_add_test(tc, explains_every_finding_once);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
