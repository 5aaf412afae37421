/*
 * A notice in words; see notice.h.
 */
#include "config.h"

#include "lib/bounce/notice.h"
#include "lib/base/mem.h"
#include "lib/bounce/bouncelist.h"
#include "lib/bounce/said.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORDS_MAX (1024 * 1024)         /* bytes of the words */
#define ENTRIES_MAX (4 * BOUNCES_MAX)   /* lines that name a recipient, one of them again and again */

/* --- the whole text ----------------------------------------------------------------------- */

/* In a line that the returned message follows. */
static const char *const separators[] = {
    "copy of the message", "copy of your message", "original headers of the message", "original message follows",
    "message header follows", "unsent message follows", "header of the original message", "original message headers",
    "-original message-", "message headers follow",
};

/* Said in notices only. */
static const char *const openers[] = {
    "qmail-send program", "created automatically by mail delivery software", "this is the mail system at ",
    "delivery has failed to these recipients", "following address", "following recipient", "could not be delivered",
    "couldn't be delivered", "permanent fatal errors", "delivery status notification", "delivery to these recipients",
};

static const char *const delays[] = {
    "this is a warning only", "still undelivered", "has been delayed", "delivery attempts will continue",
    "will continue to be made", "transient non-fatal errors", "has not yet been delivered",
    "will keep trying", "do not need to resend",
};

#define HAS_ANY(text, words) has_any(text, words, sizeof(words) / sizeof((words)[0]))

static bool has_any(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasestr(text, words[i]) != NULL)
            return true;
    }
    return false;
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return *line == '\n' ? line + 1 : line;
}

static bool is_blank(const char *line)
{
    return strchr("\r\n", line[strspn(line, " \t")]) != NULL;      /* also at the text's end */
}

static bool is_separator(const char *line)
{
    size_t length = strcspn(line, "\n");

    if (length < 16 || length > 120)
        return false;
    char *copy = xstrndup(line, length);
    bool is_one = HAS_ANY(copy, separators);

    free(copy);
    return is_one;
}

/* Where the words end and the returned message begins; *original_r is NULL where none follows. */
static const char *find_end(const char *text, const char **original_r)
{
    const char *line = text;

    while (*line != '\0' && line - text < WORDS_MAX && !is_separator(line))
        line = next_line(line);
    const char *after = next_line(line);
    while (*after != '\0' && is_blank(after))
        after = next_line(after);
    *original_r = *after == '\0' ? NULL : after;
    return line;
}

/* --- recipients ---------------------------------------------------------------------------- */

struct entry {
    const char *recipient;      /* NULL: none yet */
    size_t length;
    const char *text;           /* what is said of it, up to the next one */
    bool is_certain;            /* by its form: what follows is the reason, in whatever words */
};

static size_t indent_of(const char *line)
{
    return strspn(line, " \t");
}

/* "<a@example.com>:", "<a@example.com> (expanded from <b@example.com>): host ..." */
static bool read_bracketed(const char *line, struct entry *entry_r)
{
    size_t n = line[0] == '<' ? address_length(line + 1) : 0;

    if (n == 0 || line[n + 1] != '>')
        return false;
    const char *rest = line + n + 2;
    if (strncmp(rest, " (expanded from ", 16) == 0)
        rest += strcspn(rest, ")\n");
    rest += *rest == ')';
    if (*rest != ':' && !is_blank(rest))
        return false;
    *entry_r = (struct entry){ line + 1, n, rest + (*rest == ':'), *rest == ':' };
    return true;
}

/* "  a@example.com", "a@example.com:", "'a@example.com' on 1/2/2026 3:04 PM" */
static bool read_bare(const char *line, struct entry *entry_r)
{
    size_t indent = indent_of(line);
    const char *start = line + indent + (line[indent] == '\'');
    size_t n = address_length(start);
    const char *rest = start + n;

    if (n == 0)
        return false;
    rest += *rest == '\'';
    bool is_dated = strncmp(rest, " on ", 4) == 0 && rest[4] >= '0' && rest[4] <= '9';
    bool has_colon = *rest == ':' && is_blank(rest + 1);
    if (!is_dated && !has_colon && !is_blank(rest))
        return false;
    const char *next = next_line(rest);
    *entry_r = (struct entry){ start, n, next, has_colon || (!is_blank(next) && indent_of(next) > indent) };
    return true;
}

/* "Alice Example (a@example.com)<mailto:a@example.com>" */
static bool read_named(const char *line, struct entry *entry_r)
{
    size_t to_paren = strcspn(line, "(\n");

    if (line[to_paren] != '(' || to_paren == 0 || indent_of(line) > 0)
        return false;
    const char *start = line + to_paren + 1;
    size_t n = address_length(start);
    if (n == 0 || start[n] != ')')
        return false;
    const char *rest = start + n + 1;
    if (*rest == '<')
        rest += strcspn(rest, ">\n");
    rest += *rest == '>';
    if (!is_blank(rest))
        return false;
    *entry_r = (struct entry){ start, n, next_line(rest), false };
    return true;
}

static bool read_recipient(const char *line, struct entry *entry_r)
{
    return read_bracketed(line, entry_r) || read_bare(line, entry_r) || read_named(line, entry_r);
}

/* --- what is said of one ---------------------------------------------------------------------- */

static const char *skip_blank(const char *line, const char *end)
{
    while (line < end && is_blank(line))
        line = next_line(line);
    return line;
}

/* Does a reply go on behind an empty line: "550-one" there, "550 two" here? */
static bool is_open_reply(const char *line, const char *next)
{
    line += indent_of(line);
    next += indent_of(next);
    return is_reply_code(line) && line[3] == '-' && is_reply_code(next) && memcmp(line, next, 3) == 0;
}

/* Where the paragraph ends that begins here: at an empty line, which a reply may hold. */
static const char *end_of_paragraph(const char *text, const char *end)
{
    const char *line = text, *last = text;

    while (line < end) {
        if (is_blank(line)) {
            const char *next = skip_blank(line, end);
            if (next == end || !is_open_reply(last, next))
                break;
            line = next;
        }
        last = line;
        line = next_line(line);
    }
    return line < end ? line : end;
}

static char *first_paragraph(const char *text, const char *end)
{
    const char *start = skip_blank(text, end);

    return reply_squeeze(start, start < end ? (size_t)(end_of_paragraph(start, end) - start) : 0);
}

/* True where a server's reply was found; else reply is the words there are. */
static bool find_reply(const struct entry *entry, const char *end, struct bounce *bounce)
{
    char *all = reply_squeeze(entry->text, (size_t)(end - entry->text));

    bounce->reply = first_paragraph(entry->text, end);
    bool is_found = reply_extract(bounce->reply, &bounce->host);
    bool is_found_in_all = reply_extract(all, &bounce->host);
    if (!is_found && is_found_in_all) {
        free(bounce->reply);
        bounce->reply = all;
        all = NULL;
    }
    free(all);
    return is_found || is_found_in_all;
}

static bool is_same_recipient(const struct bounce *a, const struct bounce *b)
{
    return a->recipient != NULL && b->recipient != NULL && strcasecmp(a->recipient, b->recipient) == 0;
}

static void swap_replies(struct bounce *a, struct bounce *b)
{
    struct bounce other = *a;

    a->reply = b->reply;
    a->host = b->host;
    b->reply = other.reply;
    b->host = other.host;
}

struct reading {
    struct bounces *bounces;
    size_t first;               /* items before this text */
    size_t n_entries;
    bool is_notice, is_delayed;
};

/* Many texts name the recipient twice, first for people. */
static bool add_to_known(struct reading *r, struct bounce *bounce, bool is_said)
{
    for (size_t i = r->first; i < r->bounces->count; i++) {
        struct bounce *known = &r->bounces->items[i];
        if (!is_same_recipient(known, bounce))
            continue;
        char *host = NULL;
        char *copy = xstrdup(known->reply);
        if (is_said && !reply_extract(copy, &host))
            swap_replies(known, bounce);
        free(host);
        free(copy);
        return true;
    }
    return false;
}

static void close_entry(struct reading *r, struct entry *entry, const char *end)
{
    struct bounce bounce = { .is_delayed = r->is_delayed };

    if (entry->recipient == NULL || r->n_entries++ >= ENTRIES_MAX)
        return;
    bounce.recipient = xstrndup(entry->recipient, entry->length);
    bool is_said = find_reply(entry, end, &bounce);
    bool counts = is_said || (r->is_notice && entry->is_certain && bounce.reply[0] != '\0');
    if (counts && !add_to_known(r, &bounce, is_said))
        bounces_add(r->bounces, &bounce);
    bounce_clear(&bounce);
    entry->recipient = NULL;
}

/* The last address in brackets: "an error delivering your mail to <b@example.net>." */
static char *bracketed_before(const char *text, const char *end)
{
    char *address = NULL;

    for (const char *p = text; p < end; p++) {
        size_t n = *p == '<' ? address_length(p + 1) : 0;
        if (n == 0 || p[n + 1] != '>')
            continue;
        free(address);
        address = xstrndup(p + 1, n);
    }
    return address;
}

/* No line names a recipient: the first paragraph with a server's reply in it. */
static void read_nameless(struct reading *r, const char *text, const char *end)
{
    for (const char *at = skip_blank(text, end); at < end; at = skip_blank(end_of_paragraph(at, end), end)) {
        struct bounce bounce = { .is_delayed = r->is_delayed, .reply = first_paragraph(at, end) };
        if (reply_extract(bounce.reply, &bounce.host) && strpbrk(bounce.reply, "45") != NULL) {
            bounce.recipient = bracketed_before(text, at);
            bounces_add(r->bounces, &bounce);
            return;
        }
        bounce_clear(&bounce);
    }
}

void notice_read(const char *text, bool is_notice, struct bounces *bounces, struct notice_summary *summary_r)
{
    const char *end = find_end(text, &summary_r->original);
    struct entry entry = { .recipient = NULL }, next;
    char *words = xstrndup(text, (size_t)(end - text));
    struct reading r = { .bounces = bounces, .first = bounces->count, .is_delayed = HAS_ANY(words, delays),
                         .is_notice = is_notice || HAS_ANY(words, openers) };

    summary_r->is_sendmail = strstr(words, "-- Transcript of session follows --") != NULL;
    free(words);
    for (const char *line = text; line < end; line = next_line(line)) {
        if (!read_recipient(line, &next))
            continue;
        close_entry(&r, &entry, line);
        entry = next;
    }
    close_entry(&r, &entry, end);
    if (bounces->count == r.first && r.is_notice)
        read_nameless(&r, text, end);
}

void notice_complete(const char *text, struct bounces *bounces, size_t first, struct notice_summary *summary_r)
{
    struct bounces told = { .items = NULL };

    notice_read(text, true, &told, summary_r);
    for (size_t i = first; i < bounces->count; i++) {
        struct bounce *bounce = &bounces->items[i];
        struct bounce *source = told.count == 1 && bounces->count - first == 1 ? told.items : NULL;
        for (size_t k = 0; source == NULL && k < told.count; k++) {
            if (is_same_recipient(&told.items[k], bounce))
                source = &told.items[k];
        }
        if (source == NULL)
            continue;
        if (bounce->reply[0] == '\0')
            swap_replies(bounce, source);
        else if (bounce->host == NULL)
            bounce->host = xstrdup(source->host);
    }
    bounces_clear(&told);
}
