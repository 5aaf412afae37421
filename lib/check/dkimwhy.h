/*
 * Why a signature does not verify: the key in DNS is not the one that signed, or the header was changed, and where that
 * can be known, which field.  libopendkim judges; this explains.  Pure, thread-safe.
 */
#ifndef PREFLIGHT_CHECK_DKIMWHY_H
#define PREFLIGHT_CHECK_DKIMWHY_H

#include "lib/check/dkimfields.h"
#include "lib/check/finding.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Of a signature that libopendkim found not to verify.  signature: index of its field; record: the key's record.
 * Returns the reason, one line, escaped, and its finding; NULL where no more is known.  Caller frees.
 */
char *dkim_why(const struct dkim_fields *fields, size_t signature, const char *record, enum finding_id *finding_r);

/* Does bh= of the signature hold as many bytes as SHA-256 gives? */
bool dkim_why_has_body_hash(const struct dkim_fields *fields, size_t signature);

/* Is the signature's bh= a hash of another body than this one's? */
bool dkim_why_is_other_body(const struct dkim_fields *fields, size_t signature, const void *hash, size_t len);

/* Bits of the key in a record, 0 where there is none that can be read. */
int dkim_why_key_bits(const char *record);

#endif
