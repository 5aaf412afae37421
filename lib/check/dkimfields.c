/*
 * Header fields and their canonical forms; see dkimfields.h.
 */
#include "config.h"

#include "lib/check/dkimfields.h"
#include "lib/base/mem.h"
#include "lib/message/lex.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_wsp(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_fws(char c)
{
    return is_wsp(c) || c == '\r' || c == '\n';
}

/* However the MTA hands folds over. */
static void add_wire_value(struct str *bytes, const char *value)
{
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\n' && (p == value || p[-1] != '\r'))
            str_addc(bytes, '\r');
        str_addc(bytes, *p);
    }
}

const char *dkim_fields_add(struct dkim_fields *fields, const char *name, const char *value, size_t *len_r)
{
    size_t at = fields->bytes.len, colon = strlen(name);

    str_addn(&fields->bytes, name, colon);
    str_addc(&fields->bytes, ':');
    add_wire_value(&fields->bytes, value);
    *len_r = fields->bytes.len - at;
    fields->items = xgrow(fields->items, fields->count, &fields->capacity, sizeof(*fields->items));
    fields->items[fields->count].at = at;
    fields->items[fields->count].colon = colon;
    fields->items[fields->count++].len = *len_r;
    return fields->bytes.data + at;
}

void dkim_fields_clear(struct dkim_fields *fields)
{
    str_clear(&fields->bytes);
    free(fields->items);
    *fields = (struct dkim_fields){ .count = 0 };
}

struct dkim_field dkim_fields_get(const struct dkim_fields *fields, size_t i)
{
    const char *text = fields->bytes.data + fields->items[i].at;
    size_t colon = fields->items[i].colon;

    return (struct dkim_field){ text, text + colon + 1, lex_name_length(text, colon),
                                fields->items[i].len - colon - 1 };
}

bool dkim_field_is(const struct dkim_field *field, const char *name, size_t len)
{
    return field->name_len == len && strncasecmp(field->name, name, len) == 0;
}

/* --- what h= covers ------------------------------------------------------------ */

static size_t split_list(const char *list, size_t len, struct dkim_listed listed_r[DKIM_LISTED_MAX])
{
    const char *pos = list, *end = list + len;
    size_t n = 0;

    while (n < DKIM_LISTED_MAX) {
        const char *colon = memchr(pos, ':', (size_t)(end - pos));
        const char *start = pos, *stop = colon == NULL ? end : colon;
        while (start < stop && is_fws(*start))
            start++;
        while (stop > start && is_fws(stop[-1]))
            stop--;
        listed_r[n++] = (struct dkim_listed){ start, (size_t)(stop - start), DKIM_NO_FIELD };
        if (colon == NULL)
            break;
        pos = colon + 1;
    }
    return n;
}

/* From where to go on looking upwards for this name: above the field its last mention took. */
static size_t search_start(const struct dkim_fields *fields, const struct dkim_listed *listed, size_t i)
{
    for (size_t before = i; before-- > 0;) {
        if (listed[before].len == listed[i].len && strncasecmp(listed[before].name, listed[i].name, listed[i].len) == 0)
            return listed[before].field == DKIM_NO_FIELD ? 0 : listed[before].field;
    }
    return fields->count;
}

size_t dkim_fields_select(const struct dkim_fields *fields, const char *list, size_t len, size_t skipped,
                          struct dkim_listed listed_r[DKIM_LISTED_MAX])
{
    size_t n = split_list(list, len, listed_r);

    for (size_t i = 0; i < n; i++) {
        for (size_t at = search_start(fields, listed_r, i); at-- > 0 && listed_r[i].field == DKIM_NO_FIELD;) {
            struct dkim_field field = dkim_fields_get(fields, at);
            if (at != skipped && listed_r[i].len > 0 && dkim_field_is(&field, listed_r[i].name, listed_r[i].len))
                listed_r[i].field = at;
        }
    }
    return n;
}

/* --- canonical forms ------------------------------------------------------------- */

/* Section 3.4.2: unfolded, runs of white space as one space, none at the ends. */
static void add_relaxed(const char *value, size_t len, struct str *text_r)
{
    bool has_space = false, is_first = true;

    for (size_t i = 0; i < len; i++) {
        if (is_fws(value[i])) {
            has_space = has_space || is_wsp(value[i]);
            continue;
        }
        if (has_space && !is_first)
            str_addc(text_r, ' ');
        str_addc(text_r, value[i]);
        has_space = is_first = false;
    }
}

static void canonicalize(const struct dkim_field *field, bool is_relaxed, struct str *text_r)
{
    if (!is_relaxed) {
        str_addn(text_r, field->name, (size_t)(field->value - field->name) + field->value_len);
        return;
    }
    for (size_t i = 0; i < field->name_len; i++)
        str_addc(text_r, (char)tolower((unsigned char)field->name[i]));
    str_addc(text_r, ':');
    add_relaxed(field->value, field->value_len, text_r);
}

void dkim_canonicalize(const struct dkim_field *field, bool is_relaxed, struct str *text_r)
{
    canonicalize(field, is_relaxed, text_r);
    str_add(text_r, "\r\n");
}

/* Does the tag that begins at p, after white space, have the name b?  Then *value_r is behind its "=". */
static bool is_b_tag(const char *p, const char *end, const char **value_r)
{
    while (p < end && is_fws(*p))
        p++;
    if (p == end || *p++ != 'b')
        return false;
    while (p < end && is_fws(*p))
        p++;
    *value_r = p + 1;
    return p < end && *p == '=';
}

void dkim_canonicalize_signature(const struct dkim_field *field, bool is_relaxed, struct str *text_r)
{
    const char *end = field->value + field->value_len;
    struct str text = STR_EMPTY;

    str_addn(&text, field->name, (size_t)(field->value - field->name));
    for (const char *p = field->value; p < end;) {
        const char *semicolon = memchr(p, ';', (size_t)(end - p)), *value;
        const char *stop = semicolon == NULL ? end : semicolon + 1;
        if (!is_b_tag(p, end, &value)) {
            str_addn(&text, p, (size_t)(stop - p));
        } else {
            str_addn(&text, p, (size_t)(value - p));
            if (semicolon != NULL)
                str_addc(&text, ';');
        }
        p = stop;
    }
    size_t before = (size_t)(field->value - field->name);
    struct dkim_field emptied = { text.data, text.data + before, field->name_len, text.len - before };
    canonicalize(&emptied, is_relaxed, text_r);
    str_clear(&text);
}
