/*
 * Fuzz target: OpenDKIM's tables.  Lines: a data set's name, a domain, a key's name; then what is in the file.  The
 * entries that are asked for the domain come in a bounded number and in order, and each is for somebody.
 */
#include "config.h"

#include "lib/audit/opendkimtable.h"
#include "t/fuzz/fuzz.h"

static void check_entries(const struct opendkimtable *table, size_t size)
{
    HOLDS(table->count <= size, "%zu entries of %zu bytes", table->count, size);
    for (size_t i = 0; i < table->count; i++) {
        const struct opendkimtable_entry *entry = &table->entries[i];
        HOLDS(strpbrk(entry->key, "\n#") == NULL || table->kind == OPENDKIMTABLE_LIST, "%s", entry->key);
        HOLDS(table->kind == OPENDKIMTABLE_LIST || strpbrk(entry->key, " \t") == NULL, "%s", entry->key);
        HOLDS(entry->value[0] == '\0' || entry->value[0] != ' ', "%s", entry->value);
    }
}

static void check_asking(const struct opendkimtable *table, const char *domain)
{
    enum opendkimtable_senders senders;
    const struct opendkimtable_entry *entry;
    size_t at = 0, before = 0, n = 0;

    while ((entry = opendkimtable_next(table, domain, &at, &senders)) != NULL) {
        HOLDS(at > before && entry >= table->entries && entry < table->entries + table->count, "no progress");
        HOLDS(senders != OPENDKIMTABLE_NOBODY, "%s", entry->key);
        if (table->kind != OPENDKIMTABLE_PATTERNS)
            HOLDS((senders == OPENDKIMTABLE_SOME) == (strchr(entry->key, '@') != NULL), "%s", entry->key);
        else if (strcmp(entry->key, "*") == 0)
            HOLDS(senders == OPENDKIMTABLE_ALL, "%s", entry->key);
        before = at;
        n++;
    }
    HOLDS(n <= table->count * (strlen(domain) + 4), "%zu", n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *spec = input_line(&input), *line = input_line(&input), *name = input_line(&input), *text = input_rest(&input);
    char domain[DOMAIN_MAX];
    const char *rest;

    HOLDS(opendkimtable_kind(spec, &rest) <= OPENDKIMTABLE_OTHER, "%s", spec);
    HOLDS(rest >= spec && rest <= spec + strlen(spec), "%s", spec);
    for (int kind = OPENDKIMTABLE_LIST; kind <= OPENDKIMTABLE_PATTERNS; kind++) {
        struct opendkimtable table;
        opendkimtable_parse((enum opendkimtable_kind)kind, text, &table);
        check_entries(&table, size);
        const char *value = opendkimtable_get(&table, name);
        HOLDS(value == NULL || table.count > 0, "out of nowhere");
        if (domain_normalize(line, domain) == 0)
            check_asking(&table, domain);
        opendkimtable_clear(&table);
        HOLDS(table.count == 0 && table.entries == NULL, "not cleared");
    }
    free(spec);
    free(line);
    free(name);
    free(text);
    return 0;
}
