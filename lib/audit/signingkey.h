/*
 * The private key that a signer uses, as far as an audit needs it: its public half.  The private one is wiped as soon
 * as that is known, and never told.  Not shared between threads.
 */
#ifndef PREFLIGHT_AUDIT_SIGNINGKEY_H
#define PREFLIGHT_AUDIT_SIGNINGKEY_H

#include "lib/check/dkimhash.h"

#define SIGNINGKEY_TEXT_MAX 512

struct signingkey {
    char *path;                             /* of its file; NULL where it stands in a table; untrusted */
    struct dkimhash_key *public_half;       /* NULL where it is not known */
    char problem[SIGNINGKEY_TEXT_MAX];      /* why; "" else */
    char exposure[SIGNINGKEY_TEXT_MAX];     /* who else can get at it, of which OpenDKIM refuses it; "" : nobody seen */
};

/* A PEM file, of RSA or Ed25519, without a password. */
struct signingkey *signingkey_read(const char *path);

/* The key itself: base64 of its DER form, or PEM. */
struct signingkey *signingkey_of(const char *text);
void signingkey_free(struct signingkey **key);

/*
 * Fills exposure as OpenDKIM's RequireSafeKeys looks at it, which runs as user; "" : not known as whom.  Who else is in
 * a group that may read the file is known of those that the group names.
 */
void signingkey_check_exposure(struct signingkey *key, const char *user);

#endif
