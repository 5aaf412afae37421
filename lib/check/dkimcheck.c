/*
 * DKIM verification by libopendkim (the only user of dkim.h); see dkimcheck.h.  RFC 6376, 8301, 8463.
 * Keys come through the library's key lookup and not its resolver hooks: these know no message, hence no budget.
 * A verifier's signatures are kept in the order of the fields, which is that of the library's list.
 */
#include "config.h"

#include "lib/check/dkimcheck.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/check/bodylength.h"
#include "lib/check/dkimfields.h"
#include "lib/check/dkimkey.h"
#include "lib/check/dkimtags.h"
#include "lib/check/dkimwhy.h"
#include "lib/check/taglist.h"
#include "lib/message/lex.h"

#include <dkim.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define SIGNATURE_FIELD "DKIM-Signature"
#define RSA_BITS_MIN 1024       /* RFC 8301 section 3.2 */
#define ED25519_BITS 256

struct dkimcheck {
    DKIM_LIB *lib;
    struct dns *dns;
    struct dkimcheck_limits limits;
};

struct signature {
    struct dkim_tags tags;
    size_t field;               /* its own among the kept ones */
    struct dkimkey key;
    char *record;               /* the key's; NULL where there is none that is of use */
    char *why;                  /* it does not verify; NULL where the verdict's own reason is all that is known */
    bool is_key_asked;
    bool is_fed;                /* the library has it */
    bool is_malformed;          /* the library says so, and goes on with what it could read */
};

struct dkimcheck_verifier {
    struct dkimcheck *check;
    DKIM *dkim;                 /* NULL where it is of no use (any more) */
    char *id;                   /* the library borrows it */
    struct signature *signatures;
    size_t n_signatures, capacity;
    size_t n_fed;
    size_t skipped;
    size_t headers, header_bytes;
    struct dkim_fields fields;  /* within the limits */
    struct bodylength body;     /* where a signature has l= */
    unsigned char tail[2];      /* the last bytes of the body */
    bool has_body;
    struct dns_budget *budget;  /* from dkimcheck_end */
    bool has_length;            /* some l= */
    bool is_over_limits;
    bool is_header_done;
    bool has_failed;            /* the library did, or is out of memory: nothing is known */
};

/* What one signature comes to. */
struct verdict {
    enum auth_result result;
    enum finding_id finding;
    const char *reason;         /* static text */
};

/* By the library's error, for signatures that were given to it. */
static const struct {
    int error;
    struct verdict verdict;
} verdicts[] = {
    { DKIM_SIGERROR_VERSION, { AUTH_NEUTRAL, FINDING_DKIM_BAD_SIGNATURE, "v= is not 1" } },
    { DKIM_SIGERROR_DOMAIN, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "i= is not in the domain d=" } },
    { DKIM_SIGERROR_EXPIRED, { AUTH_FAIL, FINDING_DKIM_EXPIRED, "x= is past" } },
    { DKIM_SIGERROR_FUTURE, { AUTH_FAIL, FINDING_DKIM_BAD_SIGNATURE, "t=, the time of signing, is in the future" } },
    { DKIM_SIGERROR_TIMESTAMPS, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "x= is not later than t=" } },
    { DKIM_SIGERROR_INVALID_HC, { AUTH_NEUTRAL, FINDING_DKIM_BAD_SIGNATURE, "unknown canonicalization in c=" } },
    { DKIM_SIGERROR_INVALID_BC, { AUTH_NEUTRAL, FINDING_DKIM_BAD_SIGNATURE, "unknown canonicalization in c=" } },
    { DKIM_SIGERROR_MISSING_A, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "a= is missing" } },
    { DKIM_SIGERROR_INVALID_A, { AUTH_NEUTRAL, FINDING_DKIM_BAD_SIGNATURE, "unknown algorithm in a=" } },
    { DKIM_SIGERROR_MISSING_H, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "h= is missing" } },
    { DKIM_SIGERROR_INVALID_L, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "l= is not a length" } },
    { DKIM_SIGERROR_INVALID_Q, { AUTH_NEUTRAL, FINDING_DKIM_BAD_SIGNATURE, "no known method in q=" } },
    { DKIM_SIGERROR_INVALID_QO, { AUTH_NEUTRAL, FINDING_DKIM_BAD_SIGNATURE, "no known method in q=" } },
    { DKIM_SIGERROR_MISSING_D, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "d= is missing" } },
    { DKIM_SIGERROR_EMPTY_D, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "d= is empty" } },
    { DKIM_SIGERROR_MISSING_S, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "s= is missing" } },
    { DKIM_SIGERROR_EMPTY_S, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "s= is empty" } },
    { DKIM_SIGERROR_MISSING_B, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "b= is missing" } },
    { DKIM_SIGERROR_EMPTY_B, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "b= is empty" } },
    { DKIM_SIGERROR_CORRUPT_B, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "b= is not base64" } },
    { DKIM_SIGERROR_NOKEY, { AUTH_PERMERROR, FINDING_DKIM_NO_KEY, "no key found" } },
    { DKIM_SIGERROR_DNSSYNTAX, { AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, "the key's record is malformed" } },
    { DKIM_SIGERROR_KEYFAIL, { AUTH_TEMPERROR, FINDING_DKIM_TEMPERROR, "the key could not be looked up" } },
    { DKIM_SIGERROR_MISSING_BH, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "bh= is missing" } },
    { DKIM_SIGERROR_EMPTY_BH, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "bh= is empty" } },
    { DKIM_SIGERROR_CORRUPT_BH, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "bh= is not base64" } },
    { DKIM_SIGERROR_BADSIG, { AUTH_FAIL, FINDING_DKIM_BAD_SIGNATURE,
      "a signed header field was changed, or the key in DNS is not the signer's" } },
    { DKIM_SIGERROR_SUBDOMAIN, { AUTH_PERMERROR, FINDING_DKIM_BAD_KEY,
      "the key (t=s) does not allow an i= below d=" } },
    { DKIM_SIGERROR_MULTIREPLY, { AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, "there is more than one key record" } },
    { DKIM_SIGERROR_EMPTY_H, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "h= is empty" } },
    { DKIM_SIGERROR_INVALID_H, { AUTH_PERMERROR, FINDING_DKIM_FROM_UNSIGNED, "h= does not name From" } },
    { DKIM_SIGERROR_TOOLARGE_L, { AUTH_FAIL, FINDING_DKIM_BODY_CHANGED, "the body is shorter than l= says" } },
    { DKIM_SIGERROR_KEYVERSION, { AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, "v= of the key's record is not DKIM1" } },
    { DKIM_SIGERROR_KEYUNKNOWNHASH, { AUTH_PERMERROR, FINDING_DKIM_BAD_KEY,
      "unknown hash in h= of the key's record" } },
    { DKIM_SIGERROR_KEYHASHMISMATCH, { AUTH_PERMERROR, FINDING_DKIM_BAD_KEY,
      "the key does not allow the signature's hash" } },
    { DKIM_SIGERROR_NOTEMAILKEY, { AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, "the key is not for email (s=)" } },
    { DKIM_SIGERROR_KEYTYPEMISSING, { AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, "the key's record has an empty k=" } },
    { DKIM_SIGERROR_KEYTYPEUNKNOWN, { AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, "unknown type of key in k=" } },
    { DKIM_SIGERROR_KEYREVOKED, { AUTH_PERMERROR, FINDING_DKIM_KEY_REVOKED, "p= of the key's record is empty" } },
    { DKIM_SIGERROR_KEYDECODE, { AUTH_PERMERROR, FINDING_DKIM_BAD_KEY,
      "p= of the key's record is no such public key" } },
    { DKIM_SIGERROR_MISSING_V, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "v= is missing" } },
    { DKIM_SIGERROR_EMPTY_V, { AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "v= is empty" } },
    { DKIM_SIGERROR_KEYTOOSMALL, { AUTH_POLICY, FINDING_DKIM_WEAK_KEY, "the RSA key has less than 1,024 bits" } },
};

/* By what became of the key, where that ended the verification. */
static const struct verdict key_verdicts[] = {
    [DKIMKEY_FOUND] = { AUTH_TEMPERROR, FINDING_DKIM_TEMPERROR, "" },
    [DKIMKEY_NONE] = { AUTH_PERMERROR, FINDING_DKIM_NO_KEY, "" },
    [DKIMKEY_BAD] = { AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, "" },
    [DKIMKEY_TEMPFAIL] = { AUTH_TEMPERROR, FINDING_DKIM_TEMPERROR, "" },
};

/* --- the engine ------------------------------------------------------------ */

static struct signature *signature_of(struct dkimcheck_verifier *verifier, const DKIM_SIGINFO *info)
{
    DKIM_SIGINFO **list;
    int count, fed = 0;

    if (dkim_getsiglist(verifier->dkim, &list, &count) != DKIM_STAT_OK)
        return NULL;
    for (size_t i = 0; i < verifier->n_signatures && fed < count; i++) {
        if (verifier->signatures[i].is_fed && list[fed++] == info)
            return &verifier->signatures[i];
    }
    return NULL;
}

/*
 * The library's key lookup.  TRYAGAIN ends the verification of this signature only and leaves the error set here;
 * the others go on.
 */
static DKIM_CBSTAT lookup_key(DKIM *dkim, DKIM_SIGINFO *info, u_char *text, size_t size)
{
    struct dkimcheck_verifier *verifier = dkim_get_user_context(dkim);
    struct signature *signature = signature_of(verifier, info);

    if (signature != NULL) {
        const struct dkim_tags *tags = &signature->tags;
        signature->key = dkimkey_fetch(verifier->check->dns, verifier->budget, tags->selector, tags->domain,
                                       tags->algorithm, (char *)text, size);
        signature->is_key_asked = true;
        if (signature->key.status == DKIMKEY_FOUND) {
            free(signature->record);
            signature->record = xstrdup((const char *)text);
            return DKIM_CBSTAT_CONTINUE;
        }
    }
    (void)dkim_sig_seterror(info, DKIM_SIGERROR_KEYFAIL);
    return DKIM_CBSTAT_TRYAGAIN;
}

struct dkimcheck *dkimcheck_new(struct dns *dns, const struct dkimcheck_limits *limits, struct err *err)
{
    /*
     * Not STRICTHDRS: the message check tells of duplicate fields, and the signatures' results are wanted all the same.
     * Not FIXCRLF: it breaks relaxed canonicalization.
     */
    u_int flags = DKIM_LIBFLAGS_DELAYSIGPROC | DKIM_LIBFLAGS_BADSIGHANDLES;
    u_int bits = RSA_BITS_MIN;
    DKIM_LIB *lib = dkim_init(NULL, NULL);

    if (lib == NULL) {
        err_set(err, "cannot initialize libopendkim");
        return NULL;
    }
    if (dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof(flags)) != DKIM_STAT_OK ||
        dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits, sizeof(bits)) != DKIM_STAT_OK ||
        dkim_set_key_lookup(lib, lookup_key) != DKIM_STAT_OK) {
        dkim_close(lib);
        err_set(err, "cannot set the options of libopendkim");
        return NULL;
    }
    struct dkimcheck *check = xcalloc(1, sizeof(*check));
    *check = (struct dkimcheck){ lib, dns, *limits };
    return check;
}

void dkimcheck_free(struct dkimcheck **check)
{
    if (*check == NULL)
        return;
    dkim_close((*check)->lib);
    free(*check);
    *check = NULL;
}

/* --- a message in ------------------------------------------------------------- */

static void drop_library(struct dkimcheck_verifier *verifier)
{
    if (verifier->dkim != NULL)
        (void)dkim_free(verifier->dkim);
    verifier->dkim = NULL;
}

static void give_up(struct dkimcheck_verifier *verifier)
{
    verifier->has_failed = true;
    drop_library(verifier);
}

struct dkimcheck_verifier *dkimcheck_begin(struct dkimcheck *check, const char *id)
{
    struct dkimcheck_verifier *verifier = xcalloc(1, sizeof(*verifier));
    DKIM_STAT status = DKIM_STAT_OK;

    verifier->check = check;
    verifier->id = xstrdup(id == NULL ? "-" : id);
    verifier->dkim = dkim_verify(check->lib, (unsigned char *)verifier->id, NULL, &status);
    if (verifier->dkim == NULL || dkim_set_user_context(verifier->dkim, verifier) != DKIM_STAT_OK)
        give_up(verifier);
    return verifier;
}

void dkimcheck_abandon(struct dkimcheck_verifier **verifier)
{
    if (*verifier == NULL)
        return;
    drop_library(*verifier);
    for (size_t i = 0; i < (*verifier)->n_signatures; i++) {
        free((*verifier)->signatures[i].record);
        free((*verifier)->signatures[i].why);
    }
    dkim_fields_clear(&(*verifier)->fields);
    free((*verifier)->signatures);
    free((*verifier)->id);
    free(*verifier);
    *verifier = NULL;
}

static bool is_signature_field(const char *name)
{
    size_t len = lex_name_length(name, strlen(name));

    return len == strlen(SIGNATURE_FIELD) && strncasecmp(name, SIGNATURE_FIELD, len) == 0;
}

/*
 * Signatures beyond the limit are kept from the library altogether: told to ignore one it would still hash the header
 * and the body for it.  The same goes for the i= that it cannot read safely.
 */
static bool take_signature(struct dkimcheck_verifier *verifier, const char *value)
{
    if (verifier->n_signatures >= (size_t)verifier->check->limits.signatures) {
        verifier->skipped++;
        return false;
    }
    verifier->signatures = xgrow(verifier->signatures, verifier->n_signatures, &verifier->capacity,
                                 sizeof(*verifier->signatures));
    struct signature *signature = &verifier->signatures[verifier->n_signatures++];
    *signature = (struct signature){ .field = verifier->fields.count - 1 };
    dkim_tags_parse(value, &signature->tags);
    signature->is_fed = verifier->dkim != NULL && !signature->tags.is_identity_too_long;
    if (signature->is_fed) {
        verifier->n_fed++;
        verifier->has_length |= signature->tags.has_length;
        dkimkey_prefetch(verifier->check->dns, signature->tags.selector, signature->tags.domain);
    }
    return signature->is_fed;
}

static bool is_beyond_limits(struct dkimcheck_verifier *verifier, const char *name, const char *value)
{
    const struct dkimcheck_limits *limits = &verifier->check->limits;

    verifier->headers++;
    verifier->header_bytes += strlen(name) + 1 + strlen(value);
    return verifier->headers > (size_t)limits->headers || verifier->header_bytes > (size_t)limits->header_bytes;
}

/* The library allows spaces before the colon, and counts a tab as part of the name. */
static DKIM_STAT feed_field(DKIM *dkim, const char *name, const char *field, size_t len)
{
    size_t colon = strlen(name);
    struct str plain = STR_EMPTY;

    if (memchr(name, '\t', colon) != NULL) {
        str_addn(&plain, name, lex_name_length(name, colon));
        str_addn(&plain, field + colon, len - colon);
        field = str_get(&plain);
        len = plain.len;
    }
    /* The library's type only: it reads. */
    DKIM_STAT status = dkim_header(dkim, (u_char *)(uintptr_t)field, len);
    str_clear(&plain);
    return status;
}

void dkimcheck_header(struct dkimcheck_verifier *verifier, const char *name, const char *value)
{
    if (!verifier->is_over_limits && is_beyond_limits(verifier, name, value)) {
        verifier->is_over_limits = true;
        drop_library(verifier);
    }
    bool is_signature = is_signature_field(name);
    size_t len;
    const char *field = verifier->is_over_limits ? NULL : dkim_fields_add(&verifier->fields, name, value, &len);
    if (is_signature && !take_signature(verifier, value))
        return;
    if (field == NULL || verifier->dkim == NULL || strchr(name, ':') != NULL)
        return;

    DKIM_STAT status = feed_field(verifier->dkim, name, field, len);
    /* SYNTAX of another field is a name that no signature can cover. */
    if (status == DKIM_STAT_SYNTAX && is_signature)
        verifier->signatures[verifier->n_signatures - 1].is_malformed = true;
    else if (status != DKIM_STAT_OK && status != DKIM_STAT_SYNTAX)
        give_up(verifier);
}

void dkimcheck_end_of_header(struct dkimcheck_verifier *verifier)
{
    verifier->is_header_done = true;
    if (verifier->n_fed == 0)
        drop_library(verifier);
    if (verifier->dkim != NULL && dkim_eoh(verifier->dkim) != DKIM_STAT_OK)
        give_up(verifier);
}

void dkimcheck_body(struct dkimcheck_verifier *verifier, const unsigned char *data, size_t len)
{
    if (verifier->dkim == NULL || !verifier->is_header_done || len == 0)
        return;
    verifier->has_body = true;
    verifier->tail[0] = len > 1 ? data[len - 2] : verifier->tail[1];
    verifier->tail[1] = data[len - 1];
    if (verifier->has_length)
        bodylength_add(&verifier->body, data, len);
    /* The library's type only: it reads. */
    if (dkim_body(verifier->dkim, (u_char *)(uintptr_t)data, len) != DKIM_STAT_OK)
        give_up(verifier);
}

/*
 * Both canonical forms end a last line that has no CRLF with one (RFC 6376 section 3.4.3); the library refuses the
 * whole message instead.
 */
static void end_body(struct dkimcheck_verifier *verifier)
{
    if (verifier->has_body && memcmp(verifier->tail, "\r\n", 2) != 0)
        dkimcheck_body(verifier, (const unsigned char *)"\r\n", 2);
}

/* --- results out ---------------------------------------------------------------- */

static struct verdict verdict_by_error(int error)
{
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if (verdicts[i].error == error)
            return verdicts[i].verdict;
    }
    return (struct verdict){ AUTH_TEMPERROR, FINDING_DKIM_TEMPERROR, "libopendkim could not process it" };
}

/* What we know without the library, or against it.  False where it is to be asked. */
static bool judge_tags(const struct dkimcheck_verifier *verifier, const struct signature *signature,
                       struct verdict *verdict_r)
{
    const struct dkim_tags *tags = &signature->tags;

    if (verifier->is_over_limits)
        *verdict_r = (struct verdict){ AUTH_TEMPERROR, FINDING_DKIM_TEMPERROR, "the header is larger than the limits" };
    else if (tags->is_identity_too_long)
        *verdict_r = (struct verdict){ AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "i= is too long" };
    else if (tags->fault != NULL)
        *verdict_r = (struct verdict){ AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, tags->fault };
    else if (strcmp(tags->algorithm, "rsa-sha1") == 0)
        *verdict_r = (struct verdict){ AUTH_POLICY, FINDING_DKIM_SHA1, "a=rsa-sha1" };
    else if (!tags->is_query_known)
        *verdict_r = verdict_by_error(DKIM_SIGERROR_INVALID_Q);
    else if (verifier->has_failed)
        *verdict_r = verdict_by_error(DKIM_SIGERROR_UNKNOWN);
    else
        return false;
    return true;
}

static struct verdict judge_malformed(int error)
{
    struct verdict verdict = verdict_by_error(error);

    if (verdict.result == AUTH_PERMERROR && verdict.finding == FINDING_DKIM_BAD_SIGNATURE)
        return verdict;
    return (struct verdict){ AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE, "the tag list is malformed" };
}

/* Where the header's hash is wrong already, the library computes the body's and does not look at it. */
static bool is_body_changed(const struct dkimcheck_verifier *verifier, const struct signature *signature,
                            DKIM_SIGINFO *info)
{
    void *header, *body;
    size_t header_len, body_len;

    if (dkim_sig_getbh(info) != DKIM_SIGBH_UNTESTED)
        return dkim_sig_getbh(info) == DKIM_SIGBH_MISMATCH;
    return dkim_sig_gethashes(info, &header, &header_len, &body, &body_len) == DKIM_STAT_OK && body != NULL &&
        dkim_why_is_other_body(&verifier->fields, signature->field, body, body_len);
}

/* The library says that something differs; what, is for us to find out. */
static struct verdict judge_mismatch(const struct dkimcheck_verifier *verifier, struct signature *signature,
                                     DKIM_SIGINFO *info)
{
    bool is_body = is_body_changed(verifier, signature, info);
    bool is_header = (dkim_sig_getflags(info) & DKIM_SIGFLAG_PASSED) == 0;
    struct verdict verdict = verdict_by_error(DKIM_SIGERROR_BADSIG);

    if (!dkim_why_has_body_hash(&verifier->fields, signature->field)) {
        return (struct verdict){ AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE,
                                 "bh= is not the base64 form of a SHA-256 hash" };
    }
    if (!is_body && signature->tags.signatures_signed && verifier->skipped + verifier->n_signatures > verifier->n_fed) {
        return (struct verdict){ AUTH_TEMPERROR, FINDING_DKIM_TEMPERROR,
                                 "it covers other signatures, and not all of them were examined" };
    }
    if (is_header && signature->record != NULL)
        signature->why = dkim_why(&verifier->fields, signature->field, signature->record, &verdict.finding);
    if (!is_body)
        return verdict;
    char *why = signature->why;
    signature->why = why != NULL ? xasprintf(DKIMCHECK_OTHER_BODY ", and %s", why)
        : xasprintf(DKIMCHECK_OTHER_BODY "%s", is_header ? "" : "; the header is as it was signed");
    free(why);
    if (verdict.finding != FINDING_DKIM_WRONG_KEY)
        verdict.finding = FINDING_DKIM_BODY_CHANGED;
    return verdict;
}

static struct verdict judge_failure(const struct dkimcheck_verifier *verifier, struct signature *signature,
                                    DKIM_SIGINFO *info)
{
    int error = dkim_sig_geterror(info);

    if (signature->key.status != DKIMKEY_FOUND) {
        struct verdict verdict = key_verdicts[signature->key.status];
        verdict.reason = signature->key.reason;
        return verdict;
    }
    if (error == DKIM_SIGERROR_BADSIG)
        return judge_mismatch(verifier, signature, info);
    return verdict_by_error(error);
}

static struct verdict judge(const struct dkimcheck_verifier *verifier, struct signature *signature,
                            DKIM_SIGINFO *info)
{
    struct verdict verdict;

    if (judge_tags(verifier, signature, &verdict))
        return verdict;
    if (signature->is_malformed)
        return judge_malformed(dkim_sig_geterror(info));
    /* The library's PASSED alone is also set with a changed body, with an l= too large and against t=s. */
    bool passes = dkim_sig_geterror(info) == DKIM_SIGERROR_OK && (dkim_sig_getflags(info) & DKIM_SIGFLAG_PASSED) != 0 &&
        dkim_sig_getbh(info) == DKIM_SIGBH_MATCH;
    if (!passes)
        return judge_failure(verifier, signature, info);
    /* The library allows x= five minutes, as it does t=. */
    if (signature->tags.expires > 0 && (int64_t)time(NULL) > signature->tags.expires)
        return verdict_by_error(DKIM_SIGERROR_EXPIRED);
    return (struct verdict){ AUTH_PASS, FINDING_COUNT, "" };
}

/* The library does not count Ed25519's bits, and an RSA key's only where it got as far as verifying. */
static int key_bits(const struct signature *signature, DKIM_SIGINFO *info)
{
    unsigned int bits = 0;

    if (dkim_sig_getkeysize(info, &bits) == DKIM_STAT_OK && bits > 0)
        return (int)bits;
    return signature->record == NULL ? 0 : dkim_why_key_bits(signature->record);
}

static void fill_length(const struct dkimcheck_verifier *verifier, DKIM_SIGINFO *info, struct dkim_result *result_r)
{
    ssize_t body, canonical, length;
    dkim_canon_t header_form, body_form;

    if (dkim_sig_getcanonlen(verifier->dkim, info, &body, &canonical, &length) != DKIM_STAT_OK ||
        dkim_sig_getcanons(info, &header_form, &body_form) != DKIM_STAT_OK || length < 0)
        return;
    int64_t all = bodylength_get(&verifier->body, body_form == DKIM_CANON_RELAXED);
    result_r->is_length_limited = length < all;
    result_r->unsigned_bytes = length < all ? all - length : 0;
}

static void fill_key(const struct signature *signature, struct dkim_result *result_r)
{
    static const enum dkim_key_state states[] = {
        [DKIMKEY_FOUND] = DKIM_KEY_FOUND, [DKIMKEY_NONE] = DKIM_KEY_MISSING, [DKIMKEY_BAD] = DKIM_KEY_UNUSABLE,
        [DKIMKEY_TEMPFAIL] = DKIM_KEY_UNKNOWN,
    };
    struct tag flags;

    result_r->key = signature->is_key_asked ? states[signature->key.status] : DKIM_KEY_NOT_ASKED;
    if (signature->record != NULL && taglist_find(signature->record, strlen(signature->record), "t", &flags))
        dkim_names_split(&result_r->key_flags, flags.value, flags.value_len);
}

static void fill_result(struct dkimcheck_verifier *verifier, struct signature *signature, DKIM_SIGINFO *info,
                        struct dkim_result *result_r)
{
    const struct dkim_tags *tags = &signature->tags;
    struct verdict verdict = judge(verifier, signature, info);

    *result_r = (struct dkim_result){
        .result = verdict.result,
        .domain = xstrdup(tags->domain),
        .selector = xstrdup(tags->selector),
        .algorithm = xstrdup(tags->algorithm),
        .canonicalization = xstrdup(tags->canonicalization),
        .reason = xstrdup(signature->why == NULL ? verdict.reason : signature->why),
        .finding = verdict.finding,
        .identity = xstrdup(tags->identity),
        .length = tags->length,
        .from_signed = tags->from_signed,
        .signed_at = tags->signed_at,
        .expires = tags->expires,
    };
    fill_key(signature, result_r);
    if (!verifier->is_over_limits)
        dkim_coverage_find(&verifier->fields, signature->field, &result_r->coverage);
    if (info == NULL)
        return;
    result_r->key_bits = key_bits(signature, info);
    result_r->is_testing = (dkim_sig_getflags(info) & DKIM_SIGFLAG_TESTKEY) != 0;
    fill_length(verifier, info, result_r);
}

/* The library's list, as long as what it was given; NULL where there is none. */
static DKIM_SIGINFO **run_library(struct dkimcheck_verifier *verifier, struct dns_budget *budget)
{
    DKIM_SIGINFO **list = NULL;
    int count = 0;

    if (!verifier->is_header_done)
        dkimcheck_end_of_header(verifier);
    end_body(verifier);
    if (verifier->dkim == NULL)
        return NULL;
    verifier->budget = budget;
    /* Its status speaks of one signature; each has its own. */
    (void)dkim_eom(verifier->dkim, NULL);
    if (dkim_getsiglist(verifier->dkim, &list, &count) != DKIM_STAT_OK || (size_t)count != verifier->n_fed) {
        give_up(verifier);
        return NULL;
    }
    return list;
}

void dkimcheck_end(struct dkimcheck_verifier **verifier, struct dns_budget *budget, struct dkim_results *results_r)
{
    struct dkimcheck_verifier *v = *verifier;
    DKIM_SIGINFO **list = run_library(v, budget);
    size_t fed = 0;

    *results_r = (struct dkim_results){
        .items = xcalloc(v->n_signatures == 0 ? 1 : v->n_signatures, sizeof(*results_r->items)),
        .count = v->n_signatures,
        .skipped = v->skipped,
        .is_over_limits = v->is_over_limits,
    };
    for (size_t i = 0; i < v->n_signatures; i++) {
        struct signature *signature = &v->signatures[i];
        DKIM_SIGINFO *info = signature->is_fed && list != NULL ? list[fed] : NULL;
        fed += signature->is_fed;
        fill_result(v, signature, info, &results_r->items[i]);
    }
    dkimcheck_abandon(verifier);
}
