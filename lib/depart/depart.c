/*
 * What Postfix does to sender and header after the milter; see depart.h.
 * In the order of its own programs: cleanup(8) maps the sender by canonical(5) and masquerades it; then smtp(8) looks
 * at each header field, first by header checks, then by generic(5), and at the sender by generic(5).
 */
#include "config.h"

#include "lib/depart/depart.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/addressmap.h"
#include "lib/depart/fieldaddress.h"
#include "lib/depart/headercheck.h"
#include "lib/depart/postmap.h"
#include "lib/depart/headerform.h"
#include "lib/message/address.h"
#include "lib/message/lex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ADDRESSES_MAX 1000      /* of all fields that are rewritten */
#define RECURSION_MAX 10        /* as cleanup(8) maps what it has mapped */

struct depart {
    struct relay_facts facts;
    struct postmap *postmap;
    struct addressmap generic, sender_canonical, canonical;
    bool changes_sender, changes_header;
    bool is_converting;         /* 8-bit text that says so */
    char limit[64];             /* "smtp_line_length_limit = 998" */
};

struct departure {
    const struct depart *depart;
    struct departure_limits limits;
    bool is_over_limits;
    size_t headers, header_bytes;
    char *sender;               /* as it came, then as it leaves */
    const char *sender_setting;
    struct headerfields fields;     /* likewise */
    struct departure_change *changes;
    size_t n_changes, changes_capacity;
    char *author_before, *author_after;
    char *problem;
};

/* --- the engine -------------------------------------------------------------------------------- */

struct depart *depart_new(const struct conf *conf, struct err *err)
{
    struct depart *depart = xcalloc(1, sizeof(*depart));
    struct relay_facts *facts = &depart->facts;

    if (relayfacts_load(conf, facts, err) < 0) {
        free(depart);
        return NULL;
    }
    depart->postmap = postmap_new(conf->postfix.config_directory);
    addressmap_init(&depart->generic, facts, &facts->generic_maps, facts->propagates_generic);
    addressmap_init(&depart->sender_canonical, facts, &facts->sender_canonical_maps, facts->propagates_canonical);
    addressmap_init(&depart->canonical, facts, &facts->canonical_maps, facts->propagates_canonical);
    depart->is_converting = facts->converts_8bit == KNOWN_YES && facts->eightbitmime == KNOWN_NO;
    /* A header that only the body's changes concern is kept, too: its signatures are verified again. */
    depart->changes_header = facts->generic_maps.count + facts->header_checks.count +
        facts->mime_header_checks.count + facts->nested_header_checks.count + facts->body_checks.count > 0 ||
        depart->is_converting || facts->line_length_limit > 0;
    snprintf(depart->limit, sizeof(depart->limit), "smtp_line_length_limit = %d", facts->line_length_limit);
    depart->changes_sender = facts->generic_maps.count + facts->sender_canonical_maps.count +
        facts->canonical_maps.count + facts->masquerade_domains.count > 0;
    return depart;
}

void depart_free(struct depart **depart)
{
    if (*depart == NULL)
        return;
    addressmap_clear(&(*depart)->generic);
    addressmap_clear(&(*depart)->sender_canonical);
    addressmap_clear(&(*depart)->canonical);
    postmap_free(&(*depart)->postmap);
    relayfacts_clear(&(*depart)->facts);
    free(*depart);
    *depart = NULL;
}

const struct relay_facts *depart_facts(const struct depart *depart)
{
    return &depart->facts;
}

struct postmap *depart_postmap(const struct depart *depart)
{
    return depart->postmap;
}

const char *depart_limit_setting(const struct depart *depart)
{
    return depart->limit;
}

void depart_name_setting(const char *setting, const struct conf_strings *tables, struct str *text)
{
    str_addf(text, "%s%s", text->len > 0 ? "; " : "", setting);
    if (tables == NULL)
        return;
    str_add(text, " (");
    postmap_name_tables(tables, text);
    str_addc(text, ')');
}

/* --- a message in --------------------------------------------------------------------------------- */

struct departure *departure_begin(const struct depart *depart, const char *sender,
                                  const struct departure_limits *limits)
{
    if (!depart->changes_header && !depart->changes_sender)
        return NULL;
    struct departure *departure = xcalloc(1, sizeof(*departure));
    *departure = (struct departure){
        .depart = depart, .limits = *limits, .sender = xstrdup(sender),
        .sender_setting = "", .author_before = xstrdup(""), .author_after = xstrdup(""),
    };
    return departure;
}

void departure_free(struct departure **departure)
{
    struct departure *d = *departure;

    if (d == NULL)
        return;
    for (size_t i = 0; i < d->n_changes; i++)
        free(d->changes[i].field);
    headerfields_clear(&d->fields);
    free(d->changes);
    free(d->sender);
    free(d->author_before);
    free(d->author_after);
    free(d->problem);
    free(d);
    *departure = NULL;
}

void departure_header(struct departure *departure, const char *name, const char *value)
{
    departure->headers++;
    departure->header_bytes += strlen(name) + strlen(value) + 3;
    departure->is_over_limits = departure->is_over_limits || departure->headers > (size_t)departure->limits.headers ||
                                departure->header_bytes > (size_t)departure->limits.header_bytes;
    if (departure->depart->changes_header && !departure->is_over_limits)
        headerfields_add(&departure->fields, name, value);
}

/* --- what is done to it ---------------------------------------------------------------------------- */

static void set_sender(struct departure *d, char *sender, const char *setting)
{
    free(d->sender);
    d->sender = sender;
    d->sender_setting = setting;
}

/* Again and again, until a table says nothing new. */
static int map_sender(struct departure *d, const struct addressmap *map, const char *setting, int64_t deadline_ms,
                      struct err *err)
{
    for (int i = 0; i < RECURSION_MAX && map->tables->count > 0; i++) {
        const char *address = d->sender;
        char *other;
        if (addressmap_find(map, d->depart->postmap, &address, 1, &other, deadline_ms, err) < 0)
            return err_prefix(err, "%s", setting);
        bool is_same = other == NULL || strcasecmp(other, d->sender) == 0;
        if (other != NULL && strcmp(other, d->sender) != 0)
            set_sender(d, other, setting);
        else
            free(other);
        if (is_same)
            break;
    }
    return 0;
}

static int come_in(struct departure *d, int64_t deadline_ms, struct err *err)
{
    const struct depart *depart = d->depart;

    if (d->sender[0] == '\0')
        return 0;
    if (strchr(d->sender, '@') == NULL && depart->facts.appends_origin)
        set_sender(d, xasprintf("%s@%s", d->sender, depart->facts.origin), "myorigin");
    if (map_sender(d, &depart->sender_canonical, "sender_canonical_maps", deadline_ms, err) < 0 ||
        map_sender(d, &depart->canonical, "canonical_maps", deadline_ms, err) < 0)
        return -1;
    char *other = addressmap_masquerade(&depart->facts, d->sender);
    if (other != NULL)
        set_sender(d, other, "masquerade_domains");
    return 0;
}

static void note(struct departure *d, const char *setting, const struct conf_strings *tables, const char *field,
                 const char *what)
{
    d->changes = xgrow(d->changes, d->n_changes, &d->changes_capacity, sizeof(*d->changes));
    d->changes[d->n_changes++] = (struct departure_change){
        setting, tables, xstrndup(field, lex_name_length(field, strlen(field))), what
    };
}

static int check_fields(struct departure *d, int64_t deadline_ms, struct err *err)
{
    const struct relay_facts *facts = &d->depart->facts;
    const struct { const char *setting; const struct conf_strings *tables; bool is_mime; } checks[] = {
        { "smtp_header_checks", &facts->header_checks, false },
        { "smtp_mime_header_checks", &facts->mime_header_checks, true },
    };

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        struct headerchanges changes = { .items = NULL };
        if (checks[i].tables->count == 0)
            continue;
        if (headercheck_run(d->depart->postmap, checks[i].tables, checks[i].is_mime, &d->fields, &changes, deadline_ms,
                            err) < 0)
            return err_prefix(err, "%s", checks[i].setting);
        for (size_t n = 0; n < changes.count; n++)
            note(d, checks[i].setting, checks[i].tables, changes.items[n].field, changes.items[n].what);
        headerchanges_clear(&changes);
    }
    return 0;
}

/* The addresses of all fields, to be asked about at once, behind the sender's. */
struct asked {
    const char **addresses;
    char **others;
    size_t count, capacity;
};

static int collect(const struct departure *d, struct fieldaddresses *lists, struct asked *asked, struct err *err)
{
    asked->addresses = xgrow(asked->addresses, asked->count, &asked->capacity, sizeof(*asked->addresses));
    asked->addresses[asked->count++] = d->sender;
    for (size_t i = 0; i < d->fields.count; i++) {
        if (!d->fields.items[i].is_rewritten)
            continue;
        fieldaddress_find(d->fields.items[i].value, &lists[i]);
        if (lists[i].is_cut || asked->count + lists[i].count > ADDRESSES_MAX)
            return err_set(err, "the header has more than %d addresses", ADDRESSES_MAX);
        for (size_t n = 0; n < lists[i].count; n++) {
            asked->addresses = xgrow(asked->addresses, asked->count, &asked->capacity, sizeof(*asked->addresses));
            asked->addresses[asked->count++] = lists[i].items[n].text;
        }
    }
    return 0;
}

static void rewrite_field(struct departure *d, struct headerfield *field, struct fieldaddresses *list, char **others)
{
    struct str value = STR_EMPTY;
    bool is_changed = false;

    for (size_t i = 0; i < list->count; i++) {
        list->items[i].other = others[i];
        is_changed = is_changed || others[i] != NULL;
    }
    if (!is_changed)
        return;
    fieldaddress_rewrite(field->name, field->value, list, &value);
    note(d, "smtp_generic_maps", &d->depart->facts.generic_maps, field->name, "rewrites");
    free(field->value);
    field->value = str_steal(&value);
}

static void rewrite_all(struct departure *d, struct fieldaddresses *lists, const struct asked *asked)
{
    size_t next = 1;

    if (asked->others[0] != NULL && d->sender[0] != '\0' && strcmp(asked->others[0], d->sender) != 0)
        set_sender(d, xstrdup(asked->others[0]), "smtp_generic_maps");
    for (size_t i = 0; i < d->fields.count; i++) {
        rewrite_field(d, &d->fields.items[i], &lists[i], asked->others + next);
        next += lists[i].count;
    }
}

static int go_out(struct departure *d, int64_t deadline_ms, struct err *err)
{
    if (d->depart->facts.generic_maps.count == 0)
        return 0;
    struct fieldaddresses *lists = xcalloc(d->fields.count + 1, sizeof(*lists));
    struct asked asked = { .addresses = NULL };
    int rc = collect(d, lists, &asked, err);

    asked.others = xcalloc(asked.count, sizeof(*asked.others));
    if (rc == 0)
        rc = addressmap_find(&d->depart->generic, d->depart->postmap, asked.addresses, asked.count, asked.others,
                             deadline_ms, err);
    if (rc == 0)
        rewrite_all(d, lists, &asked);
    for (size_t i = 0; i < asked.count; i++)
        free(asked.others[i]);
    for (size_t i = 0; i < d->fields.count; i++)
        fieldaddress_clear(&lists[i]);
    free(asked.others);
    free(asked.addresses);
    free(lists);
    return rc < 0 ? err_prefix(err, "smtp_generic_maps") : 0;
}

/* What the encodings of a message and the lengths of its lines do to the header. */
static void convert(struct departure *d)
{
    if (d->depart->is_converting && headerform_convert(&d->fields))
        note(d, "disable_mime_output_conversion = no", NULL, "Content-Transfer-Encoding", "moves");
}

static void cut(struct departure *d)
{
    int limit = d->depart->facts.line_length_limit;

    for (size_t i = 0; limit > 0 && i < d->fields.count; i++) {
        if (headerform_cut(&d->fields.items[i], (size_t)limit))
            note(d, d->depart->limit, NULL, d->fields.items[i].name, "cuts");
    }
}

/* Of the first From field the first valid address, or "". */
static void find_author(const struct departure *d, char **author)
{
    for (size_t i = 0; i < d->fields.count; i++) {
        const struct headerfield *field = &d->fields.items[i];
        struct address_list list;
        if (lex_name_length(field->name, strlen(field->name)) != 4 || strncasecmp(field->name, "From", 4) != 0)
            continue;
        address_list_parse(field->value, &list);
        if (list.first != NULL) {
            free(*author);
            *author = xstrdup(list.first);
        }
        address_list_clear(&list);
        return;
    }
}

/* Fields that are not kept may be rewritten, the author's with them. */
static int require_fields(const struct departure *d, struct err *err)
{
    const struct relay_facts *facts = &d->depart->facts;
    size_t tables = facts->generic_maps.count + facts->header_checks.count + facts->mime_header_checks.count;

    return d->is_over_limits && tables > 0 ? err_set(err, "the header is larger than the limits") : 0;
}

void departure_end_of_header(struct departure *departure, int64_t deadline_ms)
{
    struct departure *d = departure;
    struct err err = { "" };

    if (d->is_over_limits)
        headerfields_clear(&d->fields);
    find_author(d, &d->author_before);
    convert(d);
    if (require_fields(d, &err) < 0 || come_in(d, deadline_ms, &err) < 0 ||
        check_fields(d, deadline_ms, &err) < 0 || go_out(d, deadline_ms, &err) < 0)
        d->problem = xstrdup(err.text);
    cut(d);
    find_author(d, &d->author_after);
}

/* --- what became of it ------------------------------------------------------------------------------- */

const char *departure_problem(const struct departure *departure)
{
    return departure->problem;
}

bool departure_has_fields(const struct departure *departure)
{
    return !departure->is_over_limits;
}

const char *departure_sender(const struct departure *departure)
{
    return departure->sender;
}

const char *departure_sender_setting(const struct departure *departure)
{
    return departure->sender_setting;
}

const char *departure_author_before(const struct departure *departure)
{
    return departure->author_before;
}

const char *departure_author_after(const struct departure *departure)
{
    return departure->author_after;
}

size_t departure_changes(const struct departure *departure, const struct departure_change **list_r)
{
    *list_r = departure->changes;
    return departure->problem != NULL ? 0 : departure->n_changes;
}

bool departure_field(const struct departure *departure, size_t i, const char **name_r, const char **value_r)
{
    if (i >= departure->fields.count)
        return false;
    *name_r = departure->fields.items[i].name;
    *value_r = departure->fields.items[i].value;
    return true;
}
