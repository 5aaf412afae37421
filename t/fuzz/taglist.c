/*
 * Fuzz target: tag lists.  Names and values lie within the text and stay what they are when printed and read again;
 * taglist_find finds the first of each name.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/check/taglist.h"
#include "t/fuzz/fuzz.h"

static void check_tag(const struct tag *tag, const char *text, size_t len)
{
    char copy[64];

    HOLDS(tag->name_len > 0 && tag->name >= text && tag->name + tag->name_len <= text + len, "name out of the text");
    HOLDS(tag->value >= text && tag->value + tag->value_len <= text + len, "value out of the text");
    HOLDS(memchr(tag->name, '=', tag->name_len) == NULL && memchr(tag->name, ';', tag->name_len) == NULL, "name");
    HOLDS(memchr(tag->value, ';', tag->value_len) == NULL, "value");

    size_t whole = tag_text(tag, copy, sizeof(copy));
    HOLDS(whole <= tag->value_len, "%zu bytes out of %zu", whole, tag->value_len);
    HOLDS(strlen(copy) == (whole < sizeof(copy) ? whole : sizeof(copy) - 1), "'%s' is cut wrongly", copy);
    check_printable(copy, "value");
    HOLDS(strchr(copy, ' ') == NULL, "white space is left in '%s'", copy);
    if (whole < sizeof(copy) && whole == tag->value_len && strchr(copy, ':') == NULL)
        HOLDS(tag_has_item(tag, ':', copy), "'%s' is no item of itself", copy);
}

static void check_first(const struct tag *tag, const char *text, size_t len)
{
    char *name = xstrndup(tag->name, tag->name_len);
    struct tag found;

    HOLDS(tag_is(tag, name), "%s", name);
    HOLDS(taglist_find(text, len, name, &found) && found.name <= tag->name, "%s is not found", name);
    free(name);
}

static void check_printed(const char *printed, size_t len, size_t tags)
{
    struct taglist list;
    struct tag tag;
    struct str again = STR_EMPTY;
    int rc;

    taglist_init(&list, printed, len);
    while ((rc = taglist_next(&list, &tag)) != 0) {
        HOLDS(rc > 0, "broken once printed: %s", printed);
        str_addf(&again, "%.*s=%.*s;", (int)tag.name_len, tag.name, (int)tag.value_len, tag.value);
        HOLDS(tags-- > 0, "more tags once printed: %s", printed);
    }
    HOLDS(tags == 0 && strcmp(printed, str_get(&again)) == 0, "%s became %s", printed, str_get(&again));
    str_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct str printed = STR_EMPTY;
    struct taglist list;
    struct tag tag;
    size_t rounds = 0, tags = 0;
    int rc;

    taglist_init(&list, text, size);
    while ((rc = taglist_next(&list, &tag)) != 0) {
        HOLDS(++rounds <= size, "no end");
        if (rc < 0)
            continue;
        tags++;
        check_tag(&tag, text, size);
        check_first(&tag, text, size);
        str_addf(&printed, "%.*s=%.*s;", (int)tag.name_len, tag.name, (int)tag.value_len, tag.value);
    }
    check_printed(str_get(&printed), printed.len, tags);
    str_clear(&printed);
    return 0;
}
