/*
 * The text of a reply made plain for patterns, and the codes in it (RFC 5321 section 4.2, RFC 3463).
 * Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_JUDGE_REPLYTEXT_H
#define PREFLIGHT_JUDGE_REPLYTEXT_H

#include <stddef.h>

#define REPLYTEXT_INPUT_MAX 16384       /* bytes read */
#define REPLYTEXT_MAX 4096              /* bytes kept: RFC 5321 allows 512 a line */

struct replytext {
    char plain[REPLYTEXT_MAX];  /* one line, single spaces, no code repeated for a next line, "@" for any address */
    size_t len;
    size_t said;                /* where the receiver's own words begin: behind "host x said: " */
    char code[4];               /* "550"; "" where there is none */
    char enhanced[16];          /* "5.7.26"; "" where there is none */
};

/* text: untrusted, of any length. */
void replytext_read(const char *text, struct replytext *out);

/* Takes an enhanced code that was told beside the text, if status is one. */
void replytext_status(const char *status, struct replytext *out);

#endif
