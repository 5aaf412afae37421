/*
 * The addresses of a header field; see fieldaddress.h.
 */
#include "config.h"

#include "lib/depart/fieldaddress.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/message/lex.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_BYTES 70
#define SPECIALS "<>@,;:.()[]\"\\"

/* As Postfix's header_opts has them: what names senders or recipients. */
static const char *const rewritten[] = {
    "Apparently-To", "Bcc", "Cc", "Disposition-Notification-To", "Errors-To", "From", "Mail-Followup-To", "Reply-To",
    "Resent-Bcc", "Resent-Cc", "Resent-From", "Resent-Reply-To", "Resent-Sender", "Resent-To", "Return-Path",
    "Return-Receipt-To", "Sender", "To",
};

bool fieldaddress_is_rewritten(const char *name)
{
    size_t len = lex_name_length(name, strlen(name));

    for (size_t i = 0; i < sizeof(rewritten) / sizeof(rewritten[0]); i++) {
        if (strlen(rewritten[i]) == len && strncasecmp(name, rewritten[i], len) == 0)
            return true;
    }
    return false;
}

/* --- reading ------------------------------------------------------------------------------- */

/* What was read of a mailbox so far: its tokens, and where they stand. */
struct reading {
    const char *value;
    struct str text;
    size_t start, end;
    bool ends_in_word;              /* a further word is set off by a space */
    struct fieldaddresses *list;
};

static void drop(struct reading *r)
{
    str_reset(&r->text);
    r->ends_in_word = false;
}

static void take(struct reading *r)
{
    if (r->text.len > 0 && r->list->count == FIELDADDRESS_MAX) {
        r->list->is_cut = true;
    } else if (r->text.len > 0) {
        r->list->items = xgrow(r->list->items, r->list->count, &r->list->capacity, sizeof(*r->list->items));
        r->list->items[r->list->count++] =
            (struct fieldaddress){ .at = r->start, .len = r->end - r->start, .text = xstrdup(str_get(&r->text)) };
    }
    drop(r);
}

/* Past the domain literal at p; where it is none, past the "[". */
static const char *skip_literal(const char *p)
{
    size_t len = strcspn(p + 1, " \t\r\n\"<>()[],;\\");

    return p[1 + len] == ']' ? p + len + 2 : p + 1;
}

/* The token at p; returns its end. */
static const char *add_token(struct reading *r, const char *p)
{
    const char *end = p + 1;
    bool is_word = *p == '"' || strchr(SPECIALS, *p) == NULL;

    if (*p == '"') {
        end = lex_skip_quoted(p);
    } else if (*p == '[') {
        end = skip_literal(p);
    } else if (*p == '\\' && p[1] != '\0') {
        end = p + 2;
    } else if (is_word) {
        end = p + strcspn(p, SPECIALS " \t\r\n");
    }
    if (r->text.len == 0)
        r->start = (size_t)(p - r->value);
    else if (is_word && r->ends_in_word && (size_t)(p - r->value) > r->end)
        str_addc(&r->text, ' ');
    str_addn(&r->text, p, (size_t)(end - p));
    r->end = (size_t)(end - r->value);
    r->ends_in_word = is_word;
    return end;
}

/* What stands in <>, at p.  An address with a route, "@a,@b:user@c", is left alone by Postfix. */
static const char *read_angle(struct reading *r, const char *p)
{
    drop(r);
    for (p = lex_skip_cfws(p + 1); *p != '\0' && *p != '>'; p = lex_skip_cfws(p))
        p = add_token(r, p);
    if (str_get(&r->text)[0] == '@')
        drop(r);
    take(r);
    return *p == '>' ? p + 1 : p;
}

void fieldaddress_find(const char *value, struct fieldaddresses *list_r)
{
    *list_r = (struct fieldaddresses){ .items = NULL };
    struct reading r = { .value = value, .text = STR_EMPTY, .list = list_r };
    bool is_after_angle = false;

    for (const char *p = lex_skip_cfws(value); *p != '\0'; p = lex_skip_cfws(p)) {
        if (*p == '<') {
            p = read_angle(&r, p);
            is_after_angle = true;
        } else if (*p == ',' || *p == ';' || *p == ':') {
            /* A name before ":" is a group's; what follows a <> is no address of its own. */
            if (*p == ':' || is_after_angle)
                drop(&r);
            else
                take(&r);
            is_after_angle = false;
            p++;
        } else {
            p = add_token(&r, p);
        }
    }
    if (!is_after_angle)
        take(&r);
    str_clear(&r.text);
}

void fieldaddress_clear(struct fieldaddresses *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].text);
    free(list->items);
    *list = (struct fieldaddresses){ .items = NULL };
}

/* --- writing ------------------------------------------------------------------------------- */

/* The field as it is written: where the line at hand begins, and where it may be folded last. */
struct writing {
    struct str *out;
    size_t before;          /* bytes of the first line that are not in out: the name and the colon */
    size_t line;            /* where the line begins in out */
    size_t comma;           /* behind the last comma of this line between addresses; 0: none */
    bool has_space;         /* white space that was seen and not yet written */
};

static void add(struct writing *w, const char *text, size_t len)
{
    if (w->has_space)
        str_addc(w->out, ' ');
    w->has_space = false;
    str_addn(w->out, text, len);
}

/* Too long behind the comma at hand: the line ends at the comma before. */
static void fold(struct writing *w)
{
    size_t length = w->before + w->out->len - w->line;

    if (w->comma > 0 && length >= LINE_BYTES && w->comma < w->out->len) {
        struct str rest = STR_EMPTY;
        const char *behind = w->out->data + w->comma;
        str_add(&rest, *behind == ' ' ? behind + 1 : behind);
        w->out->len = w->comma;
        str_add(w->out, "\n\t");
        w->line = w->out->len;
        w->before = 0;
        str_addn(w->out, str_get(&rest), rest.len);
        str_clear(&rest);
    }
    w->comma = w->out->len;
}

/* The end of what stands at p: a comment, a quoted string, white space or one byte. */
static const char *piece_end(const char *p)
{
    if (*p == '"')
        return lex_skip_quoted(p);
    if (*p == '[')
        return skip_literal(p);
    if (*p == '\\' && p[1] != '\0')
        return p + 2;
    if (*p != '(')
        return p + 1;
    const char *end = p + 1;
    for (size_t depth = 1; *end != '\0' && depth > 0; end++) {
        if (*end == '\\' && end[1] != '\0')
            end++;
        else
            depth += (size_t)(*end == '(') - (size_t)(*end == ')');
    }
    return end;
}

void fieldaddress_rewrite(const char *name, const char *value, const struct fieldaddresses *list, struct str *value_r)
{
    struct writing w = { .out = value_r, .before = lex_name_length(name, strlen(name)) + 1, .line = value_r->len };
    size_t next = 0;

    w.has_space = true;
    for (const char *p = value + strspn(value, " \t\r\n"); *p != '\0';) {
        const struct fieldaddress *address = next < list->count ? &list->items[next] : NULL;
        if (address != NULL && (size_t)(p - value) == address->at) {
            if (address->other != NULL)
                add(&w, address->other, strlen(address->other));
            else
                add(&w, p, address->len);
            p += address->len;
            next++;
        } else if (strchr(" \t\r\n", *p) != NULL) {
            w.has_space = true;
            p++;
        } else {
            const char *end = piece_end(p);
            add(&w, p, (size_t)(end - p));
            if (*p == ',')
                fold(&w);
            p = end;
        }
    }
    fold(&w);
}
