/*
 * The report for people at a shell: verdict first, then what was seen, what to mend, and who would answer what.
 * What comes from outside is escaped, so it can neither break lines nor steer a terminal.
 */
#include "config.h"

#include "lib/report/report.h"
#include "lib/base/ip.h"
#include "lib/report/writer.h"

#include <string.h>

static enum color verdict_color(enum verdict verdict)
{
    static const enum color colors[VERDICT_COUNT] = {
        [VERDICT_ACCEPT] = GREEN, [VERDICT_UNSURE] = YELLOW, [VERDICT_JUNK] = YELLOW, [VERDICT_DEFER] = RED,
        [VERDICT_REJECT] = RED,
    };
    return colors[verdict];
}

static void add_replies(struct str *s, const struct prediction *prediction)
{
    for (size_t i = 0; i < prediction->n_replies; i++)
        str_addf(s, "%s%s", i > 0 ? " or " : "", prediction->replies[i]);
}

/* What follows the verdict in the first line: "generic receivers would answer 550 5.7.1". */
static void add_meaning(struct str *s, const struct report *report)
{
    const struct prediction *worst = report_worst_prediction(report);
    const char *who = worst->receiver == NULL ? "the receiver" : worst->receiver->title;

    if (report->verdict == VERDICT_ACCEPT) {
        str_add(s, "nothing stands in the way");
    } else if (report->verdict == VERDICT_UNSURE) {
        str_addf(s, "what could not be examined decides what %s would answer", who);
    } else if (worst->n_replies > 0) {
        str_addf(s, "%s would answer ", who);
        add_replies(s, worst);
    } else if (report->verdict == VERDICT_JUNK) {
        str_addf(s, "%s would file it as junk", who);
    } else {
        str_addf(s, "%s would %s it", who, verdict_name(report->verdict));
    }
}

static void write_headline(struct writer *w, const struct report *report)
{
    struct str meaning = STR_EMPTY;
    const char *verdict = verdict_name(report->verdict);

    write_capitals(w, verdict, verdict_color(report->verdict));
    write_raw(w, "  ", 2);
    add_meaning(&meaning, report);
    write_line(w, str_get(&meaning), strlen(verdict) + 2);
    str_clear(&meaning);
}

static void write_labelled(struct writer *w, const char *label, const char *text, size_t indent)
{
    write_to_column(w, indent);
    write_raw(w, label, strlen(label));
    write_line(w, text, indent + strlen(label));
}

/* What the headline rests on most, and what to do about it. */
static void write_cause(struct writer *w, const struct report *report)
{
    const struct finding *finding = report_leading_finding(report);
    const size_t indent = strlen(verdict_name(report->verdict)) + 2;

    if (report->verdict == VERDICT_ACCEPT || finding == NULL)
        return;
    write_labelled(w, "because: ", finding->text, indent);
    write_labelled(w, "mend: ", finding->remedy, indent);
}

static void write_envelope(struct writer *w, const struct report *report)
{
    bool has_sender = report->sender != NULL && report->sender[0] != '\0';

    write_newline(w);
    if (report->queue_id != NULL)
        write_field(w, "queue id", report->queue_id);
    write_field(w, "sender", has_sender ? report->sender : "<> (a bounce)");
    if (report->sender_as_sent != NULL)
        write_field(w, "sent as", report->sender_as_sent);
    write_field(w, "author", report->author_domain == NULL ? "not known" : report->author_domain);
    if (report->egress != NULL)
        write_field(w, "egress", report->egress);
    write_field(w, "action", action_name(report->action));
    if (report->trouble != NULL)
        write_field(w, "trouble", report->trouble);
}

static size_t address_columns(const struct report *report)
{
    char address[IP_TEXT_MAX];
    size_t widest = 0;

    for (size_t i = 0; i < report->n_spf; i++) {
        ip_format(&report->spf[i].address, address);
        if (strlen(address) > widest)
            widest = strlen(address);
    }
    return widest;
}

/* "mailfrom example.com by -all of _spf.example.com, not aligned, 3 of 10 lookups" */
static void add_spf(struct str *s, const struct spf_result *spf)
{
    str_addf(s, "%s ", spf_identity_name(spf->identity));
    str_add_escaped(s, spf->domain, ESCAPED_MAX, false);
    if (spf->term != NULL && spf->term[0] != '\0') {
        str_add(s, " by ");
        str_add_escaped(s, spf->term, ESCAPED_MAX, false);
        if (spf->record_domain != NULL && spf->domain != NULL && strcmp(spf->record_domain, spf->domain) != 0) {
            str_add(s, " of ");
            str_add_escaped(s, spf->record_domain, ESCAPED_MAX, false);
        }
    }
    if (spf->result == AUTH_PASS)
        str_add(s, spf->aligned ? ", aligned" : ", not aligned");
    if (spf->lookups > 0)
        str_addf(s, ", %d of %d lookups", spf->lookups, SPF_MAX_LOOKUPS);
    if (spf->void_lookups > 0)
        str_addf(s, ", %d void", spf->void_lookups);
}

static void write_spf(struct writer *w, const struct report *report)
{
    const size_t indent = LABEL_COLUMNS + RESULT_COLUMNS + address_columns(report) + 2;

    write_newline(w);
    write_colored(w, "SPF", BOLD);
    write_to_column(w, LABEL_COLUMNS);
    if (report->n_spf == 0)
        write_line(w, "not judged: no address is known that the message leaves from", LABEL_COLUMNS);
    for (size_t i = 0; i < report->n_spf; i++) {
        const struct spf_result *spf = &report->spf[i];
        struct str s = STR_EMPTY;
        char address[IP_TEXT_MAX];
        ip_format(&spf->address, address);
        write_to_column(w, LABEL_COLUMNS);
        write_result(w, spf->result);
        write_raw(w, address, strlen(address));
        write_to_column(w, indent);
        add_spf(&s, spf);
        write_line(w, str_get(&s), indent);
        if (spf->problem != NULL && spf->problem[0] != '\0')
            write_untrusted(w, spf->problem, indent);
        if (spf->explanation != NULL && spf->explanation[0] != '\0')
            write_untrusted(w, spf->explanation, indent);
        str_clear(&s);
    }
}

/* "s1._domainkey.example.com rsa-sha256, 2048 bits, relaxed/relaxed, aligned" */
static void add_dkim(struct str *s, const struct dkim_result *sig)
{
    add_signature_name(s, sig);
    if (sig->algorithm != NULL && sig->algorithm[0] != '\0') {
        str_addc(s, ' ');
        str_add_escaped(s, sig->algorithm, ESCAPED_MAX, false);
    }
    if (sig->key_bits > 0)
        str_addf(s, ", %d bits", sig->key_bits);
    if (sig->canonicalization != NULL && sig->canonicalization[0] != '\0') {
        str_add(s, ", ");
        str_add_escaped(s, sig->canonicalization, ESCAPED_MAX, false);
    }
    if (sig->result == AUTH_PASS)
        str_add(s, sig->aligned ? ", aligned" : ", not aligned");
}

static void write_dkim(struct writer *w, const struct report *report)
{
    const size_t indent = LABEL_COLUMNS + RESULT_COLUMNS;
    const struct dkim_results *dkim = &report->dkim;

    write_colored(w, "DKIM", BOLD);
    write_to_column(w, LABEL_COLUMNS);
    if (dkim->count == 0) {
        write_result(w, dkim_results_overall(dkim));
        write_line(w, dkim->is_over_limits ? "the header is over the limits" : "no signature", indent);
    }
    for (size_t i = 0; i < dkim->count; i++) {
        const struct dkim_result *sig = &dkim->items[i];
        struct str s = STR_EMPTY;
        write_to_column(w, LABEL_COLUMNS);
        write_result(w, sig->result);
        add_dkim(&s, sig);
        write_line(w, str_get(&s), indent);
        if (sig->reason != NULL && sig->reason[0] != '\0')
            write_line(w, sig->reason, indent);
        str_clear(&s);
    }
    if (dkim->skipped > 0) {
        struct str s = STR_EMPTY;
        str_addf(&s, "%zu more signatures were not verified", dkim->skipped);
        write_line(w, str_get(&s), LABEL_COLUMNS);
        str_clear(&s);
    }
}

static void write_prediction(struct writer *w, const struct prediction *prediction, size_t indent)
{
    struct str s = STR_EMPTY, domain = STR_EMPTY;

    if (prediction->recipient_domain == NULL)
        str_add(&domain, "any recipient");
    else
        str_add_escaped(&domain, prediction->recipient_domain, ESCAPED_MAX, false);
    write_raw(w, "  ", 2);
    write_raw(w, str_get(&domain), domain.len);
    if (w->column + 2 > indent)
        write_newline(w);
    write_to_column(w, indent);
    write_colored(w, verdict_name(prediction->outcome), verdict_color(prediction->outcome));
    if (prediction->n_replies > 0)
        str_addc(&s, ' ');
    add_replies(&s, prediction);
    if (prediction->receiver == NULL)
        str_add(&s, prediction->recipient_domain == NULL ? " by receivers beyond the limit of recipients"
                                                         : " by a receiver whose MX could not be looked up");
    else
        str_addf(&s, " by %s", prediction->receiver->name);
    for (size_t i = 0; i < prediction->n_because; i++)
        str_addf(&s, "%s %s", i == 0 ? ", because of" : ",", finding_row(prediction->because[i])->name);
    if (prediction->rule != NULL)
        str_addf(&s, " (%s: %s)", confidence_name(prediction->rule->confidence), prediction->rule->source);
    write_line(w, str_get(&s), indent);
    str_clear(&s);
    str_clear(&domain);
}

static void write_predictions(struct writer *w, const struct report *report)
{
    size_t indent = strlen("  any recipient  ");

    if (report->n_predictions == 0)
        return;
    for (size_t i = 0; i < report->n_predictions; i++) {
        const char *domain = report->predictions[i].recipient_domain;
        size_t need = domain == NULL ? 0 : strlen(domain) + 4;
        if (need > indent && need <= COLUMNS / 2)
            indent = need;
    }
    write_newline(w);
    write_colored(w, "Predictions", BOLD);
    write_newline(w);
    for (size_t i = 0; i < report->n_predictions; i++)
        write_prediction(w, &report->predictions[i], indent);
}

void report_text(const struct report *report, bool is_color, struct str *text_r)
{
    struct writer w = { .out = text_r, .is_color = is_color };

    write_headline(&w, report);
    write_cause(&w, report);
    write_envelope(&w, report);
    write_spf(&w, report);
    write_dkim(&w, report);
    write_dmarc(&w, &report->dmarc);
    write_findings(&w, &report->findings);
    write_predictions(&w, report);
}
