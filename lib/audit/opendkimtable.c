/*
 * OpenDKIM's data sets; see opendkimtable.h.
 */
#include "config.h"

#include "lib/audit/opendkimtable.h"
#include "lib/base/domain.h"
#include "lib/base/mem.h"
#include "lib/base/span.h"
#include "lib/base/str.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum opendkimtable_kind opendkimtable_kind(const char *spec, const char **rest_r)
{
    static const struct { const char *prefix; enum opendkimtable_kind kind; } prefixes[] = {
        { "csl:", OPENDKIMTABLE_LIST }, { "file:", OPENDKIMTABLE_FILE }, { "refile:", OPENDKIMTABLE_PATTERNS },
    };

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t len = strlen(prefixes[i].prefix);
        if (strncasecmp(spec, prefixes[i].prefix, len) == 0) {
            *rest_r = spec + len;
            return prefixes[i].kind;
        }
    }
    *rest_r = spec;
    if (strchr(spec, ':') != NULL || has_suffix(spec, ".db"))
        return OPENDKIMTABLE_OTHER;
    return *spec == '/' ? OPENDKIMTABLE_FILE : OPENDKIMTABLE_LIST;
}

/* --- parsing ----------------------------------------------------------------------------------- */

static void add(struct opendkimtable *table, struct span key, struct span value)
{
    if (table->count == OPENDKIMTABLE_ENTRIES_MAX) {
        table->is_cut = true;
        return;
    }
    table->entries = xgrow(table->entries, table->count, &table->capacity, sizeof(*table->entries));
    table->entries[table->count++] = (struct opendkimtable_entry){
        .key = xstrndup(key.len == 0 ? "" : key.at, key.len),
        .value = xstrndup(value.len == 0 ? "" : value.at, value.len),
    };
}

/* A name, white space, and all the rest is its value.  Of a pattern, white space before it is taken for its end. */
static void add_line(struct opendkimtable *table, struct span line)
{
    struct span before, key = { line.at, 0 };

    if (span_cut(&line, '#', &before))
        line = before;
    if (span_trim(line).len == 0)
        return;
    if (table->kind != OPENDKIMTABLE_PATTERNS)
        line = span_trim(line);
    key.at = line.at;
    while (key.len < line.len && !isspace((unsigned char)line.at[key.len]))
        key.len++;
    add(table, key, span_trim((struct span){ line.at + key.len, line.len - key.len }));
}

/* "name=value" or a name alone. */
static void add_item(struct opendkimtable *table, struct span item)
{
    struct span key;

    item = span_trim(item);
    if (item.len == 0)
        return;
    if (span_cut(&item, '=', &key))
        add(table, span_trim(key), span_trim(item));
    else
        add(table, item, (struct span){ NULL, 0 });
}

void opendkimtable_parse(enum opendkimtable_kind kind, const char *text, struct opendkimtable *table_r)
{
    struct span rest = { text, strlen(text) }, piece;
    char separator = kind == OPENDKIMTABLE_LIST ? ',' : '\n';

    *table_r = (struct opendkimtable){ .kind = kind };
    for (bool is_last = false; !is_last;) {
        is_last = !span_cut(&rest, separator, &piece);
        if (is_last)
            piece = rest;
        if (kind == OPENDKIMTABLE_LIST)
            add_item(table_r, piece);
        else
            add_line(table_r, piece);
    }
}

void opendkimtable_clear(struct opendkimtable *table)
{
    for (size_t i = 0; i < table->count; i++) {
        explicit_bzero(table->entries[i].value, strlen(table->entries[i].value));
        free(table->entries[i].key);
        free(table->entries[i].value);
    }
    free(table->entries);
    *table = (struct opendkimtable){ .kind = OPENDKIMTABLE_LIST };
}

/* --- asking ------------------------------------------------------------------------------------ */

/* * stands for anything; letters of either case are alike. */
static bool matches(const char *pattern, const char *text)
{
    const char *star = NULL, *again = NULL;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            again = text;
        } else if (tolower((unsigned char)*pattern) == tolower((unsigned char)*text)) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++again;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

const char *opendkimtable_get(const struct opendkimtable *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct opendkimtable_entry *entry = &table->entries[i];
        if (table->kind == OPENDKIMTABLE_PATTERNS ? matches(entry->key, name) : strcmp(entry->key, name) == 0)
            return entry->value;
    }
    return NULL;
}

/*
 * A byte that stands in no pattern is taken by a *, as any other local part would be.  A pattern of which a part
 * matches "@domain" is for the local part that the rest of it is.
 */
static enum opendkimtable_senders pattern_senders(const char *pattern, const char *domain)
{
    char address[DOMAIN_MAX + 2];

    snprintf(address, sizeof(address), "\1@%s", domain);
    if (matches(pattern, address))
        return OPENDKIMTABLE_ALL;
    for (const char *p = pattern; *p != '\0'; p++) {
        if ((*p == '@' || *p == '*') && matches(p, address + 1))
            return OPENDKIMTABLE_SOME;
        if (*p == '@')
            break;
    }
    return OPENDKIMTABLE_NOBODY;
}

/*
 * What a table of names is asked for, in turn: user@host, host, user@.domain for each domain above the host, .domain
 * likewise, user@*, and *.  NULL: no more.  Borrowed from domain.
 */
static const char *asked_for(const char *domain, size_t turn, bool *has_user_r, bool *has_dot_r)
{
    size_t above = 0;

    for (const char *p = domain; *p != '\0'; p++)
        above += *p == '.';
    *has_user_r = turn == 0 || (turn >= 2 && turn < 2 + above) || turn == 2 + 2 * above;
    *has_dot_r = turn >= 2 && turn < 2 + 2 * above;
    if (turn < 2)
        return domain;
    if (turn >= 2 + 2 * above)
        return turn < 4 + 2 * above ? "*" : NULL;
    for (size_t i = 0; i <= (turn - 2) % above; i++)
        domain = strchr(domain, '.') + 1;
    return domain;
}

/* A sender with a * for its local part there is none, and none other is meant by it here. */
static bool is_for(const char *key, const char *host, bool has_user, bool has_dot)
{
    const char *at = strrchr(key, '@');

    if ((at != NULL) != has_user || (at != NULL && memchr(key, '*', (size_t)(at - key)) != NULL))
        return false;
    if (at != NULL)
        key = at + 1;
    if (has_dot && *key++ != '.')
        return false;
    return strcasecmp(key, host) == 0;
}

/* Of a name that stands twice the first entry counts. */
static bool is_repeated(const struct opendkimtable *table, const struct opendkimtable_entry *entry)
{
    for (const struct opendkimtable_entry *before = table->entries; before < entry; before++) {
        if (strcasecmp(before->key, entry->key) == 0)
            return true;
    }
    return false;
}

const struct opendkimtable_entry *opendkimtable_next(const struct opendkimtable *table, const char *domain, size_t *at,
                                                     enum opendkimtable_senders *senders_r)
{
    bool is_patterns = table->kind == OPENDKIMTABLE_PATTERNS, has_user, has_dot;
    const char *host = domain;

    for (; table->count > 0; ++*at) {
        const struct opendkimtable_entry *entry = &table->entries[*at % table->count];
        if (is_patterns) {
            if (*at >= table->count)
                break;
            *senders_r = pattern_senders(entry->key, domain);
        } else {
            host = asked_for(domain, *at / table->count, &has_user, &has_dot);
            if (host == NULL)
                break;
            *senders_r = !is_for(entry->key, host, has_user, has_dot) ? OPENDKIMTABLE_NOBODY
                         : has_user ? OPENDKIMTABLE_SOME : OPENDKIMTABLE_ALL;
        }
        if (*senders_r != OPENDKIMTABLE_NOBODY && (is_patterns || !is_repeated(table, entry))) {
            ++*at;
            return entry;
        }
    }
    return NULL;
}
