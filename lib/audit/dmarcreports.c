/*
 * Report addresses of a DMARC record; see dmarcreports.h.
 */
#include "config.h"

#include "lib/audit/dmarcreports.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/check/dmarcrecord.h"
#include "lib/check/taglist.h"
#include "lib/dns/record.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RECORD_TEXT_MAX 4096

int dmarcreports_name(const char *domain, const char *host, char name_r[DOMAIN_MAX])
{
    int n = snprintf(name_r, DOMAIN_MAX, "%s._report._dmarc.%s", domain, host);

    return n < DOMAIN_MAX ? 0 : -1;
}

/* "mailto:reports@example.com!10m": the size limit is no part of the address. */
static void find_host(struct dmarcreport *report)
{
    char address[512];
    size_t len = strcspn(report->uri, "!");

    if (strncasecmp(report->uri, "mailto:", 7) != 0 || len >= sizeof(address))
        return;
    snprintf(address, sizeof(address), "%.*s", (int)(len - 7), report->uri + 7);
    const char *host = address_domain(address);
    if (host == NULL || address[0] == '@' || domain_normalize(host, report->host) < 0)
        report->host[0] = '\0';
}

static void take_uris(const struct tag *tag, bool is_failure, struct dmarcreports *reports)
{
    const char *p = tag->value, *end = p + tag->value_len;

    while (p < end && reports->count < DMARCREPORTS_MAX) {
        const char *comma = memchr(p, ',', (size_t)(end - p)), *stop = comma == NULL ? end : comma;
        const char *after = comma == NULL ? end : comma + 1;
        while (p < stop && isspace((unsigned char)*p))
            p++;
        while (stop > p && isspace((unsigned char)stop[-1]))
            stop--;
        struct dmarcreport *report = &reports->items[reports->count++];
        *report = (struct dmarcreport){ .is_failure = is_failure, .uri = xstrndup(p, (size_t)(stop - p)),
                                        .is_authorized = FACT_UNEXAMINED };
        find_host(report);
        p = after;
    }
    reports->is_cut = reports->is_cut || p < end;
}

/* Does it send reports elsewhere by a rua of its own?  Then none are sent at all (RFC 9990). */
static bool leads_away(const char *text, const char *host)
{
    struct dmarcreports own = { .count = 0 };
    struct tag tag;
    bool is_away = false;

    if (taglist_find(text, strlen(text), "rua", &tag))
        take_uris(&tag, false, &own);
    for (size_t i = 0; i < own.count; i++)
        is_away = is_away || (own.items[i].host[0] != '\0' && strcmp(own.items[i].host, host) != 0);
    dmarcreports_clear(&own);
    return is_away;
}

/* Any DMARC record says yes: it needs no policy. */
static enum fact_value ask(struct dns *dns, struct dns_budget *budget, const char *domain, const char *host)
{
    char name[DOMAIN_MAX];
    bool is_there = false, is_away = false;

    if (dmarcreports_name(domain, host, name) < 0)
        return FACT_FALSE;
    const struct dns_answer *answer = dns_lookup(dns, name, DNS_TXT, budget);
    for (size_t i = 0; i < answer->count; i++) {
        struct str text = STR_EMPTY;
        struct dmarc_record record;
        const char *problem;
        if (record_txt(answer, i, RECORD_TEXT_MAX, &text) == 0 &&
            dmarc_record_parse(str_get(&text), DMARC_RFC7489, &record, &problem) != 1) {
            is_there = true;
            is_away = is_away || leads_away(str_get(&text), host);
        }
        str_clear(&text);
    }
    enum fact_value value = fact_seen(is_there && !is_away, !dns_is_answered(answer->status));
    dns_answer_unref(answer);
    return value;
}

void dmarcreports_check(struct dns *dns, struct dns_budget *budget, const struct orgdomain *orgdomain,
                        const char *domain, const char *text, struct dmarcreports *reports_r)
{
    char own[DOMAIN_MAX], other[DOMAIN_MAX];
    struct tag tag;

    *reports_r = (struct dmarcreports){ .count = 0 };
    if (taglist_find(text, strlen(text), "rua", &tag))
        take_uris(&tag, false, reports_r);
    if (taglist_find(text, strlen(text), "ruf", &tag))
        take_uris(&tag, true, reports_r);
    orgdomain_find(orgdomain, domain, own);
    for (size_t i = 0; i < reports_r->count; i++) {
        struct dmarcreport *report = &reports_r->items[i];
        if (report->host[0] == '\0')
            continue;
        orgdomain_find(orgdomain, report->host, other);
        report->is_external = strcmp(own, other) != 0;
        if (report->is_external)
            report->is_authorized = ask(dns, budget, domain, report->host);
    }
}

void dmarcreports_clear(struct dmarcreports *reports)
{
    for (size_t i = 0; i < reports->count; i++)
        free(reports->items[i].uri);
    reports->count = 0;
}
