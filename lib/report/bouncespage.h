/*
 * The pieces of the page that tells what became of the mail: its style and its charts.  Within lib/report only.
 * Texts that come from a log are printable ASCII when they get here.
 */
#ifndef PREFLIGHT_REPORT_BOUNCESPAGE_H
#define PREFLIGHT_REPORT_BOUNCESPAGE_H

#include "lib/base/str.h"
#include "lib/bounce/tally.h"

#include <stddef.h>
#include <stdint.h>

/* Light and dark, wide and narrow, screen and paper. */
extern const char bounces_style[];

/* A part of a bar: its class in the style, and what it stands for. */
struct chart_part {
    const char *class;
    uint64_t value;
};

/* A bar in a table's row: its parts side by side, the whole width is max. */
void chart_bar(struct str *html, const struct chart_part *parts, size_t count, uint64_t max);

/* A rate as a bar up to scale, and where the limit is. */
void chart_rate(struct str *html, double rate, double limit, double scale);

/* Mail over time: delivered above, refused, deferred and prevented below. */
void chart_time(struct str *html, const struct tally *tally);

#endif
