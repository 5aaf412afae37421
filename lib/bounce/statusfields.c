/*
 * The fields of a delivery status; see statusfields.h.
 */
#include "config.h"

#include "lib/bounce/statusfields.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/bounce/bouncelist.h"
#include "lib/bounce/said.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VALUE_MAX (2 * BOUNCE_REPLY_MAX)    /* bytes of one field that are looked at */

enum field { FIELD_ACTION, FIELD_DIAGNOSTIC, FIELD_FINAL, FIELD_ORIGINAL, FIELD_REMOTE, FIELD_STATUS, GROUP_FIELDS,
             FIELD_QUEUE_ID = GROUP_FIELDS, FIELD_SENDER, FIELDS };

static const char *const names[FIELDS] = {
    [FIELD_ACTION] = "Action", [FIELD_DIAGNOSTIC] = "Diagnostic-Code", [FIELD_FINAL] = "Final-Recipient",
    [FIELD_ORIGINAL] = "Original-Recipient", [FIELD_REMOTE] = "Remote-MTA", [FIELD_STATUS] = "Status",
    [FIELD_QUEUE_ID] = "X-Postfix-Queue-ID", [FIELD_SENDER] = "X-Postfix-Sender",
};

struct reader {
    struct bounces *bounces;
    struct status_summary *summary;
    struct str values[FIELDS];      /* of the group at hand, and of the message; empty: absent */
    struct str *open;               /* the field that a fold goes on with, or NULL */
    size_t first;                   /* items before these fields */
};

/* --- values ---------------------------------------------------------------------------- */

/* Behind the type of "smtp; 550 ...", "rfc822;a@example.com". */
static const char *skip_type(const char *value)
{
    size_t n = 0;

    while (isalnum((unsigned char)value[n]) || value[n] == '-')
        n++;
    if (n == 0 || value[n] != ';')
        return value;
    value += n + 1;
    return value + strspn(value, " ");
}

/* RFC 6533 section 3: "\x{E9}" in an address that had to stay ASCII. */
static void decode_address(char *address)
{
    char *out = address;

    for (const char *p = address; *p != '\0';) {
        char *end;
        unsigned long c = strncmp(p, "\\x{", 3) == 0 && isxdigit((unsigned char)p[3]) ? strtoul(p + 3, &end, 16) : 0;
        if (c < 0x20 || c == 0x7f || c > 0x10ffff || *end != '}') {
            *out++ = *p++;
            continue;
        }
        /* UTF-8; never longer than what it stands for */
        if (c >= 0x800) {
            if (c >= 0x10000)
                *out++ = (char)(0xf0 | c >> 18);
            *out++ = (char)(c >= 0x10000 ? 0x80 | (c >> 12 & 0x3f) : 0xe0 | c >> 12);
            *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        } else if (c >= 0x80) {
            *out++ = (char)(0xc0 | c >> 6);
        }
        *out++ = (char)(c < 0x80 ? c : 0x80 | (c & 0x3f));
        p = end + 1;
    }
    *out = '\0';
}

static char *squeezed(const struct str *value)
{
    return reply_squeeze(str_get(value), value->len);
}

/* The address of "rfc822; <a@example.com> (comment)"; NULL where there is none. */
static char *address_of(const struct str *value)
{
    char *text = squeezed(value);
    const char *start = skip_type(text);

    start += *start == '<';
    size_t n = address_length(start);
    if (n == 0)
        n = strcspn(start, " >");
    char *address = n == 0 ? NULL : xstrndup(start, n);
    if (address != NULL)
        decode_address(address);
    free(text);
    return address;
}

static char *first_word(const struct str *value)
{
    char *text = squeezed(value);
    const char *start = skip_type(text);
    size_t n = strcspn(start, " ,([");
    char *word = n == 0 ? NULL : xstrndup(start, n);

    free(text);
    return word;
}

/* --- groups ---------------------------------------------------------------------------- */

static char *recipient_of(const struct reader *r)
{
    char *address = address_of(&r->values[FIELD_FINAL]);

    /* A local user's name says less than the address it came from. */
    if (address != NULL && strchr(address, '@') != NULL)
        return address;
    char *original = address_of(&r->values[FIELD_ORIGINAL]);
    if (original == NULL)
        return address;
    free(address);
    return original;
}

static bool is_delivered(const char *action)
{
    return strncasecmp(action, "delivered", 9) == 0 || strncasecmp(action, "relayed", 7) == 0 ||
        strncasecmp(action, "expanded", 8) == 0;
}

static struct bounce make_bounce(const struct reader *r, const char *action)
{
    struct bounce bounce = { .recipient = recipient_of(r), .host = first_word(&r->values[FIELD_REMOTE]),
                             .status = first_word(&r->values[FIELD_STATUS]) };
    char *diagnostic = squeezed(&r->values[FIELD_DIAGNOSTIC]);

    bounce.reply = xstrdup(skip_type(diagnostic));
    free(diagnostic);
    reply_extract(bounce.reply, &bounce.host);
    bounce.is_delayed = action[0] != '\0' ? strncasecmp(action, "delayed", 7) == 0
        : bounce.status != NULL && bounce.status[0] == '4';
    return bounce;
}

/* A reply in a group of its own, behind an empty line too many. */
static bool belongs_to_last(const struct reader *r)
{
    const struct bounces *bounces = r->bounces;

    return r->values[FIELD_FINAL].len == 0 && r->values[FIELD_ORIGINAL].len == 0 && bounces->count > r->first &&
        bounces->items[bounces->count - 1].reply[0] == '\0';
}

/* The reply, and the host where none is named yet, go over to the one that has none. */
static void complete(struct bounce *bounce, struct bounce *from)
{
    char *reply = bounce->reply;

    bounce->reply = from->reply;
    from->reply = reply;
    if (bounce->host == NULL) {
        bounce->host = from->host;
        from->host = NULL;
    }
}

static void end_group(struct reader *r)
{
    bool is_recipient = false;

    /* A status alone is an mbox's mark of what was read. */
    for (int i = 0; i < GROUP_FIELDS; i++)
        is_recipient |= r->values[i].len > 0 && i != FIELD_STATUS && i != FIELD_REMOTE;
    r->open = NULL;
    if (!is_recipient)
        return;
    char *action = first_word(&r->values[FIELD_ACTION]);
    struct bounce bounce = make_bounce(r, action == NULL ? "" : action);
    if (belongs_to_last(r)) {
        complete(&r->bounces->items[r->bounces->count - 1], &bounce);
    } else {
        r->summary->recipients++;
        if (action == NULL || !is_delivered(action))
            bounces_add(r->bounces, &bounce);
    }
    bounce_clear(&bounce);
    free(action);
    for (int i = 0; i < GROUP_FIELDS; i++)
        str_clear(&r->values[i]);
}

/* --- lines ----------------------------------------------------------------------------- */

static bool is_field(const char *line, size_t len, const char *name)
{
    size_t n = strlen(name);

    return len > n && line[n] == ':' && strncasecmp(line, name, n) == 0;
}

static struct str *find_field(struct reader *r, const char *line, size_t len)
{
    for (int i = 0; i < FIELDS; i++) {
        if (!is_field(line, len, names[i]))
            continue;
        bool is_next = i < GROUP_FIELDS && r->values[i].len > 0;
        if (is_next && (i == FIELD_FINAL || i == FIELD_ORIGINAL || i == FIELD_ACTION))
            end_group(r);
        return &r->values[i];
    }
    return NULL;
}

static bool looks_like_field(const char *line, size_t len)
{
    size_t n = 0;

    while (n < len && (isalnum((unsigned char)line[n]) || line[n] == '-'))
        n++;
    return n > 0 && n < len && line[n] == ':' && !(line[0] >= '0' && line[0] <= '9') &&
        (n + 1 == len || line[n + 1] == ' ' || line[n + 1] == '\t');
}

static void add_value(struct str *value, const char *text, size_t len)
{
    if (value->len + len > VALUE_MAX)
        len = value->len < VALUE_MAX ? VALUE_MAX - value->len : 0;
    str_addn(value, text, len);
}

static void take_line(struct reader *r, const char *line, size_t len)
{
    if (len == 0) {
        end_group(r);
        return;
    }
    bool is_fold = line[0] == ' ' || line[0] == '\t';
    /* A reply of several lines that nobody folded. */
    bool is_loose = !is_fold && r->open == &r->values[FIELD_DIAGNOSTIC] && !looks_like_field(line, len);
    if (is_fold || is_loose) {
        if (r->open != NULL) {
            str_addc(r->open, ' ');
            add_value(r->open, line, len);
        }
        return;
    }
    r->open = find_field(r, line, len);
    if (r->open == NULL)
        return;
    size_t colon = (size_t)((const char *)memchr(line, ':', len) - line);
    str_reset(r->open);
    str_addc(r->open, ' ');
    add_value(r->open, line + colon + 1, len - colon - 1);
}

void status_read(const char *text, size_t len, struct bounces *bounces, struct status_summary *summary_r)
{
    struct reader r = { .bounces = bounces, .summary = summary_r, .first = bounces->count };

    *summary_r = (struct status_summary){ .recipients = 0 };
    for (const char *at = text, *end = text + len; at < end;) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((lf == NULL ? end : lf) - at);
        size_t used = n + (lf != NULL);
        while (n > 0 && (at[n - 1] == '\r' || at[n - 1] == ' ' || at[n - 1] == '\t'))
            n--;
        take_line(&r, at, n);
        at += used;
    }
    end_group(&r);

    char *queue_id = first_word(&r.values[FIELD_QUEUE_ID]);
    char *sender = r.values[FIELD_SENDER].len == 0 ? NULL : address_of(&r.values[FIELD_SENDER]);
    summary_r->is_postfix = queue_id != NULL;
    for (size_t i = r.first; i < bounces->count; i++) {
        bounces->items[i].queue_id = xstrdup(queue_id);
        bounces->items[i].sender = r.values[FIELD_SENDER].len == 0 ? NULL : xstrdup(sender == NULL ? "" : sender);
    }
    free(queue_id);
    free(sender);
    for (int i = 0; i < FIELDS; i++)
        str_clear(&r.values[i]);
}

const char *status_find(const char *text, size_t len)
{
    static const char *const firsts[] = { "Reporting-MTA", "Original-Recipient", "Final-Recipient", "Diagnostic-Code" };

    for (const char *at = text, *end = text + len; at != NULL && at < end;) {
        for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
            if (is_field(at, (size_t)(end - at), firsts[i]))
                return at;
        }
        at = memchr(at, '\n', (size_t)(end - at));
        at = at == NULL ? NULL : at + 1;
    }
    return NULL;
}
