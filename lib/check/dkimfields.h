/*
 * A message's header fields as they went over the wire, and what DKIM makes of them: which ones h= covers, and their
 * canonical forms (RFC 6376 sections 3.4.1, 3.4.2, 3.7 and 5.4.2).  libopendkim has the same for itself and shows none.
 * Memory is what was added, the caller bounds that.  Not shared between threads.
 */
#ifndef PREFLIGHT_CHECK_DKIMFIELDS_H
#define PREFLIGHT_CHECK_DKIMFIELDS_H

#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define DKIM_LISTED_MAX 500         /* names of one h= that are looked at */
#define DKIM_NO_FIELD ((size_t)-1)

struct dkim_field {
    const char *name, *value;       /* into the store, not NUL-terminated; value: all after the colon, folds as CRLF */
    size_t name_len, value_len;     /* name without white space before the colon */
};

struct dkim_fields {                /* zeroed to begin with */
    struct str bytes;
    struct {
        size_t at, colon, len;
    } *items;                       /* in the order of the message */
    size_t count, capacity;
};

/*
 * Adds "name:value", each fold made CRLF.  Returns that text, *len_r bytes; it and what dkim_fields_get gave stay
 * valid until the next one.
 */
const char *dkim_fields_add(struct dkim_fields *fields, const char *name, const char *value, size_t *len_r);
void dkim_fields_clear(struct dkim_fields *fields);
struct dkim_field dkim_fields_get(const struct dkim_fields *fields, size_t i);

bool dkim_field_is(const struct dkim_field *field, const char *name, size_t len);   /* any case */

/* One name of h= and the field it covers: fields of a name are taken from the bottom up. */
struct dkim_listed {
    const char *name;               /* into h=, not NUL-terminated, without white space; may be empty */
    size_t len;
    size_t field;                   /* DKIM_NO_FIELD where no further field has this name */
};

/*
 * What h= (its value, with white space) covers, in its order; the message is read without the field skipped, which may
 * be DKIM_NO_FIELD.  Returns how many entries there are, at most DKIM_LISTED_MAX; further ones are not looked at.
 */
size_t dkim_fields_select(const struct dkim_fields *fields, const char *list, size_t len, size_t skipped,
                          struct dkim_listed listed_r[DKIM_LISTED_MAX]);

/* Appends the field in canonical form, with its CRLF. */
void dkim_canonicalize(const struct dkim_field *field, bool is_relaxed, struct str *text_r);

/* The signature's own: the value of b= emptied, no CRLF at the end. */
void dkim_canonicalize_signature(const struct dkim_field *field, bool is_relaxed, struct str *text_r);

#endif
