/*
 * The milters that Postfix asks, and which of them is ours; see milterlist.h.
 * Addresses are unix:PATH and inet:HOST:PORT (MILTER_README), ours local:PATH and inet:PORT@HOST.
 */
#include "config.h"

#include "lib/audit/milterlist.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/postconf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool has_prefix(const char *s, const char *prefix)
{
    return strncasecmp(s, prefix, strlen(prefix)) == 0;
}

/* What stands behind the first of these prefixes that is there, or NULL. */
static const char *after_any(const char *s, const char *const *prefixes)
{
    for (; *prefixes != NULL; prefixes++) {
        if (has_prefix(s, *prefixes))
            return s + strlen(*prefixes);
    }
    return NULL;
}

static const char *unix_path(const char *address)
{
    return after_any(address, (const char *const[]){ "unix:", "local:", NULL });
}

static const char *inet_part(const char *address)
{
    return after_any(address, (const char *const[]){ "inet:", "inet6:", NULL });
}

/* Without double slashes. */
static void add_path(struct str *s, const char *path)
{
    for (; *path != '\0'; path++) {
        if (*path != '/' || s->len == 0 || s->data[s->len - 1] != '/')
            str_addc(s, *path);
    }
}

/* One form for paths, below a directory or with "" as they are: /var/run is /run. */
static char *plain_path(const char *directory, const char *path)
{
    struct str s = STR_EMPTY;

    add_path(&s, directory);
    if (directory[0] != '\0')
        add_path(&s, "/");
    add_path(&s, path);
    char *plain = str_steal(&s);
    if (has_prefix(plain, "/var/run/"))
        memmove(plain, plain + strlen("/var"), strlen(plain + strlen("/var")) + 1);
    return plain;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static enum milter_kind compare_paths(const char *path, const char *ours, const struct milter_place *place)
{
    char *wanted = plain_path("", ours), *inside = plain_path(place->queue_directory, path);
    char *outside = plain_path("", path);
    bool is_absolute = path[0] == '/';
    enum milter_kind kind = MILTER_OTHER;

    if (strcmp(is_absolute && !place->is_chrooted ? outside : inside, wanted) == 0)
        kind = MILTER_OURS;
    else if (is_absolute && strcmp(place->is_chrooted ? outside : inside, wanted) == 0)
        kind = MILTER_UNREACHABLE;
    else if (strcmp(file_name(path), file_name(ours)) == 0)
        kind = MILTER_MAYBE_OURS;
    free(wanted);
    free(inside);
    free(outside);
    return kind;
}

/* A host's name without brackets; the names of this machine's own loopback are one. */
static char *plain_host(const char *host, size_t len)
{
    static const char *const loopback[] = { "localhost", "127.0.0.1", "::1", "localhost.localdomain" };

    if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    char *plain = xstrndup(host, len);
    ascii_lower(plain);
    for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++) {
        if (strcmp(plain, loopback[i]) == 0) {
            free(plain);
            return xstrdup("localhost");
        }
    }
    return plain;
}

static bool is_any_host(const char *host)
{
    return host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 || strcmp(host, "*") == 0;
}

/* theirs: "HOST:PORT"; ours: "PORT" or "PORT@HOST". */
static enum milter_kind compare_ports(const char *theirs, const char *ours)
{
    const char *colon = strrchr(theirs, ':'), *at = strchr(ours, '@');
    size_t port_len = at == NULL ? strlen(ours) : (size_t)(at - ours);

    if (colon == NULL || strlen(colon + 1) != port_len || strncmp(colon + 1, ours, port_len) != 0)
        return MILTER_OTHER;
    char *host = plain_host(theirs, (size_t)(colon - theirs));
    char *own = at == NULL ? xstrdup("") : plain_host(at + 1, strlen(at + 1));
    bool is_same = strcmp(host, own) == 0 || (is_any_host(own) && strcmp(host, "localhost") == 0);
    free(host);
    free(own);
    return is_same ? MILTER_OURS : MILTER_MAYBE_OURS;
}

static enum milter_kind kind_of(const char *address, const struct milter_place *place)
{
    const char *path = unix_path(address), *inet = inet_part(address);
    const char *our_path = unix_path(place->socket), *our_inet = inet_part(place->socket);

    if (path != NULL && our_path != NULL)
        return compare_paths(path, our_path, place);
    if (inet != NULL && our_inet != NULL)
        return compare_ports(inet, our_inet);
    return MILTER_OTHER;
}

/* "inet:localhost:8891" or "inet:localhost:8891, default_action=accept, ..." */
static void add_milter(struct milterlist *list, const char *word, const struct milter_place *place)
{
    struct postconf_words words = { word };
    char *address = postconf_next_word(&words), *option;

    if (address == NULL)
        return;
    list->items = xgrow(list->items, list->count, &list->capacity, sizeof(*list->items));
    struct milter *milter = &list->items[list->count++];
    *milter = (struct milter){ .address = address, .kind = kind_of(address, place) };
    while ((option = postconf_next_word(&words)) != NULL) {
        const char *value = after_any(option, (const char *const[]){ "default_action=", NULL });
        if (value != NULL) {
            free(milter->default_action);
            milter->default_action = xstrdup(value);
        }
        free(option);
    }
}

void milterlist_parse(const char *value, const struct milter_place *place, struct milterlist *list_r)
{
    struct postconf_words words = { value };
    char *word;

    *list_r = (struct milterlist){ .items = NULL };
    while (list_r->count < MILTERLIST_MAX && (word = postconf_next_word(&words)) != NULL) {
        add_milter(list_r, word, place);
        free(word);
    }
}

void milterlist_clear(struct milterlist *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].address);
        free(list->items[i].default_action);
    }
    free(list->items);
    *list = (struct milterlist){ .items = NULL };
}

long milterlist_last(const struct milterlist *list, enum milter_kind kind)
{
    for (size_t i = list->count; i > 0; i--) {
        if (list->items[i - 1].kind == kind)
            return (long)i - 1;
    }
    return -1;
}

bool milter_is_signer(const struct milter *milter)
{
    static const char *const marks[] = { "dkim", "rspamd", ":8891", ":11332", "signer" };

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (strstr(milter->address, marks[i]) != NULL)
            return true;
    }
    return false;
}
