/*
 * Whom the daemon runs as; see privileges.h.
 */
#include "config.h"

#include "milter/privileges.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int find_user(const char *name, struct privileges *p, struct err *err)
{
    errno = 0;
    const struct passwd *pw = getpwnam(name);
    if (pw == NULL)
        return err_set(err, "option 'user': '%s': %s", name, errno == 0 ? "no such user" : strerror(errno));
    p->user = xstrdup(name);
    p->uid = pw->pw_uid;
    p->gid = p->socket_group = pw->pw_gid;
    return 0;
}

static int find_group(const char *name, struct privileges *p, struct err *err)
{
    errno = 0;
    const struct group *gr = getgrnam(name);
    if (gr == NULL)
        return err_set(err, "option 'socket_group': '%s': %s", name, errno == 0 ? "no such group" : strerror(errno));
    p->socket_group = gr->gr_gid;
    return 0;
}

int privileges_find(const char *user, const char *socket_group, struct privileges *privileges_r, struct err *err)
{
    *privileges_r = (struct privileges){ .uid = (uid_t)-1, .gid = (gid_t)-1, .socket_group = (gid_t)-1 };
    if (geteuid() == 0 && user[0] != '\0' && find_user(user, privileges_r, err) != 0)
        return -1;
    if (socket_group[0] != '\0' && find_group(socket_group, privileges_r, err) != 0) {
        privileges_clear(privileges_r);
        return -1;
    }
    return 0;
}

void privileges_clear(struct privileges *privileges)
{
    free(privileges->user);
    privileges->user = NULL;
}

static int verify(const struct privileges *p, struct err *err)
{
    uid_t ruid, euid, suid;
    gid_t rgid, egid, sgid;

    if (getresuid(&ruid, &euid, &suid) != 0 || getresgid(&rgid, &egid, &sgid) != 0)
        return err_set(err, "cannot read the user we became: %s", strerror(errno));
    if (ruid != p->uid || euid != p->uid || suid != p->uid || rgid != p->gid || egid != p->gid || sgid != p->gid)
        return err_set(err, "cannot become user '%s' entirely", p->user);
    if (p->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
        return err_set(err, "user '%s' can become root again", p->user);
    return 0;
}

int privileges_drop(const struct privileges *p, struct err *err)
{
    if (p->user == NULL)
        return 0;
    if (initgroups(p->user, p->gid) != 0)
        return err_set(err, "cannot take on the groups of user '%s': %s", p->user, strerror(errno));
    if (setgid(p->gid) != 0)
        return err_set(err, "cannot take on the group of user '%s': %s", p->user, strerror(errno));
    if (setuid(p->uid) != 0)
        return err_set(err, "cannot become user '%s': %s", p->user, strerror(errno));
    return verify(p, err);
}
