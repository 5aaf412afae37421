/*
 * Charts as SVG within the page of bounces; see bouncespage.h.
 * The drawings hold no text: they are stretched to the screen's width, and what is to be read stands beside them.
 */
#include "config.h"

#include "lib/report/bouncespage.h"
#include "lib/base/mem.h"
#include "lib/report/bounces.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_MAX 160             /* bars in a row, so that each can be seen */

void chart_bar(struct str *html, const struct chart_part *parts, size_t count, uint64_t max)
{
    double at = 0;

    str_add(html, "<svg class=\"bar\" aria-hidden=\"true\">");
    for (size_t i = 0; i < count && max > 0; i++) {
        double width = 100.0 * (double)parts[i].value / (double)max;
        if (parts[i].value > 0)
            str_addf(html, "<rect class=\"fill-%s\" x=\"%.2f%%\" width=\"%.2f%%\" height=\"100%%\"/>", parts[i].class,
                     at, width);
        at += width;
    }
    str_add(html, "</svg>");
}

void chart_rate(struct str *html, double rate, double limit, double scale)
{
    double width = rate < scale ? 100 * rate / scale : 100;

    str_addf(html, "<svg class=\"bar\" aria-hidden=\"true\"><rect class=\"fill-%s\" width=\"%.2f%%\" height=\"100%%\"/>"
             "<rect class=\"fill-limit\" x=\"%.2f%%\" width=\"2\" height=\"100%%\"/></svg>",
             rate > limit ? "refused" : "delivered", width, 100 * limit / scale);
}

/* --- over time --------------------------------------------------------------------------- */

enum { DELIVERED, REFUSED, DEFERRED, PREVENTED, SERIES };

struct bucket {
    uint64_t values[SERIES];
};

struct timeline {
    struct bucket buckets[BUCKETS_MAX];
    size_t count;
    int32_t start, width;           /* hours */
};

/* An hour, a day, a week or several weeks. */
static int32_t bucket_width(int32_t hours)
{
    const int32_t week = 7 * 24;

    if (hours <= 72)
        return 1;
    if (hours <= BUCKETS_MAX / 2 * 24)
        return 24;
    return (hours / (BUCKETS_MAX - 1) / week + 1) * week;
}

static void fill(struct timeline *line, const struct tally *tally)
{
    int32_t first = tally->hours[0].hour, last = tally->hours[tally->n_hours - 1].hour;

    memset(line, 0, sizeof(*line));
    line->width = bucket_width(last - first + 1);
    line->start = first - first % line->width;
    line->count = (size_t)((last - line->start) / line->width) + 1;
    for (size_t i = 0; i < tally->n_hours; i++) {
        const struct tally_hour *hour = &tally->hours[i];
        struct bucket *bucket = &line->buckets[(hour->hour - line->start) / line->width];
        bucket->values[DELIVERED] += hour->delivered;
        bucket->values[REFUSED] += hour->refused;
        bucket->values[DEFERRED] += hour->deferred;
        bucket->values[PREVENTED] += hour->prevented;
    }
}

static uint64_t sum(const struct bucket *bucket, int from, int to)
{
    uint64_t value = 0;

    for (int series = from; series <= to; series++)
        value += bucket->values[series];
    return value;
}

static void add_when(struct str *html, const struct timeline *line, size_t i)
{
    struct maillog_time time;
    char text[BOUNCES_TIME_MAX];

    tally_hour_time(line->start + (int32_t)i * line->width, &time);
    bounces_time_text(&time, text);
    if (line->width >= 24)
        text[strcspn(text, " ")] = '\0';
    str_add(html, text);
}

/* One bar: its parts one upon the other, and its numbers for a pointer that rests on it. */
static void add_column(struct str *html, const struct timeline *line, size_t i, int from, int to, uint64_t most)
{
    static const char *const names[] = { "delivered", "refused", "deferred", "prevented" };
    const struct bucket *bucket = &line->buckets[i];
    double bottom = 100;

    if (sum(bucket, from, to) == 0)
        return;
    str_add(html, "<g><title>");
    add_when(html, line, i);
    for (int series = from; series <= to; series++)
        str_addf(html, "%s %" PRIu64 " %s", series == from ? ":" : ",", bucket->values[series], names[series]);
    str_add(html, "</title>");
    for (int series = from; series <= to; series++) {
        double height = 100.0 * (double)bucket->values[series] / (double)most;
        if (bucket->values[series] == 0)
            continue;
        if (height < 1)
            height = 1;             /* one refusal is to be seen, too */
        bottom -= height;
        str_addf(html, "<rect class=\"fill-%s\" x=\"%.2f\" y=\"%.2f\" width=\"0.84\" height=\"%.2f\"/>",
                 names[series], (double)i + 0.08, bottom, height);
    }
    str_add(html, "</g>");
}

static void add_panel(struct str *html, const struct timeline *line, const char *title, int from, int to, int height)
{
    uint64_t most = 0;

    for (size_t i = 0; i < line->count; i++) {
        if (sum(&line->buckets[i], from, to) > most)
            most = sum(&line->buckets[i], from, to);
    }
    str_addf(html, "<p class=\"axis\"><span>%s</span><span>at most ", title);
    add_count(html, most);
    str_add(html, line->width == 1 ? " an hour" : line->width == 24 ? " a day" : line->width == 168 ? " a week"
                                                                                                     : " at a time");
    str_addf(html, "</span></p>\n<svg class=\"time\" style=\"height:%drem\" viewBox=\"0 -2 %zu 102\" "
             "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%s over time\">", height, line->count, title);
    for (size_t i = 0; i < line->count && most > 0; i++)
        add_column(html, line, i, from, to, most);
    str_add(html, "</svg>\n");
}

void chart_time(struct str *html, const struct tally *tally)
{
    struct timeline *line;

    if (tally->n_hours == 0)
        return;
    line = xmalloc(sizeof(*line));
    fill(line, tally);
    add_panel(html, line, "Delivered", DELIVERED, DELIVERED, 4);
    add_panel(html, line, "Refused, deferred, prevented", REFUSED, PREVENTED, 9);
    str_add(html, "<p class=\"axis\"><span>");
    add_when(html, line, 0);
    str_add(html, "</span><span>");
    add_when(html, line, line->count - 1);
    str_add(html, "</span></p>\n");
    free(line);
}
