/*
 * Records of MTA-STS and TLS reporting; see tlspolicy.h.
 */
#include "config.h"

#include "lib/audit/tlspolicy.h"
#include "lib/base/str.h"
#include "lib/check/taglist.h"
#include "lib/dns/record.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define RECORD_TEXT_MAX 4096
#define ID_MAX 32

static const struct { const char *prefix, *version; } kinds[] = {
    [TLSPOLICY_STS] = { "_mta-sts", "v=STSv1" },
    [TLSPOLICY_REPORTS] = { "_smtp._tls", "v=TLSRPTv1" },
};

const char *tlspolicy_prefix(enum tlspolicy_kind kind)
{
    return kinds[kind].prefix;
}

static const char *check_id(const char *text, size_t len)
{
    struct tag tag;

    if (!taglist_find(text, len, "id", &tag))
        return "it has no id";
    if (tag.value_len == 0 || tag.value_len > ID_MAX)
        return "its id is not of 1 to 32 characters";
    for (size_t i = 0; i < tag.value_len; i++) {
        if (!isalnum((unsigned char)tag.value[i]))
            return "its id has something else than letters and digits in it";
    }
    return NULL;
}

/* "mailto:" with an address, or "https://" with a host. */
static bool is_report_uri(const char *uri, size_t len)
{
    const char *at = memchr(uri, '@', len);

    for (size_t i = 0; i < len; i++) {
        if (!isgraph((unsigned char)uri[i]) || uri[i] == '!')
            return false;
    }
    if (len > 8 && strncmp(uri, "https://", 8) == 0)
        return true;
    return len > 7 && strncmp(uri, "mailto:", 7) == 0 && at != NULL && at > uri + 7 && at + 1 < uri + len;
}

static const char *check_rua(const char *text, size_t len)
{
    struct tag tag;

    if (!taglist_find(text, len, "rua", &tag))
        return "it has no rua";
    for (const char *p = tag.value, *end = p + tag.value_len;; p++) {
        size_t n = 0;
        while (p < end && (*p == ' ' || *p == '\t'))
            p++;
        while (p + n < end && p[n] != ',')
            n++;
        size_t uri = n;
        while (uri > 0 && (p[uri - 1] == ' ' || p[uri - 1] == '\t'))
            uri--;
        if (!is_report_uri(p, uri))
            return "its rua has something else in it than mailto: and https: addresses";
        p += n;
        if (p >= end)
            return NULL;
    }
}

int tlspolicy_parse(enum tlspolicy_kind kind, const char *text, size_t len, const char **problem_r)
{
    const char *version = kinds[kind].version;
    size_t n = strlen(version);

    *problem_r = NULL;
    if (len < n || memcmp(text, version, n) != 0 || (len > n && strchr("; \t", text[n]) == NULL))
        return 1;
    if (taglist_check(text, len) != TAGLIST_GOOD)
        *problem_r = "it is not a list of name=value, each once, parted by semicolons";
    else
        *problem_r = kind == TLSPOLICY_STS ? check_id(text, len) : check_rua(text, len);
    return *problem_r == NULL ? 0 : -1;
}

static void read_answer(const struct dns_answer *answer, enum tlspolicy_kind kind, struct tlspolicy *policy)
{
    size_t records = 0;

    for (size_t i = 0; i < answer->count; i++) {
        struct str text = STR_EMPTY;
        const char *problem = NULL;
        int rc = record_txt(answer, i, RECORD_TEXT_MAX, &text) < 0 ? 1
                 : tlspolicy_parse(kind, str_get(&text), text.len, &problem);
        if (rc != 1) {
            records++;
            *policy = (struct tlspolicy){ rc == 0 ? TLSPOLICY_GOOD : TLSPOLICY_BAD, problem };
        }
        str_clear(&text);
    }
    if (records > 1)
        *policy = (struct tlspolicy){ TLSPOLICY_BAD, "there is more than one, so none counts" };
}

void tlspolicy_look_up(struct dns *dns, struct dns_budget *budget, enum tlspolicy_kind kind, const char *domain,
                       struct tlspolicy *policy_r)
{
    char name[DOMAIN_MAX + 16];

    snprintf(name, sizeof(name), "%s.%s", kinds[kind].prefix, domain);
    const struct dns_answer *answer = dns_lookup(dns, name, DNS_TXT, budget);
    *policy_r = (struct tlspolicy){ .state = TLSPOLICY_NONE };
    if (answer->status == DNS_OK)
        read_answer(answer, kind, policy_r);
    else if (!dns_is_answered(answer->status))
        policy_r->state = TLSPOLICY_UNKNOWN;
    dns_answer_unref(answer);
}
