/*
 * Which header field was changed after signing: repairs of the message are tried, one at a time, until the header's
 * hash is the one that was signed (RFC 6376 section 3.7).  A name is given only where a repair reproduces that hash.
 * Bounded in work.  Pure but for the key, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_DKIMREPAIR_H
#define PREFLIGHT_CHECK_DKIMREPAIR_H

#include "lib/base/str.h"
#include "lib/check/dkimfields.h"
#include "lib/check/dkimhash.h"

#include <stdbool.h>

/* What was signed: the hash recovered from an RSA signature, or else a key that can be asked (Ed25519). */
struct dkim_signed {
    const struct dkimhash_digest *digest;   /* of SHA-256; NULL for Ed25519 */
    struct dkimhash_key *key;
    const unsigned char *signature;
    size_t signature_len;
};

enum dkim_repair {
    DKIM_REPAIR_NONE,           /* none is found */
    DKIM_REPAIR_NEEDLESS,       /* the header as it is has this hash */
    DKIM_REPAIR_FOUND
};

/*
 * signature: index of the signature's own field.  text_r: where found, one line, escaped: "the field Subject was
 * changed after signing: ...".
 */
enum dkim_repair dkim_repair(const struct dkim_fields *fields, size_t signature, const struct dkim_signed *what,
                             struct str *text_r);

#endif
