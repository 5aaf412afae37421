/*
 * A whole file in memory.  Thread-safe.
 */
#ifndef PREFLIGHT_BASE_WHOLEFILE_H
#define PREFLIGHT_BASE_WHOLEFILE_H

#include <stddef.h>

struct err;
struct stat;

/*
 * The bytes of a regular file, in one piece of memory that nothing else has seen, with a NUL behind them; caller frees.
 * Never waits.  st_r: its owner and mode; may be NULL.  NULL with err, "cannot open 'x': no such file or directory".
 */
char *wholefile_read(const char *path, size_t max, size_t *len_r, struct stat *st_r, struct err *err);

#endif
