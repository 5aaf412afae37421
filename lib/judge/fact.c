/*
 * Facts out of the checks' results; see fact.h.  What DNS did not answer in time is unknown, never false.
 * Pure, thread-safe.
 */
#include "config.h"

#include "lib/judge/fact.h"
#include "lib/check/provider.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Why SPF or DKIM do not pass, or may not: what else there is to say of a record or a signature refuses nothing. */
#define UNKNOWN_SPF FINDING_SPF_TEMPERROR, FINDING_EGRESS_UNKNOWN, FINDING_DEPARTURE_UNKNOWN
#define BROKEN_SPF FINDING_SPF_PERMERROR, FINDING_SPF_MULTIPLE_RECORDS, FINDING_SPF_TOO_MANY_LOOKUPS, \
    FINDING_SPF_VOID_LOOKUPS, FINDING_SPF_RECORD_INVALID, FINDING_SPF_INCLUDE_MISSING
#define NO_SPF FINDING_SPF_NONE, FINDING_SPF_FAIL, FINDING_SPF_SOFTFAIL, FINDING_SPF_NEUTRAL, BROKEN_SPF, UNKNOWN_SPF
#define NO_DKIM FINDING_DKIM_NONE, FINDING_DKIM_BODY_CHANGED, FINDING_DKIM_HEADER_CHANGED, FINDING_DKIM_WRONG_KEY, \
    FINDING_DKIM_BAD_SIGNATURE, FINDING_DKIM_NO_KEY, FINDING_DKIM_BAD_KEY, FINDING_DKIM_KEY_REVOKED, \
    FINDING_DKIM_WEAK_KEY, FINDING_DKIM_SHA1, FINDING_DKIM_EXPIRED, FINDING_DKIM_FROM_UNSIGNED, \
    FINDING_DKIM_TEMPERROR, FINDING_DKIM_TOO_MANY, FINDING_MESSAGE_OVER_LIMITS, FINDING_DEPARTURE_UNKNOWN
#define NO_ALIGNMENT FINDING_DMARC_NO_ALIGNMENT
#define NO_RECORD FINDING_DMARC_NONE, FINDING_DMARC_INVALID_RECORD, FINDING_DMARC_MULTIPLE_RECORDS, \
    FINDING_DMARC_TEMPERROR, FINDING_DMARC_VERSIONS_DIFFER
#define NO_DMARC NO_SPF, NO_DKIM, NO_ALIGNMENT, NO_RECORD, FINDING_SPF_NOT_ALIGNED, FINDING_DKIM_NOT_ALIGNED, \
    FINDING_DMARC_FAIL

#define ROW(id, text, ...) [id] = { text, (const enum finding_id[]){ __VA_ARGS__, FINDING_COUNT } }

static const struct {
    const char *name;
    const enum finding_id *findings;    /* that the fact, or its contrary, rests on; ends in FINDING_COUNT */
} rows[FACT_COUNT] = {
    ROW(FACT_SPF_PASS, "spf-pass", NO_SPF),
    ROW(FACT_SPF_FAIL, "spf-fail", FINDING_SPF_FAIL, UNKNOWN_SPF),
    ROW(FACT_SPF_HARDFAIL, "spf-hardfail", FINDING_SPF_FAIL, UNKNOWN_SPF),
    ROW(FACT_SPF_SOFTFAIL, "spf-softfail", FINDING_SPF_SOFTFAIL, UNKNOWN_SPF),
    ROW(FACT_SPF_NEUTRAL, "spf-neutral", FINDING_SPF_NEUTRAL, UNKNOWN_SPF),
    ROW(FACT_SPF_NONE, "spf-none", FINDING_SPF_NONE, UNKNOWN_SPF),
    ROW(FACT_SPF_PERMERROR, "spf-permerror", BROKEN_SPF, UNKNOWN_SPF),
    ROW(FACT_SPF_TEMPERROR, "spf-temperror", UNKNOWN_SPF),
    ROW(FACT_SPF_ALIGNED, "spf-aligned", NO_SPF, NO_ALIGNMENT, FINDING_SPF_NOT_ALIGNED),
    ROW(FACT_SPF_SUSPICIOUS, "spf-suspicious", FINDING_SPF_PASS_ALL, FINDING_SPF_WIDE_NETWORK, UNKNOWN_SPF),
    ROW(FACT_DKIM_PASS, "dkim-pass", NO_DKIM),
    ROW(FACT_DKIM_SIGNED, "dkim-signed", FINDING_DKIM_NONE, FINDING_MESSAGE_OVER_LIMITS),
    ROW(FACT_DKIM_ALIGNED, "dkim-aligned", NO_DKIM, NO_ALIGNMENT, FINDING_DKIM_NOT_ALIGNED),
    ROW(FACT_DMARC_RECORD, "dmarc-record", NO_RECORD),
    ROW(FACT_DMARC_PASS, "dmarc-pass", NO_DMARC),
    ROW(FACT_DMARC_FAIL, "dmarc-fail", NO_DMARC),
    ROW(FACT_DMARC_TEMPERROR, "dmarc-temperror", FINDING_DMARC_TEMPERROR, UNKNOWN_SPF, FINDING_DKIM_TEMPERROR),
    ROW(FACT_POLICY_NONE, "policy-none", FINDING_DMARC_FAIL, NO_RECORD),
    ROW(FACT_POLICY_QUARANTINE, "policy-quarantine", FINDING_DMARC_FAIL, NO_RECORD),
    ROW(FACT_POLICY_REJECT, "policy-reject", FINDING_DMARC_FAIL, NO_RECORD),
    ROW(FACT_RFC9989_DMARC_FAIL, "rfc9989-dmarc-fail", NO_DMARC),
    ROW(FACT_RFC9989_POLICY_REJECT, "rfc9989-policy-reject", FINDING_DMARC_FAIL, NO_RECORD),
    ROW(FACT_RFC9989_POLICY_QUARANTINE, "rfc9989-policy-quarantine", FINDING_DMARC_FAIL, NO_RECORD),
    ROW(FACT_RFC7489_DMARC_FAIL, "rfc7489-dmarc-fail", NO_DMARC),
    ROW(FACT_RFC7489_POLICY_REJECT, "rfc7489-policy-reject", FINDING_DMARC_FAIL, NO_RECORD),
    ROW(FACT_RFC7489_POLICY_QUARANTINE, "rfc7489-policy-quarantine", FINDING_DMARC_FAIL, NO_RECORD),
    ROW(FACT_PTR, "ptr", FINDING_PTR_MISSING, FINDING_EGRESS_UNKNOWN),
    ROW(FACT_FCRDNS, "fcrdns", FINDING_PTR_MISSING, FINDING_PTR_MISMATCH, FINDING_EGRESS_UNKNOWN),
    ROW(FACT_IPV6, "ipv6", FINDING_EGRESS_UNKNOWN),
    ROW(FACT_IPV6_PTR, "ipv6-ptr", FINDING_PTR_MISSING, FINDING_EGRESS_UNKNOWN),
    ROW(FACT_IPV6_FCRDNS, "ipv6-fcrdns", FINDING_PTR_MISSING, FINDING_PTR_MISMATCH, FINDING_EGRESS_UNKNOWN),
    ROW(FACT_IPV6_SPF_PASS, "ipv6-spf-pass", NO_SPF),
    ROW(FACT_HELO_VALID, "helo-valid", FINDING_HELO_INVALID),
    ROW(FACT_ADDRESS_LISTED, "address-listed", FINDING_ADDRESS_LISTED, FINDING_EGRESS_UNKNOWN),
    ROW(FACT_DOMAIN_LISTED, "domain-listed", FINDING_DOMAIN_LISTED),
    ROW(FACT_SENDER_DOMAIN_RESOLVES, "sender-domain-resolves", FINDING_SENDER_DOMAIN_UNRESOLVABLE),
    ROW(FACT_AUTHOR_DOMAIN_RESOLVES, "author-domain-resolves", FINDING_AUTHOR_DOMAIN_UNRESOLVABLE),
    ROW(FACT_BULK, "bulk", FINDING_COUNT),
    ROW(FACT_LIST_UNSUBSCRIBE, "list-unsubscribe", FINDING_ONE_CLICK_MISSING),
    ROW(FACT_ONE_CLICK, "one-click", FINDING_ONE_CLICK_MISSING),
    ROW(FACT_ONE_CLICK_SIGNED, "one-click-signed", FINDING_ONE_CLICK_MISSING, FINDING_ONE_CLICK_UNSIGNED),
    ROW(FACT_FROM_MISSING, "from-missing", FINDING_FROM_MISSING, FINDING_MESSAGE_OVER_LIMITS),
    ROW(FACT_FROM_MULTIPLE, "from-multiple", FINDING_FROM_MULTIPLE, FINDING_MESSAGE_OVER_LIMITS),
    ROW(FACT_FROM_VALID, "from-valid", FINDING_FROM_MISSING, FINDING_FROM_MULTIPLE, FINDING_MESSAGE_OVER_LIMITS),
    ROW(FACT_MESSAGE_ID_VALID, "message-id-valid", FINDING_MESSAGE_ID_INVALID, FINDING_HEADER_DUPLICATE,
        FINDING_MESSAGE_OVER_LIMITS),
    ROW(FACT_DATE_VALID, "date-valid", FINDING_DATE_INVALID, FINDING_HEADER_DUPLICATE, FINDING_MESSAGE_OVER_LIMITS),
    ROW(FACT_HEADER_DUPLICATE, "header-duplicate", FINDING_HEADER_DUPLICATE, FINDING_FROM_MULTIPLE),
    ROW(FACT_HEADER_8BIT, "header-8bit", FINDING_HEADER_8BIT, FINDING_MESSAGE_OVER_LIMITS),
    ROW(FACT_HEADER_ENCODED_WORD, "header-encoded-word", FINDING_HEADER_ENCODED_WORD, FINDING_MESSAGE_OVER_LIMITS),
    ROW(FACT_BARE_NEWLINE, "bare-newline", FINDING_BARE_NEWLINE, FINDING_MESSAGE_OVER_LIMITS),
    ROW(FACT_LINE_TOO_LONG, "line-too-long", FINDING_LINE_TOO_LONG, FINDING_MESSAGE_OVER_LIMITS),
    ROW(FACT_RFC5322_VALID, "rfc5322-valid", FINDING_FROM_MISSING, FINDING_FROM_MULTIPLE, FINDING_DATE_INVALID,
        FINDING_MESSAGE_ID_INVALID, FINDING_HEADER_DUPLICATE, FINDING_HEADER_8BIT, FINDING_HEADER_ENCODED_WORD,
        FINDING_BARE_NEWLINE, FINDING_LINE_TOO_LONG, FINDING_MESSAGE_OVER_LIMITS),
    ROW(FACT_AUTHOR_DOMAIN_FOREIGN, "author-domain-foreign", FINDING_AUTHOR_DOMAIN_FOREIGN),
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

/* The record is looked at as a whole, beyond the term that decides: what it has been spared so far caused nothing. */
static bool is_spared(enum finding_id finding, const struct facts *facts)
{
    static const enum finding_id broken[] = { BROKEN_SPF };

    if (facts->value[FACT_SPF_PERMERROR] == FACT_TRUE)
        return false;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        if (broken[i] == finding)
            return true;
    }
    return false;
}

bool fact_rests_on(enum fact_id fact, enum finding_id finding, const struct facts *facts)
{
    assert(fact < FACT_COUNT);
    if (is_spared(finding, facts))
        return false;
    for (const enum finding_id *id = rows[fact].findings; *id != FINDING_COUNT; id++) {
        if (*id == finding)
            return true;
    }
    return false;
}

/* --- SPF ------------------------------------------------------------------------- */

/* Of every address: one that is false is enough, whatever the unknown ones are.  With only_v6 of every IPv6 address. */
static enum fact_value every_address(const struct fact_sources *s, bool only_v6,
                                     enum fact_value (*value_of)(const struct spf_result *result))
{
    enum fact_value all = s->n_spf == 0 ? FACT_UNKNOWN : FACT_TRUE;

    for (size_t i = 0; i < s->n_spf; i++) {
        if (only_v6 && s->spf[i].address.family == AF_INET)
            continue;
        all = fact_and(all, value_of(&s->spf[i]));
    }
    return all;
}

static enum fact_value passes(const struct spf_result *result)
{
    return result->result == AUTH_TEMPERROR ? FACT_UNKNOWN : fact_of(result->result == AUTH_PASS);
}

static bool is_suspicious(const struct spf_result *result)
{
    return (result->flags & SPF_FLAG_PASS_ALL) != 0;
}

static bool is_hardfail(const struct spf_result *result)
{
    return result->result == AUTH_FAIL && result->term != NULL && strcasecmp(result->term, "-all") == 0;
}

static enum fact_value some_address(const struct fact_sources *s, bool (*is_so)(const struct spf_result *result))
{
    enum fact_value some = s->n_spf == 0 ? FACT_UNKNOWN : FACT_FALSE;

    for (size_t i = 0; i < s->n_spf; i++)
        some = fact_or(some, fact_seen(is_so(&s->spf[i]), s->spf[i].result == AUTH_TEMPERROR));
    return some;
}

static void gather_spf(const struct fact_sources *s, struct facts *facts)
{
    size_t count[AUTH_RESULT_COUNT] = { 0 };

    for (size_t i = 0; i < s->n_spf; i++)
        count[s->spf[i].result]++;
    bool is_unknown_left = s->n_spf == 0 || count[AUTH_TEMPERROR] > 0;

    facts->value[FACT_SPF_PASS] = every_address(s, false, passes);
    facts->value[FACT_SPF_FAIL] = fact_seen(count[AUTH_FAIL] > 0, is_unknown_left);
    facts->value[FACT_SPF_HARDFAIL] = some_address(s, is_hardfail);
    facts->value[FACT_SPF_SOFTFAIL] = fact_seen(count[AUTH_SOFTFAIL] > 0, is_unknown_left);
    facts->value[FACT_SPF_NEUTRAL] = fact_seen(count[AUTH_NEUTRAL] > 0, is_unknown_left);
    facts->value[FACT_SPF_NONE] = fact_seen(count[AUTH_NONE] > 0, is_unknown_left);
    facts->value[FACT_SPF_PERMERROR] = fact_seen(count[AUTH_PERMERROR] > 0, is_unknown_left);
    facts->value[FACT_SPF_TEMPERROR] = fact_seen(false, is_unknown_left);
    facts->value[FACT_SPF_SUSPICIOUS] = some_address(s, is_suspicious);
    facts->value[FACT_IPV6_SPF_PASS] = every_address(s, true, passes);
}

/* Addresses that are not known, family 0, may be of either family. */
static enum fact_value has_v6(const struct fact_sources *s)
{
    enum fact_value some = s->n_spf == 0 ? FACT_UNKNOWN : FACT_FALSE;

    for (size_t i = 0; i < s->n_spf; i++)
        some = fact_or(some, fact_seen(s->spf[i].address.family == AF_INET6, s->spf[i].address.family == 0));
    return some;
}

/* --- DKIM ------------------------------------------------------------------------ */

/* Over the limits signatures are seen and counted, and each is a temperror. */
static void gather_dkim(const struct dkim_results *dkim, struct facts *facts)
{
    bool has_pass = false, has_temperror = false;

    for (size_t i = 0; i < dkim->count; i++) {
        has_pass = has_pass || dkim->items[i].result == AUTH_PASS;
        has_temperror = has_temperror || dkim->items[i].result == AUTH_TEMPERROR;
    }
    facts->value[FACT_DKIM_PASS] = fact_seen(has_pass, has_temperror || dkim->skipped > 0);
    facts->value[FACT_DKIM_SIGNED] = fact_seen(dkim->count > 0 || dkim->skipped > 0, false);
}

/* --- DMARC ----------------------------------------------------------------------- */

struct dmarc_facts {
    enum fact_value record, pass, fail, temperror, none, quarantine, reject;
};

/* A policy that was read holds even where SPF or DKIM could not be judged. */
static struct dmarc_facts reading_facts(const struct dmarc_reading *reading)
{
    bool is_temperror = reading->result == AUTH_TEMPERROR, is_pass = reading->result == AUTH_PASS;
    bool has_policy = reading->policy != DMARC_POLICY_ABSENT;
    bool is_policy_unknown = (is_temperror || is_pass) && !has_policy;

    return (struct dmarc_facts){
        .record = fact_seen(has_policy || is_pass, is_policy_unknown),
        .pass = fact_seen(is_pass, is_temperror),
        .fail = fact_seen(reading->result == AUTH_FAIL, is_temperror),
        .temperror = fact_seen(false, is_temperror),
        .none = fact_seen(reading->policy == DMARC_POLICY_NONE, is_policy_unknown),
        .quarantine = fact_seen(reading->policy == DMARC_POLICY_QUARANTINE, is_policy_unknown),
        .reject = fact_seen(reading->policy == DMARC_POLICY_REJECT, is_policy_unknown),
    };
}

/*
 * Receivers read by RFC 9989 or by RFC 7489: where these disagree, the worse reading for us gives all facts that name
 * no RFC, so that no policy is paired with the other's result.
 */
static void gather_dmarc(const struct dmarc_result *dmarc, struct facts *facts)
{
    const struct dmarc_facts worse = reading_facts(dmarccheck_worse(dmarc));
    const struct dmarc_facts rfc9989 = reading_facts(&dmarc->rfc9989), rfc7489 = reading_facts(&dmarc->rfc7489);

    facts->value[FACT_DMARC_RECORD] = worse.record;
    facts->value[FACT_DMARC_PASS] = worse.pass;
    facts->value[FACT_DMARC_FAIL] = worse.fail;
    facts->value[FACT_DMARC_TEMPERROR] = worse.temperror;
    facts->value[FACT_POLICY_NONE] = worse.none;
    facts->value[FACT_POLICY_QUARANTINE] = worse.quarantine;
    facts->value[FACT_POLICY_REJECT] = worse.reject;
    facts->value[FACT_RFC9989_DMARC_FAIL] = rfc9989.fail;
    facts->value[FACT_RFC9989_POLICY_QUARANTINE] = rfc9989.quarantine;
    facts->value[FACT_RFC9989_POLICY_REJECT] = rfc9989.reject;
    facts->value[FACT_RFC7489_DMARC_FAIL] = rfc7489.fail;
    facts->value[FACT_RFC7489_POLICY_QUARANTINE] = rfc7489.quarantine;
    facts->value[FACT_RFC7489_POLICY_REJECT] = rfc7489.reject;
}

static enum fact_value aligns(bool is_aligned, bool is_unknown)
{
    return is_unknown ? FACT_UNKNOWN : fact_of(is_aligned);
}

static void gather_alignment(const struct fact_sources *s, struct facts *facts)
{
    enum fact_value spf = s->n_spf == 0 ? FACT_UNKNOWN : FACT_TRUE;
    enum fact_value dkim = fact_seen(false, s->dkim->skipped > 0);

    for (size_t i = 0; i < s->n_spf; i++)
        spf = fact_and(spf, fact_and(passes(&s->spf[i]), aligns(s->spf[i].aligned, s->spf[i].is_alignment_unknown)));
    for (size_t i = 0; i < s->dkim->count; i++) {
        const struct dkim_result *sig = &s->dkim->items[i];
        enum fact_value is_pass = sig->result == AUTH_TEMPERROR ? FACT_UNKNOWN : fact_of(sig->result == AUTH_PASS);
        dkim = fact_or(dkim, fact_and(is_pass, aligns(sig->aligned, sig->is_alignment_unknown)));
    }
    facts->value[FACT_SPF_ALIGNED] = spf;
    facts->value[FACT_DKIM_ALIGNED] = dkim;
}

/* --- the egress -------------------------------------------------------------------- */

/* Of every address: what is not known may be false, and of either family. */
static void gather_egress(const struct egress_result *egress, struct facts *facts)
{
    enum fact_value unknown = egress->is_incomplete || egress->n_addresses == 0 ? FACT_UNKNOWN : FACT_TRUE;
    enum fact_value ptr = unknown, fcrdns = unknown, v6_ptr = unknown, v6_fcrdns = unknown;

    for (size_t i = 0; i < egress->n_addresses; i++) {
        const struct egress_address *one = &egress->addresses[i];
        ptr = fact_and(ptr, one->ptr);
        fcrdns = fact_and(fcrdns, one->fcrdns);
        if (one->address.family == AF_INET6) {
            v6_ptr = fact_and(v6_ptr, one->ptr);
            v6_fcrdns = fact_and(v6_fcrdns, one->fcrdns);
        }
    }
    facts->value[FACT_PTR] = ptr;
    facts->value[FACT_FCRDNS] = fcrdns;
    facts->value[FACT_IPV6_PTR] = v6_ptr;
    facts->value[FACT_IPV6_FCRDNS] = v6_fcrdns;
    facts->value[FACT_HELO_VALID] = fact_of(egress->is_helo_valid);
}

/* --- the message ------------------------------------------------------------------- */

/* From fields are counted beyond the limits too, but not read there. */
static void gather_from(const struct message_facts *message, struct facts *facts)
{
    size_t fields = message->field_count[FIELD_FROM];
    bool is_read = message->from_addresses + message->from_invalid > 0 || !message->is_over_limits;

    facts->value[FACT_FROM_MISSING] = fact_seen(fields == 0, !is_read);
    if (is_read && message->from_domains == 0)
        facts->value[FACT_FROM_MISSING] = FACT_TRUE;
    facts->value[FACT_FROM_MULTIPLE] = fact_seen(fields > 1 || message->from_addresses > 1, fields > 0 && !is_read);
    facts->value[FACT_FROM_VALID] = fact_and(fact_not(facts->value[FACT_FROM_MISSING]),
                                             fact_of(message->from_invalid == 0));
}

/* A field that has to be there once and read well. */
static enum fact_value once_and_valid(const struct message_facts *message, enum message_field field, bool is_valid)
{
    if (message->field_count[field] != 1)
        return FACT_FALSE;
    return fact_seen(is_valid, message->is_over_limits);
}

static bool has_duplicate(const struct message_facts *message)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (message->field_count[i] > 1)
            return true;
    }
    return false;
}

static void gather_message(const struct message_facts *message, struct facts *facts)
{
    bool is_unknown_left = message->is_over_limits;

    gather_from(message, facts);
    facts->value[FACT_MESSAGE_ID_VALID] = once_and_valid(message, FIELD_MESSAGE_ID, message->has_message_id_valid);
    facts->value[FACT_DATE_VALID] = once_and_valid(message, FIELD_DATE, message->has_date_valid);
    facts->value[FACT_HEADER_DUPLICATE] = fact_of(has_duplicate(message));
    facts->value[FACT_HEADER_8BIT] = fact_seen(message->eight_bit_field[0] != '\0', is_unknown_left);
    facts->value[FACT_HEADER_ENCODED_WORD] = fact_seen(message->encoded_word_field[0] != '\0', is_unknown_left);
    facts->value[FACT_BARE_NEWLINE] = fact_seen(message->has_bare_cr || message->has_bare_lf, is_unknown_left);
    facts->value[FACT_LINE_TOO_LONG] = fact_seen(message->longest_line > MESSAGE_LINE_MAX, is_unknown_left);
}

/* RFC 5322 asks for one From and one Date; a Message-ID should be there, and be valid where it is. */
static enum fact_value rfc5322_value(const struct message_facts *message, const struct facts *facts)
{
    static const enum fact_id wrong[] = {
        FACT_HEADER_DUPLICATE, FACT_HEADER_8BIT, FACT_HEADER_ENCODED_WORD, FACT_BARE_NEWLINE, FACT_LINE_TOO_LONG,
    };
    enum fact_value all = fact_and(facts->value[FACT_FROM_VALID], facts->value[FACT_DATE_VALID]);

    if (message->field_count[FIELD_MESSAGE_ID] > 0)
        all = fact_and(all, facts->value[FACT_MESSAGE_ID_VALID]);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        all = fact_and(all, fact_not(facts->value[wrong[i]]));
    return all;
}

static void gather_oneclick(const struct oneclick *oneclick, struct facts *facts)
{
    facts->value[FACT_LIST_UNSUBSCRIBE] = oneclick->has_unsubscribe;
    facts->value[FACT_ONE_CLICK] = oneclick->is_valid;
    facts->value[FACT_ONE_CLICK_SIGNED] = oneclick->is_signed;
}

/* Who passes aligned sends for that domain.  An author that the limits hid may be anybody. */
static enum fact_value foreign_value(const struct message_facts *message, const struct facts *facts)
{
    enum fact_value is_ours = fact_or(facts->value[FACT_SPF_ALIGNED], facts->value[FACT_DKIM_ALIGNED]);
    bool is_hidden = message->author_domain[0] == '\0' && facts->value[FACT_FROM_MISSING] == FACT_UNKNOWN;

    return fact_and(fact_seen(is_mailbox_domain(message->author_domain), is_hidden), fact_not(is_ours));
}

void facts_gather(const struct fact_sources *sources, struct facts *facts_r)
{
    for (int i = 0; i < FACT_COUNT; i++)
        facts_r->value[i] = FACT_UNEXAMINED;
    gather_spf(sources, facts_r);
    gather_dkim(sources->dkim, facts_r);
    gather_dmarc(sources->dmarc, facts_r);
    gather_alignment(sources, facts_r);
    facts_r->value[FACT_IPV6] = has_v6(sources);
    if (sources->egress != NULL)
        gather_egress(sources->egress, facts_r);
    facts_r->value[FACT_ADDRESS_LISTED] = sources->address_listed;
    facts_r->value[FACT_DOMAIN_LISTED] = sources->domain_listed;
    facts_r->value[FACT_SENDER_DOMAIN_RESOLVES] = sources->sender_resolves;
    facts_r->value[FACT_AUTHOR_DOMAIN_RESOLVES] = sources->author_resolves;
    facts_r->value[FACT_BULK] = sources->bulk;
    gather_message(sources->message, facts_r);
    if (sources->oneclick != NULL)
        gather_oneclick(sources->oneclick, facts_r);
    facts_r->value[FACT_AUTHOR_DOMAIN_FOREIGN] = foreign_value(sources->message, facts_r);
    facts_r->value[FACT_RFC5322_VALID] = rfc5322_value(sources->message, facts_r);
}
