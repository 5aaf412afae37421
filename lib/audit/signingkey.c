/*
 * Private keys of signers; see signingkey.h.
 */
#include "config.h"

#include "lib/audit/signingkey.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/wholefile.h"

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define KEY_MAX (64 * 1024)
#define ACCOUNT_MAX 16384       /* bytes of a line of passwd(5) or group(5) */

static void take_text(struct signingkey *key, const char *text, size_t len)
{
    key->public_half = dkimhash_key_of_private(text, len);
    if (key->public_half == NULL)
        snprintf(key->problem, sizeof(key->problem), "it holds no RSA or Ed25519 private key that is readable without "
                 "a password");
}

struct signingkey *signingkey_read(const char *path)
{
    struct signingkey *key = xcalloc(1, sizeof(*key));
    struct err err;
    size_t len;
    char *text = wholefile_read(path, KEY_MAX, &len, NULL, &err);

    key->path = xstrdup(path);
    if (text == NULL) {
        snprintf(key->problem, sizeof(key->problem), "%s", err.text);
        return key;
    }
    take_text(key, text, len);
    explicit_bzero(text, len);
    free(text);
    return key;
}

struct signingkey *signingkey_of(const char *text)
{
    struct signingkey *key = xcalloc(1, sizeof(*key));
    size_t len = strlen(text);

    if (len <= KEY_MAX)
        take_text(key, text, len);
    else
        snprintf(key->problem, sizeof(key->problem), "it is too long for a key");
    return key;
}

void signingkey_free(struct signingkey **key)
{
    if (*key == NULL)
        return;
    dkimhash_key_free(&(*key)->public_half);
    free((*key)->path);
    free(*key);
    *key = NULL;
}

/* --- who else can get at it --------------------------------------------------------------------- */

static bool find_user(const char *user, uid_t *uid_r)
{
    char buffer[ACCOUNT_MAX];
    struct passwd entry, *found = NULL;

    if (*user == '\0' || getpwnam_r(user, &entry, buffer, sizeof(buffer), &found) != 0 || found == NULL)
        return false;
    *uid_r = found->pw_uid;
    return true;
}

/* Somebody whom the group names beside user and root; other_r: who. */
static bool has_others(gid_t gid, const char *user, char *other_r, size_t size)
{
    char buffer[ACCOUNT_MAX];
    struct group entry, *found = NULL;

    if (getgrgid_r(gid, &entry, buffer, sizeof(buffer), &found) != 0 || found == NULL)
        return false;
    for (char **member = found->gr_mem; *member != NULL; member++) {
        if (strcmp(*member, user) != 0 && strcmp(*member, "root") != 0) {
            snprintf(other_r, size, "%s", *member);
            return true;
        }
    }
    return false;
}

/* Of the file itself reading counts too, of the directories above it writing. */
static bool is_exposed(const char *path, const char *user, struct signingkey *key)
{
    struct stat st;
    char other[64];
    uid_t uid;

    if (stat(path, &st) < 0)
        return false;
    bool is_file = !S_ISDIR(st.st_mode);
    mode_t all = is_file ? S_IROTH | S_IWOTH : S_IWOTH, group = is_file ? S_IRGRP | S_IWGRP : S_IWGRP;
    const char *what = is_file ? "read or write" : "write to";
    if ((st.st_mode & all) != 0)
        snprintf(key->exposure, sizeof(key->exposure), "everybody can %s %s", what, path);
    else if (*user != '\0' && (st.st_mode & group) != 0 && has_others(st.st_gid, user, other, sizeof(other)))
        snprintf(key->exposure, sizeof(key->exposure), "%s can %s %s, by its group", other, what, path);
    else if (find_user(user, &uid) && st.st_uid != 0 && st.st_uid != uid && (is_file || (st.st_mode & S_IWUSR) != 0))
        snprintf(key->exposure, sizeof(key->exposure), "%s belongs neither to root nor to %s", path, user);
    return key->exposure[0] != '\0';
}

void signingkey_check_exposure(struct signingkey *key, const char *user)
{
    char *path = key->path == NULL ? NULL : realpath(key->path, NULL);

    while (path != NULL && !is_exposed(path, user, key)) {
        char *slash = strrchr(path, '/');
        if (slash == NULL || slash[1] == '\0')
            break;
        slash[slash == path ? 1 : 0] = '\0';
    }
    free(path);
}
