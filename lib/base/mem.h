/*
 * Allocation that never returns NULL: out of memory ends the process (abort), the MTA's
 * milter_default_action then decides about the mail in hand.  All results are freed with free().
 * Bound what comes from outside before allocating for it.  Thread-safe.
 */
#ifndef PREFLIGHT_BASE_MEM_H
#define PREFLIGHT_BASE_MEM_H

#include <stddef.h>

void *xmalloc(size_t size);                 /* size 0 gives a valid pointer */
void *xcalloc(size_t count, size_t size);   /* zeroed; aborts on overflow */
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);               /* NULL gives NULL */
char *xstrndup(const char *s, size_t len);  /* stops at len or NUL */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Room for one more element in array[count]: grows by doubling, zeroes what is new.
 * Use as: list = xgrow(list, n, &cap, sizeof(*list)); list[n++] = ...;
 */
void *xgrow(void *array, size_t count, size_t *capacity, size_t element);

#endif
