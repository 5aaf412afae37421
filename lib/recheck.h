/*
 * Is the cause of a refusal still there?  Judges a message that came back in a bounce as if it left today, by what its
 * copy can tell.  For milter/ and cli/, like lib/preflight.h.
 */
#ifndef PREFLIGHT_RECHECK_H
#define PREFLIGHT_RECHECK_H

#include "lib/bounce/bounce.h"
#include "lib/judge/reply.h"
#include "lib/preflight.h"
#include "lib/report/explained.h"

/*
 * The report of an original, judged for its sender and for all whose refusal returned it.  What body, header or
 * signature lack is taken as lost on the way back, and makes a result unknown, never a failure.
 * NULL with err where it cannot be read.  The caller frees it with report_free.
 */
struct report *recheck_judge(struct preflight *preflight, const struct bounces *bounces,
                             const struct bounce_original *original, struct err *err);

/* What the report says of a cause.  why_r: adds one line, untrusted bytes escaped. */
enum recheck_answer recheck_cause(const struct report *report, const struct bounce_original *original,
                                  enum cause cause, struct str *why_r);

#endif
