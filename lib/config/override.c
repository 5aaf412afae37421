/*
 * An option set after loading; see conf_override in conf.h.
 */
#include "config.h"

#include "lib/config/conf.h"
#include "lib/config/options.h"
#include "lib/config/value.h"

#include <assert.h>

int conf_override(struct conf *conf, const char *section, const char *name, const char *value, struct err *err)
{
    const struct option *option = option_find(section, name);

    assert(option != NULL && conf->refs == 1);
    if (value_check(option, value, err) < 0)
        return -1;
    value_clear(option, conf);
    return value_set(option, conf, value, err);
}
