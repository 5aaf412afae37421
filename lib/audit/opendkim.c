/*
 * What OpenDKIM is set to sign; see opendkim.h.
 *
 * As OpenDKIM 2.11 does it: a line is a name, in either case, and a value; # begins a comment; of a name that stands
 * twice the last counts.  With a KeyTable, Domain, Selector and KeyFile do not count.
 */
#include "config.h"

#include "lib/audit/opendkim.h"
#include "lib/audit/opendkimtable.h"
#include "lib/audit/signingkey.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/span.h"
#include "lib/base/str.h"
#include "lib/base/wholefile.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONF_BYTES_MAX (1024 * 1024)
#define TABLE_BYTES_MAX (32 * 1024 * 1024)
#define INCLUDES_MAX 5          /* one in another */
#define SHOWN_MAX 100           /* bytes of an entry that a detail repeats */

struct opendkim {
    char *mode, *base, *root, *user;
    char *key_table, *signing_table, *domain, *selector, *key_file, *script;    /* NULL: not set */
    bool is_safe, signs_all, has_subdomains;
    struct opendkimtable keys, signers, domains;
    char problem[OPENDKIM_DETAIL_MAX];  /* why the tables are not known; "" else */
    char refusal[OPENDKIM_DETAIL_MAX];  /* why OpenDKIM does not start with them; "" else */
};

const char *opendkim_scope_name(enum opendkim_scope scope)
{
    static const char *const names[] = { "", "unknown", "none", "some", "all" };

    assert(scope <= OPENDKIM_ALL);
    return names[scope];
}

/* What a table names may be told, but for a private key that stands in the wrong column. */
static const char *shown(const char *name)
{
    struct signingkey *key = signingkey_of(name);
    bool is_key = key->public_half != NULL;

    signingkey_free(&key);
    return is_key ? "(a private key)" : name;
}

/* --- its configuration --------------------------------------------------------------------------- */

static const struct { const char *name; size_t offset; bool is_switch; } settings[] = {
    { "Mode", offsetof(struct opendkim, mode), false },
    { "BaseDirectory", offsetof(struct opendkim, base), false },
    { "ChangeRootDirectory", offsetof(struct opendkim, root), false },
    { "UserID", offsetof(struct opendkim, user), false },
    { "KeyTable", offsetof(struct opendkim, key_table), false },
    { "SigningTable", offsetof(struct opendkim, signing_table), false },
    { "Domain", offsetof(struct opendkim, domain), false },
    { "Selector", offsetof(struct opendkim, selector), false },
    { "KeyFile", offsetof(struct opendkim, key_file), false },
    { "SetupPolicyScript", offsetof(struct opendkim, script), false },
    { "RequireSafeKeys", offsetof(struct opendkim, is_safe), true },
    { "MultipleSignatures", offsetof(struct opendkim, signs_all), true },
    { "SubDomains", offsetof(struct opendkim, has_subdomains), true },
};

/* A list of keys may stand in the configuration itself. */
static void forget(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

static void set(struct opendkim *opendkim, const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        char *field = (char *)opendkim + settings[i].offset;
        if (strcasecmp(settings[i].name, name) != 0)
            continue;
        if (settings[i].is_switch) {
            *(bool *)field = *value != '\0' && strchr("TtYy1", *value) != NULL;
        } else {
            forget(*(char **)field);
            *(char **)field = xstrdup(value);
        }
    }
}

static int read_conf(struct opendkim *opendkim, const char *path, int depth, struct err *err);

static int read_line(struct opendkim *opendkim, struct span line, int depth, struct err *err)
{
    struct span before;
    char name[64];
    size_t len = 0;

    if (span_cut(&line, '#', &before))
        line = before;
    if (span_cut(&line, '\r', &before))
        line = before;
    line = span_trim(line);
    while (len < line.len && line.at[len] != ' ' && line.at[len] != '\t')
        len++;
    span_copy((struct span){ line.at, len }, name, sizeof(name));
    struct span rest = span_trim((struct span){ line.at + len, line.len - len });
    char *value = xstrndup(rest.len == 0 ? "" : rest.at, rest.len);
    int rc = 0;
    if (strcasecmp(name, "Include") == 0)
        rc = read_conf(opendkim, value, depth + 1, err);
    else if (*value != '\0')
        set(opendkim, name, value);
    forget(value);
    return rc;
}

static int read_conf(struct opendkim *opendkim, const char *path, int depth, struct err *err)
{
    size_t len;
    int rc = 0;

    if (depth > INCLUDES_MAX)
        return err_set(err, "'%s' is included too deep", path);
    char *text = wholefile_read(path, CONF_BYTES_MAX, &len, NULL, err);
    if (text == NULL)
        return -1;
    struct span rest = { text, strlen(text) }, line;
    while (rc == 0 && span_cut(&rest, '\n', &line))
        rc = read_line(opendkim, line, depth, err);
    if (rc == 0)
        rc = read_line(opendkim, rest, depth, err);
    explicit_bzero(text, len);
    free(text);
    return rc;
}

/* As OpenDKIM sees the path, which starts in / where it is told nothing else. */
static char *find_path(const struct opendkim *opendkim, const char *path)
{
    const char *root = opendkim->root == NULL ? "" : opendkim->root;

    if (*path == '/')
        return xasprintf("%s%s", root, path);
    return xasprintf("%s%s/%s", root, opendkim->base == NULL ? "" : opendkim->base, path);
}

static void read_table(struct opendkim *opendkim, const char *name, const char *spec, struct opendkimtable *table)
{
    const char *rest;
    enum opendkimtable_kind kind = opendkimtable_kind(spec, &rest);
    struct err err = { "" };
    size_t len;

    if (kind == OPENDKIMTABLE_LIST) {
        opendkimtable_parse(kind, rest, table);
        return;
    }
    if (kind == OPENDKIMTABLE_OTHER) {
        snprintf(opendkim->problem, sizeof(opendkim->problem), "%s is of a kind that is not read here (%.*s)", name,
                 (int)strcspn(spec, ":"), spec);
        return;
    }
    char *path = find_path(opendkim, rest);
    char *text = wholefile_read(path, TABLE_BYTES_MAX, &len, NULL, &err);
    if (text == NULL) {
        snprintf(opendkim->problem, sizeof(opendkim->problem), "%s: %s", name, err.text);
    } else {
        opendkimtable_parse(kind, text, table);
        explicit_bzero(text, len);
    }
    if (table->is_cut)
        snprintf(opendkim->problem, sizeof(opendkim->problem), "%s has more than %d entries", name,
                 OPENDKIMTABLE_ENTRIES_MAX);
    free(text);
    free(path);
}

static bool has_three_fields(const char *value)
{
    const char *colon = strchr(value, ':'), *second = colon == NULL ? NULL : strchr(colon + 1, ':');

    return second != NULL && second[1] != '\0';
}

/*
 * Before it starts, OpenDKIM looks up the keys that a table of names has, but only up to the first entry that is a key
 * alone: one with a signer, or with nothing, is looked up.  What it finds may be empty.
 */
static void check_start(struct opendkim *opendkim)
{
    for (size_t i = 0; i < opendkim->signers.count && opendkim->signers.kind != OPENDKIMTABLE_PATTERNS; i++) {
        const char *value = opendkim->signers.entries[i].value, *colon = strchr(value, ':');
        if (*value != '\0' && (colon == NULL || colon[1] == '\0'))
            return;
        char *name = xstrndup(value, strcspn(value, ":"));
        const char *key = opendkimtable_get(&opendkim->keys, name);
        bool is_known = key != NULL && (*key == '\0' || has_three_fields(key));
        if (!is_known)
            snprintf(opendkim->refusal, sizeof(opendkim->refusal), "it does not start, since SigningTable names the "
                     "key '%.*s', which KeyTable does not have", SHOWN_MAX, shown(name));
        free(name);
        if (!is_known)
            return;
    }
}

struct opendkim *opendkim_read(const char *path, struct err *err)
{
    struct opendkim *opendkim = xcalloc(1, sizeof(*opendkim));

    opendkim->is_safe = true;
    if (read_conf(opendkim, path, 0, err) < 0) {
        opendkim_free(&opendkim);
        return NULL;
    }
    if (opendkim->key_table == NULL && opendkim->signing_table != NULL) {
        snprintf(opendkim->problem, sizeof(opendkim->problem), "it has a SigningTable but no KeyTable");
        return opendkim;
    }
    if (opendkim->key_table == NULL) {
        if (opendkim->domain != NULL)
            read_table(opendkim, "Domain", opendkim->domain, &opendkim->domains);
        return opendkim;
    }
    read_table(opendkim, "KeyTable", opendkim->key_table, &opendkim->keys);
    if (opendkim->signing_table != NULL)
        read_table(opendkim, "SigningTable", opendkim->signing_table, &opendkim->signers);
    else
        snprintf(opendkim->problem, sizeof(opendkim->problem), "%s", opendkim->script != NULL ?
                 "a SetupPolicyScript decides what is signed" : "it has a KeyTable but no SigningTable");
    if (opendkim->problem[0] == '\0')
        check_start(opendkim);
    return opendkim;
}

void opendkim_free(struct opendkim **opendkim)
{
    if (*opendkim == NULL)
        return;
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (!settings[i].is_switch)
            forget(*(char **)((char *)*opendkim + settings[i].offset));
    }
    opendkimtable_clear(&(*opendkim)->keys);
    opendkimtable_clear(&(*opendkim)->signers);
    opendkimtable_clear(&(*opendkim)->domains);
    free(*opendkim);
    *opendkim = NULL;
}

/* --- what becomes of a domain's mail --------------------------------------------------------------- */

struct search {
    const struct opendkim *opendkim;
    const char *domain;
    bool with_keys;
    struct selectors *selectors;
    struct opendkim_signing *signing;
};

static void say(struct search *search, const char *before, const char *what, const char *after)
{
    snprintf(search->signing->detail, sizeof(search->signing->detail), "%s%.*s%s", before, SHOWN_MAX, what, after);
}

/* UserID is "user" or "user:group". */
static struct signingkey *read_key(const struct opendkim *opendkim, const char *path)
{
    struct signingkey *key = signingkey_read(path);
    char user[64] = "";

    if (opendkim->user != NULL)
        snprintf(user, sizeof(user), "%.*s", (int)strcspn(opendkim->user, ":"), opendkim->user);
    if (opendkim->is_safe)
        signingkey_check_exposure(key, user);
    return key;
}

/* In a path each % is the signing domain. */
static char *fill_path(const struct opendkim *opendkim, const char *path, const char *domain)
{
    struct str filled = STR_EMPTY;

    for (; *path != '\0'; path++) {
        if (*path == '%')
            str_add(&filled, domain);
        else
            str_addc(&filled, *path);
    }
    char *found = find_path(opendkim, str_get(&filled));
    str_clear(&filled);
    return found;
}

static bool is_path(const char *text)
{
    return *text == '/' || strncmp(text, "./", 2) == 0 || strncmp(text, "../", 3) == 0;
}

static struct signingkey *find_key(const struct search *search, const char *text, const char *domain, bool is_file)
{
    if (!search->with_keys)
        return NULL;
    if (!is_file && !is_path(text))
        return signingkey_of(text);
    char *path = is_file ? find_path(search->opendkim, text) : fill_path(search->opendkim, text, domain);
    struct signingkey *key = read_key(search->opendkim, path);
    free(path);
    return key;
}

static bool add(struct search *search, const char *selector, const char *domain, const char *key, bool is_file)
{
    char name[DOMAIN_MAX], owner[DOMAIN_MAX];

    if (domain_normalize(selector, name) < 0 || domain_normalize(domain, owner) < 0)
        return false;
    struct selector *added = selectors_add(search->selectors, name, owner, SELECTOR_OPENDKIM);
    if (added != NULL && added->key == NULL)
        added->key = find_key(search, key, owner, is_file);
    return true;
}

/* "domain:selector:key"; what is behind the second colon is the key. */
static bool take_entry(struct search *search, const char *name)
{
    const char *value = opendkimtable_get(&search->opendkim->keys, name);

    if (value == NULL) {
        say(search, "SigningTable names the key '", shown(name),
            "', which KeyTable does not have: such mail is deferred");
        return false;
    }
    if (!has_three_fields(value)) {
        say(search, "the entry '", shown(name), "' of KeyTable is not of the form domain:selector:key");
        return false;
    }
    const char *colon = strchr(value, ':'), *second = strchr(colon + 1, ':');
    char *domain = xstrndup(value, (size_t)(colon - value));
    char *selector = xstrndup(colon + 1, (size_t)(second - colon - 1));
    bool is_good = add(search, selector, strcmp(domain, "%") == 0 ? search->domain : domain, second + 1, false);
    if (!is_good)
        say(search, "the entry '", shown(name), "' of KeyTable has a domain or selector that is no name");
    free(domain);
    free(selector);
    return is_good;
}

/* A * means nothing in a table that is no refile:, where many look for it. */
static bool has_unread_pattern(struct search *search)
{
    struct opendkimtable patterns = search->opendkim->signers;
    enum opendkimtable_senders senders;
    size_t at = 0;

    patterns.kind = OPENDKIMTABLE_PATTERNS;
    const struct opendkimtable_entry *entry = opendkimtable_next(&patterns, search->domain, &at, &senders);
    if (entry == NULL || strchr(entry->key, '*') == NULL)
        return false;
    say(search, "the pattern '", entry->key, "' counts only where SigningTable is a refile:");
    return true;
}

/*
 * Entries for some senders count as long as one for all does not come before them.  One whose key is missing has the
 * mail deferred, whatever other signatures it would get.
 */
static void find_by_tables(struct search *search)
{
    const struct opendkim *opendkim = search->opendkim;
    const struct opendkimtable_entry *entry, *some = NULL;
    enum opendkimtable_senders senders;
    bool is_met = false, is_all = false, is_deferred = false;
    size_t at = 0;

    while ((entry = opendkimtable_next(&opendkim->signers, search->domain, &at, &senders)) != NULL) {
        char *name = xstrndup(entry->value, strcspn(entry->value, ":"));
        bool is_signed = take_entry(search, strcmp(name, "%") == 0 ? search->domain : name);
        free(name);
        is_met = true;
        some = is_signed && senders == OPENDKIMTABLE_SOME ? entry : some;
        is_all = is_all || (is_signed && senders == OPENDKIMTABLE_ALL);
        is_deferred = is_deferred || (!is_signed && senders == OPENDKIMTABLE_ALL);
        search->signing->is_broken = search->signing->is_broken || !is_signed;
        if (senders == OPENDKIMTABLE_ALL && !opendkim->signs_all)
            break;
    }
    is_all = is_all && !is_deferred;
    search->signing->scope = is_all ? OPENDKIM_ALL : some != NULL && !(opendkim->signs_all && is_deferred)
                             ? OPENDKIM_SOME : OPENDKIM_NONE;
    if (some != NULL && !is_all && search->signing->detail[0] == '\0')
        say(search, "only for '", some->key, "' and what else SigningTable names");
    if (!is_met && (opendkim->signers.kind == OPENDKIMTABLE_PATTERNS || !has_unread_pattern(search)))
        say(search, "", "no entry of SigningTable is for it", "");
}

/* The domain itself, "*", or with SubDomains the nearest above it. */
static const char *find_listed(const struct search *search)
{
    const struct opendkimtable *domains = &search->opendkim->domains;

    for (const char *name = search->domain; name != NULL; name = strchr(name, '.')) {
        name += *name == '.';
        if (domains->kind == OPENDKIMTABLE_PATTERNS && opendkimtable_get(domains, name) != NULL)
            return name;
        for (size_t i = 0; i < domains->count; i++) {
            const char *key = domains->entries[i].key;
            if (strcasecmp(key, name) == 0 || (name == search->domain && strcmp(key, "*") == 0))
                return name;
        }
        if (!search->opendkim->has_subdomains)
            break;
    }
    return NULL;
}

static void find_by_domain(struct search *search)
{
    const struct opendkim *opendkim = search->opendkim;

    search->signing->scope = OPENDKIM_NONE;
    if (opendkim->domain == NULL || opendkim->selector == NULL || opendkim->key_file == NULL) {
        say(search, "", "it has neither KeyTable and SigningTable nor Domain, Selector and KeyFile", "");
        return;
    }
    const char *listed = find_listed(search);
    if (listed == NULL)
        say(search, "", "Domain does not have it", "");
    else if (!add(search, opendkim->selector, listed, opendkim->key_file, true))
        say(search, "the selector '", opendkim->selector, "' is no name");
    else
        search->signing->scope = OPENDKIM_ALL;
}

void opendkim_find(const struct opendkim *opendkim, const char *domain, bool with_keys, struct selectors *selectors,
                   struct opendkim_signing *signing_r)
{
    struct search search = { opendkim, domain, with_keys, selectors, signing_r };

    *signing_r = (struct opendkim_signing){ .scope = OPENDKIM_UNKNOWN };
    if (opendkim->problem[0] != '\0') {
        snprintf(signing_r->detail, sizeof(signing_r->detail), "%s", opendkim->problem);
    } else if (opendkim->refusal[0] != '\0') {
        signing_r->scope = OPENDKIM_NONE;
        snprintf(signing_r->detail, sizeof(signing_r->detail), "%s", opendkim->refusal);
    } else if (opendkim->mode != NULL && strchr(opendkim->mode, 's') == NULL) {
        signing_r->scope = OPENDKIM_NONE;
        say(&search, "its Mode '", opendkim->mode, "' does not sign");
    } else if (opendkim->key_table != NULL) {
        find_by_tables(&search);
    } else {
        find_by_domain(&search);
    }
}
