/*
 * The message a command is to look at; see source.h.
 */
#include "config.h"

#include "cli/source.h"
#include "lib/base/err.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define SPOOL_MAX (512L * 1024 * 1024)      /* bytes taken from a pipe */

static FILE *spool(FILE *in, const char *path, struct err *err)
{
    FILE *out = tmpfile();
    char chunk[65536];
    long total = 0;
    size_t n;

    if (out == NULL) {
        err_set(err, "cannot make a temporary file: %s", strerror(errno));
        return NULL;
    }
    while ((n = fread(chunk, 1, sizeof(chunk), in)) > 0) {
        total += (long)n;
        if (total > SPOOL_MAX || fwrite(chunk, 1, n, out) != n)
            break;
    }
    if (total > SPOOL_MAX)
        err_set(err, "the message is over %ld bytes", SPOOL_MAX);
    else if (ferror(in))
        err_set(err, "cannot read '%s': %s", path, strerror(errno));
    else if (ferror(out))
        err_set(err, "cannot keep the message: %s", strerror(errno));
    else {
        rewind(out);
        return out;
    }
    fclose(out);
    return NULL;
}

FILE *source_open(const char *path, struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *in = is_stdin ? stdin : fopen(path, "rb");
    struct stat st;

    if (in == NULL || fstat(fileno(in), &st) < 0) {
        err_set(err, "cannot open '%s': %s", path, strerror(errno));
        return NULL;
    }
    if (S_ISREG(st.st_mode) && !is_stdin)
        return in;
    FILE *copy = spool(in, path, err);
    source_close(in);
    return copy;
}

void source_close(FILE *file)
{
    if (file != stdin)
        fclose(file);
}
