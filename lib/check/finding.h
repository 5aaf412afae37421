/*
 * The catalogue of findings, and the list of those that one message has.
 *
 * A row of the catalogue (finding.c) is the finding: id, check, severity, text, remedy, source.  In texts and remedies
 * {subject}, {domain} and {detail} stand for what findings_add was given.  Ids never change meaning.
 */
#ifndef PREFLIGHT_CHECK_FINDING_H
#define PREFLIGHT_CHECK_FINDING_H

#include <stdbool.h>
#include <stddef.h>

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };

/*
 * Bits, so that a rule's facts can name the findings they rest on.  NONE: of what passes all the same, or of what one
 * implementation makes of it; no outcome rests on it, however grave it is.
 */
enum check_kind {
    CHECK_NONE = 0,
    CHECK_SPF = 1, CHECK_DKIM = 2, CHECK_DMARC = 4, CHECK_MESSAGE = 8, CHECK_EGRESS = 16, CHECK_RATE = 32,
    CHECK_CONTENT = 64
};

enum finding_id {
    FINDING_SPF_NONE, FINDING_SPF_FAIL, FINDING_SPF_SOFTFAIL, FINDING_SPF_NEUTRAL, FINDING_SPF_PERMERROR,
    FINDING_SPF_TEMPERROR, FINDING_SPF_MULTIPLE_RECORDS, FINDING_SPF_TOO_MANY_LOOKUPS, FINDING_SPF_NEAR_LOOKUP_LIMIT,
    FINDING_SPF_VOID_LOOKUPS, FINDING_SPF_PASS_ALL, FINDING_SPF_PTR_USED, FINDING_SPF_NOT_ALIGNED,
    FINDING_SPF_HELO_FAIL, FINDING_SPF_IMPLEMENTATIONS_DIFFER, FINDING_SPF_RECORD_INVALID,
    FINDING_SPF_INCLUDE_MISSING, FINDING_SPF_NEUTRAL_ALL, FINDING_SPF_UNREACHABLE_TERMS, FINDING_SPF_DUPLICATE_TERM,
    FINDING_SPF_WIDE_NETWORK, FINDING_SPF_RECORD_LONG, FINDING_SPF_ANSWER_LARGE, FINDING_SPF_UNCACHEABLE_MACRO,
    FINDING_DKIM_NONE, FINDING_DKIM_BODY_CHANGED, FINDING_DKIM_HEADER_CHANGED, FINDING_DKIM_WRONG_KEY,
    FINDING_DKIM_BAD_SIGNATURE, FINDING_DKIM_NO_KEY, FINDING_DKIM_BAD_KEY, FINDING_DKIM_KEY_REVOKED,
    FINDING_DKIM_WEAK_KEY, FINDING_DKIM_SHORT_KEY, FINDING_DKIM_SHA1, FINDING_DKIM_EXPIRED,
    FINDING_DKIM_EXPIRES_SOON, FINDING_DKIM_LENGTH_LIMITED, FINDING_DKIM_TESTING, FINDING_DKIM_NOT_ALIGNED,
    FINDING_DKIM_FROM_UNSIGNED, FINDING_DKIM_HEADER_UNSIGNED, FINDING_DKIM_NOT_OVERSIGNED,
    FINDING_DKIM_ED25519_ONLY, FINDING_DKIM_TEMPERROR, FINDING_DKIM_TOO_MANY, FINDING_DKIM_RETURNED,
    FINDING_DKIM_FRAGILE_8BIT, FINDING_DKIM_FRAGILE_LONG_LINE,
    FINDING_DMARC_NONE, FINDING_DMARC_FAIL, FINDING_DMARC_INVALID_RECORD, FINDING_DMARC_MULTIPLE_RECORDS,
    FINDING_DMARC_POLICY_NONE, FINDING_DMARC_TEMPERROR, FINDING_DMARC_NO_ALIGNMENT, FINDING_DMARC_VERSIONS_DIFFER,
    FINDING_DMARC_IMPLEMENTATIONS_DIFFER,
    FINDING_FROM_MISSING, FINDING_FROM_MULTIPLE, FINDING_HEADER_DUPLICATE, FINDING_HEADER_8BIT,
    FINDING_HEADER_ENCODED_WORD, FINDING_DATE_INVALID, FINDING_MESSAGE_ID_INVALID, FINDING_LINE_TOO_LONG,
    FINDING_BARE_NEWLINE, FINDING_MESSAGE_OVER_LIMITS,
    FINDING_ONE_CLICK_MISSING, FINDING_ONE_CLICK_UNSIGNED, FINDING_AUTHOR_DOMAIN_FOREIGN,
    FINDING_SENDER_DOMAIN_UNRESOLVABLE, FINDING_AUTHOR_DOMAIN_UNRESOLVABLE,
    FINDING_EGRESS_UNKNOWN, FINDING_PTR_MISSING, FINDING_PTR_MISMATCH, FINDING_PTR_GENERIC, FINDING_HELO_INVALID,
    FINDING_HELO_UNRESOLVABLE, FINDING_HELO_MISMATCH, FINDING_HELO_SPF_NONE, FINDING_ADDRESS_LISTED,
    FINDING_DOMAIN_LISTED, FINDING_BLOCKLIST_UNUSABLE,
    FINDING_DMARC_REPORT_INVALID, FINDING_DMARC_REPORT_UNAUTHORIZED, FINDING_MX_UNRESOLVABLE, FINDING_MX_NULL,
    FINDING_MTA_STS_NONE, FINDING_MTA_STS_INVALID, FINDING_TLS_RPT_NONE, FINDING_TLS_RPT_INVALID,
    FINDING_POSTFIX_MILTER_MISSING, FINDING_POSTFIX_FIRST = FINDING_POSTFIX_MILTER_MISSING,
    FINDING_POSTFIX_MILTER_UNKNOWN, FINDING_POSTFIX_MILTER_UNREACHABLE, FINDING_POSTFIX_SUBMISSION_UNJUDGED,
    FINDING_POSTFIX_MAIL_UNJUDGED, FINDING_POSTFIX_BEFORE_SIGNER, FINDING_POSTFIX_NOT_LAST, FINDING_POSTFIX_NO_SIGNER,
    FINDING_POSTFIX_CONTENT_FILTER, FINDING_POSTFIX_ACTION_ACCEPT, FINDING_POSTFIX_ACTION_REJECT,
    FINDING_POSTFIX_BOUNCES_UNSIGNED, FINDING_POSTFIX_SENDER_REWRITTEN, FINDING_POSTFIX_GENERIC_MAPS,
    FINDING_POSTFIX_HEADER_CHECKS, FINDING_POSTFIX_8BIT_CONVERTED, FINDING_POSTFIX_LINES_CUT,
    FINDING_POSTFIX_HEADERS_MISSING, FINDING_POSTFIX_RELAYHOST, FINDING_POSTFIX_SENDER_DEPENDENT,
    FINDING_POSTFIX_ADDRESS_DIFFERS, FINDING_POSTFIX_HELO_DIFFERS, FINDING_POSTFIX_TLS_OFF,
    FINDING_POSTFIX_IPV6_UNLISTED, FINDING_POSTFIX_IPV6_UNUSED, FINDING_POSTFIX_OTHER_INSTANCES,
    FINDING_COUNT
};

struct finding_row {
    enum finding_id id;
    const char *name;           /* "spf-fail" */
    enum check_kind check;
    enum severity severity;
    const char *text;
    const char *remedy;
    const char *source;         /* "RFC 7208 section 8.4" */
};

struct finding {
    const struct finding_row *row;
    char *subject;              /* an address, domain, selector, header field; escaped; never NULL, "" where none */
    char *text;                 /* filled in; untrusted bytes escaped, one line */
    char *remedy;
};

struct findings {
    struct finding *items;
    size_t count, capacity;     /* at most FINDINGS_MAX, of one id FINDINGS_PER_ID; further ones are dropped */
};

#define FINDINGS_MAX 500
#define FINDINGS_PER_ID 40      /* so that those of many addresses or signatures leave room for others */

const struct finding_row *finding_row(enum finding_id id);
const char *severity_name(enum severity severity);      /* "info", "warning", "error" */

/*
 * Adds a finding once per id and subject.  subject, domain, detail: untrusted, copied, escaped and cut; NULL counts
 * as "".
 * Where detail is empty, " ({detail})" and ": {detail}" vanish from the text; an empty subject or domain reads
 * "(unknown)" and "the author domain" there.
 */
void findings_add(struct findings *list, enum finding_id id, const char *subject, const char *domain,
                  const char *detail);
bool findings_has(const struct findings *list, enum finding_id id);

/* Takes back what is said of the subject, where something else is known by now. */
void findings_drop(struct findings *list, enum finding_id id, const char *subject);
void findings_clear(struct findings *list);

#endif
