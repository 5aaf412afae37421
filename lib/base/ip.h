/*
 * IP addresses and networks, without ports or scopes.  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_BASE_IP_H
#define PREFLIGHT_BASE_IP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define IP_TEXT_MAX 46          /* INET6_ADDRSTRLEN */

struct ip_addr {
    int family;                 /* AF_INET or AF_INET6, 0 for none */
    uint8_t bytes[16];          /* network order; the first 4 for AF_INET, the rest zero */
};

struct ip_net {
    struct ip_addr addr;        /* bits after the prefix are zero */
    int prefix;                 /* 0..32 or 0..128 */
};

/* Parses an address as inet_pton(3), also "IPv6:..." and "[...]".  A v4-mapped address becomes AF_INET.  -1 if none. */
int ip_parse(const char *text, struct ip_addr *addr_r);

/* Parses ADDR or ADDR/PREFIX; host bits are cleared.  -1 if none. */
int ip_net_parse(const char *text, struct ip_net *net_r);

/* From a socket address; family 0 in *addr_r for anything but AF_INET and AF_INET6.  sa may be NULL. */
void ip_from_sockaddr(const struct sockaddr *sa, struct ip_addr *addr_r);

/* From 4 or 16 raw bytes.  A v4-mapped address stays AF_INET6 here: records mean what they say. */
void ip_from_bytes(int family, const void *bytes, struct ip_addr *addr_r);

void ip_format(const struct ip_addr *addr, char text_r[IP_TEXT_MAX]);
void ip_net_format(const struct ip_net *net, char text_r[IP_TEXT_MAX + 4]);

bool ip_is_equal(const struct ip_addr *a, const struct ip_addr *b);

/* Do the first prefix bits of a and b agree (same family)?  prefix is clipped to the family's length. */
bool ip_is_in(const struct ip_addr *a, const struct ip_addr *b, int prefix);

#endif
