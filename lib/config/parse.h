/*
 * A configuration file into a struct conf, through libconfuse.  For one thread at a time: libconfuse's lexer is global.
 */
#ifndef PREFLIGHT_CONFIG_PARSE_H
#define PREFLIGHT_CONFIG_PARSE_H

struct conf;
struct err;

/*
 * Sets every option that has a default or is in the file (path NULL: defaults only) in the zeroed conf.
 * -1 with err "FILE:LINE: ..."; conf then holds nothing.
 */
int parse_file(const char *path, struct conf *conf, struct err *err);

/* As conf_load, of a host with this name. */
struct conf *conf_load_as(const char *path, const char *hostname, struct err *err);

#endif
