/*
 * Fuzz target: names that look generic.  Lines: the name, an address.  Letters' case apart, the name is what decides:
 * under an organizational domain that is the whole name there is nothing to look at.
 */
#include "config.h"

#include "lib/audit/genericname.h"
#include "t/fuzz/fuzz.h"

static void check(const char *name, const char *org, const struct ip_addr *address)
{
    char why[GENERICNAME_WHY_MAX];

    memset(why, 'x', sizeof(why));
    genericname_judge(name, org, address, why);
    HOLDS(memchr(why, '\0', sizeof(why)) != NULL, "no end");
    check_printable(why, "why");
    HOLDS(why[0] == '\0' || strcmp(name, org) != 0, "generic without a name of its own: %s", why);
}

/* The address in front of a name, each number by itself, makes it generic. */
static void check_made(const char *org, const struct ip_addr *address)
{
    char name[2 * DOMAIN_MAX], domain[DOMAIN_MAX], why[GENERICNAME_WHY_MAX];
    const uint8_t *b = address->bytes;

    if (address->family != AF_INET)
        return;
    snprintf(name, sizeof(name), "h%d-%d-%d-%d.%s", b[0], b[1], b[2], b[3], org);
    if (domain_normalize(name, domain) < 0)
        return;
    genericname_judge(domain, org, address, why);
    HOLDS(why[0] != '\0', "%s is not generic", domain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *line = input_line(&input), *text = input_line(&input);
    char name[DOMAIN_MAX];
    struct ip_addr address;

    if (domain_normalize(line, name) == 0 && ip_parse(text, &address) == 0) {
        const char *dot = strchr(name, '.');
        check(name, "", &address);
        check(name, name, &address);
        check(name, "example", &address);
        if (dot != NULL)
            check(name, dot + 1, &address);
        check_made(name, &address);
    }
    free(line);
    free(text);
    return 0;
}
