/*
 * The DMARC record: tags and values of RFC 7489 sections 6.3 and 6.4.  Pure, thread-safe.
 * What is not understood falls back to its default, as section 6.3 asks; only p, sp and the version can spoil a record.
 */
#include "config.h"

#include "lib/check/dmarccheck.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TAG_VALUE_MAX 512       /* longer values are cut: none that we read is longer than "quarantine" */

struct tag {
    char name[32];
    char value[TAG_VALUE_MAX];
};

const char *dmarc_policy_name(enum dmarc_policy policy)
{
    static const char *const names[] = { "", "none", "quarantine", "reject" };

    return names[policy];
}

static void copy_trimmed(char *to, size_t size, const char *from, size_t len)
{
    while (len > 0 && strchr(" \t", from[0]) != NULL) {
        from++;
        len--;
    }
    while (len > 0 && strchr(" \t", from[len - 1]) != NULL)
        len--;
    if (len >= size)
        len = size - 1;
    memcpy(to, from, len);
    to[len] = '\0';
}

/* The next "name = value" up to ';'.  A part without '=' gives an empty name.  Returns the rest, NULL at the end. */
static const char *next_tag(const char *text, struct tag *tag_r)
{
    if (*text == '\0')
        return NULL;
    size_t len = strcspn(text, ";");
    const char *equals = memchr(text, '=', len);

    tag_r->name[0] = tag_r->value[0] = '\0';
    if (equals != NULL) {
        size_t name_len = (size_t)(equals - text);
        copy_trimmed(tag_r->name, sizeof(tag_r->name), text, name_len);
        copy_trimmed(tag_r->value, sizeof(tag_r->value), equals + 1, len - name_len - 1);
    }
    return text[len] == ';' ? text + len + 1 : text + len;
}

static enum dmarc_policy parse_policy(const char *value)
{
    for (enum dmarc_policy p = DMARC_POLICY_NONE; p <= DMARC_POLICY_REJECT; p++) {
        if (strcasecmp(value, dmarc_policy_name(p)) == 0)
            return p;
    }
    return DMARC_POLICY_ABSENT;
}

/* Is there at least one URI that a report could go to (section 6.3, rua)? */
static bool has_report_uri(const char *value)
{
    return strncasecmp(value, "mailto:", 7) == 0 ? strchr(value + 7, '@') != NULL : strstr(value, "://") != NULL;
}

static int parse_percent(const char *value)
{
    size_t digits = strspn(value, "0123456789");

    if (digits == 0 || digits > 3 || value[digits] != '\0' || atoi(value) > 100)
        return 100;
    return atoi(value);
}

static void read_tag(const struct tag *tag, struct dmarc_record *record, bool *bad_p, bool *bad_sp)
{
    if (strcasecmp(tag->name, "p") == 0) {
        record->p = parse_policy(tag->value);
        *bad_p = record->p == DMARC_POLICY_ABSENT;
    } else if (strcasecmp(tag->name, "sp") == 0) {
        record->sp = parse_policy(tag->value);
        *bad_sp = record->sp == DMARC_POLICY_ABSENT;
    } else if (strcasecmp(tag->name, "adkim") == 0) {
        record->strict_dkim = strcasecmp(tag->value, "s") == 0;
    } else if (strcasecmp(tag->name, "aspf") == 0) {
        record->strict_spf = strcasecmp(tag->value, "s") == 0;
    } else if (strcasecmp(tag->name, "pct") == 0) {
        record->pct = parse_percent(tag->value);
    } else if (strcasecmp(tag->name, "rua") == 0) {
        record->has_rua = has_report_uri(tag->value);
    }
}

int dmarc_record_parse(const char *text, struct dmarc_record *record_r, const char **problem_r)
{
    struct dmarc_record record = { .pct = 100 };
    struct tag tag;
    const char *rest = next_tag(text, &tag);

    *problem_r = NULL;
    if (rest == NULL || strchr("vV", text[0]) == NULL || strcasecmp(tag.name, "v") != 0 || strcmp(tag.value, "DMARC1") != 0)
        return 1;

    bool bad_p = true, bad_sp = false;
    while ((rest = next_tag(rest, &tag)) != NULL)
        read_tag(&tag, &record, &bad_p, &bad_sp);

    if (bad_p || bad_sp) {
        *problem_r = bad_p ? "its p tag is missing or none of none, quarantine, reject"
                           : "its sp tag is none of none, quarantine, reject";
        /* Section 6.6.3 step 6: with somewhere to report to, it counts as p=none. */
        if (!record.has_rua) {
            *record_r = record;
            return -1;
        }
        record.p = DMARC_POLICY_NONE;
        record.sp = DMARC_POLICY_ABSENT;
    }
    *record_r = record;
    return 0;
}
