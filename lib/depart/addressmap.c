/*
 * Addresses rewritten by tables; see addressmap.h.
 */
#include "config.h"

#include "lib/depart/addressmap.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/fieldaddress.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- tables ---------------------------------------------------------------------------------- */

static bool has_type(const char *table, const char *type)
{
    size_t len = strlen(type);

    return strncmp(table, type, len) == 0 && table[len] == ':';
}

/* One that matches patterns with the whole address; so does one that is made of such a one. */
static bool is_pattern_table(const char *table)
{
    static const char *const types[] = { "regexp", "pcre", "cidr", "tcp", "randmap" };

    if (has_type(table, "proxy"))
        table += strlen("proxy:");
    bool is_made_of_others = has_type(table, "pipemap") || has_type(table, "unionmap");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        char *inner = xasprintf("%s:", types[i]);
        bool is_inside = is_made_of_others && strstr(table, inner) != NULL;
        free(inner);
        if (is_inside || has_type(table, types[i]))
            return true;
    }
    return false;
}

void addressmap_init(struct addressmap *map, const struct relay_facts *facts, const struct conf_strings *tables,
                     bool propagates)
{
    *map = (struct addressmap){ .facts = facts, .tables = tables, .propagates = propagates };
    map->keyed.items = xcalloc(tables->count + 1, sizeof(*map->keyed.items));
    for (size_t i = 0; i < tables->count; i++) {
        if (!is_pattern_table(tables->items[i]))
            map->keyed.items[map->keyed.count++] = tables->items[i];
    }
}

void addressmap_clear(struct addressmap *map)
{
    free(map->keyed.items);
    *map = (struct addressmap){ .facts = NULL };
}

/* --- the keys of an address -------------------------------------------------------------------- */

enum key {
    KEY_WHOLE,          /* user+extension@domain */
    KEY_UNQUOTED,       /* the same without quotes, where they are needed */
    KEY_BARE,           /* user@domain */
    KEY_LOCAL_WHOLE,    /* user+extension */
    KEY_LOCAL_BARE,     /* user */
    KEY_DOMAIN,         /* @domain */
    KEYS
};

struct lookup {
    char *address;              /* with a domain: Postfix adds its own before it asks */
    size_t local;               /* bytes before the last "@", or all */
    size_t bare;                /* of them before the extension */
    bool is_uncertain;          /* whether the domain is local is not known */
    size_t at[KEYS];            /* of each key its place among all, or NONE */
};

#define NONE ((size_t)-1)

struct keys {
    struct postmap_key *items;
    size_t count, capacity;
};

static size_t add_key(struct keys *keys, char *text)
{
    keys->items = xgrow(keys->items, keys->count, &keys->capacity, sizeof(*keys->items));
    keys->items[keys->count] = (struct postmap_key){ .text = text };
    return keys->count++;
}

static void clear_keys(struct keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        free(keys->items[i].text);
        free(keys->items[i].value);
    }
    free(keys->items);
}

/* Names that Postfix never takes apart. */
static bool is_reserved(const char *local, size_t len)
{
    static const char *const names[] = { "mailer-daemon", "double-bounce", "postmaster" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i]) == len && strncasecmp(local, names[i], len) == 0)
            return true;
    }
    return false;
}

static bool is_owner(const char *local, size_t len)
{
    return (len >= 6 && strncasecmp(local, "owner-", 6) == 0) ||
           (len >= 8 && strncasecmp(local + len - 8, "-request", 8) == 0);
}

/* Bytes of the local part before its extension; all where it has none. */
static size_t find_extension(const struct relay_facts *facts, const char *address, size_t local)
{
    if (facts->delimiters[0] == '\0' || is_reserved(address, local))
        return local;
    for (size_t i = 1; i < local; i++) {
        if (strchr(facts->delimiters, address[i]) != NULL)
            return address[i] == '-' && is_owner(address, local) ? local : i;
    }
    return local;
}

static bool is_local(const struct relay_facts *facts, const char *domain)
{
    if (strcasecmp(domain, facts->origin) == 0)
        return true;
    for (size_t i = 0; i < facts->local_domains.count; i++) {
        if (strcasecmp(domain, facts->local_domains.items[i]) == 0)
            return true;
    }
    for (size_t i = 0; domain[0] == '[' && i < facts->local_addresses.count; i++) {
        const char *address = facts->local_addresses.items[i];
        const char *literal = strncasecmp(domain, "[IPv6:", 6) == 0 ? domain + 6 : domain + 1;
        size_t len = strlen(address);
        if (strncasecmp(literal, address, len) == 0 && strcmp(literal + len, "]") == 0)
            return true;
    }
    return false;
}

/* Without the quotes of a quoted local part; NULL where there are none. */
static char *unquoted(const char *address, size_t local)
{
    struct str text = STR_EMPTY;

    if (local < 2 || address[0] != '"' || address[local - 1] != '"')
        return NULL;
    for (size_t i = 1; i + 1 < local; i++) {
        i += address[i] == '\\' && i + 2 < local;
        str_addc(&text, address[i]);
    }
    str_add(&text, address + local);
    return str_steal(&text);
}

static void plan(const struct addressmap *map, const char *address, struct lookup *lookup_r, struct keys *whole,
                 struct keys *parts)
{
    bool is_qualified = strrchr(address, '@') != NULL || !map->facts->appends_origin;
    char *copy = is_qualified ? xstrdup(address) : xasprintf("%s@%s", address, map->facts->origin);
    const char *at = strrchr(copy, '@');
    size_t local = at == NULL ? strlen(copy) : (size_t)(at - copy);
    char *plain = unquoted(copy, local);

    *lookup_r = (struct lookup){ .address = copy, .local = local, .bare = find_extension(map->facts, copy, local) };
    address = copy;
    for (int i = 0; i < KEYS; i++)
        lookup_r->at[i] = NONE;
    lookup_r->at[KEY_WHOLE] = add_key(whole, xstrdup(address));
    if (plain != NULL)
        lookup_r->at[KEY_UNQUOTED] = add_key(whole, plain);
    if (map->keyed.count == 0)
        return;
    bool has_extension = lookup_r->bare < local;
    if (has_extension)
        lookup_r->at[KEY_BARE] = add_key(parts, xasprintf("%.*s%s", (int)lookup_r->bare, address, address + local));
    if (at == NULL)
        return;
    bool is_ours = is_local(map->facts, at + 1);
    lookup_r->is_uncertain = !is_ours && map->facts->has_local_tables;
    if (is_ours || lookup_r->is_uncertain) {
        lookup_r->at[KEY_LOCAL_WHOLE] = add_key(parts, xstrndup(address, local));
        if (has_extension)
            lookup_r->at[KEY_LOCAL_BARE] = add_key(parts, xstrndup(address, lookup_r->bare));
    }
    lookup_r->at[KEY_DOMAIN] = add_key(parts, xstrdup(at));
}

/* --- the value ----------------------------------------------------------------------------------- */

/* The first address of a value, with the domains that Postfix adds; NULL where there is none. */
static char *read_value(const struct relay_facts *facts, const char *value)
{
    struct fieldaddresses list;
    struct str text = STR_EMPTY;

    fieldaddress_find(value, &list);
    if (list.count > 0) {
        const char *address = list.items[0].text, *route_end = strchr(address, ':');
        str_add(&text, address[0] == '@' && route_end != NULL ? route_end + 1 : address);
        const char *at = strrchr(str_get(&text), '@');
        if (at == NULL && facts->appends_origin)
            str_addf(&text, "@%s", facts->origin);
        at = strrchr(str_get(&text), '@');
        if (at != NULL && facts->appends_domain && facts->domain[0] != '\0' && strpbrk(at, ".[") == NULL)
            str_addf(&text, ".%s", facts->domain);
    }
    fieldaddress_clear(&list);
    return text.len == 0 ? NULL : str_steal(&text);
}

/* What the address becomes by the value that a key has.  NULL where that is no address. */
static char *apply(const struct addressmap *map, const struct lookup *lookup, enum key key, const char *value)
{
    bool is_unmatched = key == KEY_BARE || key == KEY_LOCAL_BARE;
    const char *extension = lookup->address + lookup->bare;
    size_t extension_len = is_unmatched ? lookup->local - lookup->bare : 0;
    struct str text = STR_EMPTY;

    if (value[0] == '@')
        str_addn(&text, lookup->address, lookup->local - extension_len);
    str_add(&text, value);
    char *address = read_value(map->facts, str_get(&text));
    str_clear(&text);
    if (address == NULL || !map->propagates || extension_len == 0)
        return address;
    const char *at = strrchr(address, '@');
    size_t local = at == NULL ? strlen(address) : (size_t)(at - address);
    char *extended = xasprintf("%.*s%.*s%s", (int)local, address, (int)extension_len, extension, address + local);
    free(address);
    return extended;
}

static int choose(const struct addressmap *map, const struct lookup *lookup, const struct keys *whole,
                  const struct keys *parts, char **result_r, struct err *err)
{
    for (enum key key = 0; key < KEYS; key++) {
        const struct keys *keys = key <= KEY_UNQUOTED ? whole : parts;
        if (lookup->at[key] == NONE || keys->items[lookup->at[key]].value == NULL)
            continue;
        const char *value = keys->items[lookup->at[key]].value;
        if (lookup->is_uncertain && (key == KEY_LOCAL_WHOLE || key == KEY_LOCAL_BARE)) {
            return err_set(err, "whether the domain of %s is local is in tables of mydestination, and a table has its "
                           "user", lookup->address);
        }
        *result_r = apply(map, lookup, key, value);
        return *result_r != NULL ? 0 : err_set(err, "the value of %s is no address", keys->items[lookup->at[key]].text);
    }
    return 0;
}

/* No table has such an address as a key, but a pattern may be about it. */
static int require_keys(const struct addressmap *map, const struct keys *whole, struct err *err)
{
    bool has_patterns = map->keyed.count < map->tables->count;

    for (size_t i = 0; has_patterns && i < whole->count; i++) {
        const char *text = whole->items[i].text;
        if (text[0] != '\0' && !postmap_is_key(text))
            return err_set(err, "an address that postmap cannot be asked about");
    }
    return 0;
}

int addressmap_find(const struct addressmap *map, struct postmap *postmap, const char *const *addresses, size_t n,
                    char **result_r, int64_t deadline_ms, struct err *err)
{
    struct lookup *lookups = xcalloc(n + 1, sizeof(*lookups));
    struct keys whole = { .items = NULL }, parts = { .items = NULL };
    int rc = 0;

    memset(result_r, 0, n * sizeof(*result_r));
    for (size_t i = 0; i < n; i++)
        plan(map, addresses[i], &lookups[i], &whole, &parts);
    if (require_keys(map, &whole, err) < 0) {
        rc = -1;
    } else if (map->keyed.count == map->tables->count) {        /* one process for all */
        size_t first = whole.count;
        for (size_t i = 0; i < parts.count; i++)
            (void)add_key(&whole, xstrdup(parts.items[i].text));
        rc = postmap_find(postmap, map->tables, whole.items, whole.count, deadline_ms, err);
        for (size_t i = 0; i < parts.count; i++) {
            parts.items[i].value = whole.items[first + i].value;
            whole.items[first + i].value = NULL;
        }
    } else {
        rc = postmap_find(postmap, map->tables, whole.items, whole.count, deadline_ms, err);
        if (rc == 0 && parts.count > 0)
            rc = postmap_find(postmap, &map->keyed, parts.items, parts.count, deadline_ms, err);
    }
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = choose(map, &lookups[i], &whole, &parts, &result_r[i], err);
    for (size_t i = 0; i < n && rc < 0; i++) {
        free(result_r[i]);
        result_r[i] = NULL;
    }
    for (size_t i = 0; i < n; i++)
        free(lookups[i].address);
    clear_keys(&whole);
    clear_keys(&parts);
    free(lookups);
    return rc;
}

/* --- masquerade_domains ---------------------------------------------------------------------------- */

static bool has_name(const struct conf_strings *list, const char *name, size_t len)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strlen(list->items[i]) == len && strncasecmp(list->items[i], name, len) == 0)
            return true;
    }
    return false;
}

/* The first listed domain that the address's is or is below decides. */
char *addressmap_masquerade(const struct relay_facts *facts, const char *address)
{
    const char *at = strrchr(address, '@');

    if (at == NULL || has_name(&facts->masquerade_exceptions, address, (size_t)(at - address)))
        return NULL;
    for (size_t i = 0; i < facts->masquerade_domains.count; i++) {
        const char *parent = facts->masquerade_domains.items[i];
        bool is_kept = parent[0] == '!';
        size_t len = strlen(parent += is_kept), own = strlen(at + 1);
        const char *tail = own >= len ? at + 1 + own - len : NULL;
        if (tail == NULL || strcasecmp(tail, parent) != 0 || (own > len && tail[-1] != '.'))
            continue;
        if (is_kept || own == len)
            return NULL;
        return xasprintf("%.*s@%s", (int)(at - address), address, parent);
    }
    return NULL;
}
