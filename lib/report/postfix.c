/*
 * The audit of Postfix: ways in, ways out, settings, findings, and what it makes of preflight.conf; see postfix.h.
 * What Postfix's files say is escaped for a terminal.
 */
#include "config.h"

#include "lib/report/postfix.h"
#include "lib/report/jsonvalue.h"
#include "lib/report/writer.h"

#include <string.h>

#define DOOR_COLUMN 22
#define KIND_COLUMN 34
#define STATE_COLUMN 45
#define SETTING_COLUMN 43

static const char *const kinds[] = {
    [DOOR_RELAY] = "relay", [DOOR_SUBMISSION] = "submission", [DOOR_RETURN] = "return", [DOOR_LOCAL] = "local",
};
static const char *const states[] = {
    [DOOR_UNJUDGED] = "unjudged", [DOOR_JUDGED] = "judged", [DOOR_UNKNOWN] = "unknown",
};

static void write_padded(struct writer *w, const char *text, size_t column)
{
    struct str s = STR_EMPTY;

    str_add_escaped(&s, text, ESCAPED_MAX, false);
    write_raw(w, str_get(&s), s.len);
    if (w->column >= column)
        write_raw(w, " ", 1);
    write_to_column(w, column);
    str_clear(&s);
}

/* "POSTFIX  3.7.11, /etc/postfix: 1 error, 2 warnings" */
static void write_headline(struct writer *w, const struct postfix_audit *audit)
{
    size_t errors = findings_count(&audit->findings, SEVERITY_ERROR);
    size_t warnings = findings_count(&audit->findings, SEVERITY_WARNING);
    struct str line = STR_EMPTY;

    write_capitals(w, "postfix", errors > 0 ? RED : warnings > 0 ? YELLOW : GREEN);
    str_addf(&line, "%s, %s: %zu error%s, %zu warning%s", audit->version, audit->directory, errors,
             errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
    write_untrusted(w, str_get(&line), LABEL_COLUMNS - 2);
    str_clear(&line);
}

/* Preflight's own milter by its name, the others by their addresses. */
static void add_milters(struct str *s, const struct postfix_door *door)
{
    if (door->has_no_milters)
        str_add(s, "no_milters");
    else if (door->milters.count == 0)
        str_add(s, "no milter");
    for (size_t i = 0; i < door->milters.count && !door->has_no_milters; i++) {
        const struct milter *milter = &door->milters.items[i];
        str_addf(s, "%s%s", i > 0 ? ", " : "", milter->address);
        if (milter->kind != MILTER_OTHER)
            str_add(s, milter->kind == MILTER_MAYBE_OURS ? " (preflight?)" : " (preflight)");
    }
    if (door->proxy[0] != '\0')
        str_addf(s, "; shown no message, for proxy %s", door->proxy);
    if (door->filter[0] != '\0')
        str_addf(s, "; then filter %s", door->filter);
}

static void write_doors(struct writer *w, const struct postfix_audit *audit)
{
    static const enum color colors[] = {
        [DOOR_UNJUDGED] = RED, [DOOR_JUDGED] = GREEN, [DOOR_UNKNOWN] = YELLOW,
    };

    write_title(w, "Ways in");
    for (size_t i = 0; i < audit->n_doors; i++) {
        const struct postfix_door *door = &audit->doors[i];
        struct str milters = STR_EMPTY;
        add_milters(&milters, door);
        write_raw(w, "  ", 2);
        write_padded(w, door->name, DOOR_COLUMN);
        write_padded(w, kinds[door->kind], KIND_COLUMN);
        /* What goes on to a filter, or comes back from one, need not be judged here. */
        bool is_elsewhere = door->state == DOOR_UNJUDGED && (door->filter[0] != '\0' || door->kind == DOOR_RETURN);
        write_colored(w, states[door->state], is_elsewhere ? PLAIN : colors[door->state]);
        write_to_column(w, STATE_COLUMN);
        write_untrusted(w, str_get(&milters), STATE_COLUMN);
        str_clear(&milters);
    }
}

static void add_source(struct str *s, const char *address, bool has_family, const char *family)
{
    if (!has_family)
        return;
    if (s->len > 0)
        str_add(s, ", ");
    str_addf(s, "%s%s", address[0] != '\0' ? address : "any ", address[0] != '\0' ? "" : family);
}

static void write_exits(struct writer *w, const struct postfix_audit *audit)
{
    write_title(w, "Ways out");
    write_field(w, "relay", audit->relay);
    for (size_t i = 0; i < audit->n_exits; i++) {
        const struct postfix_exit *way = &audit->exits[i];
        struct str sources = STR_EMPTY, line = STR_EMPTY;
        add_source(&sources, way->bind, way->has_ipv4, "IPv4");
        add_source(&sources, way->bind6, way->has_ipv6, "IPv6");
        str_addf(&line, "greets as %s, from %s", way->helo, str_get(&sources));
        write_raw(w, "  ", 2);
        write_padded(w, way->name, DOOR_COLUMN);
        write_untrusted(w, str_get(&line), DOOR_COLUMN);
        str_clear(&sources);
        str_clear(&line);
    }
}

static void write_settings(struct writer *w, const struct postfix_audit *audit)
{
    write_title(w, "Settings");
    for (size_t i = 0; i < audit->n_settings; i++) {
        write_raw(w, "  ", 2);
        write_padded(w, audit->settings[i].name, SETTING_COLUMN);
        write_untrusted(w, audit->settings[i].value[0] == '\0' ? "-" : audit->settings[i].value, SETTING_COLUMN);
    }
}

/* As it is to be copied: no wrapping. */
static void write_proposal(struct writer *w, const char *proposal)
{
    write_title(w, "For preflight.conf");
    while (*proposal != '\0') {
        size_t len = strcspn(proposal, "\n");
        struct str line = STR_EMPTY;
        str_addn(&line, proposal, len);
        write_raw(w, "  ", 2);
        str_add_escaped(w->out, str_get(&line), len, false);
        write_newline(w);
        str_clear(&line);
        proposal += len + (proposal[len] == '\n');
    }
}

void report_text_postfix(const struct postfix_audit *audit, bool is_color, struct str *text_r)
{
    struct writer w = { .out = text_r, .is_color = is_color };

    write_headline(&w, audit);
    write_doors(&w, audit);
    write_exits(&w, audit);
    write_findings(&w, &audit->findings);
    write_settings(&w, audit);
    write_proposal(&w, audit->proposal);
}

/* --- JSON ------------------------------------------------------------------------------- */

static struct json_t *make_milters(const struct postfix_door *door)
{
    struct json_t *array = jsonvalue_array();

    for (size_t i = 0; i < door->milters.count; i++) {
        const struct milter *milter = &door->milters.items[i];
        struct json_t *object = jsonvalue_object();
        jsonvalue_put_text(object, "address", milter->address);
        jsonvalue_put_text(object, "default_action",
                           milter->default_action == NULL ? door->default_action : milter->default_action);
        if (milter->kind != MILTER_MAYBE_OURS)
            jsonvalue_put_bool(object, "is_preflight", milter->kind != MILTER_OTHER);
        jsonvalue_append(array, object);
    }
    return array;
}

static struct json_t *make_door(const struct postfix_door *door)
{
    struct json_t *object = jsonvalue_object();

    jsonvalue_put_text(object, "service", door->name);
    jsonvalue_put_text(object, "kind", kinds[door->kind]);
    if (door->state != DOOR_UNKNOWN)
        jsonvalue_put_bool(object, "judged", door->state == DOOR_JUDGED);
    jsonvalue_put_bool(object, "no_milters", door->has_no_milters);
    jsonvalue_put(object, "milters", make_milters(door));
    jsonvalue_put_known(object, "content_filter", door->filter);
    jsonvalue_put_known(object, "proxy_filter", door->proxy);
    return object;
}

static struct json_t *make_exit(const struct postfix_exit *way)
{
    struct json_t *object = jsonvalue_object();

    jsonvalue_put_text(object, "service", way->name);
    jsonvalue_put_text(object, "helo", way->helo);
    jsonvalue_put_known(object, "address", way->bind);
    jsonvalue_put_known(object, "address6", way->bind6);
    jsonvalue_put_bool(object, "ipv4", way->has_ipv4);
    jsonvalue_put_bool(object, "ipv6", way->has_ipv6);
    return object;
}

char *report_json_postfix(const struct postfix_audit *audit)
{
    struct json_t *object = jsonvalue_object(), *doors = jsonvalue_array(), *exits = jsonvalue_array();
    struct json_t *settings = jsonvalue_object();

    for (size_t i = 0; i < audit->n_doors; i++)
        jsonvalue_append(doors, make_door(&audit->doors[i]));
    for (size_t i = 0; i < audit->n_exits; i++)
        jsonvalue_append(exits, make_exit(&audit->exits[i]));
    for (size_t i = 0; i < audit->n_settings; i++)
        jsonvalue_put_text(settings, audit->settings[i].name, audit->settings[i].value);
    jsonvalue_put_text(object, "version", audit->version);
    jsonvalue_put_text(object, "config_directory", audit->directory);
    jsonvalue_put_known(object, "relay", audit->relay);
    jsonvalue_put(object, "ways_in", doors);
    jsonvalue_put(object, "ways_out", exits);
    jsonvalue_put(object, "settings", settings);
    jsonvalue_put(object, "findings", jsonvalue_findings(&audit->findings));
    jsonvalue_put_text(object, "proposal", audit->proposal);
    return jsonvalue_print(object);
}
