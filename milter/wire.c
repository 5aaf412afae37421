/*
 * Between the text of the milter protocol and ours; see wire.h.
 */
#include "config.h"

#include "milter/wire.h"
#include "lib/base/ip.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>

static bool is_loopback(const struct ip_addr *addr)
{
    static const struct ip_addr v6 = { AF_INET6, { [15] = 1 } };
    return addr->family == AF_INET ? addr->bytes[0] == 127 : ip_is_equal(addr, &v6);
}

static bool has_port(const struct sockaddr *sa)
{
    /* libmilter's own copies are aligned for either family. */
    const void *p = sa;
    if (sa->sa_family == AF_INET)
        return ((const struct sockaddr_in *)p)->sin_port != 0;
    return ((const struct sockaddr_in6 *)p)->sin6_port != 0;
}

bool wire_is_local(const char *hostname, const struct sockaddr *addr)
{
    struct ip_addr ip;
    ip_from_sockaddr(addr, &ip);
    if (ip.family == 0)
        return hostname != NULL && strcasecmp(hostname, "localhost") == 0;
    return is_loopback(&ip) && !has_port(addr);
}

void wire_reply(const char *text, char reply_r[WIRE_REPLY_MAX + 1])
{
    size_t n = 0;
    for (; *text != '\0' && n + 2 <= WIRE_REPLY_MAX; text++) {
        unsigned char c = (unsigned char)*text;
        reply_r[n++] = c < ' ' || c == 0x7f ? ' ' : *text;
        if (c == '%')
            reply_r[n++] = '%';
    }
    reply_r[n] = '\0';
}
