/*
 * Advice for a mistyped option.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_CONFIG_SUGGEST_H
#define PREFLIGHT_CONFIG_SUGGEST_H

#include <stddef.h>

struct str;
struct tree_kind;

/*
 * Adds ", did you mean 'helo'?" where a name of the section is at most two edits away, or
 * ", it belongs in section 'dns'" where another section has it; else nothing.
 * kinds: as in tree.h; section: a kind's name, "" for the top level.
 */
void suggest_option(const struct tree_kind *kinds, const char *section, const char *name, struct str *out);

/* Adds ", did you mean 'spf-pass'?" where one of the n candidates is at most two edits away. */
void suggest_name(const char *const *candidates, size_t n, const char *name, struct str *out);

#endif
