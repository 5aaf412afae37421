/*
 * What a signature covers; see dkimcover.h.
 */
#include "config.h"

#include "lib/check/dkimcover.h"
#include "lib/base/mem.h"
#include "lib/check/taglist.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_SHOWN 76

/*
 * The fields of section 5.4.1 and those that MIME and RFC 8058 act on.  is_shown: a second one of these, on top, is
 * what a reader may be shown (section 8.15).
 */
static const struct { const char *name; bool is_shown; } relied_on[] = {
    { "from", true }, { "subject", true }, { "date", true }, { "to", true }, { "cc", true }, { "reply-to", true },
    { "sender", false }, { "message-id", false }, { "in-reply-to", false }, { "references", false },
    { "mime-version", false }, { "content-type", true }, { "content-transfer-encoding", false },
    { "resent-from", false }, { "resent-to", false }, { "resent-cc", false }, { "resent-date", false },
    { "list-id", false }, { "list-help", false }, { "list-unsubscribe", false }, { "list-unsubscribe-post", false },
    { "list-subscribe", false }, { "list-post", false }, { "list-owner", false }, { "list-archive", false },
};

bool dkim_names_has(const struct dkim_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0)
            return true;
    }
    return false;
}

void dkim_names_add(struct dkim_names *names, const char *name, size_t len)
{
    if (len == 0 || names->count == DKIM_NAMES_MAX)
        return;
    char *copy = xstrndup(name, len < NAME_MAX_SHOWN ? len : NAME_MAX_SHOWN);
    ascii_lower(copy);
    if (dkim_names_has(names, copy)) {
        free(copy);
        return;
    }
    names->items = xrealloc(names->items, (names->count + 1) * sizeof(*names->items));
    names->items[names->count++] = copy;
}

void dkim_names_split(struct dkim_names *names, const char *list, size_t len)
{
    const char *p = list, *end = list + len;

    while (p < end) {
        const char *colon = memchr(p, ':', (size_t)(end - p));
        const char *stop = colon == NULL ? end : colon, *next = colon == NULL ? end : colon + 1;
        while (p < stop && isspace((unsigned char)*p))
            p++;
        while (stop > p && isspace((unsigned char)stop[-1]))
            stop--;
        dkim_names_add(names, p, (size_t)(stop - p));
        p = next;
    }
}

void dkim_names_clear(struct dkim_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct dkim_names){ NULL, 0 };
}

void dkim_coverage_clear(struct dkim_coverage *coverage)
{
    dkim_names_clear(&coverage->covered);
    dkim_names_clear(&coverage->oversigned);
    dkim_names_clear(&coverage->absent);
    dkim_names_clear(&coverage->uncovered);
    dkim_names_clear(&coverage->addable);
}

struct counts {
    size_t fields, taken, missed;   /* in the message; entries of h= with a field, and without */
};

static struct counts count(const struct dkim_fields *fields, const struct dkim_listed *listed, size_t n,
                           const char *name, size_t len)
{
    struct counts counts = { 0, 0, 0 };

    for (size_t i = 0; i < fields->count; i++) {
        struct dkim_field field = dkim_fields_get(fields, i);
        counts.fields += dkim_field_is(&field, name, len);
    }
    for (size_t i = 0; i < n; i++) {
        if (listed[i].len != len || strncasecmp(listed[i].name, name, len) != 0)
            continue;
        counts.taken += listed[i].field != DKIM_NO_FIELD;
        counts.missed += listed[i].field == DKIM_NO_FIELD;
    }
    return counts;
}

/* Bottom-up, an entry without a field comes after those with one. */
static void judge_listed(const struct dkim_listed *listed, size_t n, struct dkim_coverage *coverage_r)
{
    struct dkim_names missed = { NULL, 0 };

    for (size_t i = 0; i < n; i++)
        dkim_names_add(listed[i].field == DKIM_NO_FIELD ? &missed : &coverage_r->covered, listed[i].name,
                       listed[i].len);
    for (size_t i = 0; i < missed.count; i++) {
        bool is_covered = dkim_names_has(&coverage_r->covered, missed.items[i]);
        dkim_names_add(is_covered ? &coverage_r->oversigned : &coverage_r->absent, missed.items[i],
                       strlen(missed.items[i]));
    }
    dkim_names_clear(&missed);
}

void dkim_coverage_find(const struct dkim_fields *fields, size_t signature, struct dkim_coverage *coverage_r)
{
    struct dkim_field own = dkim_fields_get(fields, signature);
    struct dkim_listed *listed = xcalloc(DKIM_LISTED_MAX, sizeof(*listed));
    struct tag list;
    size_t n = 0;

    memset(coverage_r, 0, sizeof(*coverage_r));
    if (taglist_find(own.value, own.value_len, "h", &list))
        n = dkim_fields_select(fields, list.value, list.value_len, DKIM_NO_FIELD, listed);
    judge_listed(listed, n, coverage_r);
    for (size_t i = 0; i < sizeof(relied_on) / sizeof(relied_on[0]); i++) {
        const char *name = relied_on[i].name;
        struct counts counts = count(fields, listed, n, name, strlen(name));
        if (counts.taken < counts.fields)
            dkim_names_add(&coverage_r->uncovered, name, strlen(name));
        else if (relied_on[i].is_shown && counts.missed == 0)
            dkim_names_add(&coverage_r->addable, name, strlen(name));
    }
    free(listed);
}
