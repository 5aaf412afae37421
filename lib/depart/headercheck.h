/*
 * Header fields as header_checks(5) of smtp(8) change them: REPLACE, PREPEND, IGNORE and STRIP; all else only logs.
 * Not shared between threads.
 */
#ifndef PREFLIGHT_DEPART_HEADERCHECK_H
#define PREFLIGHT_DEPART_HEADERCHECK_H

#include "lib/depart/postmap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

struct headerfield {
    char *name;                 /* as it came, without white space before the colon */
    char *value;                /* all after the colon, folds as LF */
    bool is_added;              /* by a check: nothing else looks at it */
    bool is_rewritten;          /* generic(5) applies, by the name that it came with */
};

struct headerfields {           /* zeroed to begin with */
    struct headerfield *items;
    size_t count, capacity;
};

void headerfields_add(struct headerfields *fields, const char *name, const char *value);   /* folds as LF or CRLF */
void headerfields_clear(struct headerfields *fields);

struct headerchanges {          /* zeroed to begin with */
    struct { char *field; const char *what; } *items;   /* "replaces", "removes", "adds" */
    size_t count, capacity;
};
void headerchanges_clear(struct headerchanges *changes);

/*
 * Asks about the fields of MIME (are_mime), as Postfix tells them from the others, or about these; changes the list.
 * One process.  -1 with err where it cannot be known.
 */
int headercheck_run(struct postmap *postmap, const struct conf_strings *tables, bool are_mime,
                    struct headerfields *fields, struct headerchanges *changes, int64_t deadline_ms, struct err *err);

/* One action on the field at i. */
void headercheck_apply(const char *action, struct headerfields *fields, size_t i, struct headerchanges *changes);

#endif
