/*
 * The text of a configuration file, checked before libconfuse sees it.
 *
 * libconfuse 3.3 takes an unterminated string, comment or section for the end of the file and drops the rest in
 * silence, skips stray characters, counts a line too many per C comment, and leaks on a malformed include().  So
 * comments are blanked here, and such texts refused.
 * Pure but for reading the file, thread-safe.
 */
#ifndef PREFLIGHT_CONFIG_SOURCE_H
#define PREFLIGHT_CONFIG_SOURCE_H

struct err;
struct str;

#define SOURCE_MAX (1024 * 1024)    /* bytes of a file */

/* Adds the file's text to text.  -1 with err "cannot open 'X': no such file or directory", "'X' is larger than ...". */
int source_read(const char *path, struct str *text, struct err *err);

/* The path as seen from the directory of the file it is written in; caller frees. */
char *source_beside(const char *file, const char *path);

/* Blanks the comments in place, keeping the lines.  -1 with err "PATH:LINE: ..." where the text is refused. */
int source_check(struct str *text, const char *path, struct err *err);

#endif
