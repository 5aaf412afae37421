/*
 * The fields by which a reader leaves a list: List-Unsubscribe (RFC 2369) and List-Unsubscribe-Post (RFC 8058).
 * Pure, thread-safe.
 */
#ifndef PREFLIGHT_MESSAGE_UNSUBSCRIBE_H
#define PREFLIGHT_MESSAGE_UNSUBSCRIBE_H

#include <stdbool.h>
#include <stddef.h>

struct unsubscribe_uris {
    size_t count;           /* all; with any scheme */
    size_t https, http;     /* with a host */
};

/*
 * The URIs of a List-Unsubscribe: each in <>, folds and white space in it ignored, comments and what else stands
 * between them too (RFC 2369 section 2).  What has no scheme or holds bytes that no URI has is none.
 */
void unsubscribe_read(const char *value, struct unsubscribe_uris *uris_r);

/*
 * Is the value of a List-Unsubscribe-Post what RFC 8058 section 3.1 asks for, "List-Unsubscribe=One-Click"?  Any case,
 * as in ABNF.
 */
bool is_one_click_post(const char *value);

#endif
