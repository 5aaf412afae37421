/*
 * Time that does not jump, for deadlines; the wall clock is time(2).  Thread-safe.
 */
#ifndef PREFLIGHT_BASE_CLOCK_H
#define PREFLIGHT_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_ms(void);     /* CLOCK_MONOTONIC, milliseconds */

#endif
