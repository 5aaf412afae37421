/*
 * JSON as lib/report makes it, for its files beside json.c, which alone includes jansson.h.
 * What is put into an object or an array belongs to it.  Texts may be any bytes; what is no UTF-8 is escaped.
 */
#ifndef PREFLIGHT_REPORT_JSONVALUE_H
#define PREFLIGHT_REPORT_JSONVALUE_H

#include <stdbool.h>
#include <stdint.h>

struct findings;
struct json_t;
struct spf_result;

struct json_t *jsonvalue_object(void);
struct json_t *jsonvalue_array(void);
void jsonvalue_put(struct json_t *object, const char *key, struct json_t *value);
void jsonvalue_append(struct json_t *array, struct json_t *value);
void jsonvalue_append_text(struct json_t *array, const char *text);

void jsonvalue_put_text(struct json_t *object, const char *key, const char *text);  /* nothing where NULL */
void jsonvalue_put_known(struct json_t *object, const char *key, const char *text); /* nor where "" */
void jsonvalue_put_count(struct json_t *object, const char *key, uint64_t count);
void jsonvalue_put_real(struct json_t *object, const char *key, double value);
void jsonvalue_put_bool(struct json_t *object, const char *key, bool value);

/* Parts of a report. */
struct json_t *jsonvalue_findings(const struct findings *findings);
struct json_t *jsonvalue_spf(const struct spf_result *spf);     /* without aligned */

/* Indented, with a final newline.  Frees the value; the caller frees the text. */
char *jsonvalue_print(struct json_t *value);

#endif
