/*
 * Records out of an answer; see record.h.
 */
#include "config.h"

#include "lib/dns/record.h"

#include "lib/base/str.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int record_txt(const struct dns_answer *answer, size_t i, size_t max, struct str *text_r)
{
    if (i >= answer->count || answer->rdata[i].len == 0)
        return -1;
    const uint8_t *p = answer->rdata[i].data;
    const uint8_t *end = p + answer->rdata[i].len;

    for (const uint8_t *s = p; s < end; s += 1 + *s)
        if (*s >= end - s)
            return -1;
    while (p < end && max > 0) {
        size_t len = *p < max ? *p : max;
        str_addn(text_r, p + 1, len);
        max -= len;
        p += 1 + *p;
    }
    return 0;
}

int record_addr(const struct dns_answer *answer, size_t i, enum dns_type type, struct ip_addr *addr_r)
{
    assert(type == DNS_A || type == DNS_AAAA);
    if (i >= answer->count || answer->rdata[i].len != (type == DNS_A ? 4 : 16))
        return -1;
    ip_from_bytes(type == DNS_A ? AF_INET : AF_INET6, answer->rdata[i].data, addr_r);
    return 0;
}

/* What text names can say: a dot would look like two labels. */
static bool is_name_byte(uint8_t c)
{
    return c > 0x20 && c < 0x7f && c != '.';
}

/* A name of uncompressed labels that fills len bytes to the last. */
static int parse_name(const uint8_t *wire, size_t len, char name_r[DOMAIN_MAX])
{
    char name[DOMAIN_MAX];
    size_t used = 0;
    size_t at = 0;

    while (at < len && wire[at] != 0) {
        size_t label = wire[at++];
        if (label > 63 || label >= len - at || used + (used > 0) + label >= sizeof(name))
            return -1;
        if (used > 0)
            name[used++] = '.';
        for (size_t i = 0; i < label; i++) {
            if (!is_name_byte(wire[at + i]))
                return -1;
            name[used++] = (char)wire[at + i];
        }
        at += label;
    }
    if (at + 1 != len)
        return -1;
    name[used] = '\0';
    ascii_lower(name);
    memcpy(name_r, name, used + 1);
    return 0;
}

int record_ptr(const struct dns_answer *answer, size_t i, char name_r[DOMAIN_MAX])
{
    if (i >= answer->count)
        return -1;
    return parse_name(answer->rdata[i].data, answer->rdata[i].len, name_r);
}

int record_mx(const struct dns_answer *answer, size_t i, int *preference_r, char name_r[DOMAIN_MAX])
{
    if (i >= answer->count || answer->rdata[i].len < 3)
        return -1;
    const uint8_t *data = answer->rdata[i].data;
    if (parse_name(data + 2, answer->rdata[i].len - 2, name_r) != 0)
        return -1;
    *preference_r = data[0] << 8 | data[1];
    return 0;
}

void record_reverse_name(const struct ip_addr *addr, char name_r[DOMAIN_MAX])
{
    const uint8_t *b = addr->bytes;
    char *out = name_r;

    if (addr->family == AF_INET) {
        snprintf(name_r, DOMAIN_MAX, "%u.%u.%u.%u.in-addr.arpa", b[3], b[2], b[1], b[0]);
        return;
    }
    assert(addr->family == AF_INET6);
    for (int i = 15; i >= 0; i--)
        out += snprintf(out, 5, "%x.%x.", b[i] & 15U, b[i] >> 4);
    memcpy(out, "ip6.arpa", sizeof("ip6.arpa"));
}
