/*
 * One DKIM-Signature field; see dkimtags.h.
 */
#include "config.h"

#include "lib/check/dkimtags.h"
#include "lib/base/str.h"
#include "lib/check/taglist.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* libopendkim 2.11 decodes i= into 257 bytes and does not terminate what fills them. */
#define IDENTITY_MAX 250

/*
 * Looks for i= the way libopendkim does: white space of C's kind, and whatever else is wrong with the list.
 * The length is that of the raw value, which is never shorter than what is decoded.
 */
static bool has_long_identity(const char *value)
{
    for (const char *p = value; p != NULL; p = strchr(p, ';')) {
        p += *p == ';';
        const char *name = p + strspn(p, " \t\r\n\v\f");
        if (*name != 'i')
            continue;
        const char *equals = name + 1 + strspn(name + 1, " \t\r\n\v\f");
        if (*equals == '=' && strcspn(equals + 1, ";") > IDENTITY_MAX)
            return true;
    }
    return false;
}

static bool is_word(const char *text, const char *more)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (!isalnum((unsigned char)*p) && strchr(more, *p) == NULL)
            return false;
    }
    return *text != '\0';
}

static void read_domain(const struct tag *tag, char domain_r[DOMAIN_MAX])
{
    char text[DOMAIN_MAX + 1];

    if (tag_text(tag, text, sizeof(text)) >= sizeof(text) || domain_normalize(text, domain_r) < 0)
        domain_r[0] = '\0';
}

static void read_word(const struct tag *tag, const char *more, char text_r[DKIM_TAGS_TEXT])
{
    if (tag_text(tag, text_r, DKIM_TAGS_TEXT) >= DKIM_TAGS_TEXT || !is_word(text_r, more))
        text_r[0] = '\0';
    ascii_lower(text_r);
}

static void read_canonicalization(const struct tag *tag, char text_r[DKIM_TAGS_TEXT])
{
    static const char body_default[] = "/simple";

    read_word(tag, "/-", text_r);
    size_t len = strlen(text_r);
    if (len == 0 || strchr(text_r, '/') != NULL)
        return;
    if (len + sizeof(body_default) <= DKIM_TAGS_TEXT)
        memcpy(text_r + len, body_default, sizeof(body_default));
    else
        text_r[0] = '\0';
}

/* RFC 6376 section 3.5, x=: up to 12 digits are to be understood.  none: where it is no number. */
static int64_t read_number(const struct tag *tag, int64_t none)
{
    char text[16];
    int64_t number = 0;

    if (tag_text(tag, text, sizeof(text)) >= sizeof(text) || text[0] == '\0')
        return none;
    for (const char *p = text; *p != '\0'; p++) {
        if (!isdigit((unsigned char)*p))
            return none;
        number = number * 10 + (*p - '0');
    }
    return number;
}

static void read_tag(const struct tag *tag, struct dkim_tags *tags)
{
    if (tag_is(tag, "d")) {
        read_domain(tag, tags->domain);
    } else if (tag_is(tag, "s")) {
        read_domain(tag, tags->selector);
    } else if (tag_is(tag, "a")) {
        read_word(tag, "-", tags->algorithm);
    } else if (tag_is(tag, "c")) {
        read_canonicalization(tag, tags->canonicalization);
    } else if (tag_is(tag, "x")) {
        tags->expires = read_number(tag, 0);
    } else if (tag_is(tag, "t")) {
        tags->signed_at = read_number(tag, 0);
    } else if (tag_is(tag, "i")) {
        if (tag_text(tag, tags->identity, sizeof(tags->identity)) >= sizeof(tags->identity))
            tags->identity[0] = '\0';
    } else if (tag_is(tag, "l")) {
        tags->has_length = true;
        tags->length = read_number(tag, -1);
    } else if (tag_is(tag, "q")) {
        tags->is_query_known = tag_has_item(tag, ':', "dns/txt");
    } else if (tag_is(tag, "h")) {
        tags->from_signed = tag_has_item(tag, ':', "from");
        tags->signatures_signed = tag_has_item(tag, ':', "dkim-signature");
    }
}

static bool has_eight_bit(const char *value)
{
    for (; *value != '\0'; value++) {
        if ((unsigned char)*value >= 0x80)
            return true;
    }
    return false;
}

/* libopendkim reads an l= without digits as one of 0, and skips a tag whose name is none. */
static const char *find_fault(const char *value)
{
    struct tag length;

    switch (taglist_check(value, strlen(value))) {
    case TAGLIST_REPEATED:
        return "a tag stands twice";
    case TAGLIST_MALFORMED:
        return has_eight_bit(value) ? "the tag list is malformed: it has bytes outside ASCII"
                                    : "the tag list is malformed";
    case TAGLIST_GOOD:
        break;
    }
    if (taglist_find(value, strlen(value), "l", &length) && length.value_len == 0)
        return "l= is empty";
    return NULL;
}

void dkim_tags_parse(const char *value, struct dkim_tags *tags_r)
{
    struct taglist list;
    struct tag tag;
    int rc;

    *tags_r = (struct dkim_tags){ .canonicalization = "simple/simple", .is_query_known = true, .length = -1 };
    tags_r->is_identity_too_long = has_long_identity(value);
    tags_r->fault = find_fault(value);
    taglist_init(&list, value, strlen(value));
    while ((rc = taglist_next(&list, &tag)) != 0) {
        if (rc > 0)
            read_tag(&tag, tags_r);
    }
}
