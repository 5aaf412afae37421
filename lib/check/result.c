/*
 * Result names of RFC 8601; see result.h.
 */
#include "config.h"

#include "lib/check/result.h"

#include <assert.h>
#include <string.h>

static const char *const names[AUTH_RESULT_COUNT] = {
    [AUTH_NONE] = "none",
    [AUTH_PASS] = "pass",
    [AUTH_FAIL] = "fail",
    [AUTH_SOFTFAIL] = "softfail",
    [AUTH_NEUTRAL] = "neutral",
    [AUTH_POLICY] = "policy",
    [AUTH_TEMPERROR] = "temperror",
    [AUTH_PERMERROR] = "permerror",
};

const char *auth_result_name(enum auth_result result)
{
    assert(result < AUTH_RESULT_COUNT);
    return names[result];
}

int auth_result_parse(const char *name)
{
    for (int i = 0; i < AUTH_RESULT_COUNT; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return -1;
}
