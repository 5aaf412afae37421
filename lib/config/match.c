/*
 * Domains and addresses against the lists of a configuration; see conf_has_domain and conf_has_address in conf.h.
 */
#include "config.h"

#include "lib/base/domain.h"
#include "lib/base/str.h"
#include "lib/config/conf.h"

#include <string.h>
#include <strings.h>

bool conf_has_string(const struct conf_strings *list, const char *text)
{
    for (size_t i = 0; text != NULL && i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0)
            return true;
    }
    return false;
}

/* entry: "example.com" for itself, ".example.com" for every name below. */
static bool is_domain_match(const char *entry, const char *name)
{
    if (*entry != '.')
        return strcmp(entry, name) == 0;
    return domain_is_under(name, entry + 1) && strcmp(name, entry + 1) != 0;
}

const struct conf_domain *conf_find_domain(const struct conf *conf, const char *author_domain)
{
    const struct conf_domain *best = NULL;
    char name[DOMAIN_MAX];

    if (author_domain == NULL || domain_normalize(author_domain, name) < 0)
        return NULL;
    /* The name itself goes before any suffix of it: it is longer. */
    for (size_t i = 0; i < conf->n_domains; i++) {
        const struct conf_domain *section = &conf->domains[i];
        if (is_domain_match(section->name, name) && (best == NULL || strlen(section->name) > strlen(best->name)))
            best = section;
    }
    return best;
}

bool conf_has_domain(const struct conf_strings *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (is_domain_match(list->items[i], name))
            return true;
    }
    return false;
}

/* pattern: as syntax_pattern stores it; the address's domain is apart, normalized. */
static bool is_address_match(const char *pattern, const char *address, size_t local_len, const char *domain)
{
    const char *at = strrchr(pattern, '@');

    if (at == NULL || !is_domain_match(at + 1, domain))
        return false;
    size_t len = (size_t)(at - pattern);
    return len == 0 || (len == local_len && strncasecmp(pattern, address, len) == 0);
}

bool conf_has_address(const struct conf_strings *list, const char *address)
{
    char domain[DOMAIN_MAX] = "";
    const char *text = address_domain(address);
    size_t local_len = text == NULL ? 0 : (size_t)(text - 1 - address);
    bool is_null = *address == '\0';

    if (!is_null && (text == NULL || domain_normalize(text, domain) < 0))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        const char *pattern = list->items[i];
        if (is_null ? strcmp(pattern, "<>") == 0 : is_address_match(pattern, address, local_len, domain))
            return true;
    }
    return false;
}

bool conf_has_address_in(const struct conf_strings *list, const char *domain, bool is_whole)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *at = strrchr(list->items[i], '@');
        if (at != NULL && is_domain_match(at + 1, domain) && (!is_whole || at == list->items[i]))
            return true;
    }
    return false;
}
