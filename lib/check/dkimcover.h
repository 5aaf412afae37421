/*
 * What a signature covers of the header, and what it leaves open (RFC 6376 sections 5.4, 8.2, 8.14 and 8.15).
 * Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_DKIMCOVER_H
#define PREFLIGHT_CHECK_DKIMCOVER_H

#include "lib/check/dkimfields.h"

#include <stdbool.h>
#include <stddef.h>

#define DKIM_NAMES_MAX 100      /* names in one list; further ones are not told */

struct dkim_names {
    char **items;               /* in lower case, cut to 76 bytes, not escaped */
    size_t count;
};

struct dkim_coverage {
    struct dkim_names covered;      /* named in h=, with a field in the message */
    struct dkim_names oversigned;   /* of these, named more often than there are fields: none can be added */
    struct dkim_names absent;       /* named in h= without a field in the message: none can be added */
    struct dkim_names uncovered;    /* fields a reader or his program relies on, not all of them covered */
    struct dkim_names addable;      /* fields a reader is shown, where another one could be added unnoticed */
};

/* signature: index of its field.  Without h= everything is uncovered. */
void dkim_coverage_find(const struct dkim_fields *fields, size_t signature, struct dkim_coverage *coverage_r);
void dkim_coverage_clear(struct dkim_coverage *coverage);

/* Adds a name once; nothing where the list is full or the name is empty. */
void dkim_names_add(struct dkim_names *names, const char *name, size_t len);
void dkim_names_split(struct dkim_names *names, const char *list, size_t len);      /* "y : s" */
bool dkim_names_has(const struct dkim_names *names, const char *name);              /* name: lower case */
void dkim_names_clear(struct dkim_names *names);

#endif
