/*
 * The audit of sending addresses, for people and as JSON; see audited.h.
 */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/report/audited.h"
#include "lib/report/auditwriter.h"

#include <stdlib.h>
#include <string.h>

/* --- text ------------------------------------------------------------------------------------ */

static enum color fact_color(enum fact_value value)
{
    return value == FACT_TRUE ? GREEN : value == FACT_FALSE ? RED : YELLOW;
}

static void write_ptr(struct writer *w, size_t length, const struct egressaudit_address *one)
{
    const struct egress_address *about = one->about;
    struct str text = STR_EMPTY;

    if (about->ptr == FACT_FALSE)
        str_add(&text, "there is none");
    else if (about->ptr == FACT_UNKNOWN)
        str_add(&text, "not known: the DNS did not answer");
    else
        str_addf(&text, "%s, %s%s", about->name[0] == '\0' ? "names no host" : about->name,
                 about->fcrdns == FACT_TRUE    ? "confirmed"
                 : about->fcrdns == FACT_FALSE ? "which does not have this address"
                                               : "not known whether it has this address",
                 one->generic[0] == '\0' ? "" : "; looks generic");
    write_audit_item(w, length, "PTR", str_get(&text),
                     one->generic[0] != '\0' && about->fcrdns == FACT_TRUE ? YELLOW : fact_color(about->fcrdns));
    str_clear(&text);
}

/* That a HELO name has no record is no fault. */
static void write_helo_spf(struct writer *w, size_t length, const struct spf_result *spf)
{
    write_audit_spf(w, length, "HELO SPF", spf, spf->result == AUTH_NONE ? PLAIN : result_color(spf->result));
}

static void write_address(struct writer *w, size_t length, const struct egressaudit *audit,
                          const struct egressaudit_address *one)
{
    char address[IP_TEXT_MAX];

    ip_format(&one->about->address, address);
    write_line(w, address, 2);
    write_ptr(w, length, one);
    write_audit_item(w, length, "HELO",
                     one->about->helo == FACT_TRUE    ? "the name has this address"
                     : one->about->helo == FACT_FALSE ? "the name does not have this address"
                                                      : "not known: the DNS did not answer",
                     one->about->helo == FACT_FALSE ? YELLOW : fact_color(one->about->helo));
    write_helo_spf(w, length, &one->helo_spf);
    write_audit_listings(w, length, &one->listings, audit->has_lists);
}

/* How bad the worst finding about an address is; below SEVERITY_INFO where there is none. */
static int worst_about(const struct egressaudit *audit, const struct ip_addr *address)
{
    char text[IP_TEXT_MAX];
    int worst = SEVERITY_INFO - 1;

    ip_format(address, text);
    for (size_t i = 0; i < audit->findings.count; i++) {
        const struct finding *finding = &audit->findings.items[i];
        if ((int)finding->row->severity > worst && strcmp(finding->subject, text) == 0)
            worst = (int)finding->row->severity;
    }
    return worst;
}

/* The worst first; those that are alike in the file's order. */
static void write_family(struct writer *w, size_t length, const struct egressaudit *audit, int family,
                         const char *title)
{
    size_t n = audit->result.n_addresses;
    int *worst = xcalloc(n + 1, sizeof(*worst));
    bool is_begun = false;

    for (size_t i = 0; i < n; i++)
        worst[i] = worst_about(audit, &audit->result.addresses[i].address);
    for (int severity = SEVERITY_ERROR; severity >= SEVERITY_INFO - 1; severity--) {
        for (size_t i = 0; i < n; i++) {
            if (worst[i] != severity || audit->result.addresses[i].address.family != family)
                continue;
            if (!is_begun)
                write_title(w, title);
            is_begun = true;
            write_address(w, length, audit, &audit->addresses[i]);
        }
    }
    free(worst);
}

static void write_helo(struct writer *w, size_t length, const struct egressaudit *audit)
{
    const struct egress_result *result = &audit->result;

    write_title(w, "HELO");
    write_untrusted(w, result->helo, 2);
    write_audit_item(w, length, "syntax", result->is_helo_valid ? "a host name with its domain" :
                     "not a host name with its domain", result->is_helo_valid ? GREEN : RED);
    write_audit_item(w, length, "addresses",
                     result->helo_resolves == FACT_TRUE    ? "it has some"
                     : result->helo_resolves == FACT_FALSE ? "it has none"
                                                           : "not known: the DNS did not answer",
                     fact_color(result->helo_resolves));
    write_audit_listings(w, length, &audit->helo_listings, audit->has_lists);
    if (audit->org_listings.count > 0) {
        write_untrusted(w, audit->helo_org, 2);
        write_audit_listings(w, length, &audit->org_listings, audit->has_lists);
    }
}

/* All items of an egress are aligned with each other. */
static size_t label_length(const struct egressaudit *audit)
{
    size_t length = audit_label_length(strlen("blocklists"), &audit->helo_listings);

    for (size_t i = 0; i < audit->result.n_addresses; i++)
        length = audit_label_length(length, &audit->addresses[i].listings);
    return length;
}

static void write_egress(struct writer *w, const struct egressaudit *audit)
{
    size_t length = label_length(audit);
    struct str what = STR_EMPTY;

    str_addf(&what, "egress %s", audit->egress);
    write_audit_headline(w, audit->outcome, str_get(&what), &audit->findings);
    write_helo(w, length, audit);
    write_family(w, length, audit, AF_INET, "IPv4");
    write_family(w, length, audit, AF_INET6, "IPv6");
    if (audit->problem[0] != '\0') {
        write_newline(w);
        write_field(w, "unknown", audit->problem);
    }
    write_findings(w, &audit->findings);
    write_audit_publish(w, &audit->publish);
    str_clear(&what);
}

void report_text_egress(const struct egressaudit *audits, size_t count, bool is_color, struct str *text_r)
{
    struct writer w = { .out = text_r, .is_color = is_color };

    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            write_newline(&w);
        write_egress(&w, &audits[i]);
    }
}

/* --- JSON ------------------------------------------------------------------------------------ */

static struct json_t *make_address(const struct egressaudit_address *one)
{
    const struct egress_address *about = one->about;
    struct json_t *object = jsonvalue_object();
    char address[IP_TEXT_MAX];

    ip_format(&about->address, address);
    jsonvalue_put_text(object, "address", address);
    jsonvalue_put_text(object, "family", about->address.family == AF_INET ? "ipv4" : "ipv6");
    jsonvalue_put_fact(object, "ptr", about->ptr);
    if (about->name[0] != '\0') {
        jsonvalue_put_text(object, "name", about->name);
        jsonvalue_put_bool(object, "generic", one->generic[0] != '\0');
    }
    jsonvalue_put_fact(object, "fcrdns", about->fcrdns);
    jsonvalue_put_fact(object, "helo", about->helo);
    jsonvalue_put(object, "helo_spf", jsonvalue_spf(&one->helo_spf));
    jsonvalue_put(object, "blocklists", jsonvalue_listings(&one->listings));
    return object;
}

static struct json_t *make_helo(const struct egressaudit *audit)
{
    struct json_t *object = jsonvalue_object();

    jsonvalue_put_text(object, "name", audit->result.helo);
    jsonvalue_put_bool(object, "valid", audit->result.is_helo_valid);
    jsonvalue_put_fact(object, "resolves", audit->result.helo_resolves);
    jsonvalue_put(object, "blocklists", jsonvalue_listings(&audit->helo_listings));
    if (audit->helo_org[0] != '\0') {
        jsonvalue_put_text(object, "org_domain", audit->helo_org);
        jsonvalue_put(object, "org_blocklists", jsonvalue_listings(&audit->org_listings));
    }
    return object;
}

static struct json_t *make_egress(const struct egressaudit *audit)
{
    struct json_t *object = jsonvalue_object(), *addresses = jsonvalue_array();

    jsonvalue_put_text(object, "egress", audit->egress);
    jsonvalue_put_text(object, "outcome", audit_outcome_name(audit->outcome));
    jsonvalue_put_known(object, "problem", audit->problem);
    jsonvalue_put(object, "helo", make_helo(audit));
    for (size_t i = 0; i < audit->result.n_addresses; i++)
        jsonvalue_append(addresses, make_address(&audit->addresses[i]));
    jsonvalue_put(object, "addresses", addresses);
    jsonvalue_put(object, "findings", jsonvalue_findings(&audit->findings));
    jsonvalue_put(object, "publish", jsonvalue_publish(&audit->publish));
    return object;
}

char *report_json_egress(const struct egressaudit *audits, size_t count)
{
    struct json_t *object = jsonvalue_object(), *array = jsonvalue_array();

    jsonvalue_put_text(object, "outcome", audit_outcome_name(count == 0 ? AUDIT_CLEAR : audits[0].outcome));
    for (size_t i = 0; i < count; i++)
        jsonvalue_append(array, make_egress(&audits[i]));
    jsonvalue_put(object, "egress", array);
    return jsonvalue_print(object);
}
