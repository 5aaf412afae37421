/*
 * What is known of a question that is answered by yes or no, since DNS may fail and not everything is asked.
 */
#ifndef PREFLIGHT_CHECK_FACTVALUE_H
#define PREFLIGHT_CHECK_FACTVALUE_H

#include <stdbool.h>

enum fact_value {
    FACT_FALSE, FACT_TRUE,
    FACT_UNKNOWN,       /* asked, and DNS failed or the limits were reached: may be either */
    FACT_UNEXAMINED     /* nobody asked for it */
};

static inline enum fact_value fact_of(bool is_true)
{
    return is_true ? FACT_TRUE : FACT_FALSE;
}

/* True wherever it is seen; false only where nothing is left unknown that could still make it true. */
static inline enum fact_value fact_seen(bool is_seen, bool is_unknown_left)
{
    if (is_seen)
        return FACT_TRUE;
    return is_unknown_left ? FACT_UNKNOWN : FACT_FALSE;
}

static inline enum fact_value fact_not(enum fact_value value)
{
    return value == FACT_TRUE ? FACT_FALSE : value == FACT_FALSE ? FACT_TRUE : value;
}

/* One that is false decides, then one that is unknown, then one that nobody examined. */
static inline enum fact_value fact_and(enum fact_value a, enum fact_value b)
{
    if (a == FACT_FALSE || b == FACT_FALSE)
        return FACT_FALSE;
    if (a == FACT_UNKNOWN || b == FACT_UNKNOWN)
        return FACT_UNKNOWN;
    return a == FACT_TRUE ? b : a;
}

static inline enum fact_value fact_or(enum fact_value a, enum fact_value b)
{
    return fact_not(fact_and(fact_not(a), fact_not(b)));
}

#endif
