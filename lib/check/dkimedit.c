/*
 * Guesses at earlier values of a field; see dkimedit.h.  A guess that is the value itself costs nothing but its making.
 */
#include "config.h"

#include "lib/check/dkimedit.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define PLACES_MAX 40           /* white spaces of a value that are tried one by one */
#define WORDS_MAX 8             /* taken away from either end */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool is_wsp(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_fws(char c)
{
    return is_wsp(c) || c == '\r' || c == '\n';
}

static size_t space_at(const char *p, const char *end)
{
    const char *start = p;

    while (p < end && is_fws(*p))
        p++;
    return (size_t)(p - start);
}

static const char *value_end(const struct dkim_field *field)
{
    return field->value + field->value_len;
}

static bool has_fold(const char *p, size_t len)
{
    return memchr(p, '\n', len) != NULL;
}

/* --- layout ------------------------------------------------------------------- */

/* The last guess: one space less than there was. */
static bool edit_start(const struct dkim_field *field, size_t n, struct str *value_r)
{
    static const char *const starts[] = { "", " ", "  ", "\t" };
    size_t skip = 0;

    if (n > LENGTH(starts))
        return false;
    while (n < LENGTH(starts) && skip < field->value_len && is_wsp(field->value[skip]))
        skip++;
    str_add(value_r, n < LENGTH(starts) ? starts[n] : " ");
    str_addn(value_r, field->value + skip, field->value_len - skip);
    return true;
}

static bool edit_end(const struct dkim_field *field, size_t n, struct str *value_r)
{
    static const char *const ends[] = { "", " ", "  " };
    size_t len = field->value_len;

    if (n >= LENGTH(ends))
        return false;
    while (len > 0 && is_fws(field->value[len - 1]))
        len--;
    str_addn(value_r, field->value, len);
    str_add(value_r, ends[n]);
    return true;
}

/* Every fold, or with every_space every white space, becomes this; NULL: only its CRLF goes. */
static void replace_spaces(const struct dkim_field *field, bool every_space, const char *by, struct str *value_r)
{
    const char *end = value_end(field);

    for (const char *p = field->value; p < end;) {
        size_t len = space_at(p, end);
        if (len == 0) {
            str_addc(value_r, *p++);
            continue;
        }
        if (!every_space && !has_fold(p, len))
            str_addn(value_r, p, len);
        else if (by != NULL)
            str_add(value_r, by);
        for (size_t i = 0; by == NULL && has_fold(p, len) && i < len; i++) {
            if (is_wsp(p[i]))
                str_addc(value_r, p[i]);
        }
        p += len;
    }
}

static bool edit_folds(const struct dkim_field *field, size_t n, struct str *value_r)
{
    static const char *const folds[] = {
        NULL, " ", "", "\r\n ", "\r\n\t", "\r\n  ", "\r\n    ", "\r\n        ",
    };
    if (n > LENGTH(folds))
        return false;
    replace_spaces(field, n == LENGTH(folds), n == LENGTH(folds) ? " " : folds[n], value_r);
    return true;
}

/* The n-th white space of the value, or NULL. */
static const char *find_space(const struct dkim_field *field, size_t n, size_t *len_r)
{
    const char *end = value_end(field);

    for (const char *p = field->value; p < end && n < PLACES_MAX; p++) {
        *len_r = space_at(p, end);
        if (*len_r > 0 && n-- == 0)
            return p;
        p += *len_r > 0 ? *len_r - 1 : 0;
    }
    return NULL;
}

static bool replace_one(const struct dkim_field *field, const char *p, size_t len, const char *by, const char *then,
                        struct str *value_r)
{
    str_addn(value_r, field->value, (size_t)(p - field->value));
    str_add(value_r, by);
    str_add(value_r, then);
    str_addn(value_r, p + len, (size_t)(value_end(field) - p) - len);
    return true;
}

/* One white space folded, or one fold opened. */
static bool edit_one_fold(const struct dkim_field *field, size_t n, struct str *value_r)
{
    size_t len;
    const char *p = find_space(field, n, &len);

    if (p == NULL)
        return false;
    if (has_fold(p, len))
        return replace_one(field, p, len, " ", "", value_r);
    char space[2] = { *p, '\0' };
    return replace_one(field, p, len, "\r\n", space, value_r);
}

static bool edit_one_space(const struct dkim_field *field, size_t n, struct str *value_r)
{
    size_t len;
    const char *p = find_space(field, n, &len);

    return p != NULL && replace_one(field, p, len, "", "", value_r);
}

/* One white space as it may have been before it was narrowed. */
static bool edit_narrowed(const struct dkim_field *field, size_t n, struct str *value_r)
{
    static const char *const wide[] = { "  ", "\t", "   " };
    size_t len;
    const char *p = find_space(field, n / LENGTH(wide), &len);

    return p != NULL && replace_one(field, p, len, wide[n % LENGTH(wide)], "", value_r);
}

/* Folded anew, each line as long as it may be. */
static bool edit_width(const struct dkim_field *field, size_t n, struct str *value_r)
{
    static const size_t widths[] = { 78, 76, 72, 77, 75, 74, 73, 71, 70, 79, 80, 64 };
    struct str flat = STR_EMPTY;

    if (n >= 2 * LENGTH(widths))
        return false;
    replace_spaces(field, false, " ", &flat);
    size_t width = widths[n / 2], column = field->name_len + 1;
    const char *end = str_get(&flat) + flat.len;
    for (const char *p = str_get(&flat); p < end;) {
        size_t space = space_at(p, end), word = 0;
        while (p + space + word < end && !is_fws(p[space + word]))
            word++;
        bool is_folded = space > 0 && column + space + word > width && p > str_get(&flat);
        if (is_folded) {
            str_add(value_r, n % 2 == 0 ? "\r\n " : "\r\n\t");
            column = 1;
        } else {
            str_addn(value_r, p, space);
            column += space;
        }
        str_addn(value_r, p + space, word);
        column += word;
        p += space + word;
    }
    str_clear(&flat);
    return true;
}

/* A single fold, elsewhere. */
static bool edit_moved_fold(const struct dkim_field *field, size_t n, struct str *value_r)
{
    struct str flat = STR_EMPTY;
    size_t len;

    replace_spaces(field, false, " ", &flat);
    struct dkim_field unfolded = { field->name, str_get(&flat), field->name_len, flat.len };
    const char *p = find_space(&unfolded, n / 2, &len);
    bool is_made = p != NULL && replace_one(&unfolded, p, len, "\r\n", n % 2 == 0 ? " " : "\t", value_r);
    str_clear(&flat);
    return is_made;
}

/* --- content --------------------------------------------------------------------- */

/* "a,b" and "a, b"; "text/plain;charset" and "text/plain; charset". */
static bool edit_separators(const struct dkim_field *field, size_t n, struct str *value_r)
{
    static const struct { char separator; bool has_space; } rows[] = {
        { ',', true }, { ',', false }, { ';', true }, { ';', false }, { ':', true }, { ':', false },
    };
    const char *end = value_end(field);

    if (n >= LENGTH(rows))
        return false;
    for (const char *p = field->value; p < end;) {
        str_addc(value_r, *p);
        if (*p++ != rows[n].separator)
            continue;
        p += space_at(p, end);
        if (rows[n].has_space && p < end)
            str_addc(value_r, ' ');
    }
    return true;
}

enum letters { LOWER, UPPER, FIRST_UPPER, LABELS_UPPER };

static void change_case(char *text, size_t start, size_t len, enum letters letters)
{
    for (size_t i = start; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool is_label = i == start || !isalnum((unsigned char)text[i - 1]);
        bool is_upper = letters == UPPER || (letters == LABELS_UPPER && is_label) ||
            (letters == FIRST_UPPER && i == start);
        text[i] = (char)(is_upper ? toupper(c) : tolower(c));
    }
}

static bool edit_case(const struct dkim_field *field, size_t n, struct str *value_r)
{
    static const struct { bool of_domain; enum letters letters; } rows[] = {
        { true, LOWER }, { true, FIRST_UPPER }, { true, LABELS_UPPER }, { true, UPPER }, { false, LOWER },
        { false, LABELS_UPPER }, { false, UPPER },
    };
    size_t start = 0;

    if (n >= LENGTH(rows) || field->value_len == 0)
        return false;
    str_addn(value_r, field->value, field->value_len);
    for (size_t i = 0; rows[n].of_domain && i < field->value_len; i++) {
        if (field->value[i] == '@')
            start = i + 1;
    }
    if (start == 0 && rows[n].of_domain)
        return true;
    change_case(value_r->data, start, value_r->len, rows[n].letters);
    return true;
}

/* "=?utf-8?q?" and "=?UTF-8?Q?". */
static bool edit_encoded_words(const struct dkim_field *field, size_t n, struct str *value_r)
{
    if (n >= 3)
        return false;
    str_addn(value_r, field->value, field->value_len);
    char *text = value_r->data;
    for (size_t i = 0; i + 1 < value_r->len; i++) {
        size_t marks = 0, stop = i + 2;
        if (text[i] != '=' || text[i + 1] != '?')
            continue;
        while (stop < value_r->len && marks < (n == 2 ? 1u : 2u))
            marks += text[stop++] == '?';
        change_case(text, i + 2, stop, n == 1 ? LOWER : UPPER);
        i = stop - 1;
    }
    return true;
}

static void add_without(const struct dkim_field *field, const char *bytes, struct str *value_r)
{
    for (const char *p = field->value; p < value_end(field); p++) {
        if (*p == '\0' || strchr(bytes, *p) == NULL)
            str_addc(value_r, *p);
    }
}

/* start and end of what is not white space. */
static void find_text(const struct dkim_field *field, const char **start_r, const char **end_r)
{
    *end_r = value_end(field);
    *start_r = field->value + space_at(field->value, *end_r);
    while (*end_r > *start_r && is_fws((*end_r)[-1]))
        (*end_r)--;
}

static bool edit_quotes(const struct dkim_field *field, size_t n, struct str *value_r)
{
    const char *start, *end;

    if (n >= 2)
        return false;
    if (n == 0) {
        add_without(field, "\"", value_r);
        return true;
    }
    find_text(field, &start, &end);
    const char *stop = memchr(start, '<', (size_t)(end - start));
    const char *equals = stop == NULL ? memchr(start, '=', (size_t)(end - start)) : NULL;
    if (equals != NULL) {       /* boundary=x */
        start = equals + 1;
        stop = end;
    }
    if (stop == NULL)
        return true;
    while (stop > start && is_fws(stop[-1]))
        stop--;
    str_addn(value_r, field->value, (size_t)(start - field->value));
    str_addc(value_r, '"');
    str_addn(value_r, start, (size_t)(stop - start));
    str_addc(value_r, '"');
    str_addn(value_r, stop, (size_t)(value_end(field) - stop));
    return true;
}

static bool edit_angles(const struct dkim_field *field, size_t n, struct str *value_r)
{
    const char *start, *end;

    if (n >= 2)
        return false;
    find_text(field, &start, &end);
    if (n == 0) {
        add_without(field, "<>", value_r);
    } else {
        str_addn(value_r, field->value, (size_t)(start - field->value));
        str_addc(value_r, '<');
        str_addn(value_r, start, (size_t)(end - start));
        str_addc(value_r, '>');
    }
    return true;
}

/* Without its first words: "[list] Hello", "***SPAM*** Hello". */
static bool edit_front(const struct dkim_field *field, size_t n, struct str *value_r)
{
    const char *start, *end;

    find_text(field, &start, &end);
    const char *p = start;
    for (size_t words = 0; words <= n && p < end; words++) {
        while (p < end && !is_fws(*p))
            p++;
        p += space_at(p, end);
    }
    if (n >= WORDS_MAX || p == end)
        return false;
    str_addn(value_r, field->value, (size_t)(start - field->value));
    str_addn(value_r, p, (size_t)(value_end(field) - p));
    return true;
}

static bool edit_back(const struct dkim_field *field, size_t n, struct str *value_r)
{
    const char *start, *end;

    find_text(field, &start, &end);
    const char *p = end;
    for (size_t words = 0; words <= n && p > start; words++) {
        while (p > start && !is_fws(p[-1]))
            p--;
        while (p > start && is_fws(p[-1]))
            p--;
    }
    if (n >= WORDS_MAX || p == start)
        return false;
    str_addn(value_r, field->value, (size_t)(p - field->value));
    return true;
}

/* Without the n-th entry of a list of addresses. */
static bool edit_entry(const struct dkim_field *field, size_t n, struct str *value_r)
{
    const char *end = value_end(field), *p = field->value;
    const char *comma = memchr(p, ',', field->value_len);

    if (comma == NULL || n >= PLACES_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (comma == NULL)
            return false;
        p = comma + 1;
        comma = memchr(p, ',', (size_t)(end - p));
    }
    if (comma == NULL) {        /* the last one goes with the comma before it */
        str_addn(value_r, field->value, (size_t)(p - field->value) - (p > field->value));
        return true;
    }
    str_addn(value_r, field->value, (size_t)(p - field->value));
    str_addn(value_r, comma + 1, (size_t)(end - comma) - 1);
    return true;
}

static const char *find_word(const struct dkim_field *field, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = field->value; len <= (size_t)(value_end(field) - p); p++) {
        if (memcmp(p, word, len) == 0)
            return p;
    }
    return NULL;
}

/* What is there now, and what it may have been. */
static bool edit_word(const struct dkim_field *field, size_t n, struct str *value_r)
{
    static const struct { const char *now, *before; } rows[] = {
        { "+0000", "GMT" }, { "GMT", "+0000" }, { "+0000", "-0000" }, { "-0000", "+0000" }, { "+0000", "UTC" },
        { "+0000", "+0000 (UTC)" }, { ", 0", ", " }, { ", ", ", 0" },
        { "7bit", "8bit" }, { "8bit", "7bit" }, { "quoted-printable", "8bit" }, { "quoted-printable", "7bit" },
        { "base64", "8bit" }, { "base64", "7bit" }, { "base64", "quoted-printable" }, { "quoted-printable", "base64" },
        { "utf-8", "us-ascii" }, { "us-ascii", "utf-8" }, { "UTF-8", "us-ascii" }, { "us-ascii", "UTF-8" },
        { "utf-8", "UTF-8" }, { "UTF-8", "utf-8" }, { "iso-8859-1", "utf-8" }, { "utf-8", "iso-8859-1" },
        { "; format=flowed", "" }, { "Re: ", "" }, { "RE: ", "Re: " }, { "Re: ", "RE: " },
    };
    if (n >= LENGTH(rows))
        return false;
    const char *p = find_word(field, rows[n].now);
    if (p == NULL)
        return str_addn(value_r, field->value, field->value_len), true;
    return replace_one(field, p, strlen(rows[n].now), rows[n].before, "", value_r);
}

const struct dkim_edit dkim_edits[] = {
    { "white space at its beginning", true, edit_start },
    { "white space at its end", true, edit_end },
    { "its folds", true, edit_folds },
    { "one of its folds", true, edit_one_fold },
    { "its fold is elsewhere", true, edit_moved_fold },
    { "words in front were added", false, edit_front },
    { "words at its end were added", false, edit_back },
    { "letter case", false, edit_case },
    { "letter case of its encoded words", false, edit_encoded_words },
    { "quotes", false, edit_quotes },
    { "angle brackets", false, edit_angles },
    { "white space beside its separators", true, edit_separators },
    { "an entry of its list was added", false, edit_entry },
    { "a space was added", true, edit_one_space },
    { "white space within it", true, edit_narrowed },
    { "its wording", false, edit_word },
    { "the width of its folded lines", true, edit_width },
    { NULL, false, NULL },
};
