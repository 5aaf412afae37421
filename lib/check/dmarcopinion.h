/*
 * What libopendmarc says of a message, since receivers run it; behind guards, for it crashes on some records.
 * Immutable once made, and libopendmarc locks what it shares: any number of threads may ask.
 */
#ifndef PREFLIGHT_CHECK_DMARCOPINION_H
#define PREFLIGHT_CHECK_DMARCOPINION_H

#include "lib/check/result.h"

#include <stddef.h>

struct dmarcopinion;

/* list_file: the public suffix list as text, or NULL.  libopendmarc keeps one for the process: the first one stays. */
struct dmarcopinion *dmarcopinion_new(const char *list_file);
void dmarcopinion_free(struct dmarcopinion **opinion);

struct dmarcopinion_identity {
    const char *domain;             /* normalized; NULL or "": none */
    enum auth_result result;
};

struct dmarcopinion_question {
    const char *author;             /* normalized, not empty */
    const char *org;                /* whose record it is, NULL where the author's own: it uses sp whenever set */
    const char *record;
    struct dmarcopinion_identity spf;
    const struct dmarcopinion_identity *dkim;
    size_t n_dkim;
};

/*
 * "pass", "reject", "quarantine", "none", or "absent" where it finds the record unusable; what it reads as pct=0
 * weakens the policy one step.  Static.  NULL where it is not safe, or of no use, to ask.
 */
const char *dmarcopinion_ask(const struct dmarcopinion *opinion, const struct dmarcopinion_question *question);

#endif
