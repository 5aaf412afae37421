/*
 * What one SPF evaluation is worth telling; see spfcheck.h.  The subject of a result is the client's address, that of a
 * record its domain.  Pure functions, thread-safe.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/check/spfcheck.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Does a term of the record, its qualifier aside, satisfy the predicate? */
static bool has_term(const char *record, bool (*is_wanted)(const char *term, size_t len))
{
    for (const char *p = record; *p != '\0';) {
        size_t len = strcspn(p, " ");
        if (len > 0 && is_wanted(p, len))
            return true;
        p += len;
        p += strspn(p, " ");
    }
    return false;
}

static bool is_ptr_term(const char *term, size_t len)
{
    if (strchr("+-~?", *term) != NULL) {
        term++;
        len--;
    }
    return len >= 3 && strncasecmp(term, "ptr", 3) == 0 && (len == 3 || term[3] == ':');
}

static bool is_open_term(const char *term, size_t len)
{
    if (*term == '+') {
        term++;
        len--;
    }
    if (len == 3 && strncasecmp(term, "all", 3) == 0)
        return true;
    if (len < 4 || (strncasecmp(term, "ip4:", 4) != 0 && strncasecmp(term, "ip6:", 4) != 0))
        return false;
    return term[len - 2] == '/' && (term[len - 1] == '0' || term[len - 1] == '1');
}

/* Adds a finding about the first record that was read and has such a term. */
static void add_about_record(const struct spf_result *result, enum finding_id id,
                             bool (*is_wanted)(const char *term, size_t len), struct findings *findings)
{
    for (size_t i = 0; i < result->n_steps; i++) {
        const struct spf_step *step = &result->steps[i];
        if (*step->term == '\0' && has_term(step->text, is_wanted)) {
            findings_add(findings, id, step->domain, result->domain, step->text);
            return;
        }
    }
    findings_add(findings, id, result->domain, result->domain, "");
}

static void add_result(const struct spf_result *result, struct findings *findings)
{
    static const int ids[AUTH_RESULT_COUNT] = {
        [AUTH_NONE] = FINDING_SPF_NONE, [AUTH_PASS] = -1, [AUTH_POLICY] = -1, [AUTH_FAIL] = FINDING_SPF_FAIL,
        [AUTH_SOFTFAIL] = FINDING_SPF_SOFTFAIL, [AUTH_NEUTRAL] = FINDING_SPF_NEUTRAL,
        [AUTH_TEMPERROR] = FINDING_SPF_TEMPERROR, [AUTH_PERMERROR] = FINDING_SPF_PERMERROR,
    };
    char address[IP_TEXT_MAX];
    struct str detail = STR_EMPTY;

    if (ids[result->result] < 0)
        return;
    ip_format(&result->address, address);
    if (*result->problem != '\0')
        str_add(&detail, result->problem);
    else if (*result->term != '\0' && strcmp(result->record_domain, result->domain) == 0)
        str_add(&detail, result->term);
    else if (*result->term != '\0')
        str_addf(&detail, "%s in the record of %s", result->term, result->record_domain);
    findings_add(findings, (enum finding_id)ids[result->result], address, result->domain, str_get(&detail));
    str_clear(&detail);
}

static void add_about_records(const struct spf_result *result, struct findings *findings)
{
    char detail[64];

    if (result->flags & SPF_FLAG_MULTIPLE_RECORDS)
        findings_add(findings, FINDING_SPF_MULTIPLE_RECORDS, result->record_domain, result->domain, result->problem);
    if (result->flags & SPF_FLAG_TOO_MANY_LOOKUPS) {
        findings_add(findings, FINDING_SPF_TOO_MANY_LOOKUPS, result->domain, result->domain, result->problem);
    } else if (result->lookups >= SPF_NEAR_LOOKUPS) {
        snprintf(detail, sizeof(detail), "%d lookups", result->lookups);
        findings_add(findings, FINDING_SPF_NEAR_LOOKUP_LIMIT, result->domain, result->domain, detail);
    }
    if (result->flags & SPF_FLAG_VOID_LOOKUPS) {
        findings_add(findings, FINDING_SPF_VOID_LOOKUPS, result->domain, result->domain, result->problem);
    } else if (result->void_lookups >= SPF_MAX_VOID_LOOKUPS) {
        snprintf(detail, sizeof(detail), "%d of at most %d", result->void_lookups, SPF_MAX_VOID_LOOKUPS);
        findings_add(findings, FINDING_SPF_VOID_LOOKUPS, result->domain, result->domain, detail);
    }
    if (result->flags & SPF_FLAG_PASS_ALL)
        add_about_record(result, FINDING_SPF_PASS_ALL, is_open_term, findings);
    if (result->flags & SPF_FLAG_PTR_USED)
        add_about_record(result, FINDING_SPF_PTR_USED, is_ptr_term, findings);
}

/* "permerror, not pass: it refuses the prefix length /0" */
static void add_opinion(const struct spf_result *result, struct findings *findings)
{
    struct str detail = STR_EMPTY;
    char address[IP_TEXT_MAX];

    if (!result->libspf2.is_known || result->libspf2.result == result->result)
        return;
    ip_format(&result->address, address);
    str_addf(&detail, "%s, not %s: %s", auth_result_name(result->libspf2.result), auth_result_name(result->result),
             result->libspf2.reason);
    findings_add(findings, FINDING_SPF_IMPLEMENTATIONS_DIFFER, address, result->domain, str_get(&detail));
    str_clear(&detail);
}

void spfcheck_findings(const struct spf_result *result, bool is_only, struct findings *findings)
{
    if (result->address.family == 0)
        return;
    if (result->identity == SPF_MAILFROM || is_only) {
        add_result(result, findings);
        add_about_records(result, findings);
        add_opinion(result, findings);
        return;
    }
    if (result->result == AUTH_FAIL) {
        char address[IP_TEXT_MAX];
        ip_format(&result->address, address);
        findings_add(findings, FINDING_SPF_HELO_FAIL, address, result->domain, result->term);
    }
    if (result->libspf2.result == AUTH_FAIL)
        add_opinion(result, findings);
}
