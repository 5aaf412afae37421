/*
 * The DMARC record: tags and values of RFC 7489 sections 6.3 and 6.4.  Pure, thread-safe.
 * What is not understood falls back to its default, as section 6.3 asks; only p, sp and the version can spoil a record.
 */
#include "config.h"

#include "lib/check/dmarccheck.h"
#include "lib/check/taglist.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TAG_VALUE_MAX 512       /* longer values are cut: none that we read is longer than "quarantine" */

const char *dmarc_policy_name(enum dmarc_policy policy)
{
    static const char *const names[] = { "", "none", "quarantine", "reject" };

    return names[policy];
}

/* Section 6.4 has the names as ABNF strings, in which case does not count. */
static bool is_named(const struct tag *tag, const char *name)
{
    return strlen(name) == tag->name_len && strncasecmp(tag->name, name, tag->name_len) == 0;
}

static void copy_value(const struct tag *tag, char value_r[TAG_VALUE_MAX])
{
    size_t len = tag->value_len < TAG_VALUE_MAX ? tag->value_len : TAG_VALUE_MAX - 1;

    memcpy(value_r, tag->value, len);
    value_r[len] = '\0';
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
    char value[TAG_VALUE_MAX];

    copy_value(tag, value);
    if (is_named(tag, "p")) {
        record->p = parse_policy(value);
        *bad_p = record->p == DMARC_POLICY_ABSENT;
    } else if (is_named(tag, "sp")) {
        record->sp = parse_policy(value);
        *bad_sp = record->sp == DMARC_POLICY_ABSENT;
    } else if (is_named(tag, "adkim")) {
        record->strict_dkim = strcasecmp(value, "s") == 0;
    } else if (is_named(tag, "aspf")) {
        record->strict_spf = strcasecmp(value, "s") == 0;
    } else if (is_named(tag, "pct")) {
        record->pct = parse_percent(value);
    } else if (is_named(tag, "rua")) {
        record->has_rua = has_report_uri(value);
    }
}

/* The version stands first, exactly so. */
static bool has_version(const char *text, struct taglist *list)
{
    static const char version[] = "DMARC1";
    struct tag tag;

    return strncasecmp(text, "v", 1) == 0 && taglist_next(list, &tag) == 1 && is_named(&tag, "v") &&
           tag.value_len == strlen(version) && memcmp(tag.value, version, tag.value_len) == 0;
}

int dmarc_record_parse(const char *text, struct dmarc_record *record_r, const char **problem_r)
{
    struct dmarc_record record = { .pct = 100 };
    struct taglist list;
    struct tag tag;
    int rc;

    *problem_r = NULL;
    taglist_init(&list, text, strlen(text));
    if (!has_version(text, &list))
        return 1;

    bool bad_p = true, bad_sp = false;
    while ((rc = taglist_next(&list, &tag)) != 0) {
        if (rc > 0)
            read_tag(&tag, &record, &bad_p, &bad_sp);
    }

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
