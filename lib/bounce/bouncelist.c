/*
 * The list of refusals, and what the returned message says of itself; see bouncelist.h.
 */
#include "config.h"

#include "lib/bounce/bouncelist.h"
#include "lib/base/mem.h"
#include "lib/bounce/said.h"
#include "lib/message/address.h"
#include "lib/message/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void bounce_clear(struct bounce *bounce)
{
    free(bounce->recipient);
    free(bounce->reply);
    free(bounce->host);
    free(bounce->queue_id);
    free(bounce->status);
    free(bounce->sender);
    free(bounce->message_id);
    *bounce = (struct bounce){ .recipient = NULL };
}

void bounces_clear(struct bounces *bounces)
{
    for (size_t i = 0; i < bounces->count; i++)
        bounce_clear(&bounces->items[i]);
    for (size_t i = 0; i < bounces->n_originals; i++) {
        free(bounces->originals[i]->text);
        free(bounces->originals[i]);
    }
    free(bounces->items);
    free(bounces->originals);
    *bounces = (struct bounces){ .items = NULL };
}

void bounces_add(struct bounces *bounces, struct bounce *bounce)
{
    if (bounces->count == BOUNCES_MAX) {
        bounces->left_out++;
        bounce_clear(bounce);
        return;
    }
    if (bounce->reply == NULL)
        bounce->reply = xstrdup("");
    bounces->items = xgrow(bounces->items, bounces->count, &bounces->capacity, sizeof(*bounces->items));
    bounces->items[bounces->count++] = *bounce;
    *bounce = (struct bounce){ .recipient = NULL };
}

/* --- the returned message -------------------------------------------------------------- */

struct about {
    char *return_path;
    char *from;
    char *message_id;
    bool has_body;
};

static void keep_address(char **slot, const char *value)
{
    struct address_list list;

    if (*slot != NULL)
        return;
    address_list_parse(value, &list);
    *slot = xstrdup(list.first == NULL ? "" : list.first);
    address_list_clear(&list);
}

static void look_at_header(void *context, const char *name, const char *value)
{
    struct about *about = context;

    if (strcasecmp(name, "Return-Path") == 0)
        keep_address(&about->return_path, value);
    else if (strcasecmp(name, "From") == 0)
        keep_address(&about->from, value);
    else if (strcasecmp(name, "Message-ID") == 0 && about->message_id == NULL)
        about->message_id = reply_squeeze(value, strlen(value));
}

static void ignore_end(void *context)
{
    (void)context;
}

static void look_at_body(void *context, const unsigned char *data, size_t len)
{
    struct about *about = context;

    for (size_t i = 0; i < len && !about->has_body; i++)
        about->has_body = data[i] != '\r' && data[i] != '\n';
}

/* What cannot be read tells nothing; fmemopen(3) takes no empty text. */
static void read_about(struct bounce_original *original, struct about *about)
{
    const struct message_sink sink = { look_at_header, ignore_end, look_at_body, about };
    FILE *file = fmemopen(original->text, original->len, "rb");

    if (file == NULL)
        return;
    if (message_read(file, &sink, NULL) == 0)
        original->is_whole = about->has_body;
    original->is_as_sent &= about->from != NULL;        /* no part of a header says what it lacks */
    fclose(file);
}

static struct bounce_original *keep_original(struct bounces *bounces, const struct bounce_notice *notice)
{
    struct bounce_original *original = xmalloc(sizeof(*original));

    *original = (struct bounce_original){
        .text = xmalloc(notice->original_len + 1), .len = notice->original_len, .is_as_sent = notice->is_as_sent,
    };
    memcpy(original->text, notice->original, notice->original_len);
    original->text[original->len] = '\0';
    bounces->originals = xgrow(bounces->originals, bounces->n_originals, &bounces->originals_capacity,
                               sizeof(struct bounce_original *));
    bounces->originals[bounces->n_originals++] = original;
    return original;
}

void bounces_tell(struct bounces *bounces, size_t first, const struct bounce_notice *notice)
{
    struct about about = { .has_body = false };
    struct bounce_original *original = NULL;

    if (first >= bounces->count)
        return;
    if (notice->original != NULL && notice->original_len > 0) {
        original = keep_original(bounces, notice);
        read_about(original, &about);
    }
    const char *sender = about.return_path != NULL ? about.return_path
        : notice->notified != NULL ? notice->notified : about.from;
    for (size_t i = first; i < bounces->count; i++) {
        struct bounce *bounce = &bounces->items[i];
        bounce->original = original;
        if (bounce->sender == NULL)
            bounce->sender = xstrdup(sender);
        if (bounce->message_id == NULL)
            bounce->message_id = xstrdup(about.message_id);
    }
    free(about.return_path);
    free(about.from);
    free(about.message_id);
}
