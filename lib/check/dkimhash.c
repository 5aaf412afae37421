/*
 * OpenSSL, of which this is the only user in lib/; see dkimhash.h.
 */
#include "config.h"

#include "lib/check/dkimhash.h"
#include "lib/base/mem.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define BASE64_MAX 2048
#define ED25519_SIZE 32
#define PRIVATE_MAX (64 * 1024)     /* bytes of a private key as text */

struct dkimhash_key {
    EVP_PKEY *pkey;
};

/* DigestInfo up to the hash (RFC 8017 section 9.2, note 1). */
static const struct {
    const char *name;
    unsigned char prefix[19];
    size_t prefix_len, len;
} hashes[] = {
    { "sha256", "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20", 19, 32 },
    { "sha1", "\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14", 15, 20 },
    { "sha224", "\x30\x2d\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04\x05\x00\x04\x1c", 19, 28 },
    { "sha384", "\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30", 19, 48 },
    { "sha512", "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40", 19, 64 },
};

/* Failures are expected here; what OpenSSL queues of them would stay with the thread. */
static void forget_errors(void)
{
    ERR_clear_error();
}

size_t dkimhash_base64(const char *text, size_t len, unsigned char *bytes_r, size_t size)
{
    unsigned char packed[BASE64_MAX], bytes[BASE64_MAX];
    size_t n = 0, padding = 0;

    for (size_t i = 0; i < len; i++) {
        if (strchr(" \t\r\n", text[i]) != NULL && text[i] != '\0')
            continue;
        if (n == sizeof(packed))
            return 0;
        packed[n++] = (unsigned char)text[i];
    }
    while (padding < n && padding < 2 && packed[n - 1 - padding] == '=')
        padding++;
    int decoded = n == 0 ? -1 : EVP_DecodeBlock(bytes, packed, (int)n);
    forget_errors();
    if (decoded < 3 || (size_t)decoded - padding > size)
        return 0;
    memcpy(bytes_r, bytes, (size_t)decoded - padding);
    return (size_t)decoded - padding;
}

static EVP_PKEY *read_rsa(const unsigned char *bytes, size_t len)
{
    const unsigned char *pos = bytes;
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &pos, (long)len);

    if (pkey == NULL) {
        pos = bytes;
        pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &pos, (long)len);
    }
    if (pkey != NULL && EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    return pkey;
}

struct dkimhash_key *dkimhash_key_new(const char *p, size_t len, bool is_ed25519)
{
    unsigned char bytes[BASE64_MAX];
    size_t n = dkimhash_base64(p, len, bytes, sizeof(bytes));
    EVP_PKEY *pkey = NULL;

    if (is_ed25519 && n == ED25519_SIZE)
        pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, n);
    else if (!is_ed25519 && n > 0)
        pkey = read_rsa(bytes, n);
    forget_errors();
    if (pkey == NULL)
        return NULL;
    struct dkimhash_key *key = xmalloc(sizeof(*key));
    key->pkey = pkey;
    return key;
}

void dkimhash_key_free(struct dkimhash_key **key)
{
    if (*key == NULL)
        return;
    EVP_PKEY_free((*key)->pkey);
    free(*key);
    *key = NULL;
}

/* OpenSSL counts 253 bits for an Ed25519 key, by its order; RFC 8463 counts 256. */
int dkimhash_key_bits(const struct dkimhash_key *key)
{
    if (EVP_PKEY_get_base_id(key->pkey) == EVP_PKEY_ED25519)
        return ED25519_SIZE * 8;
    return EVP_PKEY_get_bits(key->pkey);
}

const char *dkimhash_key_type(const struct dkimhash_key *key)
{
    return EVP_PKEY_get_base_id(key->pkey) == EVP_PKEY_ED25519 ? "ed25519" : "rsa";
}

/* OpenSSL would ask the terminal. */
static int give_no_password(char *buffer, int size, int is_writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

static EVP_PKEY *read_pem(const char *text, size_t len)
{
    BIO *bio = BIO_new_mem_buf(text, (int)len);
    EVP_PKEY *pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, give_no_password, NULL);

    BIO_free(bio);
    return pkey;
}

static EVP_PKEY *read_der(const char *text, size_t len)
{
    unsigned char *packed = xmalloc(len + 1), *bytes = xmalloc(len + 1);
    size_t n = 0;
    EVP_PKEY *pkey = NULL;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\0' || strchr(" \t\r\n", text[i]) == NULL)
            packed[n++] = (unsigned char)text[i];
    }
    int decoded = n == 0 ? -1 : EVP_DecodeBlock(bytes, packed, (int)n);
    if (decoded > 0) {
        const unsigned char *pos = bytes;
        pkey = d2i_AutoPrivateKey(NULL, &pos, decoded);
    }
    OPENSSL_cleanse(packed, len + 1);
    OPENSSL_cleanse(bytes, len + 1);
    free(packed);
    free(bytes);
    return pkey;
}

/* A key of its own, in which nothing of the private half is. */
static EVP_PKEY *public_half(EVP_PKEY *pkey)
{
    int type = EVP_PKEY_get_base_id(pkey);
    unsigned char *der = NULL;
    int len = type == EVP_PKEY_RSA || type == EVP_PKEY_ED25519 ? i2d_PUBKEY(pkey, &der) : -1;
    const unsigned char *pos = der;
    EVP_PKEY *half = len <= 0 ? NULL : d2i_PUBKEY(NULL, &pos, len);

    OPENSSL_free(der);
    return half;
}

struct dkimhash_key *dkimhash_key_of_private(const char *text, size_t len)
{
    struct dkimhash_key *key = NULL;

    if (len > PRIVATE_MAX)
        return NULL;
    EVP_PKEY *pkey = memmem(text, len, "-----BEGIN", 10) != NULL ? read_pem(text, len) : read_der(text, len);
    EVP_PKEY *half = pkey == NULL ? NULL : public_half(pkey);
    EVP_PKEY_free(pkey);
    forget_errors();
    if (half != NULL) {
        key = xmalloc(sizeof(*key));
        key->pkey = half;
    }
    return key;
}

/* RSA as SubjectPublicKeyInfo, as all publish it; Ed25519 bare (RFC 8463 section 4.2). */
char *dkimhash_key_text(const struct dkimhash_key *key)
{
    unsigned char raw[ED25519_SIZE], *der = NULL;
    const unsigned char *bytes = raw;
    size_t len = sizeof(raw);

    if (EVP_PKEY_get_base_id(key->pkey) == EVP_PKEY_ED25519) {
        if (EVP_PKEY_get_raw_public_key(key->pkey, raw, &len) <= 0)
            len = 0;
    } else {
        int n = i2d_PUBKEY(key->pkey, &der);
        len = n > 0 ? (size_t)n : 0;
        bytes = der;
    }
    unsigned char *text = xcalloc(len / 3 + 2, 4);
    if (len > 0)
        EVP_EncodeBlock(text, bytes, (int)len);
    OPENSSL_free(der);
    forget_errors();
    return (char *)text;
}

bool dkimhash_key_is_equal(const struct dkimhash_key *a, const struct dkimhash_key *b)
{
    bool is_equal = EVP_PKEY_eq(a->pkey, b->pkey) == 1;

    forget_errors();
    return is_equal;
}

static bool read_digest(const unsigned char *info, size_t len, struct dkimhash_digest *digest_r)
{
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        if (len != hashes[i].prefix_len + hashes[i].len || memcmp(info, hashes[i].prefix, hashes[i].prefix_len) != 0)
            continue;
        digest_r->hash = hashes[i].name;
        digest_r->len = hashes[i].len;
        memcpy(digest_r->bytes, info + hashes[i].prefix_len, hashes[i].len);
        return true;
    }
    return false;
}

bool dkimhash_recover(struct dkimhash_key *key, const unsigned char *signature, size_t len,
                      struct dkimhash_digest *digest_r)
{
    unsigned char info[DKIMHASH_SIGNATURE_MAX];
    size_t info_len = sizeof(info);
    bool is_recovered = false;

    if (EVP_PKEY_get_base_id(key->pkey) != EVP_PKEY_RSA || len > sizeof(info) ||
        (size_t)EVP_PKEY_get_size(key->pkey) > sizeof(info))
        return false;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
    if (ctx != NULL && EVP_PKEY_verify_recover_init(ctx) > 0 &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
        EVP_PKEY_verify_recover(ctx, info, &info_len, signature, len) > 0)
        is_recovered = read_digest(info, info_len, digest_r);
    EVP_PKEY_CTX_free(ctx);
    forget_errors();
    return is_recovered;
}

bool dkimhash_verify_ed25519(struct dkimhash_key *key, const unsigned char *signature, size_t len,
                             const unsigned char hash[DKIMHASH_SHA256_SIZE])
{
    if (EVP_PKEY_get_base_id(key->pkey) != EVP_PKEY_ED25519)
        return false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_verified = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key->pkey) > 0 &&
        EVP_DigestVerify(ctx, signature, len, hash, DKIMHASH_SHA256_SIZE) > 0;
    EVP_MD_CTX_free(ctx);
    forget_errors();
    return is_verified;
}

bool dkimhash_sha256(const struct dkimhash_piece *pieces, size_t n, unsigned char hash_r[DKIMHASH_SHA256_SIZE])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) > 0;

    for (size_t i = 0; is_ok && i < n; i++)
        is_ok = EVP_DigestUpdate(ctx, pieces[i].data, pieces[i].len) > 0;
    is_ok = is_ok && EVP_DigestFinal_ex(ctx, hash_r, NULL) > 0;
    EVP_MD_CTX_free(ctx);
    forget_errors();
    return is_ok;
}
