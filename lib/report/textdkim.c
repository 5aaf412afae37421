/*
 * The signatures of a message for people at a shell: what each is, what it covers, what it leaves open.
 * What comes from outside is escaped, so it can neither break lines nor steer a terminal.
 */
#include "config.h"

#include "lib/report/report.h"
#include "lib/report/writer.h"

#include <string.h>
#include <time.h>

#define VALUE_COLUMN 26         /* behind "           can be added   " */

static void write_value(struct writer *w, const char *label, const char *text)
{
    write_to_column(w, LABEL_COLUMNS);
    write_raw(w, label, strlen(label));
    write_line(w, text, VALUE_COLUMN);
}

static void write_names(struct writer *w, const char *label, const struct dkim_names *names)
{
    struct str s = STR_EMPTY;

    for (size_t i = 0; i < names->count; i++) {
        str_add(&s, i > 0 ? " " : "");
        str_add_escaped(&s, names->items[i], ESCAPED_MAX, true);
    }
    if (names->count > 0)
        write_value(w, label, str_get(&s));
    str_clear(&s);
}

/* "s1._domainkey.example.com" */
static void write_headline(struct writer *w, size_t number, const struct dkim_result *sig)
{
    struct str s = STR_EMPTY;

    str_addf(&s, "DKIM %zu", number);
    write_newline(w);
    write_colored(w, str_get(&s), BOLD);
    write_to_column(w, LABEL_COLUMNS);
    write_result(w, sig->result);
    str_reset(&s);
    add_signature_name(&s, sig);
    if (sig->result == AUTH_PASS)
        str_add(&s, sig->aligned ? ", aligned" : ", not aligned");
    write_line(w, str_get(&s), LABEL_COLUMNS + RESULT_COLUMNS);
    if (sig->reason[0] != '\0')
        write_line(w, sig->reason, LABEL_COLUMNS + RESULT_COLUMNS);
    str_clear(&s);
}

static void add_key(struct str *s, const struct dkim_result *sig)
{
    static const char *const states[] = {
        [DKIM_KEY_NOT_ASKED] = "not looked up", [DKIM_KEY_FOUND] = "found", [DKIM_KEY_MISSING] = "not there",
        [DKIM_KEY_UNUSABLE] = "found, but of no use", [DKIM_KEY_UNKNOWN] = "not known: the DNS failed",
    };

    str_add(s, states[sig->key]);
    if (sig->key_bits > 0)
        str_addf(s, ", %d bits", sig->key_bits);
    for (size_t i = 0; i < sig->key_flags.count; i++) {
        str_add(s, i == 0 ? ", flags (t=) " : " ");
        str_add_escaped(s, sig->key_flags.items[i], ESCAPED_MAX, true);
    }
}

static void write_time(struct writer *w, const char *label, int64_t seconds)
{
    struct str s = STR_EMPTY;
    char text[64] = "";
    time_t when = (time_t)seconds;
    struct tm tm;

    if (seconds > 0 && gmtime_r(&when, &tm) != NULL && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
        str_add(&s, text);
    else
        str_addf(&s, "%lld", (long long)seconds);
    if (seconds > 0)
        write_value(w, label, str_get(&s));
    str_clear(&s);
}

static void write_signature(struct writer *w, size_t number, const struct dkim_result *sig)
{
    struct str s = STR_EMPTY;

    write_headline(w, number, sig);
    if (sig->algorithm[0] != '\0' || sig->canonicalization[0] != '\0') {
        str_add_escaped(&s, sig->algorithm, ESCAPED_MAX, false);
        str_addf(&s, "%s%s", s.len > 0 ? ", " : "", sig->canonicalization);
        write_value(w, "algorithm", str_get(&s));
    }
    str_reset(&s);
    add_key(&s, sig);
    write_value(w, "key", str_get(&s));
    str_reset(&s);
    str_add_escaped(&s, sig->identity, ESCAPED_MAX, false);
    if (s.len > 0)
        write_value(w, "identity", str_get(&s));
    write_time(w, "signed at", sig->signed_at);
    write_time(w, "expires", sig->expires);
    str_reset(&s);
    if (sig->length >= 0) {
        str_addf(&s, "%lld bytes of the body (l=), %lld not signed", (long long)sig->length,
                 (long long)sig->unsigned_bytes);
        write_value(w, "length", str_get(&s));
    }
    write_names(w, "covers", &sig->coverage.covered);
    write_names(w, "oversigned", &sig->coverage.oversigned);
    write_names(w, "absent", &sig->coverage.absent);
    write_names(w, "not covered", &sig->coverage.uncovered);
    write_names(w, "can be added", &sig->coverage.addable);
    str_clear(&s);
}

/* What the one word over all signatures means. */
static void write_summary(struct writer *w, const struct report *report)
{
    const struct dkim_results *dkim = &report->dkim;
    size_t passing = 0;
    struct str s = STR_EMPTY;

    for (size_t i = 0; i < dkim->count; i++)
        passing += dkim->items[i].result == AUTH_PASS;
    if (dkim->is_over_limits)
        str_add(&s, "the header is over the limits");
    else if (dkim->count == 0)
        str_add(&s, "no signature");
    else
        str_addf(&s, "%zu of %zu signature%s verif%s", passing, dkim->count, dkim->count == 1 ? "" : "s",
                 passing == 1 ? "ies" : "y");
    if (dkim->skipped > 0)
        str_addf(&s, ", %zu more were not looked at", dkim->skipped);
    write_colored(w, "DKIM", BOLD);
    write_to_column(w, LABEL_COLUMNS);
    write_result(w, dkim_results_overall(dkim));
    write_line(w, str_get(&s), LABEL_COLUMNS + RESULT_COLUMNS);
    write_raw(w, "  author", strlen("  author"));
    write_untrusted(w, report->author_domain == NULL ? "not known" : report->author_domain, LABEL_COLUMNS);
    str_clear(&s);
}

void report_text_dkim(const struct report *report, bool is_color, struct str *text_r)
{
    struct writer w = { .out = text_r, .is_color = is_color };

    write_summary(&w, report);
    for (size_t i = 0; i < report->dkim.count; i++)
        write_signature(&w, i + 1, &report->dkim.items[i]);
    write_findings(&w, &report->findings);
}
