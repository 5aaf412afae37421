/*
 * Fuzz target: a mail log of any lines, joined, counted and reported.  The first byte says how little memory there is.
 * Every outcome is in one row of each kind, nothing is counted twice, and the reports hold nothing but printable ASCII.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/bounce/join.h"
#include "lib/bounce/maillog.h"
#include "lib/report/bounces.h"
#include "t/fuzz/fuzz.h"

#include <inttypes.h>

static void explain(void *arg, const struct reply *reply, struct explanation *explanation)
{
    (void)arg;
    *explanation = (struct explanation){ .cause = (enum cause)(strlen(reply->text) % CAUSE_COUNT), .text = "text",
                                         .remedy = "remedy", .page = "https://example.net/" };
}

static void find_receiver(void *arg, const char *host, char name_r[TALLY_NAME_MAX], bool *is_known_r)
{
    (void)arg;
    snprintf(name_r, TALLY_NAME_MAX, "%s", host);
    *is_known_r = host[0] == 'g';
}

static const struct join_judges judges = { explain, find_receiver, NULL };

static uint64_t outcomes(const struct counts *counts)
{
    return counts->refused + counts->deferred + counts->delivered;
}

static void check_rows(const struct tally *tally, const struct tally_rows *rows, const char *what)
{
    struct counts sum = { 0 };
    uint64_t causes = 0;

    for (size_t i = 0; i < rows->count; i++) {
        const struct counts *counts = &rows->rows[i].counts;
        sum.refused += counts->refused;
        sum.deferred += counts->deferred;
        sum.delivered += counts->delivered;
        sum.happened += counts->happened;
        for (int cause = 0; cause < CAUSE_COUNT; cause++)
            causes += rows->rows[i].by_cause[cause];
    }
    HOLDS(sum.refused == tally->total.refused && sum.deferred == tally->total.deferred &&
          sum.delivered == tally->total.delivered && sum.happened == tally->total.happened, "%s do not add up", what);
    HOLDS(causes == sum.refused + sum.deferred, "%s: %" PRIu64 " causes", what, causes);
}

static void check_counts(const struct tally *tally, uint64_t deliveries, uint64_t verdicts)
{
    const struct counts *total = &tally->total;
    uint64_t hours = 0;

    HOLDS(outcomes(total) + tally->local + tally->handed_on <= deliveries, "%" PRIu64 " outcomes of %" PRIu64,
          outcomes(total), deliveries);
    HOLDS(total->happened + total->not_happened + total->unpredicted + total->agreed <= total->judged &&
          total->judged <= outcomes(total), "more judgements than outcomes");
    HOLDS(total->delayed <= total->delivered, "more late than delivered");
    HOLDS(total->prevented <= verdicts, "%" PRIu64 " prevented by %" PRIu64 " lines", total->prevented, verdicts);
    HOLDS(tally->prevented_by[0] + tally->prevented_by[1] + tally->prevented_by[2] == total->prevented, "prevented");
    check_rows(tally, &tally->receivers, "receivers");
    check_rows(tally, &tally->domains, "domains");
    for (size_t i = 0; i < tally->n_hours; i++) {
        const struct tally_hour *hour = &tally->hours[i];
        HOLDS(i == 0 || tally->hours[i - 1].hour < hour->hour, "hours out of order");
        hours += hour->refused + hour->deferred + hour->delivered;
    }
    HOLDS(hours == outcomes(total), "hours do not add up");
}

static void check_printed(const struct str *text, const char *what)
{
    for (size_t i = 0; i < text->len; i++)
        HOLDS(text->data[i] == '\n' || (text->data[i] >= 0x20 && text->data[i] <= 0x7e), "%s: byte %d", what,
              text->data[i]);
}

static void check_reports(const struct tally *tally)
{
    struct str text = STR_EMPTY, html = STR_EMPTY;

    report_text_bounces(tally, false, &text);
    check_printed(&text, "text");
    report_html_bounces(tally, &html);
    check_printed(&html, "page");
    HOLDS(strstr(str_get(&html), "<script") == NULL, "a page that runs");
    free(report_json_bounces(tally));
    str_clear(&text);
    str_clear(&html);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    size_t room = size == 0 ? 2 : 2 + data[0] % 8;
    uint64_t deliveries = 0, verdicts = 0;
    struct tally tally;

    tally_init(&tally, 1);
    struct join *join = join_new(&tally, &judges, room);
    while (input_left(&input) > 0) {
        const char *start = input.at, *lf = memchr(start, '\n', input_left(&input));
        struct maillog line;
        input.at = lf == NULL ? input.end : lf + 1;
        if (!maillog_parse(start, (size_t)((lf == NULL ? input.end : lf) - start), &line))
            continue;
        line.time.year = line.time.year == 0 ? 2026 : line.time.year;
        deliveries += line.kind == MAILLOG_DELIVERY;
        verdicts += line.kind == MAILLOG_VERDICT;
        join_line(join, &line);
    }
    join_finish(join);
    tally_finish(&tally);
    check_counts(&tally, deliveries, verdicts);
    check_reports(&tally);
    join_free(&join);
    tally_clear(&tally);
    return 0;
}
