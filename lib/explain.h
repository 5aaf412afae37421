/*
 * What came back, explained: the engine's door for preflight explain and for reports on logs.
 * Owned by one thread.
 */
#ifndef PREFLIGHT_EXPLAIN_H
#define PREFLIGHT_EXPLAIN_H

#include "lib/bounce/bounce.h"
#include "lib/config/conf.h"
#include "lib/judge/reply.h"
#include "lib/preflight.h"
#include "lib/report/explained.h"

#include <stddef.h>

struct err;

struct explain {
    struct replies *replies;    /* one reference */
    struct bounces bounces;
    struct explained *items;    /* one for each bounce, in their order, but for bare replies that refuse nothing */
    size_t count;               /* > 0 */
    struct report **reports;    /* explain_recheck's */
    size_t n_reports;
};

/*
 * Reads what bounces_read() reads and explains it by the patterns that the configuration names.  A text that is known
 * to be a reply, is_reply, is taken for one where nothing else can be read in it.
 * NULL with err where nothing in the text was refused, or the patterns cannot be read.
 */
struct explain *explain_new(const struct conf *conf, const char *text, size_t len, bool is_reply, struct err *err);
void explain_free(struct explain **explain);

/*
 * Judges what came back of each message as if it left today, and says of its refusals whether their cause is still
 * there.  Of an mbox full of them the first EXPLAIN_RECHECKS_MAX messages.  -1 with err where one cannot be read.
 */
#define EXPLAIN_RECHECKS_MAX 50
int explain_recheck(struct explain *explain, struct preflight *preflight, struct err *err);

#endif
