/*
 * Why a signature does not verify; see dkimwhy.h.
 */
#include "config.h"

#include "lib/check/dkimwhy.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/check/dkimcover.h"
#include "lib/check/dkimhash.h"
#include "lib/check/dkimrepair.h"
#include "lib/check/taglist.h"

#include <string.h>
#include <strings.h>

#define RSA_BYTES_MIN 64
#define MISSING_MAX 3           /* names that are told */
#define NAME_MAX_SHOWN 40

static struct dkimhash_key *read_key(const char *record)
{
    size_t len = strlen(record);
    struct tag type, p;

    if (!taglist_find(record, len, "p", &p))
        return NULL;
    bool is_ed25519 = taglist_find(record, len, "k", &type) && type.value_len == strlen("ed25519") &&
        strncasecmp(type.value, "ed25519", type.value_len) == 0;
    return dkimhash_key_new(p.value, p.value_len, is_ed25519);
}

int dkim_why_key_bits(const char *record)
{
    struct dkimhash_key *key = read_key(record);
    int bits = key == NULL ? 0 : dkimhash_key_bits(key);

    dkimhash_key_free(&key);
    return bits;
}

/* The bytes of bh=; 0 where it is no base64, or of more than a hash has. */
static size_t read_body_hash(const struct dkim_fields *fields, size_t signature,
                             unsigned char bytes_r[DKIMHASH_DIGEST_MAX])
{
    struct dkim_field own = dkim_fields_get(fields, signature);
    struct tag tag;

    if (!taglist_find(own.value, own.value_len, "bh", &tag))
        return 0;
    return dkimhash_base64(tag.value, tag.value_len, bytes_r, DKIMHASH_DIGEST_MAX);
}

bool dkim_why_has_body_hash(const struct dkim_fields *fields, size_t signature)
{
    unsigned char bytes[DKIMHASH_DIGEST_MAX];

    return read_body_hash(fields, signature, bytes) == DKIMHASH_SHA256_SIZE;
}

bool dkim_why_is_other_body(const struct dkim_fields *fields, size_t signature, const void *hash, size_t len)
{
    unsigned char bytes[DKIMHASH_DIGEST_MAX];

    return read_body_hash(fields, signature, bytes) == len && memcmp(bytes, hash, len) != 0;
}

static bool has_algorithm(const struct dkim_field *own, const char *word)
{
    struct tag tag;
    char text[40];

    return taglist_find(own->value, own->value_len, "a", &tag) && tag_text(&tag, text, sizeof(text)) < sizeof(text) &&
        strcasecmp(text, word) == 0;
}

/* The signing key's size is the signature's, in whole bytes; what is no size of a key was damaged. */
static char *explain_size(size_t signature_len, int bits, enum finding_id *finding_r)
{
    if (signature_len == (size_t)(bits + 7) / 8)
        return NULL;
    if (signature_len < RSA_BYTES_MIN || signature_len % 8 != 0) {
        *finding_r = FINDING_DKIM_BAD_SIGNATURE;
        return xasprintf("b= has %zu bytes, a signature with this key has %d", signature_len, (bits + 7) / 8);
    }
    *finding_r = FINDING_DKIM_WRONG_KEY;
    return xasprintf("a key of %zu bits signed, the one in DNS has %d bits", signature_len * 8, bits);
}

/* A field that is gone leaves its name in h=.  So does one that never was: with many such names it says nothing. */
static void add_missing(const struct dkim_fields *fields, size_t signature, struct str *text)
{
    struct dkim_coverage coverage;

    dkim_coverage_find(fields, signature, &coverage);
    if (coverage.absent.count > 0 && coverage.absent.count <= MISSING_MAX) {
        str_add(text, "; what h= names and is not there may have been removed:");
        for (size_t i = 0; i < coverage.absent.count; i++) {
            str_add(text, i > 0 ? ", " : " ");
            str_add_escaped(text, coverage.absent.items[i], NAME_MAX_SHOWN, false);
        }
    }
    dkim_coverage_clear(&coverage);
}

static char *explain_header(const struct dkim_fields *fields, size_t signature, const struct dkim_signed *what,
                            enum finding_id *finding_r)
{
    struct str text = STR_EMPTY;

    switch (dkim_repair(fields, signature, what, &text)) {
    case DKIM_REPAIR_FOUND:
        break;
    case DKIM_REPAIR_NONE:
        if (what->digest != NULL) {
            str_add(&text, "a signed header field was changed after signing; which one cannot be told");
            add_missing(fields, signature, &text);
            break;
        }
        *finding_r = FINDING_DKIM_BAD_SIGNATURE;
        return xstrdup("a signed header field was changed, or the key in DNS is not the signer's: an Ed25519 signature "
                       "does not tell which");
    case DKIM_REPAIR_NEEDLESS:
        return NULL;
    }
    *finding_r = FINDING_DKIM_HEADER_CHANGED;
    return str_steal(&text);
}

static char *explain_rsa(const struct dkim_fields *fields, size_t signature, struct dkim_signed *what,
                         enum finding_id *finding_r)
{
    struct dkimhash_digest digest;
    char *reason = explain_size(what->signature_len, dkimhash_key_bits(what->key), finding_r);

    if (reason != NULL)
        return reason;
    if (!dkimhash_recover(what->key, what->signature, what->signature_len, &digest)) {
        *finding_r = FINDING_DKIM_WRONG_KEY;
        return xstrdup("the key in DNS is not the one that signed, or b= was damaged");
    }
    if (strcmp(digest.hash, "sha256") != 0) {
        *finding_r = FINDING_DKIM_BAD_SIGNATURE;
        return xasprintf("the signer hashed with %s, which is not what a= says", digest.hash);
    }
    what->digest = &digest;
    return explain_header(fields, signature, what, finding_r);
}

char *dkim_why(const struct dkim_fields *fields, size_t signature, const char *record, enum finding_id *finding_r)
{
    struct dkim_field own = dkim_fields_get(fields, signature);
    unsigned char bytes[DKIMHASH_SIGNATURE_MAX];
    struct dkim_signed what = { .signature = bytes };
    bool is_rsa = has_algorithm(&own, "rsa-sha256");
    struct tag b;
    char *reason = NULL;

    if (!is_rsa && !has_algorithm(&own, "ed25519-sha256"))
        return NULL;
    if (taglist_find(own.value, own.value_len, "b", &b))
        what.signature_len = dkimhash_base64(b.value, b.value_len, bytes, sizeof(bytes));
    if (what.signature_len == 0) {
        *finding_r = FINDING_DKIM_BAD_SIGNATURE;
        return xstrdup("b= is not base64");
    }
    what.key = read_key(record);
    if (what.key != NULL)
        reason = is_rsa ? explain_rsa(fields, signature, &what, finding_r)
                        : explain_header(fields, signature, &what, finding_r);
    dkimhash_key_free(&what.key);
    return reason;
}
