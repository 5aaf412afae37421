/*
 * Fuzz target: what a DKIM-Signature field says of itself.  Every value is of its form or unset, and white space
 * between tags changes none of them.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/check/dkimtags.h"
#include "t/fuzz/fuzz.h"

static void check_word(const char *word)
{
    check_printable(word, "word");
    HOLDS(strlen(word) < DKIM_TAGS_TEXT && strpbrk(word, " ;=ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL, "'%s'", word);
}

/* Folds after every tag, and a final one. */
static char *folded(const char *value)
{
    struct str text = STR_EMPTY;

    for (; *value != '\0'; value++)
        str_addf(&text, "%c%s", *value, *value == ';' ? "\r\n\t " : "");
    str_add(&text, "\n ");
    return str_steal(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *value = input_rest(&input), *loose = folded(value);
    struct dkim_tags tags, again;

    dkim_tags_parse(value, &tags);
    dkim_tags_parse(loose, &again);
    check_normalized(tags.domain);
    check_normalized(tags.selector);
    check_word(tags.algorithm);
    check_word(tags.canonicalization);
    HOLDS(tags.canonicalization[0] == '\0' || strchr(tags.canonicalization, '/') != NULL, "%s", tags.canonicalization);
    HOLDS(tags.expires >= 0, "%lld", (long long)tags.expires);
    HOLDS(strcmp(tags.domain, again.domain) == 0 && strcmp(tags.selector, again.selector) == 0 &&
          strcmp(tags.algorithm, again.algorithm) == 0 && strcmp(tags.canonicalization, again.canonicalization) == 0 &&
          tags.expires == again.expires && tags.from_signed == again.from_signed &&
          tags.signatures_signed == again.signatures_signed && tags.has_length == again.has_length &&
          tags.is_query_known == again.is_query_known && (tags.fault == NULL) == (again.fault == NULL),
          "folded it is another: %s", value);
    free(value);
    free(loose);
    return 0;
}
