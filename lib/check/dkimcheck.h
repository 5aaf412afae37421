/*
 * DKIM (RFC 6376, RFC 8301, RFC 8463): every signature of a message, by libopendkim over our resolver.
 * The message is streamed in; the header is kept within the limits, nothing of the body.  An engine belongs to many
 * threads, a verifier to one at a time.
 */
#ifndef PREFLIGHT_CHECK_DKIMCHECK_H
#define PREFLIGHT_CHECK_DKIMCHECK_H

#include "lib/check/dkimcover.h"
#include "lib/check/finding.h"
#include "lib/check/result.h"
#include "lib/dns/dns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dkimcheck;               /* the engine: one per configuration */
struct dkimcheck_verifier;      /* one message */
struct err;

struct dkimcheck_limits {
    int headers;                /* as in struct conf, limits */
    int header_bytes;
    int signatures;
};

enum dkim_key_state {
    DKIM_KEY_NOT_ASKED,         /* the signature fails before its key matters */
    DKIM_KEY_FOUND, DKIM_KEY_MISSING,
    DKIM_KEY_UNUSABLE,          /* a record nobody can use: several, malformed, too long, of another type */
    DKIM_KEY_UNKNOWN            /* DNS failed */
};

struct dkim_result {
    /*
     * As RFC 8601 section 2.7.1 has it.  fail: does not verify, or is not valid now (x=, t=); policy: RFC 8301 forbids
     * it; neutral: v=, a=, c= or q= unknown to us; permerror: malformed, or the key is missing or unusable.
     */
    enum auth_result result;
    char *domain;               /* d=, normalized; "" where unreadable */
    char *selector;             /* s= */
    char *algorithm;            /* "rsa-sha256", "ed25519-sha256", "rsa-sha1", "" where unreadable */
    int key_bits;               /* 0 where the key was not read; 256 for Ed25519 */
    char *canonicalization;     /* "relaxed/simple" */
    char *reason;               /* why it does not pass, a text of our own; "" for pass */
    enum finding_id finding;    /* what reason is in the catalogue; FINDING_COUNT for pass */
    enum dkim_key_state key;
    struct dkim_names key_flags;    /* t= of the key: "y", "s" */
    bool is_testing;            /* t=y in the key */
    char *identity;             /* i=; "" where absent */
    int64_t length;             /* l=; -1 where absent */
    int64_t unsigned_bytes;     /* of the canonical body, beyond l= */
    bool is_length_limited;     /* l= leaves part of the body unsigned */
    bool from_signed;
    struct dkim_coverage coverage;
    int64_t signed_at;          /* t=, seconds since 1970; 0 where absent */
    int64_t expires;            /* x=, likewise */
    bool aligned;               /* set by the DMARC check */
    bool is_alignment_unknown;  /* likewise: for want of a DNS answer */
};

struct dkim_results {
    struct dkim_result *items;
    size_t count;
    size_t skipped;             /* signatures beyond the limit, not verified */
    bool is_over_limits;        /* more header fields than the limits allow: results are temperror, not known */
    bool is_copy;               /* of a message that came back: dkimcheck_returned */
};

struct dkimcheck *dkimcheck_new(struct dns *dns, const struct dkimcheck_limits *limits, struct err *err);
void dkimcheck_free(struct dkimcheck **check);

/* id: for libopendkim's own messages, may be NULL.  Out of memory in the library: temperror results, never NULL. */
struct dkimcheck_verifier *dkimcheck_begin(struct dkimcheck *check, const char *id);
void dkimcheck_abandon(struct dkimcheck_verifier **verifier);   /* frees without a result; NULL is fine */

/*
 * A header field in the order of the message.  value: all after the colon, leading space kept, folds as LF or CRLF.
 * Seeing a DKIM-Signature starts its key's DNS question.
 */
void dkimcheck_header(struct dkimcheck_verifier *verifier, const char *name, const char *value);
void dkimcheck_end_of_header(struct dkimcheck_verifier *verifier);
void dkimcheck_body(struct dkimcheck_verifier *verifier, const unsigned char *data, size_t len);    /* CRLF lines */

/* Verifies, waiting for keys within the budget, and frees the verifier. */
void dkimcheck_end(struct dkimcheck_verifier **verifier, struct dns_budget *budget, struct dkim_results *results_r);
void dkim_results_clear(struct dkim_results *results);

/* How the reason of a signature begins whose body hash differs. */
#define DKIMCHECK_OTHER_BODY "the body's hash is not the one in bh="

/*
 * Of a message that came back in a bounce: what its copy may lack is no fault of the signatures.  Where the key is
 * there and only body or header differ from what was signed, or the time is over, the result is temperror; where it is
 * another one, nothing is said of the body.  Without a signature, and unless it came back as it was sent (is_as_sent),
 * it may have left with one: that counts as skipped.
 */
void dkimcheck_returned(struct dkim_results *results, bool is_as_sent);

/*
 * One word for the log: pass if any passes, else temperror if any is or was not looked at, else the first signature's,
 * none without any.
 */
enum auth_result dkim_results_overall(const struct dkim_results *results);

/* author_domain: of the From field, for remedies; "" where unknown. */
void dkimcheck_findings(const struct dkim_results *results, const char *author_domain, struct findings *findings);

/*
 * What a passing signature leaves open to others (RFC 6376 section 8): fields not covered, fields that can be added.
 * True of every message of this signer, so told by what audits a signer and not of each message.
 */
void dkimcheck_open_findings(const struct dkim_results *results, const char *author_domain, struct findings *findings);

#endif
