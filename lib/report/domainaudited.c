/*
 * The audit of a domain, for people and as JSON; see audited.h.
 */
#include "config.h"

#include "lib/report/audited.h"
#include "lib/base/mem.h"
#include "lib/report/auditwriter.h"

#include <stdlib.h>
#include <string.h>

#define DAY 86400L      /* seconds */

/* --- text ------------------------------------------------------------------------------------ */

static void write_spf(struct writer *w, size_t length, const struct domainaudit *audit)
{
    write_title(w, "SPF");
    if (audit->n_spf == 0)
        write_line(w, "not judged: no sending address is known; name them in an egress of preflight.conf", 4);
    for (size_t i = 0; i < audit->n_spf; i++) {
        const struct spf_result *spf = &audit->spf[i];
        char address[IP_TEXT_MAX];
        ip_format(&spf->address, address);
        write_audit_spf(w, length, address, spf, result_color(spf->result));
    }
    if (audit->n_spf > 0 && audit->has_more_addresses)
        write_line(w, "and there may be more addresses, which are not known", 4);
    const struct spf_result *worst = spf_worst(audit->spf, audit->n_spf);
    write_spf_tree(w, worst == NULL || worst->result == AUTH_PASS ? &audit->whole : worst);
}

static const char *const private_states[] = {
    "", "; its private key is not read", "", "; its private key matches", "; another private key signs",
};

/* What OpenDKIM is set to do. */
static void write_signing(struct writer *w, size_t length, const struct opendkim_signing *signing)
{
    static const char *const states[] = { "", "not known", "signs no mail of it", "signs mail of some senders",
                                          "signs its mail" };
    static const enum color colors[] = { PLAIN, YELLOW, RED, YELLOW, GREEN };
    struct str text = STR_EMPTY;

    if (signing->scope == OPENDKIM_NOT_ASKED)
        return;
    const char *gap = signing->detail[0] == '\0' ? "" : signing->is_broken && signing->scope > OPENDKIM_NONE ? ", but "
                                                                                                          : ": ";
    str_addf(&text, "%s%s%s", states[signing->scope], gap, signing->detail);
    write_audit_item(w, length, "OpenDKIM", str_get(&text), signing->is_broken ? RED : colors[signing->scope]);
    str_clear(&text);
}

static void write_keys(struct writer *w, size_t length, const struct domainaudit *audit)
{
    write_title(w, "DKIM");
    if (audit->n_keys == 0)
        write_line(w, "not examined: no selector is known; give --selector, or in preflight.conf selectors or "
                   "opendkim_conf", 4);
    for (size_t i = 0; i < audit->n_keys; i++) {
        const struct keyaudit *key = &audit->keys[i];
        struct str text = STR_EMPTY;
        enum color color = RED;
        if (key->status == DKIMKEY_TEMPFAIL) {
            str_addf(&text, "not known: %s", key->reason);
            color = YELLOW;
        } else if (key->status != DKIMKEY_FOUND) {
            str_add(&text, key->reason);
        } else if (key->is_revoked) {
            str_add(&text, "revoked");
        } else {
            str_addf(&text, "%s, %d bits", key->type, key->bits);
            color = keyaudit_is_weak(key) ? RED : GREEN;
        }
        if (key->flags[0] != '\0')
            str_addf(&text, ", flags %s", key->flags);
        str_addf(&text, " (%s%s)", key->source == SELECTOR_TRAFFIC ? "recent " : "",
                 selector_source_name(key->source));
        str_add(&text, private_states[key->private_key]);
        if (key->private_key == KEYAUDIT_DIFFERS)
            color = RED;
        write_audit_item(w, length, key->name, str_get(&text), color);
        str_clear(&text);
    }
    write_signing(w, length, &audit->signing);
    if (audit->has_more_selectors)
        write_line(w, "and there are more selectors, which are left out", 4);
}

static void write_record(struct writer *w, size_t length, const struct domainaudit *audit)
{
    const struct dmarc_record *record = &audit->dmarc.rfc9989.record;
    struct str text = STR_EMPTY;

    if (audit->dmarc.rfc9989.record_domain[0] == '\0')
        return;
    if (audit->dmarc_text[0] == '\0')
        write_audit_item(w, length, "record", "too long to be looked at for report addresses", YELLOW);
    else
        write_audit_item(w, length, "record", audit->dmarc_text, PLAIN);
    str_addf(&text, "%s for SPF, %s for DKIM", record->strict_spf ? "strict" : "relaxed",
             record->strict_dkim ? "strict" : "relaxed");
    write_audit_item(w, length, "alignment", str_get(&text), PLAIN);
    str_clear(&text);
}

static void write_reading(struct writer *w, size_t length, const char *label, const struct dmarc_reading *reading)
{
    struct str text = STR_EMPTY;

    if (reading->policy != DMARC_POLICY_ABSENT)
        str_addf(&text, "policy %s, record of %s, organizational domain %s%s%s", dmarc_policy_name(reading->policy),
                 reading->record_domain, reading->org_domain, reading->problem == NULL ? "" : "; ",
                 reading->problem == NULL ? "" : reading->problem);
    else if (reading->problem != NULL)
        str_add(&text, reading->problem);
    else
        str_add(&text, reading->result == AUTH_TEMPERROR ? "not known: the DNS did not answer" : "no record");
    write_audit_item(w, length, label, str_get(&text),
                     reading->policy > DMARC_POLICY_NONE ? GREEN : YELLOW);
    str_clear(&text);
}

static void write_reports(struct writer *w, size_t length, const struct dmarcreports *reports)
{
    for (size_t i = 0; i < reports->count; i++) {
        const struct dmarcreport *report = &reports->items[i];
        const char *state = report->host[0] == '\0'                  ? "no address to send to"
                            : !report->is_external                   ? "its own"
                            : report->is_authorized == FACT_TRUE     ? "agreed there"
                            : report->is_authorized == FACT_FALSE    ? "not agreed there"
                                                                     : "not known whether agreed there";
        struct str text = STR_EMPTY;
        str_addf(&text, "%s, %s", report->uri, state);
        write_audit_item(w, length, report->is_failure ? "ruf" : "rua", str_get(&text),
                         report->is_external && report->is_authorized != FACT_TRUE ? YELLOW : PLAIN);
        str_clear(&text);
    }
    if (reports->is_cut)
        write_line(w, "and there are more addresses, which are left out", 4);
}

static void write_mx(struct writer *w, size_t length, const struct domainaudit *audit)
{
    write_title(w, "MX");
    if (audit->n_mx == 0)
        write_line(w, audit->takes_mail == FACT_TRUE      ? "none; its own addresses take mail"
                      : audit->takes_mail == FACT_UNKNOWN ? "not known: the DNS did not answer"
                                                          : "none, and no address either", 4);
    for (size_t i = 0; i < audit->n_mx; i++) {
        const struct domainaudit_mx *mx = &audit->mx[i];
        if (mx->host[0] == '\0') {
            write_line(w, "null MX: the domain takes no mail", 4);
            continue;
        }
        const char *state = mx->has_address == FACT_TRUE    ? "has an address"
                            : mx->has_address == FACT_FALSE ? "has no address"
                                                            : "not known: the DNS did not answer";
        bool is_allowed = mx->is_allowed != FACT_FALSE;
        struct str text = STR_EMPTY;
        str_addf(&text, "%s%s", state, is_allowed ? "" : "; not allowed by the policy of MTA-STS");
        write_audit_item(w, length, mx->host, str_get(&text), mx->has_address == FACT_FALSE || !is_allowed ? RED
                         : mx->has_address == FACT_TRUE ? GREEN : YELLOW);
        str_clear(&text);
    }
    if (audit->has_more_mx)
        write_line(w, "and there are more MX records, which are left out", 4);
}

static void write_tls(struct writer *w, size_t length, const char *label, const struct tlspolicy *policy)
{
    static const char *const states[] = { "no record", "a good record", "", "not known: the DNS did not answer" };
    static const enum color colors[] = { PLAIN, GREEN, RED, YELLOW };

    write_audit_item(w, length, label, policy->state == TLSPOLICY_BAD ? policy->problem : states[policy->state],
                     colors[policy->state]);
}

static void write_policy(struct writer *w, size_t length, const struct stspolicy *policy)
{
    static const char *const states[] = { "", "not known", "missing", "invalid", "" };
    static const enum color colors[] = { PLAIN, YELLOW, RED, RED, GREEN };
    bool is_days = policy->max_age % DAY == 0;
    struct str text = STR_EMPTY;

    if (policy->state == STSPOLICY_NOT_ASKED)
        return;
    if (policy->state == STSPOLICY_GOOD)
        str_addf(&text, "mode %s, for %ld %s", stspolicy_mode_name(policy->mode),
                 is_days ? policy->max_age / DAY : policy->max_age, is_days ? "days" : "seconds");
    else
        str_addf(&text, "%s: %s", states[policy->state], policy->problem);
    for (size_t i = 0; i < policy->n_mx && policy->state == STSPOLICY_GOOD; i++)
        str_addf(&text, "%s %s", i == 0 ? ", mx" : ",", policy->mx[i]);
    write_audit_item(w, length, "policy", str_get(&text), colors[policy->state]);
    str_clear(&text);
}

static size_t longer(size_t length, const char *label)
{
    size_t len = strlen(label);

    return len > length && len <= AUDIT_LABEL_MAX ? len : length;
}

static size_t label_length(const struct domainaudit *audit)
{
    size_t length = audit_label_length(strlen("blocklists"), &audit->listings);
    char address[IP_TEXT_MAX];

    for (size_t i = 0; i < audit->n_spf; i++) {
        ip_format(&audit->spf[i].address, address);
        length = longer(length, address);
    }
    for (size_t i = 0; i < audit->n_keys; i++)
        length = longer(length, audit->keys[i].name);
    for (size_t i = 0; i < audit->n_mx; i++)
        length = longer(length, audit->mx[i].host);
    return length;
}

void report_text_domain(const struct domainaudit *audit, bool is_color, struct str *text_r)
{
    struct writer w = { .out = text_r, .is_color = is_color };
    size_t length = label_length(audit);

    write_audit_headline(&w, audit->outcome, audit->domain, &audit->findings);
    write_spf(&w, length, audit);
    write_keys(&w, length, audit);
    write_title(&w, "DMARC");
    write_record(&w, length, audit);
    write_reading(&w, length, "RFC 9989", &audit->dmarc.rfc9989);
    write_reading(&w, length, "RFC 7489", &audit->dmarc.rfc7489);
    write_reports(&w, length, &audit->reports);
    write_mx(&w, length, audit);
    write_title(&w, "TLS");
    write_tls(&w, length, "MTA-STS", &audit->sts);
    write_policy(&w, length, &audit->policy);
    write_tls(&w, length, "TLS-RPT", &audit->tls_reports);
    write_title(&w, "Blocklists");
    write_audit_listings(&w, length, &audit->listings, audit->has_lists);
    if (audit->org_listings.count > 0) {
        char *title = xasprintf("Blocklists, organizational domain %s", audit->org_domain);
        write_title(&w, title);
        write_audit_listings(&w, length, &audit->org_listings, audit->has_lists);
        free(title);
    }
    write_findings(&w, &audit->findings);
    write_audit_publish(&w, &audit->publish);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static struct json_t *make_private(const struct keyaudit *key)
{
    static const char *const states[] = { "", "unreadable", "uncompared", "matches", "differs" };
    struct json_t *object = jsonvalue_object();

    jsonvalue_put_text(object, "state", states[key->private_key]);
    jsonvalue_put_text(object, "file", key->private_path);
    jsonvalue_put_text(object, "problem", key->private_problem);
    jsonvalue_put_text(object, "exposed", key->private_exposure);
    return object;
}

static struct json_t *make_signing(const struct opendkim_signing *signing)
{
    struct json_t *object = jsonvalue_object();

    jsonvalue_put_text(object, "signs", opendkim_scope_name(signing->scope));
    jsonvalue_put_known(object, "detail", signing->detail);
    return object;
}

static struct json_t *make_keys(const struct domainaudit *audit)
{
    struct json_t *array = jsonvalue_array();

    for (size_t i = 0; i < audit->n_keys; i++) {
        const struct keyaudit *key = &audit->keys[i];
        struct json_t *object = jsonvalue_object();
        jsonvalue_put_text(object, "name", key->name);
        jsonvalue_put_text(object, "source", selector_source_name(key->source));
        if (key->status != DKIMKEY_TEMPFAIL)
            jsonvalue_put_bool(object, "found", key->status != DKIMKEY_NONE);
        if (key->status == DKIMKEY_FOUND)
            jsonvalue_put_bool(object, "revoked", key->is_revoked);
        jsonvalue_put_known(object, "type", key->type);
        if (key->bits > 0)
            jsonvalue_put_count(object, "bits", (uint64_t)key->bits);
        jsonvalue_put_text(object, "flags", key->flags);
        jsonvalue_put_text(object, "problem", key->reason);
        if (key->private_key != KEYAUDIT_NO_PRIVATE)
            jsonvalue_put(object, "private_key", make_private(key));
        jsonvalue_append(array, object);
    }
    return array;
}

static struct json_t *make_reports(const struct dmarcreports *reports)
{
    struct json_t *array = jsonvalue_array();

    for (size_t i = 0; i < reports->count; i++) {
        struct json_t *object = jsonvalue_object();
        jsonvalue_put_text(object, "tag", reports->items[i].is_failure ? "ruf" : "rua");
        jsonvalue_put_text(object, "uri", reports->items[i].uri);
        jsonvalue_put_bool(object, "external", reports->items[i].is_external);
        jsonvalue_put_fact(object, "authorized", reports->items[i].is_authorized);
        jsonvalue_append(array, object);
    }
    return array;
}

static struct json_t *make_reading(const struct dmarc_reading *reading)
{
    struct json_t *object = jsonvalue_object();

    if (reading->policy != DMARC_POLICY_ABSENT)
        jsonvalue_put_text(object, "policy", dmarc_policy_name(reading->policy));
    jsonvalue_put_known(object, "record_domain", reading->record_domain);
    jsonvalue_put_known(object, "org_domain", reading->org_domain);
    jsonvalue_put_text(object, "problem", reading->problem);
    return object;
}

static struct json_t *make_dmarc(const struct domainaudit *audit)
{
    struct json_t *object = jsonvalue_object();

    if (audit->dmarc.rfc9989.record_domain[0] != '\0') {
        if (audit->dmarc_text[0] != '\0')
            jsonvalue_put_text(object, "record", audit->dmarc_text);
        jsonvalue_put_text(object, "aspf", audit->dmarc.rfc9989.record.strict_spf ? "strict" : "relaxed");
        jsonvalue_put_text(object, "adkim", audit->dmarc.rfc9989.record.strict_dkim ? "strict" : "relaxed");
    }
    jsonvalue_put(object, "rfc9989", make_reading(&audit->dmarc.rfc9989));
    jsonvalue_put(object, "rfc7489", make_reading(&audit->dmarc.rfc7489));
    if (audit->dmarc_text[0] != '\0' || audit->dmarc.rfc9989.record_domain[0] == '\0')
        jsonvalue_put(object, "reports", make_reports(&audit->reports));
    jsonvalue_put_bool(object, "more_reports", audit->reports.is_cut);
    return object;
}

static struct json_t *make_mx(const struct domainaudit *audit)
{
    struct json_t *array = jsonvalue_array();

    for (size_t i = 0; i < audit->n_mx; i++) {
        struct json_t *object = jsonvalue_object();
        jsonvalue_put_count(object, "preference", (uint64_t)audit->mx[i].preference);
        jsonvalue_put_text(object, "host", audit->mx[i].host);
        jsonvalue_put_fact(object, "resolves", audit->mx[i].has_address);
        jsonvalue_put_fact(object, "mta_sts", audit->mx[i].is_allowed);
        jsonvalue_append(array, object);
    }
    return array;
}

static struct json_t *make_policy(const struct stspolicy *policy)
{
    struct json_t *object = jsonvalue_object();

    jsonvalue_put_text(object, "state", stspolicy_state_name(policy->state));
    jsonvalue_put_known(object, "problem", policy->problem);
    if (policy->state != STSPOLICY_GOOD)
        return object;
    struct json_t *mx = jsonvalue_array();
    for (size_t i = 0; i < policy->n_mx; i++)
        jsonvalue_append_text(mx, policy->mx[i]);
    jsonvalue_put_text(object, "mode", stspolicy_mode_name(policy->mode));
    jsonvalue_put_count(object, "max_age", (uint64_t)policy->max_age);
    jsonvalue_put(object, "mx", mx);
    return object;
}

/* policy: that is announced; NULL where there is no such thing. */
static struct json_t *make_tls(const struct tlspolicy *policy, const struct stspolicy *announced)
{
    static const char *const states[] = { "none", "good", "bad", "unknown" };
    struct json_t *object = jsonvalue_object();

    jsonvalue_put_text(object, "state", states[policy->state]);
    jsonvalue_put_text(object, "problem", policy->problem);
    if (announced != NULL && announced->state != STSPOLICY_NOT_ASKED)
        jsonvalue_put(object, "policy", make_policy(announced));
    return object;
}

char *report_json_domain(const struct domainaudit *audit)
{
    struct json_t *object = jsonvalue_object(), *spf = jsonvalue_array();

    jsonvalue_put_text(object, "domain", audit->domain);
    jsonvalue_put_text(object, "outcome", audit_outcome_name(audit->outcome));
    for (size_t i = 0; i < audit->n_spf; i++)
        jsonvalue_append(spf, jsonvalue_spf(&audit->spf[i]));
    jsonvalue_put(object, "spf", spf);
    jsonvalue_put_bool(object, "more_addresses", audit->has_more_addresses);
    jsonvalue_put(object, "dkim", make_keys(audit));
    jsonvalue_put_bool(object, "more_selectors", audit->has_more_selectors);
    if (audit->signing.scope != OPENDKIM_NOT_ASKED)
        jsonvalue_put(object, "opendkim", make_signing(&audit->signing));
    jsonvalue_put(object, "dmarc", make_dmarc(audit));
    jsonvalue_put(object, "mx", make_mx(audit));
    jsonvalue_put_bool(object, "more_mx", audit->has_more_mx);
    jsonvalue_put_fact(object, "takes_mail", audit->takes_mail);
    jsonvalue_put(object, "mta_sts", make_tls(&audit->sts, &audit->policy));
    jsonvalue_put(object, "tls_rpt", make_tls(&audit->tls_reports, NULL));
    jsonvalue_put(object, "blocklists", jsonvalue_listings(&audit->listings));
    if (audit->org_domain[0] != '\0') {
        jsonvalue_put_text(object, "org_domain", audit->org_domain);
        jsonvalue_put(object, "org_blocklists", jsonvalue_listings(&audit->org_listings));
    }
    jsonvalue_put(object, "findings", jsonvalue_findings(&audit->findings));
    jsonvalue_put(object, "publish", jsonvalue_publish(&audit->publish));
    return jsonvalue_print(object);
}
