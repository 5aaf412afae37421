/*
 * What has been explained in the log, so that each finding and subject is explained once an hour and not per message.
 * Bounded: the entry explained longest ago makes room.  Thread-safe.
 */
#ifndef PREFLIGHT_MILTER_EXPLAIN_H
#define PREFLIGHT_MILTER_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPLAIN_MAX 4096

struct explain;

struct explain *explain_new(size_t capacity);       /* 1..EXPLAIN_MAX entries */
void explain_free(struct explain **explain);

/*
 * Is an explanation due at now_ms (clock_ms())?  If so it counts as given then.
 * subject: untrusted; only its first 255 bytes tell subjects apart.
 */
bool explain_is_due(struct explain *explain, const char *finding, const char *subject, int64_t now_ms, int interval_ms);

#endif
