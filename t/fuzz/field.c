/*
 * Fuzz target: Date, Message-ID, domain names and IP addresses as text.  What is accepted stays so with comments and
 * folds around it, and the normal form of a thing is its own normal form.
 */
#include "config.h"

#include "lib/base/domain.h"
#include "lib/base/ip.h"
#include "lib/message/date.h"
#include "lib/message/lex.h"
#include "lib/message/msgid.h"
#include "t/fuzz/fuzz.h"

static void check_commented(const char *value)
{
    char *commented = xasprintf(" (a (b) \\) \"c)\r\n\t%s", value);
    const char *end = lex_skip_cfws(value);

    HOLDS(end >= value && end <= value + strlen(value), "out of the text");
    HOLDS(is_date(value) == is_date(commented), "a date with a comment: %s", value);
    HOLDS(is_message_id(value) == is_message_id(commented), "a message id with a comment: %s", value);
    HOLDS(!is_date(value) || !is_message_id(value), "a date and a message id: %s", value);
    free(commented);
}

static void check_domain(const char *value)
{
    char domain[DOMAIN_MAX], again[DOMAIN_MAX];

    if (domain_normalize(value, domain) < 0)
        return;
    check_printable(domain, "domain");
    HOLDS(domain[0] != '\0' && strlen(domain) < DOMAIN_MAX && strpbrk(domain, " /@,;=\"\\") == NULL, "'%s'", domain);
    HOLDS(domain_normalize(domain, again) == 0 && strcmp(domain, again) == 0, "'%s', then '%s'", domain, again);
    HOLDS(domain_is_under(domain, domain), "%s", domain);
}

static void check_ip(const char *value)
{
    struct ip_addr addr, again;
    struct ip_net net, net_again;
    char text[IP_TEXT_MAX], net_text[IP_TEXT_MAX + 4];

    if (ip_parse(value, &addr) == 0) {
        ip_format(&addr, text);
        HOLDS(ip_parse(text, &again) == 0 && ip_is_equal(&addr, &again), "%s", text);
        HOLDS(ip_is_in(&addr, &again, 128), "%s", text);
    }
    if (ip_net_parse(value, &net) == 0) {
        ip_net_format(&net, net_text);
        HOLDS(net.prefix >= 0 && net.prefix <= (net.addr.family == AF_INET ? 32 : 128), "%s", net_text);
        HOLDS(ip_net_parse(net_text, &net_again) == 0 && ip_is_equal(&net.addr, &net_again.addr) &&
              net.prefix == net_again.prefix, "%s", net_text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *value = input_rest(&input);

    check_commented(value);
    check_domain(value);
    check_ip(value);
    free(value);
    return 0;
}
