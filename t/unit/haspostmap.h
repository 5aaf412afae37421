/*
 * Is there a postmap(1) to ask?
 */
#ifndef PREFLIGHT_T_HASPOSTMAP_H
#define PREFLIGHT_T_HASPOSTMAP_H

#include "lib/base/command.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline bool has_postmap(void)
{
    char *program = command_find("postmap");
    bool is_there = strcmp(program, "postmap") != 0 || access("/usr/sbin/postmap", X_OK) == 0;

    free(program);
    return is_there;
}

#endif
