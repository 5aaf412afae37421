/*
 * The socket the MTA connects to: directory, stale sockets, permissions.  For the main thread, before others start.
 * libmilter opens the socket itself; what it cannot do safely is done here around it.
 */
#ifndef PREFLIGHT_MILTER_SOCKET_H
#define PREFLIGHT_MILTER_SOCKET_H

#include <sys/types.h>

struct err;
struct milter_socket;

/* Opens the socket that conn names, in the current directory; 0 or -1 with errno. */
typedef int (*socket_opener)(const char *conn);

/*
 * spec: "local:PATH", "unix:PATH" or what libmilter takes for TCP.  A stale socket at PATH is removed, one that
 * somebody listens on is not, nor anything that is no socket.  mode: permission bits; owner, group: or -1.
 * NULL with err where the socket cannot be opened.
 */
struct milter_socket *socket_open(const char *spec, int mode, uid_t owner, gid_t group, socket_opener open,
                                  struct err *err);

/* No more connections to a local socket: takes it out of the file system, if it is still ours.  Once is enough. */
void socket_withdraw(struct milter_socket *s);
void socket_free(struct milter_socket **s);     /* withdraws too */

#endif
