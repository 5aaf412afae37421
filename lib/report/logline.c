/*
 * The log line of preflight-milter(8): key=value words that no address, domain or field of a message can forge or
 * split.
 * Bounded: what is longest gives way first, the keys and the end of the line never do.
 */
#include "config.h"

#include "lib/report/report.h"

#include <string.h>

#define FINDINGS_ROOM 300       /* bytes that long addresses must leave for findings and the end of the line */

/* How many bytes of each untrusted value are shown; the last row always fits, every byte escaped. */
struct widths { size_t queue_id, egress, address, domain; };
static const struct widths widths[] = { { 64, 64, 320, 253 }, { 40, 32, 100, 100 }, { 20, 20, 64, 64 } };

static void add_word(struct str *line, const char *value, size_t max)
{
    if (value == NULL || value[0] == '\0')
        str_addc(line, '-');
    else
        str_add_escaped(line, value, max, true);
}

/* "gmail:550-5.7.26", or "gmail:junk" where the receiver says nothing; "unknown:unsure" where DNS hides who it is. */
static void add_prediction(struct str *line, const struct report *report)
{
    const struct prediction *prediction = report_worst_prediction(report);

    str_add(line, " predict=");
    if (report->n_predictions == 0) {
        str_addc(line, '-');
        return;
    }
    str_add_escaped(line, prediction->receiver == NULL ? "unknown" : prediction->receiver->name, 32, true);
    str_addc(line, ':');
    if (prediction->n_replies == 0) {
        str_add(line, verdict_name(prediction->outcome));
        return;
    }
    const char *code = prediction->replies[0];
    size_t n = strcspn(code, " ");
    str_addn(line, code, n);
    if (code[n] == ' ') {
        str_addc(line, '-');
        str_add_escaped(line, code + n + 1, 16, true);
    }
}

static void add_head(struct str *line, const struct report *report, const struct widths *w)
{
    if (report->queue_id == NULL || report->queue_id[0] == '\0')
        str_add(line, "NOQUEUE");
    else
        str_add_escaped(line, report->queue_id, w->queue_id, true);
    str_addf(line, ": verdict=%s action=%s egress=", verdict_name(report->verdict), action_name(report->action));
    add_word(line, report->egress, w->egress);
    str_add(line, " from=<");
    str_add_escaped(line, report->sender, w->address, true);
    str_add(line, "> author=");
    add_word(line, report->author_domain, w->domain);
    str_addf(line, " spf=%s dkim=%s dmarc=%s policy=", auth_result_name(report_spf(report)),
             auth_result_name(dkim_results_overall(&report->dkim)), auth_result_name(report->dmarc.result));
    add_word(line, dmarc_policy_name(report->dmarc.policy), 16);
    add_prediction(line, report);
    str_add(line, " findings=");
}

/* The ids, each once, in the findings' order. */
static size_t distinct_ids(const struct findings *findings, const char *names_r[FINDING_COUNT])
{
    bool is_seen[FINDING_COUNT] = { false };
    size_t n = 0;

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding_row *row = findings->items[i].row;
        if (!is_seen[row->id])
            names_r[n++] = row->name;
        is_seen[row->id] = true;
    }
    return n;
}

static void add_findings(struct str *line, const struct findings *findings, size_t end)
{
    const char *names[FINDING_COUNT];
    size_t n = distinct_ids(findings, names);
    const size_t count_room = strlen(",+999");

    if (n == 0)
        str_addc(line, '-');
    for (size_t i = 0; i < n; i++) {
        size_t need = strlen(names[i]) + 1 + (i + 1 < n ? count_room : 0);
        if (line->len + need > end) {
            str_addf(line, "%s+%zu", i > 0 ? "," : "", n - i);
            return;
        }
        str_addf(line, "%s%s", i > 0 ? "," : "", names[i]);
    }
}

void report_log_line(const struct report *report, struct str *line_r)
{
    struct str head = STR_EMPTY, tail = STR_EMPTY;

    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        str_reset(&head);
        add_head(&head, report, &widths[i]);
        if (head.len + FINDINGS_ROOM <= REPORT_LINE_MAX)
            break;
    }
    str_addf(&tail, " ms=%d", report->ms);
    add_findings(&head, &report->findings, REPORT_LINE_MAX - tail.len);
    str_addn(line_r, head.data, head.len);
    str_addn(line_r, tail.data, tail.len);
    str_clear(&head);
    str_clear(&tail);
}
