/*
 * The cryptography of keys, and what says why a signature fails: whether a key made it at all, and of which hash
 * (RFC 6376 section 3.3, RFC 8017 section 8.2, RFC 8463).  Whether it verifies is not judged here.  Thread-safe; a key
 * belongs to one thread at a time.
 */
#ifndef PREFLIGHT_CHECK_DKIMHASH_H
#define PREFLIGHT_CHECK_DKIMHASH_H

#include <stdbool.h>
#include <stddef.h>

#define DKIMHASH_SHA256_SIZE 32
#define DKIMHASH_DIGEST_MAX 64
#define DKIMHASH_SIGNATURE_MAX 1024     /* bytes: RSA of 8,192 bits */

struct dkimhash_key;

/*
 * A public key out of a key record: the base64 of p=, with white space; RSA as SubjectPublicKeyInfo or RSAPublicKey,
 * Ed25519 as RFC 8463 has it.  NULL where it is none.
 */
struct dkimhash_key *dkimhash_key_new(const char *p, size_t len, bool is_ed25519);
void dkimhash_key_free(struct dkimhash_key **key);
int dkimhash_key_bits(const struct dkimhash_key *key);
const char *dkimhash_key_type(const struct dkimhash_key *key);      /* "rsa", "ed25519" */

/*
 * The public half of a private key, RSA or Ed25519: PEM, or the base64 of DER; without a password.  NULL where it is
 * none.  What was copied of the private half is wiped; text is the caller's to wipe.
 */
struct dkimhash_key *dkimhash_key_of_private(const char *text, size_t len);

/* What p= of a key record says of it; caller frees. */
char *dkimhash_key_text(const struct dkimhash_key *key);
bool dkimhash_key_is_equal(const struct dkimhash_key *a, const struct dkimhash_key *b);

/* Base64 with white space: bytes written, or 0 where it is not base64 or too long for size. */
size_t dkimhash_base64(const char *text, size_t len, unsigned char *bytes_r, size_t size);

struct dkimhash_digest {
    const char *hash;                   /* "sha256", "sha1", ...; static */
    unsigned char bytes[DKIMHASH_DIGEST_MAX];
    size_t len;
};

/*
 * What an RSA signature was made of, by the public key.  False where the key gives no PKCS #1 padding and no hash of a
 * known name: another key made it, or it was damaged.  False for Ed25519, of which it cannot be known.
 */
bool dkimhash_recover(struct dkimhash_key *key, const unsigned char *signature, size_t len,
                      struct dkimhash_digest *digest_r);

/* Is it this key's Ed25519 signature of that hash? */
bool dkimhash_verify_ed25519(struct dkimhash_key *key, const unsigned char *signature, size_t len,
                             const unsigned char hash[DKIMHASH_SHA256_SIZE]);

struct dkimhash_piece {
    const char *data;
    size_t len;
};

/* SHA-256 of the pieces one after the other; false where the library fails. */
bool dkimhash_sha256(const struct dkimhash_piece *pieces, size_t n, unsigned char hash_r[DKIMHASH_SHA256_SIZE]);

#endif
