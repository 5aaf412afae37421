/*
 * Author domains that belong to a mailbox provider: nobody else can authenticate mail from them.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_PROVIDER_H
#define PREFLIGHT_CHECK_PROVIDER_H

#include <stdbool.h>

/* domain: normalized.  The providers' own domains themselves, nothing below them. */
bool is_mailbox_domain(const char *domain);

#endif
