/*
 * A message from a file; see reader.h.  Chunks of the file pass through three stages: the start of a header line until
 * it is known what the line is, the rest of that line, the body.  Decides as Postfix's is_header.c and mime_state.c.
 */
#include "config.h"

#include "lib/message/reader.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 16384
#define START_MAX 2048          /* where a field's colon must be found: line_length_limit of Postfix */

enum stage { STAGE_START, STAGE_FIELD, STAGE_SKIP, STAGE_BODY };

struct reader {
    const struct message_sink *sink;
    enum stage stage;
    bool is_first_line;
    char start[START_MAX];      /* of a header line */
    size_t start_len;
    struct str name;            /* of the field at hand */
    struct str value;
    bool has_field;
    unsigned char out[CHUNK];   /* of the body, with CRLF */
    size_t out_len;
    unsigned char last;         /* byte of the body put out; LF at its start */
};

static void flush_field(struct reader *r)
{
    if (r->has_field)
        r->sink->header(r->sink->context, str_get(&r->name), str_get(&r->value));
    r->has_field = false;
    str_reset(&r->name);
    str_reset(&r->value);
}

static void flush_body(struct reader *r)
{
    if (r->out_len > 0)
        r->sink->body(r->sink->context, r->out, r->out_len);
    r->out_len = 0;
}

static void body_add(struct reader *r, const unsigned char *data, size_t len)
{
    while (len > 0) {
        if (r->out_len == sizeof(r->out))
            flush_body(r);
        size_t room = sizeof(r->out) - r->out_len, n = len < room ? len : room;
        memcpy(r->out + r->out_len, data, n);
        r->out_len += n;
        r->last = data[n - 1];
        data += n;
        len -= n;
    }
}

static size_t take_body(struct reader *r, const unsigned char *data, size_t len)
{
    for (size_t at = 0; at < len;) {
        const unsigned char *lf = memchr(data + at, '\n', len - at);
        size_t end = lf == NULL ? len : (size_t)(lf - data);
        body_add(r, data + at, end - at);
        if (lf != NULL && r->last != '\r')
            body_add(r, (const unsigned char *)"\r", 1);
        if (lf != NULL)
            body_add(r, lf, 1);
        at = end + 1;
    }
    return len;
}

static void begin_body(struct reader *r)
{
    flush_field(r);
    r->sink->end_of_header(r->sink->context);
    r->stage = STAGE_BODY;
}

/* Adds to the field at hand, without NULs and up to READER_FIELD_MAX. */
static void field_add(struct reader *r, const char *data, size_t len)
{
    size_t size = r->name.len + r->value.len;
    size_t room = size < READER_FIELD_MAX ? READER_FIELD_MAX - size : 0;

    while (len > 0 && room > 0) {
        const char *nul = memchr(data, '\0', len);
        size_t n = nul == NULL ? len : (size_t)(nul - data);
        size_t kept = n < room ? n : room;
        str_addn(&r->value, data, kept);
        room -= kept;
        n += nul != NULL;
        data += n;
        len -= n;
    }
}

static void field_end_line(struct reader *r)
{
    struct str *value = &r->value;

    if (value->len > 0 && value->data[value->len - 1] == '\r')
        value->data[--value->len] = '\0';
    r->stage = STAGE_START;
}

/* Length of the field name that text begins with, 0 where it is none; *colon_r: where its colon is. */
static size_t field_name(const char *text, size_t len, size_t *colon_r)
{
    size_t name = 0;

    while (name < len && text[name] > ' ' && text[name] < 0x7f && text[name] != ':')
        name++;
    *colon_r = name;
    while (*colon_r < len && (text[*colon_r] == ' ' || text[*colon_r] == '\t'))
        ++*colon_r;
    return *colon_r < len && text[*colon_r] == ':' ? name : 0;
}

/* The start of a line is there, or all of it: what is it? */
static void decide_line(struct reader *r, bool is_whole)
{
    const char *text = r->start;
    size_t len = r->start_len, colon, name = field_name(text, len, &colon);
    bool is_first_line = r->is_first_line;

    r->start_len = 0;
    r->is_first_line = false;
    if (is_whole && (len == 0 || (len == 1 && text[0] == '\r'))) {
        begin_body(r);
        return;
    }
    if (name > 0) {
        flush_field(r);
        r->has_field = true;
        str_addn(&r->name, text, name);
        field_add(r, text + colon + 1, len - colon - 1);
    } else if (r->has_field && (text[0] == ' ' || text[0] == '\t')) {
        field_add(r, "\n", 1);
        field_add(r, text, len);
    } else if (is_first_line && len >= 5 && memcmp(text, "From ", 5) == 0) {
        r->stage = is_whole ? STAGE_START : STAGE_SKIP;
        return;
    } else {
        begin_body(r);
        take_body(r, (const unsigned char *)text, len);
        if (is_whole)
            take_body(r, (const unsigned char *)"\n", 1);
        return;
    }
    if (is_whole)
        field_end_line(r);
    else
        r->stage = STAGE_FIELD;
}

static size_t take_start(struct reader *r, const char *data, size_t len)
{
    const char *lf = memchr(data, '\n', len);
    size_t end = lf == NULL ? len : (size_t)(lf - data);
    size_t room = sizeof(r->start) - r->start_len, n = end < room ? end : room;

    memcpy(r->start + r->start_len, data, n);
    r->start_len += n;
    if (n == end && lf != NULL) {
        decide_line(r, true);
        return n + 1;
    }
    if (r->start_len == sizeof(r->start))
        decide_line(r, false);
    return n;
}

/* The rest of a line whose start is known: of a field, or to be skipped. */
static size_t take_rest(struct reader *r, const char *data, size_t len)
{
    const char *lf = memchr(data, '\n', len);
    size_t end = lf == NULL ? len : (size_t)(lf - data);

    if (r->stage == STAGE_FIELD)
        field_add(r, data, end);
    if (lf == NULL)
        return len;
    if (r->stage == STAGE_FIELD)
        field_end_line(r);
    r->stage = STAGE_START;
    return end + 1;
}

static void take_chunk(struct reader *r, const unsigned char *data, size_t len)
{
    while (len > 0) {
        size_t n;
        if (r->stage == STAGE_BODY)
            n = take_body(r, data, len);
        else if (r->stage == STAGE_START)
            n = take_start(r, (const char *)data, len);
        else
            n = take_rest(r, (const char *)data, len);
        data += n;
        len -= n;
    }
}

static void take_end(struct reader *r)
{
    if (r->stage == STAGE_START && r->start_len > 0)
        decide_line(r, true);
    if (r->stage == STAGE_FIELD)
        field_end_line(r);
    if (r->stage != STAGE_BODY)
        begin_body(r);
    if (r->last != '\n')
        take_body(r, (const unsigned char *)"\n", 1);
    flush_body(r);
}

int message_read(FILE *file, const struct message_sink *sink, struct err *err)
{
    struct reader *r = xcalloc(1, sizeof(*r));
    unsigned char *chunk = xmalloc(CHUNK);
    size_t n;
    int rc = 0;

    r->sink = sink;
    r->is_first_line = true;
    r->last = '\n';
    while ((n = fread(chunk, 1, CHUNK, file)) > 0)
        take_chunk(r, chunk, n);
    if (ferror(file))
        rc = err_set(err, "cannot read message: %s", strerror(errno));
    else
        take_end(r);
    str_clear(&r->name);
    str_clear(&r->value);
    free(chunk);
    free(r);
    return rc;
}
