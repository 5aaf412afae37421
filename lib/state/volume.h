/*
 * How many messages the last day has seen, per receiver and sending domain: in memory, gone with the process.
 * Bounded: beyond its room it forgets those that send least.  Reference-counted, thread-safe.
 */
#ifndef PREFLIGHT_STATE_VOLUME_H
#define PREFLIGHT_STATE_VOLUME_H

#include <stddef.h>
#include <stdint.h>

#define VOLUME_HOURS 24     /* the hour that runs, and those before it */

struct volume;

struct volume *volume_new(size_t room);     /* pairs of receiver and domain, at least; made a power of two */
struct volume *volume_ref(struct volume *volume);
void volume_unref(struct volume **volume);  /* NULL is fine */

/*
 * Counts one message, and gives how many there were in the last VOLUME_HOURS with it.
 * now_ms: clock_ms().
 */
uint32_t volume_add(struct volume *volume, const char *receiver, const char *domain, int64_t now_ms);

#endif
