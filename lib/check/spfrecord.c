/*
 * One SPF record read into its terms by the grammar of RFC 7208 section 12; see spfrecord.h.
 * A syntax error anywhere makes the whole record a permerror (section 4.6), so parsing stops at the first.
 */
#include "config.h"

#include "lib/check/spfrecord.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/check/spfmacro.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SPF_VERSION "v=spf1"
#define SHOWN_MAX 100       /* bytes of a wrong term that are shown */

/* What follows a mechanism's name. */
enum argument { ARG_NONE, ARG_DOMAIN, ARG_OPTIONAL, ARG_OPTIONAL_CIDR, ARG_IP4, ARG_IP6 };

static const struct mechanism {
    const char *name;
    enum spfterm_kind kind;
    enum argument argument;
    bool is_lookup;
} mechanisms[] = {
    { "all", SPFTERM_ALL, ARG_NONE, false },
    { "include", SPFTERM_INCLUDE, ARG_DOMAIN, true },
    { "a", SPFTERM_A, ARG_OPTIONAL_CIDR, true },
    { "mx", SPFTERM_MX, ARG_OPTIONAL_CIDR, true },
    { "ptr", SPFTERM_PTR, ARG_OPTIONAL, true },
    { "ip4", SPFTERM_IP4, ARG_IP4, false },
    { "ip6", SPFTERM_IP6, ARG_IP6, false },
    { "exists", SPFTERM_EXISTS, ARG_DOMAIN, true },
};

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_spfrecord(const char *text, size_t len)
{
    size_t n = strlen(SPF_VERSION);

    return len >= n && strncasecmp(text, SPF_VERSION, n) == 0 && (len == n || text[n] == ' ');
}

bool spfterm_is_lookup(const struct spfterm *term)
{
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
        if (mechanisms[i].kind == term->kind)
            return mechanisms[i].is_lookup;
    }
    return term->kind == SPFTERM_REDIRECT;
}

/* A prefix length: decimal, no leading zero, 0..most. */
static int parse_prefix(const char *text, size_t len, int most, int *prefix_r, struct err *err)
{
    int prefix = 0;

    if (len == 0 || len > 3 || (len > 1 && text[0] == '0'))
        return err_set(err, "'%.*s' is not a prefix length", len < 32 ? (int)len : 32, text);
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(text[i]))
            return err_set(err, "'%.*s' is not a prefix length", (int)len, text);
        prefix = prefix * 10 + (text[i] - '0');
    }
    if (prefix > most)
        return err_set(err, "prefix length %d is over %d", prefix, most);
    *prefix_r = prefix;
    return 0;
}

/* Where the digits at the end of text begin. */
static size_t trailing_digits(const char *text, size_t len)
{
    while (len > 0 && is_digit(text[len - 1]))
        len--;
    return len;
}

/*
 * dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ], taken off the end: a domain-spec may hold slashes
 * itself, but no toplabel does.
 */
static int split_cidr(const char *text, size_t *len, struct spfterm *term, struct err *err)
{
    size_t at = trailing_digits(text, *len);

    if (at < *len && at >= 2 && text[at - 1] == '/' && text[at - 2] == '/') {
        if (parse_prefix(text + at, *len - at, 128, &term->prefix6, err) < 0)
            return -1;
        *len = at - 2;
        at = trailing_digits(text, *len);
    }
    if (at < *len && at >= 1 && text[at - 1] == '/') {
        if (parse_prefix(text + at, *len - at, 32, &term->prefix4, err) < 0)
            return -1;
        *len = at - 1;
    }
    return 0;
}

static int parse_domain(const char *text, size_t len, const struct mechanism *row, struct spfterm *term,
                        struct err *err)
{
    bool has_cidr = row->argument == ARG_OPTIONAL_CIDR;
    bool is_optional = has_cidr || row->argument == ARG_OPTIONAL;

    if (has_cidr && split_cidr(text, &len, term, err) < 0)
        return -1;
    if (len == 0)
        return is_optional ? 0 : err_set(err, "%s needs a domain", row->name);
    if (text[0] != ':')
        return err_set(err, "%s is followed by neither ':' and a domain nor a prefix length it may have", row->name);
    if (spfmacro_check_domain(text + 1, len - 1, err) < 0)
        return -1;
    term->domain = xstrndup(text + 1, len - 1);
    return 0;
}

/* ip4-network = qnum "." qnum "." qnum "." qnum, without leading zeros. */
static bool parse_ip4(const char *text, struct ip_addr *addr_r)
{
    uint8_t bytes[4];

    for (int i = 0; i < 4; i++) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 3 || (digits > 1 && text[0] == '0') || atoi(text) > 255)
            return false;
        bytes[i] = (uint8_t)atoi(text);
        text += digits;
        if (*text++ != (i < 3 ? '.' : '\0'))
            return false;
    }
    ip_from_bytes(AF_INET, bytes, addr_r);
    return true;
}

static bool parse_ip6(const char *text, struct ip_addr *addr_r)
{
    uint8_t bytes[16];

    if (inet_pton(AF_INET6, text, bytes) != 1)
        return false;
    ip_from_bytes(AF_INET6, bytes, addr_r);
    return true;
}

static int parse_network(const char *text, size_t len, const struct mechanism *row, struct spfterm *term,
                         struct err *err)
{
    bool is_ip4 = row->argument == ARG_IP4;
    char addr[IP_TEXT_MAX];

    if (len == 0 || text[0] != ':')
        return err_set(err, "%s needs ':' and an address", row->name);
    text++;
    len--;
    const char *slash = memchr(text, '/', len);
    size_t n = slash == NULL ? len : (size_t)(slash - text);
    bool fits = n < sizeof(addr);
    if (fits) {
        memcpy(addr, text, n);
        addr[n] = '\0';
    }
    if (!fits || !(is_ip4 ? parse_ip4(addr, &term->addr) : parse_ip6(addr, &term->addr)))
        return err_set(err, "'%.*s' is not an %s address", n < SHOWN_MAX ? (int)n : SHOWN_MAX, text,
                       is_ip4 ? "IPv4" : "IPv6");
    if (slash == NULL)
        return 0;
    return parse_prefix(slash + 1, len - n - 1, is_ip4 ? 32 : 128, is_ip4 ? &term->prefix4 : &term->prefix6, err);
}

static const struct mechanism *find_mechanism(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
        if (strlen(mechanisms[i].name) == len && strncasecmp(mechanisms[i].name, name, len) == 0)
            return &mechanisms[i];
    }
    return NULL;
}

/* directive = [ qualifier ] mechanism */
static int parse_directive(const char *text, size_t len, struct spfterm *term, struct err *err)
{
    static const struct { char sign; enum auth_result result; } qualifiers[] = {
        { '+', AUTH_PASS }, { '-', AUTH_FAIL }, { '~', AUTH_SOFTFAIL }, { '?', AUTH_NEUTRAL },
    };

    for (size_t i = 0; i < sizeof(qualifiers) / sizeof(qualifiers[0]); i++) {
        if (text[0] == qualifiers[i].sign) {
            term->qualifier = qualifiers[i].result;
            text++;
            len--;
            break;
        }
    }
    size_t n = 0;
    while (n < len && text[n] != ':' && text[n] != '/')
        n++;
    const struct mechanism *row = find_mechanism(text, n);
    if (row == NULL)
        return err_set(err, "there is no such mechanism");
    term->kind = row->kind;
    switch (row->argument) {
    case ARG_NONE:
        return n == len ? 0 : err_set(err, "%s takes nothing after it", row->name);
    case ARG_IP4:
    case ARG_IP6:
        return parse_network(text + n, len - n, row, term, err);
    default:
        return parse_domain(text + n, len - n, row, term, err);
    }
}

/* name "=": length of the name, or 0 where the term is no modifier. */
static size_t modifier_name(const char *text, size_t len)
{
    size_t n = 0;

    if (len == 0 || !is_alpha(text[0]))
        return 0;
    while (n < len && (is_alpha(text[n]) || is_digit(text[n]) || memchr("-_.", text[n], 3) != NULL))
        n++;
    return n < len && text[n] == '=' ? n : 0;
}

static void free_term(struct spfterm *term)
{
    free(term->text);
    free(term->domain);
}

static int parse_modifier(const char *text, size_t len, size_t name, struct spfrecord *record, struct err *err)
{
    const char *value = text + name + 1;
    size_t value_len = len - name - 1;
    bool is_redirect = name == 8 && strncasecmp(text, "redirect", 8) == 0;
    bool is_exp = name == 3 && strncasecmp(text, "exp", 3) == 0;

    if (!is_redirect && !is_exp)
        return spfmacro_check(value, value_len, SPFMACRO_MODIFIER, err);
    struct spfterm **place = is_redirect ? &record->redirect : &record->exp;
    if (*place != NULL)
        return err_set(err, "%s= may stand only once", is_redirect ? "redirect" : "exp");
    if (spfmacro_check_domain(value, value_len, err) < 0)
        return -1;
    struct spfterm *term = xcalloc(1, sizeof(*term));
    term->kind = is_redirect ? SPFTERM_REDIRECT : SPFTERM_EXP;
    term->qualifier = AUTH_NEUTRAL;
    term->text = xstrndup(text, len);
    term->domain = xstrndup(value, value_len);
    *place = term;
    return 0;
}

static int parse_term(const char *text, size_t len, struct spfrecord *record, struct err *err)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] < 0x21 || text[i] > 0x7e)
            return err_set(err, "byte 0x%02x is not printable ASCII", (unsigned char)text[i]);
    }
    size_t name = modifier_name(text, len);
    if (name > 0)
        return parse_modifier(text, len, name, record, err);

    struct spfterm term = { .qualifier = AUTH_PASS, .prefix4 = 32, .prefix6 = 128 };
    if (parse_directive(text, len, &term, err) < 0) {
        free_term(&term);
        return -1;
    }
    term.text = xstrndup(text, len);
    record->terms = xgrow(record->terms, record->n_terms, &record->capacity, sizeof(term));
    record->terms[record->n_terms++] = term;
    return 0;
}

static char *escape(const char *text, size_t len)
{
    struct str shown = STR_EMPTY;
    char *copy = xstrndup(text, len);

    str_add_escaped(&shown, copy, SHOWN_MAX, false);
    free(copy);
    return str_steal(&shown);
}

int spfrecord_parse(const char *text, size_t len, struct spfrecord *record_r, struct err *err)
{
    memset(record_r, 0, sizeof(*record_r));
    if (len > SPFRECORD_MAX) {
        record_r->bad_term = xstrdup("");
        return err_set(err, "the record is longer than %d bytes", SPFRECORD_MAX);
    }
    for (size_t i = strlen(SPF_VERSION); i < len;) {
        if (text[i] == ' ') {
            i++;
            continue;
        }
        const char *space = memchr(text + i, ' ', len - i);
        size_t n = space == NULL ? len - i : (size_t)(space - text) - i;
        if (parse_term(text + i, n, record_r, err) < 0) {
            record_r->bad_term = escape(text + i, n);
            return -1;
        }
        i += n;
    }
    return 0;
}

void spfrecord_clear(struct spfrecord *record)
{
    for (size_t i = 0; i < record->n_terms; i++)
        free_term(&record->terms[i]);
    free(record->terms);
    struct spfterm *modifiers[] = { record->redirect, record->exp };
    for (size_t i = 0; i < 2; i++) {
        if (modifiers[i] != NULL)
            free_term(modifiers[i]);
        free(modifiers[i]);
    }
    free(record->bad_term);
    memset(record, 0, sizeof(*record));
}
