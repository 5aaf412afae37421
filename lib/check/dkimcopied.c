/*
 * z= of a signature; see dkimcopied.h.
 */
#include "config.h"

#include "lib/check/dkimcopied.h"
#include "lib/check/taglist.h"
#include "lib/message/lex.h"

#include <ctype.h>
#include <string.h>

void dkim_copies_init(struct dkim_copies *copies, const struct dkim_field *signature)
{
    struct tag tag;

    *copies = (struct dkim_copies){ NULL, NULL };
    if (taglist_find(signature->value, signature->value_len, "z", &tag))
        *copies = (struct dkim_copies){ tag.value, tag.value + tag.value_len };
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* White space is the folding of the tag, not part of a copy. */
static void decode(const char *p, const char *end, struct str *text_r)
{
    for (; p < end; p++) {
        if (*p == '=' && end - p > 2 && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
            str_addc(text_r, (char)(hex(p[1]) << 4 | hex(p[2])));
            p += 2;
        } else if (!isspace((unsigned char)*p)) {
            str_addc(text_r, *p);
        }
    }
}

/* Length of the field name, white space before the colon left out; 0 where it is none. */
static size_t field_name(const char *text, size_t len)
{
    len = lex_name_length(text, len);
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] >= 0x7f)
            return 0;
    }
    return len;
}

bool dkim_copies_next(struct dkim_copies *copies, struct str *text, struct dkim_field *copy_r)
{
    while (copies->pos != NULL) {
        const char *bar = memchr(copies->pos, '|', (size_t)(copies->end - copies->pos));
        str_reset(text);
        decode(copies->pos, bar == NULL ? copies->end : bar, text);
        copies->pos = bar == NULL ? NULL : bar + 1;
        const char *data = str_get(text), *colon = memchr(data, ':', text->len);
        if (colon == NULL)
            continue;
        size_t before = (size_t)(colon - data), name_len = field_name(data, before);
        if (name_len == 0)
            continue;
        *copy_r = (struct dkim_field){ data, colon + 1, name_len, text->len - before - 1 };
        return true;
    }
    return false;
}
