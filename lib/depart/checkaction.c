/*
 * The actions of header and body checks; see checkaction.h.
 */
#include "config.h"

#include "lib/depart/checkaction.h"

#include <string.h>
#include <strings.h>

static const struct { const char *name; enum check_action action; } actions[] = {
    { "IGNORE", CHECK_ACTION_REMOVE }, { "STRIP", CHECK_ACTION_REMOVE }, { "REPLACE", CHECK_ACTION_REPLACE },
    { "PREPEND", CHECK_ACTION_PREPEND },
};

enum check_action checkaction_read(const char *answer, const char **text_r)
{
    size_t len = strcspn(answer, " \t");

    *text_r = answer + len + strspn(answer + len, " \t\r\n\v\f");
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strlen(actions[i].name) == len && strncasecmp(answer, actions[i].name, len) == 0)
            return actions[i].action;
    }
    return CHECK_ACTION_NONE;
}
