/*
 * A message out of a file, for those that have no MTA to hand it over; see preflight.h.
 */
#include "config.h"

#include "lib/preflight.h"
#include "lib/base/mem.h"
#include "lib/message/address.h"
#include "lib/message/reader.h"

#include <stdlib.h>
#include <strings.h>

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

char *preflight_find_sender(FILE *file, struct err *err)
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

int preflight_read(struct preflight_message *message, FILE *file, struct err *err)
{
    const struct message_sink sink = { feed_header, feed_end_of_header, feed_body, message };

    return message_read(file, &sink, err);
}
