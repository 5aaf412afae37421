/*
 * Configuration files written by a test into a directory of its own, which conffile_done removes.
 */
#ifndef PREFLIGHT_T_CONFFILE_H
#define PREFLIGHT_T_CONFFILE_H

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/config/conf.h"
#include "lib/config/parse.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFFILE_HOST "mx.example.com"
#define CONFFILE_MAX 16

static char conffile_dir[256];
static char conffile_names[CONFFILE_MAX][300];
static int conffile_count;

static inline void conffile_start(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(conffile_dir, sizeof(conffile_dir), "%s/preflight-conf.XXXXXX", tmp == NULL ? "/tmp" : tmp);
    ck_assert_ptr_nonnull(mkdtemp(conffile_dir));
    conffile_count = 0;
}

static inline void conffile_done(void)
{
    for (int i = 0; i < conffile_count; i++)
        unlink(conffile_names[i]);
    rmdir(conffile_dir);
}

/* The path of a file in the directory; static until the next call but one. */
static inline const char *conffile_path(const char *name)
{
    static char paths[2][300];
    static int turn;
    ck_assert_msg(conffile_dir[0] != '\0', "no conffile_start()");
    turn = !turn;
    snprintf(paths[turn], sizeof(paths[turn]), "%.200s/%.60s", conffile_dir, name);
    return paths[turn];
}

static inline const char *conffile_write_bytes(const char *name, const char *data, size_t len)
{
    const char *path = conffile_path(name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
    for (int i = 0; i < conffile_count; i++) {
        if (strcmp(conffile_names[i], path) == 0)
            return path;
    }
    ck_assert_int_lt(conffile_count, CONFFILE_MAX);
    snprintf(conffile_names[conffile_count++], sizeof(conffile_names[0]), "%s", path);
    return path;
}

static inline const char *conffile_write(const char *name, const char *text)
{
    return conffile_write_bytes(name, text, strlen(text));
}

/* A configuration that must load. */
static inline struct conf *conffile_load(const char *text)
{
    struct err err = { "" };
    struct conf *conf = conf_load_as(conffile_write("main.conf", text), CONFFILE_HOST, &err);
    ck_assert_msg(conf != NULL, "%s\n%.400s", err.text, text);
    return conf;
}

/* The error of one that must not, without the directory's name; caller frees. */
static inline char *conffile_error(const char *text)
{
    struct err err = { "" };
    struct conf *conf = conf_load_as(conffile_write("main.conf", text), CONFFILE_HOST, &err);
    struct str shown = STR_EMPTY;
    size_t len = strlen(conffile_dir);

    ck_assert_msg(conf == NULL, "loaded: %.400s", text);
    for (const char *p = err.text; *p != '\0';) {
        if (strncmp(p, conffile_dir, len) == 0 && p[len] == '/')
            p += len + 1;
        else
            str_addc(&shown, *p++);
    }
    return str_steal(&shown);
}

/* What conf_print writes; caller frees. */
static inline char *conffile_print(const struct conf *conf)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    ck_assert_ptr_nonnull(stream);
    ck_assert_int_eq(conf_print(conf, stream), 0);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

#endif
