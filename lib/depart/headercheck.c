/*
 * Header fields as header_checks(5) change them; see headercheck.h.
 */
#include "config.h"

#include "lib/depart/headercheck.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/checkaction.h"
#include "lib/depart/fieldaddress.h"
#include "lib/depart/mimetype.h"
#include "lib/message/lex.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- fields -------------------------------------------------------------------------------------- */

/* Without the CR of folds. */
static char *with_lf(const char *value)
{
    char *text = xstrdup(value), *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        if (from[0] != '\r' || from[1] != '\n')
            *to++ = *from;
    }
    *to = '\0';
    return text;
}

static void insert(struct headerfields *fields, size_t at, struct headerfield field)
{
    fields->items = xgrow(fields->items, fields->count, &fields->capacity, sizeof(*fields->items));
    memmove(&fields->items[at + 1], &fields->items[at], (fields->count - at) * sizeof(field));
    fields->items[at] = field;
    fields->count++;
}

void headerfields_add(struct headerfields *fields, const char *name, const char *value)
{
    insert(fields, fields->count, (struct headerfield){
        .name = xstrndup(name, lex_name_length(name, strlen(name))), .value = with_lf(value),
        .is_rewritten = fieldaddress_is_rewritten(name),
    });
}

static void clear_field(struct headerfield *field)
{
    free(field->name);
    free(field->value);
}

void headerfields_clear(struct headerfields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        clear_field(&fields->items[i]);
    free(fields->items);
    *fields = (struct headerfields){ .items = NULL };
}

static void note(struct headerchanges *changes, const char *field, const char *what)
{
    changes->items = xgrow(changes->items, changes->count, &changes->capacity, sizeof(*changes->items));
    changes->items[changes->count].field = xstrdup(field);
    changes->items[changes->count++].what = what;
}

void headerchanges_clear(struct headerchanges *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        free(changes->items[i].field);
    free(changes->items);
    *changes = (struct headerchanges){ .items = NULL };
}

/* --- actions ---------------------------------------------------------------------------------------- */

/* "Name: value"; false where it is no field, which Postfix does not take either. */
static bool read_field(const char *text, struct headerfield *field_r)
{
    size_t colon = strcspn(text, ": \t\r\n\v\f");
    const char *value = text + colon + strspn(text + colon, " \t");

    if (colon == 0 || *value != ':')
        return false;
    *field_r = (struct headerfield){ .name = xstrndup(text, colon), .value = with_lf(value + 1), .is_added = true };
    return true;
}

void headercheck_apply(const char *action, struct headerfields *fields, size_t i, struct headerchanges *changes)
{
    const char *text;
    enum check_action what = checkaction_read(action, &text);
    struct headerfield field;

    if (what == CHECK_ACTION_REMOVE) {
        note(changes, fields->items[i].name, "removes");
        clear_field(&fields->items[i]);
        memmove(&fields->items[i], &fields->items[i + 1], (--fields->count - i) * sizeof(field));
    } else if (what == CHECK_ACTION_REPLACE && read_field(text, &field)) {
        note(changes, fields->items[i].name, "replaces");
        field.is_added = false;
        field.is_rewritten = fields->items[i].is_rewritten && strcasecmp(field.name, fields->items[i].name) == 0;
        clear_field(&fields->items[i]);
        fields->items[i] = field;
    } else if (what == CHECK_ACTION_PREPEND && read_field(text, &field)) {
        note(changes, field.name, "adds");
        insert(fields, i, field);
    }
}

int headercheck_run(struct postmap *postmap, const struct conf_strings *tables, bool are_mime,
                    struct headerfields *fields, struct headerchanges *changes, int64_t deadline_ms, struct err *err)
{
    size_t *places = xcalloc(fields->count + 1, sizeof(*places)), n = 0;
    char **texts = xcalloc(fields->count + 1, sizeof(*texts)), **actions = xcalloc(fields->count + 1, sizeof(*actions));

    for (size_t i = 0; i < fields->count; i++) {
        const struct headerfield *field = &fields->items[i];
        if (field->is_added || mimetype_is_field(field->name, strlen(field->name)) != are_mime)
            continue;
        places[n] = i;
        texts[n++] = xasprintf("%s:%s", field->name, field->value);
    }
    int rc = postmap_check_header(postmap, tables, (const char *const *)texts, n, actions, deadline_ms, err);
    /* From the end, so that the places before stay what they are. */
    for (size_t k = n; k-- > 0;) {
        if (actions[k] != NULL)
            headercheck_apply(actions[k], fields, places[k], changes);
        free(actions[k]);
        free(texts[k]);
    }
    free(places);
    free(texts);
    free(actions);
    return rc;
}
