/*
 * Names that are made of addresses; see genericname.h.
 */
#include "config.h"

#include "lib/audit/genericname.h"
#include "lib/base/domain.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 64
#define OCTETS_NEEDED 3         /* in a row; two numbers are in many a name by chance */

/* What the networks of access providers call their customers' addresses; whole words. */
static const char *const words[] = {
    "adsl", "broadband", "dhcp", "dialin", "dialup", "dsl", "dyn", "dynamic", "dynamicip", "ppp", "pppoe",
    "sdsl", "unassigned", "vdsl", "xdsl",
};

/* Decimal numbers, of which those that stand one separator apart follow each other. */
struct numbers {
    int values[NUMBERS_MAX];
    bool follows[NUMBERS_MAX];
    size_t count;
};

static void add_number(struct numbers *numbers, const char *digits, size_t len, bool follows)
{
    if (len == 0 || len > 3 || numbers->count == NUMBERS_MAX)
        return;
    numbers->values[numbers->count] = (int)strtol(digits, NULL, 10);
    numbers->follows[numbers->count++] = follows;
}

/* "192-0-2-1", "192.0.2.1", "192x0x2x1"; and "192000002001", three digits each. */
static void find_numbers(const char *text, struct numbers *numbers_r)
{
    const char *last_end = NULL;

    numbers_r->count = 0;
    for (const char *p = text; *p != '\0';) {
        size_t len = strspn(p, "0123456789");
        if (len == 0) {
            p++;
            continue;
        }
        if (len == 12) {
            for (size_t i = 0; i < 12; i += 3) {
                char part[4] = { p[i], p[i + 1], p[i + 2], '\0' };
                add_number(numbers_r, part, 3, i > 0);
            }
        } else {
            add_number(numbers_r, p, len, last_end != NULL && p == last_end + 1);
        }
        last_end = p + len;
        p += len;
    }
}

/* The longest row of the address's octets, in its order or against it. */
static int longest_row(const struct numbers *numbers, const uint8_t octets[4], bool is_backward)
{
    int longest = 0;

    for (size_t i = 0; i < numbers->count; i++) {
        for (int first = 0; first < 4; first++) {
            int row = 0;
            while (first + row < 4 && i + (size_t)row < numbers->count &&
                   (row == 0 || numbers->follows[i + (size_t)row])) {
                int octet = octets[is_backward ? 3 - first - row : first + row];
                if (numbers->values[i + (size_t)row] != octet)
                    break;
                row++;
            }
            longest = row > longest ? row : longest;
        }
    }
    return longest;
}

/* The hexadecimal digits of text, without what parts them; a letter beyond f ends a row, which "|" marks. */
static void keep_hex(const char *text, char hex_r[DOMAIN_MAX])
{
    size_t len = 0;

    for (; *text != '\0' && len < DOMAIN_MAX - 1; text++) {
        if (isxdigit((unsigned char)*text))
            hex_r[len++] = *text;
        else if (strchr("-._", *text) == NULL)
            hex_r[len++] = '|';
    }
    hex_r[len] = '\0';
}

static void to_nibbles(const uint8_t *bytes, size_t n, bool is_backward, char text_r[33])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < 2 * n; i++) {
        size_t k = is_backward ? 2 * n - 1 - i : i;
        text_r[i] = digits[k % 2 == 0 ? bytes[k / 2] >> 4 : bytes[k / 2] & 15];
    }
    text_r[2 * n] = '\0';
}

/* A label such as "2001-db8--5". */
static bool has_ipv6_label(const char *text, const struct ip_addr *address)
{
    while (*text != '\0') {
        char label[64];
        struct ip_addr got;
        size_t len = strcspn(text, ".");
        snprintf(label, sizeof(label), "%.*s", (int)(len < 63 ? len : 63), text);
        for (char *p = label; *p != '\0'; p++)
            *p = *p == '-' ? ':' : *p;
        if (ip_parse(label, &got) == 0 && ip_is_equal(&got, address))
            return true;
        text += len + (text[len] == '.');
    }
    return false;
}

/* The interface's half of an IPv6 address is enough; all of an IPv4 address has to be there. */
static bool holds_hex(const char *text, const struct ip_addr *address)
{
    const uint8_t *bytes = address->family == AF_INET ? address->bytes : address->bytes + 8;
    size_t n = address->family == AF_INET ? 4 : 8;
    char hex[DOMAIN_MAX], forward[33], backward[33];

    keep_hex(text, hex);
    to_nibbles(bytes, n, false, forward);
    to_nibbles(bytes, n, true, backward);
    return strstr(hex, forward) != NULL || (address->family == AF_INET6 && strstr(hex, backward) != NULL);
}

static bool holds_address(const char *text, const struct ip_addr *address)
{
    struct numbers numbers;

    if (holds_hex(text, address))
        return true;
    if (address->family == AF_INET6)
        return has_ipv6_label(text, address);
    find_numbers(text, &numbers);
    return longest_row(&numbers, address->bytes, false) >= OCTETS_NEEDED ||
           longest_row(&numbers, address->bytes, true) >= OCTETS_NEEDED;
}

/* Words are parted by anything but letters: "dyn12", "x-dsl.y". */
static const char *find_word(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

    while (*text != '\0') {
        size_t len = strspn(text, letters);
        for (size_t i = 0; len > 0 && i < sizeof(words) / sizeof(words[0]); i++) {
            if (strlen(words[i]) == len && strncmp(text, words[i], len) == 0)
                return words[i];
        }
        text += len;
        text += strcspn(text, letters);
    }
    return NULL;
}

void genericname_judge(const char *name, const char *org, const struct ip_addr *address,
                       char why_r[GENERICNAME_WHY_MAX])
{
    size_t len = strlen(name), org_len = domain_is_under(name, org) ? strlen(org) : 0;
    char own[DOMAIN_MAX];

    snprintf(own, sizeof(own), "%.*s", (int)(len - org_len), name);
    const char *word = find_word(own);
    why_r[0] = '\0';
    if (holds_address(own, address))
        snprintf(why_r, GENERICNAME_WHY_MAX, "%.100s has the address in it", name);
    else if (word != NULL)
        snprintf(why_r, GENERICNAME_WHY_MAX, "%.100s has the word %s in it", name, word);
}
