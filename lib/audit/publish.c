/*
 * Records to publish; see publish.h.
 */
#include "config.h"

#include "lib/audit/publish.h"
#include "lib/audit/tlspolicy.h"
#include "lib/base/domain.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/check/dkimhash.h"
#include "lib/check/dkimkey.h"
#include "lib/check/dmarcrecord.h"
#include "lib/check/spfrecord.h"
#include "lib/check/taglist.h"
#include "lib/dns/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool add(struct publish *publish, const char *name, enum dns_type type, const char *text)
{
    for (size_t i = 0; i < publish->count; i++) {
        const struct publish_record *record = &publish->items[i];
        if (record->type == type && strcmp(record->name, name) == 0 && strcmp(record->text, text) == 0)
            return false;
    }
    publish->items = xgrow(publish->items, publish->count, &publish->capacity, sizeof(*publish->items));
    publish->items[publish->count++] = (struct publish_record){ xstrdup(name), type, xstrdup(text) };
    return true;
}

bool publish_address(struct publish *publish, const char *name, const struct ip_addr *address)
{
    char text[IP_TEXT_MAX], normal[DOMAIN_MAX];

    if (domain_normalize(name, normal) < 0)
        return false;
    ip_format(address, text);
    return add(publish, normal, address->family == AF_INET ? DNS_A : DNS_AAAA, text);
}

bool publish_ptr(struct publish *publish, const struct ip_addr *address, const char *host)
{
    char name[DOMAIN_MAX], normal[DOMAIN_MAX];

    if (domain_normalize(host, normal) < 0)
        return false;
    record_reverse_name(address, name);
    return add(publish, name, DNS_PTR, normal);
}

bool publish_spf(struct publish *publish, const char *domain, const char *text)
{
    struct spfrecord record;
    struct err err;
    size_t len = strlen(text);

    if (!is_spfrecord(text, len))
        return false;
    bool is_good = spfrecord_parse(text, len, &record, &err) == 0;
    spfrecord_clear(&record);
    return is_good && add(publish, domain, DNS_TXT, text);
}

bool publish_key(struct publish *publish, const char *name, const char *text)
{
    static const struct { const char *type, *algorithm; } types[] = {
        { "rsa", "rsa-sha256" }, { "ed25519", "ed25519-sha256" },
    };
    size_t len = strlen(text);
    bool is_good = false;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct tag tag;
        if (dkimkey_fault(text, len, types[i].algorithm) != NULL || !taglist_find(text, len, "p", &tag))
            continue;
        struct dkimhash_key *key = dkimhash_key_new(tag.value, tag.value_len, i == 1);
        is_good = is_good || (key != NULL && strcmp(dkimhash_key_type(key), types[i].type) == 0);
        dkimhash_key_free(&key);
    }
    return is_good && add(publish, name, DNS_TXT, text);
}

/* Both RFCs have to read it, and find nothing wrong. */
static bool is_dmarc(const char *text, bool has_policy)
{
    for (enum dmarc_version version = DMARC_RFC9989; version < DMARC_VERSIONS; version++) {
        struct dmarc_record record;
        const char *problem;
        int rc = dmarc_record_parse(text, version, &record, &problem);
        if (rc == 1 || (has_policy && (rc != 0 || problem != NULL || !record.has_rua)))
            return false;
    }
    return true;
}

static bool add_below(struct publish *publish, const char *prefix, const char *domain, const char *text)
{
    char name[DOMAIN_MAX];
    int len = snprintf(name, sizeof(name), "%s.%s", prefix, domain);

    return len < DOMAIN_MAX && add(publish, name, DNS_TXT, text);
}

bool publish_dmarc(struct publish *publish, const char *domain, const char *rua)
{
    char *text = rua == NULL ? xasprintf("v=DMARC1; p=none; rua=mailto:postmaster@%s", domain)
                             : xasprintf("v=DMARC1; p=none; rua=%s", rua);
    bool is_added = is_dmarc(text, true) && add_below(publish, "_dmarc", domain, text);

    free(text);
    return is_added;
}

bool publish_dmarc_report(struct publish *publish, const char *name)
{
    static const char text[] = "v=DMARC1";

    return is_dmarc(text, false) && add(publish, name, DNS_TXT, text);
}

bool publish_tls_reports(struct publish *publish, const char *domain)
{
    char *text = xasprintf("v=TLSRPTv1; rua=mailto:postmaster@%s", domain);
    const char *problem;
    bool is_added = tlspolicy_parse(TLSPOLICY_REPORTS, text, strlen(text), &problem) == 0 &&
                    add_below(publish, tlspolicy_prefix(TLSPOLICY_REPORTS), domain, text);

    free(text);
    return is_added;
}

void publish_clear(struct publish *publish)
{
    for (size_t i = 0; i < publish->count; i++) {
        free(publish->items[i].name);
        free(publish->items[i].text);
    }
    free(publish->items);
    *publish = (struct publish){ 0 };
}

static void add_terms(struct str *text, const struct ip_addr *addresses, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char address[IP_TEXT_MAX];
        ip_format(&addresses[i], address);
        str_addf(text, " %s:%s", addresses[i].family == AF_INET ? "ip4" : "ip6", address);
    }
}

char *publish_make_spf(const struct ip_addr *addresses, size_t n)
{
    struct str text = STR_EMPTY;

    str_add(&text, "v=spf1");
    add_terms(&text, addresses, n);
    str_add(&text, " -all");
    return str_steal(&text);
}

/* After "all" nothing is read, and redirect= is written last. */
static bool is_last_term(const char *term, size_t len)
{
    if (strncasecmp(term, "redirect=", strlen("redirect=")) == 0)
        return true;
    if (len > 0 && strchr("+-~?", *term) != NULL) {
        term++;
        len--;
    }
    return len == 3 && strncasecmp(term, "all", 3) == 0;
}

char *publish_mend_spf(const char *record, const struct ip_addr *addresses, size_t n)
{
    struct str text = STR_EMPTY;
    bool is_added = false;

    while (*record != '\0') {
        size_t len = strcspn(record, " ");
        if (len > 0 && !is_added && is_last_term(record, len)) {
            add_terms(&text, addresses, n);
            is_added = true;
        }
        if (len > 0)
            str_addf(&text, "%s%.*s", text.len > 0 ? " " : "", (int)len, record);
        record += len;
        record += strspn(record, " ");
    }
    if (!is_added)
        add_terms(&text, addresses, n);
    return str_steal(&text);
}
