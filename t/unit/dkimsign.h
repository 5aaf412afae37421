/*
 * For tests: keys made on the spot (OpenSSL), their DNS records, and signatures by libopendkim's own signer.
 * What fails here ends the test.
 */
#ifndef PREFLIGHT_T_DKIMSIGN_H
#define PREFLIGHT_T_DKIMSIGN_H

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "t/unit/unit.h"

#include <dkim.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <string.h>

/* libopendkim's signer loses its Ed25519 keys; only the verifier is under test. */
#ifndef __has_feature           /* clang's word for gcc's macro */
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#else
static inline void __lsan_disable(void) { }
static inline void __lsan_enable(void) { }
#endif

struct field {
    const char *name, *value;   /* value: all after the colon, folds as LF */
};

struct signing {
    const char *pem;
    const char *domain, *selector;
    dkim_alg_t algorithm;
    dkim_canon_t header, body;
    ssize_t length;             /* l=: bytes signed, 0 for all */
    const char *identity;       /* i=, or NULL */
    uint64_t time;              /* t=, 0 for now */
    uint64_t lifetime;          /* x= is so much later, 0 for none */
};

static inline EVP_PKEY *sign_make_rsa(unsigned bits)
{
    EVP_PKEY *key = EVP_RSA_gen(bits);
    ck_assert_ptr_nonnull(key);
    return key;
}

static inline EVP_PKEY *sign_make_ed25519(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    ck_assert_ptr_nonnull(key);
    return key;
}

static inline char *sign_pem(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    long len = BIO_get_mem_data(bio, &data);
    char *pem = xstrndup(data, (size_t)len);
    BIO_free(bio);
    return pem;
}

/* p= of the key's record: base64 of the raw key for Ed25519, of the SubjectPublicKeyInfo else. */
static inline char *sign_public(EVP_PKEY *key)
{
    unsigned char *der = NULL;
    unsigned char raw[64];
    size_t raw_len = sizeof(raw);
    int len;

    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
        ck_assert_int_eq(EVP_PKEY_get_raw_public_key(key, raw, &raw_len), 1);
        len = (int)raw_len;
    } else {
        len = i2d_PUBKEY(key, &der);
        ck_assert_int_gt(len, 0);
    }
    char *text = xcalloc(1, (size_t)len * 2 + 8);
    EVP_EncodeBlock((unsigned char *)text, der == NULL ? raw : der, len);
    OPENSSL_free(der);
    return text;
}

static inline void sign_set(DKIM_LIB *lib, dkim_opts_t option, const void *value, size_t size)
{
    ck_assert_int_eq(dkim_options(lib, DKIM_OP_SETOPT, option, (void *)(uintptr_t)value, size), DKIM_STAT_OK);
}

static inline void sign_header(DKIM *dkim, const struct field *field)
{
    struct str text = STR_EMPTY;
    str_addf(&text, "%s:", field->name);
    for (const char *p = field->value; *p != '\0'; p++)
        str_add(&text, *p == '\n' ? "\r\n" : (char[]){ *p, '\0' });
    ck_assert_int_eq(dkim_header(dkim, (u_char *)text.data, text.len), DKIM_STAT_OK);
    str_clear(&text);
}

/* The value of the DKIM-Signature field, folds as LF; caller frees. */
static inline char *sign_message(const struct signing *s, const struct field *fields, size_t n_fields, const char *body)
{
    DKIM_LIB *lib = dkim_init(NULL, NULL);
    DKIM_STAT status;
    u_int bits = 512;
    ck_assert_ptr_nonnull(lib);
    sign_set(lib, DKIM_OPTS_MINKEYBITS, &bits, sizeof(bits));
    sign_set(lib, DKIM_OPTS_FIXEDTIME, &s->time, sizeof(s->time));
    sign_set(lib, DKIM_OPTS_SIGNATURETTL, &s->lifetime, sizeof(s->lifetime));
    DKIM *dkim = dkim_sign(lib, (const unsigned char *)"test", NULL, (dkim_sigkey_t)(uintptr_t)s->pem,
                           (const unsigned char *)s->selector, (const unsigned char *)s->domain, s->header, s->body,
                           s->algorithm, s->length > 0 ? s->length : -1, &status);
    ck_assert_ptr_nonnull(dkim);
    if (s->identity != NULL)
        ck_assert_int_eq(dkim_set_signer(dkim, (const u_char *)s->identity), DKIM_STAT_OK);
    for (size_t i = 0; i < n_fields; i++)
        sign_header(dkim, &fields[i]);
    ck_assert_int_eq(dkim_eoh(dkim), DKIM_STAT_OK);
    if (body != NULL && body[0] != '\0')
        ck_assert_int_eq(dkim_body(dkim, (u_char *)(uintptr_t)body, strlen(body)), DKIM_STAT_OK);
    __lsan_disable();
    status = dkim_eom(dkim, NULL);
    __lsan_enable();
    ck_assert_msg(status == DKIM_STAT_OK, "signing failed: %s", dkim_geterror(dkim));

    u_char *value;
    size_t len;
    struct str text = STR_EMPTY;
    ck_assert_int_eq(dkim_getsighdr_d(dkim, strlen("DKIM-Signature: "), &value, &len), DKIM_STAT_OK);
    str_addc(&text, ' ');
    for (size_t i = 0; i < len; i++) {
        if (value[i] != '\r')
            str_addc(&text, (char)value[i]);
    }
    dkim_free(dkim);
    dkim_close(lib);
    return str_steal(&text);
}

#endif
