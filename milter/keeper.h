/*
 * Keeps what traffic has shown in the state directory, in batches, and says in the log when that does not work, once,
 * and when it does again.  What cannot be kept stays in memory.  For one thread at a time.
 */
#ifndef PREFLIGHT_MILTER_KEEPER_H
#define PREFLIGHT_MILTER_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

struct keeper;
struct seen;

struct keeper *keeper_new(void);
void keeper_free(struct keeper **keeper);

/* In how many ms keeper_run has something to do; 0: now; -1: nothing.  now_ms: clock_ms(). */
int64_t keeper_due(const struct keeper *keeper, bool has_changes, int64_t now_ms);

/*
 * Writes what has changed to directory, "" for none; reads what was kept there first.  True where that was done: seen
 * has other domains now.
 */
bool keeper_run(struct keeper *keeper, const char *directory, struct seen *seen, int64_t now_ms);

#endif
