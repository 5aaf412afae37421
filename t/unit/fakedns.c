/*
 * The DNS server of the tests; see fakedns.h.
 */
#include "config.h"

#include "t/unit/fakedns.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/dns/dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAMES_MAX 1024
#define TYPE_A 1
#define TYPE_SOA 6
#define TYPE_TXT 16

struct fakedns {
    int udp, tcp, stop[2];
    char server[32];
    pthread_t thread;
    pthread_mutex_t lock;       /* covers what follows */
    enum fakedns_mode mode;
    struct dns *zone;           /* answers in place of the table, or NULL */
    int tcp_count;
    int name_count;
    struct { char name[256]; int count; } names[NAMES_MAX];
};

struct request {
    const uint8_t *data;
    size_t question_end;
    char name[256];
    char label[64];             /* the first but _dmarc, up to a dash */
    unsigned type;
    bool is_tcp;
};

enum behaviour { PLAIN, TTL0, TTL1, NX, NX_WITHOUT_SOA, NODATA, SERVFAIL, REFUSED, HOLE, GARBAGE, SHORT, WRONG_ID,
                 LIE, TC, TC_ONLY, CNAME, CNAME_NX, LOOP, HUGE_TXT, MANY, BAD_TXT };

static const struct { const char *label; enum behaviour behaviour; } behaviours[] = {
    { "ttl0", TTL0 },           /* ttl of 0; else 60 */
    { "ttl1", TTL1 },
    { "nx", NX },               /* SOA minimum 30 */
    { "nosoa", NX_WITHOUT_SOA },
    { "nodata", NODATA },
    { "servfail", SERVFAIL },
    { "refused", REFUSED },
    { "hole", HOLE },           /* no answer */
    { "garbage", GARBAGE },     /* bytes that are no message */
    { "short", SHORT },         /* a message cut in its header */
    { "wrongid", WRONG_ID },
    { "lie", LIE },             /* more records announced than there are */
    { "tc", TC },               /* truncated over UDP, whole over TCP */
    { "tconly", TC_ONLY },      /* truncated over UDP, nothing over TCP */
    { "cname", CNAME },         /* an alias of plain.example */
    { "cnamenx", CNAME_NX },    /* an alias of nx.example */
    { "loop", LOOP },           /* an alias of itself */
    { "huge", HUGE_TXT },       /* 60,000 bytes of TXT, over TCP */
    { "many", MANY },           /* 4,000 records, over TCP */
    { "badtxt", BAD_TXT },      /* a TXT record whose string is longer than the record */
};

static enum behaviour behaviour_of(const char *label)
{
    for (size_t i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]); i++)
        if (strcmp(behaviours[i].label, label) == 0)
            return behaviours[i].behaviour;
    return PLAIN;
}

static void add16(struct str *s, unsigned value)
{
    str_addc(s, (char)(value >> 8));
    str_addc(s, (char)value);
}

static bool parse(const uint8_t *data, size_t len, struct request *r)
{
    size_t at = 12;
    size_t used = 0;

    *r = (struct request){ .data = data };
    while (at < len && data[at] != 0) {
        if (at + data[at] + 5 >= len || used + data[at] + 1 >= sizeof(r->name))
            return false;
        if (used > 0)
            r->name[used++] = '.';
        memcpy(r->name + used, data + at + 1, data[at]);
        used += data[at];
        at += 1U + data[at];
    }
    if (at + 5 > len)
        return false;
    ascii_lower(r->name);
    size_t prefix = strncmp(r->name, "_dmarc.", 7) == 0 ? 7 : 0;
    snprintf(r->label, sizeof(r->label), "%.*s", (int)strcspn(r->name + prefix, ".-"), r->name + prefix);
    r->type = (unsigned)data[at + 1] << 8 | data[at + 2];
    r->question_end = at + 5;
    return true;
}

static void count(struct fakedns *f, const struct request *r)
{
    int i = 0;

    while (i < f->name_count && strcmp(f->names[i].name, r->name) != 0)
        i++;
    if (i == NAMES_MAX)
        return;
    if (i == f->name_count)
        strcpy(f->names[f->name_count++].name, r->name);
    f->names[i].count++;
    f->tcp_count += r->is_tcp;
}

static void add_header(struct str *s, const struct request *r, unsigned flags, unsigned answers, unsigned authority)
{
    str_addn(s, r->data, 2);
    add16(s, 0x8180 | flags);
    add16(s, 1);
    add16(s, answers);
    add16(s, authority);
    add16(s, 0);
    str_addn(s, r->data + 12, r->question_end - 12);
}

/* Owner: the name of the question. */
static void add_record(struct str *s, unsigned type, unsigned ttl, const void *data, size_t len)
{
    add16(s, 0xc00c);
    add16(s, type);
    add16(s, 1);
    add16(s, 0);
    add16(s, ttl);
    add16(s, (unsigned)len);
    str_addn(s, data, len);
}

static void add_soa(struct str *s)
{
    static const char soa[] = "\0\0" "\0\0\0\1" "\0\0\1\0" "\0\0\1\0" "\0\0\1\0" "\0\0\0\36";

    str_addc(s, '\0');                  /* the root's */
    add16(s, TYPE_SOA);
    add16(s, 1);
    add16(s, 0);
    add16(s, 300);
    add16(s, sizeof(soa) - 1);
    str_addn(s, soa, sizeof(soa) - 1);
}

static void add_negative(struct str *s, const struct request *r, unsigned rcode)
{
    add_header(s, r, rcode, 0, 1);
    add_soa(s);
}

static void add_plain(struct str *s, const struct request *r, unsigned ttl)
{
    if (r->type != TYPE_A && r->type != TYPE_TXT) {
        add_negative(s, r, 0);
        return;
    }
    add_header(s, r, 0, 1, 0);
    if (r->type == TYPE_A)
        add_record(s, TYPE_A, ttl, "\xcb\x00\x71\x05", 4);
    else
        add_record(s, TYPE_TXT, ttl, "\4text", 5);
}

static void add_alias(struct str *s, const struct request *r, const char *wire, size_t len)
{
    add_header(s, r, 0, 1, 0);
    add_record(s, 5, 60, wire, len);
}

static void add_huge(struct str *s, const struct request *r)
{
    char string[256];

    memset(string, 'x', sizeof(string));
    string[0] = (char)255;
    add_header(s, r, 0, 220, 0);
    for (int i = 0; i < 220; i++) {
        string[1] = (char)('a' + i % 26);       /* equal records would be one */
        string[2] = (char)('a' + i / 26);
        add_record(s, TYPE_TXT, 60, string, sizeof(string));
    }
}

static void add_many(struct str *s, const struct request *r)
{
    add_header(s, r, 0, 4000, 0);
    for (int i = 0; i < 4000; i++) {
        const char addr[4] = { 10, 0, (char)(i >> 8), (char)i };
        add_record(s, TYPE_A, 60, addr, sizeof(addr));
    }
}

/* The answer, "" for silence. */
static void answer(const struct request *r, struct str *s)
{
    enum behaviour behaviour = behaviour_of(r->label);
    bool is_truncated = !r->is_tcp && (behaviour == TC || behaviour == HUGE_TXT || behaviour == MANY);

    if (is_truncated || behaviour == TC_ONLY) {
        if (!r->is_tcp)
            add_header(s, r, 0x0200, 0, 0);
        return;
    }
    switch (behaviour) {
    case PLAIN: case TC: case TC_ONLY: add_plain(s, r, 60); break;
    case TTL0: add_plain(s, r, 0); break;
    case TTL1: add_plain(s, r, 1); break;
    case NX: add_negative(s, r, 3); break;
    case NX_WITHOUT_SOA: add_header(s, r, 3, 0, 0); break;
    case NODATA: add_negative(s, r, 0); break;
    case SERVFAIL: add_header(s, r, 2, 0, 0); break;
    case REFUSED: add_header(s, r, 5, 0, 0); break;
    case HOLE: break;
    case GARBAGE: str_add(s, "\x7f\x80 what is this? \xff\xff\xff\xff\xff\xff\xff"); break;
    case SHORT: str_addn(s, r->data, 5); break;
    case WRONG_ID: add_plain(s, r, 60); s->data[0] = (char)~s->data[0]; break;
    case LIE: add_plain(s, r, 60); s->data[7] = 100; break;
    case CNAME: add_alias(s, r, "\5plain\7example", 15); break;
    case CNAME_NX: add_alias(s, r, "\2nx\7example", 12); break;
    case LOOP: add_alias(s, r, "\xc0\x0c", 2); break;
    case HUGE_TXT: add_huge(s, r); break;
    case MANY: add_many(s, r); break;
    case BAD_TXT: add_header(s, r, 0, 1, 0); add_record(s, TYPE_TXT, 60, "\x40v=spf1 -all", 12); break;
    }
}

/* The zone's own packet, under the number of the request. */
static void answer_from(struct dns *zone, const struct request *r, struct str *s)
{
    struct dns_budget budget = { .deadline_ms = clock_ms() + 1000, .questions = 1 };
    const struct dns_answer *found = dns_lookup(zone, r->name, (enum dns_type)r->type, &budget);

    if (found->packet != NULL) {
        str_addn(s, r->data, 2);
        str_addn(s, found->packet + 2, found->packet_len - 2);
    }
    dns_answer_unref(found);
}

static void serve(struct fakedns *f, const uint8_t *data, size_t len, bool is_tcp, struct str *out)
{
    struct request r;

    if (!parse(data, len, &r))
        return;
    r.is_tcp = is_tcp;
    pthread_mutex_lock(&f->lock);
    enum fakedns_mode mode = f->mode;
    struct dns *zone = f->zone;
    count(f, &r);
    pthread_mutex_unlock(&f->lock);
    if (mode == FAKEDNS_SERVFAIL)
        add_header(out, &r, 2, 0, 0);
    else if (zone != NULL)
        answer_from(zone, &r, out);
    else if (mode == FAKEDNS_ANSWER)
        answer(&r, out);
}

static void serve_udp(struct fakedns *f)
{
    uint8_t data[4096];
    struct sockaddr_storage peer;
    socklen_t peer_len = sizeof(peer);
    struct str out = STR_EMPTY;

    ssize_t got = recvfrom(f->udp, data, sizeof(data), 0, (struct sockaddr *)&peer, &peer_len);
    if (got > 0)
        serve(f, data, (size_t)got, false, &out);
    if (out.len > 0 && sendto(f->udp, out.data, out.len, 0, (struct sockaddr *)&peer, peer_len) < 0)
        perror("fakedns: sendto");
    str_clear(&out);
}

/* One question per connection; the client is ours and does not dawdle. */
static void serve_tcp(struct fakedns *f)
{
    int fd = accept(f->tcp, NULL, NULL);
    uint8_t data[4096];
    uint8_t length[2];
    struct str out = STR_EMPTY;

    if (recv(fd, length, 2, MSG_WAITALL) == 2) {
        size_t want = (size_t)length[0] << 8 | length[1];
        if (want <= sizeof(data) && recv(fd, data, want, MSG_WAITALL) == (ssize_t)want)
            serve(f, data, want, true, &out);
    }
    if (out.len > 0) {
        const uint8_t head[2] = { (uint8_t)(out.len >> 8), (uint8_t)out.len };
        if (send(fd, head, 2, MSG_NOSIGNAL) != 2 || send(fd, out.data, out.len, MSG_NOSIGNAL) != (ssize_t)out.len)
            perror("fakedns: send");
    }
    str_clear(&out);
    close(fd);
}

static void *run(void *arg)
{
    struct fakedns *f = arg;
    struct pollfd fds[] = {
        { .fd = f->stop[0], .events = POLLIN }, { .fd = f->udp, .events = POLLIN }, { .fd = f->tcp, .events = POLLIN },
    };

    while (poll(fds, 3, -1) >= 0 && fds[0].revents == 0) {
        if (fds[1].revents != 0)
            serve_udp(f);
        if (fds[2].revents != 0)
            serve_tcp(f);
    }
    return NULL;
}

/* TCP first takes a port that is free, UDP the same; false if another has that one. */
static bool bind_both(struct fakedns *f)
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(addr);

    f->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    f->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(f->tcp, (struct sockaddr *)&addr, len) == 0 && listen(f->tcp, 64) == 0 &&
        getsockname(f->tcp, (struct sockaddr *)&addr, &len) == 0 &&
        bind(f->udp, (struct sockaddr *)&addr, len) == 0) {
        snprintf(f->server, sizeof(f->server), "127.0.0.1@%u", ntohs(addr.sin_port));
        return true;
    }
    close(f->tcp);
    close(f->udp);
    return false;
}

struct fakedns *fakedns_start(void)
{
    struct fakedns *f = xcalloc(1, sizeof(*f));
    int tries = 0;

    pthread_mutex_init(&f->lock, NULL);
    while (!bind_both(f))
        if (++tries == 100)
            abort();
    if (pipe(f->stop) != 0 || pthread_create(&f->thread, NULL, run, f) != 0)
        abort();
    return f;
}

void fakedns_stop(struct fakedns **f)
{
    if (*f == NULL)
        return;
    if (write((*f)->stop[1], "x", 1) != 1)
        abort();
    pthread_join((*f)->thread, NULL);
    close((*f)->stop[0]);
    close((*f)->stop[1]);
    close((*f)->udp);
    close((*f)->tcp);
    pthread_mutex_destroy(&(*f)->lock);
    free(*f);
    *f = NULL;
}

const char *fakedns_server(const struct fakedns *f)
{
    return f->server;
}

void fakedns_set_mode(struct fakedns *f, enum fakedns_mode mode)
{
    pthread_mutex_lock(&f->lock);
    f->mode = mode;
    pthread_mutex_unlock(&f->lock);
}

void fakedns_set_zone(struct fakedns *f, struct dns *zone)
{
    pthread_mutex_lock(&f->lock);
    f->zone = zone;
    pthread_mutex_unlock(&f->lock);
}

int fakedns_count(struct fakedns *f, const char *name)
{
    int found = 0;

    pthread_mutex_lock(&f->lock);
    for (int i = 0; i < f->name_count; i++)
        if (strcmp(f->names[i].name, name) == 0)
            found = f->names[i].count;
    pthread_mutex_unlock(&f->lock);
    return found;
}

int fakedns_count_tcp(struct fakedns *f)
{
    pthread_mutex_lock(&f->lock);
    int count_tcp = f->tcp_count;
    pthread_mutex_unlock(&f->lock);
    return count_tcp;
}
