/*
 * The addresses of a header field; see fieldaddress.h.
 * Fields are read as Postfix reads them, which differs from RFC 5322 where a field breaks it: two words without an
 * operator between them are two addresses, and a field that is written anew is spaced by its tokens, so that "J. Doe"
 * becomes "J.Doe" and "<a@b> (c)" becomes "<a@b>(c)".
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
#define OPERATORS "<>@,;:.()[]\"|%!"    /* each a token of its own, where it begins no other */

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

/* --- tokens ---------------------------------------------------------------------------------- */

enum token_type { TOKEN_END, TOKEN_OPERATOR, TOKEN_WORD, TOKEN_COMMENT };

struct token {
    enum token_type type;
    char operator;                  /* its first byte */
    bool is_open;                   /* a quoted string or a domain literal that nothing closes: the last token */
    size_t at, len;
};

static size_t comment_length(const char *p)
{
    const char *end = p + 1;

    for (size_t depth = 1; *end != '\0' && depth > 0; end++) {
        if (*end == '\\' && end[1] != '\0')
            end++;
        else
            depth += (size_t)(*end == '(') - (size_t)(*end == ')');
    }
    return (size_t)(end - p);
}

/* A backslash that nothing follows counts for nothing. */
static bool is_end(const char *p)
{
    return *p == '\0' || (p[0] == '\\' && p[1] == '\0');
}

/* Of a quoted string or a domain literal at p: up to what closes it, which may lack. */
static size_t enclosed_length(const char *p, char close, bool *is_open_r)
{
    size_t len = 1;

    while (!is_end(p + len) && p[len] != close)
        len += p[len] == '\\' ? 2 : 1;
    *is_open_r = p[len] != close;
    return *is_open_r ? len : len + 1;
}

static size_t atom_length(const char *p)
{
    size_t len = 0;

    while (!is_end(p + len) && strchr(OPERATORS " \t\r\n", p[len]) == NULL)
        len += p[len] == '\\' ? 2 : 1;
    return len;
}

static struct token next_token(const char *value, size_t at)
{
    at += strspn(value + at, " \t\r\n");
    const char *p = value + at;
    struct token token = { .type = TOKEN_WORD, .operator = *p, .at = at };

    if (is_end(p)) {
        token.type = TOKEN_END;
    } else if (*p == '(') {
        token.type = TOKEN_COMMENT;
        token.len = comment_length(p);
    } else if (*p == '"' || *p == '[') {
        token.len = enclosed_length(p, *p == '"' ? '"' : ']', &token.is_open);
    } else if (strchr(OPERATORS, *p) != NULL) {
        token.type = TOKEN_OPERATOR;
        token.len = 1;
    } else {
        token.len = atom_length(p);
    }
    return token;
}

static bool is_operator(const struct token *token, char operator)
{
    return token->type == TOKEN_OPERATOR && token->operator == operator;
}

/* Where the last such operator stands; 0 where there is none. */
static size_t find_last(const char *value, char operator)
{
    size_t last = 0;

    for (struct token t = next_token(value, 0); t.type != TOKEN_END; t = next_token(value, t.at + t.len)) {
        if (is_operator(&t, operator))
            last = t.at;
    }
    return last;
}

/* --- reading --------------------------------------------------------------------------------- */

struct reading {
    const char *value;
    struct fieldaddresses *list;
    size_t mark;                    /* addresses before this mailbox: those behind it may turn out to be its name */
    struct str text;                /* the address at hand */
    size_t start, end;
    bool ends_in_word, is_angle;
    size_t last_close, last_group;  /* where the last ">" and the last ";" stand */
};

static void drop(struct reading *r)
{
    str_reset(&r->text);
    r->ends_in_word = false;
}

static void take(struct reading *r)
{
    struct fieldaddresses *list = r->list;

    if (r->text.len > 0 && list->count == FIELDADDRESS_MAX) {
        list->is_cut = true;
    } else if (r->text.len > 0) {
        list->items = xgrow(list->items, list->count, &list->capacity, sizeof(*list->items));
        list->items[list->count++] = (struct fieldaddress){
            .at = r->start, .len = r->end - r->start, .is_bare = !r->is_angle, .text = xstrdup(str_get(&r->text)),
        };
    }
    drop(r);
}

static void end_mailbox(struct reading *r)
{
    take(r);
    r->mark = r->list->count;
    r->is_angle = false;
}

/* What was read since the mailbox began is a name. */
static void forget_name(struct reading *r)
{
    drop(r);
    while (r->list->count > r->mark)
        free(r->list->items[--r->list->count].text);
}

static void add_token(struct reading *r, const struct token *token)
{
    if (token->type == TOKEN_WORD && r->ends_in_word && !r->is_angle)
        take(r);
    if (r->text.len == 0)
        r->start = token->at;
    str_addn(&r->text, r->value + token->at, token->len);
    if (token->is_open)
        str_addc(&r->text, token->operator == '"' ? '"' : ']');
    r->end = token->at + token->len;
    r->ends_in_word = token->type == TOKEN_WORD;
}

static void read_token(struct reading *r, const struct token *token)
{
    if (token->type == TOKEN_COMMENT)
        return;
    if (is_operator(token, '<') && token->at < r->last_close) {
        forget_name(r);
        r->is_angle = true;
    } else if (is_operator(token, '>') || is_operator(token, ';') || (is_operator(token, ',') && !r->is_angle)) {
        end_mailbox(r);
    } else if (is_operator(token, ':') && !r->is_angle && token->at < r->last_group) {
        forget_name(r);
    } else {
        add_token(r, token);
    }
}

void fieldaddress_find(const char *value, struct fieldaddresses *list_r)
{
    *list_r = (struct fieldaddresses){ .items = NULL };
    struct reading r = {
        .value = value, .list = list_r, .text = STR_EMPTY, .last_close = find_last(value, '>'),
        .last_group = find_last(value, ';'),
    };

    for (struct token t = next_token(value, 0); t.type != TOKEN_END; t = next_token(value, t.at + t.len))
        read_token(&r, &t);
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

/* --- writing --------------------------------------------------------------------------------- */

enum piece { PIECE_NONE, PIECE_THING, PIECE_OPERATOR, PIECE_OPEN, PIECE_COMMA, PIECE_GROUP };

struct writing {
    struct str *out;
    enum piece last;
    size_t before;          /* bytes of the first line that are not in out: the name and the colon */
    size_t line;            /* where the line begins in out */
    size_t comma;           /* behind the last comma of this line; 0: none */
};

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

static void write_piece(struct writing *w, enum piece piece, const char *text, size_t len)
{
    bool is_apart = w->last == PIECE_NONE || w->last == PIECE_COMMA || w->last == PIECE_GROUP || piece == PIECE_OPEN ||
                    (w->last == PIECE_THING && piece == PIECE_THING);

    if (is_apart)
        str_addc(w->out, ' ');
    str_addn(w->out, text, len);
    w->last = piece;
    if (piece == PIECE_COMMA)
        fold(w);
}

static enum piece piece_of(const struct token *token, const char *value, size_t last_group)
{
    if (token->type != TOKEN_OPERATOR)
        return PIECE_THING;
    switch (value[token->at]) {
    case '<':
        return PIECE_OPEN;
    case ',':
        return PIECE_COMMA;
    case ':':
        return token->at < last_group ? PIECE_GROUP : PIECE_OPERATOR;
    default:
        return PIECE_OPERATOR;
    }
}

/* The comments from one place up to another. */
static void write_comments(struct writing *w, const char *value, size_t from, size_t to)
{
    for (struct token t = next_token(value, from); t.type != TOKEN_END && t.at < to;
         t = next_token(value, t.at + t.len)) {
        if (t.type == TOKEN_COMMENT)
            write_piece(w, PIECE_THING, value + t.at, t.len);
    }
}

/* Behind an address or a ">" a bare one is set off, which Postfix does too. */
static void write_address(struct writing *w, const struct fieldaddress *address, bool is_behind_other)
{
    const char *text = address->other != NULL ? address->other : address->text;

    if (is_behind_other && address->is_bare)
        write_piece(w, PIECE_COMMA, ",", 1);
    write_piece(w, PIECE_THING, text, strlen(text));
}

/* The first token from here on that is no comment. */
static size_t skip_comments(const char *value, size_t at)
{
    struct token t = next_token(value, at);

    while (t.type == TOKEN_COMMENT)
        t = next_token(value, t.at + t.len);
    return t.at;
}

void fieldaddress_rewrite(const char *name, const char *value, const struct fieldaddresses *list, struct str *value_r)
{
    struct writing w = { .out = value_r, .before = lex_name_length(name, strlen(name)) + 1, .line = value_r->len };
    size_t last_group = find_last(value, ';'), next = 0;
    bool is_behind_other = false;

    for (struct token t = next_token(value, 0); t.type != TOKEN_END;) {
        const struct fieldaddress *address = next < list->count ? &list->items[next] : NULL;
        size_t behind = skip_comments(value, t.at), end = behind > t.at ? behind : t.at + t.len;
        if (address != NULL && (t.at == address->at || (behind == address->at && address->is_bare))) {
            end = address->at + address->len;
            write_address(&w, address, is_behind_other);
            write_comments(&w, value, t.at, end);
            is_behind_other = address->is_bare;
            next++;
        } else if (t.type == TOKEN_COMMENT) {
            write_comments(&w, value, t.at, behind);
        } else {
            enum piece piece = piece_of(&t, value, last_group);
            write_piece(&w, piece, value + t.at, t.len);
            if (t.type == TOKEN_OPERATOR)
                is_behind_other = t.operator == '>' || (is_behind_other && piece == PIECE_OPERATOR &&
                                                        t.operator != ';');
        }
        t = next_token(value, end);
    }
    fold(&w);
}
