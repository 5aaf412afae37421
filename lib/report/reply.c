/*
 * The text of an SMTP refusal: one line that names cause, domain and address, so that whoever reads the bounce can
 * mend it.  The cause is the leading finding; where it has to be cut, domain and address are said after it.
 */
#include "config.h"

#include "lib/report/report.h"
#include "lib/base/ip.h"

#include <ctype.h>
#include <string.h>

#define DOMAIN_ROOM 200
#define CAUSE_ROOM 1024         /* before cutting: the longest text of a finding is shorter in practice */

/* Findings that say why a verdict could not be reached. */
static const enum finding_id undecided[] = {
    FINDING_DEPARTURE_UNKNOWN, FINDING_EGRESS_UNKNOWN, FINDING_SPF_TEMPERROR, FINDING_DKIM_TEMPERROR,
    FINDING_DMARC_TEMPERROR, FINDING_MESSAGE_OVER_LIMITS, FINDING_DKIM_TOO_MANY,
};

static const struct finding *find(const struct findings *findings, enum finding_id id)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].row->id == id)
            return &findings->items[i];
    }
    return NULL;
}

static bool is_because(const struct prediction *prediction, enum finding_id id)
{
    for (size_t i = 0; i < prediction->n_because; i++) {
        if (prediction->because[i] == id)
            return true;
    }
    return false;
}

/* The first error, else the first warning of what a prediction may rest on; with one the gravest of what it does. */
static const struct finding *first_grave(const struct findings *findings, const struct prediction *prediction)
{
    const int least = prediction == NULL ? SEVERITY_WARNING : SEVERITY_INFO;

    for (int severity = SEVERITY_ERROR; severity >= least; severity--) {
        for (size_t i = 0; i < findings->count; i++) {
            const struct finding_row *row = findings->items[i].row;
            bool is_meant = prediction == NULL ? row->check != CHECK_NONE : is_because(prediction, row->id);
            if ((int)row->severity == severity && is_meant)
                return &findings->items[i];
        }
    }
    return NULL;
}

const struct finding *report_leading_finding(const struct report *report)
{
    if (report->verdict == VERDICT_UNSURE) {
        for (size_t i = 0; i < sizeof(undecided) / sizeof(undecided[0]); i++) {
            const struct finding *finding = find(&report->findings, undecided[i]);
            if (finding != NULL)
                return finding;
        }
    }
    const struct finding *finding = first_grave(&report->findings, report_worst_prediction(report));
    return finding != NULL ? finding : first_grave(&report->findings, NULL);
}

static void add_cause(struct str *s, const struct report *report)
{
    const struct finding *finding = report_leading_finding(report);
    bool has_trouble = report->trouble != NULL && report->trouble[0] != '\0';

    if (has_trouble && (report->verdict == VERDICT_UNSURE || finding == NULL))
        str_add_escaped(s, report->trouble, CAUSE_ROOM, false);
    else if (finding != NULL)
        str_add(s, finding->text);
    else
        str_add(s, "the message would not be accepted");
}

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == ':';
}

/* Is name in the text as a word of its own, not in "www.name" or "name.evil"?  No name is always there. */
static bool has_name(const char *text, const char *name)
{
    size_t n = strlen(name);

    if (n == 0)
        return true;
    for (const char *p = strstr(text, name); p != NULL; p = strstr(p + 1, name)) {
        bool is_start = p == text || (!is_name_byte(p[-1]) && p[-1] != '.');
        char after = p[n];
        bool is_end = !is_name_byte(after) && !(after == '.' && is_name_byte(p[n + 1]));
        /* A colon ends a name: "from 203.0.113.5: no answer". */
        if (is_start && (is_end || (after == ':' && p[n + 1] == ' ')))
            return true;
    }
    return false;
}

static void clip(struct str *s, size_t max)
{
    if (s->len <= max)
        return;
    s->len = max - strlen("...");
    str_add(s, "...");
}

struct names {
    struct str domain;
    bool is_author;             /* else SPF's */
    char address[IP_TEXT_MAX];
};

static void find_names(const struct report *report, struct names *names)
{
    const struct spf_result *worst = report_worst_spf(report);

    *names = (struct names){ .is_author = report->author_domain != NULL && report->author_domain[0] != '\0' };
    if (names->is_author)
        str_add_escaped(&names->domain, report->author_domain, DOMAIN_MAX, false);
    else if (worst != NULL)
        str_add_escaped(&names->domain, worst->domain, DOMAIN_MAX, false);
    clip(&names->domain, DOMAIN_ROOM);
    if (worst != NULL)
        ip_format(&worst->address, names->address);
}

/* "; author domain example.com, sent from 203.0.113.5" */
static void add_names(struct str *s, const struct names *names)
{
    if (names->domain.len > 0)
        str_addf(s, "; %s domain %s", names->is_author ? "author" : "sender", str_get(&names->domain));
    if (names->address[0] != '\0')
        str_addf(s, "%s sent from %s", names->domain.len > 0 ? "," : ";", names->address);
}

/* "; gmail answers 550 5.7.26" */
static void add_answer(struct str *s, const struct prediction *prediction)
{
    static const char *const said[VERDICT_COUNT] = {
        [VERDICT_JUNK] = "files it as junk", [VERDICT_DEFER] = "defers it", [VERDICT_REJECT] = "rejects it",
    };

    if (prediction->receiver == NULL || said[prediction->outcome] == NULL)
        return;
    str_add(s, "; ");
    str_add_escaped(s, prediction->receiver->name, 32, false);
    if (prediction->n_replies > 0)
        str_addf(s, " answers %s", prediction->replies[0]);
    else
        str_addf(s, " %s", said[prediction->outcome]);
}

void report_reply(const struct report *report, struct str *text_r)
{
    struct str cause = STR_EMPTY, tail = STR_EMPTY;
    struct names names;
    const size_t room = REPORT_REPLY_MAX - strlen("Preflight: ");

    add_cause(&cause, report);
    find_names(report, &names);
    if (!has_name(str_get(&cause), str_get(&names.domain)) || !has_name(str_get(&cause), names.address))
        add_names(&tail, &names);
    if (cause.len + tail.len > room) {
        str_reset(&tail);
        add_names(&tail, &names);
        clip(&cause, room - tail.len);
    }
    size_t left = room - cause.len - tail.len;
    str_addf(text_r, "Preflight: %s%s", str_get(&cause), str_get(&tail));

    str_reset(&tail);
    add_answer(&tail, report_worst_prediction(report));
    if (tail.len <= left)
        str_add(text_r, str_get(&tail));
    str_clear(&cause);
    str_clear(&tail);
    str_clear(&names.domain);
}
