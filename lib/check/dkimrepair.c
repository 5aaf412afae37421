/*
 * The search for the changed field; see dkimrepair.h.  A candidate is the list of pieces the header's hash is made of,
 * one for each entry of h= and the signature's own last, with something put back as it may have been.
 */
#include "config.h"

#include "lib/check/dkimrepair.h"
#include "lib/base/mem.h"
#include "lib/check/dkimcopied.h"
#include "lib/check/dkimedit.h"
#include "lib/check/taglist.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BYTES_MAX (8 * 1024 * 1024)     /* hashed and copied for one signature: some 10 ms */
#define ATTEMPTS_MAX 5000
#define ATTEMPTS_ED25519 300            /* each verifies */
#define REMOVALS_MAX 30
#define COPIES_MAX 50
#define NAME_SHOWN 60

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct search {
    const struct dkim_fields *fields;
    const struct dkim_signed *what;
    size_t signature;
    struct tag list;                    /* h= */
    bool is_relaxed;
    struct dkim_listed listed[DKIM_LISTED_MAX];
    size_t n;                           /* entries of h=; pieces[n] is the signature's */
    struct dkimhash_piece pieces[DKIM_LISTED_MAX + 1];
    struct str canonical;               /* what pieces point into */
    size_t attempts, bytes;
    struct str *text;
};

static bool is_spent(const struct search *s)
{
    return s->bytes > BYTES_MAX || s->attempts >= (s->what->digest == NULL ? ATTEMPTS_ED25519 : ATTEMPTS_MAX);
}

static bool try(struct search *s)
{
    unsigned char hash[DKIMHASH_SHA256_SIZE];

    if (is_spent(s))
        return false;
    s->attempts++;
    for (size_t i = 0; i <= s->n; i++)
        s->bytes += s->pieces[i].len;
    if (!dkimhash_sha256(s->pieces, s->n + 1, hash))
        return false;
    if (s->what->digest == NULL)
        return dkimhash_verify_ed25519(s->what->key, s->what->signature, s->what->signature_len, hash);
    return s->what->digest->len == sizeof(hash) && memcmp(s->what->digest->bytes, hash, sizeof(hash)) == 0;
}

/* With another text in place of one piece.  One that is the same was tried before. */
static bool try_piece(struct search *s, size_t i, const struct str *text)
{
    struct dkimhash_piece before = s->pieces[i];

    if (text->len == before.len && memcmp(str_get(text), before.data, before.len) == 0)
        return false;
    s->pieces[i] = (struct dkimhash_piece){ str_get(text), text->len };
    bool is_found = try(s);
    s->pieces[i] = before;
    return is_found;
}

/* --- the pieces -------------------------------------------------------------------- */

static bool has_field(const struct search *s, size_t i)
{
    return i == s->n || s->listed[i].field != DKIM_NO_FIELD;
}

static struct dkim_field field_of(const struct search *s, size_t i)
{
    return dkim_fields_get(s->fields, i == s->n ? s->signature : s->listed[i].field);
}

static void canonicalize(const struct search *s, size_t i, const struct dkim_field *field, bool is_relaxed,
                         struct str *text_r)
{
    if (i == s->n)
        dkim_canonicalize_signature(field, is_relaxed, text_r);
    else
        dkim_canonicalize(field, is_relaxed, text_r);
}

/* An edit of every field, applied before canonicalization; NULL: none. */
typedef bool edit_function(const struct dkim_field *field, size_t n, struct str *value_r);

static void add_piece(const struct search *s, size_t i, bool is_relaxed, edit_function *edit, size_t guess,
                      struct str *text_r)
{
    struct dkim_field field = field_of(s, i);
    struct str value = STR_EMPTY;

    if (edit != NULL) {
        struct str whole = STR_EMPTY;
        (void)edit(&field, guess, &value);
        str_addn(&whole, field.name, (size_t)(field.value - field.name));
        str_addn(&whole, str_get(&value), value.len);
        struct dkim_field edited = { whole.data, whole.data + (field.value - field.name), field.name_len, value.len };
        canonicalize(s, i, &edited, is_relaxed, text_r);
        str_clear(&whole);
    } else {
        canonicalize(s, i, &field, is_relaxed, text_r);
    }
    str_clear(&value);
}

static void build(struct search *s, bool is_relaxed, edit_function *edit, size_t guess)
{
    str_reset(&s->canonical);
    for (size_t i = 0; i <= s->n; i++) {
        size_t before = s->canonical.len;
        if (has_field(s, i))
            add_piece(s, i, is_relaxed, edit, guess, &s->canonical);
        s->pieces[i].len = s->canonical.len - before;
    }
    const char *at = str_get(&s->canonical);
    for (size_t i = 0; i <= s->n; at += s->pieces[i++].len)
        s->pieces[i].data = at;
    s->bytes += s->canonical.len;
}

static void build_without(struct search *s, size_t skipped)
{
    s->n = dkim_fields_select(s->fields, s->list.value, s->list.value_len, skipped, s->listed);
    build(s, s->is_relaxed, NULL, 0);
}

/* --- what is told ------------------------------------------------------------------- */

static void add_name(struct search *s, const char *name, size_t len)
{
    char *copy = xstrndup(name, len);

    str_add_escaped(s->text, copy, NAME_SHOWN, false);
    free(copy);
}

static bool tell(struct search *s, const char *before, size_t i, const char *after)
{
    struct dkim_field field = field_of(s, i);

    if (i == s->n) {
        str_add(s->text, "the DKIM-Signature field itself");
    } else {
        str_add(s->text, before);
        add_name(s, field.name, field.name_len);
    }
    str_add(s->text, after);
    return true;
}

/* --- repairs of the whole header ------------------------------------------------------ */

static void make_lf(struct search *s)
{
    struct str text = STR_EMPTY;
    const char *data = s->canonical.data;

    for (size_t i = 0; i <= s->n; i++) {
        size_t before = text.len;
        for (size_t k = 0; k < s->pieces[i].len; k++) {
            if (data[k] != '\r' || k + 2 == s->pieces[i].len)
                str_addc(&text, data[k]);
        }
        data += s->pieces[i].len;
        s->pieces[i].len = text.len - before;
    }
    str_clear(&s->canonical);
    s->canonical = text;
    const char *at = str_get(&text);
    for (size_t i = 0; i <= s->n; at += s->pieces[i++].len)
        s->pieces[i].data = at;
}

static bool try_whole(struct search *s)
{
    static const struct {
        const char *text;
        bool is_other_form, is_lf;
        size_t edit, guess;             /* edit: row of dkim_edits plus one; 0: none */
    } rows[] = {
        { "the header was signed in another form than c= says", true, false, 0, 0 },
        { "the header was signed with LF in place of CRLF in its folds", false, true, 0, 0 },
        { "the space behind the colon was put into every field after signing", false, false, 1, 0 },
        { "the space behind the colon was taken from every field after signing", false, false, 1, 4 },
        { "all folds of the header were changed after signing", false, false, 3, 0 },
        { "all folds of the header were changed after signing", false, false, 3, 1 },
        { "all folds of the header were changed after signing", false, false, 3, 3 },
        { "all folds of the header were changed after signing", false, false, 3, 4 },
    };
    bool is_found = false;

    for (size_t i = 0; i < LENGTH(rows) && !is_found && !is_spent(s); i++) {
        build(s, s->is_relaxed != rows[i].is_other_form, rows[i].edit == 0 ? NULL : dkim_edits[rows[i].edit - 1].make,
              rows[i].guess);
        if (rows[i].is_lf)
            make_lf(s);
        is_found = try(s);
        if (is_found)
            str_add(s->text, rows[i].text);
    }
    build(s, s->is_relaxed, NULL, 0);
    return is_found;
}

/* --- fields added, taken away, moved --------------------------------------------------- */

static bool try_added(struct search *s)
{
    size_t fields[REMOVALS_MAX], n = 0;
    bool is_found = false;

    for (size_t i = 0; i < s->n && n < REMOVALS_MAX; i++) {
        if (has_field(s, i))
            fields[n++] = s->listed[i].field;
    }
    for (size_t i = 0; i < n && !is_found && !is_spent(s); i++) {
        build_without(s, fields[i]);
        is_found = try(s);
        if (is_found) {
            struct dkim_field field = dkim_fields_get(s->fields, fields[i]);
            str_add(s->text, "a field ");
            add_name(s, field.name, field.name_len);
            str_add(s->text, " was added after signing");
        }
    }
    build_without(s, DKIM_NO_FIELD);
    return is_found;
}

static bool is_same_name(const struct dkim_listed *a, const struct dkim_listed *b)
{
    return a->len == b->len && strncasecmp(a->name, b->name, a->len) == 0;
}

/* The first entry of h= with this name that has a field, or s->n. */
static size_t find_listed(const struct search *s, const char *name, size_t len)
{
    size_t i = 0;

    while (i < s->n && !(has_field(s, i) && s->listed[i].len == len && strncasecmp(s->listed[i].name, name, len) == 0))
        i++;
    return i;
}

static bool try_absent(struct search *s, size_t i, const char *name, const char *value, size_t value_len)
{
    struct str whole = STR_EMPTY, text = STR_EMPTY;
    size_t name_len = strlen(name);

    str_addf(&whole, "%s:", name);
    str_addn(&whole, value, value_len);
    struct dkim_field field = { whole.data, whole.data + name_len + 1, name_len, value_len };
    dkim_canonicalize(&field, s->is_relaxed, &text);
    bool is_found = try_piece(s, i, &text);
    if (is_found)
        str_addf(s->text, "a field %s was removed after signing", name);
    str_clear(&whole);
    str_clear(&text);
    return is_found;
}

/* Fields that relays strip, whose value is easily guessed. */
static bool try_known_value(struct search *s, size_t i)
{
    static const struct { const char *name, *value; } rows[] = {
        { "MIME-Version", " 1.0" }, { "Mime-Version", " 1.0" }, { "Content-Transfer-Encoding", " 7bit" },
        { "Content-Transfer-Encoding", " 8bit" }, { "Content-Transfer-Encoding", " quoted-printable" },
        { "Content-Transfer-Encoding", " base64" }, { "Content-Type", " text/plain" },
        { "Content-Type", " text/plain; charset=utf-8" }, { "Content-Type", " text/plain; charset=\"utf-8\"" },
        { "Content-Type", " text/plain; charset=UTF-8" }, { "Content-Type", " text/plain; charset=us-ascii" },
        { "Precedence", " bulk" }, { "Precedence", " list" }, { "Bcc", "" }, { "Bcc", " " }, { "Subject", "" },
        { "Subject", " " }, { "List-Unsubscribe-Post", " List-Unsubscribe=One-Click" },
        { "Auto-Submitted", " auto-generated" },
    };
    static const char *const authors[] = { "Sender", "Reply-To" };
    size_t from = find_listed(s, "From", 4);

    for (size_t k = 0; k < LENGTH(rows); k++) {
        if (s->listed[i].len == strlen(rows[k].name) &&
            strncasecmp(s->listed[i].name, rows[k].name, s->listed[i].len) == 0 &&
            try_absent(s, i, rows[k].name, rows[k].value, strlen(rows[k].value)))
            return true;
    }
    for (size_t k = 0; k < LENGTH(authors) && from < s->n; k++) {
        struct dkim_field author = field_of(s, from);
        if (s->listed[i].len == strlen(authors[k]) &&
            strncasecmp(s->listed[i].name, authors[k], s->listed[i].len) == 0 &&
            try_absent(s, i, authors[k], author.value, author.value_len))
            return true;
    }
    return false;
}

/* Entries of h= without a field: something may have been there. */
static bool try_removed(struct search *s)
{
    for (size_t i = 0; i < s->n && !is_spent(s); i++) {
        if (has_field(s, i) || s->listed[i].len == 0)
            continue;
        size_t twin = find_listed(s, s->listed[i].name, s->listed[i].len);
        struct str text = STR_EMPTY;
        if (twin < s->n)
            str_addn(&text, s->pieces[twin].data, s->pieces[twin].len);
        bool is_found = twin < s->n && try_piece(s, i, &text);
        str_clear(&text);
        if (is_found)
            return tell(s, "a second field ", twin, " was removed after signing");
        if (try_known_value(s, i))
            return true;
    }
    return false;
}

static bool try_swapped(struct search *s)
{
    for (size_t i = 0; i < s->n; i++) {
        for (size_t k = i + 1; k < s->n && !is_spent(s); k++) {
            if (!has_field(s, i) || !has_field(s, k) || !is_same_name(&s->listed[i], &s->listed[k]))
                continue;
            struct dkimhash_piece first = s->pieces[i], second = s->pieces[k];
            s->pieces[i] = second;
            s->pieces[k] = first;
            bool is_found = try(s);
            s->pieces[i] = first;
            s->pieces[k] = second;
            if (is_found)
                return tell(s, "two fields ", i, " changed places after signing");
        }
    }
    return false;
}

/* --- z= ---------------------------------------------------------------------------------- */

/* The entry of h= that a copied field stands for: the first of its name, with a field or without. */
static size_t find_copied(const struct search *s, const struct dkim_field *copy)
{
    size_t i = 0;

    while (i < s->n && !(s->listed[i].len > 0 && dkim_field_is(copy, s->listed[i].name, s->listed[i].len)))
        i++;
    return i;
}

/* Each copy alone, then all that differ together. */
static bool try_copies(struct search *s)
{
    struct dkim_field own = dkim_fields_get(s->fields, s->signature);
    struct str canonical[COPIES_MAX], whole = STR_EMPTY;
    size_t entry[COPIES_MAX], n = 0;
    struct dkim_copies copies;
    struct dkim_field copy;
    bool is_found = false;

    dkim_copies_init(&copies, &own);
    while (n < COPIES_MAX && !is_found && !is_spent(s) && dkim_copies_next(&copies, &whole, &copy)) {
        size_t i = find_copied(s, &copy);
        if (i == s->n)
            continue;
        canonical[n] = (struct str)STR_EMPTY;
        dkim_canonicalize(&copy, s->is_relaxed, &canonical[n]);
        s->bytes += canonical[n].len;
        entry[n] = i;
        is_found = try_piece(s, i, &canonical[n++]);
        if (is_found) {
            str_add(s->text, "the field ");
            add_name(s, copy.name, copy.name_len);
            str_add(s->text, " was changed after signing: z= has another value");
        }
    }
    for (size_t k = 0; k < n && !is_found; k++)
        s->pieces[entry[k]] = (struct dkimhash_piece){ str_get(&canonical[k]), canonical[k].len };
    if (!is_found && n > 1 && try(s)) {
        is_found = true;
        str_add(s->text, "several fields were changed after signing: z= has other values");
    }
    build(s, s->is_relaxed, NULL, 0);
    for (size_t k = 0; k < n; k++)
        str_clear(&canonical[k]);
    str_clear(&whole);
    return is_found;
}

/* --- names and values ---------------------------------------------------------------------- */

/* from, From, FROM, Message-ID, MIME-Version */
static void add_variant(const struct dkim_field *field, size_t variant, struct str *text_r)
{
    const char *dash = memrchr(field->name, '-', field->name_len);
    size_t last = dash == NULL ? field->name_len : (size_t)(dash - field->name);
    bool is_first_label = true;

    for (size_t i = 0; i < field->name_len; i++) {
        unsigned char c = (unsigned char)field->name[i];
        bool is_first = i == 0 || field->name[i - 1] == '-';
        is_first_label = is_first_label && c != '-';
        bool is_upper = variant == 2 || (variant > 0 && is_first) || (variant == 3 && i > last) ||
            (variant == 4 && is_first_label);
        str_addc(text_r, (char)(is_upper ? toupper(c) : tolower(c)));
    }
}

/* The simple form keeps the letter case of names. */
static bool try_names(struct search *s)
{
    bool is_found = false;

    for (size_t i = 0; i <= s->n && !s->is_relaxed && !is_found; i++) {
        for (size_t variant = 0; variant < 5 && has_field(s, i) && !is_found && !is_spent(s); variant++) {
            struct dkim_field field = field_of(s, i);
            struct str text = STR_EMPTY;
            add_variant(&field, variant, &text);
            str_addn(&text, s->pieces[i].data + field.name_len, s->pieces[i].len - field.name_len);
            is_found = try_piece(s, i, &text);
            str_clear(&text);
        }
        if (is_found)
            return tell(s, "the field ", i, " was changed after signing: letter case of its name");
    }
    return false;
}

static bool try_edit(struct search *s, const struct dkim_edit *edit, size_t i)
{
    struct dkim_field field = field_of(s, i);
    struct str value = STR_EMPTY, text = STR_EMPTY;
    bool is_found = false;

    for (size_t guess = 0; !is_found && !is_spent(s) && edit->make(&field, guess, &value); guess++) {
        struct str whole = STR_EMPTY;
        str_addn(&whole, field.name, (size_t)(field.value - field.name));
        str_addn(&whole, str_get(&value), value.len);
        struct dkim_field edited = { whole.data, whole.data + (field.value - field.name), field.name_len, value.len };
        canonicalize(s, i, &edited, s->is_relaxed, &text);
        s->bytes += value.len;
        is_found = try_piece(s, i, &text);
        str_clear(&whole);
        str_reset(&value);
        str_reset(&text);
    }
    str_clear(&value);
    str_clear(&text);
    return is_found;
}

static bool try_edits(struct search *s)
{
    for (const struct dkim_edit *edit = dkim_edits; edit->make != NULL; edit++) {
        for (size_t i = 0; i <= s->n && !is_spent(s); i++) {
            if (!has_field(s, i) || (i == s->n && !edit->is_layout) || !try_edit(s, edit, i))
                continue;
            struct str after = STR_EMPTY;
            str_addf(&after, " was changed after signing: %s", edit->what);
            (void)tell(s, "the field ", i, str_get(&after));
            str_clear(&after);
            return true;
        }
    }
    return false;
}

/* --- all together --------------------------------------------------------------------------- */

/* The likely and the cheap first. */
static bool (*const searches[])(struct search *s) = {
    try_added, try_copies, try_removed, try_swapped, try_whole, try_names, try_edits,
};

enum dkim_repair dkim_repair(const struct dkim_fields *fields, size_t signature, const struct dkim_signed *what,
                             struct str *text_r)
{
    struct search *s = xcalloc(1, sizeof(*s));
    struct dkim_field own = dkim_fields_get(fields, signature);
    enum dkim_repair repair = DKIM_REPAIR_NONE;
    struct tag form;

    *s = (struct search){ .fields = fields, .what = what, .signature = signature, .text = text_r };
    if (taglist_find(own.value, own.value_len, "h", &s->list)) {
        s->is_relaxed = taglist_find(own.value, own.value_len, "c", &form) && form.value_len >= 7 &&
            memcmp(form.value, "relaxed", 7) == 0;
        build_without(s, DKIM_NO_FIELD);
        if (try(s))
            repair = DKIM_REPAIR_NEEDLESS;
        for (size_t i = 0; i < LENGTH(searches) && repair == DKIM_REPAIR_NONE; i++) {
            if (searches[i](s))
                repair = DKIM_REPAIR_FOUND;
        }
    }
    str_clear(&s->canonical);
    free(s);
    return repair;
}
