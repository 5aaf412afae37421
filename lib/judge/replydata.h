/*
 * replies.conf in memory: shared by replyload.c, which reads it, and reply.c, which asks it.  Within lib/judge only.
 */
#ifndef PREFLIGHT_JUDGE_REPLYDATA_H
#define PREFLIGHT_JUDGE_REPLYDATA_H

#include "lib/judge/reply.h"
#include "lib/config/tree.h"

#include <stdint.h>

#define REPLY_RECEIVERS_MAX 64      /* bits of a receiver_set */

struct pattern;

typedef uint64_t receiver_set;

struct reply_patterns {
    struct pattern **items;
    size_t count;
};

struct reply_code {
    bool is_enhanced;
    int first, subject;             /* of an enhanced code; first 0: any class */
    int from, to;                   /* of the last number, or of the reply code */
};

struct reply_codes {
    struct reply_code *items;
    size_t count;
};

struct reply_receiver {
    const char *name, *title, *page;
    const struct tree_entry *hosts; /* NULL: none */
    struct reply_patterns marks;
};

struct reply_meaning {
    char *text, *remedy;            /* NULL where the section says none */
    const char *page;
};

struct reply_field {
    enum cause cause;
    struct reply_patterns failed;
};

struct reply_row {
    const char *name;
    receiver_set receivers;         /* 0: any */
    enum cause cause;
    bool also[CAUSE_COUNT];
    enum cause by_fields[CAUSE_COUNT];
    size_t n_by_fields;
    struct reply_codes codes;
    struct reply_patterns match, unless, context;
    struct reply_meaning meaning;   /* NULL: the receiver's or the cause's */
};

struct replies {
    struct tree *tree;              /* names and pages are its strings */
    struct reply_receiver receivers[REPLY_RECEIVERS_MAX];
    size_t n_receivers;
    struct reply_meaning causes[CAUSE_COUNT];
    struct reply_meaning unknown;   /* where no row holds; NULL: CAUSE_MAILBOX's */
    struct reply_field fields[CAUSE_COUNT];
    size_t n_fields;
    struct reply_patterns delayed;
    struct reply_row *rows;
    size_t n_rows, rows_capacity;
};

#endif
