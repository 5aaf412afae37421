/*
 * From verdict to action, by the policy of the author domain; see policy.h.  Pure, thread-safe.
 */
#include "config.h"

#include "lib/judge/policy.h"
#include "lib/base/domain.h"

#include <assert.h>
#include <string.h>

/* Does a section's name stand for domain?  ".example.com" is every name below example.com, not itself. */
static bool is_section_for(const char *name, const char *domain)
{
    if (name[0] != '.')
        return strcmp(name, domain) == 0;
    size_t n = strlen(name), m = strlen(domain);
    return m > n && strcmp(domain + m - n, name) == 0;
}

/* The most special section: the name itself, else the longest suffix.  A name is longer than any suffix of it. */
static const struct conf_domain *find_section(const struct conf *conf, const char *domain)
{
    const struct conf_domain *best = NULL;

    for (size_t i = 0; i < conf->n_domains; i++) {
        const struct conf_domain *section = &conf->domains[i];
        if (is_section_for(section->name, domain) && (best == NULL || strlen(section->name) > strlen(best->name)))
            best = section;
    }
    return best;
}

enum action policy_action(const struct conf *conf, const char *author_domain, enum verdict verdict)
{
    char domain[DOMAIN_MAX];

    assert(verdict < VERDICT_COUNT);
    if (verdict == VERDICT_ACCEPT)
        return ACTION_ACCEPT;
    int action = conf->policy.action[verdict];
    if (author_domain != NULL && domain_normalize(author_domain, domain) == 0) {
        const struct conf_domain *section = find_section(conf, domain);
        if (section != NULL && section->policy.action[verdict] >= 0)
            action = section->policy.action[verdict];
    }
    assert(action >= 0 && action < ACTION_COUNT);
    if (conf->mode == MODE_OBSERVE && action > ACTION_LOG)
        return ACTION_LOG;
    return (enum action)action;
}
