/*
 * Perl-compatible regular expressions for texts nobody can vouch for: letters of any case, bytes and not characters,
 * and a bound on the work that one text can make.
 * A pattern is immutable and thread-safe; a matcher belongs to one thread.
 */
#ifndef PREFLIGHT_JUDGE_PATTERN_H
#define PREFLIGHT_JUDGE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

struct pattern;
struct matcher;
struct err;

/* NULL with err "at character 7: missing closing parenthesis". */
struct pattern *pattern_new(const char *text, struct err *err);
void pattern_free(struct pattern **pattern);

struct matcher *matcher_new(void);
void matcher_free(struct matcher **matcher);

/*
 * Is there a match anywhere in the text?  False too where finding out would take too long; a matcher that met that a
 * few times finds nothing any more.
 */
bool matcher_finds(struct matcher *matcher, const struct pattern *pattern, const char *text, size_t len);

#endif
