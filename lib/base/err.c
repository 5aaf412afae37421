/*
 * The text of a failed operation; see err.h.
 */
#include "config.h"

#include "lib/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, const char *fmt, ...)
{
    if (err == NULL)
        return -1;
    va_list ap;
    va_start(ap, fmt);
    if (vsnprintf(err->text, sizeof(err->text), fmt, ap) < 0)
        err->text[0] = '\0';
    va_end(ap);
    return -1;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
    if (err == NULL)
        return -1;
    char head[sizeof(err->text)];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(head, sizeof(head), fmt, ap);
    va_end(ap);
    if (n < 0)
        return -1;

    char whole[2 * sizeof(err->text) + 3];
    snprintf(whole, sizeof(whole), "%s: %s", head, err->text);
    whole[sizeof(err->text) - 1] = '\0';
    memcpy(err->text, whole, sizeof(err->text));
    return -1;
}
