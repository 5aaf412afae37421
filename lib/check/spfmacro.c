/*
 * Macros in SPF records and explanations: grammar (RFC 7208 section 7.1), letters (7.2), transformers, delimiters,
 * escaping and truncation (7.3); see spfmacro.h.  No expansion grows over a few kilobytes.
 */
#include "config.h"

#include "lib/check/spfmacro.h"
#include "lib/base/str.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define VALUE_MAX 1024      /* longest value of a letter, cut beyond: RFC 5321 allows 64 + 1 + 255 */
#define NAME_KEPT 1024      /* bytes of a name that can still matter once it is cut to 253 from the left */

/* One macro-expand. */
struct macro {
    char letter;            /* lower case; '%', '_' and '-' for the three literals */
    bool is_escaped;        /* written in upper case: URL escaping */
    bool is_split;          /* has transformers or delimiters */
    bool is_reversed;
    int keep;               /* right-hand parts; 0: all */
    const char *delimiters; /* not terminated */
    size_t n_delimiters;    /* 0: "." */
};

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int bad_macro(struct err *err, const char *text, size_t len, const char *why)
{
    struct str shown = STR_EMPTY;
    char start[24] = "";

    memcpy(start, text, len < sizeof(start) - 1 ? len : sizeof(start) - 1);
    str_add_escaped(&shown, start, sizeof(start), false);
    err_set(err, "macro at '%s' %s", str_get(&shown), why);
    str_clear(&shown);
    return -1;
}

/* transformers = *DIGIT [ "r" ]; bytes read, or -1 for a count of zero. */
static int parse_transformers(const char *text, size_t len, struct macro *macro)
{
    size_t i = 0;

    for (; i < len && is_digit(text[i]); i++) {
        int digit = text[i] - '0';
        macro->keep = macro->keep > (INT_MAX - digit) / 10 ? INT_MAX : macro->keep * 10 + digit;
    }
    if (i > 0 && macro->keep == 0)
        return -1;
    if (i < len && to_lower(text[i]) == 'r') {
        macro->is_reversed = true;
        i++;
    }
    return (int)i;
}

/* The macro-expand at text, which begins with '%'.  Bytes read, or -1. */
static int parse_macro(const char *text, size_t len, enum spfmacro_use use, struct macro *macro_r, struct err *err)
{
    struct macro macro = { 0 };

    if (len >= 2 && strchr("%_-", text[1]) != NULL && text[1] != '\0') {
        macro.letter = text[1];
        *macro_r = macro;
        return 2;
    }
    if (len < 3 || text[1] != '{')
        return bad_macro(err, text, len, "is not one of %{...}, %%, %_, %-");
    macro.letter = to_lower(text[2]);
    macro.is_escaped = macro.letter != text[2];
    if (!is_alpha(text[2]) || strchr("slodipvhcrt", macro.letter) == NULL)
        return bad_macro(err, text, len, "has an unknown letter");
    if (use == SPFMACRO_DOMAIN && strchr("crt", macro.letter) != NULL)
        return bad_macro(err, text, len, "is allowed in explanations only");

    int n = parse_transformers(text + 3, len - 3, &macro);
    if (n < 0)
        return bad_macro(err, text, len, "keeps zero parts");
    size_t at = 3 + (size_t)n;
    macro.delimiters = text + at;
    while (at < len && text[at] != '\0' && strchr(".-+,/_=", text[at]) != NULL) {
        macro.n_delimiters++;
        at++;
    }
    macro.is_split = n > 0 || macro.n_delimiters > 0;
    if (at >= len || text[at] != '}')
        return bad_macro(err, text, len, "is not closed or has an unknown delimiter");
    *macro_r = macro;
    return (int)at + 1;
}

/* Checks the text and tells where its last literal run begins: after the last macro, or at 0. */
static int check(const char *text, size_t len, enum spfmacro_use use, size_t *literal_r, struct err *err)
{
    size_t literal = 0;

    for (size_t i = 0; i < len;) {
        if (text[i] != '%') {
            if (text[i] < (use == SPFMACRO_EXPLANATION ? 0x20 : 0x21) || text[i] > 0x7e)
                return err_set(err, "byte 0x%02x is not allowed", (unsigned char)text[i]);
            i++;
            continue;
        }
        struct macro macro;
        int n = parse_macro(text + i, len - i, use, &macro, err);
        if (n < 0)
            return -1;
        i += (size_t)n;
        literal = i;
    }
    *literal_r = literal;
    return 0;
}

int spfmacro_check(const char *text, size_t len, enum spfmacro_use use, struct err *err)
{
    size_t literal;

    return check(text, len, use, &literal, err);
}

/* toplabel: letters, digits and inner hyphens, not digits alone. */
static int check_toplabel(const char *label, size_t len, struct err *err)
{
    bool is_number = true;

    for (size_t i = 0; i < len; i++) {
        bool is_hyphen = label[i] == '-';
        if (!is_alpha(label[i]) && !is_digit(label[i]) && !is_hyphen)
            return err_set(err, "'%.*s' cannot be the end of a domain name", (int)len, label);
        if (is_hyphen && (i == 0 || i == len - 1))
            return err_set(err, "the domain's last label begins or ends with '-'");
        is_number = is_number && is_digit(label[i]);
    }
    if (len == 0)
        return err_set(err, "the domain ends in an empty label");
    if (is_number)
        return err_set(err, "the domain ends in a number; an address is written with ip4: or ip6:");
    return 0;
}

int spfmacro_check_domain(const char *text, size_t len, struct err *err)
{
    size_t literal;

    if (len == 0)
        return err_set(err, "the domain is empty");
    if (check(text, len, SPFMACRO_DOMAIN, &literal, err) < 0)
        return -1;
    if (literal == len)
        return 0;
    if (text[len - 1] == '.')
        len--;
    size_t start = len;
    while (start > literal && text[start - 1] != '.')
        start--;
    if (start == literal)
        return err_set(err, "'%.*s' is not a fully qualified domain name", (int)(len < 64 ? len : 64), text);
    return check_toplabel(text + start, len - start, err);
}

bool spfmacro_has(const char *text, char letter)
{
    for (; *text != '\0'; text++) {
        if (*text != '%' || text[1] == '\0')
            continue;
        text++;
        if (*text == '{' && to_lower(text[1]) == letter)
            return true;
    }
    return false;
}

/* The i macro: as written for IPv4, nibbles with dots for IPv6. */
static void dotted_address(const struct ip_addr *addr, char text_r[VALUE_MAX + 1])
{
    static const char hex[] = "0123456789ABCDEF";

    if (addr->family != AF_INET6) {
        ip_format(addr, text_r);
        return;
    }
    for (int i = 0; i < 32; i++) {
        text_r[2 * i] = hex[(addr->bytes[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15];
        text_r[2 * i + 1] = '.';
    }
    text_r[63] = '\0';
}

static void copy_value(char text_r[VALUE_MAX + 1], const char *value)
{
    size_t len = strlen(value);

    if (len > VALUE_MAX)
        len = VALUE_MAX;
    memcpy(text_r, value, len);
    text_r[len] = '\0';
}

/* Section 7.2: what the letter stands for. */
static void get_value(char letter, const struct spfmacro_env *env, char text_r[VALUE_MAX + 1])
{
    text_r[0] = '\0';
    switch (letter) {
    case 's': copy_value(text_r, env->sender); break;
    case 'l': copy_value(text_r, env->local); break;
    case 'o': copy_value(text_r, env->sender_domain); break;
    case 'd': copy_value(text_r, env->domain); break;
    case 'h': copy_value(text_r, env->helo); break;
    case 'r': copy_value(text_r, env->receiver); break;
    case 'p': copy_value(text_r, env->validated); break;
    case 'v': copy_value(text_r, env->client->family == AF_INET6 ? "ip6" : "in-addr"); break;
    case 'i': dotted_address(env->client, text_r); break;
    case 'c': ip_format(env->client, text_r); break;
    case 't': snprintf(text_r, VALUE_MAX, "%lld", (long long)env->now); break;
    default: break;
    }
}

static bool is_delimiter(const struct macro *macro, char c)
{
    return macro->n_delimiters == 0 ? c == '.' : memchr(macro->delimiters, c, macro->n_delimiters) != NULL;
}

static bool is_unreserved(char c)
{
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static void add_bytes(struct str *out, const char *text, size_t len, bool is_escaped)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_escaped || is_unreserved(text[i]))
            str_addc(out, text[i]);
        else
            str_addf(out, "%%%02X", (unsigned char)text[i]);
    }
}

/* Section 7.3: split, reverse, keep the right-hand parts, join with dots.  Empty parts count. */
static void add_parts(struct str *out, const struct macro *macro, const char *value)
{
    size_t starts[VALUE_MAX + 2];
    int n = 0;

    starts[n++] = 0;
    for (size_t i = 0; value[i] != '\0'; i++) {
        if (is_delimiter(macro, value[i]))
            starts[n++] = i + 1;
    }
    starts[n] = strlen(value) + 1;
    int first = macro->keep > 0 && macro->keep < n ? n - macro->keep : 0;
    for (int i = first; i < n; i++) {
        int part = macro->is_reversed ? n - 1 - i : i;
        if (i > first)
            str_addc(out, '.');
        add_bytes(out, value + starts[part], starts[part + 1] - 1 - starts[part], macro->is_escaped);
    }
}

static void add_macro(struct str *out, const struct macro *macro, const struct spfmacro_env *env)
{
    char value[VALUE_MAX + 1];

    switch (macro->letter) {
    case '%': str_addc(out, '%'); return;
    case '_': str_addc(out, ' '); return;
    case '-': str_add(out, "%20"); return;
    default: break;
    }
    get_value(macro->letter, env, value);
    if (macro->is_split)
        add_parts(out, macro, value);
    else
        add_bytes(out, value, strlen(value), macro->is_escaped);
}

/* Expands the next literal or macro of text; bytes read, 0 at the end or where the text was never checked. */
static size_t expand_next(struct str *out, const char *text, enum spfmacro_use use, const struct spfmacro_env *env)
{
    size_t literal = strcspn(text, "%");
    struct macro macro;

    if (literal > 0) {
        str_addn(out, text, literal);
        return literal;
    }
    if (*text == '\0')
        return 0;
    int n = parse_macro(text, strlen(text), use, &macro, NULL);
    if (n < 0)
        return 0;
    add_macro(out, &macro, env);
    return (size_t)n;
}

/* A name that is asked for: labels of 1 to 63 bytes, printable ASCII or space. */
static bool is_askable(const char *name)
{
    size_t label = 0;

    for (const char *p = name; *p != '\0'; p++) {
        if (*p < 0x20 || *p > 0x7e)
            return false;
        if (*p != '.') {
            if (++label > 63)
                return false;
            continue;
        }
        if (label == 0)
            return false;
        label = 0;
    }
    return label > 0;
}

int spfmacro_domain(const char *spec, const struct spfmacro_env *env, char name_r[DOMAIN_MAX])
{
    struct str out = STR_EMPTY;
    size_t n;

    while ((n = expand_next(&out, spec, SPFMACRO_DOMAIN, env)) > 0) {
        spec += n;
        if (out.len > 4 * NAME_KEPT) {
            memmove(out.data, out.data + out.len - NAME_KEPT, NAME_KEPT + 1);
            out.len = NAME_KEPT;
        }
    }
    const char *name = str_get(&out);
    size_t len = out.len;
    if (len > 0 && name[len - 1] == '.')
        out.data[--len] = '\0';
    while (len > DOMAIN_MAX - 1) {
        const char *dot = strchr(name, '.');
        if (dot == NULL)
            break;
        len -= (size_t)(dot + 1 - name);
        name = dot + 1;
    }
    int rc = len < DOMAIN_MAX && is_askable(name) ? 0 : -1;
    if (rc == 0)
        memcpy(name_r, name, len + 1);
    str_clear(&out);
    return rc;
}

int spfmacro_explanation(const char *text, const struct spfmacro_env *env, struct str *text_r)
{
    size_t n, start = text_r->len;

    while ((n = expand_next(text_r, text, SPFMACRO_EXPLANATION, env)) > 0) {
        text += n;
        if (text_r->len - start > SPFMACRO_EXPLANATION_MAX)
            return -1;
    }
    for (const char *p = str_get(text_r) + start; *p != '\0'; p++) {
        if (*p < 0x20 || *p > 0x7e)
            return -1;
    }
    return 0;
}
