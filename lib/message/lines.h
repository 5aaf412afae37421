/*
 * What the lines of a text are like, in one fast pass over chunks of any size.  Not shared between threads.
 * A line ends at its LF; a CR before that LF belongs to the line's end, any other CR to the line.
 */
#ifndef PREFLIGHT_MESSAGE_LINES_H
#define PREFLIGHT_MESSAGE_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed to begin with. */
struct line_scan {
    size_t longest;             /* bytes without the line's end; right after line_scan_end */
    bool has_bare_cr, has_bare_lf, has_nul, has_eight_bit;
    size_t line;                /* bytes of the line at hand, without a final CR */
    bool is_after_cr;
};

void line_scan_feed(struct line_scan *scan, const unsigned char *data, size_t len);
void line_scan_end(struct line_scan *scan);     /* takes what is left as a last line */

#endif
