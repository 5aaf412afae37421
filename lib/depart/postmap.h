/*
 * Tables of Postfix, asked through postmap(1): its own code reads them, of every type, as the user that we are.
 * Many keys are one process; what was answered is kept for some minutes.  Bounded in keys, bytes and time.
 * Thread-safe.
 */
#ifndef PREFLIGHT_DEPART_POSTMAP_H
#define PREFLIGHT_DEPART_POSTMAP_H

#include "lib/config/conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct str;

#define POSTMAP_KEYS_MAX 4000       /* of one question */
#define POSTMAP_KEY_MAX 900         /* bytes */

struct postmap;

/* directory: of main.cf, copied; "": Postfix's standard one. */
struct postmap *postmap_new(const char *directory);
void postmap_free(struct postmap **postmap);        /* NULL is fine */

/* Can it be one line of postmap's input? */
bool postmap_is_key(const char *key);

struct postmap_key {
    char *text;                     /* the caller's */
    char *value;                    /* set by postmap_find: the first table's that has the key, or NULL; caller frees */
};

/*
 * Looks the keys up.  What is no key has no value.  deadline_ms: on clock_ms().
 * -1 with err where it cannot be known; then no key has a value.  Tables that failed are not asked again for some
 * seconds.
 */
int postmap_find(struct postmap *postmap, const struct conf_strings *tables, struct postmap_key *keys, size_t n,
                 int64_t deadline_ms, struct err *err);

/*
 * Looks up each field of a header as header_checks(5) are: "Name: value" with folds as LF.  Not kept.
 * action_r: per field its action or NULL; the caller frees each.  -1 with err likewise, and none set.
 */
int postmap_check_header(struct postmap *postmap, const struct conf_strings *tables, const char *const *fields,
                         size_t n, char **action_r, int64_t deadline_ms, struct err *err);

#define POSTMAP_NOTHING "-"         /* no action that a check may have */

/*
 * Looks up lines as body checks are: each ends in LF, none is empty or has a NUL.  Not kept.
 * answers_r: for each, in their order, "LINE<tab>ACTION" and LF; POSTMAP_NOTHING for its action where there is none.
 * -1 with err likewise.
 */
int postmap_check_lines(struct postmap *postmap, const struct conf_strings *tables, const struct str *lines,
                        struct str *answers_r, int64_t deadline_ms, struct err *err);

/* "type:name, type:name" for people. */
void postmap_name_tables(const struct conf_strings *tables, struct str *text_r);

#endif
