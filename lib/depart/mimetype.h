/*
 * Content-Type and Content-Transfer-Encoding (RFC 2045 sections 5 and 6) as Postfix reads them when it sends a message:
 * what it does not understand it takes for a plain part.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_DEPART_MIMETYPE_H
#define PREFLIGHT_DEPART_MIMETYPE_H

#include <stdbool.h>
#include <stddef.h>

enum mime_kind {
    MIME_PLAIN,                 /* text, and whatever has no parts */
    MIME_MULTIPART, MIME_DIGEST,    /* a digest's parts are messages unless they say otherwise */
    MIME_MESSAGE,               /* message/partial and others that are not looked into */
    MIME_RFC822,                /* message/rfc822: a header and a body of its own */
    MIME_GLOBAL                 /* message/global: likewise, but converted as a whole where it is 8-bit */
};

enum mime_encoding { MIME_UNKNOWN, MIME_SEVEN_BIT, MIME_EIGHT_BIT };

/* value: all after the colon.  boundary_r: of a multipart, NULL where it has none; the caller frees. */
enum mime_kind mimetype_read(const char *value, char **boundary_r);

/* 8bit and binary are eight bits; quoted-printable and base64 are seven. */
enum mime_encoding mimetype_encoding(const char *value);

/* Is the field of this name one that Postfix counts to MIME, and asks smtp_mime_header_checks about? */
bool mimetype_is_field(const char *name, size_t len);

#endif
