/*
 * Canonical body lengths; see bodylength.h.
 */
#include "config.h"

#include "lib/check/bodylength.h"

static void end_line(int64_t *total, int64_t *empty, int64_t line)
{
    if (line == 0) {
        *empty += 2;
    } else {
        *total += *empty + line + 2;
        *empty = 0;
    }
}

static void add_byte(struct bodylength *length, unsigned char c)
{
    length->line++;
    if (c == ' ' || c == '\t') {
        length->has_space = true;
        return;
    }
    length->relaxed_line += 1 + length->has_space;
    length->has_space = false;
}

void bodylength_add(struct bodylength *length, const unsigned char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool ends = data[i] == '\n' && length->has_cr;
        if (length->has_cr && !ends)
            add_byte(length, '\r');
        length->has_cr = data[i] == '\r';
        if (ends) {
            end_line(&length->simple, &length->simple_empty, length->line);
            end_line(&length->relaxed, &length->relaxed_empty, length->relaxed_line);
            length->line = length->relaxed_line = 0;
            length->has_space = false;
        } else if (!length->has_cr) {
            add_byte(length, data[i]);
        }
    }
}

/* A last line without an end is given one; an empty body is CRLF in the simple form and nothing in the relaxed one. */
int64_t bodylength_get(const struct bodylength *length, bool is_relaxed)
{
    struct bodylength end = *length;

    if (end.has_cr)
        add_byte(&end, '\r');
    end_line(&end.simple, &end.simple_empty, end.line);
    end_line(&end.relaxed, &end.relaxed_empty, end.relaxed_line);
    if (is_relaxed)
        return end.relaxed;
    return end.simple == 0 ? 2 : end.simple;
}
