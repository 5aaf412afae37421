/*
 * The words of an HTML page, for notices that come as nothing else.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_BOUNCE_HTMLTEXT_H
#define PREFLIGHT_BOUNCE_HTMLTEXT_H

#include "lib/base/str.h"

/* Tags away, a line's end for each that ends a line, the common entities read, style and script left out. */
void htmltext_add(struct str *text, const char *html, size_t len);

#endif
