/*
 * A configuration file as a tree of sections and options, through libconfuse.
 *
 * Which sections and options there may be is the reader's table of kinds; what they mean is the reader's too.  An
 * option is a string or a list of strings.  include("FILE") reads another file in its place, from the directory of the
 * file it stands in.  A titled section whose title comes again replaces the earlier one, unless its kind forbids it.
 *
 * Reading is for one thread at a time: libconfuse's lexer is global.  A tree is immutable.
 */
#ifndef PREFLIGHT_CONFIG_TREE_H
#define PREFLIGHT_CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct tree;

struct tree_option {
    const char *name;
    bool is_list;
    const char *standard;           /* the default, as a file would say it; NULL: unset where the file leaves it out */
};

/* A kind of section.  In a table the file itself comes first, and a row whose name is NULL ends it. */
struct tree_kind {
    const char *name;               /* "" : the file itself */
    const char *parent;             /* the kind it stands in; "" : outside of sections */
    bool is_titled;                 /* may come several times, each with a title; else there is always exactly one */
    bool is_unique;                 /* titles may not come again */
    const struct tree_option *options;      /* ends with a row whose name is NULL; NULL: none */
};

struct tree_entry {                 /* an option that is set, in the file or by default */
    const char *name;
    const char *file;               /* NULL: by default */
    int line;
    char **values;                  /* one, but for lists */
    size_t count;
};

struct tree_section {
    const struct tree_kind *kind;
    char *title;                    /* NULL where the kind has none */
    const char *file;
    int line;                       /* of its end */
    struct tree_entry *entries;     /* in the order of the table */
    size_t n_entries;
    struct tree_section *sections;  /* kind by kind in the order of the table, each in the file's order */
    size_t n_sections;
};

/*
 * Called for each value while the file is read.  section: the kind's name.  -1 with err "'x' is not ...".
 */
typedef int tree_check(const char *section, const char *option, const char *value, struct err *err);

/*
 * kinds is borrowed as long as the tree lives; check may be NULL.  path NULL: the defaults.
 * NULL with err "FILE:LINE: ..." or "cannot open 'FILE': ...".
 */
struct tree *tree_read(const char *path, const struct tree_kind *kinds, tree_check *check, struct err *err);

/* The same of a text in memory, which name stands for in errors.  It cannot include relative paths. */
struct tree *tree_read_text(const char *name, const char *text, const struct tree_kind *kinds, tree_check *check,
                            struct err *err);
void tree_free(struct tree **tree);

const struct tree_section *tree_root(const struct tree *tree);

/* NULL where it is not set.  tree_string: its last value. */
const struct tree_entry *tree_entry(const struct tree_section *section, const char *option);
const char *tree_string(const struct tree_section *section, const char *option);

/* The only section of an untitled kind. */
const struct tree_section *tree_only(const struct tree_section *section, const char *kind);

/*
 * err: "FILE:LINE: option 'receiver gmail: mx': TEXT", or of the whole section, entry NULL, "FILE:LINE: TEXT".
 * Always -1.
 */
int tree_error(const struct tree_section *section, const struct tree_entry *entry, struct err *err,
               const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
