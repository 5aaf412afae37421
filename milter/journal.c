/*
 * What is written of a judged message; see journal.h.
 */
#include "config.h"

#include "milter/journal.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/report/report.h"
#include "milter/told.h"
#include "milter/log.h"

#include <string.h>
#include <syslog.h>

static const int verdict_levels[VERDICT_COUNT] = {
    [VERDICT_ACCEPT] = LOG_INFO,
    [VERDICT_UNSURE] = LOG_WARNING,
    [VERDICT_JUNK] = LOG_WARNING,
    [VERDICT_DEFER] = LOG_WARNING,
    [VERDICT_REJECT] = LOG_WARNING,
};

static const int severity_levels[] = {
    [SEVERITY_INFO] = LOG_INFO,
    [SEVERITY_WARNING] = LOG_NOTICE,
    [SEVERITY_ERROR] = LOG_WARNING,
};

static void add_sentence(struct str *line, const char *text)
{
    str_add(line, text);
    size_t len = strlen(text);
    if (len > 0 && strchr(".!?", text[len - 1]) == NULL)
        str_addc(line, '.');
}

/* As report_log_line begins its line. */
static void add_id(struct str *line, const struct report *report)
{
    const char *id = report->queue_id;
    str_add_escaped(line, id == NULL || id[0] == '\0' ? "NOQUEUE" : id, 64, true);
    str_add(line, ": ");
}

static void log_finding(const struct report *report, const struct finding *finding)
{
    struct str line = STR_EMPTY;

    add_id(&line, report);
    str_addf(&line, "finding %s", finding->row->name);
    if (finding->subject[0] != '\0')
        str_addf(&line, " %s", finding->subject);       /* escaped, as all of a finding is */
    str_add(&line, ": ");
    add_sentence(&line, finding->text);
    if (finding->remedy[0] != '\0') {
        str_add(&line, " Mend: ");
        add_sentence(&line, finding->remedy);
    }
    if (finding->row->source[0] != '\0')
        str_addf(&line, " [%s]", finding->row->source);
    log_line(severity_levels[finding->row->severity], "%s", str_get(&line));
    str_clear(&line);
}

void journal_trouble(const struct report *report, const char *text)
{
    struct str line = STR_EMPTY;

    add_id(&line, report);
    str_add_escaped(&line, text, 500, false);
    log_line(LOG_ERR, "%s", str_get(&line));
    str_clear(&line);
}

void journal_report(const struct report *report, struct told *told, int explain_interval_ms)
{
    struct str line = STR_EMPTY;

    report_log_line(report, &line);
    log_line(verdict_levels[report->verdict], "%s", str_get(&line));
    str_clear(&line);
    if (report->trouble != NULL)
        journal_trouble(report, report->trouble);

    for (size_t i = 0; i < report->findings.count; i++) {
        const struct finding *f = &report->findings.items[i];
        if (told_is_due(told, f->row->name, f->subject, clock_ms(), explain_interval_ms))
            log_finding(report, f);
    }
}
