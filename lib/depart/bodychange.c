/*
 * The body of a message as smtp(8) sends it; see bodychange.h.  What it does in cases that no RFC speaks of was
 * measured: t/e2e/departed.py and t/unit/test_bodychange.c.
 */
#include "config.h"

#include "lib/depart/bodychange.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/checkaction.h"
#include "lib/depart/mimetype.h"
#include "lib/message/lex.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RECORD_MAX 2048         /* Postfix's line_length_limit: a longer line is looked at in pieces */
#define FIELD_MAX 102400        /* its header_size_limit */
#define BOUNDARY_MAX 2048       /* its mime_boundary_length_limit */
#define DEPTH_MAX 100           /* its mime_nesting_limit */
#define ENCODED_MAX 72          /* bytes of quoted-printable after which a line is broken */
#define OUTPUT_SIZE 16384

enum state { STATE_PRIMARY, STATE_PART, STATE_NESTED, STATE_BODY };

struct boundary {
    char *text;
    bool is_digest;
};

struct bodychange {
    struct bodychange_rules rules;
    enum state state;
    enum mime_kind kind;        /* of the part at hand */
    bool is_eight_bit;          /* by its label */
    struct boundary *stack;
    size_t depth, stack_capacity;
    struct str line;            /* of which the end is not there yet */
    bool is_continued;          /* the record before was of the same line */
    struct str field;           /* of a part, folds as LF */
    struct str encoded;         /* quoted-printable of the line at hand */
    struct str output;
    size_t column;              /* bytes of the line that is written */
    unsigned done;
};

struct bodychange *bodychange_new(const struct bodychange_rules *rules)
{
    struct bodychange *change = xcalloc(1, sizeof(*change));

    change->rules = *rules;
    if (rules->line_limit == 1)
        change->rules.line_limit = 2;       /* a piece begins with a space */
    return change;
}

static void pop(struct bodychange *change)
{
    free(change->stack[--change->depth].text);
}

void bodychange_free(struct bodychange **change)
{
    struct bodychange *c = *change;

    if (c == NULL)
        return;
    while (c->depth > 0)
        pop(c);
    free(c->stack);
    str_clear(&c->line);
    str_clear(&c->field);
    str_clear(&c->encoded);
    str_clear(&c->output);
    free(c);
    *change = NULL;
}

unsigned bodychange_done(const struct bodychange *change)
{
    return change->done;
}

bool bodychange_has_parts(const struct bodychange *change)
{
    return change->depth > 0 || change->state == STATE_NESTED;
}

/* --- out: lines are cut ------------------------------------------------------------------------------ */

static void flush_output(struct bodychange *change)
{
    if (change->output.len > 0)
        change->rules.write(change->rules.context, str_get(&change->output), change->output.len);
    str_reset(&change->output);
}

static void put(struct bodychange *change, const char *text, size_t len)
{
    size_t limit = change->rules.line_limit;

    while (len > 0) {
        size_t piece = len;
        if (limit > 0 && change->column >= limit) {
            str_add(&change->output, "\r\n ");
            change->column = 1;
            change->done |= BODYCHANGE_CUT;
        }
        if (limit > 0 && piece > limit - change->column)
            piece = limit - change->column;
        str_addn(&change->output, text, piece);
        if (change->output.len > OUTPUT_SIZE)
            flush_output(change);
        change->column += piece;
        text += piece;
        len -= piece;
    }
}

static void put_end(struct bodychange *change)
{
    str_add(&change->output, "\r\n");
    change->column = 0;
    if (change->output.len > OUTPUT_SIZE)
        flush_output(change);
}

/* text: with LF between lines. */
static void put_lines(struct bodychange *change, const char *text, size_t len)
{
    const char *lf;

    while ((lf = memchr(text, '\n', len)) != NULL) {
        put(change, text, (size_t)(lf - text));
        put_end(change);
        len -= (size_t)(lf - text) + 1;
        text = lf + 1;
    }
    put(change, text, len);
    put_end(change);
}

/* --- checks --------------------------------------------------------------------------------------------- */

static bool is_field_start(const char *text, size_t len)
{
    size_t name = 0;

    while (name < len && (unsigned char)text[name] > 0x20 && (unsigned char)text[name] < 0x7f && text[name] != ':')
        name++;
    size_t colon = name;
    while (colon < len && (text[colon] == ' ' || text[colon] == '\t'))
        colon++;
    return name > 0 && colon < len && text[colon] == ':';
}

/* What a check makes of a text. */
struct checked {
    const char *before, *text;      /* a line to be put before it, or NULL; NULL: it is removed */
    size_t len;                     /* of text */
};

static struct checked check(struct bodychange *change, enum bodychange_text what, const char *text, size_t len)
{
    static const unsigned done[] = {
        [BODYCHANGE_LINE] = BODYCHANGE_LINES, [BODYCHANGE_MIME_FIELD] = BODYCHANGE_MIME,
        [BODYCHANGE_NESTED_FIELD] = BODYCHANGE_NESTED,
    };
    struct checked checked = { NULL, text, len };
    const char *action = change->rules.ask == NULL || len == 0 ? NULL
        : change->rules.ask(change->rules.context, what, text, len);

    if (action == NULL)
        return checked;
    const char *argument;
    enum check_action asked = checkaction_read(action, &argument);
    bool is_text = *argument != '\0' && (what == BODYCHANGE_LINE || is_field_start(argument, strlen(argument)));
    if (asked == CHECK_ACTION_REMOVE)
        checked = (struct checked){ NULL, NULL, 0 };
    else if (asked == CHECK_ACTION_PREPEND && is_text)
        checked.before = argument;
    else if (asked == CHECK_ACTION_REPLACE && is_text)
        checked = (struct checked){ NULL, argument, strlen(argument) };
    else
        return checked;
    change->done |= done[what];
    return checked;
}

/* A record of the body; is_last: its line ends here. */
static void put_record(struct bodychange *change, const char *text, size_t len, bool is_last)
{
    struct checked checked = check(change, BODYCHANGE_LINE, text, len);

    if (checked.text == NULL)
        return;
    if (checked.before != NULL) {
        put(change, checked.before, strlen(checked.before));
        put_end(change);
    }
    put(change, checked.text, checked.len);
    if (is_last)
        put_end(change);
}

/* --- quoted-printable -------------------------------------------------------------------------------- */

static void encode_byte(struct bodychange *change, char c)
{
    str_addf(&change->encoded, "=%02X", (unsigned)(unsigned char)c);
    change->done |= BODYCHANGE_CONVERTED;
}

static void put_encoded(struct bodychange *change)
{
    put_record(change, str_get(&change->encoded), change->encoded.len, true);
    str_reset(&change->encoded);
}

static void encode(struct bodychange *change, const char *text, size_t len, bool is_last)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char u = (unsigned char)text[i];
        if (change->encoded.len > ENCODED_MAX) {
            str_addc(&change->encoded, '=');
            change->done |= BODYCHANGE_CONVERTED;
            put_encoded(change);
        }
        if (u == '=' || u > 0x7e || (u < 0x20 && u != '\t'))
            encode_byte(change, text[i]);
        else
            str_addc(&change->encoded, text[i]);
    }
    if (!is_last)
        return;
    char last = change->encoded.len > 0 ? change->encoded.data[change->encoded.len - 1] : 'x';
    if (last == ' ' || last == '\t') {
        change->encoded.len--;
        encode_byte(change, last);
    }
    put_encoded(change);
}

/* --- headers -------------------------------------------------------------------------------------------- */

static void begin_part(struct bodychange *change, enum state state, enum mime_kind kind)
{
    change->state = state;
    change->kind = kind;
    change->is_eight_bit = false;
}

static void push(struct bodychange *change, char *boundary, bool is_digest)
{
    if (boundary == NULL || strlen(boundary) > BOUNDARY_MAX || change->depth == DEPTH_MAX) {
        free(boundary);
        return;
    }
    change->stack = xgrow(change->stack, change->depth, &change->stack_capacity, sizeof(*change->stack));
    change->stack[change->depth++] = (struct boundary){ boundary, is_digest };
}

/* What a field says of the part.  True where the field itself makes way for another label. */
static bool learn(struct bodychange *change, const char *name, size_t len, const char *value)
{
    if (len == strlen("Content-Type") && strncasecmp(name, "Content-Type", len) == 0) {
        char *boundary;
        change->kind = mimetype_read(value, &boundary);
        push(change, boundary, change->kind == MIME_DIGEST);
        return false;
    }
    if (len != strlen("Content-Transfer-Encoding") || strncasecmp(name, "Content-Transfer-Encoding", len) != 0)
        return false;
    enum mime_encoding encoding = mimetype_encoding(value);
    if (encoding != MIME_UNKNOWN)
        change->is_eight_bit = encoding == MIME_EIGHT_BIT;
    return change->rules.converts_8bit && change->is_eight_bit;
}

static void end_field(struct bodychange *change)
{
    const char *text = str_get(&change->field);
    const char *colon = memchr(text, ':', change->field.len);

    if (colon == NULL)
        return;
    size_t len = lex_name_length(text, (size_t)(colon - text));
    if (learn(change, text, len, colon + 1)) {
        change->done |= BODYCHANGE_CONVERTED;
        str_reset(&change->field);
        return;
    }
    bool is_nested = change->state == STATE_NESTED && !mimetype_is_field(text, len);
    struct checked checked = check(change, is_nested ? BODYCHANGE_NESTED_FIELD : BODYCHANGE_MIME_FIELD, text,
                                   change->field.len);
    if (checked.before != NULL)
        put_lines(change, checked.before, strlen(checked.before));
    if (checked.text != NULL)
        put_lines(change, checked.text, checked.len);
    str_reset(&change->field);
}

static void end_fields(struct bodychange *change)
{
    end_field(change);
    if (!change->rules.converts_8bit || !change->is_eight_bit)
        return;
    if (change->state != STATE_PRIMARY) {
        bool is_leaf = change->kind == MIME_PLAIN || change->kind == MIME_GLOBAL;
        const char *label = is_leaf ? "Content-Transfer-Encoding: quoted-printable" : "Content-Transfer-Encoding: 7bit";
        put_lines(change, label, strlen(label));
    }
}

/* The empty line behind the header.  Parts of a multipart have labels of their own; a message/partial has none. */
static void end_header(struct bodychange *change)
{
    bool is_converted = change->rules.converts_8bit && change->is_eight_bit;

    if (change->kind == MIME_RFC822 || (change->kind == MIME_GLOBAL && !is_converted))
        begin_part(change, STATE_NESTED, MIME_PLAIN);
    else
        change->state = STATE_BODY;
    if (change->kind == MIME_MULTIPART || change->kind == MIME_DIGEST)
        change->is_eight_bit = false;
}

static void add_to_field(struct bodychange *change, const char *text, size_t len)
{
    if (change->field.len + len > FIELD_MAX) {
        change->done |= BODYCHANGE_UNKNOWN;
        return;
    }
    str_addn(&change->field, text, len);
}

static void take_body(struct bodychange *change, const char *text, size_t len, bool is_last);

static void take_field(struct bodychange *change, const char *text, size_t len, bool is_last)
{
    if (change->is_continued && change->field.len > 0) {
        add_to_field(change, text, len);
        return;
    }
    if (len > 0 && (text[0] == ' ' || text[0] == '\t') && change->field.len > 0) {
        add_to_field(change, "\n", 1);
        add_to_field(change, text, len);
        return;
    }
    end_field(change);
    if (is_field_start(text, len)) {
        add_to_field(change, text, len);
        return;
    }
    end_fields(change);
    if (len == 0) {
        put_end(change);
        end_header(change);
        return;
    }
    change->state = STATE_BODY;
    take_body(change, text, len, is_last);
}

void bodychange_header(struct bodychange *change, const char *name, const char *value)
{
    (void)learn(change, name, lex_name_length(name, strlen(name)), value);
}

void bodychange_end_of_header(struct bodychange *change)
{
    end_fields(change);
    end_header(change);
}

/* --- the body -------------------------------------------------------------------------------------------- */

/* A line that begins with a boundary's text is that boundary, whatever follows. */
static void look_for_boundary(struct bodychange *change, const char *text, size_t len)
{
    for (size_t i = change->depth; i-- > 0;) {
        const struct boundary *boundary = &change->stack[i];
        size_t end = 2 + strlen(boundary->text);
        if (len < end || memcmp(text + 2, boundary->text, end - 2) != 0)
            continue;
        while (change->depth > i + 1)
            pop(change);
        if (len >= end + 2 && memcmp(text + end, "--", 2) == 0) {
            pop(change);
            begin_part(change, STATE_BODY, MIME_PLAIN);
        } else {
            begin_part(change, STATE_PART, boundary->is_digest ? MIME_RFC822 : MIME_PLAIN);
        }
        return;
    }
}

static void take_body(struct bodychange *change, const char *text, size_t len, bool is_last)
{
    if (!change->is_continued && change->depth > 0 && len >= 2 && text[0] == '-' && text[1] == '-')
        look_for_boundary(change, text, len);
    if (change->rules.converts_8bit && change->is_eight_bit)
        encode(change, text, len, is_last);
    else
        put_record(change, text, len, is_last);
}

static void take_record(struct bodychange *change, const char *text, size_t len, bool is_last)
{
    if (change->state == STATE_BODY)
        take_body(change, text, len, is_last);
    else
        take_field(change, text, len, is_last);
    change->is_continued = !is_last;
}

/* What is there of a line, but for the last bytes: it goes on, or a CR of its end may be among them. */
static void take_beginning(struct bodychange *change)
{
    size_t at = 0;

    while (change->line.len - at > RECORD_MAX + 1) {
        take_record(change, change->line.data + at, RECORD_MAX, false);
        at += RECORD_MAX;
    }
    if (at > 0) {
        memmove(change->line.data, change->line.data + at, change->line.len - at);
        change->line.len -= at;
    }
}

static void take_line(struct bodychange *change, const char *text, size_t len)
{
    if (len > 0 && text[len - 1] == '\r')
        len--;
    for (; len > RECORD_MAX; text += RECORD_MAX, len -= RECORD_MAX)
        take_record(change, text, RECORD_MAX, false);
    take_record(change, text, len, true);
}

void bodychange_body(struct bodychange *change, const unsigned char *data, size_t len)
{
    const char *text = (const char *)data, *lf;

    while ((lf = memchr(text, '\n', len)) != NULL) {
        size_t part = (size_t)(lf - text);
        if (change->line.len == 0) {
            take_line(change, text, part);
        } else {
            str_addn(&change->line, text, part);
            take_line(change, change->line.data, change->line.len);
            str_reset(&change->line);
        }
        text = lf + 1;
        len -= part + 1;
    }
    str_addn(&change->line, text, len);
    take_beginning(change);
}

void bodychange_end(struct bodychange *change)
{
    if (change->line.len > 0 || change->is_continued)
        take_line(change, str_get(&change->line), change->line.len);
    str_reset(&change->line);
    if (change->state == STATE_PART || change->state == STATE_NESTED)
        end_fields(change);
    flush_output(change);
}
