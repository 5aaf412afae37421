/*
 * DKIM keys in the DNS; see keyaudit.h.
 */
#include "config.h"

#include "lib/audit/keyaudit.h"
#include "lib/audit/signingkey.h"
#include "lib/base/mem.h"
#include "lib/check/dkimhash.h"
#include "lib/check/taglist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KEY_TEXT_MAX 1025           /* as the check of signatures reads */
#define BITS_NEEDED 1024            /* RFC 8301 section 3.2 */
#define BITS_RECOMMENDED 2048

static void compare(const struct dkimhash_key *published, const struct signingkey *signing, struct keyaudit *key)
{
    if (signing != NULL && signing->public_half != NULL)
        key->private_key = dkimhash_key_is_equal(published, signing->public_half) ? KEYAUDIT_MATCHES : KEYAUDIT_DIFFERS;
}

/* What a verifier would refuse whatever the signature: RFC 6376 sections 3.6.1 and 6.1.2, RFC 8301 section 3.1. */
static const char *find_limit(const char *record, size_t len)
{
    struct tag tag;

    if (taglist_find(record, len, "v", &tag) && (tag.value_len != 5 || memcmp(tag.value, "DKIM1", 5) != 0))
        return "v= of the key's record is not DKIM1";
    if (taglist_find(record, len, "h", &tag) && !tag_has_item(&tag, ':', "sha256"))
        return "h= of the key's record does not allow sha256";
    if (taglist_find(record, len, "s", &tag) && !tag_has_item(&tag, ':', "*") && !tag_has_item(&tag, ':', "email"))
        return "s= of the key's record does not allow email";
    return NULL;
}

static void refuse(struct keyaudit *key, const char *reason)
{
    key->status = DKIMKEY_BAD;
    key->reason = reason;
}

static void read_key(const char *record, const struct signingkey *signing, struct keyaudit *key)
{
    size_t len = strlen(record);
    struct tag tag;

    if (taglist_find(record, len, "t", &tag))
        tag_text(&tag, key->flags, sizeof(key->flags));
    if (!taglist_find(record, len, "p", &tag))
        return;
    key->is_revoked = tag.value_len == 0;
    if (key->is_revoked)
        return;
    struct dkimhash_key *parsed = dkimhash_key_new(tag.value, tag.value_len, strcmp(key->type, "ed25519") == 0);
    if (parsed != NULL) {
        key->bits = dkimhash_key_bits(parsed);
        compare(parsed, signing, key);
    } else {
        refuse(key, "p= of the key's record is no public key of its type");
    }
    const char *limit = find_limit(record, len);
    if (limit != NULL)
        refuse(key, limit);
    dkimhash_key_free(&parsed);
}

/* Of an RSA key that receivers take for too short there is nothing to publish, nor of one without a name. */
static void take_private(const struct signingkey *signing, bool has_name, struct keyaudit *key)
{
    key->private_path = xstrdup(signing->path);
    if (signing->exposure[0] != '\0')
        key->private_exposure = xstrdup(signing->exposure);
    if (signing->public_half == NULL) {
        key->private_key = KEYAUDIT_UNREADABLE;
        key->private_problem = xstrdup(signing->problem);
        return;
    }
    key->private_key = KEYAUDIT_UNCOMPARED;
    bool is_strong = dkimhash_key_bits(signing->public_half) >= BITS_NEEDED ||
                     strcmp(dkimhash_key_type(signing->public_half), "ed25519") == 0;
    if (is_strong && has_name) {
        char *text = dkimhash_key_text(signing->public_half);
        key->record = xasprintf("v=DKIM1; k=%s; p=%s", dkimhash_key_type(signing->public_half), text);
        free(text);
    }
}

/* Which type the record has is not known beforehand: it is read as either. */
void keyaudit_run(struct dns *dns, struct dns_budget *budget, const struct selector *selector, struct keyaudit *key_r)
{
    static const struct { const char *algorithm, *type; } types[] = {
        { "rsa-sha256", "rsa" }, { "ed25519-sha256", "ed25519" },
    };
    char record[KEY_TEXT_MAX];

    *key_r = (struct keyaudit){ .status = DKIMKEY_NONE, .source = selector->source };
    bool has_name = dkimkey_name(selector->name, selector->domain, key_r->name) == 0;
    if (selector->key != NULL)
        take_private(selector->key, has_name, key_r);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct dkimkey key = dkimkey_fetch(dns, budget, selector->name, selector->domain, types[i].algorithm, record,
                                           sizeof(record));
        if (i > 0 && key.status != DKIMKEY_FOUND)
            return;
        key_r->status = key.status;
        key_r->reason = key.reason == dkimkey_other_type ? "k= of the key's record is neither rsa nor ed25519" :
                        key.reason;
        if (key.status == DKIMKEY_FOUND) {
            snprintf(key_r->type, sizeof(key_r->type), "%s", types[i].type);
            read_key(record, selector->key, key_r);
        }
        if (key.status != DKIMKEY_BAD)
            return;
    }
}

void keyaudit_clear(struct keyaudit *key)
{
    free(key->private_path);
    free(key->private_problem);
    free(key->private_exposure);
    free(key->record);
    *key = (struct keyaudit){ .status = DKIMKEY_NONE };
}

bool keyaudit_is_weak(const struct keyaudit *key)
{
    return strcmp(key->type, "rsa") == 0 && key->bits > 0 && key->bits < BITS_NEEDED;
}

static bool is_testing(const struct keyaudit *key)
{
    const struct tag tag = { "t", key->flags, 1, strlen(key->flags) };

    return tag_has_item(&tag, ':', "y");
}

static void judge_private(const struct keyaudit *key, struct findings *findings)
{
    const char *where = key->private_path == NULL ? "in KeyTable" : key->private_path;

    if (key->private_key == KEYAUDIT_DIFFERS && !key->is_revoked)
        findings_add(findings, FINDING_DKIM_KEY_MISMATCH, key->name, where, NULL);
    else if (key->private_key == KEYAUDIT_UNREADABLE)
        findings_add(findings, FINDING_DKIM_KEY_UNREADABLE, key->name, NULL, key->private_problem);
    if (key->private_exposure != NULL)
        findings_add(findings, FINDING_DKIM_KEY_EXPOSED, key->name, NULL, key->private_exposure);
}

void keyaudit_findings(const struct keyaudit *key, struct findings *findings)
{
    char detail[64];

    snprintf(detail, sizeof(detail), "%d bits", key->bits);
    if (key->status == DKIMKEY_NONE)
        findings_add(findings, FINDING_DKIM_NO_KEY, key->name, NULL, key->reason);
    else if (key->status == DKIMKEY_BAD)
        findings_add(findings, FINDING_DKIM_BAD_KEY, key->name, NULL, key->reason);
    else if (key->is_revoked)
        findings_add(findings, FINDING_DKIM_KEY_REVOKED, key->name, NULL, NULL);
    else if (keyaudit_is_weak(key))
        findings_add(findings, FINDING_DKIM_WEAK_KEY, key->name, NULL, detail);
    else if (strcmp(key->type, "rsa") == 0 && key->bits > 0 && key->bits < BITS_RECOMMENDED)
        findings_add(findings, FINDING_DKIM_SHORT_KEY, key->name, NULL, detail);
    if (key->status == DKIMKEY_FOUND && is_testing(key))
        findings_add(findings, FINDING_DKIM_TESTING, key->name, NULL, NULL);
    judge_private(key, findings);
}
