/*
 * Sendmail's log: "Nov 23 10:00:00 mail sm-mta[812]: 4ANAbc012345: to=<a@example.net>, delay=00:00:01, mailer=esmtp,
 * relay=mx.example.net. [192.0.2.1], dsn=5.1.1, reply=550 5.1.1 ..., stat=User unknown"; see sendmaillog.h.
 */
#include "config.h"

#include "lib/bounce/sendmaillog.h"
#include "lib/base/mem.h"
#include "lib/bounce/bouncelist.h"
#include "lib/bounce/said.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Names of fields that may follow a value that has ", " in it. */
static const char *const later_fields[] = { ", stat=", ", dsn=", ", reject=", ", reply=" };

/* The value of ", name=", up to the next ", " and word with "="; NULL where it is absent.  Caller frees. */
static char *value(const char *line, const char *name)
{
    const char *at = strstr(line, name);

    if (at == NULL)
        return NULL;
    at += strlen(name);
    const char *end = at + strlen(at);
    bool is_text = strcmp(name, ", reply=") == 0 || strcmp(name, ", stat=") == 0 || strcmp(name, ", reject=") == 0;
    if (!is_text)
        end = strstr(at, ", ") == NULL ? end : strstr(at, ", ");
    for (size_t i = 0; is_text && i < sizeof(later_fields) / sizeof(later_fields[0]); i++) {
        const char *next = strstr(at, later_fields[i]);
        end = next != NULL && next < end ? next : end;
    }
    return xstrndup(at, (size_t)(end - at));
}

/* "4ANAbc012345: " behind the program's "[812]: "; NULL where it is another program's line. */
static const char *skip_prefix(const char *line)
{
    const char *p = strstr(line, "]: ");

    if (p == NULL)
        return NULL;
    p += 3;
    size_t n = 0;
    while (isalnum((unsigned char)p[n]))
        n++;
    return n >= 12 && n <= 20 && p[n] == ':' && p[n + 1] == ' ' ? p : NULL;
}

/* "mx.example.net. [192.0.2.1]" */
static char *host_of(const char *relay)
{
    size_t n = relay == NULL ? 0 : strcspn(relay, " [");

    while (n > 0 && relay[n - 1] == '.')
        n--;
    return n == 0 ? NULL : xstrndup(relay, n);
}

/* What the other side said, or else what Sendmail says, with the status where it names no code itself. */
static char *reply_of(const char *reply, const char *stat, const char *dsn)
{
    static const char deferred[] = "Deferred: ";

    if (reply != NULL && is_reply_code(reply))
        return xstrdup(reply);
    if (strncmp(stat, deferred, sizeof(deferred) - 1) == 0)
        stat += sizeof(deferred) - 1;
    bool has_code = is_reply_code(stat) || enhanced_code_length(stat) > 0;
    return has_code || dsn == NULL ? xstrdup(stat) : xasprintf("%s %s", dsn, stat);
}

static bool is_sent(const char *stat, const char *dsn)
{
    return (dsn != NULL && dsn[0] == '2') || strncmp(stat, "Sent", 4) == 0 || strncmp(stat, "queued", 6) == 0;
}

/* "<a@example.net>,<b@example.net>": one refusal each. */
static void add_recipients(const char *list, size_t len, const struct bounce *common, struct bounces *bounces)
{
    const char *end = list + len;

    for (const char *p = list; p < end;) {
        const char *address = p + (*p == '<');
        size_t n = address_length(address);
        n = n == 0 ? strcspn(address, ">, ") : n;
        n = n > (size_t)(end - address) ? (size_t)(end - address) : n;
        struct bounce bounce = {
            .recipient = n == 0 ? NULL : xstrndup(address, n), .reply = xstrdup(common->reply),
            .host = xstrdup(common->host), .queue_id = xstrdup(common->queue_id), .status = xstrdup(common->status),
            .sender = xstrdup(common->sender), .is_delayed = common->is_delayed,
        };
        bounces_add(bounces, &bounce);
        p = address + n;
        p += strcspn(p, ",");
        p += *p == ',';
    }
}

/* The address of "ctladdr=<a@example.com> (1000/1000)"; NULL where there is none.  Caller frees. */
static char *address_in(const char *line, const char *name)
{
    char *text = value(line, name);
    char *address = text == NULL ? NULL : address_copy(text);

    free(text);
    return address;
}

static void add_delivery(const char *id, const char *line, struct bounces *bounces)
{
    char *stat = value(line, ", stat="), *dsn = value(line, ", dsn="), *reply = value(line, ", reply=");
    char *relay = value(line, ", relay=");

    if (stat != NULL && !is_sent(stat, dsn)) {
        const char *list = line + strlen("to=");
        const char *list_end = strstr(list, ", ");
        struct bounce common = {
            .reply = reply_of(reply, stat, dsn), .host = host_of(relay), .queue_id = xstrndup(id, strcspn(id, ":")),
            .status = xstrdup(dsn), .sender = address_in(line, ", ctladdr="),
            .is_delayed = dsn != NULL ? dsn[0] == '4' : strncmp(stat, "Deferred", 8) == 0,
        };
        add_recipients(list, list_end == NULL ? strlen(list) : (size_t)(list_end - list), &common, bounces);
        bounce_clear(&common);
    }
    free(stat);
    free(dsn);
    free(reply);
    free(relay);
}

/* "ruleset=check_rcpt, arg1=<a@example.net>, relay=..., reject=550 5.7.1 ..." */
static void add_rejected(const char *id, const char *line, struct bounces *bounces)
{
    char *reply = value(line, ", reject=");

    if (reply == NULL)
        return;
    struct bounce bounce = { .queue_id = xstrndup(id, strcspn(id, ":")), .is_delayed = reply[0] == '4' };
    char **slot = strncmp(line, "ruleset=check_rcpt", 18) == 0 ? &bounce.recipient : &bounce.sender;
    *slot = address_in(line, ", arg1=");
    bounce.reply = reply;
    bounces_add(bounces, &bounce);
}

bool sendmaillog_read(const char *line, struct bounces *bounces)
{
    const char *id = skip_prefix(line);

    if (id == NULL)
        return false;
    const char *rest = strchr(id, ' ') + 1;
    bool is_delivery = strncmp(rest, "to=", 3) == 0 && strstr(rest, ", stat=") != NULL &&
        strstr(rest, ", mailer=") != NULL;
    bool is_rule = strncmp(rest, "ruleset=", 8) == 0;

    if (is_delivery)
        add_delivery(id, rest, bounces);
    else if (is_rule)
        add_rejected(id, rest, bounces);
    return is_delivery || is_rule || strncmp(rest, "from=", 5) == 0;
}
