/*
 * The report's life, and what is derived from it; see report.h.  Owned by one thread.
 */
#include "config.h"

#include "lib/report/report.h"

#include "lib/judge/receivers.h"

#include <stdlib.h>

void report_free(struct report **report)
{
    struct report *r = *report;

    if (r == NULL)
        return;
    for (size_t i = 0; i < r->n_spf; i++)
        spf_result_clear(&r->spf[i]);
    for (size_t i = 0; i < r->n_predictions; i++)
        prediction_clear(&r->predictions[i]);
    dkim_results_clear(&r->dkim);
    findings_clear(&r->findings);
    free(r->spf);
    free(r->predictions);
    receivers_unref(&r->receivers);
    free(r->queue_id);
    free(r->sender);
    free(r->sender_as_sent);
    free(r->author_domain);
    free(r->egress);
    free(r->trouble);
    free(r);
    *report = NULL;
}

const struct spf_result *report_worst_spf(const struct report *report)
{
    return spf_worst(report->spf, report->n_deciding);
}

enum auth_result report_spf(const struct report *report)
{
    const struct spf_result *worst = report_worst_spf(report);

    if (worst != NULL)
        return worst->result;
    return findings_has(&report->findings, FINDING_EGRESS_UNKNOWN) ? AUTH_TEMPERROR : AUTH_NONE;
}

const struct prediction *report_worst_prediction(const struct report *report)
{
    static const struct prediction nobody = { .outcome = VERDICT_ACCEPT };
    const struct prediction *worst = &nobody;

    for (size_t i = 0; i < report->n_predictions; i++) {
        if (worst == &nobody || report->predictions[i].outcome > worst->outcome)
            worst = &report->predictions[i];
    }
    return worst;
}
