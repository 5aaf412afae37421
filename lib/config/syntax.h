/*
 * What the strings of a configuration may look like: each function gives the form that is stored, caller frees,
 * or NULL where the text is not one.  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_CONFIG_SYNTAX_H
#define PREFLIGHT_CONFIG_SYNTAX_H

#include <stdbool.h>

struct err;
struct ip_addr;

char *syntax_line(const char *text);        /* anything of one line, at most 1000 bytes; "" too */
char *syntax_item(const char *text);        /* the same, not "" */
char *syntax_domain(const char *text);      /* a domain name, normalized */
char *syntax_domains(const char *text);     /* a domain name or ".domain", normalized */
char *syntax_pattern(const char *text);     /* "user@domain", "@domain", "@.domain", lower case; "<>" */
char *syntax_socket(const char *text);      /* of libmilter, unix: becomes local: */
char *syntax_server(const char *text);      /* "ADDR" or "ADDR@PORT" */
char *syntax_table(const char *text);       /* of Postfix, "type:name" */
char *syntax_label(const char *text);       /* letters, digits, '-', '_', '.', at most 64: what a log line can hold */

/* Sets "'TEXT' WHY", the text escaped and cut; err may be NULL.  Always -1. */
int syntax_refuse(struct err *err, const char *text, const char *why);

/* Takes the form that one of the above made of the text: 0, or refuses where it is NULL. */
int syntax_accept(char *form, const char *text, const char *why, struct err *err);

/* Neither unspecified nor multicast nor broadcast. */
bool is_unicast(const struct ip_addr *addr);

#endif
