/*
 * OpenDKIM's data sets, which KeyTable, SigningTable and Domain name (opendkim(8), "DATA SETS"), as OpenDKIM 2.11 reads
 * them: lists, files, and files of patterns.  Databases, directories and programs are not asked.
 * Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_AUDIT_OPENDKIMTABLE_H
#define PREFLIGHT_AUDIT_OPENDKIMTABLE_H

#include <stdbool.h>
#include <stddef.h>

#define OPENDKIMTABLE_ENTRIES_MAX 200000

enum opendkimtable_kind {
    OPENDKIMTABLE_LIST,         /* "csl:a=b,c", "a, b" */
    OPENDKIMTABLE_FILE,         /* "file:PATH", "/PATH" */
    OPENDKIMTABLE_PATTERNS,     /* "refile:PATH": * stands for anything, in the file's order */
    OPENDKIMTABLE_OTHER         /* "ldap:...", "dsn:...", "PATH.db" ... */
};

/* rest_r: borrowed from spec: the list, the path, or of another kind all of it. */
enum opendkimtable_kind opendkimtable_kind(const char *spec, const char **rest_r);

struct opendkimtable_entry {
    char *key;                  /* untrusted, as written */
    char *value;                /* "" where there is none */
};

struct opendkimtable {
    enum opendkimtable_kind kind;
    struct opendkimtable_entry *entries;    /* in the order written */
    size_t count, capacity;
    bool is_cut;                /* there are more than are kept */
};

/* text: the list, or what is in the file.  Values may be private keys: the text is the caller's to wipe. */
void opendkimtable_parse(enum opendkimtable_kind kind, const char *text, struct opendkimtable *table_r);
void opendkimtable_clear(struct opendkimtable *table);      /* wipes them */

/* The value of a name, or NULL. */
const char *opendkimtable_get(const struct opendkimtable *table, const char *name);

/* Which senders of a domain, normalized, an entry of a SigningTable is for. */
enum opendkimtable_senders { OPENDKIMTABLE_NOBODY, OPENDKIMTABLE_SOME, OPENDKIMTABLE_ALL };

/*
 * What a SigningTable does with mail from a domain: gives the entries that its senders can fall under, one by one in
 * the order they are asked, beginning with *at = 0; those behind one that is for all are asked only with
 * MultipleSignatures.  NULL: no more.
 */
const struct opendkimtable_entry *opendkimtable_next(const struct opendkimtable *table, const char *domain, size_t *at,
                                                     enum opendkimtable_senders *senders_r);

#endif
