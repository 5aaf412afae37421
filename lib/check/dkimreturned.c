/*
 * Signatures of a message that came back; see dkimcheck.h.  Servers return the header only, cut the body, drop fields;
 * some sign what they send and keep what they were given.
 */
#include "config.h"

#include "lib/check/dkimcheck.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A key that does not fit is told by the signature alone; what the rest of a fail rests on, the copy may lack. */
static bool is_told(const struct dkim_result *item)
{
    return item->result != AUTH_FAIL || item->finding == FINDING_DKIM_WRONG_KEY;
}

/* The body that came back may not be the one that left. */
static void leave_out_body(struct dkim_result *item)
{
    static const char prefix[] = DKIMCHECK_OTHER_BODY ", and ";

    if (strncmp(item->reason, prefix, sizeof(prefix) - 1) != 0)
        return;
    char *rest = xstrdup(item->reason + sizeof(prefix) - 1);
    free(item->reason);
    item->reason = rest;
}

void dkimcheck_returned(struct dkim_results *results, bool is_as_sent)
{
    results->is_copy = true;
    for (size_t i = 0; i < results->count; i++) {
        struct dkim_result *item = &results->items[i];
        if (is_told(item)) {
            leave_out_body(item);
            continue;
        }
        bool is_expired = item->finding == FINDING_DKIM_EXPIRED;
        free(item->reason);
        item->reason = xstrdup(is_expired ? "the signature has expired since"
                                          : "its key is there; body or header came back not as they were signed");
        item->result = AUTH_TEMPERROR;
        item->finding = FINDING_DKIM_RETURNED;
    }
    if (results->count == 0 && !is_as_sent)
        results->skipped = 1;
}
