/*
 * What could be header or boundary in a message is counted line by line; see mimebudget.h.
 */
#include "config.h"

#include "lib/bounce/mimebudget.h"

#include <stdbool.h>
#include <string.h>

struct count {
    size_t header_bytes, fields, boundaries;
    bool is_in_header;
    bool may_begin;             /* a header may: at the start, behind an empty line or a boundary */
};

static bool is_field(const char *line, size_t len)
{
    size_t n = 0;

    while (n < len && line[n] > ' ' && line[n] < 0x7f && line[n] != ':')
        n++;
    return n > 0 && n < len && line[n] == ':';
}

/* line: with its end. */
static void count_line(struct count *count, const char *line, size_t len)
{
    bool is_empty = line[0] == '\n' || (line[0] == '\r' && len == 2);
    bool is_boundary = len > 2 && memcmp(line, "--", 2) == 0;
    bool is_fold = !is_empty && (line[0] == ' ' || line[0] == '\t');
    bool has_field = is_field(line, len);

    count->fields += has_field;
    count->boundaries += is_boundary;
    count->is_in_header = count->is_in_header ? has_field || is_fold : count->may_begin && has_field;
    if (count->is_in_header)
        count->header_bytes += len;
    count->may_begin = is_empty || is_boundary;
}

size_t mime_budget(const char *text, size_t len)
{
    struct count count = { .may_begin = true };

    for (size_t at = 0; at < len;) {
        const char *lf = memchr(text + at, '\n', len - at);
        size_t n = lf == NULL ? len - at : (size_t)(lf - (text + at)) + 1;
        count_line(&count, text + at, n);
        if (count.header_bytes > MIME_HEADER_BYTES_MAX || count.fields > MIME_FIELDS_MAX ||
            count.boundaries > MIME_BOUNDARIES_MAX)
            return at;
        at += n;
    }
    return len;
}
