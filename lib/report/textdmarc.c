/*
 * DMARC for people: the result, and where RFC 7489 or libopendmarc read it differently, on lines of their own.
 * What comes from outside is escaped.
 */
#include "config.h"

#include "lib/report/report.h"
#include "lib/report/writer.h"

#include <string.h>

/* "policy reject, record of example.com" */
static void add_reading(struct str *s, const struct dmarc_reading *reading)
{
    if (reading->policy != DMARC_POLICY_ABSENT)
        str_addf(s, "policy %s, record of %s", dmarc_policy_name(reading->policy), reading->record_domain);
    else if (reading->problem != NULL)
        str_add(s, reading->problem);
    else if (reading->record_domain[0] != '\0')
        str_addf(s, "record of %s, which policy applies is not known", reading->record_domain);
    else
        str_add(s, reading->result == AUTH_TEMPERROR ? "the record is not known" : "no record");
}

void write_dmarc(struct writer *w, const struct dmarc_result *dmarc)
{
    const size_t indent = LABEL_COLUMNS + RESULT_COLUMNS;
    bool is_disputed = dmarccheck_is_disputed(dmarc);
    struct str s = STR_EMPTY;

    write_colored(w, "DMARC", BOLD);
    write_to_column(w, LABEL_COLUMNS);
    write_result(w, dmarc->result);
    add_reading(&s, &dmarc->rfc9989);
    if (is_disputed)
        str_addf(&s, ", organizational domain %s", dmarc->org_domain);
    write_untrusted(w, str_get(&s), indent);
    if (is_disputed) {
        str_reset(&s);
        write_to_column(w, LABEL_COLUMNS);
        write_result(w, dmarc->rfc7489.result);
        str_add(&s, "by RFC 7489: ");
        add_reading(&s, &dmarc->rfc7489);
        str_addf(&s, ", organizational domain %s", dmarc->rfc7489.org_domain);
        write_untrusted(w, str_get(&s), indent);
    }
    if (dmarccheck_has_dissent(dmarc)) {
        str_reset(&s);
        str_addf(&s, "libopendmarc says %s", dmarc->libopendmarc);
        write_to_column(w, indent);
        write_line(w, str_get(&s), indent);
    }
    str_clear(&s);
}

void report_text_dmarc(const struct dmarc_result *dmarc, const struct findings *findings, bool is_color,
                       struct str *text_r)
{
    struct writer w = { .out = text_r, .is_color = is_color };

    write_dmarc(&w, dmarc);
    write_findings(&w, findings);
}
