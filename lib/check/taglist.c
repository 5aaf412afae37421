/*
 * Tag lists of RFC 6376 section 3.2; see taglist.h.
 */
#include "config.h"

#include "lib/check/taglist.h"

#include <string.h>
#include <strings.h>

#define NAMES_MAX 64            /* RFC 6376 defines 14 for a signature */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **start, const char **end)
{
    while (*start < *end && is_space(**start))
        (*start)++;
    while (*end > *start && is_space((*end)[-1]))
        (*end)--;
}

static bool is_name(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool is_alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_alpha && (i == 0 || !((c >= '0' && c <= '9') || c == '_')))
            return false;
    }
    return len > 0;
}

static bool is_value(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_space(value[i]) && (value[i] <= 0x20 || value[i] >= 0x7f))
            return false;
    }
    return true;
}

void taglist_init(struct taglist *list, const char *text, size_t len)
{
    list->pos = text;
    list->end = text + len;
}

int taglist_next(struct taglist *list, struct tag *tag_r)
{
    const char *start = list->pos, *end;

    if (start >= list->end)
        return 0;
    end = memchr(start, ';', (size_t)(list->end - start));
    list->pos = end == NULL ? list->end : end + 1;
    if (end == NULL)
        end = list->end;
    trim(&start, &end);
    if (start == end)
        return list->pos == list->end && list->end[-1] != ';' ? 0 : -1;

    const char *equals = memchr(start, '=', (size_t)(end - start));
    if (equals == NULL)
        return -1;
    const char *name_end = equals, *value = equals + 1;
    trim(&start, &name_end);
    trim(&value, &end);
    *tag_r = (struct tag){ start, value, (size_t)(name_end - start), (size_t)(end - value) };
    return is_name(tag_r->name, tag_r->name_len) && is_value(tag_r->value, tag_r->value_len) ? 1 : -1;
}

bool taglist_find(const char *text, size_t len, const char *name, struct tag *tag_r)
{
    struct taglist list;
    int rc;

    taglist_init(&list, text, len);
    while ((rc = taglist_next(&list, tag_r)) != 0) {
        if (rc > 0 && tag_is(tag_r, name))
            return true;
    }
    return false;
}

static bool is_repeated(const struct tag *tag, const struct tag *seen, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (seen[i].name_len == tag->name_len && memcmp(seen[i].name, tag->name, tag->name_len) == 0)
            return true;
    }
    return false;
}

enum taglist_form taglist_check(const char *text, size_t len)
{
    enum taglist_form form = TAGLIST_GOOD;
    struct tag seen[NAMES_MAX], tag;
    struct taglist list;
    size_t n = 0;
    int rc;

    taglist_init(&list, text, len);
    while ((rc = taglist_next(&list, &tag)) != 0) {
        if (rc < 0)
            return TAGLIST_MALFORMED;
        if (is_repeated(&tag, seen, n))
            form = TAGLIST_REPEATED;
        if (n < NAMES_MAX)
            seen[n++] = tag;
    }
    return form;
}

bool tag_is(const struct tag *tag, const char *name)
{
    return strlen(name) == tag->name_len && memcmp(tag->name, name, tag->name_len) == 0;
}

size_t tag_text(const struct tag *tag, char *text_r, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < tag->value_len; i++) {
        if (is_space(tag->value[i]))
            continue;
        if (len + 1 < size)
            text_r[len] = tag->value[i];
        len++;
    }
    if (size > 0)
        text_r[len < size ? len : size - 1] = '\0';
    return len;
}

bool tag_has_item(const struct tag *tag, char separator, const char *word)
{
    const char *pos = tag->value, *end = tag->value + tag->value_len;
    size_t len = strlen(word);

    for (;;) {
        const char *stop = memchr(pos, separator, (size_t)(end - pos));
        const char *item = pos, *item_end = stop == NULL ? end : stop;
        trim(&item, &item_end);
        if ((size_t)(item_end - item) == len && strncasecmp(item, word, len) == 0)
            return true;
        if (stop == NULL)
            return false;
        pos = stop + 1;
    }
}
