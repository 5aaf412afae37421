/*
 * What Postfix does after the milter, for settings that a test tells in the section postfix.
 */
#ifndef PREFLIGHT_T_DEPARTFOR_H
#define PREFLIGHT_T_DEPARTFOR_H

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/depart/depart.h"
#include "t/unit/conffile.h"

#include <check.h>

/* settings: "smtp_line_length_limit = 20".  In the fixture of conffile.h; depart_free is the caller's. */
static inline struct depart *depart_for(const char *settings)
{
    struct str text = STR_EMPTY;
    struct err err = { "" };

    str_addf(&text, "postfix { %s }\n", settings);
    struct conf *conf = conffile_load(str_get(&text));
    struct depart *depart = depart_new(conf, &err);
    ck_assert_msg(depart != NULL, "%s", err.text);
    conf_unref(&conf);
    str_clear(&text);
    return depart;
}

#endif
