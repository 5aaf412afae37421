/*
 * The report as JSON, as preflight(1) has it; the only user of jansson.  A key whose value is not known is left out.
 * Strings that are not valid UTF-8 are escaped first, so the output is JSON whatever the message held.
 */
#include "config.h"

#include "lib/report/report.h"
#include "lib/report/explained.h"
#include "lib/base/ip.h"
#include "lib/base/mem.h"
#include "lib/config/options.h"
#include "lib/config/value.h"
#include "lib/report/jsonvalue.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 8192       /* bytes of one string that is not valid UTF-8 */

/* jansson answers NULL and -1 to what cannot happen here and to lack of memory, which ends the process as in mem.h. */
static json_t *made(json_t *value)
{
    if (value == NULL)
        abort();
    return value;
}

static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, made(value)) != 0)
        abort();
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, made(value)) != 0)
        abort();
}

static json_t *make_text(const char *text)
{
    json_t *value = json_string(text);

    if (value == NULL) {
        struct str s = STR_EMPTY;
        str_add_escaped(&s, text, TEXT_MAX, false);
        value = json_string(str_get(&s));
        str_clear(&s);
    }
    return made(value);
}

static void put_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        put(object, key, make_text(text));
}

/* For values that are never empty once known. */
static void put_known(json_t *object, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        put(object, key, make_text(text));
}

static json_t *make_spf(const struct spf_result *spf, bool has_author)
{
    json_t *object = made(json_object());
    char address[IP_TEXT_MAX];

    ip_format(&spf->address, address);
    put_known(object, "address", address);
    put_text(object, "identity", spf_identity_name(spf->identity));
    put_known(object, "domain", spf->domain);
    put_text(object, "result", auth_result_name(spf->result));
    put_known(object, "term", spf->term);
    put(object, "lookups", json_integer(spf->lookups));
    put(object, "void_lookups", json_integer(spf->void_lookups));
    if (has_author)
        put(object, "aligned", json_boolean(spf->aligned));
    put_known(object, "explanation", spf->explanation);
    if (spf->libspf2.is_known) {
        json_t *opinions = made(json_object());
        put_text(opinions, "libspf2", auth_result_name(spf->libspf2.result));
        put(object, "opinions", opinions);
    }
    return object;
}

static json_t *make_spf_array(const struct spf_result *spf, size_t n)
{
    json_t *array = made(json_array());

    for (size_t i = 0; i < n; i++)
        append(array, make_spf(&spf[i], true));
    return array;
}

static void put_names(json_t *object, const char *key, const struct dkim_names *names)
{
    json_t *array = made(json_array());

    for (size_t i = 0; i < names->count; i++)
        append(array, make_text(names->items[i]));
    put(object, key, array);
}

static void put_key(json_t *object, const struct dkim_result *sig)
{
    if (sig->key_bits > 0)
        put(object, "key_bits", json_integer(sig->key_bits));
    if (sig->key == DKIM_KEY_NOT_ASKED || sig->key == DKIM_KEY_UNKNOWN)
        return;
    put(object, "key_found", json_boolean(sig->key != DKIM_KEY_MISSING));
    if (sig->key == DKIM_KEY_FOUND)
        put_names(object, "key_flags", &sig->key_flags);
}

static void put_coverage(json_t *object, const struct dkim_coverage *coverage)
{
    put_names(object, "signed_headers", &coverage->covered);
    put_names(object, "oversigned_headers", &coverage->oversigned);
    put_names(object, "absent_headers", &coverage->absent);
    put_names(object, "unsigned_headers", &coverage->uncovered);
    put_names(object, "addable_headers", &coverage->addable);
}

static json_t *make_signature(const struct dkim_result *sig)
{
    json_t *object = made(json_object());

    put_known(object, "domain", sig->domain);
    put_known(object, "selector", sig->selector);
    put_known(object, "identity", sig->identity);
    put_known(object, "algorithm", sig->algorithm);
    put_known(object, "canonicalization", sig->canonicalization);
    put_key(object, sig);
    put_text(object, "result", auth_result_name(sig->result));
    put(object, "aligned", json_boolean(sig->aligned));
    put_text(object, "reason", sig->reason);
    if (sig->finding != FINDING_COUNT)
        put_text(object, "finding", finding_row(sig->finding)->name);
    if (sig->signed_at > 0)
        put(object, "signed_at", json_integer(sig->signed_at));
    if (sig->expires > 0)
        put(object, "expires", json_integer(sig->expires));
    if (sig->length >= 0) {
        put(object, "body_length", json_integer(sig->length));
        put(object, "unsigned_body_bytes", json_integer(sig->unsigned_bytes));
    }
    put_coverage(object, &sig->coverage);
    return object;
}

static json_t *make_dkim(const struct dkim_results *dkim)
{
    json_t *array = made(json_array());

    for (size_t i = 0; i < dkim->count; i++)
        append(array, make_signature(&dkim->items[i]));
    return array;
}

static json_t *make_reading(const struct dmarc_reading *reading)
{
    json_t *object = made(json_object());

    put_text(object, "result", auth_result_name(reading->result));
    put_known(object, "policy", dmarc_policy_name(reading->policy));
    put_known(object, "record_domain", reading->record_domain);
    put_known(object, "org_domain", reading->org_domain);
    return object;
}

static json_t *make_dmarc(const struct dmarc_result *dmarc)
{
    json_t *object = made(json_object());

    put_text(object, "result", auth_result_name(dmarc->result));
    put_known(object, "policy", dmarc_policy_name(dmarc->policy));
    put_known(object, "record_domain", dmarc->record_domain);
    put_known(object, "org_domain", dmarc->org_domain);
    put(object, "rfc9989", make_reading(&dmarc->rfc9989));
    put(object, "rfc7489", make_reading(&dmarc->rfc7489));
    if (dmarc->libopendmarc != NULL) {
        json_t *opinions = made(json_object());
        put_text(opinions, "libopendmarc", dmarc->libopendmarc);
        put(object, "opinions", opinions);
    }
    return object;
}

static json_t *make_findings(const struct findings *findings)
{
    json_t *array = made(json_array());

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        json_t *object = made(json_object());
        put_text(object, "id", finding->row->name);
        put_text(object, "severity", severity_name(finding->row->severity));
        put_known(object, "subject", finding->subject);
        put_text(object, "text", finding->text);
        put_text(object, "remedy", finding->remedy);
        put_text(object, "source", finding->row->source);
        append(array, object);
    }
    return array;
}

static json_t *make_prediction(const struct prediction *prediction)
{
    json_t *object = made(json_object()), *replies = made(json_array()), *because = made(json_array());

    for (size_t i = 0; i < prediction->n_replies; i++)
        append(replies, make_text(prediction->replies[i]));
    for (size_t i = 0; i < prediction->n_because; i++)
        append(because, make_text(finding_row(prediction->because[i])->name));
    put_known(object, "recipient_domain", prediction->recipient_domain);
    put_known(object, "receiver", prediction->receiver == NULL ? NULL : prediction->receiver->name);
    put_text(object, "outcome", verdict_name(prediction->outcome));
    put(object, "replies", replies);
    put(object, "because", because);
    return object;
}

static char *printed(json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(6));

    if (text == NULL)
        abort();
    json_decref(value);
    char *line = xasprintf("%s\n", text);
    free(text);
    return line;
}

char *report_json(const struct report *report)
{
    json_t *object = made(json_object()), *predictions = made(json_array());

    for (size_t i = 0; i < report->n_predictions; i++)
        append(predictions, make_prediction(&report->predictions[i]));
    put_text(object, "verdict", verdict_name(report->verdict));
    put_text(object, "action", action_name(report->action));
    put_known(object, "queue_id", report->queue_id);
    put_text(object, "sender", report->sender);
    put_known(object, "sender_as_sent", report->sender_as_sent);
    put_known(object, "author_domain", report->author_domain);
    put_known(object, "egress", report->egress);
    put_known(object, "trouble", report->trouble);
    put(object, "spf", make_spf_array(report->spf, report->n_spf));
    put(object, "dkim", make_dkim(&report->dkim));
    put(object, "dmarc", make_dmarc(&report->dmarc));
    put(object, "findings", make_findings(&report->findings));
    put(object, "predictions", predictions);
    return printed(object);
}

char *report_json_spf(const struct spf_result *spf)
{
    return printed(make_spf(spf, false));
}

char *report_json_dkim(const struct dkim_results *dkim)
{
    return printed(make_dkim(dkim));
}

char *report_json_dmarc(const struct dmarc_result *dmarc)
{
    return printed(make_dmarc(dmarc));
}

/* --- the configuration ------------------------------------------------------- */

static json_t *make_value(const struct option *option, const void *base, size_t i)
{
    struct str text = STR_EMPTY;

    value_text(option, base, i, &text);
    bool is_number = option->type == OPTION_INT ||
                     (option->type == OPTION_LIMIT && strcmp(str_get(&text), "auto") != 0);
    json_t *value = option->type == OPTION_BOOL ? json_boolean(strcmp(str_get(&text), "yes") == 0)
                    : is_number                 ? json_integer(strtol(str_get(&text), NULL, 10))
                                                : make_text(str_get(&text));
    str_clear(&text);
    return value;
}

static void put_options(json_t *object, const char *section, const void *base)
{
    for (const struct option *option = options; option->name != NULL; option++) {
        if (strcmp(option->section, section) != 0 || !value_is_set(option, base))
            continue;
        if (!option_is_list(option)) {
            put(object, option->name, make_value(option, base, 0));
            continue;
        }
        json_t *list = made(json_array());
        for (size_t i = 0; i < value_count(option, base); i++)
            append(list, make_value(option, base, i));
        put(object, option->name, list);
    }
}

static json_t *make_section(const char *section, const void *base)
{
    json_t *object = made(json_object());

    put_options(object, section, base);
    return object;
}

char *report_json_conf(const struct conf *conf)
{
    json_t *object = made(json_object()), *egresses = made(json_array()), *domains = made(json_array());

    put_options(object, "", conf);
    for (size_t i = 0; i < conf->n_egress; i++) {
        json_t *egress = made(json_object());
        put_text(egress, "name", conf->egress[i].name);
        put_options(egress, "egress", &conf->egress[i]);
        append(egresses, egress);
    }
    put(object, "egress", egresses);
    for (size_t i = 0; i < conf->n_domains; i++) {
        json_t *domain = made(json_object());
        put_text(domain, "name", conf->domains[i].name);
        put_options(domain, "domain", &conf->domains[i]);
        put(domain, "policy", make_section("policy", &conf->domains[i].policy));
        append(domains, domain);
    }
    put(object, "outgoing", make_section("outgoing", conf));
    put(object, "policy", make_section("policy", &conf->policy));
    put(object, "domain", domains);
    put(object, "dns", make_section("dns", conf));
    put(object, "postfix", make_section("postfix", conf));
    put(object, "limits", make_section("limits", conf));
    return printed(object);
}

static json_t *make_today(const struct explained *one)
{
    json_t *object = made(json_object());

    put_text(object, "verdict", verdict_name(one->today->verdict));
    if (one->answer != RECHECK_CANNOT_BE_TOLD)
        put(object, "still_there", json_boolean(one->answer == RECHECK_STILL_THERE));
    put_text(object, "reason", one->reason);
    put(object, "findings", make_findings(&one->today->findings));
    return object;
}

static json_t *make_explained(const struct explained *one)
{
    json_t *object = made(json_object()), *also = made(json_array());
    const struct explanation *meaning = &one->meaning;

    for (int i = 0; i < CAUSE_COUNT; i++) {
        if (meaning->also[i])
            append(also, make_text(cause_name((enum cause)i)));
    }
    put_text(object, "cause", cause_name(meaning->cause));
    put(object, "also", also);
    put_known(object, "receiver", meaning->receiver);
    put_known(object, "code", meaning->code);
    put_known(object, "enhanced", meaning->enhanced);
    put(object, "temporary", json_boolean(meaning->is_temporary));
    put_text(object, "text", meaning->text);
    put_text(object, "remedy", meaning->remedy);
    put_known(object, "page", meaning->page);
    put_known(object, "recipient", one->bounce->recipient);
    put_known(object, "host", one->bounce->host);
    put_known(object, "queue_id", one->bounce->queue_id);
    put_known(object, "reply", one->bounce->reply);
    if (one->today != NULL)
        put(object, "now", make_today(one));
    return object;
}

char *report_json_explained(const struct explained *items, size_t count)
{
    json_t *object = make_explained(explained_worst(items, count));

    if (count > 1) {
        json_t *replies = made(json_array());
        for (size_t i = 0; i < count; i++)
            append(replies, make_explained(&items[i]));
        put(object, "replies", replies);
    }
    return printed(object);
}

/* --- for the files beside this one: jsonvalue.h ---------------------------------- */

struct json_t *jsonvalue_object(void)
{
    return made(json_object());
}

struct json_t *jsonvalue_array(void)
{
    return made(json_array());
}

void jsonvalue_put(struct json_t *object, const char *key, struct json_t *value)
{
    put(object, key, value);
}

void jsonvalue_append(struct json_t *array, struct json_t *value)
{
    append(array, value);
}

void jsonvalue_put_text(struct json_t *object, const char *key, const char *text)
{
    put_text(object, key, text);
}

void jsonvalue_put_known(struct json_t *object, const char *key, const char *text)
{
    put_known(object, key, text);
}

void jsonvalue_append_text(struct json_t *array, const char *text)
{
    append(array, make_text(text));
}

void jsonvalue_put_count(struct json_t *object, const char *key, uint64_t count)
{
    put(object, key, json_integer((json_int_t)count));
}

void jsonvalue_put_real(struct json_t *object, const char *key, double value)
{
    put(object, key, json_real(value));
}

void jsonvalue_put_bool(struct json_t *object, const char *key, bool value)
{
    put(object, key, json_boolean(value));
}

struct json_t *jsonvalue_findings(const struct findings *findings)
{
    return make_findings(findings);
}

char *jsonvalue_print(struct json_t *value)
{
    return printed(value);
}

struct json_t *jsonvalue_spf(const struct spf_result *spf)
{
    return make_spf(spf, false);
}
