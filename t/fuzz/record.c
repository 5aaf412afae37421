/*
 * Fuzz target: records in wire form.  The first byte is the type; the rest one record's data.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/dns/question.h"
#include "lib/dns/record.h"
#include "t/fuzz/fuzz.h"

static void check_name(const char *name)
{
    struct question q;

    check_printable(name, "name");
    if (name[0] != '\0')
        HOLDS(question_init(&q, name, DNS_A) == 0 && strcmp(q.name, name) == 0, "cannot be asked for: '%s'", name);
}

static void check_txt(const struct dns_answer *answer)
{
    struct str whole = STR_EMPTY, cut = STR_EMPTY;

    if (record_txt(answer, 0, SIZE_MAX, &whole) == 0) {
        HOLDS(whole.len < answer->rdata[0].len, "%zu bytes", whole.len);
        HOLDS(record_txt(answer, 0, 10, &cut) == 0, "cut it cannot be read");
        HOLDS(cut.len == (whole.len < 10 ? whole.len : 10), "%zu bytes", cut.len);
        HOLDS(cut.len == 0 || memcmp(whole.data, cut.data, cut.len) == 0, "cut it is another");
    }
    str_clear(&whole);
    str_clear(&cut);
}

static void check_addr(const struct dns_answer *answer, enum dns_type type)
{
    struct ip_addr addr;
    char name[DOMAIN_MAX];

    if (record_addr(answer, 0, type, &addr) != 0)
        return;
    HOLDS(addr.family == (type == DNS_A ? AF_INET : AF_INET6), "family %d", addr.family);
    record_reverse_name(&addr, name);
    check_name(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[DOMAIN_MAX];
    int preference = -1;

    if (size == 0)
        return 0;
    const struct dns_rdata rdata = { data + 1, size - 1 };
    const struct dns_answer answer = { .status = DNS_OK, .count = 1, .rdata = &rdata };
    switch (data[0]) {
    case 'T':
        check_txt(&answer);
        break;
    case 'A':
        check_addr(&answer, DNS_A);
        break;
    case '6':
        check_addr(&answer, DNS_AAAA);
        break;
    case 'M':
        if (record_mx(&answer, 0, &preference, name) == 0)
            check_name(name);
        HOLDS(preference >= -1 && preference <= 65535, "%d", preference);
        break;
    default:
        if (record_ptr(&answer, 0, name) == 0)
            check_name(name);
        break;
    }
    HOLDS(record_ptr(&answer, 1, name) < 0 && record_mx(&answer, 1, &preference, name) < 0, "a second record");
    return 0;
}
