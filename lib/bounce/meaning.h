/*
 * What answers mean and whose servers give them, asked once for answers that differ only in what is different each
 * time: ids, addresses, numbers.  Bounded: a new one takes an old one's place.  Not shared between threads.
 */
#ifndef PREFLIGHT_BOUNCE_MEANING_H
#define PREFLIGHT_BOUNCE_MEANING_H

#include "lib/bounce/join.h"

#include <stdbool.h>
#include <stdint.h>

struct meaning;

/* Borrows tally and judges. */
struct meaning *meaning_new(struct tally *tally, const struct join_judges *judges);
void meaning_free(struct meaning **meaning);

/* The tally's row of a delivery's receiver: by the server's name; without one, the recipient's domain. */
uint32_t meaning_receiver(struct meaning *meaning, const struct maillog *line, bool *is_known_r);

/* Why a delivery was refused or deferred, and the tally's problem that it belongs to. */
enum cause meaning_cause(struct meaning *meaning, const struct maillog *line, uint32_t receiver, int *problem_r);

#endif
