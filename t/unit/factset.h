/*
 * Sets of facts written as text: "!spf-pass spf-fail ?dmarc-fail -address-listed" is one that is false, one that is
 * true, one that is unknown and one that nobody examined.  What follows from them follows; all else is as in a message
 * with nothing wrong, from IPv4, with one signature.
 */
#ifndef PREFLIGHT_T_FACTSET_H
#define PREFLIGHT_T_FACTSET_H

#include "lib/judge/fact.h"
#include "t/unit/unit.h"

#include <stdbool.h>
#include <string.h>

static const enum fact_id facts_of_clean_mail[] = {
    FACT_SPF_PASS, FACT_SPF_ALIGNED, FACT_DKIM_PASS, FACT_DKIM_SIGNED, FACT_DKIM_ALIGNED, FACT_DMARC_RECORD,
    FACT_DMARC_PASS, FACT_PTR, FACT_FCRDNS, FACT_IPV6_PTR, FACT_IPV6_FCRDNS, FACT_IPV6_SPF_PASS, FACT_HELO_VALID,
    FACT_SENDER_DOMAIN_RESOLVES, FACT_AUTHOR_DOMAIN_RESOLVES, FACT_LIST_UNSUBSCRIBE, FACT_ONE_CLICK,
    FACT_ONE_CLICK_SIGNED, FACT_FROM_VALID, FACT_MESSAGE_ID_VALID, FACT_DATE_VALID, FACT_RFC5322_VALID,
};

struct implication { enum fact_id fact; bool value; enum fact_id then; bool then_value; };

/* Each also the other way round. */
static const struct implication implications[] = {
    { FACT_SPF_HARDFAIL, true, FACT_SPF_FAIL, true },
    { FACT_SPF_FAIL, true, FACT_SPF_PASS, false },
    { FACT_SPF_SOFTFAIL, true, FACT_SPF_PASS, false },
    { FACT_SPF_NEUTRAL, true, FACT_SPF_PASS, false },
    { FACT_SPF_NONE, true, FACT_SPF_PASS, false },
    { FACT_SPF_PERMERROR, true, FACT_SPF_PASS, false },
    { FACT_SPF_ALIGNED, true, FACT_SPF_PASS, true },
    { FACT_IPV6_SPF_PASS, false, FACT_SPF_PASS, false },
    { FACT_DKIM_PASS, true, FACT_DKIM_SIGNED, true },
    { FACT_DKIM_ALIGNED, true, FACT_DKIM_PASS, true },
    { FACT_DMARC_PASS, true, FACT_DMARC_RECORD, true },
    { FACT_DMARC_FAIL, true, FACT_DMARC_RECORD, true },
    { FACT_DMARC_FAIL, true, FACT_DMARC_PASS, false },
    { FACT_POLICY_NONE, true, FACT_DMARC_RECORD, true },
    { FACT_POLICY_QUARANTINE, true, FACT_DMARC_RECORD, true },
    { FACT_POLICY_REJECT, true, FACT_DMARC_RECORD, true },
    { FACT_POLICY_REJECT, true, FACT_POLICY_QUARANTINE, false },
    { FACT_POLICY_REJECT, true, FACT_POLICY_NONE, false },
    { FACT_POLICY_QUARANTINE, true, FACT_POLICY_NONE, false },
    { FACT_FCRDNS, true, FACT_PTR, true },
    { FACT_IPV6_FCRDNS, true, FACT_IPV6_PTR, true },
    { FACT_IPV6, false, FACT_IPV6_PTR, true },
    { FACT_IPV6, false, FACT_IPV6_FCRDNS, true },
    { FACT_IPV6, false, FACT_IPV6_SPF_PASS, true },
    { FACT_ONE_CLICK_SIGNED, true, FACT_ONE_CLICK, true },
    { FACT_ONE_CLICK_SIGNED, true, FACT_DKIM_PASS, true },
    { FACT_ONE_CLICK, true, FACT_LIST_UNSUBSCRIBE, true },
    { FACT_FROM_MISSING, true, FACT_FROM_VALID, false },
    { FACT_FROM_MISSING, true, FACT_FROM_MULTIPLE, false },
    { FACT_FROM_VALID, false, FACT_RFC5322_VALID, false },
    { FACT_DATE_VALID, false, FACT_RFC5322_VALID, false },
    { FACT_HEADER_DUPLICATE, true, FACT_RFC5322_VALID, false },
    { FACT_HEADER_8BIT, true, FACT_RFC5322_VALID, false },
};

struct factset {
    bool is_set[FACT_COUNT];
    struct facts facts;
};

/* False where it contradicts what is there; *has_changed is set where it adds something. */
static inline bool factset_put(struct factset *set, enum fact_id fact, enum fact_value value, bool *has_changed)
{
    if (set->is_set[fact])
        return set->facts.value[fact] == value;
    set->is_set[fact] = true;
    set->facts.value[fact] = value;
    *has_changed = true;
    return true;
}

static inline bool factset_apply(struct factset *set, const struct implication *i, bool *has_changed)
{
    if (set->is_set[i->fact] && set->facts.value[i->fact] == fact_of(i->value)
        && !(set->is_set[i->then] && set->facts.value[i->then] > FACT_TRUE))
        return factset_put(set, i->then, fact_of(i->then_value), has_changed);
    if (set->is_set[i->then] && set->facts.value[i->then] == fact_of(!i->then_value)
        && !(set->is_set[i->fact] && set->facts.value[i->fact] > FACT_TRUE))
        return factset_put(set, i->fact, fact_of(!i->value), has_changed);
    return true;
}

/* Adds what follows; false where it cannot all be. */
static inline bool factset_close(struct factset *set)
{
    bool has_changed = true;

    while (has_changed) {
        has_changed = false;
        for (size_t i = 0; i < sizeof(implications) / sizeof(implications[0]); i++) {
            if (!factset_apply(set, &implications[i], &has_changed))
                return false;
        }
        bool is_unaligned = set->is_set[FACT_SPF_ALIGNED] && set->facts.value[FACT_SPF_ALIGNED] == FACT_FALSE
                            && set->is_set[FACT_DKIM_ALIGNED] && set->facts.value[FACT_DKIM_ALIGNED] == FACT_FALSE;
        if (is_unaligned && !set->is_set[FACT_DMARC_PASS]
            && !factset_put(set, FACT_DMARC_PASS, FACT_FALSE, &has_changed))
            return false;
    }
    return true;
}

static inline void factset_fill(struct factset *set)
{
    for (size_t i = 0; i < sizeof(facts_of_clean_mail) / sizeof(facts_of_clean_mail[0]); i++) {
        if (!set->is_set[facts_of_clean_mail[i]])
            set->facts.value[facts_of_clean_mail[i]] = FACT_TRUE;
    }
}

static inline struct facts factset(const char *text)
{
    struct factset set = { 0 };
    char copy[500], *rest = copy;

    ck_assert_int_lt((int)strlen(text), (int)sizeof(copy));
    strcpy(copy, text);
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        if (*word == '\0')
            continue;
        bool has_sign = strchr("!?-", *word) != NULL;
        int fact = fact_find(word + has_sign);
        ck_assert_msg(fact >= 0, "no fact '%s'", word);
        set.is_set[fact] = true;
        set.facts.value[fact] = *word == '!' ? FACT_FALSE : *word == '?' ? FACT_UNKNOWN
                                : *word == '-' ? FACT_UNEXAMINED : FACT_TRUE;
    }
    ck_assert_msg(factset_close(&set), "'%s' cannot be", text);
    factset_fill(&set);
    return set.facts;
}

#endif
