/*
 * Another program's output: run without a shell, bounded in bytes and in time, ended with all it started.
 * Thread-safe.
 */
#ifndef PREFLIGHT_BASE_COMMAND_H
#define PREFLIGHT_BASE_COMMAND_H

#include <stddef.h>

struct err;
struct str;

struct command {
    const char *const *argv;    /* NULL-terminated; argv[0] is looked for in PATH where it has no slash */
    size_t max_bytes;           /* of its standard output */
    int timeout_ms;
    const void *input;          /* its standard input; NULL: empty */
    size_t input_len;
};

/*
 * Adds what it wrote to standard output.
 * -1 with err where it cannot be started, ends with another status than 0 (err has the end of its standard error),
 * writes too much or takes too long.
 */
int command_run(const struct command *command, struct str *output, struct err *err);

/*
 * The program's name where it is in PATH, else where system programs are, which is not in everybody's PATH: its file in
 * /usr/sbin or /usr/local/sbin.  Caller frees.
 */
char *command_find(const char *name);

#endif
