/*
 * A server's reply inside what others write around it: "host mx.example.net[192.0.2.1] said: 550 5.1.1 ... (in reply to
 * RCPT TO command)".  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_BOUNCE_SAID_H
#define PREFLIGHT_BOUNCE_SAID_H

#include <stdbool.h>
#include <stddef.h>

/* Does a reply begin here: a code of three digits, 4 or 5 first, then "-", a space or the end? */
bool is_reply_code(const char *text);

/* Does an enhanced status code (RFC 3463) begin here: 4.x.y or 5.x.y?  Its length, or 0. */
size_t enhanced_code_length(const char *text);

/* One line of it: runs of white space and control characters are one space, none at the ends.  Caller frees. */
char *reply_squeeze(const char *text, size_t len);

/*
 * Takes a squeezed text apart.  *host: who spoke, where that is NULL yet and is told; caller frees.  The reply is what
 * the text shrinks to.
 * True where something in it says that a server spoke, or where it has a code: it is a reply and no mere text.
 */
bool reply_extract(char *text, char **host);

/* An address without <>, if the text begins with one that has a domain; its length there, or 0. */
size_t address_length(const char *text);

/* The address that a text begins with, with or without its <; NULL where there is none.  Caller frees. */
char *address_copy(const char *text);

#endif
