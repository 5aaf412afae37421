/*
 * The recipients of one message: their domains, and what their receivers are predicted to answer.
 * The engine's inside.  A message belongs to one thread at a time.
 */
#ifndef PREFLIGHT_RECIPIENTS_H
#define PREFLIGHT_RECIPIENTS_H

#include "lib/engine.h"
#include "lib/judge/fact.h"
#include "lib/report/report.h"

struct recipients {
    char **domains;                 /* distinct, not local, at most limits.recipients */
    const struct receiver **receivers;  /* theirs, once found; NULL where DNS failed */
    bool *is_bulk;                  /* theirs, once found: the measured volume makes it bulk mail there */
    size_t n_domains;
    size_t count, local;            /* named so far; of them those that stay here */
    bool has_unnamed;               /* some name no domain: address literals and the like */
    bool has_more;                  /* some are in domains over the limit, of which nobody knows who receives */
};

/* Adds one and, with ask, starts asking for its receiver.  recipient: without <>. */
void recipients_add(struct recipients *recipients, const struct preflight *pf, const char *recipient, bool ask);
void recipients_clear(struct recipients *recipients);

/* Who receives for each domain: waits for DNS, so it comes before what may be left out of the budget. */
void recipients_find(struct recipients *recipients, const struct preflight *pf, struct dns_budget *budget);

/*
 * Adds the message to the measured volume of each receiver.  After recipients_find, at most once.
 * True where that makes it bulk mail at one that asks such mail for a way to unsubscribe: volume alone does not tell
 * newsletters from invoices.  author_domain: normalized; "" where unknown.
 */
bool recipients_count(struct recipients *recipients, const struct preflight *pf, const char *author_domain);

/* What the predictions are made of beside the recipients. */
struct forecast {
    const struct facts *facts;      /* FACT_BULK is without the measured volume */
    const char *author_domain;      /* as for recipients_count */
};

/*
 * Fills report's predictions and verdict out of its findings; *mildest_r is the mildest outcome of all.
 * After recipients_find.
 */
void recipients_predict(const struct recipients *recipients, const struct preflight *pf,
                        const struct forecast *forecast, struct report *report, enum verdict *mildest_r);

#endif
