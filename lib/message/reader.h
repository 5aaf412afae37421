/*
 * A message from a file, taken apart the way an MTA hands it to a milter: header fields, then the body with CRLF lines.
 * Lines may end in LF or CRLF; an mbox "From " line at the start is skipped.  Streaming: bounded memory for any file.
 */
#ifndef PREFLIGHT_MESSAGE_READER_H
#define PREFLIGHT_MESSAGE_READER_H

#include <stddef.h>
#include <stdio.h>

struct err;

struct message_sink {
    void (*header)(void *context, const char *name, const char *value);    /* value as after the colon, folds as LF */
    void (*end_of_header)(void *context);
    void (*body)(void *context, const unsigned char *data, size_t len);
    void *context;
};

/*
 * A line in the header that is no field ends the header, as in Postfix: it begins the body.
 * A field over READER_FIELD_MAX bytes is cut there, as an MTA cuts it.  NUL bytes in a field are dropped.
 * -1 with err where reading failed.
 */
#define READER_FIELD_MAX (4 * 1024 * 1024)
int message_read(FILE *file, const struct message_sink *sink, struct err *err);

#endif
