/*
 * The fields of a delivery status (RFC 3464 section 2, RFC 6533): groups parted by empty lines, the first of the
 * message, one for each recipient.  As people paste them, too: without empty lines, lines broken without a fold.
 * Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_BOUNCE_STATUSFIELDS_H
#define PREFLIGHT_BOUNCE_STATUSFIELDS_H

#include "lib/bounce/bounce.h"

struct status_summary {
    size_t recipients;          /* told of, delivered ones too */
    bool is_postfix;            /* Postfix wrote it */
};

/* Adds the recipients that were refused or are delayed. */
void status_read(const char *text, size_t len, struct bounces *bounces, struct status_summary *summary_r);

/* Where such fields begin in a text, at the start of a line; NULL where they do not. */
const char *status_find(const char *text, size_t len);

#endif
