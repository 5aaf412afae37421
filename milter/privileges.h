/*
 * Whom the daemon runs as.  For the main thread, before others start.
 */
#ifndef PREFLIGHT_MILTER_PRIVILEGES_H
#define PREFLIGHT_MILTER_PRIVILEGES_H

#include <sys/types.h>

struct err;

struct privileges {
    char *user;             /* taken on by privileges_drop; NULL: stay who we are */
    uid_t uid;              /* the socket's owner; (uid_t)-1: leave it */
    gid_t gid;              /* the user's own group */
    gid_t socket_group;     /* (gid_t)-1: leave it */
};

/*
 * Looks up user (taken on only where we are root; "" for none) and socket_group ("": the group of user).
 * -1 with err where one does not exist.
 */
int privileges_find(const char *user, const char *socket_group, struct privileges *privileges_r, struct err *err);
void privileges_clear(struct privileges *privileges);

/* For good: there is no way back to root.  -1 with err where any part of it fails. */
int privileges_drop(const struct privileges *privileges, struct err *err);

#endif
