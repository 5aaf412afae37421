/*
 * Selectors and where they are known from; see selectors.h.
 */
#include "config.h"

#include "lib/audit/selectors.h"
#include "lib/audit/signingkey.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const char *selector_source_name(enum selector_source source)
{
    static const char *const names[] = { "given", "configured", "opendkim", "traffic" };

    assert(source <= SELECTOR_TRAFFIC);
    return names[source];
}

struct selector *selectors_add(struct selectors *selectors, const char *name, const char *domain,
                               enum selector_source source)
{
    for (size_t i = 0; i < selectors->count; i++) {
        struct selector *known = &selectors->items[i];
        if (strcmp(known->name, name) == 0 && strcmp(known->domain, domain) == 0) {
            known->source = source < known->source ? source : known->source;
            return known;
        }
    }
    if (selectors->count == SELECTORS_MAX) {
        selectors->is_cut = true;
        return NULL;
    }
    struct selector *selector = &selectors->items[selectors->count++];
    *selector = (struct selector){ .source = source };
    snprintf(selector->name, sizeof(selector->name), "%s", name);
    snprintf(selector->domain, sizeof(selector->domain), "%s", domain);
    return selector;
}

void selectors_add_key(struct selectors *selectors, const char *name, const char *domain, enum selector_source source,
                       const char *path)
{
    struct selector *selector = selectors_add(selectors, name, domain, source);

    if (selector != NULL && selector->key == NULL)
        selector->key = signingkey_read(path);
}

void selectors_clear(struct selectors *selectors)
{
    for (size_t i = 0; i < selectors->count; i++)
        signingkey_free(&selectors->items[i].key);
    selectors->count = 0;
}
