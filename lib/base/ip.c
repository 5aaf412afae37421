/*
 * IP addresses and networks; see ip.h.
 */
#include "config.h"

#include "lib/base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void unmap(struct ip_addr *addr)
{
    static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

    if (addr->family != AF_INET6 || memcmp(addr->bytes, mapped, sizeof(mapped)) != 0)
        return;
    struct ip_addr v4 = { .family = AF_INET };
    memcpy(v4.bytes, addr->bytes + sizeof(mapped), 4);
    *addr = v4;
}

int ip_parse(const char *text, struct ip_addr *addr_r)
{
    char bare[IP_TEXT_MAX + 8];
    size_t len = strlen(text);

    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len >= 5 && strncasecmp(text, "IPv6:", 5) == 0) {
        text += 5;
        len -= 5;
    }
    if (len >= sizeof(bare))
        return -1;
    memcpy(bare, text, len);
    bare[len] = '\0';

    struct ip_addr addr = { 0 };
    if (inet_pton(AF_INET, bare, addr.bytes) == 1)
        addr.family = AF_INET;
    else if (inet_pton(AF_INET6, bare, addr.bytes) == 1)
        addr.family = AF_INET6;
    else
        return -1;
    unmap(&addr);
    *addr_r = addr;
    return 0;
}

int ip_net_parse(const char *text, struct ip_net *net_r)
{
    char addr[IP_TEXT_MAX + 8];
    const char *slash = strchr(text, '/');
    size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);

    if (len >= sizeof(addr))
        return -1;
    memcpy(addr, text, len);
    addr[len] = '\0';
    struct ip_net net = { 0 };
    if (ip_parse(addr, &net.addr) < 0)
        return -1;

    int most = net.addr.family == AF_INET ? 32 : 128;
    net.prefix = most;
    if (slash != NULL) {
        size_t digits = strspn(slash + 1, "0123456789");
        if (digits == 0 || digits > 3 || slash[1 + digits] != '\0' || atoi(slash + 1) > most)
            return -1;
        net.prefix = atoi(slash + 1);
    }
    for (int bit = net.prefix; bit < most; bit++)
        net.addr.bytes[bit / 8] &= (uint8_t)~(0x80 >> (bit % 8));
    *net_r = net;
    return 0;
}

void ip_from_sockaddr(const struct sockaddr *sa, struct ip_addr *addr_r)
{
    memset(addr_r, 0, sizeof(*addr_r));
    if (sa == NULL)
        return;
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof(in));
        ip_from_bytes(AF_INET, &in.sin_addr, addr_r);
    } else if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof(in6));
        ip_from_bytes(AF_INET6, &in6.sin6_addr, addr_r);
        unmap(addr_r);
    }
}

void ip_from_bytes(int family, const void *bytes, struct ip_addr *addr_r)
{
    memset(addr_r, 0, sizeof(*addr_r));
    addr_r->family = family;
    memcpy(addr_r->bytes, bytes, family == AF_INET ? 4 : 16);
}

void ip_format(const struct ip_addr *addr, char text_r[IP_TEXT_MAX])
{
    if (addr->family == 0 || inet_ntop(addr->family, addr->bytes, text_r, IP_TEXT_MAX) == NULL)
        text_r[0] = '\0';
}

void ip_net_format(const struct ip_net *net, char text_r[IP_TEXT_MAX + 4])
{
    char addr[IP_TEXT_MAX];

    ip_format(&net->addr, addr);
    snprintf(text_r, IP_TEXT_MAX + 4, "%s/%d", addr, net->prefix);
}

bool ip_is_equal(const struct ip_addr *a, const struct ip_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool ip_is_in(const struct ip_addr *a, const struct ip_addr *b, int prefix)
{
    if (a->family != b->family || a->family == 0)
        return false;
    int most = a->family == AF_INET ? 32 : 128;
    if (prefix > most)
        prefix = most;
    int whole = prefix / 8, rest = prefix % 8;
    if (memcmp(a->bytes, b->bytes, (size_t)whole) != 0)
        return false;
    return rest == 0 || ((a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest)) == 0;
}
