/*
 * Fuzz target: header fields as DKIM sees them.  Lines: h=, the index of the field left out, then a message's header,
 * whose first field is read as a signature too.  Every field is covered at most once, from the bottom up, by its own
 * name; the relaxed form of a relaxed form is itself; copies in z= are fields.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/check/dkimcopied.h"
#include "lib/check/dkimedit.h"
#include "lib/check/dkimfields.h"
#include "lib/message/reader.h"
#include "t/fuzz/fuzz.h"

#define GUESSES_MAX 1000        /* of one edit for one field */

static void on_header(void *context, const char *name, const char *value)
{
    size_t len;
    const char *text = dkim_fields_add(context, name, value, &len);

    HOLDS(strncmp(text, name, strlen(name)) == 0 && text[strlen(name)] == ':' && len > strlen(name), "%s", text);
}

static void on_end_of_header(void *context)
{
    (void)context;
}

static void on_body(void *context, const unsigned char *data, size_t len)
{
    (void)context;
    (void)data;
    (void)len;
}

static void check_selection(const struct dkim_fields *fields, const char *list, size_t skipped)
{
    struct dkim_listed *listed = xcalloc(DKIM_LISTED_MAX, sizeof(*listed));
    size_t n = dkim_fields_select(fields, list, strlen(list), skipped, listed);

    HOLDS(n <= DKIM_LISTED_MAX, "%zu names", n);
    for (size_t i = 0; i < n; i++) {
        HOLDS(listed[i].name >= list && listed[i].name + listed[i].len <= list + strlen(list), "name %zu", i);
        if (listed[i].field == DKIM_NO_FIELD)
            continue;
        HOLDS(listed[i].field < fields->count && listed[i].field != skipped, "field %zu", listed[i].field);
        struct dkim_field field = dkim_fields_get(fields, listed[i].field);
        HOLDS(dkim_field_is(&field, listed[i].name, listed[i].len), "field %zu has another name", listed[i].field);
        for (size_t k = 0; k < i; k++) {
            if (listed[k].len == listed[i].len && dkim_field_is(&field, listed[k].name, listed[k].len))
                HOLDS(listed[k].field > listed[i].field, "field %zu after %zu", listed[i].field, listed[k].field);
        }
    }
    free(listed);
}

/* A canonical form as a field again. */
static struct dkim_field field_of(const struct str *text)
{
    const char *colon = memchr(text->data, ':', text->len);
    size_t name = colon == NULL ? 0 : (size_t)(colon - text->data);

    HOLDS(colon != NULL && text->len >= name + 3 && memcmp(text->data + text->len - 2, "\r\n", 2) == 0, "%s",
          text->data);
    return (struct dkim_field){ text->data, colon + 1, name, text->len - name - 3 };
}

static void check_forms(const struct dkim_field *field)
{
    struct str simple = STR_EMPTY, relaxed = STR_EMPTY, again = STR_EMPTY, own = STR_EMPTY;

    dkim_canonicalize(field, false, &simple);
    dkim_canonicalize(field, true, &relaxed);
    HOLDS(relaxed.len <= simple.len, "relaxed is longer: %s", str_get(&relaxed));
    HOLDS(memchr(relaxed.data, '\n', relaxed.len) == relaxed.data + relaxed.len - 1, "a fold: %s", str_get(&relaxed));
    const struct dkim_field form = field_of(&relaxed);
    dkim_canonicalize(&form, true, &again);
    HOLDS(strcmp(str_get(&relaxed), str_get(&again)) == 0, "'%s', then '%s'", str_get(&relaxed), str_get(&again));
    dkim_canonicalize_signature(field, true, &own);
    HOLDS(own.len <= relaxed.len, "with an empty b= it is longer: %s", str_get(&own));
    str_clear(&simple);
    str_clear(&relaxed);
    str_clear(&again);
    str_clear(&own);
}

static void check_edits(const struct dkim_field *field)
{
    for (const struct dkim_edit *edit = dkim_edits; edit->make != NULL; edit++) {
        struct str value = STR_EMPTY;
        size_t n = 0;
        while (edit->make(field, n, &value)) {
            HOLDS(++n <= GUESSES_MAX, "no end of '%s'", edit->what);
            str_reset(&value);
        }
        str_clear(&value);
    }
}

static void check_copies(const struct dkim_field *signature)
{
    struct dkim_copies copies;
    struct dkim_field copy;
    struct str text = STR_EMPTY;
    size_t n = 0;

    dkim_copies_init(&copies, signature);
    while (dkim_copies_next(&copies, &text, &copy)) {
        HOLDS(++n <= signature->value_len, "no end");
        HOLDS(copy.name >= text.data && copy.value + copy.value_len == text.data + text.len, "copy %zu", n);
        check_forms(&copy);
    }
    str_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *list = input_line(&input), *skipped = input_line(&input);
    struct dkim_fields fields = { .count = 0 };
    const struct message_sink sink = { on_header, on_end_of_header, on_body, &fields };
    struct err err;
    FILE *file = fopen(memory_file(input.at, input_left(&input)), "rb");

    HOLDS(file != NULL && message_read(file, &sink, &err) == 0, "cannot read");
    fclose(file);
    check_selection(&fields, list, skipped[0] == '\0' ? DKIM_NO_FIELD : strtoul(skipped, NULL, 10));
    for (size_t i = 0; i < fields.count; i++) {
        struct dkim_field field = dkim_fields_get(&fields, i);
        check_forms(&field);
        check_edits(&field);
        if (i == 0)
            check_copies(&field);
    }
    dkim_fields_clear(&fields);
    free(list);
    free(skipped);
    return 0;
}
