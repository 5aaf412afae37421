/*
 * Fuzz target: addresses in a header field.  Domains are normalized and distinct, counts fit, and the first address
 * read by itself is that one address.
 */
#include "config.h"

#include "lib/base/domain.h"
#include "lib/message/address.h"
#include "t/fuzz/fuzz.h"

static void check_list(const struct address_list *list)
{
    HOLDS(list->n_domains <= list->count && list->n_domains <= ADDRESS_LIST_MAX, "%zu domains", list->n_domains);
    HOLDS(list->invalid <= list->count, "%zu invalid of %zu", list->invalid, list->count);
    HOLDS(list->count > ADDRESS_LIST_MAX || (list->n_domains > 0) == (list->count > list->invalid), "%zu of %zu",
          list->n_domains, list->count);
    for (size_t i = 0; i < list->n_domains; i++) {
        char again[DOMAIN_MAX];
        HOLDS(domain_normalize(list->domains[i], again) == 0 && strcmp(again, list->domains[i]) == 0, "'%s'",
              list->domains[i]);
        for (size_t k = 0; k < i; k++)
            HOLDS(strcmp(list->domains[i], list->domains[k]) != 0, "'%s' twice", list->domains[i]);
    }
}

static void check_first(const struct address_list *list)
{
    struct address_list again;
    const char *domain = address_domain(list->first);

    HOLDS(domain != NULL, "'%s' has no domain", list->first);
    bool is_known = false;
    for (size_t i = 0; i < list->n_domains; i++)
        is_known = is_known || strcmp(list->domains[i], domain) == 0;
    HOLDS(is_known, "the domain of '%s' is not listed", list->first);

    char *angled = xasprintf("Somebody <%s>", list->first);
    address_list_parse(angled, &again);
    HOLDS(again.count == 1 && again.invalid == 0 && again.first != NULL && strcmp(again.first, list->first) == 0,
          "'%s' read again: %zu, '%s'", angled, again.count, again.first == NULL ? "" : again.first);
    address_list_clear(&again);
    free(angled);
}

/* A comment before and after, and a fold, change nothing. */
static void check_commented(const char *value, const struct address_list *list)
{
    struct address_list again;
    char *commented = xasprintf("(c \\) (d))\r\n %s", value);

    address_list_parse(commented, &again);
    HOLDS(again.count == list->count && again.invalid == list->invalid && again.n_domains == list->n_domains,
          "with a comment %zu of %zu: %s", again.count, list->count, value);
    address_list_clear(&again);
    free(commented);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *value = input_rest(&input);
    struct address_list list;

    address_list_parse(value, &list);
    check_list(&list);
    if (list.first != NULL)
        check_first(&list);
    check_commented(value, &list);
    address_list_clear(&list);
    free(value);
    return 0;
}
