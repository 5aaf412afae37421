/*
 * How much of a message a MIME parser is given.  Its objects take a hundred times the bytes of the header fields and
 * boundaries they stand for, and a hostile message consists of nothing else.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_BOUNCE_MIMEBUDGET_H
#define PREFLIGHT_BOUNCE_MIMEBUDGET_H

#include <stddef.h>

#define MIME_HEADER_BYTES_MAX (1024 * 1024)     /* of all headers in the message, its parts' too */
#define MIME_FIELDS_MAX 50000                   /* lines that could be header fields */
#define MIME_BOUNDARIES_MAX 4000                /* lines that could be boundaries */

/* The bytes that stay within all of these: len for any message that people send. */
size_t mime_budget(const char *text, size_t len);

#endif
