/*
 * Fuzz target: zone files.  A file that is accepted answers every question in a way that lib/dns/record.c can take.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/dns/answer.h"
#include "lib/dns/question.h"
#include "lib/dns/record.h"
#include "lib/dns/zone.h"
#include "t/fuzz/fuzz.h"

static void check_records(const struct dns_answer *answer, enum dns_type type)
{
    struct str text = STR_EMPTY;
    struct ip_addr addr;
    char name[DOMAIN_MAX];
    int preference;

    for (size_t i = 0; i < answer->count; i++) {
        if (type == DNS_TXT)
            HOLDS(record_txt(answer, i, 65536, &text) == 0, "a TXT record that cannot be read");
        else if (type == DNS_A || type == DNS_AAAA)
            HOLDS(record_addr(answer, i, type, &addr) == 0, "an address that cannot be read");
        else if (type == DNS_MX && record_mx(answer, i, &preference, name) == 0)
            check_printable(name, "host");
        else if (type == DNS_PTR && record_ptr(answer, i, name) == 0)
            check_printable(name, "name");
    }
    str_clear(&text);
}

static void ask(const struct zone *zone, const char *name, enum dns_type type)
{
    struct question q;

    if (question_init(&q, name, type) < 0)
        return;
    struct answer *body = zone_ask(zone, &q);
    const struct dns_answer *answer = answer_publish(body, answer_ttl(body));
    HOLDS((answer->status == DNS_OK) == (answer->count > 0), "%s: %zu records", dns_status_name(answer->status),
          answer->count);
    HOLDS(answer->status != DNS_TIMEOUT && answer->status != DNS_BOGUS && answer->status != DNS_PENDING, "%s",
          dns_status_name(answer->status));
    check_records(answer, type);
    dns_answer_unref(answer);
}

/* Every word of the file may be one of its names. */
static void ask_all(const struct zone *zone, const char *text)
{
    static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_TXT, DNS_MX, DNS_PTR, DNS_CNAME, DNS_NS, DNS_SOA };

    for (int words = 0; *text != '\0' && words < 64; words++) {
        size_t len = strcspn(text, " \t\r\n");
        char *word = xstrndup(text, len), *below = xasprintf("x.%s", word);
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
            ask(zone, word, types[i]);
            ask(zone, below, types[i]);
        }
        free(word);
        free(below);
        text += len;
        text += strspn(text, " \t\r\n");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    struct err err = { "" };
    struct zone *zone = zone_load(memory_file(data, size), &err);
    char *text = input_rest(&input);

    if (zone != NULL)
        ask_all(zone, text);
    else
        HOLDS(err.text[0] != '\0' && strchr(err.text, '\n') == NULL, "refused without words: %s", err.text);
    zone_free(&zone);
    free(text);
    return 0;
}
