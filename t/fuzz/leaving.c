/*
 * Fuzz target: header fields as Postfix sends them.  The first line is an action of header checks, the rest a field's
 * value.  Addresses stand in order and apart from each other; written anew, a field has as many as before, those that
 * were put there or those that stayed; no line is over its limit once it was cut.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/depart/fieldaddress.h"
#include "lib/depart/headercheck.h"
#include "lib/depart/headerform.h"
#include "t/fuzz/fuzz.h"

#define OTHER "new@example.net"

static void check_places(const char *value, const struct fieldaddresses *list)
{
    size_t end = 0;

    HOLDS(list->count <= FIELDADDRESS_MAX, "%zu", list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct fieldaddress *address = &list->items[i];
        HOLDS(address->at >= end && address->len > 0, "%zu after %zu", address->at, end);
        end = address->at + address->len;
        HOLDS(end <= strlen(value), "%zu", end);
        /* A quote or a literal that is open is closed. */
        HOLDS(address->text[0] != '\0' && strlen(address->text) <= address->len + 1, "'%s'", address->text);
    }
}

/* other NULL: nothing is put in the addresses' place. */
static void check_rewritten(const char *value, struct fieldaddresses *list, const char *other)
{
    struct fieldaddresses again;
    struct str text = STR_EMPTY;

    for (size_t i = 0; i < list->count; i++)
        list->items[i].other = other;
    fieldaddress_rewrite("From", value, list, &text);
    const char *new_value = str_get(&text);
    fieldaddress_find(new_value, &again);
    check_places(new_value, &again);
    HOLDS(again.count == list->count, "%zu of %zu in '%s'", again.count, list->count, new_value);
    for (size_t i = 0; i < again.count; i++) {
        const char *want = other == NULL ? list->items[i].text : other;
        HOLDS(strcmp(again.items[i].text, want) == 0 || strpbrk(want, "\r\n") != NULL, "'%s', not '%s'",
              again.items[i].text, want);
    }
    fieldaddress_clear(&again);
    str_clear(&text);
}

static void check_actions(const char *action, const char *value)
{
    struct headerfields fields = { .items = NULL };
    struct headerchanges changes = { .items = NULL };

    headerfields_add(&fields, "Content-Transfer-Encoding", value);
    headerfields_add(&fields, "From", value);
    headercheck_apply(action, &fields, 1, &changes);
    HOLDS(fields.count >= 1 && fields.count <= 3 && changes.count <= 1, "%zu fields", fields.count);
    HOLDS((fields.count != 2) <= (changes.count == 1), "%zu changes", changes.count);
    (void)headerform_convert(&fields);
    HOLDS(!headerform_convert(&fields), "converted twice: %s", value);
    headerfields_clear(&fields);
    headerchanges_clear(&changes);
}

static void check_cut(const char *value, size_t limit)
{
    struct headerfields fields = { .items = NULL };

    headerfields_add(&fields, "X", value);
    (void)headerform_cut(&fields.items[0], limit);
    size_t line = 2;
    for (const char *p = fields.items[0].value; *p != '\0'; p++) {
        line = *p == '\n' ? 0 : line + 1;
        HOLDS(line <= limit, "%zu bytes in '%s'", line, fields.items[0].value);
    }
    HOLDS(!headerform_cut(&fields.items[0], limit), "cut twice: %s", value);
    headerfields_clear(&fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *action = input_line(&input), *value = input_rest(&input);
    struct fieldaddresses list;

    fieldaddress_find(value, &list);
    check_places(value, &list);
    if (!list.is_cut) {
        check_rewritten(value, &list, NULL);
        check_rewritten(value, &list, OTHER);
    }
    fieldaddress_clear(&list);
    check_actions(action, value);
    check_cut(value, 2 + size % 70);
    free(action);
    free(value);
    return 0;
}
