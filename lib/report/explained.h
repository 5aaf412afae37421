/*
 * Refusals and what they mean, as text and as JSON.  Borrows its arguments.  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_REPORT_EXPLAINED_H
#define PREFLIGHT_REPORT_EXPLAINED_H

#include "lib/base/str.h"
#include "lib/bounce/bounce.h"
#include "lib/judge/reply.h"
#include "lib/report/report.h"

#include <stdbool.h>
#include <stddef.h>

/* Is the cause still there today? */
enum recheck_answer { RECHECK_CANNOT_BE_TOLD, RECHECK_STILL_THERE, RECHECK_MENDED };
const char *recheck_answer_name(enum recheck_answer answer);    /* "still there", "mended", "cannot be told" */

struct explained {
    const struct bounce *bounce;
    struct explanation meaning;
    const struct report *today;     /* of the message that came back; NULL: not judged, and no answer */
    enum recheck_answer answer;
    char *reason;                   /* why so; one line, escaped */
};

/* The first that is permanent, else the first.  count > 0. */
const struct explained *explained_worst(const struct explained *items, size_t count);

/* JSON, one object with a final newline: the worst; with several also "replies", all of them.  Caller frees. */
char *report_json_explained(const struct explained *items, size_t count);

/* For people: recipients that were refused alike stand together.  left_out: refusals that were not kept. */
void report_text_explained(const struct explained *items, size_t count, size_t left_out, bool is_color,
                           struct str *text_r);

#endif
