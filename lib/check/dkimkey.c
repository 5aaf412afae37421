/*
 * DKIM key records; see dkimkey.h.
 */
#include "config.h"

#include "lib/check/dkimkey.h"
#include "lib/base/str.h"
#include "lib/check/taglist.h"
#include "lib/dns/record.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define RECORD_MAX 1024

const char dkimkey_other_type[] = "the key's type (k=) is not the one of the signature's algorithm (a=)";

static const char too_long[] = "the key's record is longer than 1,024 bytes";

int dkimkey_name(const char *selector, const char *domain, char name_r[DOMAIN_MAX])
{
    if (selector[0] == '\0' || domain[0] == '\0')
        return -1;
    int len = snprintf(name_r, DOMAIN_MAX, "%s._domainkey.%s", selector, domain);
    return len < DOMAIN_MAX ? 0 : -1;
}

void dkimkey_prefetch(struct dns *dns, const char *selector, const char *domain)
{
    char name[DOMAIN_MAX];

    if (dkimkey_name(selector, domain, name) == 0)
        dns_prefetch(dns, name, DNS_TXT);
}

/*
 * k= must be the key's half of a=: libopendkim verifies an Ed25519 signature with a record that does not say so.
 * A revoked key (p= empty) often keeps no other tag.
 */
static bool has_type_of(const char *record, size_t len, const char *algorithm)
{
    struct tag tag;
    char type[16] = "rsa";
    size_t type_len = 3;

    if (taglist_find(record, len, "p", &tag) && tag.value_len == 0)
        return true;
    if (taglist_find(record, len, "k", &tag))
        type_len = tag_text(&tag, type, sizeof(type));
    return type_len < sizeof(type) && strncasecmp(algorithm, type, type_len) == 0 && algorithm[type_len] == '-';
}

static bool is_base64(const struct tag *tag)
{
    for (size_t i = 0; i < tag->value_len; i++) {
        char c = tag->value[i];
        bool is_word = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!is_word && strchr("+/= \t\r\n", c) == NULL)
            return false;
    }
    return true;
}

/* What section 3.6.1 forbids and libopendkim passes over.  NULL where there is nothing. */
static const char *find_fault(const char *record, size_t len)
{
    struct taglist list;
    struct tag tag, first;

    switch (taglist_check(record, len)) {
    case TAGLIST_MALFORMED:
        return "the key's record is malformed";
    case TAGLIST_REPEATED:
        return "a tag stands twice in the key's record";
    case TAGLIST_GOOD:
        break;
    }
    taglist_init(&list, record, len);
    bool is_empty = taglist_next(&list, &first) == 0;
    if (!is_empty && !tag_is(&first, "v") && taglist_find(record, len, "v", &tag))
        return "v= of the key's record is not its first tag";
    if (!taglist_find(record, len, "p", &tag))
        return "the key's record has no p=";
    return is_base64(&tag) ? NULL : "p= of the key's record is not base64";
}

const char *dkimkey_fault(const char *record, size_t len, const char *algorithm)
{
    const char *fault;

    if (len > RECORD_MAX)
        return too_long;
    if (memchr(record, '\0', len) != NULL)
        return "the key's record has a NUL byte in it";
    fault = find_fault(record, len);
    if (fault == NULL && !has_type_of(record, len, algorithm))
        fault = dkimkey_other_type;
    return fault;
}

static struct dkimkey judge_record(const struct dns_answer *answer, const char *algorithm, char *text_r, size_t size)
{
    struct str record = STR_EMPTY;
    struct dkimkey key = { DKIMKEY_FOUND, NULL };
    const char *fault;

    if (answer->count > 1) {
        return (struct dkimkey){ DKIMKEY_BAD, "there is more than one TXT record where the key should be" };
    }
    if (record_txt(answer, 0, size, &record) < 0)
        key = (struct dkimkey){ DKIMKEY_TEMPFAIL, "the answer for the key's record is garbled" };
    else if (record.len >= size)
        key = (struct dkimkey){ DKIMKEY_BAD, too_long };
    else if ((fault = dkimkey_fault(str_get(&record), record.len, algorithm)) != NULL)
        key = (struct dkimkey){ DKIMKEY_BAD, fault };
    else
        memcpy(text_r, str_get(&record), record.len + 1);
    str_clear(&record);
    return key;
}

static struct dkimkey judge_answer(const struct dns_answer *answer, const char *algorithm, char *text_r, size_t size)
{
    switch (answer->status) {
    case DNS_OK:
        return judge_record(answer, algorithm, text_r, size);
    case DNS_NODATA:
        return (struct dkimkey){ DKIMKEY_NONE, "the key's name exists in DNS but has no TXT record" };
    case DNS_NXDOMAIN:
        return (struct dkimkey){ DKIMKEY_NONE, "the key's name does not exist in DNS" };
    case DNS_BOGUS:
        return (struct dkimkey){ DKIMKEY_TEMPFAIL, "the key's record failed DNSSEC validation" };
    case DNS_TEMPFAIL:
        return (struct dkimkey){ DKIMKEY_TEMPFAIL, "the name servers failed to answer for the key" };
    case DNS_TIMEOUT:
    case DNS_PENDING:
        break;
    }
    return (struct dkimkey){ DKIMKEY_TEMPFAIL, "no answer for the key in time" };
}

struct dkimkey dkimkey_fetch(struct dns *dns, struct dns_budget *budget, const char *selector, const char *domain,
                             const char *algorithm, char *text_r, size_t size)
{
    char name[DOMAIN_MAX];

    if (dkimkey_name(selector, domain, name) < 0)
        return (struct dkimkey){ DKIMKEY_NONE, "selector (s=) and domain (d=) make no domain name" };
    const struct dns_answer *answer = dns_lookup(dns, name, DNS_TXT, budget);
    struct dkimkey key = judge_answer(answer, algorithm, text_r, size);
    dns_answer_unref(answer);
    return key;
}
