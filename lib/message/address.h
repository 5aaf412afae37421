/*
 * Addresses in a header field (RFC 5322 section 3.4, RFC 6854 groups, RFC 6532 UTF-8).  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_MESSAGE_ADDRESS_H
#define PREFLIGHT_MESSAGE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_LIST_MAX 64         /* mailboxes told apart in one field; the rest only counts */

struct address_list {
    size_t count;                   /* mailboxes, counted beyond ADDRESS_LIST_MAX too */
    size_t n_domains;               /* entries in domains */
    char **domains;                 /* of the first mailboxes, normalized; distinct */
    char *first;                    /* the first valid addr-spec, domain normalized; NULL where none, or it is long */
    bool has_encoded_word;          /* in an address, where RFC 2047 section 5 allows none; in names it is fine */
    size_t invalid;                 /* mailboxes without a valid addr-spec or with a domain that cannot be one */
};

/*
 * Reads a From-like field: comments, quoted strings, quoted pairs, groups, folds, obsolete routes, display names with
 * encoded words (never decoded: an address inside one is not an address).  Always fills *list_r.
 * What breaks the RFC is read as receivers do: what stands in <> counts, whatever is before it; "<" may go unclosed; a
 * text without "@" is a mailbox without a valid addr-spec, and so is one whose local part is an encoded word that could
 * hold an address (RFC 2047 section 5); and what could be taken for a second mailbox is one, as in "<a@x> <b@y>",
 * "<a@x> b@y" and "a@x; b@y".  A domain literal is no domain.  An unclosed '"' or "(" takes all that
 * follows.  Linear in the length of value, which has no bound.
 */
void address_list_parse(const char *value, struct address_list *list_r);
void address_list_clear(struct address_list *list);

#endif
