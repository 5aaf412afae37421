/*
 * Facts out of the checks' results; see fact.h.  What DNS did not answer in time is unknown, never false.
 * Pure, thread-safe.
 */
#include "config.h"

#include "lib/judge/fact.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define CHECKS_SPF (CHECK_SPF | CHECK_EGRESS)      /* whose address is not known passes nowhere for certain */
#define CHECKS_DMARC (CHECKS_SPF | CHECK_DKIM | CHECK_DMARC)

static const struct { const char *name; unsigned checks; } rows[FACT_COUNT] = {
    [FACT_SPF_PASS] = { "spf-pass", CHECKS_SPF },
    [FACT_SPF_FAIL] = { "spf-fail", CHECKS_SPF },
    [FACT_SPF_SOFTFAIL] = { "spf-softfail", CHECKS_SPF },
    [FACT_SPF_NONE] = { "spf-none", CHECKS_SPF },
    [FACT_SPF_PERMERROR] = { "spf-permerror", CHECKS_SPF },
    [FACT_DKIM_PASS] = { "dkim-pass", CHECK_DKIM },
    [FACT_DKIM_SIGNED] = { "dkim-signed", CHECK_DKIM },
    [FACT_DMARC_RECORD] = { "dmarc-record", CHECKS_DMARC },
    [FACT_DMARC_PASS] = { "dmarc-pass", CHECKS_DMARC },
    [FACT_DMARC_FAIL] = { "dmarc-fail", CHECKS_DMARC },
    [FACT_POLICY_REJECT] = { "policy-reject", CHECKS_DMARC },
    [FACT_POLICY_QUARANTINE] = { "policy-quarantine", CHECKS_DMARC },
    [FACT_FROM_MISSING] = { "from-missing", CHECK_MESSAGE },
    [FACT_FROM_MULTIPLE] = { "from-multiple", CHECK_MESSAGE },
};

const char *fact_name(enum fact_id id)
{
    assert(id < FACT_COUNT);
    return rows[id].name;
}

int fact_find(const char *name)
{
    for (int i = 0; i < FACT_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return i;
    }
    return -1;
}

unsigned fact_checks(enum fact_id id)
{
    assert(id < FACT_COUNT);
    return rows[id].checks;
}

/* True wherever it is seen; false only where nothing is left unknown that could still make it true. */
static enum fact_value seen(bool is_seen, bool is_unknown_left)
{
    if (is_seen)
        return FACT_TRUE;
    return is_unknown_left ? FACT_UNKNOWN : FACT_FALSE;
}

static void gather_spf(const struct spf_result *spf, size_t n_spf, struct facts *facts)
{
    size_t count[AUTH_RESULT_COUNT] = { 0 };

    for (size_t i = 0; i < n_spf; i++)
        count[spf[i].result]++;
    bool is_unknown_left = n_spf == 0 || count[AUTH_TEMPERROR] > 0;

    /* Every address has to pass: one that does not is enough, whatever the unknown ones are. */
    if (count[AUTH_PASS] + count[AUTH_TEMPERROR] < n_spf)
        facts->value[FACT_SPF_PASS] = FACT_FALSE;
    else
        facts->value[FACT_SPF_PASS] = is_unknown_left ? FACT_UNKNOWN : FACT_TRUE;
    facts->value[FACT_SPF_FAIL] = seen(count[AUTH_FAIL] > 0, is_unknown_left);
    facts->value[FACT_SPF_SOFTFAIL] = seen(count[AUTH_SOFTFAIL] > 0, is_unknown_left);
    facts->value[FACT_SPF_NONE] = seen(count[AUTH_NONE] > 0, is_unknown_left);
    facts->value[FACT_SPF_PERMERROR] = seen(count[AUTH_PERMERROR] > 0, is_unknown_left);
}

/* Over the limits signatures are seen and counted, and each is a temperror. */
static void gather_dkim(const struct dkim_results *dkim, struct facts *facts)
{
    bool has_pass = false, has_temperror = false;

    for (size_t i = 0; i < dkim->count; i++) {
        has_pass = has_pass || dkim->items[i].result == AUTH_PASS;
        has_temperror = has_temperror || dkim->items[i].result == AUTH_TEMPERROR;
    }
    facts->value[FACT_DKIM_PASS] = seen(has_pass, has_temperror || dkim->skipped > 0);
    facts->value[FACT_DKIM_SIGNED] = seen(dkim->count > 0 || dkim->skipped > 0, false);
}

/*
 * Receivers read by RFC 9989 or by RFC 7489: where these disagree, the worse reading for us gives all facts, so that no
 * policy is paired with the other's result.  A policy that was read holds even where SPF or DKIM could not be judged.
 */
static void gather_dmarc(const struct dmarc_result *dmarc, struct facts *facts)
{
    const struct dmarc_reading *reading = dmarccheck_worse(dmarc);
    bool is_temperror = reading->result == AUTH_TEMPERROR, is_pass = reading->result == AUTH_PASS;
    bool has_policy = reading->policy != DMARC_POLICY_ABSENT;
    bool is_policy_unknown = (is_temperror || is_pass) && !has_policy;

    facts->value[FACT_DMARC_PASS] = seen(is_pass, is_temperror);
    facts->value[FACT_DMARC_FAIL] = seen(reading->result == AUTH_FAIL, is_temperror);
    facts->value[FACT_DMARC_RECORD] = seen(has_policy || is_pass, is_policy_unknown);
    facts->value[FACT_POLICY_REJECT] = seen(reading->policy == DMARC_POLICY_REJECT, is_policy_unknown);
    facts->value[FACT_POLICY_QUARANTINE] = seen(reading->policy == DMARC_POLICY_QUARANTINE, is_policy_unknown);
}

/* From fields are counted beyond the limits too, but not read there. */
static void gather_message(const struct message_facts *message, struct facts *facts)
{
    size_t fields = message->field_count[FIELD_FROM];
    bool is_read = message->from_addresses + message->from_invalid > 0 || !message->is_over_limits;

    facts->value[FACT_FROM_MISSING] = seen(fields == 0, !is_read);
    if (is_read && message->from_domains == 0)
        facts->value[FACT_FROM_MISSING] = FACT_TRUE;
    facts->value[FACT_FROM_MULTIPLE] = seen(fields > 1 || message->from_addresses > 1, fields > 0 && !is_read);
}

void facts_gather(const struct spf_result *spf, size_t n_spf, const struct dkim_results *dkim,
                  const struct dmarc_result *dmarc, const struct message_facts *message, struct facts *facts_r)
{
    gather_spf(spf, n_spf, facts_r);
    gather_dkim(dkim, facts_r);
    gather_dmarc(dmarc, facts_r);
    gather_message(message, facts_r);
}
