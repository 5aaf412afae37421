/*
 * From verdict to action, by the policy of the author domain; see policy.h.  Pure, thread-safe.
 */
#include "config.h"

#include "lib/judge/policy.h"

#include <assert.h>

enum action policy_action(const struct conf *conf, const char *author_domain, enum verdict worst, enum verdict mildest)
{
    const struct conf_domain *section = conf_find_domain(conf, author_domain);
    int recipients = conf->policy.recipients;

    assert(worst < VERDICT_COUNT && mildest <= worst);
    if (section != NULL && section->policy.recipients >= 0)
        recipients = section->policy.recipients;
    enum verdict verdict = recipients == RECIPIENTS_ALL ? mildest : worst;
    if (verdict == VERDICT_ACCEPT)
        return ACTION_ACCEPT;
    int action = conf->policy.action[verdict];
    if (section != NULL && section->policy.action[verdict] >= 0)
        action = section->policy.action[verdict];
    assert(action >= 0 && action < ACTION_COUNT);
    if (conf->mode == MODE_OBSERVE && action > ACTION_LOG)
        return ACTION_LOG;
    return (enum action)action;
}
