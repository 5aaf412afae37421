/*
 * Exim's log: "2026-11-23 10:00:00 1tEabc-000000001AB-1xyZ ** a@example.net <b@example.com> F=<c@example.com> R=dns
 * T=smtp H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<a@example.net>: 550 ...";
 * the specification's chapter 53; see eximlog.h.
 */
#include "config.h"

#include "lib/bounce/eximlog.h"
#include "lib/base/mem.h"
#include "lib/bounce/bouncelist.h"
#include "lib/bounce/said.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static size_t alnums(const char *p)
{
    size_t n = 0;

    while (isalnum((unsigned char)p[n]))
        n++;
    return n;
}

/* "1tEabc-0001AB-2x", since Exim 4.97 "1tEabc-000000001AB-1xyZ"; its length, or 0. */
static size_t id_length(const char *p)
{
    size_t a = alnums(p), b, c;

    if (a != 6 || p[a] != '-')
        return 0;
    b = alnums(p + a + 1);
    if ((b != 6 && b != 11) || p[a + 1 + b] != '-')
        return 0;
    c = alnums(p + a + b + 2);
    return c != (b == 6 ? 2 : 4) ? 0 : a + b + c + 2;
}

/* Past "2026-11-23 10:00:00.123 +0100 [812] ", or past a syslog line's "exim[812]: "; NULL where there is neither. */
static const char *skip_prefix(const char *line)
{
    static const char stamp[] = "dddd-dd-dd dd:dd:dd";
    const char *tag = strstr(line, "exim");
    size_t i = 0;

    while (stamp[i] != '\0' && (stamp[i] == 'd' ? line[i] >= '0' && line[i] <= '9' : line[i] == stamp[i]))
        i++;
    if (stamp[i] != '\0') {
        tag = tag == NULL ? NULL : strstr(tag, ": ");
        return tag == NULL ? NULL : tag + 2;
    }
    line += i;
    if (*line == '.')
        line += 1 + strspn(line + 1, "0123456789");
    if (*line++ != ' ')
        return NULL;
    if ((*line == '+' || *line == '-') && strspn(line + 1, "0123456789") == 4 && line[5] == ' ')
        line += 6;
    if (*line == '[' && line[1 + strspn(line + 1, "0123456789")] == ']')
        line += strcspn(line, "]") + 1;
    return line + (*line == ' ');
}

/* Where the reason begins: behind the first ": " outside of quotes and <>. */
static const char *find_reason(const char *p)
{
    bool is_quoted = false, is_in_brackets = false;

    for (; *p != '\0'; p++) {
        if (*p == '"')
            is_quoted = !is_quoted;
        else if (*p == '<' || *p == '>')
            is_in_brackets = *p == '<';
        else if (strncmp(p, ": ", 2) == 0 && !is_quoted && !is_in_brackets)
            return p + 2;
    }
    return NULL;
}

/* Exim writes a line's end inside a reply as "\n". */
static void undo_escapes(char *text)
{
    for (char *p = strstr(text, "\\n"); p != NULL; p = strstr(p + 2, "\\n")) {
        if (is_reply_code(p + 2))
            memcpy(p, "  ", 2);
    }
}

static char *sender_in(const char *fields, const char *end)
{
    const char *at = strstr(fields, " F=<");

    if (at == NULL)
        at = strstr(fields, " P=<");
    if (at == NULL || at >= end)
        return NULL;
    at += 4;
    return xstrndup(at, strcspn(at, ">"));
}

static void add(const char *id, size_t id_len, const char *fields, bool is_delayed, struct bounces *bounces)
{
    const char *reason = find_reason(fields);

    if (reason == NULL)
        return;
    struct bounce bounce = {
        .recipient = address_copy(fields), .queue_id = xstrndup(id, id_len), .sender = sender_in(fields, reason),
        .is_delayed = is_delayed,
    };
    /* The fields name the host, the reason gives the reply. */
    char *whole = xstrdup(fields);
    reply_extract(whole, &bounce.host);
    free(whole);
    char *text = xstrdup(reason);
    undo_escapes(text);
    bounce.reply = reply_squeeze(text, strlen(text));
    free(text);
    reply_extract(bounce.reply, &bounce.host);
    bounces_add(bounces, &bounce);
}

/* "H=(client) [192.0.2.1] F=<a@example.com> rejected RCPT <b@example.net>: reason", "rejected after DATA: reason" */
static bool add_rejected(const char *id, size_t id_len, const char *fields, struct bounces *bounces)
{
    static const char *const words[] = { " temporarily rejected ", " rejected " };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *at = strstr(fields, words[i]);
        const char *reason = at == NULL ? NULL : find_reason(at);
        if (reason == NULL)
            continue;
        const char *recipient = strstr(at, "RCPT ");
        bool is_named = recipient != NULL && recipient <= reason;
        struct bounce bounce = {
            .recipient = is_named ? address_copy(recipient + strlen("RCPT ")) : NULL,
            .queue_id = id_len == 0 ? NULL : xstrndup(id, id_len), .sender = sender_in(fields, reason),
            .reply = xstrdup(reason), .is_delayed = i == 0,
        };
        bounces_add(bounces, &bounce);
        return true;
    }
    return false;
}

bool eximlog_read(const char *line, struct bounces *bounces)
{
    const char *p = skip_prefix(line);

    if (p == NULL)
        return false;
    const char *id = p;
    size_t id_len = id_length(p);
    p += id_len + (id_len > 0 && p[id_len] == ' ');
    bool is_failed = strncmp(p, "** ", 3) == 0, is_deferred = strncmp(p, "== ", 3) == 0;

    if (id_len > 0 && (is_failed || is_deferred))
        add(id, id_len, p + 3, is_deferred, bounces);
    else if (strncmp(p, "H=", 2) == 0)
        return add_rejected(id, id_len, p - (p > line), bounces) || id_len > 0;
    return id_len > 0;
}
