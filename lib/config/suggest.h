/*
 * Advice for a mistyped option.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_CONFIG_SUGGEST_H
#define PREFLIGHT_CONFIG_SUGGEST_H

struct str;

/*
 * Adds ", did you mean 'helo'?" where a name of the section is at most two edits away, or
 * ", it belongs in section 'dns'" where another section has it; else nothing.  section: "" for the top level.
 */
void suggest_option(const char *section, const char *name, struct str *out);

#endif
