/*
 * The addresses of a header field as Postfix finds and rewrites them: those in <>, and those that stand bare; in groups
 * too; never inside comments, quoted strings or names.  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_DEPART_FIELDADDRESS_H
#define PREFLIGHT_DEPART_FIELDADDRESS_H

#include <stdbool.h>
#include <stddef.h>

struct str;

#define FIELDADDRESS_MAX 2000       /* of one field; further ones are not told */

/* Does Postfix rewrite addresses in fields of this name?  name: with white space before the colon or without. */
bool fieldaddress_is_rewritten(const char *name);

struct fieldaddress {
    size_t at, len;                 /* what is to be replaced, in the value */
    bool is_bare;                   /* not in <> */
    char *text;                     /* the address: no comments, no white space between its parts */
    const char *other;              /* what to write in its place, the caller's; NULL: it stays */
};

struct fieldaddresses {
    struct fieldaddress *items;
    size_t count, capacity;
    bool is_cut;                    /* there are more */
};

/* value: all after the colon, with folds.  Linear in its length.  The caller clears the list. */
void fieldaddress_find(const char *value, struct fieldaddresses *list_r);
void fieldaddress_clear(struct fieldaddresses *list);

/*
 * The value with the others in place, written anew as Postfix does: spaced by its tokens, comments behind a bare
 * address that they stand before, and a new line behind a comma where the line would be over 70 bytes.
 * name: only its length counts.  Begins with a space, folds are LF and a tab.
 */
void fieldaddress_rewrite(const char *name, const char *value, const struct fieldaddresses *list, struct str *value_r);

#endif
