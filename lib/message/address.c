/*
 * Addresses in a header field; see address.h.  A lexer drops comments and white space, a table walks each addr-spec.
 * One pass without recursion: linear time, constant memory besides the domains found.
 */
#include "config.h"

#include "lib/message/address.h"
#include "lib/base/domain.h"
#include "lib/base/mem.h"
#include "lib/message/lex.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LOCAL_MAX 256               /* bytes of a local part that are kept; RFC 5321 allows 64 */

/* The first ones, up to TOKEN_ODD, are columns of the table below. */
enum token {
    TOKEN_WORD, TOKEN_QUOTED, TOKEN_LITERAL, TOKEN_DOT, TOKEN_AT, TOKEN_ODD,
    TOKEN_LESS, TOKEN_GREATER, TOKEN_COMMA, TOKEN_SEMICOLON, TOKEN_COLON, TOKEN_END
};

/* How far an addr-spec has been read. */
enum state {
    STATE_START, STATE_LOCAL, STATE_LOCAL_DOT, STATE_AT, STATE_DOMAIN, STATE_DOMAIN_DOT, STATE_LITERAL,
    STATE_ROUTE,        /* "@a,@b" before the ':' of an obsolete route */
    STATE_BAD,
    STATE_COUNT
};

#define BAD STATE_BAD
/* Dots too many in a local part, as old mobile carriers gave them, hide the domain from no receiver. */
static const unsigned char next_state[STATE_COUNT][TOKEN_ODD + 1] = {
    /*                      word          quoted       literal        dot               at           odd */
    [STATE_START]      = { STATE_LOCAL,  STATE_LOCAL, BAD,           STATE_LOCAL_DOT,  STATE_ROUTE, BAD },
    [STATE_LOCAL]      = { BAD,          BAD,         BAD,           STATE_LOCAL_DOT,  STATE_AT,    BAD },
    [STATE_LOCAL_DOT]  = { STATE_LOCAL,  STATE_LOCAL, BAD,           STATE_LOCAL_DOT,  STATE_AT,    BAD },
    [STATE_AT]         = { STATE_DOMAIN, BAD,         STATE_LITERAL, BAD,              BAD,         BAD },
    [STATE_DOMAIN]     = { BAD,          BAD,         BAD,           STATE_DOMAIN_DOT, BAD,         BAD },
    [STATE_DOMAIN_DOT] = { STATE_DOMAIN, BAD,         BAD,           BAD,              BAD,         BAD },
    [STATE_LITERAL]    = { BAD,          BAD,         BAD,           BAD,              BAD,         BAD },
    [STATE_ROUTE]      = { STATE_ROUTE,  STATE_ROUTE, STATE_ROUTE,   STATE_ROUTE,      STATE_ROUTE, STATE_ROUTE },
    [STATE_BAD]        = { BAD,          BAD,         BAD,           BAD,              BAD,         BAD },
};
#undef BAD

struct spec {
    enum state state;
    bool has_at;
    bool has_encoded_word;
    bool has_specials;              /* an encoded word with bytes that no atom has: a display name and nothing else */
    size_t len;
    char domain[4 * DOMAIN_MAX];    /* as written; U-labels are longer than their A-labels at times */
    size_t local_len;               /* over LOCAL_MAX: too long to be told */
    char local[LOCAL_MAX];          /* words and dots before the "@", as written */
};

struct parser {
    const char *p;                  /* next byte */
    const char *token;              /* the last word */
    size_t token_len;
    struct spec bare;               /* what stands outside <>: an address or a display name */
    struct spec angle;
    bool in_angle;
    bool is_after_angle;            /* this mailbox's <> has been taken already */
    struct address_list *list;
};

/* Past a domain literal whose '[' is at p; NULL where it is none.  Stops at every '[', so rescanning stays linear. */
static const char *skip_literal(const char *p)
{
    p += 1 + strcspn(p + 1, "[]\\");
    return *p == ']' ? p + 1 : NULL;
}

/* Many senders leave specials in an encoded word that RFC 2047 section 5 forbids: it is one word whatever it holds. */
static enum token next_word(struct parser *ps)
{
    const char *encoded = lex_skip_encoded_word(ps->p);
    const char *end = ps->in_angle ? NULL : encoded;
    struct spec *spec = ps->in_angle ? &ps->angle : &ps->bare;

    spec->has_encoded_word = spec->has_encoded_word || encoded != NULL;
    ps->token = ps->p;
    if (end == NULL) {
        for (end = ps->p; is_atext(*end); end++)
            ;
    }
    ps->p = end;
    ps->token_len = (size_t)(end - ps->token);
    for (const char *p = ps->token; p < end; p++)
        ps->bare.has_specials = ps->bare.has_specials || !is_atext(*p);
    return TOKEN_WORD;
}

static enum token next_token(struct parser *ps)
{
    static const char specials[] = ".@<>,;:";
    static const unsigned char special_tokens[] = {
        TOKEN_DOT, TOKEN_AT, TOKEN_LESS, TOKEN_GREATER, TOKEN_COMMA, TOKEN_SEMICOLON, TOKEN_COLON
    };
    const struct spec *spec = ps->in_angle ? &ps->angle : &ps->bare;

    ps->p = lex_skip_cfws(ps->p);
    char c = *ps->p;
    if (c == '\0')
        return TOKEN_END;
    if (is_atext(c))
        return next_word(ps);
    const char *special = strchr(specials, c);
    if (special != NULL) {
        ps->p++;
        return special_tokens[special - specials];
    }
    if (c == '"') {
        ps->token = ps->p;
        ps->p = lex_skip_quoted(ps->p);
        ps->token_len = (size_t)(ps->p - ps->token);
        return TOKEN_QUOTED;
    }
    /* Elsewhere "[" is part of a display name: "[List] Jane <jane@example.com>". */
    const char *end = c == '[' && spec->state == STATE_AT ? skip_literal(ps->p) : NULL;
    ps->p = end != NULL ? end : ps->p + 1;
    return end != NULL ? TOKEN_LITERAL : TOKEN_ODD;
}

static void spec_reset(struct spec *spec)
{
    spec->state = STATE_START;
    spec->has_at = false;
    spec->has_encoded_word = false;
    spec->has_specials = false;
    spec->len = 0;
    spec->local_len = 0;
}

static void spec_add_local(struct spec *spec, const char *text, size_t len)
{
    if (spec->local_len > LOCAL_MAX)
        return;
    if (len <= LOCAL_MAX - spec->local_len)
        memcpy(spec->local + spec->local_len, text, len);
    spec->local_len += len;
}

static void spec_add(struct spec *spec, const char *text, size_t len)
{
    if (len >= sizeof(spec->domain) - spec->len) {
        spec->state = STATE_BAD;
        return;
    }
    memcpy(spec->domain + spec->len, text, len);
    spec->len += len;
}

static void spec_feed(struct spec *spec, enum token token, const char *text, size_t len)
{
    spec->state = next_state[spec->state][token];
    spec->has_at = spec->has_at || token == TOKEN_AT;
    if (spec->has_at && spec->has_specials)
        spec->state = STATE_BAD;
    if (!spec->has_at && token == TOKEN_DOT)
        spec_add_local(spec, ".", 1);
    else if (!spec->has_at && (token == TOKEN_WORD || token == TOKEN_QUOTED))
        spec_add_local(spec, text, len);
    if (spec->state == STATE_DOMAIN)
        spec_add(spec, text, len);
    else if (spec->state == STATE_DOMAIN_DOT)
        spec_add(spec, ".", 1);
}

static void add_domain(struct address_list *list, const char *domain)
{
    for (size_t i = 0; i < list->n_domains; i++) {
        if (strcmp(list->domains[i], domain) == 0)
            return;
    }
    if (list->domains == NULL)
        list->domains = xcalloc(ADDRESS_LIST_MAX, sizeof(*list->domains));
    list->domains[list->n_domains++] = xstrdup(domain);
}

static void add_mailbox(struct address_list *list, struct spec *spec)
{
    char domain[DOMAIN_MAX];

    list->count++;
    if (spec->state != STATE_DOMAIN && spec->state != STATE_DOMAIN_DOT) {
        list->invalid++;
        return;
    }
    if (list->count > ADDRESS_LIST_MAX)
        return;
    spec->domain[spec->len] = '\0';
    if (domain_normalize(spec->domain, domain) < 0) {
        list->invalid++;
        return;
    }
    add_domain(list, domain);
    if (list->first == NULL && spec->local_len <= LOCAL_MAX)
        list->first = xasprintf("%.*s@%s", (int)spec->local_len, spec->local, domain);
}

/* In <>, or in what stands bare and has an "@". */
static bool has_encoded_address(const struct parser *ps)
{
    if (ps->in_angle)
        return ps->angle.has_encoded_word;
    return ps->bare.has_at && ps->bare.has_encoded_word;
}

static void finish_mailbox(struct parser *ps)
{
    ps->list->has_encoded_word = ps->list->has_encoded_word || has_encoded_address(ps);
    if (ps->in_angle)
        add_mailbox(ps->list, &ps->angle);
    else if (ps->is_after_angle ? ps->bare.has_at : ps->bare.state != STATE_START)
        add_mailbox(ps->list, &ps->bare);
    spec_reset(&ps->bare);
    spec_reset(&ps->angle);
    ps->in_angle = false;
    ps->is_after_angle = false;
}

static void open_angle(struct parser *ps)
{
    /* "<<a@b>>" is one address, "<a@b <c@d>" and "<a@b> c@d <e@f>" are several. */
    if (ps->in_angle && ps->angle.state == STATE_START)
        return;
    if (ps->in_angle || (ps->is_after_angle && ps->bare.has_at))
        finish_mailbox(ps);
    spec_reset(&ps->bare);
    spec_reset(&ps->angle);
    ps->in_angle = true;
    ps->is_after_angle = false;
}

static void close_angle(struct parser *ps)
{
    if (!ps->in_angle)
        return;
    finish_mailbox(ps);
    ps->is_after_angle = true;
}

/* The end of a route or of a group's name; elsewhere it has no place. */
static void take_colon(struct parser *ps)
{
    if (!ps->in_angle && ps->bare.has_at) {
        finish_mailbox(ps);
    } else if (!ps->in_angle) {
        spec_reset(&ps->bare);
        ps->is_after_angle = false;
    } else if (ps->angle.state == STATE_ROUTE) {
        spec_reset(&ps->angle);
    } else {
        ps->angle.state = STATE_BAD;
    }
}

static void take_token(struct parser *ps, enum token token)
{
    struct spec *spec = ps->in_angle ? &ps->angle : &ps->bare;

    switch (token) {
    case TOKEN_LESS:
        open_angle(ps);
        break;
    case TOKEN_GREATER:
        close_angle(ps);
        break;
    case TOKEN_COMMA:
        if (!ps->in_angle || spec->state != STATE_ROUTE)
            finish_mailbox(ps);
        break;
    case TOKEN_SEMICOLON:
    case TOKEN_END:
        finish_mailbox(ps);
        break;
    case TOKEN_COLON:
        take_colon(ps);
        break;
    default:
        spec_feed(spec, token, ps->token, ps->token_len);
        break;
    }
}

void address_list_parse(const char *value, struct address_list *list_r)
{
    struct parser ps = { .p = value, .list = list_r };
    enum token token;

    *list_r = (struct address_list){ .count = 0 };
    do {
        token = next_token(&ps);
        take_token(&ps, token);
    } while (token != TOKEN_END);
}

void address_list_clear(struct address_list *list)
{
    for (size_t i = 0; i < list->n_domains; i++)
        free(list->domains[i]);
    free(list->domains);
    free(list->first);
    *list = (struct address_list){ .count = 0 };
}
