/*
 * The table of options: one row each, read by the parser, by the dump and by the tests that hold the manual to it.
 */
#ifndef PREFLIGHT_CONFIG_OPTIONS_H
#define PREFLIGHT_CONFIG_OPTIONS_H

#include <stddef.h>

enum option_type {
    OPTION_STRING,      /* char *, "" where unset; with choices one of them */
    OPTION_PATH,        /* char *, "" where unset; relative to the directory of the file it is written in */
    OPTION_SOCKET,      /* char *, "local:PATH", "inet:PORT[@HOST]" or "inet6:PORT@HOST" */
    OPTION_DOMAIN,      /* char *, one normalized domain name */
    OPTION_BOOL,        /* bool */
    OPTION_INT,         /* int, min..max */
    OPTION_LIMIT,       /* likewise, or "auto", which is -1 */
    OPTION_MODE,        /* int, octal permission bits */
    OPTION_DURATION,    /* int milliseconds; units ms s m h d; a bare number is seconds */
    OPTION_SECONDS,     /* int seconds, written as a duration; min and max in seconds */
    OPTION_SIZE,        /* int bytes; units k m */
    OPTION_CHOICE,      /* int, index into choices */
    OPTION_STRINGS,     /* struct conf_strings */
    OPTION_DOMAINS,     /* struct conf_strings of normalized domains, ".domain" allowed */
    OPTION_SELECTORS,   /* struct conf_strings of normalized selectors */
    OPTION_PATTERNS,    /* struct conf_strings of address patterns */
    OPTION_SERVERS,     /* struct conf_strings of "ADDR" or "ADDR@PORT" */
    OPTION_TABLES,      /* struct conf_strings of Postfix's tables, "type:name" */
    OPTION_ADDRESSES,   /* struct ip_addr *, size_t */
    OPTION_NETWORKS     /* struct ip_net *, size_t */
};

struct option {
    const char *section;            /* "" for the top level, "egress", "outgoing", "policy", "domain", ... */
    const char *name;
    enum option_type type;
    size_t offset;                  /* in struct conf, conf_egress, conf_policy or conf_domain */
    size_t count_offset;            /* of the count, for ADDRESSES and NETWORKS only */
    const char *standard;           /* the default as it would be written in a file; NULL: none */
    long min, max;
    const char *const *choices;     /* NULL-terminated */
    const char *help;               /* one line */
};

extern const struct option options[];       /* ends with a row whose name is NULL; sections are contiguous */

/* The row of an option, or NULL where there is none. */
const struct option *option_find(const char *section, const char *name);

#endif
