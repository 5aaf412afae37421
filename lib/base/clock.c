/*
 * Time that does not jump; see clock.h.
 */
#include "config.h"

#include "lib/base/clock.h"

#include <assert.h>
#include <time.h>

int64_t clock_ms(void)
{
    struct timespec now;

    int rc = clock_gettime(CLOCK_MONOTONIC, &now);
    assert(rc == 0);
    (void)rc;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
