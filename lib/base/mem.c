/*
 * Allocation that never returns NULL; see mem.h.  Thread-safe.
 */
#include "config.h"

#include "lib/base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p)
{
    if (p == NULL)
        abort();
    return p;
}

void *xmalloc(size_t size)
{
    return checked(malloc(size == 0 ? 1 : size));
}

void *xcalloc(size_t count, size_t size)
{
    if (count == 0 || size == 0)
        count = size = 1;
    return checked(calloc(count, size));
}

void *xrealloc(void *p, size_t size)
{
    return checked(realloc(p, size == 0 ? 1 : size));
}

char *xstrdup(const char *s)
{
    return s == NULL ? NULL : checked(strdup(s));
}

char *xstrndup(const char *s, size_t len)
{
    return checked(strndup(s, len));
}

char *xasprintf(const char *fmt, ...)
{
    char *s = NULL;
    va_list ap;

    va_start(ap, fmt);
    int n = vasprintf(&s, fmt, ap);
    va_end(ap);
    return n < 0 ? checked(NULL) : s;
}

void *xgrow(void *array, size_t count, size_t *capacity, size_t element)
{
    if (count < *capacity)
        return array;
    size_t want = *capacity == 0 ? 8 : *capacity * 2;
    if (want > SIZE_MAX / element)
        abort();
    array = xrealloc(array, want * element);
    memset((char *)array + *capacity * element, 0, (want - *capacity) * element);
    *capacity = want;
    return array;
}
