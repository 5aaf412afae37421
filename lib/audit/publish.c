/*
 * Records to publish; see publish.h.
 */
#include "config.h"

#include "lib/audit/publish.h"
#include "lib/base/domain.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/check/spfrecord.h"
#include "lib/dns/record.h"

#include <stdlib.h>
#include <string.h>

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

void publish_clear(struct publish *publish)
{
    for (size_t i = 0; i < publish->count; i++) {
        free(publish->items[i].name);
        free(publish->items[i].text);
    }
    free(publish->items);
    *publish = (struct publish){ 0 };
}

char *publish_make_spf(const struct ip_addr *addresses, size_t n)
{
    struct str text = STR_EMPTY;

    str_add(&text, "v=spf1");
    for (size_t i = 0; i < n; i++) {
        char address[IP_TEXT_MAX];
        ip_format(&addresses[i], address);
        str_addf(&text, " %s:%s", addresses[i].family == AF_INET ? "ip4" : "ip6", address);
    }
    str_add(&text, " -all");
    return str_steal(&text);
}
