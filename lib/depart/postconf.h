/*
 * Postfix's settings as postconf(1) tells them: main.cf with every default, and the services of master.cf with what
 * their -o options change.  Values are expanded: no $name is left in them.
 * Immutable once read.  Not shared between threads.
 */
#ifndef PREFLIGHT_DEPART_POSTCONF_H
#define PREFLIGHT_DEPART_POSTCONF_H

#include <stdbool.h>
#include <stddef.h>

struct err;

struct postconf_setting {
    char *name, *value;
};

struct postconf_settings {
    struct postconf_setting *items;     /* by name */
    size_t count, capacity;
};

struct postconf_service {
    char *name;                         /* "smtp", "127.0.0.1:10025" */
    char *type;                         /* "inet", "unix", "pass" ... */
    char *command;                      /* "smtpd" */
    bool is_chrooted;
    struct postconf_settings own;       /* -o options, and settings of main.cf that are others because of them */
};

struct postconf {
    struct postconf_settings raw, settings;
    struct postconf_service *services;
    size_t n_services, capacity;
};

/* What postconf prints, in the order it is asked. */
enum postconf_question {
    POSTCONF_RAW,           /* postconf: main.cf and defaults as written */
    POSTCONF_EXPANDED,      /* postconf -x */
    POSTCONF_SERVICES,      /* postconf -M */
    POSTCONF_OVERRIDES,     /* postconf -Px */
    POSTCONF_QUESTIONS
};

#define POSTCONF_SETTINGS_MAX 20000     /* of one kind; services likewise: a file with more is refused */
#define POSTCONF_OUTPUT_MAX (4 * 1024 * 1024)

/* Asks postconf, of this directory or with NULL the standard one.  -1 with err; then there is nothing to clear. */
int postconf_read(const char *directory, struct postconf *postconf_r, struct err *err);

/* The same from what it printed. */
int postconf_parse(const char *const texts[POSTCONF_QUESTIONS], struct postconf *postconf_r, struct err *err);
void postconf_clear(struct postconf *postconf);

/* A setting as the service has it, or with NULL as main.cf has it; NULL where this Postfix has no such setting. */
const char *postconf_get(const struct postconf *postconf, const struct postconf_service *service, const char *name);

/* The same as text: "" where there is none. */
const char *postconf_text(const struct postconf *postconf, const struct postconf_service *service, const char *name);
bool postconf_is_yes(const struct postconf *postconf, const struct postconf_service *service, const char *name);

/* Does the service have a value of its own? */
bool postconf_has_own(const struct postconf_service *service, const char *name);

/* The words of a list, separated by white space and commas; { ... } is one word, without its braces. */
struct postconf_words {
    const char *rest;
};
/* The next word, or NULL at the end; caller frees. */
char *postconf_next_word(struct postconf_words *words);
bool postconf_has_word(const char *list, const char *word);

#endif
