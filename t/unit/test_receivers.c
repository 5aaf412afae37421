/*
 * lib/judge/receivers: the file's mistakes, the receivers that come with Preflight, and who receives for a domain.
 */
#include "config.h"

#include "lib/judge/receivers.h"
#include "lib/config/source.h"
#include "t/unit/conffile.h"
#include "t/unit/factset.h"
#include "t/unit/known.h"
#include "t/unit/mutate.h"
#include "t/unit/zonedns.h"

#include <limits.h>

/* --- the shipped rules -------------------------------------------------------- */

struct shipped {
    const char *receiver;
    const char *rule;           /* the deciding one; NULL: none */
    const char *facts;
    const char *recipient, *author;     /* NULL: example.net, example.com */
    enum verdict outcome;
    const char *replies;        /* "550 5.7.26|421 4.7.26" */
};

/* What is wrong with mail that neither SPF nor DKIM vouches for, whose author domain wants it rejected. */
#define FORGED "spf-hardfail !dkim-signed dmarc-fail policy-reject"

static const struct shipped shipped[] = {
    { "generic", "dmarc-reject", "dmarc-fail policy-reject", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "generic", "spf-fail-unsigned", "spf-fail !dkim-pass", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "generic", "from-missing", "from-missing", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "generic", "from-multiple", "from-multiple", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "generic", "dmarc-quarantine", "dmarc-fail policy-quarantine", NULL, NULL, VERDICT_JUNK, "" },
    { "generic", "unauthenticated", "spf-softfail !dkim-pass", NULL, NULL, VERDICT_JUNK, "" },
    { "generic", "address-listed", "address-listed", NULL, NULL, VERDICT_JUNK, "" },
    { "generic", "domain-listed", "domain-listed", NULL, NULL, VERDICT_JUNK, "" },
    { "generic", NULL, "!fcrdns !ptr !sender-domain-resolves bulk !list-unsubscribe !helo-valid", NULL, NULL,
      VERDICT_ACCEPT, "" },
    { "generic", "dmarc-reject", FORGED, NULL, NULL, VERDICT_REJECT, "550 5.7.1" },

    { "gmail", "unauthenticated", "spf-softfail !dkim-pass", NULL, NULL, VERDICT_REJECT, "550 5.7.26|421 4.7.26" },
    { "gmail", "unauthenticated", FORGED, NULL, NULL, VERDICT_REJECT, "550 5.7.26|421 4.7.26" },
    { "gmail", NULL, "spf-hardfail", NULL, NULL, VERDICT_ACCEPT, "" },
    { "gmail", NULL, "!dkim-pass", "gmail.com", NULL, VERDICT_ACCEPT, "" },
    { "gmail", "dmarc-reject", "dmarc-fail policy-reject", NULL, NULL, VERDICT_REJECT, "550 5.7.26" },
    { "gmail", "dmarc-temperror", "dmarc-temperror", NULL, NULL, VERDICT_DEFER, "451 4.7.26" },
    { "gmail", "dmarc-temperror", "?dmarc-temperror", NULL, NULL, VERDICT_UNSURE, "" },
    { "gmail", "dmarc-quarantine", "dmarc-fail policy-quarantine", NULL, NULL, VERDICT_JUNK, "" },
    { "gmail", "author-at-gmail", "!dmarc-pass", NULL, "gmail.com", VERDICT_JUNK, "" },
    { "gmail", NULL, "!dmarc-pass", NULL, "example.com", VERDICT_ACCEPT, "" },
    { "gmail", "ptr-missing", "!ptr", NULL, NULL, VERDICT_REJECT, "550 5.7.25|451 4.7.23|421 4.7.0" },
    { "gmail", "ptr-mismatch", "!fcrdns", NULL, NULL, VERDICT_REJECT, "550 5.7.25|451 4.7.23|421 4.7.0" },
    { "gmail", "ipv6-ptr", "ipv6 !ipv6-fcrdns", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "gmail", "unauthenticated", "ipv6 !ipv6-spf-pass !dkim-pass", NULL, NULL, VERDICT_REJECT,
      "550 5.7.26|421 4.7.26|550 5.7.1" },
    { "gmail", "spf-suspicious", "spf-suspicious", NULL, NULL, VERDICT_DEFER, "451 4.7.24|550 5.7.24" },
    { "gmail", "from-missing", "from-missing", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "gmail", "from-invalid", "!from-valid", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "gmail", "from-multiple", "from-multiple", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "gmail", "message-id-invalid", "!message-id-valid", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "gmail", "header-duplicate", "header-duplicate", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "gmail", "header-8bit", "header-8bit", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "gmail", "header-encoded-word", "header-encoded-word", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "gmail", "bulk-spf", "bulk !spf-pass", "gmail.com", NULL, VERDICT_REJECT, "550 5.7.27|421 4.7.27" },
    { "gmail", NULL, "bulk !spf-pass", "workspace.example", NULL, VERDICT_ACCEPT, "" },
    { "gmail", "bulk-dkim", "bulk !dkim-pass", "googlemail.com", NULL, VERDICT_REJECT, "550 5.7.30|421 4.7.30" },
    { "gmail", "bulk-dmarc", "bulk !dmarc-record", "gmail.com", NULL, VERDICT_REJECT, "550 5.7.40|421 4.7.40" },
    { "gmail", "bulk-alignment", "bulk !spf-aligned !dkim-aligned", "gmail.com", NULL, VERDICT_DEFER, "421 4.7.32" },
    { "gmail", NULL, "bulk !one-click !list-unsubscribe", "gmail.com", NULL, VERDICT_ACCEPT, "" },
    { "gmail", "bulk-spf", "?bulk !spf-pass", "gmail.com", NULL, VERDICT_UNSURE, "" },

    { "yahoo", "unauthenticated", "spf-none !dkim-pass", NULL, NULL, VERDICT_REJECT, "550 5.7.9|554 5.7.9" },
    { "yahoo", "dmarc-reject", "dmarc-fail policy-reject", NULL, NULL, VERDICT_REJECT, "554 5.7.9" },
    { "yahoo", "dmarc-quarantine", "dmarc-fail policy-quarantine", NULL, NULL, VERDICT_JUNK, "" },
    { "yahoo", "author-at-yahoo", "!dmarc-pass", NULL, "yahoo.co.uk", VERDICT_REJECT, "554 5.7.9" },
    { "yahoo", "ptr-mismatch", "!fcrdns", NULL, NULL, VERDICT_DEFER, "" },
    { "yahoo", "sender-domain-unknown", "!sender-domain-resolves", NULL, NULL, VERDICT_REJECT, "554|451" },
    { "yahoo", "author-domain-unknown", "!author-domain-resolves", NULL, NULL, VERDICT_REJECT, "554|451" },
    { "yahoo", "from-invalid", "!from-valid", NULL, NULL, VERDICT_REJECT, "554" },
    { "yahoo", "date-invalid", "!date-valid", NULL, NULL, VERDICT_REJECT, "554" },
    { "yahoo", "header-duplicate", "header-duplicate", NULL, NULL, VERDICT_REJECT, "554" },
    { "yahoo", "header-8bit", "header-8bit", NULL, NULL, VERDICT_REJECT, "554" },
    { "yahoo", NULL, "line-too-long bare-newline", NULL, NULL, VERDICT_ACCEPT, "" },
    { "yahoo", "address-listed", "address-listed", NULL, NULL, VERDICT_REJECT, "553 5.7.1" },
    { "yahoo", "bulk-spf", "bulk !spf-pass", NULL, NULL, VERDICT_REJECT, "554 5.7.9" },
    { "yahoo", "bulk-dkim", "bulk !dkim-pass", NULL, NULL, VERDICT_REJECT, "554 5.7.9" },
    { "yahoo", "bulk-dmarc", "bulk !dmarc-record", NULL, NULL, VERDICT_REJECT, "554 5.7.9" },
    { "yahoo", "bulk-alignment", "bulk !spf-aligned !dkim-aligned", NULL, NULL, VERDICT_REJECT, "554 5.7.9" },
    { "yahoo", "bulk-unsubscribe", "bulk !list-unsubscribe", NULL, NULL, VERDICT_JUNK, "" },

    { "outlook", "dmarc-reject", FORGED, NULL, NULL, VERDICT_REJECT, "550 5.7.509" },
    { "outlook", "dmarc-quarantine", "dmarc-fail policy-quarantine", NULL, NULL, VERDICT_JUNK, "" },
    { "outlook", "unauthenticated", "spf-none !dkim-pass", NULL, NULL, VERDICT_JUNK, "" },
    { "outlook", "ptr-missing", "!ptr", NULL, NULL, VERDICT_REJECT, "" },
    { "outlook", NULL, "!fcrdns", NULL, NULL, VERDICT_ACCEPT, "" },
    { "outlook", "address-listed", "address-listed", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "outlook", "domain-listed", "domain-listed", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "outlook", "bulk-spf", "bulk !spf-pass", "hotmail.com", NULL, VERDICT_REJECT, "550 5.7.515" },
    { "outlook", "bulk-dkim", "bulk !dkim-pass", "live.nl", NULL, VERDICT_REJECT, "550 5.7.515" },
    { "outlook", "bulk-dmarc", "bulk !dmarc-record", NULL, NULL, VERDICT_REJECT, "550 5.7.515" },
    { "outlook", "bulk-alignment", "bulk !spf-aligned !dkim-aligned", NULL, NULL, VERDICT_REJECT, "550 5.7.515" },
    { "outlook", "dmarc-reject", "bulk " FORGED, NULL, NULL, VERDICT_REJECT, "550 5.7.509|550 5.7.515" },

    { "exchange-online", "dmarc-reject", FORGED, NULL, NULL, VERDICT_REJECT, "550 5.7.509" },
    { "exchange-online", "dmarc-quarantine", "dmarc-fail policy-quarantine", NULL, NULL, VERDICT_JUNK, "" },
    { "exchange-online", "unauthenticated", "spf-fail !dkim-pass", NULL, NULL, VERDICT_JUNK, "" },
    { "exchange-online", NULL, "spf-hardfail", NULL, NULL, VERDICT_ACCEPT, "" },
    { "exchange-online", NULL, "bulk !dkim-pass !dmarc-record", NULL, NULL, VERDICT_ACCEPT, "" },
    { "exchange-online", "ipv6-unauthenticated", "ipv6 !ipv6-spf-pass !dkim-pass", NULL, NULL, VERDICT_DEFER,
      "450 4.7.26" },
    { "exchange-online", "ipv6-ptr", "ipv6 !ipv6-ptr", NULL, NULL, VERDICT_REJECT, "550 5.7.25|450 4.7.25" },
    { "exchange-online", NULL, "!ptr", NULL, NULL, VERDICT_ACCEPT, "" },
    { "exchange-online", "helo-invalid", "!helo-valid", NULL, NULL, VERDICT_REJECT, "550 5.7.506" },
    { "exchange-online", "from-invalid", "from-missing", NULL, NULL, VERDICT_REJECT, "550 5.7.512" },
    { "exchange-online", "address-listed", "address-listed", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },

    { "icloud", "dmarc-reject", "dmarc-fail policy-reject", NULL, NULL, VERDICT_REJECT, "554 5.7.1|550 5.7.1" },
    { "icloud", "dmarc-quarantine", "dmarc-fail policy-quarantine", NULL, NULL, VERDICT_JUNK, "" },
    { "icloud", "unauthenticated", "spf-none !dkim-pass", NULL, NULL, VERDICT_REJECT, "554 5.7.1" },
    { "icloud", "author-at-icloud", "!dmarc-pass", NULL, "me.com", VERDICT_JUNK, "" },
    { "icloud", "sender-domain-unknown", "!sender-domain-resolves", NULL, NULL, VERDICT_DEFER, "450 4.1.8" },
    { "icloud", "address-listed", "address-listed", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "icloud", "domain-listed", "domain-listed", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "icloud", "bulk-spf", "bulk !spf-pass", NULL, NULL, VERDICT_REJECT, "554 5.7.1" },
    { "icloud", "bulk-dkim", "bulk !dkim-pass", NULL, NULL, VERDICT_REJECT, "554 5.7.1" },
    { "icloud", "bulk-dmarc", "bulk !dmarc-record", NULL, NULL, VERDICT_REJECT, "554 5.7.1" },
    { "icloud", "bulk-ptr", "bulk !fcrdns", NULL, NULL, VERDICT_REJECT, "554 5.7.1" },
    { "icloud", "bulk-unsubscribe", "bulk !list-unsubscribe", NULL, NULL, VERDICT_REJECT, "554 5.7.1" },
    { "icloud", NULL, "!fcrdns !list-unsubscribe !dmarc-record", NULL, NULL, VERDICT_ACCEPT, "" },

    { "gmx", "spf-fail", "spf-fail", NULL, NULL, VERDICT_REJECT, "550" },
    { "gmx", "dmarc-reject", "dmarc-fail policy-reject", NULL, NULL, VERDICT_REJECT, "554" },
    { "gmx", "spf-fail", FORGED, NULL, NULL, VERDICT_REJECT, "550|554" },
    { "gmx", "dmarc-quarantine", "dmarc-fail policy-quarantine", NULL, NULL, VERDICT_JUNK, "" },
    { "gmx", "unauthenticated", "spf-none !dkim-pass", NULL, NULL, VERDICT_JUNK, "" },
    { "gmx", "ptr-missing", "!ptr", NULL, NULL, VERDICT_REJECT, "554" },
    { "gmx", "from-invalid", "!from-valid", NULL, NULL, VERDICT_REJECT, "554" },
    { "gmx", "date-invalid", "!date-valid", NULL, NULL, VERDICT_REJECT, "554" },
    { "gmx", "header-duplicate", "header-duplicate", NULL, NULL, VERDICT_REJECT, "554" },
    { "gmx", "header-8bit", "header-8bit", NULL, NULL, VERDICT_REJECT, "554" },
    { "gmx", "address-listed", "address-listed", NULL, NULL, VERDICT_REJECT, "554" },

    { "laposte", "dkim-unaligned", "!dkim-aligned", NULL, NULL, VERDICT_REJECT, "550 5.7.20" },
    { "laposte", "spf-fail", "spf-fail", NULL, NULL, VERDICT_REJECT, "550 5.5.0" },
    { "laposte", "spf-unaligned", "!spf-aligned", NULL, NULL, VERDICT_JUNK, "" },
    { "orange", "dmarc-reject", FORGED, NULL, NULL, VERDICT_REJECT, "501 5.0.2|550 5.7.1" },
    { "orange", "dmarc-reject", "dmarc-fail policy-reject", NULL, NULL, VERDICT_REJECT, "501 5.0.2" },
    { "orange", "from-missing", "from-missing", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "mailru", "dmarc-reject", FORGED, NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "qq", "dmarc-reject", "dmarc-fail policy-reject", NULL, NULL, VERDICT_REJECT, "550" },
    { "zoho", "dmarc-reject", FORGED, NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "comcast", "dmarc-reject", "dmarc-fail policy-reject", NULL, NULL, VERDICT_REJECT, "550 5.2.0" },
    { "comcast", "ptr-missing", "!ptr", NULL, NULL, VERDICT_REJECT, "554" },
    { "tonline", "ptr-missing", "!ptr", NULL, NULL, VERDICT_REJECT, "554" },
    { "cox", "ptr-missing", "!ptr", NULL, NULL, VERDICT_REJECT, "554" },
    { "spectrum", "dmarc-reject", FORGED, NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "godaddy", "spf-fail", "spf-fail", NULL, NULL, VERDICT_REJECT, "550 5.1.0" },
    { "godaddy", "ptr-missing", "!ptr", NULL, NULL, VERDICT_DEFER, "421" },
    { "rackspace", "dmarc-reject", "dmarc-fail policy-reject", NULL, NULL, VERDICT_REJECT, "550 5.7.1" },
    { "rackspace", "ptr-missing", "!ptr", NULL, NULL, VERDICT_DEFER, "450 4.7.1" },

    /* What a tenant may set, but does not find set, rejects nothing. */
    { "mimecast", "dmarc-reject", "dmarc-fail policy-reject", NULL, NULL, VERDICT_REJECT, "550" },
    { "mimecast", "spf-fail-unsigned", "spf-fail !dkim-pass", NULL, NULL, VERDICT_JUNK, "" },
    { "mimecast", NULL, "spf-hardfail", NULL, NULL, VERDICT_ACCEPT, "" },
    { "mimecast", NULL, "dkim-signed !dkim-pass", NULL, NULL, VERDICT_ACCEPT, "" },
    { "proofpoint", "dmarc-reject", "dmarc-fail policy-reject", NULL, NULL, VERDICT_REJECT, "550 5.7.0" },
    { "proofpoint", "spf-fail-unsigned", "spf-fail !dkim-pass", NULL, NULL, VERDICT_JUNK, "" },
    { "proofpoint", NULL, "spf-hardfail", NULL, NULL, VERDICT_ACCEPT, "" },
    { "ironport", "spf-fail-unsigned", "spf-fail !dkim-pass", NULL, NULL, VERDICT_JUNK, "" },
    { "ironport", NULL, "!dkim-pass", NULL, NULL, VERDICT_ACCEPT, "" },
    { "messagelabs", "spf-fail-unsigned", "spf-fail !dkim-pass", NULL, NULL, VERDICT_JUNK, "" },
    { "messagelabs", NULL, "spf-hardfail", NULL, NULL, VERDICT_ACCEPT, "" },
    { "barracuda", "spf-hardfail", "spf-hardfail", NULL, NULL, VERDICT_REJECT, "550" },
    { "barracuda", NULL, "spf-softfail", NULL, NULL, VERDICT_ACCEPT, "" },
};

#define SHIPPED (sizeof(shipped) / sizeof(shipped[0]))

static void predict(const struct receiver *receiver, const char *recipient, const char *author,
                    const struct facts *facts, struct prediction *prediction_r)
{
    static const struct findings no_findings;
    const struct rule_subject subject = { recipient == NULL ? "example.net" : recipient,
                                          author == NULL ? "example.com" : author, facts };

    receiver_predict(receiver, &subject, &no_findings, prediction_r);
}

START_TEST(shipped_rules_predict)
{
    for (size_t i = 0; i < SHIPPED; i++) {
        const struct shipped *want = &shipped[i];
        struct facts facts = factset(want->facts);
        struct prediction got;
        struct str replies = STR_EMPTY;

        predict(known_receiver(want->receiver), want->recipient, want->author, &facts, &got);
        const char *rule = got.rule == NULL ? "none" : got.rule->name;
        ck_assert_msg(got.outcome == want->outcome, "%s, %s: %s by %s", want->receiver, want->facts,
                      verdict_name(got.outcome), rule);
        ck_assert_msg(strcmp(rule, want->rule == NULL ? "none" : want->rule) == 0, "%s, %s: by %s", want->receiver,
                      want->facts, rule);
        for (size_t k = 0; k < got.n_replies; k++)
            str_addf(&replies, "%s%s", k > 0 ? "|" : "", got.replies[k]);
        ck_assert_msg(strcmp(str_get(&replies), want->replies) == 0, "%s, %s: %s", want->receiver, want->facts,
                      str_get(&replies));
        prediction_clear(&got);
        str_clear(&replies);
    }
}
END_TEST

static bool has_rule(const struct receiver *receiver, const char *name)
{
    for (size_t i = 0; i < receiver->n_rules; i++) {
        if (strcmp(receiver->rules[i].name, name) == 0)
            return true;
    }
    return false;
}

/* The facts of a rule go together, it decides where nothing else is wrong, and it says where it comes from. */
static void check_rule(const struct receiver *receiver, const struct rule *rule)
{
    struct factset set = { 0 };
    struct prediction got;

    ck_assert_msg(rule->source != NULL && strlen(rule->source) > 5, "%s: %s", receiver->name, rule->name);
    for (size_t i = 0; i < rule->n_when; i++) {
        set.is_set[rule->when[i].fact] = true;
        set.facts.value[rule->when[i].fact] = fact_of(!rule->when[i].is_negated);
    }
    ck_assert_msg(factset_close(&set), "%s: %s can never hold", receiver->name, rule->name);
    factset_fill(&set);
    predict(receiver, rule->domains.count > 0 ? rule->domains.items[0] : NULL,
            rule->author_domains.count > 0 ? rule->author_domains.items[0] : NULL, &set.facts, &got);
    /* A rule taken over from another receiver may be covered by one of its own. */
    ck_assert_msg(got.outcome >= rule->outcome, "%s: %s: %s", receiver->name, rule->name, verdict_name(got.outcome));
    ck_assert_msg(got.outcome == rule->outcome || has_rule(known_receiver("generic"), rule->name), "%s: %s: %s",
                  receiver->name, rule->name, verdict_name(got.outcome));
    for (size_t i = 0; got.outcome == rule->outcome && rule->replies[i] != NULL; i++) {
        size_t k = 0;
        while (k < got.n_replies && strcmp(got.replies[k], rule->replies[i]) != 0)
            k++;
        ck_assert_msg(k < got.n_replies, "%s: %s: %s is missing", receiver->name, rule->name, rule->replies[i]);
    }
    prediction_clear(&got);
}

START_TEST(every_shipped_rule_can_fire)
{
    size_t n, rules = 0;
    const struct receiver *all = receivers_all(known_receivers(), &n);

    ck_assert_uint_ge(n, 20);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < all[i].n_rules; k++, rules++)
            check_rule(&all[i], &all[i].rules[k]);
    }
    ck_assert_uint_gt(rules, 150);
}
END_TEST

START_TEST(every_shipped_receiver_is_in_the_table)
{
    size_t n;
    const struct receiver *all = receivers_all(known_receivers(), &n);
    const struct facts facts = factset("");

    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < SHIPPED && strcmp(shipped[k].receiver, all[i].name) != 0)
            k++;
        ck_assert_msg(k < SHIPPED, "%s", all[i].name);
        struct prediction got;
        predict(&all[i], "gmail.com", "gmail.com", &facts, &got);
        ck_assert_msg(got.outcome == VERDICT_ACCEPT, "%s accepts no clean mail: %s", all[i].name,
                      got.rule == NULL ? "" : got.rule->name);
        prediction_clear(&got);
    }
}
END_TEST

/* --- the file ---------------------------------------------------------------- */

#define GENERIC "receiver generic { }\n"
#define RULE(text) "receiver a {\n  mx = .a.example\n  rule r {\n" text "  }\n}\n" GENERIC

static struct receivers *load(const char *text, struct err *err)
{
    return receivers_load(conffile_write("receivers.conf", text), err);
}

START_TEST(mistakes_are_told)
{
    static const struct { const char *text, *want; } cases[] = {
        { "", ": there is no receiver 'generic': begin with include() of the receivers.conf that comes with Preflight, "
          "or add one" },
        { GENERIC "receiver b { }\n", ":2: receiver 'b' has no 'mx', by which it would be known" },
        { GENERIC "receiver B { mx = b.example }\n",
          ":2: the name of a receiver has lower-case letters, digits and '-', at most 32" },
        { GENERIC "receiver b { mx = '..b' }\n",
          ":2: option 'receiver b: mx': '..b' is not a domain name or .domain" },
        { GENERIC "receiver b { mx = .x.example }\nreceiver c {\n  mx = { y.example, .X.example }\n}\n",
          ":4: option 'receiver c: mx': '.x.example' is that of receiver 'b'" },
        { GENERIC "receiver b { mx = .x.example\nlike = generik }\n",
          ":3: option 'receiver b: like': there is no receiver 'generik'" },
        { GENERIC "receiver b { mx = b.example  like = c }\nreceiver c { mx = c.example  like = generic }\n",
          ":2: option 'receiver b: like': receiver 'c' is like another itself" },
        { GENERIC "receiver b { mx = b.example  like = b }\n",
          ":2: option 'receiver b: like': receiver 'b' is like another itself" },
        { GENERIC "receiver b { mx = b.example  titel = 'B' }\n", ":2: unknown option 'titel', did you mean 'title'?" },
        { GENERIC "receiver b { mx = b.example  rules r { } }\n", ":2: unknown option 'rules', did you mean 'rule'?" },
        { RULE("outcome = reject\nsource = x\n"), ":6: rule 'r' has no 'when': it would hold for all mail" },
        { RULE("when = spf-pas\n"), ":4: option 'rule r: when': 'spf-pas' is not a fact, did you mean 'spf-pass'?" },
        { RULE("when = {\n  '!dkim-passes',\n  nonsense }\n"),
          ":5: option 'rule r: when': '!dkim-passes' is not a fact, did you mean 'dkim-pass'?" },
        { RULE("when = {\n  '!dkim-pass',\n  nonsense }\n"), ":6: option 'rule r: when': 'nonsense' is not a fact" },
        { RULE("when = '!!ptr'\n"), ":4: option 'rule r: when': '!!ptr' is not a fact, did you mean 'ptr'?" },
        { RULE("when = { ptr, bulk, '!ptr' }\noutcome = junk\nsource = x\n"),
          ":4: option 'rule r: when': the fact 'ptr' twice" },
        { RULE("when = { ptr, bulk, ipv6, fcrdns, spf-pass, spf-fail, dkim-pass, dmarc-pass, dmarc-fail }\n"
               "outcome = junk\nsource = x\n"), ":4: option 'rule r: when': more than 8 facts" },
        { RULE("when = ptr\nsource = x\n"), ":6: rule 'r' has no 'outcome'" },
        { RULE("when = ptr\noutcome = unsure\n"),
          ":5: option 'rule r: outcome': 'unsure' is not accept, junk, defer or reject" },
        { RULE("when = ptr\noutcome = junk\n"), ":6: rule 'r' has no 'source'" },
        { RULE("when = ptr\noutcome = junk\nsource = ''\n"),
          ":6: option 'rule r: source': '' is not one line of text" },
        { RULE("confidence = certain\n"),
          ":4: option 'rule r: confidence': 'certain' is not documented, observed or inferred" },
        { RULE("when = ptr\noutcome = reject\nsource = x\nreplies = { '421', '550' }\n"),
          ":7: option 'rule r: replies': the first is '421', which does not reject" },
        { RULE("when = ptr\noutcome = defer\nsource = x\nreplies = '550 5.7.1'\n"),
          ":7: option 'rule r: replies': the first is '550 5.7.1', which does not defer" },
        { RULE("when = ptr\noutcome = junk\nsource = x\nreplies = '250'\n"),
          ":7: option 'rule r: replies': '250' is not a reply such as '550' or '550 5.7.1'" },
        { RULE("when = ptr\noutcome = junk\nsource = x\nreplies = '550'\n"),
          ":7: option 'rule r: replies': the outcome junk has none" },
        { RULE("when = ptr\noutcome = reject\nsource = x\n"
               "replies = { '550', '551', '552', '553', '554', '501', '502', '503', '504' }\n"),
          ":7: option 'rule r: replies': more than 8 replies" },
        { RULE("domains = '@gmail.com'\n"),
          ":4: option 'rule r: domains': '@gmail.com' is not a domain name or .domain" },
        { "receiver a {\n  mx = .a.example\n  rule 'r r' { when = ptr  outcome = junk  source = x }\n}\n" GENERIC,
          ":3: 'r r' is not a name: letters, digits, '-', '_' and '.', at most 64" },
        { "receiver a {\n  rule r { }\n  rule r { }\n}\n", ":3: duplicate section 'r'" },
        { "receiver a {\n", ":1: the section that begins here is not closed" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = { "" };
        struct receivers *receivers = load(cases[i].text, &err);
        ck_assert_msg(receivers == NULL, "loaded: %s", cases[i].text);
        const char *name = strstr(err.text, "receivers.conf:");
        ck_assert_msg(name != NULL && strcmp(name + strlen("receivers.conf"), cases[i].want) == 0, "%s\ngot: %s",
                      cases[i].text, err.text);
    }
    ck_assert_ptr_null(receivers_load(conffile_path("missing.conf"), NULL));
}
END_TEST

START_TEST(replies_have_a_form)
{
    static const struct { const char *reply; bool is_good; } cases[] = {
        { "550", true }, { "550 5.7.26", true }, { "421 4.7.0", true }, { "554 5.0.0", true }, { "501 5.0.2", true },
        { "550 5.7.515", true }, { "550 5.100.999", true }, { "450 4.1.8", true },
        { "", false }, { "5xx", false }, { "55", false }, { "5500", false }, { "250", false }, { "650", false },
        { "560", false }, { "550 ", false }, { "550 5.7", false }, { "550 5.7.", false }, { "550 5.7.1 ", false },
        { "550 4.7.1", false }, { "421 5.7.32", false }, { "550  5.7.1", false }, { "550-5.7.1", false },
        { "550 5.07.1", false }, { "550 5.7.1000", false }, { "550 5..1", false }, { "550 5.7.1 no", false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[300];
        struct err err = { "" };
        snprintf(text, sizeof(text), "receiver generic { rule r { when = ptr  source = x  outcome = %s  "
                 "replies = '%s' } }\n", cases[i].reply[0] == '4' ? "defer" : "reject", cases[i].reply);
        struct receivers *receivers = load(text, &err);
        ck_assert_msg((receivers != NULL) == cases[i].is_good, "'%s': %s", cases[i].reply, err.text);
        receivers_unref(&receivers);
    }
}
END_TEST

START_TEST(a_receiver_may_be_like_another)
{
    struct err err = { "" };
    struct receivers *receivers = load("receiver b { mx = { MX.B.example., .b.example }  like = generic\n"
        "  rule two { when = ptr  outcome = accept  source = x }\n"
        "  rule three { when = bulk  domains = { B.example }  outcome = defer  source = x  confidence = observed } }\n"
        "receiver generic {\n"
        "  rule one { when = '!ptr'  outcome = junk  source = 'RFC 1' }\n"
        "  rule two { when = ptr  outcome = reject  replies = { '550 5.7.1', '554' }  source = x }\n}\n", &err);

    ck_assert_msg(receivers != NULL, "%s", err.text);
    const struct receiver *b = receivers_find(receivers, "b"), *generic = receivers_generic(receivers);
    ck_assert_str_eq(b->title, "b");
    ck_assert_ptr_null(b->page);
    ck_assert_str_eq(b->mx.items[0], "mx.b.example");
    ck_assert_uint_eq(b->n_rules, 3);
    ck_assert_str_eq(b->rules[0].name, "two");
    ck_assert_int_eq(b->rules[0].outcome, VERDICT_ACCEPT);
    ck_assert_str_eq(b->rules[1].name, "three");
    ck_assert_str_eq(b->rules[1].domains.items[0], "b.example");
    ck_assert_int_eq(b->rules[1].confidence, CONFIDENCE_OBSERVED);
    ck_assert_str_eq(b->rules[2].name, "one");
    ck_assert_str_eq(b->rules[2].source, "RFC 1");
    ck_assert_int_eq(b->rules[2].confidence, CONFIDENCE_DOCUMENTED);
    ck_assert_uint_eq(generic->n_rules, 2);
    ck_assert_str_eq(generic->rules[1].replies[1], "554");
    ck_assert_ptr_null(generic->rules[1].replies[2]);
    struct receivers *again = receivers_ref(receivers);
    receivers_unref(&receivers);
    ck_assert_str_eq(receivers_find(again, "b")->name, "b");
    receivers_unref(&again);
    receivers_unref(&again);
}
END_TEST

/* A postmaster's file: ours by include, one of them replaced, one added. */
START_TEST(ours_can_be_extended)
{
    struct err err = { "" };
    char text[5000], ours[PATH_MAX];

    ck_assert_ptr_nonnull(realpath(unit_path("conf/receivers.conf"), ours));
    snprintf(text, sizeof(text), "include(\"%s\")\n"
             "receiver comcast { mx = .comcast.net  like = generic  title = \"Ours\" }\n"
             "receiver partner { mx = mail.partner.example\n"
             "  rule strict { when = '!spf-aligned'  outcome = reject  source = \"their postmaster\" } }\n",
             ours);
    struct receivers *receivers = load(text, &err);
    ck_assert_msg(receivers != NULL, "%s", err.text);
    ck_assert_str_eq(receivers_find(receivers, "comcast")->title, "Ours");
    ck_assert_str_eq(receivers_by_host(receivers, "mx2.comcast.net")->title, "Ours");
    ck_assert_str_eq(receivers_by_host(receivers, "mail.partner.example")->name, "partner");
    ck_assert_ptr_nonnull(receivers_find(receivers, "gmail"));
    receivers_unref(&receivers);
}
END_TEST

/* What is built in is what is shipped. */
START_TEST(built_in_is_the_file)
{
    struct err err = { "" };
    struct receivers *receivers = receivers_load(unit_path("conf/receivers.conf"), &err);
    size_t n, m;

    ck_assert_msg(receivers != NULL, "%s", err.text);
    const struct receiver *a = receivers_all(receivers, &n), *b = receivers_all(known_receivers(), &m);
    ck_assert_uint_eq(n, m);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(a[i].name, b[i].name);
        ck_assert_uint_eq(a[i].n_rules, b[i].n_rules);
    }
    receivers_unref(&receivers);
}
END_TEST

/* A file that is broken somewhere loads all the same, or is refused with a reason. */
START_TEST(survives_mistakes)
{
    static const char *const pieces[] = {
        "{", "}", "(", "=", "+=", ",", "\"", "'", "!", "#", "/*", "receiver a {", "rule", "like = generic", "generic",
        "mx = .a.example", "when = ", "\"!ptr\"", "outcome = accept", "550 5.7.1", "\n", "\\", "\xff", "include(\"x\")",
        NULL
    };
    enum { SIZE = 64 * 1024, ROUNDS = 400 };
    struct str seed = STR_EMPTY;
    struct err err = { "" };
    char *text = malloc(SIZE);
    uint64_t state = 20261123;
    int good = 0;

    ck_assert_int_eq(source_read(unit_path("conf/receivers.conf"), &seed, &err), 0);
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = mutate(&state, seed.data, seed.len, pieces, text, SIZE);
        struct receivers *receivers = receivers_load(conffile_write_bytes("receivers.conf", text, len), &err);
        ck_assert_msg(receivers != NULL || strlen(err.text) > 10, "round %d: no reason", i);
        good += receivers != NULL;
        receivers_unref(&receivers);
    }
    ck_assert_int_gt(good, ROUNDS / 50);
    ck_assert_int_lt(good, ROUNDS);
    str_clear(&seed);
    free(text);
}
END_TEST

/* --- who receives ------------------------------------------------------------------ */

START_TEST(knows_hosts)
{
    static const struct { const char *host, *want; } cases[] = {
        { "gmail-smtp-in.l.google.com", "gmail" }, { "aspmx.l.google.com", "gmail" }, { "smtp.google.com", "gmail" },
        { "aspmx2.googlemail.com", "gmail" }, { "google.com", "generic" }, { "l.notgoogle.com", "generic" },
        { "google.com.evil.example", "generic" },
        { "hotmail-com.olc.protection.outlook.com", "outlook" },
        { "example-com.mail.protection.outlook.com", "exchange-online" },
        { "example-com.a-v1.mx.microsoft", "exchange-online" },
        { "mta5.am0.yahoodns.net", "yahoo" }, { "mailin-01.mx.aol.com", "generic" }, { "x.mail.aol.com", "yahoo" },
        { "mx01.mail.icloud.com", "icloud" }, { "mx00.gmx.net", "gmx" }, { "mx-ha02.web.de", "gmx" },
        { "mx00.kundenserver.de", "gmx" }, { "smtp4.laposte.net", "laposte" }, { "smtp-in.orange.fr", "orange" },
        { "mx1a1.comcast.net", "comcast" }, { "eu-smtp-inbound-1.mimecast.com", "mimecast" },
        { "mxa-001.gslb.pphosted.com", "proofpoint" }, { "mx1-us1.ppe-hosted.com", "proofpoint" },
        { "d1.ess.barracudanetworks.com", "barracuda" }, { "mx1.hc1.iphmx.com", "ironport" },
        { "smtp.secureserver.net", "godaddy" }, { "mx.smtp.secureserver.net", "generic" },
        { "mx.example.com", "generic" }, { "", "generic" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct receiver *got = receivers_by_host(known_receivers(), cases[i].host);
        ck_assert_msg(strcmp(got->name, cases[i].want) == 0, "%s: %s", cases[i].host, got->name);
    }
}
END_TEST

START_TEST(the_longest_suffix_wins)
{
    struct err err = { "" };
    struct receivers *receivers = load(GENERIC "receiver a { mx = .example.net }\n"
        "receiver b { mx = .in.example.net }\nreceiver c { mx = mx.in.example.net }\n", &err);

    ck_assert_msg(receivers != NULL, "%s", err.text);
    ck_assert_str_eq(receivers_by_host(receivers, "x.example.net")->name, "a");
    ck_assert_str_eq(receivers_by_host(receivers, "in.example.net")->name, "a");
    ck_assert_str_eq(receivers_by_host(receivers, "x.in.example.net")->name, "b");
    ck_assert_str_eq(receivers_by_host(receivers, "mx.in.example.net")->name, "c");
    ck_assert_str_eq(receivers_by_host(receivers, "y.mx.in.example.net")->name, "b");
    receivers_unref(&receivers);
}
END_TEST

START_TEST(finds_by_mx)
{
    static const char zone[] =
        "gmail.com. 60 IN MX 40 alt4.gmail-smtp-in.l.google.com.\n"
        "gmail.com. 60 IN MX 5 gmail-smtp-in.l.google.com.\n"
        "backup.example. 60 IN MX 10 mx.backup.example.\n"
        "backup.example. 60 IN MX 20 aspmx.l.google.com.\n"
        "tied.example. 60 IN MX 10 mx.tied.example.\n"
        "tied.example. 60 IN MX 10 ASPMX.L.Google.com.\n"
        "none.example. 60 IN MX 0 .\n"
        "implicit.mail.icloud.com. 60 IN A 192.0.2.1\n"
        "bare.example. 60 IN A 192.0.2.1\n"
        "alias.example. 60 IN CNAME gmail.com.\n";
    static const struct { const char *domain, *want; } cases[] = {
        { "gmail.com", "gmail" }, { "GMAIL.com", "gmail" }, { "backup.example", "generic" },
        { "tied.example", "gmail" }, { "none.example", "generic" },
        { "implicit.mail.icloud.com", "icloud" }, { "bare.example", "generic" },
        { "missing.example", "generic" }, { "alias.example", "gmail" }, { "timeout.example", NULL },
        { "servfail.example", NULL }, { "bogus.example", NULL },
    };
    struct dns *dns = zonedns_new(zone);

    dns_inject(dns, "timeout.example", DNS_MX, DNS_TIMEOUT);
    dns_inject(dns, "servfail.example", DNS_MX, DNS_TEMPFAIL);
    dns_inject(dns, "bogus.example", DNS_MX, DNS_BOGUS);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dns_budget budget = zonedns_budget();
        const struct receiver *got = receivers_by_domain(known_receivers(), dns, &budget, cases[i].domain);
        const char *name = got == NULL ? "nobody" : got->name;
        ck_assert_msg(strcmp(name, cases[i].want == NULL ? "nobody" : cases[i].want) == 0, "%s: %s", cases[i].domain,
                      name);
    }
    dns_free(&dns);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("receivers");
    TCase *tc = tcase_create("receivers");
    tcase_add_checked_fixture(tc, conffile_start, conffile_done);
    tcase_add_test(tc, shipped_rules_predict);
    tcase_add_test(tc, every_shipped_rule_can_fire);
    tcase_add_test(tc, every_shipped_receiver_is_in_the_table);
    tcase_add_test(tc, mistakes_are_told);
    tcase_add_test(tc, replies_have_a_form);
    tcase_add_test(tc, a_receiver_may_be_like_another);
    tcase_add_test(tc, ours_can_be_extended);
    tcase_add_test(tc, built_in_is_the_file);
    tcase_add_test(tc, survives_mistakes);
    tcase_add_test(tc, knows_hosts);
    tcase_add_test(tc, the_longest_suffix_wins);
    tcase_add_test(tc, finds_by_mx);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
