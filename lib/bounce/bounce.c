/*
 * What a text is that somebody has at hand, and the refusals in it; see bounce.h.
 */
#include "config.h"

#include "lib/bounce/bounce.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/bounce/bouncelist.h"
#include "lib/bounce/dsn.h"
#include "lib/bounce/mtalog.h"
#include "lib/bounce/notice.h"
#include "lib/bounce/said.h"
#include "lib/bounce/statusfields.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADER_LINES_MAX 200        /* looked at to tell a message from other text */
#define MESSAGES_MAX (2 * BOUNCES_MAX)  /* of an mbox */

/* --- a message? --------------------------------------------------------------------------------- */

/* In a header; not in what people paste before a reply. */
static const char *const header_fields[] = {
    "Return-Path", "Received", "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    "Delivered-To",
};

static bool is_header_field(const char *line)
{
    for (size_t i = 0; i < sizeof(header_fields) / sizeof(header_fields[0]); i++) {
        size_t n = strlen(header_fields[i]);
        if (strncasecmp(line, header_fields[i], n) == 0 && line[n] == ':')
            return true;
    }
    return false;
}

static bool is_field(const char *line)
{
    size_t n = 0;

    while (isalnum((unsigned char)line[n]) || line[n] == '-' || line[n] == '_')
        n++;
    return n > 0 && line[n] == ':';
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return *line == '\n' ? line + 1 : line;
}

/* Does it begin as a message: fields, two of them well known? */
static bool is_message(const char *text)
{
    int known = 0;

    if (strncmp(text, "From ", 5) == 0)
        text = next_line(text);
    for (int i = 0; i < HEADER_LINES_MAX && *text != '\0' && *text != '\r' && *text != '\n'; i++) {
        bool is_fold = i > 0 && (*text == ' ' || *text == '\t');
        if (!is_fold && !is_field(text))
            return false;
        known += !is_fold && is_header_field(text);
        text = next_line(text);
    }
    return known >= 2;
}

/* --- lines of a log -------------------------------------------------------------------------------- */

/* The number of lines that are a log's. */
static size_t read_log(const char *text, struct bounces *bounces)
{
    size_t lines = 0;

    for (const char *line = text; *line != '\0'; line = next_line(line))
        lines += mtalog_read(line, strcspn(line, "\r\n"), bounces);
    return lines;
}

/* --- replies as such ---------------------------------------------------------------------------------- */

static void add_reply(const char *text, size_t len, struct bounces *bounces)
{
    struct bounce bounce = { .reply = reply_squeeze(text, len) };

    if (bounce.reply[0] == '\0') {
        bounce_clear(&bounce);
        return;
    }
    reply_extract(bounce.reply, &bounce.host);
    bounces_add(bounces, &bounce);
}

/* Of any reply: people paste a whole session. */
static bool is_code(const char *text)
{
    if (text[0] != '2' && text[0] != '3')
        return is_reply_code(text);
    return text[1] >= '0' && text[1] <= '5' && isdigit((unsigned char)text[2]) && strchr(" -\r\n", text[3]) != NULL;
}

/* A line that begins another reply: with a code, where the last one's code had no "-" behind it. */
static bool begins_reply(const char *line, bool is_open)
{
    line += strspn(line, " \t");
    return is_code(line) && !is_open;
}

static bool is_continued(const char *line)
{
    line += strspn(line, " \t");
    return is_code(line) && line[3] == '-';
}

static void read_replies(const char *text, struct bounces *bounces)
{
    const char *start = text;
    bool is_open = is_continued(text), has_code = begins_reply(text, false);

    for (const char *line = next_line(text); *line != '\0'; line = next_line(line)) {
        if (has_code && begins_reply(line, is_open)) {
            add_reply(start, (size_t)(line - start), bounces);
            start = line;
        }
        if (begins_reply(line, false))
            is_open = is_continued(line);
    }
    add_reply(start, strlen(start), bounces);
}

/* --- whichever it is -------------------------------------------------------------------------------------- */

/* "From a@example.com Mon Nov 23 10:00:00 2026", behind an empty line; the time tells it from a sentence. */
static bool is_mbox_line(const char *text, const char *line)
{
    size_t n = strcspn(line, "\n");

    if (strncmp(line, "From ", 5) != 0 || line - text < 2 || line[-1] != '\n' || n > 300)
        return false;
    bool is_behind_empty = line[-2] == '\n' || (line[-2] == '\r' && line - text > 2 && line[-3] == '\n');
    const char *colon = memchr(line, ':', n);
    return is_behind_empty && colon != NULL && isdigit((unsigned char)colon[-1]) && isdigit((unsigned char)colon[1]);
}

/* Where the message ends that begins here. */
static const char *end_of_message(const char *text, const char *end)
{
    const char *line = next_line(text);

    while (line < end && !is_mbox_line(text, line))
        line = next_line(line);
    return line;
}

static bool read_messages(const char *text, size_t len, struct bounces *bounces)
{
    const char *end = text + len;
    bool is_report = false;

    if (strncmp(text, "From ", 5) != 0)
        return dsn_read(text, len, bounces);
    for (int i = 0; text < end && i < MESSAGES_MAX && bounces->left_out == 0; i++) {
        const char *message = next_line(text);
        text = end_of_message(text, end);
        is_report |= dsn_read(message, (size_t)(text - message), bounces);
    }
    return is_report;
}

static int read_message(const char *text, size_t len, struct bounces *bounces, struct err *err)
{
    bool is_report = read_messages(text, len, bounces);

    if (bounces->count > 0)
        return 0;
    return err_set(err, is_report ? "the message reports deliveries only, nothing was refused"
                                  : "the message tells of no refusal: it is no bounce");
}

/* What is pasted from a notice: its fields, or its words with what follows them. */
static void read_pasted(const char *text, size_t len, struct bounces *bounces)
{
    struct status_summary fields = { .recipients = 0 };
    struct notice_summary said = { .original = NULL };
    const char *status = status_find(text, len);

    if (status != NULL)
        status_read(status, len - (size_t)(status - text), bounces, &fields);
    if (bounces->count == 0)
        notice_read(text, false, bounces, &said);
    else if (status > text)
        notice_complete(text, bounces, 0, &said);
    const struct bounce_notice notice = {
        .original = said.original, .original_len = said.original == NULL ? 0 : strlen(said.original),
        .is_as_sent = fields.is_postfix || said.is_sendmail,
    };
    bounces_tell(bounces, 0, &notice);
}

static int read_text(const char *text, size_t len, struct bounces *bounces, struct err *err)
{
    if (text[strspn(text, " \t\r\n")] == '\0')
        return err_set(err, "there is no text");
    if (is_message(text))
        return read_message(text, len, bounces, err);
    size_t lines = read_log(text, bounces);
    if (bounces->count > 0)
        return 0;
    if (lines > 0)
        return err_set(err, "the log tells of no refusal");
    read_pasted(text, len, bounces);
    if (bounces->count == 0)
        read_replies(text, bounces);
    return bounces->count > 0 ? 0 : err_set(err, "there is no text");
}

/* Room for a NUL at the end, none before; lines that end in CR alone, as old Macs had them, end in LF. */
static char *tidy(const char *text, size_t len)
{
    bool has_lf = memchr(text, '\n', len) != NULL;
    char *copy = xmalloc(len + 1);

    for (size_t i = 0; i < len; i++)
        copy[i] = text[i] == '\0' ? ' ' : text[i] == '\r' && !has_lf ? '\n' : text[i];
    copy[len] = '\0';
    return copy;
}

int bounces_read(const char *text, size_t len, struct bounces *bounces_r, struct err *err)
{
    *bounces_r = (struct bounces){ .items = NULL };
    if (len > BOUNCE_INPUT_MAX)
        len = BOUNCE_INPUT_MAX;
    char *copy = tidy(text, len);
    int rc = read_text(copy, len, bounces_r, err);
    free(copy);
    return rc;
}
