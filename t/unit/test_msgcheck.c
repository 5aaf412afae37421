/*
 * lib/check/msgcheck.c: which findings a message's facts give, and how they read.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/check/msgcheck.h"
#include "t/unit/unit.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A message with nothing wrong, but for what the case says. */
#define GOOD \
    .headers = 4, .header_bytes = 200, .from_addresses = 1, .from_domains = 1, .author_domain = "example.com", \
    .has_date_valid = true, .has_message_id_valid = true, .longest_line = 998
#define FIELDS [FIELD_FROM] = 1, [FIELD_DATE] = 1, [FIELD_MESSAGE_ID] = 1

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
/* want: "id(subject)" for each finding in order, parted by spaces. */
static const struct msgcheck_case {
    const char *name;
    struct message_facts facts;
    const char *want;
    const char *detail;         /* in the first finding's text; NULL for any */
} cases[] = {
    { "nothing wrong", { GOOD, .field_count = { FIELDS, [FIELD_TO] = 1 } }, "", NULL },
    { "an empty message", { 0 }, "from-missing(From) date-invalid(Date) message-id-invalid(Message-ID)",
      "no such field" },
    { "no From", { GOOD, .field_count = { FIELDS, [FIELD_FROM] = 0 }, .from_addresses = 0, .from_domains = 0 },
      "from-missing(From)", "no such field" },
    { "empty From", { GOOD, .field_count = { FIELDS }, .from_addresses = 0, .from_domains = 0 },
      "from-missing(From)", "empty" },
    { "invalid From", { GOOD, .field_count = { FIELDS }, .from_invalid = 1, .from_domains = 0 },
      "from-missing(From)", "no address in it is valid" },
    { "two From fields", { GOOD, .field_count = { FIELDS, [FIELD_FROM] = 2 }, .from_addresses = 2 },
      "from-multiple(From)", "2 From fields" },
    { "two empty From fields", { GOOD, .field_count = { FIELDS, [FIELD_FROM] = 2 }, .from_addresses = 0,
      .from_domains = 0 }, "from-missing(From) from-multiple(From)", NULL },
    { "two authors of one domain", { GOOD, .field_count = { FIELDS }, .from_addresses = 2 },
      "from-multiple(From)", "2 addresses in one field, of 1 domain)" },
    { "two authors of two domains", { GOOD, .field_count = { FIELDS }, .from_addresses = 2, .from_domains = 2 },
      "from-multiple(From)", "2 addresses in one field, of 2 domains)" },
    { "unquoted comma", { GOOD, .field_count = { FIELDS }, .from_addresses = 2, .from_invalid = 1 },
      "from-multiple(From)", "of 1 domain, 1 not valid)" },
    { "duplicates", { GOOD, .field_count = { FIELDS, [FIELD_TO] = 2, [FIELD_SUBJECT] = 3, [FIELD_DATE] = 2 },
      .has_date_valid = false }, "header-duplicate(To) header-duplicate(Subject) header-duplicate(Date)", "2 times" },
    { "two message ids", { GOOD, .field_count = { FIELDS, [FIELD_MESSAGE_ID] = 2 }, .has_message_id_valid = false },
      "header-duplicate(Message-ID)", NULL },
    { "8-bit field", { GOOD, .field_count = { FIELDS }, .eight_bit_field = "Subject" },
      "header-8bit(Subject)", "Subject" },
    { "encoded word", { GOOD, .field_count = { FIELDS }, .encoded_word_field = "Cc" },
      "header-encoded-word(Cc)", "Cc" },
    { "no Date", { GOOD, .field_count = { FIELDS, [FIELD_DATE] = 0 }, .has_date_valid = false },
      "date-invalid(Date)", "no such field" },
    { "bad Date", { GOOD, .field_count = { FIELDS }, .has_date_valid = false },
      "date-invalid(Date)", "cannot be read" },
    { "no Message-ID", { GOOD, .field_count = { FIELDS, [FIELD_MESSAGE_ID] = 0 }, .has_message_id_valid = false },
      "message-id-invalid(Message-ID)", "no such field" },
    { "bad Message-ID", { GOOD, .field_count = { FIELDS }, .has_message_id_valid = false },
      "message-id-invalid(Message-ID)", "cannot be read" },
    { "long line", { GOOD, .field_count = { FIELDS }, .longest_line = 999 }, "line-too-long()", "999 bytes" },
    { "bare CR", { GOOD, .field_count = { FIELDS }, .has_bare_cr = true }, "bare-newline()", "(CR)" },
    { "bare LF", { GOOD, .field_count = { FIELDS }, .has_bare_lf = true }, "bare-newline()", "(LF)" },
    { "bare both", { GOOD, .field_count = { FIELDS }, .has_bare_cr = true, .has_bare_lf = true },
      "bare-newline()", "(CR and LF)" },
    { "over the limits", { GOOD, .field_count = { FIELDS }, .headers = 10000, .header_bytes = 123456,
      .is_over_limits = true }, "message-over-limits()", "10000 fields, 123456 bytes" },
    { "fields beyond the limits", { GOOD, .field_count = { FIELDS }, .is_over_limits = true, .from_addresses = 0,
      .from_domains = 0, .has_date_valid = false, .has_message_id_valid = false }, "message-over-limits()", NULL },
    { "8-bit body", { GOOD, .field_count = { FIELDS }, .has_eight_bit_body = true }, "", NULL },
};
#pragma GCC diagnostic pop

static char *join_findings(const struct findings *findings)
{
    struct str s = STR_EMPTY;

    for (size_t i = 0; i < findings->count; i++)
        str_addf(&s, "%s%s(%s)", i == 0 ? "" : " ", findings->items[i].row->name, findings->items[i].subject);
    return str_steal(&s);
}

START_TEST(finds)
{
    const struct msgcheck_case *c = &cases[_i];
    struct findings findings = { 0 };

    msgcheck_findings(&c->facts, &findings);
    char *got = join_findings(&findings);
    ck_assert_msg(strcmp(got, c->want) == 0, "%s: %s", c->name, got);
    if (c->detail != NULL)
        ck_assert_msg(strstr(findings.items[0].text, c->detail) != NULL, "%s: %s", c->name, findings.items[0].text);
    free(got);
    findings_clear(&findings);
}
END_TEST

static const struct fragile_case {
    struct message_facts facts;
    const char *want, *detail;
    bool takes_8bit;
} fragile_cases[] = {
    { { .longest_line = 998 }, "", NULL, false },
    { { .longest_line = 999 }, "dkim-fragile-long-line(s1)", "999 bytes", false },
    { { .has_eight_bit_body = true }, "dkim-fragile-8bit(s1)", "in the body", false },
    { { .eight_bit_field = "Subject" }, "dkim-fragile-8bit(s1)", "in the field Subject", false },
    { { .has_eight_bit_body = true, .longest_line = 1000 }, "dkim-fragile-8bit(s1) dkim-fragile-long-line(s1)", NULL,
      false },
    { { .has_eight_bit_body = true, .longest_line = 1000 }, "dkim-fragile-long-line(s1)", "1000 bytes", true },
};

START_TEST(finds_what_breaks_a_signature)
{
    const struct fragile_case *c = &fragile_cases[_i];
    struct findings findings = { 0 };

    msgcheck_fragile_findings(&c->facts, "s1", c->takes_8bit, &findings);
    char *got = join_findings(&findings);
    ck_assert_str_eq(got, c->want);
    if (c->detail != NULL)
        ck_assert_msg(strstr(findings.items[0].text, c->detail) != NULL, "%s", findings.items[0].text);
    free(got);
    findings_clear(&findings);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("msgcheck");
    TCase *tc = tcase_create("msgcheck");
    tcase_add_loop_test(tc, finds, 0, (int)LENGTH(cases));
    tcase_add_loop_test(tc, finds_what_breaks_a_signature, 0, (int)LENGTH(fragile_cases));
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
