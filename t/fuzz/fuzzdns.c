/*
 * The resolver of the fuzz targets; see fuzzdns.h.  Counts and budgets as lib/dns/dns.c does.
 */
#include "config.h"

#include "t/fuzz/fuzzdns.h"

#include "lib/base/ip.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/dns/answer.h"
#include "lib/dns/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define QUESTIONS_MAX 512
#define RECORDS_MAX 64

struct known {
    struct question question;
    struct answer *answer;
};

struct dns {
    char *lines;
    const char *next;               /* the line of the next new question */
    bool is_slow;
    struct known known[QUESTIONS_MAX];
    size_t count;
    size_t failing;                 /* index of the question that fails, or SIZE_MAX */
    enum dns_status failure;
};

struct dns *fuzzdns_new(void)
{
    struct dns *dns = xcalloc(1, sizeof(*dns));

    dns->failing = SIZE_MAX;
    return dns;
}

void fuzzdns_script(struct dns *dns, const char *lines)
{
    for (size_t i = 0; i < dns->count; i++)
        answer_unref(dns->known[i].answer);
    dns->count = 0;
    dns->failing = SIZE_MAX;
    free(dns->lines);
    dns->lines = xstrdup(lines);
    dns->next = dns->lines;
}

void fuzzdns_set_slow(struct dns *dns, bool is_slow)
{
    dns->is_slow = is_slow;
}

size_t fuzzdns_count(const struct dns *dns)
{
    return dns->count;
}

enum dns_type fuzzdns_question(const struct dns *dns, size_t i, const char **name_r, enum dns_status *status_r)
{
    *name_r = dns->known[i].question.name;
    *status_r = answer_status(dns->known[i].answer);
    return dns->known[i].question.type;
}

void fuzzdns_fail(struct dns *dns, size_t i, enum dns_status status)
{
    dns->failing = i;
    dns->failure = status;
}

/* --- records, from the text of a line to the wire ------------------------------ */

static void add_txt(struct str *wire, const char *text, size_t len)
{
    do {
        size_t n = len < 255 ? len : 255;
        str_addc(wire, (char)n);
        str_addn(wire, text, n);
        text += n;
        len -= n;
    } while (len > 0);
}

static void add_name(struct str *wire, const char *text)
{
    struct question q;
    uint8_t name[QUESTION_WIRE_MAX];

    if (question_init(&q, text, DNS_PTR) == 0)
        str_addn(wire, name, question_wire(q.name, name));
    else
        str_add(wire, text);
}

static void add_address(struct str *wire, const char *text, enum dns_type type)
{
    struct ip_addr addr;
    int family = type == DNS_A ? AF_INET : AF_INET6;

    if (ip_parse(text, &addr) == 0 && addr.family == family)
        str_addn(wire, addr.bytes, family == AF_INET ? 4 : 16);
    else
        str_add(wire, text);
}

static void add_mx(struct str *wire, const char *text)
{
    char *rest;
    unsigned long preference = strtoul(text, &rest, 10);

    str_addc(wire, (char)(preference >> 8));
    str_addc(wire, (char)preference);
    add_name(wire, *rest == ' ' ? rest + 1 : rest);
}

static void add_record(struct str *wire, const char *text, enum dns_type type)
{
    if (type == DNS_TXT)
        add_txt(wire, text, strlen(text));
    else if (type == DNS_A || type == DNS_AAAA)
        add_address(wire, text, type);
    else if (type == DNS_MX)
        add_mx(wire, text);
    else
        add_name(wire, text);
}

static struct answer *make_records(char *line, enum dns_type type)
{
    struct dns_rdata rdata[RECORDS_MAX];
    struct str wire[RECORDS_MAX];
    size_t n = 0;

    for (char *text; n < RECORDS_MAX && (text = strsep(&line, "|")) != NULL; n++) {
        str_init(&wire[n]);
        add_record(&wire[n], text, type);
        rdata[n] = (struct dns_rdata){ (const uint8_t *)str_get(&wire[n]), wire[n].len };
    }
    struct answer *answer = answer_new(DNS_OK, 60, rdata, n, NULL, 0);
    for (size_t i = 0; i < n; i++)
        str_clear(&wire[i]);
    return answer;
}

static struct answer *make_answer(char *line, enum dns_type type)
{
    static const struct { char letter; enum dns_status status; } statuses[] = {
        { 'x', DNS_NXDOMAIN }, { 'n', DNS_NODATA }, { 't', DNS_TEMPFAIL }, { 'o', DNS_TIMEOUT }, { 'b', DNS_BOGUS },
    };

    if (line[0] == '!' && line[1] == 'w') {
        const struct dns_rdata raw = { (const uint8_t *)line + 2, strlen(line + 2) };
        return answer_new(DNS_OK, 0, &raw, 1, NULL, 0);
    }
    for (size_t i = 0; line[0] == '!' && i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (line[1] == statuses[i].letter)
            return answer_new(statuses[i].status, 30, NULL, 0, NULL, 0);
    }
    return make_records(line, type);
}

/* --- lib/dns/dns.h ------------------------------------------------------------ */

static struct known *find(struct dns *dns, const struct question *q)
{
    for (size_t i = 0; i < dns->count; i++) {
        if (question_is_equal(&dns->known[i].question, q))
            return &dns->known[i];
    }
    return NULL;
}

static struct known *learn(struct dns *dns, const struct question *q)
{
    if (dns->count == QUESTIONS_MAX || dns->next == NULL)
        abort();
    size_t len = strcspn(dns->next, "\n");
    char *line = len == 0 ? xstrdup("!x") : xstrndup(dns->next, len);
    struct known *known = &dns->known[dns->count++];

    *known = (struct known){ *q, make_answer(line, q->type) };
    dns->next += len + (dns->next[len] == '\n');
    free(line);
    return known;
}

static bool is_failing(const struct dns *dns, const struct known *known)
{
    return (size_t)(known - dns->known) == dns->failing;
}

static const struct dns_answer *give(struct answer *answer)
{
    return answer_publish(answer, answer_ttl(answer));
}

static void count_failure(struct dns_budget *budget, const char *name, enum dns_type type)
{
    char text[sizeof(budget->failed_name)];

    snprintf(text, sizeof(text), "%s %.240s", dns_type_name(type), name);
    if (strcmp(text, budget->failed_name) == 0)
        return;
    budget->failed++;
    if (budget->failed_name[0] == '\0')
        memcpy(budget->failed_name, text, sizeof(text));
}

const struct dns_answer *dns_lookup(struct dns *dns, const char *name, enum dns_type type, struct dns_budget *budget)
{
    struct question q;

    budget->asked++;
    if (question_init(&q, name, type) != 0)
        return give(answer_new(DNS_NXDOMAIN, 60, NULL, 0, NULL, 0));
    struct known *known = find(dns, &q);
    bool is_new = known == NULL;
    if (is_new && budget->questions-- <= 0) {
        budget->questions = 0;
        budget->asked--;
        budget->is_spent = true;
        count_failure(budget, q.name, type);
        return give(answer_new_failure(DNS_TIMEOUT));
    }
    if (is_new)
        known = learn(dns, &q);
    if (is_new && dns->is_slow && budget->no_wait) {
        budget->questions++;
        budget->pending++;
        return give(answer_new_failure(DNS_PENDING));
    }
    enum dns_status status = is_failing(dns, known) ? dns->failure : answer_status(known->answer);
    if (status != DNS_OK && status != DNS_NODATA && status != DNS_NXDOMAIN)
        count_failure(budget, q.name, type);
    return give(is_failing(dns, known) ? answer_new_failure(status) : answer_ref(known->answer));
}

void dns_prefetch(struct dns *dns, const char *name, enum dns_type type)
{
    (void)dns;
    (void)name;
    (void)type;
}

struct dns *dns_new(const struct dns_settings *settings, struct err *err)
{
    (void)settings;
    (void)err;
    return fuzzdns_new();
}

void dns_free(struct dns **dns)
{
    if (*dns == NULL)
        return;
    fuzzdns_script(*dns, "");
    free((*dns)->lines);
    free(*dns);
    *dns = NULL;
}

const char *dns_type_name(enum dns_type type)
{
    switch (type) {
    case DNS_A: return "A";
    case DNS_AAAA: return "AAAA";
    case DNS_MX: return "MX";
    case DNS_PTR: return "PTR";
    case DNS_TXT: return "TXT";
    default: return "?";
    }
}

const char *dns_status_name(enum dns_status status)
{
    static const char *const names[] = {
        [DNS_OK] = "ok", [DNS_NODATA] = "nodata", [DNS_NXDOMAIN] = "nxdomain", [DNS_BOGUS] = "bogus",
        [DNS_TEMPFAIL] = "tempfail", [DNS_TIMEOUT] = "timeout", [DNS_PENDING] = "pending",
    };

    return names[status];
}
