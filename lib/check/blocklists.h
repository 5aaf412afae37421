/*
 * blocklists.conf: the DNS blocklists that may be asked, and what their answers mean.
 * Immutable once loaded, thread-safe; loading is for one thread at a time.
 */
#ifndef PREFLIGHT_CHECK_BLOCKLISTS_H
#define PREFLIGHT_CHECK_BLOCKLISTS_H

#include "lib/base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCKLISTS_MAX 32

struct blocklists;
struct err;
struct str;
struct tree_kind;

enum blocklist_kind { BLOCKLIST_ADDRESSES, BLOCKLIST_DOMAINS };

/* What one address in an answer means. */
enum blocklist_answer {
    BLOCKLIST_OTHER,            /* a code that the list has for something else */
    BLOCKLIST_LISTED,
    BLOCKLIST_REFUSED           /* an error, or no answer of a blocklist at all: nothing can be known from it */
};

struct blocklist_range {
    uint32_t first, last;       /* IPv4 addresses as numbers */
};

/* What the list means by some of its answers. */
struct blocklist_code {
    struct blocklist_range range;   /* 0 to 0: see bits */
    unsigned bits;                  /* of the last number, for lists whose answers are a sum; 0: see range */
    const char *meaning;
};

struct blocklist {
    const char *zone;           /* normalized */
    const char *title;          /* the zone, where the file has none */
    const char *page;           /* where a listing is looked up; the title, where the file has none */
    enum blocklist_kind kind;
    bool has_ipv6;
    struct blocklist_range *listed, *unusable;
    size_t n_listed, n_unusable;    /* n_listed 0 and mask 0: every answer in 127.0.0.0/8 is a listing */
    struct blocklist_code *codes;
    size_t n_codes;
    unsigned mask;              /* bits of the last number that are a listing; 0: no sum */
    const char *test_listed, *test_unlisted;    /* entries below the zone (RFC 5782 section 5) */
};

/* path NULL or "": no list at all.  NULL with err "FILE:LINE: ..." where anything is wrong. */
struct blocklists *blocklists_load(const char *path, struct err *err);
void blocklists_free(struct blocklists **blocklists);       /* NULL is fine */
const struct blocklist *blocklists_all(const struct blocklists *blocklists, size_t *count_r);

/* The sections and options of the file, which a test holds the manual to. */
const struct tree_kind *blocklists_kinds(void);

/* Whatever the file says: 127.0.0.1, 127.255.255.0/24 and what is outside 127.0.0.0/8 are never a listing. */
enum blocklist_answer blocklist_classify(const struct blocklist *list, const struct ip_addr *answer);

/* Appends "127.0.0.4 exploits", or the address alone where the file does not say what it means. */
void blocklist_add_meaning(const struct blocklist *list, const struct ip_addr *answer, struct str *text);

#endif
