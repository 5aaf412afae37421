/*
 * The message a command is to look at; see source.h.
 */
#include "config.h"

#include "cli/source.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/message/address.h"
#include "lib/message/reader.h"
#include "lib/preflight.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define SPOOL_MAX (512L * 1024 * 1024)      /* bytes taken from a pipe */

static FILE *spool(FILE *in, struct err *err)
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
    else if (ferror(in) || ferror(out))
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
    FILE *copy = spool(in, err);
    if (!is_stdin)
        fclose(in);
    return copy;
}

struct search {
    char *return_path;
    char *from;
};

static void look_at_header(void *context, const char *name, const char *value)
{
    struct search *search = context;
    char **slot = NULL;

    if (strcasecmp(name, "Return-Path") == 0)
        slot = &search->return_path;
    else if (strcasecmp(name, "From") == 0)
        slot = &search->from;
    if (slot == NULL || *slot != NULL)
        return;
    struct address_list list;
    address_list_parse(value, &list);
    *slot = xstrdup(list.first == NULL ? "" : list.first);
    address_list_clear(&list);
}

static void ignore_end(void *context)
{
    (void)context;
}

static void ignore_body(void *context, const unsigned char *data, size_t len)
{
    (void)context;
    (void)data;
    (void)len;
}

char *source_sender(FILE *file, struct err *err)
{
    struct search search = { NULL, NULL };
    const struct message_sink sink = { look_at_header, ignore_end, ignore_body, &search };
    char *sender = NULL;

    if (message_read(file, &sink, err) == 0)
        sender = xstrdup(search.return_path != NULL ? search.return_path : search.from != NULL ? search.from : "");
    rewind(file);
    free(search.return_path);
    free(search.from);
    return sender;
}

static void feed_header(void *context, const char *name, const char *value)
{
    preflight_header(context, name, value);
}

static void feed_end_of_header(void *context)
{
    preflight_end_of_header(context);
}

static void feed_body(void *context, const unsigned char *data, size_t len)
{
    preflight_body(context, data, len);
}

int source_feed(FILE *file, struct preflight_message *message, struct err *err)
{
    const struct message_sink sink = { feed_header, feed_end_of_header, feed_body, message };

    return message_read(file, &sink, err);
}
