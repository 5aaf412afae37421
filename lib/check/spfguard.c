/*
 * The guard before libspf2; see spfguard.h.  The sizes were measured with 1.2.10: four bytes for a mechanism, four for
 * prefix lengths, four for a macro, four and the bytes rounded up to four for a literal; a mechanism is kept as long as
 * those before it leave four bytes of 511.  spfopinion.c compares the sum with what the library says.
 */
#include "config.h"

#include "lib/check/spfguard.h"
#include "lib/base/mem.h"
#include "lib/check/spfmacro.h"
#include "lib/check/spfrecord.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VERSION_LEN 7           /* "v=spf1 " */
#define COMPILED_MAX 511
#define UNIT 4
#define TERM_MAX 300            /* bytes; a literal of more than 255 is an error to it */
#define MACROS_MAX 16           /* '%' per term */
#define DIGITS_MAX 3
#define MODIFIERS_MAX 400       /* bytes of all together */
#define TEXT_MAX 4096

enum token { TOKEN_MECHANISM, TOKEN_REDIRECT, TOKEN_MODIFIER, TOKEN_JUNK };

static size_t rounded(size_t n)
{
    return (n + UNIT - 1) / UNIT * UNIT;
}

static bool is_mechanism_name(const char *name, size_t len)
{
    static const char *const names[] = { "a", "mx", "ptr", "include", "ip4", "ip6", "exists", "all", "redirect" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
            return true;
    }
    return false;
}

/* What the library takes a term for, by its own loose rules; *name_r: where its name begins. */
static enum token classify(const char *term, size_t len, size_t *name_r)
{
    size_t at = 0, n = 0;

    if (strchr("+-~?", term[0]) != NULL)
        at = 1;
    else
        while (at < len && ispunct((unsigned char)term[at]))
            at++;
    *name_r = at;
    if (at == len || !isalpha((unsigned char)term[at]))
        return TOKEN_JUNK;
    while (at + n < len && (isalnum((unsigned char)term[at + n]) || term[at + n] == '_' || term[at + n] == '-'))
        n++;
    bool is_end = at + n == len;
    bool is_redirect = n == strlen("redirect") && strncasecmp(term + at, "redirect", n) == 0;
    if (!is_end && term[at + n] == '=')
        return is_redirect ? TOKEN_REDIRECT : TOKEN_MODIFIER;
    if (!is_end && term[at + n] != ':' && term[at + n] != '/')
        return TOKEN_JUNK;
    if (!is_mechanism_name(term + at, n))
        return TOKEN_JUNK;
    return is_redirect ? TOKEN_REDIRECT : TOKEN_MECHANISM;
}

static size_t literal_size(size_t len)
{
    return len == 0 ? 0 : UNIT + rounded(len);
}

static size_t domain_size(const char *spec)
{
    size_t size = 0, literal = 0;

    while (*spec != '\0') {
        if (*spec != '%') {
            literal++;
            spec++;
        } else if (spec[1] == '{') {
            size += literal_size(literal) + UNIT;
            literal = 0;
            spec += strcspn(spec, "}");
            spec += *spec == '}';
        } else {
            literal += spec[1] == '-' ? 3 : 1;
            spec += spec[1] == '\0' ? 1 : 2;
        }
    }
    return size + literal_size(literal);
}

/* Bytes that a term of the RFC's grammar is compiled to. */
static size_t exact_size(const struct spfterm *term)
{
    size_t size = UNIT;

    if (term->kind == SPFTERM_IP4)
        return size + 4;
    if (term->kind == SPFTERM_IP6)
        return size + 16;
    if ((term->kind == SPFTERM_A || term->kind == SPFTERM_MX) && (term->prefix4 != 32 || term->prefix6 != 128))
        size += UNIT;
    return term->domain == NULL ? size : size + domain_size(term->domain);
}

static size_t count_macros(const char *term, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += term[i] == '%';
    return n;
}

/* No term of so many bytes, of whatever grammar, is compiled to more. */
static size_t largest_size(const char *term, size_t len)
{
    return 3 * UNIT + rounded(len) + 2 * UNIT * count_macros(term, len);
}

/* Is one of the bytes in a macro, after its letter? */
static bool has_in_macro(const char *term, size_t len, const char *bytes)
{
    bool is_inside = false;

    for (size_t i = 0; i < len; i++) {
        if (!is_inside && term[i] == '%' && i + 2 < len && term[i + 1] == '{') {
            is_inside = true;
            i += 2;             /* to the letter, which may be large */
        } else if (term[i] == '}') {
            is_inside = false;
        } else if (is_inside && strchr(bytes, term[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* It reads numbers into an int without looking: a prefix length or a macro's number of more digits is no valid one. */
static bool has_long_number(const char *term, size_t len)
{
    size_t digits = 0;

    for (size_t i = 0; i < len; i++) {
        digits = isdigit((unsigned char)term[i]) ? digits + 1 : 0;
        if (digits <= DIGITS_MAX || digits > i)
            continue;
        const char *before = term + i - digits;
        if (*before == '/' || (before >= term + 2 && before[-1] == '{' && before[-2] == '%'))
            return true;
    }
    return false;
}

/* One record on its way through the guard. */
struct reading {
    struct spfguard *guard;
    struct spfrecord record;    /* by the RFC's grammar, where it obeys it */
    size_t next_term;
    size_t modifiers;           /* bytes so far */
    bool has_redirect;
};

static size_t term_size(struct reading *r, enum token token, const char *term, size_t len)
{
    if (!r->guard->is_exact)
        return largest_size(term, len);
    return exact_size(token == TOKEN_REDIRECT ? r->record.redirect : &r->record.terms[r->next_term++]);
}

/* A mechanism is handed over as long as the library has room for it.  False where that cannot be known. */
static bool add_mechanism(struct reading *r, enum token token, const char *term, size_t len)
{
    struct spfguard *guard = r->guard;

    guard->has_early_redirect = guard->has_early_redirect || r->has_redirect;
    r->has_redirect = r->has_redirect || token == TOKEN_REDIRECT;
    if (guard->compiled + UNIT > COMPILED_MAX) {
        if (guard->forgotten == NULL)
            guard->forgotten = xstrndup(term, len);
        return guard->is_exact;
    }
    guard->compiled += term_size(r, token, term, len);
    guard->kept++;
    str_addc(&guard->text, ' ');
    str_addn(&guard->text, term, len);
    return true;
}

/* Under another name nothing asks for a modifier: exp= is read for its syntax, but not followed. */
static bool add_modifier(struct reading *r, const char *term, size_t len, size_t name)
{
    r->modifiers += len + 1;
    str_addc(&r->guard->text, ' ');
    str_addn(&r->guard->text, term, name);
    str_addc(&r->guard->text, 'x');
    str_addn(&r->guard->text, term + name + 1, len - name - 1);
    return r->modifiers <= MODIFIERS_MAX;
}

static bool add_term(struct reading *r, const char *term, size_t len)
{
    size_t name;
    enum token token = classify(term, len, &name);

    if (len > TERM_MAX || count_macros(term, len) > MACROS_MAX || has_long_number(term, len))
        return false;
    /* It knows the delimiters . - + = | _ and a small r. */
    r->guard->has_unknown_macro = r->guard->has_unknown_macro || has_in_macro(term, len, ",/R");
    r->guard->has_counted_macro = r->guard->has_counted_macro || has_in_macro(term, len, "0123456789");
    switch (token) {
    case TOKEN_MECHANISM:
    case TOKEN_REDIRECT:
        return add_mechanism(r, token, term, len);
    case TOKEN_MODIFIER:
        return add_modifier(r, term, len, name);
    default:
        r->guard->has_dotted_modifier = r->guard->has_dotted_modifier || r->guard->is_exact;
        str_addc(&r->guard->text, ' ');
        str_addn(&r->guard->text, term, len);
        return true;
    }
}

static bool add_terms(struct reading *r, const char *text, size_t len)
{
    for (size_t i = VERSION_LEN; i < len;) {
        const char *space = memchr(text + i, ' ', len - i);
        size_t n = space == NULL ? len - i : (size_t)(space - text) - i;
        if (n > 0 && !add_term(r, text + i, n))
            return false;
        i += n + 1;
    }
    return r->guard->text.len <= TEXT_MAX;
}

static bool is_printable(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    }
    return true;
}

static bool has_zero_prefix(const struct spfrecord *record)
{
    for (size_t i = 0; i < record->n_terms; i++) {
        if (record->terms[i].prefix4 == 0 || record->terms[i].prefix6 == 0)
            return true;
    }
    return false;
}

static bool has_final_dot(const struct spfterm *term)
{
    size_t len = term == NULL || term->domain == NULL ? 0 : strlen(term->domain);

    return len > 0 && term->domain[len - 1] == '.';
}

static bool has_any_final_dot(const struct spfrecord *record)
{
    bool has_dot = has_final_dot(record->redirect);

    for (size_t i = 0; i < record->n_terms; i++)
        has_dot = has_dot || has_final_dot(&record->terms[i]);
    return has_dot;
}

bool spfguard_read(const char *text, size_t len, struct spfguard *guard_r)
{
    struct reading r = { .guard = guard_r };
    char *copy = xstrndup(text, len);

    memset(guard_r, 0, sizeof(*guard_r));
    str_add(&guard_r->text, "v=spf1");
    bool may_pass = len >= VERSION_LEN && len <= SPFRECORD_MAX && is_printable(text, len) && !spfmacro_has(copy, 'p');
    free(copy);
    if (may_pass) {
        guard_r->is_exact = spfrecord_parse(text, len, &r.record, NULL) == 0;
        guard_r->has_zero_prefix = has_zero_prefix(&r.record);
        guard_r->has_final_dot = has_any_final_dot(&r.record);
        may_pass = add_terms(&r, text, len);
        spfrecord_clear(&r.record);
    }
    return may_pass;
}

void spfguard_clear(struct spfguard *guard)
{
    str_clear(&guard->text);
    free(guard->forgotten);
    memset(guard, 0, sizeof(*guard));
}
