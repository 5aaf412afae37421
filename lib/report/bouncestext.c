/*
 * What became of the mail, as text; see bounces.h.
 */
#include "config.h"

#include "lib/report/bounces.h"
#include "lib/report/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROWS_MAX 20
#define PROBLEMS_MAX 10
#define EXAMPLES_MAX 5              /* at most TALLY_EXAMPLES_MAX */
#define NAME_COLUMNS 32
#define COUNT_COLUMNS 12

/* --- shared with the page ---------------------------------------------------------------- */

void bounces_time_text(const struct maillog_time *time, char text_r[BOUNCES_TIME_MAX])
{
    text_r[0] = '\0';
    if (time->month != 0)
        snprintf(text_r, BOUNCES_TIME_MAX, "%04d-%02d-%02d %02d:%02d", time->year, time->month, time->day, time->hour,
                 time->minute);
}

const char *bounces_row_name(const struct tally_row *row)
{
    return strcmp(row->name, "<>") == 0 ? "<> (bounces)" : row->name;
}

void add_count(struct str *s, uint64_t count)
{
    char digits[24];
    int n = snprintf(digits, sizeof(digits), "%" PRIu64, count);

    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            str_addc(s, ',');
        str_addc(s, digits[i]);
    }
}

void add_percent(struct str *s, double rate)
{
    str_addf(s, rate > 0 && rate < 0.001 ? "%.2f %%" : "%.1f %%", rate * 100);
}

bool bounces_is_empty(const struct counts *counts)
{
    return counts->refused + counts->deferred + counts->delivered + counts->prevented == 0;
}

bool bounces_is_over(const struct counts *counts)
{
    return tally_rate(counts) > TALLY_RATE_LIMIT;
}

#define GROUP_NAMES_MAX 6

size_t bounces_group(const struct tally *tally, size_t start, struct tally_problem *sum, struct str *names_r)
{
    const struct tally_problem *first = &tally->problems[start];
    size_t end = start;

    *sum = *first;
    sum->refused = sum->deferred = sum->delayed = 0;
    for (; end < tally->n_problems; end++) {
        const struct tally_problem *one = &tally->problems[end];
        if (one->cause != first->cause || strcmp(one->text, first->text) != 0)
            break;
        sum->refused += one->refused;
        sum->deferred += one->deferred;
        sum->delayed += one->delayed;
        if (end - start >= GROUP_NAMES_MAX)
            continue;
        str_addf(names_r, "%s%s ", end > start ? ", " : "", tally->receivers.rows[one->receiver].name);
        add_count(names_r, one->refused + one->deferred + one->delayed);
    }
    if (end - start > GROUP_NAMES_MAX)
        str_addf(names_r, " and %zu more", end - start - GROUP_NAMES_MAX);
    return end;
}

/* --- columns -------------------------------------------------------------------------------- */

static void write_right(struct writer *w, const char *text, size_t end, enum color color)
{
    size_t len = strlen(text);

    write_to_column(w, len < end ? end - len : 0);
    write_colored(w, text, color);
}

static void write_number(struct writer *w, uint64_t count, size_t place, enum color color)
{
    struct str text = STR_EMPTY;

    add_count(&text, count);
    write_right(w, str_get(&text), NAME_COLUMNS + place * COUNT_COLUMNS, count > 0 ? color : PLAIN);
    str_clear(&text);
}

static void write_rate(struct writer *w, const struct counts *counts, size_t place, bool is_marked)
{
    struct str text = STR_EMPTY;

    add_percent(&text, tally_rate(counts));
    write_right(w, str_get(&text), NAME_COLUMNS + place * COUNT_COLUMNS, is_marked ? RED : PLAIN);
    str_clear(&text);
}

static void write_name(struct writer *w, const char *name)
{
    struct str text = STR_EMPTY;

    str_add_escaped(&text, name, NAME_COLUMNS - 7, false);
    write_raw(w, "  ", 2);
    write_raw(w, str_get(&text), text.len);
    str_clear(&text);
}

static void write_heading(struct writer *w, const char *title, const char *const *columns)
{
    write_newline(w);
    write_colored(w, title, BOLD);
    for (size_t i = 0; columns[i] != NULL; i++)
        write_right(w, columns[i], NAME_COLUMNS + (i + 1) * COUNT_COLUMNS, PLAIN);
    write_newline(w);
}

static void write_rest(struct writer *w, size_t rest)
{
    struct str text = STR_EMPTY;

    if (rest == 0)
        return;
    str_addf(&text, "and %zu more, see --json", rest);
    write_line(w, str_get(&text), 2);
    str_clear(&text);
}

/* --- blocks ---------------------------------------------------------------------------------- */

static void write_labelled(struct writer *w, const char *label, struct str *text)
{
    write_raw(w, label, strlen(label));
    write_line(w, str_get(text), LABEL_COLUMNS);
    str_reset(text);
}

static void write_head(struct writer *w, const struct tally *tally)
{
    const struct counts *total = &tally->total;
    char first[BOUNCES_TIME_MAX], last[BOUNCES_TIME_MAX];
    struct str text = STR_EMPTY;

    bounces_time_text(&tally->first, first);
    bounces_time_text(&tally->last, last);
    add_count(&text, tally->lines);
    str_addf(&text, " lines in %zu %s", tally->files, tally->files == 1 ? "file" : "files");
    if (first[0] != '\0')
        str_addf(&text, ", from %s to %s", first, last);
    write_labelled(w, "log", &text);
    add_count(&text, total->delivered);
    str_add(&text, " delivered, ");
    add_count(&text, total->delayed);
    str_add(&text, " of them late; ");
    add_count(&text, total->refused);
    str_add(&text, " refused (");
    add_percent(&text, tally_rate(total));
    str_add(&text, "); ");
    add_count(&text, total->deferred);
    str_add(&text, " still deferred");
    write_labelled(w, "receivers", &text);
    if (tally->local > 0) {
        add_count(&text, tally->local);
        str_add(&text, " that no receiver had a part in");
        write_labelled(w, "local", &text);
    }
    if (total->prevented > 0) {
        add_count(&text, total->prevented);
        str_addf(&text, " %s did not leave: %" PRIu64 " refused, %" PRIu64 " told to try again, %" PRIu64 " held",
                 total->prevented == 1 ? "message" : "messages", tally->prevented_by[PREVENTED_REJECT],
                 tally->prevented_by[PREVENTED_TEMPFAIL],
                 tally->prevented_by[PREVENTED_HOLD]);
        write_labelled(w, "prevented", &text);
    }
    if (tally->forgotten > 0) {
        add_count(&text, tally->forgotten);
        str_add(&text, " messages had no end in sight and were forgotten to save memory: their recipients may count "
                       "as deferred, and predictions for them are lost");
        write_labelled(w, "bounds", &text);
    }
    str_clear(&text);
}

static void write_causes(struct writer *w, const struct tally *tally)
{
    static const char *const columns[] = { "refused", "deferred", "late", "predicted", "unpredicted", NULL };

    write_heading(w, "By cause", columns);
    for (int i = 0; i < CAUSE_COUNT; i++) {
        int cause = tally->cause_order[i];
        const struct counts *counts = &tally->by_cause[cause];
        if (bounces_is_empty(counts))
            continue;
        write_name(w, cause_name((enum cause)cause));
        write_number(w, counts->refused, 1, PLAIN);
        write_number(w, counts->deferred, 2, PLAIN);
        write_number(w, counts->delayed, 3, PLAIN);
        write_number(w, counts->happened, 4, PLAIN);
        write_number(w, counts->unpredicted, 5, YELLOW);
        write_newline(w);
    }
}

static void write_rows(struct writer *w, const struct tally_rows *rows, const char *title, bool are_domains)
{
    static const char *const columns[] = { "delivered", "late", "deferred", "refused", "rate", NULL };
    size_t shown = 0, rest = 0;

    write_heading(w, title, columns);
    for (size_t i = 0; i < rows->count; i++) {
        const struct tally_row *row = &rows->rows[rows->order[i]];
        bool is_over = are_domains && bounces_is_over(&row->counts);
        if (bounces_is_empty(&row->counts))
            continue;
        if (shown == ROWS_MAX) {
            rest++;
            continue;
        }
        shown++;
        write_name(w, bounces_row_name(row));
        write_number(w, row->counts.delivered, 1, PLAIN);
        write_number(w, row->counts.delayed, 2, PLAIN);
        write_number(w, row->counts.deferred, 3, PLAIN);
        write_number(w, row->counts.refused, 4, PLAIN);
        write_rate(w, &row->counts, 5, is_over);
        if (is_over)
            write_colored(w, " > 2 %", RED);
        write_newline(w);
    }
    write_rest(w, rest);
}

static void write_examples(struct writer *w, const struct tally *tally, const struct tally_examples *examples)
{
    struct str text = STR_EMPTY;

    for (uint64_t i = 0; i < examples->count && i < EXAMPLES_MAX; i++) {
        const struct tally_example *example = &examples->items[i];
        str_reset(&text);
        str_addf(&text, "%s: ", example->queue_id);
        str_add_escaped(&text, tally->domains.rows[example->domain].name, ESCAPED_MAX, false);
        str_add(&text, " at ");
        str_add_escaped(&text, tally->receivers.rows[example->receiver].name, ESCAPED_MAX, false);
        if (example->cause != NO_CAUSE)
            str_addf(&text, ", %s", cause_name((enum cause)example->cause));
        write_line(w, str_get(&text), 6);
    }
    str_clear(&text);
}

static void write_predictions(struct writer *w, const struct tally *tally)
{
    const struct counts *total = &tally->total;
    static const char *const none[] = { NULL };
    const struct {
        const char *name;
        uint64_t count;
        const struct tally_examples *examples;
        enum color color;
    } rows[] = {
        { "refusal predicted, happened", total->happened, NULL, PLAIN },
        { "refusal predicted, delivered", total->not_happened, &tally->not_happened, YELLOW },
        { "refusal not predicted", total->unpredicted, &tally->unpredicted, YELLOW },
        { "acceptance predicted, delivered", total->agreed, NULL, PLAIN },
    };

    write_heading(w, "Predictions", none);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        write_raw(w, "  ", 2);
        write_raw(w, rows[i].name, strlen(rows[i].name));
        write_number(w, rows[i].count, 1, rows[i].color);
        write_newline(w);
        if (rows[i].examples != NULL)
            write_examples(w, tally, rows[i].examples);
    }
    write_raw(w, "  ", 2);
    struct str text = STR_EMPTY;
    add_count(&text, total->judged);
    str_add(&text, " of ");
    add_count(&text, total->refused + total->deferred + total->delivered);
    str_add(&text, " recipients' messages had a prediction; full and unknown mailboxes and servers that do not answer "
                   "are left out");
    write_line(w, str_get(&text), 2);
    str_clear(&text);
}

static void write_problem(struct writer *w, const struct tally_problem *problem, const struct str *names)
{
    struct str text = STR_EMPTY;

    write_raw(w, "  ", 2);
    write_colored(w, cause_name((enum cause)problem->cause), BOLD);
    str_addf(&text, ": %" PRIu64 " refused, %" PRIu64 " deferred, %" PRIu64 " late", problem->refused,
             problem->deferred, problem->delayed);
    write_line(w, str_get(&text), 4);
    write_untrusted(w, str_get(names), 4);
    write_line(w, problem->text, 4);
    write_to_column(w, 4);
    write_raw(w, "mend: ", 6);
    write_line(w, problem->remedy, 10);
    if (problem->page != NULL)
        write_line(w, problem->page, 4);
    str_reset(&text);
    str_addf(&text, "%s: %s", problem->queue_id, problem->reply);
    write_untrusted(w, str_get(&text), 4);
    str_clear(&text);
}

static void write_problems(struct writer *w, const struct tally *tally)
{
    static const char *const none[] = { NULL };
    struct str names = STR_EMPTY;
    struct tally_problem sum;
    size_t at = 0;

    if (tally->n_problems == 0)
        return;
    write_heading(w, "What they mean, and what to do", none);
    for (size_t i = 0; i < PROBLEMS_MAX && at < tally->n_problems; i++) {
        at = bounces_group(tally, at, &sum, &names);
        write_problem(w, &sum, &names);
        str_reset(&names);
    }
    write_rest(w, tally->n_problems - at);
    str_clear(&names);
}

void report_text_bounces(const struct tally *tally, bool is_color, struct str *text_r)
{
    struct writer w = { .out = text_r, .is_color = is_color };

    write_head(&w, tally);
    write_causes(&w, tally);
    write_problems(&w, tally);
    write_rows(&w, &tally->domains, "By sending domain", true);
    write_rows(&w, &tally->receivers, "By receiver", false);
    write_predictions(&w, tally);
}
