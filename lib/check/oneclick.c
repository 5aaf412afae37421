/*
 * One-click unsubscription; see oneclick.h.
 */
#include "config.h"

#include "lib/check/oneclick.h"

/* Why the fields are not what RFC 8058 section 3.1 asks for; NULL where they are. */
static const char *find_problem(const struct message_facts *message)
{
    if (message->unsubscribe_fields == 0)
        return "there is no List-Unsubscribe field";
    if (message->unsubscribe_fields > 1)
        return "several List-Unsubscribe fields";
    if (message->unsubscribe.https == 0)
        return "no https: URI in List-Unsubscribe";
    if (message->unsubscribe.https + message->unsubscribe.http > 1)
        return "several web URIs in List-Unsubscribe";
    if (message->unsubscribe_post_fields == 0)
        return "there is no List-Unsubscribe-Post field";
    if (message->unsubscribe_post_fields > 1)
        return "several List-Unsubscribe-Post fields";
    return message->has_one_click_post ? NULL : "List-Unsubscribe-Post is not List-Unsubscribe=One-Click";
}

static bool is_covered_by(const struct dkim_result *signature)
{
    const struct dkim_names *covered = &signature->coverage.covered;

    return dkim_names_has(covered, "list-unsubscribe") && dkim_names_has(covered, "list-unsubscribe-post");
}

static enum fact_value is_covered(const struct dkim_results *dkim)
{
    enum fact_value some = fact_seen(false, dkim->skipped > 0 || dkim->is_over_limits);

    for (size_t i = 0; i < dkim->count; i++) {
        const struct dkim_result *signature = &dkim->items[i];
        if (!is_covered_by(signature))
            continue;
        some = fact_or(some, fact_seen(signature->result == AUTH_PASS, signature->result == AUTH_TEMPERROR));
    }
    return some;
}

/* What was not examined for the limits may be as it should; what is there too often, or not at all, is not. */
void oneclick_check(const struct message_facts *message, const struct dkim_results *dkim, struct oneclick *result_r)
{
    size_t fields = message->unsubscribe_fields, post_fields = message->unsubscribe_post_fields;
    bool is_unread = message->is_over_limits && fields > 0;

    result_r->problem = find_problem(message);
    result_r->has_unsubscribe = fact_seen(message->unsubscribe.count > 0, is_unread);
    result_r->is_valid = fact_seen(result_r->problem == NULL, is_unread && fields == 1 && post_fields == 1);
    if (result_r->is_valid != FACT_FALSE)
        result_r->problem = NULL;
    result_r->is_signed = fact_and(result_r->is_valid, is_covered(dkim));
}

void oneclick_findings(const struct oneclick *result, bool is_bulk, struct findings *findings)
{
    if (is_bulk && result->is_valid == FACT_FALSE)
        findings_add(findings, FINDING_ONE_CLICK_MISSING, "List-Unsubscribe", NULL, result->problem);
    if (result->is_valid == FACT_TRUE && result->is_signed == FACT_FALSE)
        findings_add(findings, FINDING_ONE_CLICK_UNSIGNED, "List-Unsubscribe", NULL, NULL);
}
