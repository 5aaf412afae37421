/*
 * The form of a header as it leaves; see headerform.h.
 */
#include "config.h"

#include "lib/depart/headerform.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/mimetype.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ENCODING "Content-Transfer-Encoding"

static bool is_named(const struct headerfield *field, const char *name)
{
    return strcasecmp(field->name, name) == 0;
}

/* What the field says: 8-bit text or not; where it says nothing that is known, what was said before. */
static bool is_eight_bit(const char *value, bool before)
{
    enum mime_encoding encoding = mimetype_encoding(value);

    return encoding == MIME_UNKNOWN ? before : encoding == MIME_EIGHT_BIT;
}

/* Fields of the name go as long as the last of them so far says 8-bit; so Postfix reads a header with several. */
static size_t drop_encodings(struct headerfields *fields, bool *is_eight_bit_r)
{
    size_t kept = 0, dropped = 0;

    *is_eight_bit_r = false;
    for (size_t i = 0; i < fields->count; i++) {
        struct headerfield *field = &fields->items[i];
        bool is_encoding = is_named(field, ENCODING);
        if (is_encoding)
            *is_eight_bit_r = is_eight_bit(field->value, *is_eight_bit_r);
        if (is_encoding && *is_eight_bit_r) {
            free(field->name);
            free(field->value);
            dropped++;
        } else {
            fields->items[kept++] = *field;
        }
    }
    fields->count = kept;
    return dropped;
}

static bool has_parts(const struct headerfields *fields)
{
    enum mime_kind kind = MIME_PLAIN;

    for (size_t i = 0; i < fields->count; i++) {
        char *boundary = NULL;
        if (is_named(&fields->items[i], "Content-Type"))
            kind = mimetype_read(fields->items[i].value, &boundary);
        free(boundary);
    }
    return kind != MIME_PLAIN && kind != MIME_GLOBAL;
}

bool headerform_convert(struct headerfields *fields)
{
    bool is_converted;
    size_t dropped = drop_encodings(fields, &is_converted);

    if (is_converted) {
        headerfields_add(fields, ENCODING, has_parts(fields) ? " 7bit" : " quoted-printable");
        fields->items[fields->count - 1].is_added = true;
    }
    return dropped > 0;
}

bool headerform_cut(struct headerfield *field, size_t limit)
{
    size_t room = strlen(field->name) + 1;
    struct str value = STR_EMPTY;
    bool is_cut = false;

    room = room < limit ? limit - room : 0;
    for (const char *p = field->value; *p != '\0'; p++) {
        if (*p == '\n') {
            room = limit;
        } else if (room == 0) {
            str_add(&value, "\n ");
            room = limit > 1 ? limit - 2 : 0;
            is_cut = true;
        } else {
            room--;
        }
        str_addc(&value, *p);
    }
    if (is_cut) {
        free(field->value);
        field->value = str_steal(&value);
    }
    str_clear(&value);
    return is_cut;
}
