/*
 * From verdict to action: the only place that decides it.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_JUDGE_POLICY_H
#define PREFLIGHT_JUDGE_POLICY_H

#include "lib/config/conf.h"

/*
 * author_domain picks the domain section: the same name first, then the longest ".suffix"; what it leaves unset is
 * the global policy's.  In observe mode the worst that can come out is ACTION_LOG.
 */
enum action policy_action(const struct conf *conf, const char *author_domain, enum verdict verdict);

#endif
