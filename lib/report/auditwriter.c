/*
 * What the reports on audits share; see auditwriter.h.
 */
#include "config.h"

#include "lib/report/auditwriter.h"
#include "lib/check/spfcheck.h"

#include <string.h>

#define TXT_STRING_MAX 255      /* bytes of one string of a TXT record (RFC 1035 section 3.3) */

/* --- text ------------------------------------------------------------------------------------ */

static void add_names(struct str *line, const struct findings *findings)
{
    const char *gap = " ";

    for (int severity = SEVERITY_ERROR; severity > SEVERITY_INFO; severity--) {
        for (size_t i = 0; i < findings->count; i++) {
            const struct finding_row *row = findings->items[i].row;
            bool is_told = (int)row->severity != severity;
            for (size_t k = 0; k < i && !is_told; k++)
                is_told = findings->items[k].row == row;
            if (!is_told) {
                str_addf(line, "%s%s", gap, row->name);
                gap = ", ";
            }
        }
    }
}

void write_audit_headline(struct writer *w, enum audit_outcome outcome, const char *what,
                          const struct findings *findings)
{
    static const enum color colors[] = { GREEN, YELLOW, RED };
    const char *name = audit_outcome_name(outcome);
    struct str line = STR_EMPTY;

    str_add_escaped(&line, what, ESCAPED_MAX, false);
    if (outcome == AUDIT_CLEAR) {
        str_add(&line, ": nothing stands in the way");
    } else if (outcome == AUDIT_UNDECIDED) {
        str_add(&line, ": nothing is seen to stand in the way, but not all is known");
    } else {
        str_add(&line, ", to be mended:");
        add_names(&line, findings);
    }
    write_capitals(w, name, colors[outcome]);
    write_raw(w, "  ", 2);
    write_line(w, str_get(&line), strlen(name) + 2);
    str_clear(&line);
}

size_t audit_label_length(size_t least, const struct listings *listings)
{
    for (size_t i = 0; i < listings->count; i++) {
        size_t len = strlen(listings->items[i].list->zone);
        if (len > least)
            least = len;
    }
    return least < AUDIT_LABEL_MAX ? least : AUDIT_LABEL_MAX;
}

/* Colours would count as columns where a line has to be wrapped: what is that long goes without. */
void write_audit_item(struct writer *w, size_t length, const char *label, const char *text, enum color color)
{
    struct str line = STR_EMPTY;
    size_t indent = 4 + (strlen(label) > length ? strlen(label) : length) + 2;

    write_to_column(w, 4);
    write_raw(w, label, strlen(label));
    write_to_column(w, indent);
    str_add_escaped(&line, text, ESCAPED_MAX, false);
    if (line.len + indent <= COLUMNS) {
        write_colored(w, str_get(&line), color);
        write_newline(w);
    } else {
        write_line(w, str_get(&line), 4 + length + 2);
    }
    str_clear(&line);
}

void write_audit_spf(struct writer *w, size_t length, const char *label, const struct spf_result *spf,
                     enum color color)
{
    struct str text = STR_EMPTY;

    str_add(&text, auth_result_name(spf->result));
    if (spf->problem[0] != '\0')
        str_addf(&text, ": %s", spf->problem);
    else if (spf->term[0] != '\0')
        str_addf(&text, " by %s", spf->term);
    write_audit_item(w, length, label, str_get(&text), color);
    str_clear(&text);
}

static void write_listing(struct writer *w, size_t length, const struct listing *listing)
{
    const struct blocklist_state *state = &listing->state;
    struct str text = STR_EMPTY;
    enum color color = PLAIN;

    if (state->value == FACT_TRUE) {
        str_addf(&text, "listed: %s", state->codes);
        color = RED;
    } else if (state->value == FACT_FALSE) {
        str_add(&text, "not listed");
        color = GREEN;
    } else if (state->value == FACT_UNKNOWN) {
        str_add(&text, "not known: the DNS did not answer");
        color = YELLOW;
    } else {
        str_addf(&text, "unusable: %s", state->problem);
        color = YELLOW;
    }
    write_audit_item(w, length, listing->list->zone, str_get(&text), color);
    str_clear(&text);
}

void write_audit_listings(struct writer *w, size_t length, const struct listings *listings, bool has_lists)
{
    if (listings->count == 0)
        write_audit_item(w, length, "blocklists", has_lists ? "none of those configured lists such" :
                         "none configured", PLAIN);
    for (size_t i = 0; i < listings->count; i++)
        write_listing(w, length, &listings->items[i]);
}

/* Quoted, a backslash before what would end the string, in strings of at most 255 bytes. */
static void add_txt(struct str *line, const char *text)
{
    size_t n = 0;

    str_addc(line, '"');
    for (; *text != '\0'; text++) {
        if (n++ == TXT_STRING_MAX) {
            str_add(line, "\" \"");
            n = 1;
        }
        if (*text == '"' || *text == '\\')
            str_addc(line, '\\');
        str_addc(line, *text);
    }
    str_addc(line, '"');
}

void write_audit_publish(struct writer *w, const struct publish *publish)
{
    if (publish->count == 0)
        return;
    write_title(w, "To publish");
    for (size_t i = 0; i < publish->count; i++) {
        const struct publish_record *record = &publish->items[i];
        struct str line = STR_EMPTY;
        str_addf(&line, "%s. %s ", record->name, dns_type_name(record->type));
        if (record->type == DNS_TXT)
            add_txt(&line, record->text);
        else
            str_addf(&line, "%s%s", record->text, record->type == DNS_PTR ? "." : "");
        /* One line, however long, to be copied into a zone. */
        write_raw(w, "  ", 2);
        str_add_escaped(w->out, str_get(&line), line.len, false);
        write_newline(w);
        str_clear(&line);
    }
}

/* --- JSON ------------------------------------------------------------------------------------ */

void jsonvalue_put_fact(struct json_t *object, const char *key, enum fact_value value)
{
    if (value == FACT_TRUE || value == FACT_FALSE)
        jsonvalue_put_bool(object, key, value == FACT_TRUE);
}

struct json_t *jsonvalue_listings(const struct listings *listings)
{
    static const char *const states[] = { "not-listed", "listed", "unknown", "unusable" };
    struct json_t *array = jsonvalue_array();

    for (size_t i = 0; i < listings->count; i++) {
        const struct listing *listing = &listings->items[i];
        struct json_t *object = jsonvalue_object();
        jsonvalue_put_text(object, "zone", listing->list->zone);
        jsonvalue_put_text(object, "title", listing->list->title);
        jsonvalue_put_text(object, "page", listing->list->page);
        jsonvalue_put_text(object, "state", states[listing->state.value]);
        jsonvalue_put_text(object, "codes", listing->state.codes);
        jsonvalue_put_known(object, "problem", listing->state.problem);
        jsonvalue_append(array, object);
    }
    return array;
}

struct json_t *jsonvalue_publish(const struct publish *publish)
{
    struct json_t *array = jsonvalue_array();

    for (size_t i = 0; i < publish->count; i++) {
        struct json_t *object = jsonvalue_object();
        jsonvalue_put_text(object, "name", publish->items[i].name);
        jsonvalue_put_text(object, "type", dns_type_name(publish->items[i].type));
        jsonvalue_put_text(object, "text", publish->items[i].text);
        jsonvalue_append(array, object);
    }
    return array;
}
