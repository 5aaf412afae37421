/*
 * What came back, judged as if it left today; see recheck.h.
 */
#include "config.h"

#include "lib/recheck.h"
#include "lib/base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- judging ------------------------------------------------------------------------------ */

/* Its finding speaks of name servers; where a signature cannot be told, they are not to blame. */
static void drop_consequence(struct report *report)
{
    if (findings_has(&report->findings, FINDING_DKIM_RETURNED) && report_spf(report) != AUTH_TEMPERROR &&
        report->dmarc.policy != DMARC_POLICY_ABSENT && report->author_domain != NULL)
        findings_drop(&report->findings, FINDING_DMARC_TEMPERROR, report->author_domain);
}

struct report *recheck_judge(struct preflight *preflight, const struct bounces *bounces,
                             const struct bounce_original *original, struct err *err)
{
    const struct preflight_origin origin = {
        .is_local = true, .is_patient = true, .is_returned = true, .is_as_sent = original->is_as_sent,
    };
    struct preflight_message *message = NULL;
    FILE *file = fmemopen(original->text, original->len, "rb");

    if (file == NULL) {
        err_set(err, "cannot read the returned message: %s", strerror(errno));
        return NULL;
    }
    for (size_t i = 0; i < bounces->count; i++) {
        const struct bounce *bounce = &bounces->items[i];
        if (bounce->original != original)
            continue;
        if (message == NULL)
            message = preflight_begin(preflight, &origin, bounce->sender == NULL ? "" : bounce->sender, NULL);
        if (bounce->recipient != NULL)
            preflight_recipient(message, bounce->recipient);
    }
    if (message == NULL)
        message = preflight_begin(preflight, &origin, "", NULL);
    int rc = preflight_read(message, file, err);
    fclose(file);
    if (rc < 0) {
        preflight_abandon(&message);
        return NULL;
    }
    struct report *report = preflight_end(&message, NULL);
    drop_consequence(report);
    return report;
}

/* --- causes with a result of their own ------------------------------------------------------- */

static void add_spf(struct str *why, const struct report *report)
{
    const struct spf_result *worst = report_worst_spf(report);
    char address[IP_TEXT_MAX] = "an unknown address";

    if (worst == NULL)
        return;
    if (worst->address.family != 0)
        ip_format(&worst->address, address);
    str_addf(why, "SPF %s for ", auth_result_name(worst->result));
    str_add_escaped(why, worst->domain, DOMAIN_MAX, false);
    str_addf(why, " from %s", address);
    if (worst->problem[0] != '\0' || worst->term[0] != '\0') {
        str_add(why, " (");
        str_add_escaped(why, worst->problem[0] != '\0' ? worst->problem : worst->term, DOMAIN_MAX, false);
        str_add(why, ")");
    }
}

static enum recheck_answer answer_spf(const struct report *report, struct str *why)
{
    add_spf(why, report);
    if (why->len == 0 || report_spf(report) == AUTH_TEMPERROR)
        return RECHECK_CANNOT_BE_TOLD;
    return report_spf(report) == AUTH_PASS ? RECHECK_MENDED : RECHECK_STILL_THERE;
}

/* The signature that decides: a passing one, else one that cannot be told, else the first. */
static const struct dkim_result *deciding_signature(const struct dkim_results *dkim)
{
    enum auth_result overall = dkim_results_overall(dkim);

    for (size_t i = 0; i < dkim->count; i++) {
        if (dkim->items[i].result == overall)
            return &dkim->items[i];
    }
    return NULL;
}

static void add_signature(struct str *why, const struct report *report, const struct bounce_original *original)
{
    const struct dkim_result *sig = deciding_signature(&report->dkim);

    if (sig == NULL) {
        str_add(why, original->is_as_sent ? "the message left without a DKIM signature"
                                          : "no DKIM signature came back with the message");
        return;
    }
    str_add(why, "the DKIM signature of ");
    str_add_escaped(why, sig->domain, DOMAIN_MAX, false);
    if (sig->result == AUTH_PASS) {
        str_add(why, " verifies");
        return;
    }
    str_addf(why, " is %s: ",
             sig->finding == FINDING_DKIM_RETURNED ? "not told by the copy" : auth_result_name(sig->result));
    str_add_escaped(why, sig->reason, 200, false);
}

static enum recheck_answer answer_dkim(const struct report *report, const struct bounce_original *original,
                                       struct str *why)
{
    enum auth_result overall = dkim_results_overall(&report->dkim);

    add_signature(why, report, original);
    if (overall == AUTH_TEMPERROR)
        return RECHECK_CANNOT_BE_TOLD;
    return overall == AUTH_PASS ? RECHECK_MENDED : RECHECK_STILL_THERE;
}

static enum recheck_answer answer_dmarc(const struct report *report, const struct bounce_original *original,
                                        struct str *why)
{
    enum auth_result worse = report->dmarc.result;

    if (report->dmarc.rfc7489.result == AUTH_FAIL || worse == AUTH_PASS)
        worse = report->dmarc.rfc7489.result;
    if (report->author_domain == NULL) {
        str_add(why, "the header came back without an author");
        return RECHECK_CANNOT_BE_TOLD;
    }
    str_addf(why, "DMARC %s for ", auth_result_name(worse));
    str_add_escaped(why, report->author_domain, DOMAIN_MAX, false);
    if (worse == AUTH_PASS)
        return RECHECK_MENDED;
    str_add(why, ": ");
    if (worse == AUTH_NONE) {
        str_add(why, "no policy is published now; who refused by it will not, who asks for one still does");
        return RECHECK_CANNOT_BE_TOLD;
    }
    add_spf(why, report);
    str_add(why, "; ");
    add_signature(why, report, original);
    return worse == AUTH_FAIL ? RECHECK_STILL_THERE : RECHECK_CANNOT_BE_TOLD;
}

/* --- causes that a fact speaks of --------------------------------------------------------------- */

/* The gravest finding that a fact rests on, as a sentence; NULL where there is none. */
static const char *sentence(const struct report *report, enum fact_id fact)
{
    const struct finding *best = NULL;

    for (size_t i = 0; i < report->findings.count; i++) {
        const struct finding *finding = &report->findings.items[i];
        if (fact_rests_on(fact, finding->row->id, &report->facts) &&
            (best == NULL || finding->row->severity > best->row->severity))
            best = finding;
    }
    return best == NULL ? NULL : best->text;
}

static const struct reading {
    enum fact_id fact;
    bool is_fault;              /* the fact itself is what is wrong; else its absence */
    bool can_mend;              /* without the fault the cause is gone */
    bool needs_copy;            /* only a header that came back as it was sent tells */
    const char *otherwise;      /* what is to be said without the fault */
} readings[CAUSE_COUNT] = {
    [CAUSE_PTR] = { FACT_FCRDNS, false, true, false, "every sending address has a name that leads back" },
    [CAUSE_IP_REPUTATION] = { FACT_ADDRESS_LISTED, true, false, false,
                              "no blocklist that is asked lists the addresses; the receiver keeps its own record" },
    [CAUSE_DOMAIN_REPUTATION] = { FACT_DOMAIN_LISTED, true, false, false,
                                  "no blocklist that is asked lists the domain; the receiver keeps its own record" },
    [CAUSE_CONTENT] = { FACT_RFC5322_VALID, false, false, true,
                        "nothing is wrong with the message's form; what its content is worth only the receiver knows" },
    [CAUSE_SENDER_REJECTED] = { FACT_SENDER_DOMAIN_RESOLVES, false, false, false,
                                "the sender's domain resolves; whether it is taken now only the receiver knows" },
};

/* Of the others. */
static const char *const untold[CAUSE_COUNT] = {
    [CAUSE_RATE] = "how many messages it takes today only the receiver knows",
    [CAUSE_RECIPIENT_POLICY] = "what the recipient's policy is today only the receiver knows",
    [CAUSE_TLS] = "whether the receiver is content with TLS shows with the next message",
    [CAUSE_AUTH_REQUIRED] = "whether the receiver relays for us shows with the next message",
    [CAUSE_MAILBOX] = "whether the mailbox takes mail again only the receiver knows",
};

static enum recheck_answer answer_fact(const struct report *report, const struct bounce_original *original,
                                       enum cause cause, struct str *why)
{
    const struct reading *reading = &readings[cause];
    enum fact_value value = report->facts.value[reading->fact];
    bool is_untold = value == FACT_UNKNOWN || value == FACT_UNEXAMINED ||
        (reading->needs_copy && !original->is_as_sent);
    const char *text = sentence(report, reading->fact);

    if (!is_untold && (value == FACT_TRUE) == reading->is_fault) {
        str_add(why, text != NULL ? text : fact_name(reading->fact));
        return RECHECK_STILL_THERE;
    }
    if (value == FACT_UNKNOWN || (value == FACT_UNEXAMINED && reading->can_mend)) {
        str_add(why, value == FACT_UNKNOWN ? "the DNS does not answer" : "nobody looked");
        return RECHECK_CANNOT_BE_TOLD;
    }
    str_add(why, reading->otherwise);
    return reading->can_mend ? RECHECK_MENDED : RECHECK_CANNOT_BE_TOLD;
}

enum recheck_answer recheck_cause(const struct report *report, const struct bounce_original *original,
                                  enum cause cause, struct str *why_r)
{
    switch (cause) {
    case CAUSE_SPF:
        return answer_spf(report, why_r);
    case CAUSE_DKIM:
        return answer_dkim(report, original, why_r);
    case CAUSE_DMARC:
        return answer_dmarc(report, original, why_r);
    default:
        if (untold[cause] == NULL)
            return answer_fact(report, original, cause, why_r);
        str_add(why_r, untold[cause]);
        return RECHECK_CANNOT_BE_TOLD;
    }
}
