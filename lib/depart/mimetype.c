/*
 * Content-Type and Content-Transfer-Encoding; see mimetype.h.
 */
#include "config.h"

#include "lib/depart/mimetype.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/message/lex.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- tokens ---------------------------------------------------------------------------------------- */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_SPECIAL };

struct token {
    enum token_kind kind;
    struct str text;            /* without quotes */
};

static bool is_word(char c)
{
    unsigned char u = (unsigned char)c;

    return u > 0x20 && u != 0x7f && strchr("()<>@,;:\\\"/[]?.=", c) == NULL;
}

static void take_quoted(const char *p, const char *end, struct str *text)
{
    for (p++; p < end; p++) {
        if (*p == '"')
            break;
        if (*p == '\\' && p + 1 < end)
            p++;
        str_addc(text, *p);
    }
}

/* The next token, and where it ends. */
static const char *next_token(const char *p, struct token *token_r)
{
    size_t len = 0;

    str_reset(&token_r->text);
    p = lex_skip_cfws(p);
    if (*p == '\0') {
        token_r->kind = TOKEN_END;
        return p;
    }
    if (*p == '"') {
        const char *end = lex_skip_quoted(p);
        token_r->kind = TOKEN_QUOTED;
        take_quoted(p, end, &token_r->text);
        return end;
    }
    while (is_word(p[len]))
        len++;
    token_r->kind = len > 0 ? TOKEN_WORD : TOKEN_SPECIAL;
    str_addn(&token_r->text, p, len > 0 ? len : 1);
    return p + (len > 0 ? len : 1);
}

static bool is_token(const struct token *token, enum token_kind kind, const char *text)
{
    return token->kind == kind && strcasecmp(str_get(&token->text), text) == 0;
}

/* --- fields ---------------------------------------------------------------------------------------- */

/* The value of "; boundary=" in what follows the type; NULL where there is none. */
static char *find_boundary(const char *p)
{
    struct token token = { TOKEN_END, STR_EMPTY };
    char *boundary = NULL;

    do {
        p = next_token(p, &token);
        if (!is_token(&token, TOKEN_SPECIAL, ";"))
            continue;
        const char *name = next_token(p, &token);
        if (!is_token(&token, TOKEN_WORD, "boundary"))
            continue;
        p = next_token(name, &token);
        if (!is_token(&token, TOKEN_SPECIAL, "="))
            continue;
        p = next_token(p, &token);
        if (token.kind == TOKEN_WORD || token.kind == TOKEN_QUOTED)
            boundary = xstrdup(str_get(&token.text));
    } while (boundary == NULL && token.kind != TOKEN_END);
    str_clear(&token.text);
    return boundary;
}

enum mime_kind mimetype_read(const char *value, char **boundary_r)
{
    struct token type = { TOKEN_END, STR_EMPTY }, slash = { TOKEN_END, STR_EMPTY }, subtype = { TOKEN_END, STR_EMPTY };
    const char *p = next_token(next_token(next_token(value, &type), &slash), &subtype);
    enum mime_kind kind = MIME_PLAIN;

    *boundary_r = NULL;
    if (!is_token(&slash, TOKEN_SPECIAL, "/") || subtype.kind != TOKEN_WORD)
        str_reset(&subtype.text);
    if (is_token(&type, TOKEN_WORD, "multipart")) {
        kind = strcasecmp(str_get(&subtype.text), "digest") == 0 ? MIME_DIGEST : MIME_MULTIPART;
        *boundary_r = find_boundary(p);
    } else if (is_token(&type, TOKEN_WORD, "message")) {
        kind = strcasecmp(str_get(&subtype.text), "rfc822") == 0 ? MIME_RFC822
            : strcasecmp(str_get(&subtype.text), "global") == 0 ? MIME_GLOBAL : MIME_MESSAGE;
    }
    str_clear(&type.text);
    str_clear(&slash.text);
    str_clear(&subtype.text);
    return kind;
}

enum mime_encoding mimetype_encoding(const char *value)
{
    static const struct { const char *name; enum mime_encoding encoding; } names[] = {
        { "7bit", MIME_SEVEN_BIT }, { "8bit", MIME_EIGHT_BIT }, { "base64", MIME_SEVEN_BIT },
        { "binary", MIME_EIGHT_BIT }, { "quoted-printable", MIME_SEVEN_BIT },
    };
    struct token token = { TOKEN_END, STR_EMPTY };
    enum mime_encoding encoding = MIME_UNKNOWN;

    (void)next_token(value, &token);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (is_token(&token, TOKEN_WORD, names[i].name))
            encoding = names[i].encoding;
    }
    str_clear(&token.text);
    return encoding;
}

bool mimetype_is_field(const char *name, size_t len)
{
    static const char *const names[] = {
        "Content-Description", "Content-Disposition", "Content-ID", "Content-Transfer-Encoding", "Content-Type",
        "MIME-Version",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i]) == len && strncasecmp(name, names[i], len) == 0)
            return true;
    }
    return false;
}
