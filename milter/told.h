/*
 * What has been explained in the log, so that each finding and subject is explained once an hour and not per message.
 * Bounded: the entry explained longest ago makes room.  Thread-safe.
 */
#ifndef PREFLIGHT_MILTER_TOLD_H
#define PREFLIGHT_MILTER_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOLD_MAX 4096

struct told;

struct told *told_new(size_t capacity);       /* 1..TOLD_MAX entries */
void told_free(struct told **told);

/*
 * Is an explanation due at now_ms (clock_ms())?  If so it counts as given then.
 * subject: untrusted; only its first 255 bytes tell subjects apart.
 */
bool told_is_due(struct told *told, const char *finding, const char *subject, int64_t now_ms, int interval_ms);

#endif
