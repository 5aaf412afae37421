/*
 * Bounce messages through GMime; see dsn.h.  GMime bounds how deep it parses, we how deep we look.
 */
#include "config.h"

#include "lib/bounce/dsn.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/bounce/bouncelist.h"
#include "lib/bounce/htmltext.h"
#include "lib/bounce/mimebudget.h"
#include "lib/bounce/notice.h"
#include "lib/bounce/statusfields.h"
#include "lib/message/address.h"

#include <gmime/gmime.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 24            /* parts in parts, forwarded messages included */

struct reading {
    struct bounces *bounces;
    bool has_report;
};

/* --- parts ----------------------------------------------------------------------------------- */

static bool is_type(GMimeObject *part, const char *type, const char *subtype)
{
    return g_mime_content_type_is_type(g_mime_object_get_content_type(part), type, subtype);
}

static bool is_status(GMimeObject *part)
{
    return is_type(part, "message", "delivery-status") || is_type(part, "message", "global-delivery-status");
}

static bool is_returned(GMimeObject *part)
{
    return GMIME_IS_MESSAGE_PART(part) || is_type(part, "message", "global") || is_type(part, "message", "rfc822") ||
        is_type(part, "text", "rfc822-headers") || is_type(part, "message", "rfc822-headers") ||
        is_type(part, "message", "global-headers");
}

/* The message in a part; NULL where there is none. */
static GMimeMessage *message_in(GMimeObject *part)
{
    return GMIME_IS_MESSAGE_PART(part) ? g_mime_message_part_get_message(GMIME_MESSAGE_PART(part)) : NULL;
}

/* What a part holds, its transfer encoding undone.  NUL bytes stay, the end has one more. */
static void add_content(GMimeObject *part, struct str *text)
{
    GMimeStream *stream = g_mime_stream_mem_new();

    if (GMIME_IS_MESSAGE_PART(part)) {
        if (message_in(part) != NULL)
            g_mime_object_write_to_stream(GMIME_OBJECT(message_in(part)), NULL, stream);
    } else if (GMIME_IS_PART(part)) {
        GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(part));
        if (content != NULL)
            g_mime_data_wrapper_write_to_stream(content, stream);
    }
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    str_addn(text, bytes->data, bytes->len);
    g_object_unref(stream);
}

static GMimeObject *child(GMimeObject *part, int i)
{
    return g_mime_multipart_get_part(GMIME_MULTIPART(part), i);
}

static int count_children(GMimeObject *part)
{
    return GMIME_IS_MULTIPART(part) ? g_mime_multipart_get_count(GMIME_MULTIPART(part)) : 0;
}

/* The first part with words of this type, not looking into messages. */
static GMimeObject *find_text(GMimeObject *part, const char *subtype, int depth)
{
    if (part == NULL || depth > DEPTH_MAX)
        return NULL;
    if (is_type(part, "text", subtype))
        return part;
    for (int i = 0; i < count_children(part); i++) {
        GMimeObject *found = find_text(child(part, i), subtype, depth + 1);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* The words of a notice, fit for notice.h. */
static char *words_of(GMimeObject *part)
{
    struct str text = STR_EMPTY, html = STR_EMPTY;
    GMimeObject *plain = find_text(part, "plain", 0);
    GMimeObject *page = plain == NULL ? find_text(part, "html", 0) : NULL;

    if (plain != NULL)
        add_content(plain, &text);
    if (page != NULL) {
        add_content(page, &html);
        htmltext_add(&text, str_get(&html), html.len);
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\0')
            text.data[i] = ' ';
    }
    str_clear(&html);
    return str_steal(&text);
}

/* --- whom a message is from and to --------------------------------------------------------------- */

static const char *header(GMimeMessage *message, const char *name)
{
    const char *value = g_mime_object_get_header(GMIME_OBJECT(message), name);

    return value == NULL ? "" : value;
}

/* The first address of a field; NULL where there is none.  Caller frees. */
static char *address_in(GMimeMessage *message, const char *name)
{
    struct address_list list;

    address_list_parse(header(message, name), &list);
    char *address = xstrdup(list.first);
    address_list_clear(&list);
    return address;
}

/* Does it come from a mail system? */
static bool is_from_system(GMimeMessage *message)
{
    const char *from = header(message, "From");

    return strstr(header(message, "Return-Path"), "<>") != NULL || header(message, "X-Failed-Recipients")[0] != '\0' ||
        strcasestr(from, "mailer-daemon") != NULL || strcasestr(from, "postmaster") != NULL ||
        strcasestr(from, "microsoftexchange") != NULL;
}

/* --- a report -------------------------------------------------------------------------------------- */

static void tell(struct reading *r, size_t first, GMimeMessage *message, GMimeObject *returned,
                 const struct notice_summary *words, bool is_as_sent)
{
    struct str original = STR_EMPTY;
    char *notified = address_in(message, "To");

    if (returned != NULL)
        add_content(returned, &original);
    else
        str_add(&original, words->original);
    const struct bounce_notice notice = {
        .original = original.data, .original_len = original.len, .notified = notified, .is_as_sent = is_as_sent,
    };
    bounces_tell(r->bounces, first, &notice);
    str_clear(&original);
    free(notified);
}

/* parent: what holds the status and the parts around it, or the status itself. */
static void read_report(struct reading *r, GMimeMessage *message, GMimeObject *parent, GMimeObject *status)
{
    size_t first = r->bounces->count;
    struct status_summary fields;
    struct notice_summary said = { .original = NULL };
    struct str text = STR_EMPTY;
    GMimeObject *returned = NULL;
    bool is_behind = false;

    add_content(status, &text);
    status_read(str_get(&text), text.len, r->bounces, &fields);
    str_clear(&text);
    char *words = words_of(parent);
    if (fields.recipients > 0)
        notice_complete(words, r->bounces, first, &said);
    else
        notice_read(words, true, r->bounces, &said);
    for (int i = 0; i < count_children(parent) && returned == NULL; i++) {
        GMimeObject *part = child(parent, i);
        if (is_behind && is_returned(part))
            returned = part;
        is_behind |= part == status;
    }
    tell(r, first, message, returned, &said, fields.is_postfix || said.is_sendmail);
    free(words);
    r->has_report |= fields.recipients > 0 || r->bounces->count > first;
}

/* Looks for reports; what a report returns is not looked into. */
static void find_reports(struct reading *r, GMimeMessage *message, GMimeObject *part, int depth)
{
    if (part == NULL || depth > DEPTH_MAX || r->bounces->left_out > 0)
        return;
    if (is_status(part)) {
        read_report(r, message, part, part);
        return;
    }
    for (int i = 0; i < count_children(part); i++) {
        if (is_status(child(part, i))) {
            read_report(r, message, part, child(part, i));
            return;
        }
    }
    for (int i = 0; i < count_children(part); i++)
        find_reports(r, message, child(part, i), depth + 1);
    GMimeMessage *inner = message_in(part);
    if (inner != NULL)
        find_reports(r, inner, g_mime_message_get_mime_part(inner), depth + 1);
}

/* --- a notice in words ------------------------------------------------------------------------------- */

static GMimeObject *find_message(GMimeObject *part, int depth)
{
    if (part == NULL || depth > DEPTH_MAX || is_returned(part))
        return depth > DEPTH_MAX ? NULL : part;
    for (int i = 0; i < count_children(part); i++) {
        GMimeObject *found = find_message(child(part, i), depth + 1);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void name_recipient(struct bounces *bounces, size_t first, GMimeMessage *message)
{
    if (bounces->count == first + 1 && bounces->items[first].recipient == NULL)
        bounces->items[first].recipient = address_in(message, "X-Failed-Recipients");
}

/* The message's own words, else those of a message in it that comes from a mail system. */
static void read_words(struct reading *r, GMimeMessage *message, bool is_forwarded, int depth)
{
    GMimeObject *part = g_mime_message_get_mime_part(message);
    size_t first = r->bounces->count;
    struct notice_summary said = { .original = NULL };

    if (part == NULL || depth > DEPTH_MAX)
        return;
    bool is_notice = is_from_system(message);
    GMimeObject *inside = find_message(part, 0);
    if (is_notice || !is_forwarded) {
        char *words = words_of(part);
        notice_read(words, is_notice, r->bounces, &said);
        name_recipient(r->bounces, first, message);
        tell(r, first, message, inside, &said, said.is_sendmail);
        free(words);
    }
    GMimeMessage *inner = r->bounces->count > first || inside == NULL ? NULL : message_in(inside);
    if (inner != NULL)
        read_words(r, inner, true, depth + 1);
}

/* --- all of it ----------------------------------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_library(void)
{
    g_mime_init();
}

bool dsn_read(const char *text, size_t len, struct bounces *bounces)
{
    struct reading r = { .bounces = bounces };

    pthread_once(&once, init_library);
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(text, mime_budget(text, len));
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    if (message != NULL) {
        find_reports(&r, message, g_mime_message_get_mime_part(message), 0);
        if (!r.has_report)
            read_words(&r, message, false, 0);
        g_object_unref(message);
    }
    g_object_unref(parser);
    g_object_unref(stream);
    return r.has_report;
}
