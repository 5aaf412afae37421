/*
 * The message a command is to look at: a file, or standard input, readable more than once.
 */
#ifndef PREFLIGHT_CLI_SOURCE_H
#define PREFLIGHT_CLI_SOURCE_H

#include <stdio.h>

struct err;
struct preflight_message;

/* path: a file, or "-" for standard input.  What cannot be rewound is kept in a temporary file.  NULL with err. */
FILE *source_open(const char *path, struct err *err);

/*
 * Who sends the message, by its own word: Return-Path, which a delivered copy has, else the first author,
 * else "" (the null sender).  Rewinds the file.  Caller frees; NULL with err where reading failed.
 */
char *source_sender(FILE *file, struct err *err);

/* Header and body into the message's judgement.  -1 with err where reading failed. */
int source_feed(FILE *file, struct preflight_message *message, struct err *err);

#endif
