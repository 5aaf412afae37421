/*
 * The receivers that are built in, for tests that need one.
 */
#ifndef PREFLIGHT_T_KNOWN_H
#define PREFLIGHT_T_KNOWN_H

#include "lib/base/err.h"
#include "lib/judge/receivers.h"
#include "t/unit/unit.h"

static inline const struct receivers *known_receivers(void)
{
    static struct receivers *all;
    struct err err = { "" };

    if (all == NULL)
        all = receivers_load(NULL, &err);
    ck_assert_msg(all != NULL, "%s", err.text);
    return all;
}

static inline const struct receiver *known_receiver(const char *name)
{
    const struct receiver *receiver = receivers_find(known_receivers(), name);

    ck_assert_msg(receiver != NULL, "no receiver '%s'", name);
    return receiver;
}

#endif
