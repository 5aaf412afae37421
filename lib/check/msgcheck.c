/*
 * The message itself, as findings; see msgcheck.h.  Of a field that the limits kept from being examined nothing is said
 * but that.
 */
#include "config.h"

#include "lib/check/msgcheck.h"

#include <stdio.h>

#define DETAIL_SIZE 160

static void add(struct findings *findings, const struct message_facts *facts, enum finding_id id, const char *subject,
                const char *detail)
{
    findings_add(findings, id, subject, facts->author_domain, detail);
}

static void check_from(const struct message_facts *facts, struct findings *findings)
{
    size_t fields = facts->field_count[FIELD_FROM], addresses = facts->from_addresses;
    char detail[DETAIL_SIZE];

    if (fields == 0) {
        add(findings, facts, FINDING_FROM_MISSING, "From", "there is no such field");
    } else if (facts->from_domains == 0 && !facts->is_over_limits) {
        add(findings, facts, FINDING_FROM_MISSING, "From",
            addresses == 0 ? "the field is empty" : "no address in it is valid");
    }
    if (fields > 1) {
        snprintf(detail, sizeof(detail), "%zu From fields", fields);
        add(findings, facts, FINDING_FROM_MULTIPLE, "From", detail);
    } else if (addresses > 1) {
        int n = snprintf(detail, sizeof(detail), "%zu addresses in one field, of %zu domain%s", addresses,
                         facts->from_domains, facts->from_domains == 1 ? "" : "s");
        if (facts->from_invalid > 0 && n > 0 && (size_t)n < sizeof(detail))
            snprintf(detail + n, sizeof(detail) - (size_t)n, ", %zu not valid", facts->from_invalid);
        add(findings, facts, FINDING_FROM_MULTIPLE, "From", detail);
    }
}

static void check_duplicates(const struct message_facts *facts, struct findings *findings)
{
    char detail[DETAIL_SIZE];

    for (int i = 0; i < FIELD_COUNT; i++) {
        if (i == FIELD_FROM || facts->field_count[i] < 2)
            continue;
        snprintf(detail, sizeof(detail), "%zu times", facts->field_count[i]);
        add(findings, facts, FINDING_HEADER_DUPLICATE, message_field_name((enum message_field)i), detail);
    }
}

/* A field that must be there once and read well; being there twice is told by check_duplicates. */
static void check_required(const struct message_facts *facts, enum message_field field, bool is_valid,
                           enum finding_id id, struct findings *findings)
{
    size_t count = facts->field_count[field];

    if (count == 0)
        add(findings, facts, id, message_field_name(field), "there is no such field");
    else if (count == 1 && !is_valid && !facts->is_over_limits)
        add(findings, facts, id, message_field_name(field), "it cannot be read");
}

static void check_bytes(const struct message_facts *facts, struct findings *findings)
{
    char detail[DETAIL_SIZE];

    if (facts->eight_bit_field[0] != '\0')
        add(findings, facts, FINDING_HEADER_8BIT, facts->eight_bit_field, NULL);
    if (facts->encoded_word_field[0] != '\0')
        add(findings, facts, FINDING_HEADER_ENCODED_WORD, facts->encoded_word_field, NULL);
    if (facts->longest_line > MESSAGE_LINE_MAX) {
        snprintf(detail, sizeof(detail), "%zu bytes", facts->longest_line);
        add(findings, facts, FINDING_LINE_TOO_LONG, NULL, detail);
    }
    if (facts->has_bare_cr || facts->has_bare_lf) {
        add(findings, facts, FINDING_BARE_NEWLINE, NULL,
            !facts->has_bare_lf ? "CR" : !facts->has_bare_cr ? "LF" : "CR and LF");
    }
}

void msgcheck_findings(const struct message_facts *facts, struct findings *findings)
{
    check_from(facts, findings);
    check_duplicates(facts, findings);
    check_required(facts, FIELD_DATE, facts->has_date_valid, FINDING_DATE_INVALID, findings);
    check_required(facts, FIELD_MESSAGE_ID, facts->has_message_id_valid, FINDING_MESSAGE_ID_INVALID, findings);
    check_bytes(facts, findings);
    if (facts->is_over_limits) {
        char detail[DETAIL_SIZE];
        snprintf(detail, sizeof(detail), "%zu fields, %zu bytes", facts->headers, facts->header_bytes);
        add(findings, facts, FINDING_MESSAGE_OVER_LIMITS, NULL, detail);
    }
}

void msgcheck_fragile_findings(const struct message_facts *facts, const char *signature, bool takes_8bit,
                               struct findings *findings)
{
    char detail[DETAIL_SIZE];

    if (!takes_8bit && (facts->has_eight_bit_body || facts->eight_bit_field[0] != '\0')) {
        if (facts->has_eight_bit_body)
            snprintf(detail, sizeof(detail), "in the body");
        else
            snprintf(detail, sizeof(detail), "in the field %s", facts->eight_bit_field);
        add(findings, facts, FINDING_DKIM_FRAGILE_8BIT, signature, detail);
    }
    if (facts->longest_line > MESSAGE_LINE_MAX) {
        snprintf(detail, sizeof(detail), "%zu bytes", facts->longest_line);
        add(findings, facts, FINDING_DKIM_FRAGILE_LONG_LINE, signature, detail);
    }
}
