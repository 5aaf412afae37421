/*
 * What the lines of a text are like; see lines.h.  Every byte of every mail passes here, so the work is left to memchr
 * and to eight bytes at a time.
 */
#include "config.h"

#include "lib/message/lines.h"

#include <stdint.h>
#include <string.h>

static bool has_byte_over_127(const unsigned char *data, size_t len)
{
    const uint64_t high_bits = UINT64_C(0x8080808080808080);
    uint64_t words[4], seen = 0;

    for (; len >= sizeof(words); data += sizeof(words), len -= sizeof(words)) {
        memcpy(words, data, sizeof(words));
        seen |= words[0] | words[1] | words[2] | words[3];
    }
    while (len > 0)
        seen |= data[--len];
    return (seen & high_bits) != 0;
}

static void end_line(struct line_scan *scan)
{
    if (scan->line > scan->longest)
        scan->longest = scan->line;
    scan->line = 0;
}

/* Takes len bytes without an LF, then the LF or the end of the chunk. */
static void take_line(struct line_scan *scan, const unsigned char *data, size_t len, bool has_lf)
{
    bool ends_in_cr = len > 0 && data[len - 1] == '\r';

    if (ends_in_cr)
        len--;
    if (len > 0 && !scan->has_bare_cr)
        scan->has_bare_cr = memchr(data, '\r', len) != NULL;
    scan->line += len;
    if (!has_lf) {
        scan->is_after_cr = ends_in_cr;
        return;
    }
    scan->has_bare_lf = scan->has_bare_lf || !ends_in_cr;
    end_line(scan);
}

/* A CR was the last byte of the chunk before: does it end its line? */
static size_t take_after_cr(struct line_scan *scan, unsigned char c)
{
    scan->is_after_cr = false;
    if (c == '\n') {
        end_line(scan);
        return 1;
    }
    scan->has_bare_cr = true;
    scan->line++;
    return 0;
}

void line_scan_feed(struct line_scan *scan, const unsigned char *data, size_t len)
{
    if (len == 0)
        return;
    if (!scan->has_nul)
        scan->has_nul = memchr(data, '\0', len) != NULL;
    if (!scan->has_eight_bit)
        scan->has_eight_bit = has_byte_over_127(data, len);

    size_t at = scan->is_after_cr ? take_after_cr(scan, data[0]) : 0;
    while (at < len) {
        const unsigned char *lf = memchr(data + at, '\n', len - at);
        size_t end = lf == NULL ? len : (size_t)(lf - data);
        take_line(scan, data + at, end - at, lf != NULL);
        at = end + 1;
    }
}

void line_scan_end(struct line_scan *scan)
{
    if (scan->is_after_cr) {
        scan->is_after_cr = false;
        scan->has_bare_cr = true;
        scan->line++;
    }
    end_line(scan);
}
