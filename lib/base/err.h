/*
 * The text of a failed operation, in the caller's own struct.  Lower case, names the thing, no full stop:
 * "cannot open 'receivers.conf': no such file".  What a check found is not an error but data.
 */
#ifndef PREFLIGHT_BASE_ERR_H
#define PREFLIGHT_BASE_ERR_H

struct err {
    char text[512];     /* always NUL-terminated once set; longer texts are cut */
};

/* Sets the text; err may be NULL.  Returns -1, so that "return err_set(err, ...)" reads well. */
int err_set(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before the text that is there; err may be NULL.  Returns -1. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
