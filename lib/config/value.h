/*
 * One value of an option, by its type: from text, to text.  Pure functions over rows of the table, thread-safe.
 * base is the struct that the row's offset counts in; it was zeroed before the first use.
 */
#ifndef PREFLIGHT_CONFIG_VALUE_H
#define PREFLIGHT_CONFIG_VALUE_H

#include "lib/config/options.h"

#include <stdbool.h>
#include <stddef.h>

struct err;
struct str;

/*
 * Sets the option, or appends to it where it is a list.
 * -1 with err "'x' is not ..." or "must be between ..."; base is then as it was.
 */
int value_set(const struct option *option, void *base, const char *text, struct err *err);

/* What value_set would say, setting nothing. */
int value_check(const struct option *option, const char *text, struct err *err);

/* False of what a domain's policy leaves open, true of all else. */
bool value_is_set(const struct option *option, const void *base);

/* How many values there are: 1 but for lists; and one of them as plain text. */
size_t value_count(const struct option *option, const void *base);
void value_text(const struct option *option, const void *base, size_t i, struct str *out);

/* Adds the value as it would be written in a file; a list with its braces. */
void value_print(const struct option *option, const void *base, struct str *out);

/* Adds "MIN and MAX" in the option's unit, "100ms and 1m". */
void value_print_bounds(const struct option *option, struct str *out);

/* Frees what value_set allocated. */
void value_clear(const struct option *option, void *base);

bool option_is_list(const struct option *option);


/* Adds text in double quotes, so that libconfuse reads exactly it again. */
void value_print_quoted(const char *text, struct str *out);

#endif
