/*
 * What became of the mail, as one page of HTML that can be sent on; see bounces.h.
 * Nothing is fetched and nothing runs: the page itself forbids it, whatever a log brought in.
 */
#include "config.h"

#include "lib/report/bounces.h"
#include "lib/report/bouncespage.h"
#include "lib/report/writer.h"

#include <inttypes.h>
#include <string.h>

#define ROWS_MAX 50
#define PROBLEMS_MAX 25
#define EXAMPLES_MAX 10             /* at most TALLY_EXAMPLES_MAX */
#define REPLY_MAX 600

/* Text as HTML has it: printable ASCII, and nothing that could be markup. */
static void add_text(struct str *html, const char *text, size_t max)
{
    struct str safe = STR_EMPTY;

    str_add_escaped(&safe, text, max, false);
    for (const char *p = str_get(&safe); *p != '\0'; p++) {
        switch (*p) {
        case '&':
            str_add(html, "&amp;");
            break;
        case '<':
            str_add(html, "&lt;");
            break;
        case '>':
            str_add(html, "&gt;");
            break;
        case '"':
            str_add(html, "&quot;");
            break;
        case '\'':
            str_add(html, "&#39;");
            break;
        default:
            str_addc(html, *p);
        }
    }
    str_clear(&safe);
}

/* A name, which may be broken at its dots and dashes where there is little room. */
static void add_name(struct str *html, const char *name)
{
    char part[2] = "";

    for (const char *p = name; *p != '\0' && p < name + TALLY_NAME_MAX; p++) {
        part[0] = *p;
        add_text(html, part, 1);
        if (strchr(".-/", *p) != NULL)
            str_add(html, "<wbr>");
    }
}

static void add_number_cell(struct str *html, uint64_t count, const char *class)
{
    str_addf(html, "<td%s>", class);
    add_count(html, count);
    str_add(html, "</td>");
}

/* --- the top ------------------------------------------------------------------------------- */

static void add_head(struct str *html)
{
    str_add(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "style-src 'unsafe-inline'\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"referrer\" content=\"no-referrer\">\n"
                  "<title>What became of our mail</title>\n<style>\n");
    str_add(html, bounces_style);
    str_add(html, "</style>\n</head>\n<body>\n<main>\n");
}

static void add_title(struct str *html, const struct tally *tally)
{
    char first[BOUNCES_TIME_MAX], last[BOUNCES_TIME_MAX];

    bounces_time_text(&tally->first, first);
    bounces_time_text(&tally->last, last);
    str_add(html, "<h1>What became of our mail</h1>\n<p class=\"soft\">");
    if (first[0] != '\0')
        str_addf(html, "%s to %s, ", first, last);
    add_count(html, tally->lines);
    str_addf(html, " lines in %zu %s</p>\n", tally->files, tally->files == 1 ? "file" : "files");
    if (tally->forgotten > 0) {
        str_add(html, "<p class=\"soft\">");
        add_count(html, tally->forgotten);
        str_add(html, " messages without an end were forgotten to save memory: their recipients may count as "
                      "deferred.</p>\n");
    }
}

static void add_card(struct str *html, const char *class, uint64_t count, const char *label)
{
    str_addf(html, "<div class=\"card %s\"><b>", class);
    add_count(html, count);
    str_addf(html, "</b>%s", label);
}

static void add_cards(struct str *html, const struct tally *tally)
{
    const struct counts *total = &tally->total;

    str_add(html, "<div class=\"cards\">\n");
    add_card(html, "delivered", total->delivered, "delivered");
    str_add(html, "<br><span class=\"soft\">");
    add_count(html, total->delayed);
    str_add(html, " of them late</span></div>\n");
    add_card(html, "refused", total->refused, "refused");
    str_add(html, "<br><span class=\"soft\">");
    add_percent(html, tally_rate(total));
    str_add(html, " of all whose fate is known</span></div>\n");
    add_card(html, "deferred", total->deferred, "still deferred");
    str_add(html, "</div>\n");
    add_card(html, "prevented", total->prevented, "prevented");
    str_addf(html, "<br><span class=\"soft\">%" PRIu64 " refused, %" PRIu64 " told to try again, %" PRIu64
             " held by Preflight</span></div>\n", tally->prevented_by[PREVENTED_REJECT],
             tally->prevented_by[PREVENTED_TEMPFAIL], tally->prevented_by[PREVENTED_HOLD]);
    add_card(html, "good", total->happened, "refusals predicted");
    str_add(html, "<br><span class=\"soft\">");
    add_count(html, total->unpredicted);
    str_add(html, " were not</span></div>\n</div>\n");
}

/* class: " wide" where what it explains is only there on a wide screen. */
static void add_legend(struct str *html, const char *class, const char *const *entries)
{
    str_addf(html, "<p class=\"legend%s\">", class);
    for (; entries[0] != NULL; entries += 2)
        str_addf(html, "<span><i class=\"%s\"></i>%s</span>", entries[0], entries[1]);
    str_add(html, "</p>\n");
}

static void add_time(struct str *html, const struct tally *tally)
{
    static const char *const legend[] = { "delivered", "delivered", "refused", "refused", "deferred", "deferred",
                                          "prevented", "prevented", NULL };

    if (tally->n_hours == 0)
        return;
    str_add(html, "<section>\n<h2>Over time</h2>\n");
    add_legend(html, "", legend);
    chart_time(html, tally);
    str_add(html, "</section>\n");
}

/* --- tables ----------------------------------------------------------------------------------- */

static void add_causes(struct str *html, const struct tally *tally)
{
    static const char *const legend[] = { "refused", "refused", "deferred", "still deferred", "late",
                                          "delivered late", NULL };
    uint64_t max = 0;

    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        const struct counts *counts = &tally->by_cause[cause];
        uint64_t all = counts->refused + counts->deferred + counts->delayed;
        max = all > max ? all : max;
    }
    if (max == 0)
        return;
    str_add(html, "<section>\n<h2>By cause</h2>\n");
    add_legend(html, " wide", legend);
    str_add(html, "<div class=\"scroll\"><table>\n<thead><tr><th>Cause</th><th>refused</th><th>deferred</th>"
                  "<th class=\"wide\">late</th><th>pre&shy;dicted</th><th>unpre&shy;dicted</th>"
                  "<th class=\"wide\"></th></tr></thead>\n<tbody>\n");
    for (int i = 0; i < CAUSE_COUNT; i++) {
        int cause = tally->cause_order[i];
        const struct counts *counts = &tally->by_cause[cause];
        const struct chart_part parts[] = { { "refused", counts->refused }, { "deferred", counts->deferred },
                                            { "late", counts->delayed } };
        if (bounces_is_empty(counts))
            continue;
        str_add(html, "<tr><td>");
        add_name(html, cause_name((enum cause)cause));
        str_add(html, "</td>");
        add_number_cell(html, counts->refused, "");
        add_number_cell(html, counts->deferred, "");
        add_number_cell(html, counts->delayed, " class=\"wide\"");
        add_number_cell(html, counts->happened, "");
        add_number_cell(html, counts->unpredicted, "");
        str_add(html, "<td class=\"chart wide\">");
        chart_bar(html, parts, 3, max);
        str_add(html, "</td></tr>\n");
    }
    str_add(html, "</tbody></table></div>\n</section>\n");
}

static void add_row(struct str *html, const struct tally_row *row, bool are_domains)
{
    const struct counts *counts = &row->counts;
    const struct chart_part parts[] = { { "delivered", counts->delivered }, { "deferred", counts->deferred },
                                        { "refused", counts->refused } };
    bool is_over = are_domains && bounces_is_over(counts);

    str_addf(html, "<tr%s><td>", is_over ? " class=\"over\"" : "");
    add_name(html, bounces_row_name(row));
    str_add(html, "</td>");
    add_number_cell(html, counts->delivered, "");
    add_number_cell(html, counts->delayed, " class=\"wide\"");
    add_number_cell(html, counts->deferred, " class=\"wide\"");
    add_number_cell(html, counts->refused, "");
    if (are_domains)
        add_number_cell(html, counts->prevented, " class=\"wide\"");
    str_addf(html, "<td%s>", is_over ? " class=\"over-mark\"" : "");
    add_percent(html, tally_rate(counts));
    str_add(html, "</td><td class=\"chart wide\">");
    if (are_domains)
        chart_rate(html, tally_rate(counts), TALLY_RATE_LIMIT, 5 * TALLY_RATE_LIMIT);
    else
        chart_bar(html, parts, 3, counts->delivered + counts->deferred + counts->refused);
    str_add(html, "</td></tr>\n");
}

static void add_rows(struct str *html, const struct tally_rows *rows, bool are_domains)
{
    size_t shown = 0, rest = 0;

    str_addf(html, "<div class=\"scroll\"><table>\n<thead><tr><th>%s</th><th>delivered</th><th class=\"wide\">late</th>"
             "<th class=\"wide\">deferred</th><th>refused</th>%s<th>rate</th><th class=\"wide\"></th></tr></thead>\n"
             "<tbody>\n",
             are_domains ? "Domain" : "Receiver", are_domains ? "<th class=\"wide\">prevented</th>" : "");
    for (size_t i = 0; i < rows->count; i++) {
        const struct tally_row *row = &rows->rows[rows->order[i]];
        if (bounces_is_empty(&row->counts))
            continue;
        if (shown == ROWS_MAX) {
            rest++;
            continue;
        }
        add_row(html, row, are_domains);
        shown++;
    }
    str_add(html, "</tbody></table></div>\n");
    if (rest > 0)
        str_addf(html, "<p class=\"soft\">and %zu more</p>\n", rest);
}

static void add_receivers(struct str *html, const struct tally *tally)
{
    static const char *const legend[] = { "delivered", "delivered", "deferred", "still deferred", "refused", "refused",
                                          NULL };

    str_add(html, "<section>\n<h2>By receiver</h2>\n");
    add_legend(html, " wide", legend);
    add_rows(html, &tally->receivers, false);
    str_add(html, "</section>\n");
}

static void add_domains(struct str *html, const struct tally *tally)
{
    str_add(html, "<section>\n<h2>By sending domain</h2>\n<p class=\"soft\">The rate is of refused to refused and "
                  "delivered. Above 2 %, where the mark stands, receivers take a domain for one that does not look "
                  "after its lists.</p>\n");
    add_rows(html, &tally->domains, true);
    str_add(html, "</section>\n");
}

/* --- predictions -------------------------------------------------------------------------------- */

static void add_examples(struct str *html, const struct tally *tally, const struct tally_examples *examples,
                         const char *title)
{
    if (examples->count == 0)
        return;
    str_addf(html, "<h3>%s</h3>\n<ul class=\"two\">\n", title);
    for (uint64_t i = 0; i < examples->count && i < EXAMPLES_MAX; i++) {
        const struct tally_example *example = &examples->items[i];
        str_addf(html, "<li><code>%s</code> ", example->queue_id);
        add_text(html, tally->domains.rows[example->domain].name, TALLY_NAME_MAX);
        str_add(html, " at ");
        add_text(html, tally->receivers.rows[example->receiver].name, TALLY_NAME_MAX);
        if (example->cause != NO_CAUSE)
            str_addf(html, ": %s", cause_name((enum cause)example->cause));
        str_add(html, "</li>\n");
    }
    str_add(html, "</ul>\n");
    if (examples->count > EXAMPLES_MAX) {
        str_add(html, "<p class=\"soft\">and ");
        add_count(html, examples->count - EXAMPLES_MAX);
        str_add(html, " more</p>\n");
    }
}

static void add_predictions(struct str *html, const struct tally *tally)
{
    const struct counts *total = &tally->total;
    const struct { const char *text, *class; uint64_t count; } rows[] = {
        { "Refusal predicted, and it happened", "good", total->happened },
        { "Refusal predicted, and delivered", "deferred", total->not_happened },
        { "Refusal not predicted", "refused", total->unpredicted },
        { "Acceptance predicted, and delivered", "delivered", total->agreed },
    };
    uint64_t max = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        max = rows[i].count > max ? rows[i].count : max;
    str_add(html, "<section>\n<h2>Predictions</h2>\n<p class=\"soft\">");
    add_count(html, total->judged);
    str_add(html, " of ");
    add_count(html, total->refused + total->deferred + total->delivered);
    str_add(html, " recipients' messages had one. Full and unknown mailboxes and servers that do not answer are left "
                  "out: how a message is sent has no part in them.</p>\n<div class=\"scroll\"><table>\n<tbody>\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct chart_part part = { rows[i].class, rows[i].count };
        str_addf(html, "<tr><td>%s</td>", rows[i].text);
        add_number_cell(html, rows[i].count, "");
        str_add(html, "<td class=\"chart\">");
        chart_bar(html, &part, 1, max);
        str_add(html, "</td></tr>\n");
    }
    str_add(html, "</tbody></table></div>\n");
    add_examples(html, tally, &tally->unpredicted, "Refused or deferred unpredicted");
    add_examples(html, tally, &tally->not_happened, "Delivered against the prediction");
    str_add(html, "</section>\n");
}

/* --- what to do ----------------------------------------------------------------------------------- */

static void add_problem(struct str *html, const struct tally_problem *problem, const struct str *names)
{
    str_addf(html, "<div class=\"problem\">\n<h3>%s <span class=\"tag\">", cause_name((enum cause)problem->cause));
    add_count(html, problem->refused);
    str_add(html, " refused, ");
    add_count(html, problem->deferred);
    str_add(html, " deferred, ");
    add_count(html, problem->delayed);
    str_add(html, " late</span></h3>\n<p class=\"soft\">");
    add_text(html, str_get(names), SIZE_MAX);
    str_add(html, "</p>\n<p>");
    add_text(html, problem->text, SIZE_MAX);
    str_add(html, "</p>\n<p><b>What to do:</b> ");
    add_text(html, problem->remedy, SIZE_MAX);
    str_add(html, "</p>\n");
    if (problem->page != NULL && strncmp(problem->page, "https://", 8) == 0) {
        str_add(html, "<p class=\"soft\"><a rel=\"noreferrer\" href=\"");
        add_text(html, problem->page, SIZE_MAX);
        str_add(html, "\">");
        add_text(html, problem->page, SIZE_MAX);
        str_add(html, "</a></p>\n");
    }
    str_addf(html, "<pre>%s: ", problem->queue_id);
    add_text(html, problem->reply, REPLY_MAX);
    str_add(html, "</pre>\n</div>\n");
}

static void add_problems(struct str *html, const struct tally *tally)
{
    struct str names = STR_EMPTY;
    struct tally_problem sum;
    size_t at = 0;

    if (tally->n_problems == 0)
        return;
    str_add(html, "<section>\n<h2>What they mean, and what to do</h2>\n");
    for (size_t i = 0; i < PROBLEMS_MAX && at < tally->n_problems; i++) {
        at = bounces_group(tally, at, &sum, &names);
        add_problem(html, &sum, &names);
        str_reset(&names);
    }
    if (at < tally->n_problems)
        str_addf(html, "<p class=\"soft\">and %zu more</p>\n", tally->n_problems - at);
    str_add(html, "</section>\n");
    str_clear(&names);
}

void report_html_bounces(const struct tally *tally, struct str *html_r)
{
    add_head(html_r);
    add_title(html_r, tally);
    add_cards(html_r, tally);
    add_time(html_r, tally);
    add_causes(html_r, tally);
    add_problems(html_r, tally);
    add_domains(html_r, tally);
    add_receivers(html_r, tally);
    add_predictions(html_r, tally);
    str_add(html_r, "<footer class=\"soft\">Made by " PACKAGE_STRING ", preflight bounces.</footer>\n"
                    "</main>\n</body>\n</html>\n");
}
