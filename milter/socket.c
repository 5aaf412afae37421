/*
 * The socket the MTA connects to; see socket.h.
 *
 * A local socket is opened under its last path component, from inside its directory.  All checks then concern the very
 * directory that was looked at, and libmilter, which at its end unlinks whatever socket it finds under the name it was
 * given, finds none: a daemon started meanwhile keeps its own.
 */
#include "config.h"

#include "milter/socket.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "milter/log.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

struct milter_socket {
    char *spec;
    char *path;             /* NULL: not a local socket */
    char *name;             /* its last component */
    int dir;                /* -1: withdrawn or not a local socket */
    dev_t dev;
    ino_t ino;
};

static const char *local_path(const char *spec)
{
    static const char *const kinds[] = { "local:", "unix:" };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strncasecmp(spec, kinds[i], strlen(kinds[i])) == 0)
            return spec + strlen(kinds[i]);
    }
    return spec[0] == '/' ? spec : NULL;
}

static int open_directory(struct milter_socket *s, struct err *err)
{
    struct sockaddr_un sun;
    char *copy = xstrdup(s->path);
    s->name = xstrdup(basename(copy));
    strcpy(copy, s->path);
    const char *dir = dirname(copy);
    int rc = 0;

    if (strlen(s->name) >= sizeof(sun.sun_path) || s->path[0] == '\0' || s->name[0] == '/')
        rc = err_set(err, "socket '%s': not a usable name", s->spec);
    else if ((s->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        rc = err_set(err, "socket '%s': cannot open the directory '%s': %s", s->spec, dir, strerror(errno));
    free(copy);
    return rc;
}

/* Runs in the socket's directory. */
static int try_connect(const char *name)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    memcpy(sun.sun_path, name, strlen(name) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int rc = connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0 ? 0 : errno;
    close(fd);
    return rc;
}

static int remove_stale(const struct milter_socket *s, struct err *err)
{
    struct stat st;
    if (fstatat(s->dir, s->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : err_set(err, "socket '%s': %s", s->spec, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, "socket '%s': the file is there and is not a socket", s->spec);

    int rc = try_connect(s->name);
    if (rc == 0 || rc == EAGAIN)
        return err_set(err, "socket '%s': another process listens there", s->spec);
    if (rc != ECONNREFUSED)
        return err_set(err, "socket '%s': cannot tell whether somebody listens there: %s", s->spec, strerror(rc));
    if (unlinkat(s->dir, s->name, 0) != 0)
        return err_set(err, "socket '%s': cannot remove the stale socket: %s", s->spec, strerror(errno));
    return 0;
}

static int give_away(struct milter_socket *s, uid_t owner, gid_t group, struct err *err)
{
    struct stat st;
    if (fstatat(s->dir, s->name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISSOCK(st.st_mode))
        return err_set(err, "socket '%s': vanished while it was opened", s->spec);
    s->dev = st.st_dev;
    s->ino = st.st_ino;
    if ((owner == (uid_t)-1 || owner == st.st_uid) && (group == (gid_t)-1 || group == st.st_gid))
        return 0;
    if (fchownat(s->dir, s->name, owner, group, AT_SYMLINK_NOFOLLOW) != 0)
        return err_set(err, "socket '%s': cannot give it to user and socket_group: %s", s->spec, strerror(errno));
    return 0;
}

static int refused(const struct milter_socket *s, int error, struct err *err)
{
    const char *why = error == 0 ? "libmilter refuses the address" : strerror(error);
    return err_set(err, "socket '%s': cannot open it: %s", s->spec, why);
}

/* Runs in the socket's directory.  The umask gives the mode from the first moment on, so that nothing needs a chmod. */
static int open_here(struct milter_socket *s, int mode, uid_t owner, gid_t group, socket_opener opener, struct err *err)
{
    if (remove_stale(s, err) != 0)
        return -1;
    char *conn = xasprintf("local:%s", s->name);
    mode_t before = umask((mode_t)(~mode & 0777));
    errno = 0;
    int rc = opener(conn);
    int saved = errno;
    umask(before);
    free(conn);
    if (rc != 0)
        return refused(s, saved, err);
    return give_away(s, owner, group, err);
}

static int open_local(struct milter_socket *s, int mode, uid_t owner, gid_t group, socket_opener opener,
                      struct err *err)
{
    if (open_directory(s, err) != 0)
        return -1;
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (here < 0 || fchdir(s->dir) != 0) {
        int saved = errno;
        if (here >= 0)
            close(here);
        return err_set(err, "socket '%s': cannot change the directory: %s", s->spec, strerror(saved));
    }
    int rc = open_here(s, mode, owner, group, opener, err);
    if (fchdir(here) != 0 && rc == 0)
        rc = err_set(err, "socket '%s': cannot change back from its directory: %s", s->spec, strerror(errno));
    close(here);
    return rc;
}

static int open_inet(const struct milter_socket *s, socket_opener opener, struct err *err)
{
    errno = 0;
    return opener(s->spec) == 0 ? 0 : refused(s, errno, err);
}

struct milter_socket *socket_open(const char *spec, int mode, uid_t owner, gid_t group, socket_opener opener,
                                  struct err *err)
{
    struct milter_socket *s = xcalloc(1, sizeof(*s));
    s->dir = -1;
    s->spec = xstrdup(spec);
    s->path = xstrdup(local_path(spec));
    int rc = s->path == NULL ? open_inet(s, opener, err) : open_local(s, mode, owner, group, opener, err);
    if (rc != 0)
        socket_free(&s);
    return s;
}

void socket_withdraw(struct milter_socket *s)
{
    struct stat st;
    if (s->dir < 0)
        return;
    bool is_ours = s->ino != 0 && fstatat(s->dir, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                   st.st_dev == s->dev && st.st_ino == s->ino;
    if (is_ours && unlinkat(s->dir, s->name, 0) != 0)
        log_line(LOG_NOTICE, "cannot remove the socket '%s' (the next start will): %s", s->spec, strerror(errno));
    close(s->dir);
    s->dir = -1;
}

void socket_free(struct milter_socket **socket)
{
    struct milter_socket *s = *socket;
    if (s == NULL)
        return;
    socket_withdraw(s);
    free(s->spec);
    free(s->path);
    free(s->name);
    free(s);
    *socket = NULL;
}
