/*
 * The lexical pieces of RFC 5322 section 3.2 that all structured fields share.  Pure, thread-safe.
 * Each takes a NUL-terminated text and walks it without recursion.
 */
#ifndef PREFLIGHT_MESSAGE_LEX_H
#define PREFLIGHT_MESSAGE_LEX_H

#include <stdbool.h>
#include <stddef.h>

/* atext, with every byte of UTF-8 (RFC 6532). */
bool is_atext(char c);

/* Length of a field's name without the white space before the colon, which is obsolete but read (section 4.5). */
size_t lex_name_length(const char *name, size_t len);

/* Past comments, nested to any depth, and white space with folds.  An open comment takes all that is left. */
const char *lex_skip_cfws(const char *p);

/* Past a quoted string whose '"' is at p; likewise where it is not closed. */
const char *lex_skip_quoted(const char *p);

/* Past the encoded word (RFC 2047 section 2) at p, whatever it holds but white space; NULL where there is none. */
const char *lex_skip_encoded_word(const char *p);

/* Does a word of the text begin as an encoded word?  Comments and quoted strings do not count.  Linear. */
bool has_encoded_word(const char *text);

#endif
