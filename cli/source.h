/*
 * The message a command is to look at: a file, or standard input, readable more than once.
 */
#ifndef PREFLIGHT_CLI_SOURCE_H
#define PREFLIGHT_CLI_SOURCE_H

#include <stdio.h>

struct err;

/* path: a file, or "-" for standard input.  What cannot be rewound is kept in a temporary file.  NULL with err. */
FILE *source_open(const char *path, struct err *err);
void source_close(FILE *file);      /* leaves standard input open */

#endif
