/*
 * From verdict to action: the only place that decides it.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_JUDGE_POLICY_H
#define PREFLIGHT_JUDGE_POLICY_H

#include "lib/config/conf.h"

/*
 * worst, mildest: of the recipients' predictions.  The worst is acted on, but under "recipients = all" the mildest.
 * The domain section of author_domain goes first; what it leaves unset is the global policy's.
 * In observe mode the worst that can come out is ACTION_LOG.
 */
enum action policy_action(const struct conf *conf, const char *author_domain, enum verdict worst, enum verdict mildest);

#endif
