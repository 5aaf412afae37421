/*
 * Tag lists, "v=1; a=rsa-sha256; ..." (RFC 6376 section 3.2): DKIM-Signature fields, DKIM key records, DMARC records.
 * Reads in place in one pass, nothing is allocated.  The text is untrusted.  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_TAGLIST_H
#define PREFLIGHT_CHECK_TAGLIST_H

#include <stdbool.h>
#include <stddef.h>

struct taglist {
    const char *pos, *end;      /* what is still to be read; borrowed */
};

struct tag {
    const char *name, *value;   /* into the text, not NUL-terminated, without white space around them */
    size_t name_len, value_len;
};

void taglist_init(struct taglist *list, const char *text, size_t len);

/*
 * 1: the next tag is in *tag_r; 0: the end, after which a final ";" and white space are allowed; -1: what stands before
 * the next ";" is no tag (empty, no "=", a bad name or value byte), and reading may go on behind it.
 */
int taglist_next(struct taglist *list, struct tag *tag_r);

/* The first tag of that name: true and *tag_r, or false.  Broken tags are passed over. */
bool taglist_find(const char *text, size_t len, const char *name, struct tag *tag_r);

enum taglist_form {
    TAGLIST_GOOD,
    TAGLIST_REPEATED,           /* a name stands twice, which makes the whole list invalid */
    TAGLIST_MALFORMED           /* something in it is no tag */
};

/* The form of the whole list.  Of names behind the 64th it is not seen whether they stand twice. */
enum taglist_form taglist_check(const char *text, size_t len);

/* Tag names are case-sensitive. */
bool tag_is(const struct tag *tag, const char *name);

/*
 * Copies the value without its white space (folds stand anywhere in base64 and lists), cut to size - 1 bytes.
 * Returns the whole length, as snprintf does: at least size where it was cut.
 */
size_t tag_text(const struct tag *tag, char *text_r, size_t size);

/* Is word one of the items of a list like "from : to : date"?  ASCII case is ignored. */
bool tag_has_item(const struct tag *tag, char separator, const char *word);

#endif
