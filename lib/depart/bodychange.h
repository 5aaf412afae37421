/*
 * The body of a message as smtp(8) of Postfix sends it: walks its parts, makes 8-bit text quoted-printable for a
 * server without 8BITMIME, applies what checks say of lines and of the fields of parts, and cuts long lines; in
 * Postfix's order.
 * Streamed; keeps one line and one field.  Not shared between threads.
 */
#ifndef PREFLIGHT_DEPART_BODYCHANGE_H
#define PREFLIGHT_DEPART_BODYCHANGE_H

#include <stdbool.h>
#include <stddef.h>

struct bodychange;

/* What is asked about, and by whom. */
enum bodychange_text {
    BODYCHANGE_LINE,            /* smtp_body_checks: a line, of a long one 2048 bytes at a time; no line end in it */
    BODYCHANGE_MIME_FIELD,      /* smtp_mime_header_checks: a field of a part, "Name: value" with folds as LF */
    BODYCHANGE_NESTED_FIELD     /* smtp_nested_header_checks: likewise, of an attached message */
};

/* The action, "REPLACE ..." as in header_checks(5), or NULL.  text: not terminated. */
typedef const char *bodychange_ask(void *context, enum bodychange_text what, const char *text, size_t len);
typedef void bodychange_write(void *context, const char *data, size_t len);

struct bodychange_rules {
    bool converts_8bit;
    size_t line_limit;          /* bytes; 0: lines are not cut */
    bodychange_ask *ask;        /* NULL: nothing is asked */
    bodychange_write *write;
    void *context;              /* of both */
};

struct bodychange *bodychange_new(const struct bodychange_rules *rules);
void bodychange_free(struct bodychange **change);       /* NULL is fine */

/* The message's header, as it came: only what it says of the body matters. */
void bodychange_header(struct bodychange *change, const char *name, const char *value);
void bodychange_end_of_header(struct bodychange *change);

/* After that: are there parts with fields of their own? */
bool bodychange_has_parts(const struct bodychange *change);

/* Lines end in LF or CRLF; what is written has CRLF. */
void bodychange_body(struct bodychange *change, const unsigned char *data, size_t len);
void bodychange_end(struct bodychange *change);         /* writes what is left */

/* What was done up to now; a set of these. */
#define BODYCHANGE_CONVERTED    0x01
#define BODYCHANGE_CUT          0x02
#define BODYCHANGE_LINES        0x04    /* smtp_body_checks */
#define BODYCHANGE_MIME         0x08    /* smtp_mime_header_checks */
#define BODYCHANGE_NESTED       0x10    /* smtp_nested_header_checks */
#define BODYCHANGE_UNKNOWN      0x20    /* a part's field is too long to be looked at: what leaves is not known */

unsigned bodychange_done(const struct bodychange *change);

#endif
