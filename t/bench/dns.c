/*
 * A name server for the bench: answers out of a zone file, over UDP, each after a delay; names below "slow.test" have a
 * delay of their own.  The TXT record of "count.bench." is the number of questions so far, itself not counted.
 * One thread.
 */
#include "config.h"

#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#define PACKET_SIZE 4096
#define WAITING_MAX 65536       /* answers whose time has not come; more are lost, as on a network */
#define SOA_RR "bench. 300 IN SOA ns. root.ns. 1 3600 600 86400 300"

struct answer {
    int64_t due_us;
    struct sockaddr_in to;
    size_t len;
    uint8_t *wire;
};

/* Those with the same delay, in the order in which they are due. */
struct queue {
    int64_t delay_us;
    struct answer waiting[WAITING_MAX];
    size_t first, count;
};

static struct {
    int fd;
    struct queue usual, slow;
    ldns_rr **rrs;              /* by owner and type */
    size_t n_rrs;
    ldns_rr *soa;
    unsigned long questions;
} dns;

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void die(const char *what)
{
    fprintf(stderr, "dns: %s\n", what);
    exit(1);
}

/* --- the zone -------------------------------------------------------------------- */

static int compare_owners(const ldns_rdf *a, const ldns_rdf *b)
{
    size_t x = ldns_rdf_size(a), y = ldns_rdf_size(b);

    return x != y ? (x > y) - (x < y) : memcmp(ldns_rdf_data(a), ldns_rdf_data(b), x);
}

static int compare_rrs(const void *a, const void *b)
{
    ldns_rr *const *x = a, *const *y = b;

    return compare_owners(ldns_rr_owner(*x), ldns_rr_owner(*y));
}

static void load_zone(const char *path)
{
    FILE *file = fopen(path, "r");
    ldns_zone *zone = NULL;
    int line = 0;

    if (file == NULL || ldns_zone_new_frm_fp_l(&zone, file, NULL, 300, LDNS_RR_CLASS_IN, &line) != LDNS_STATUS_OK)
        die("the zone cannot be read");
    fclose(file);
    ldns_rr_list *list = ldns_zone_rrs(zone);
    dns.n_rrs = ldns_rr_list_rr_count(list);
    dns.rrs = calloc(dns.n_rrs + 1, sizeof(*dns.rrs));
    if (dns.rrs == NULL || ldns_rr_new_frm_str(&dns.soa, SOA_RR, 0, NULL, NULL) != LDNS_STATUS_OK)
        abort();
    for (size_t i = 0; i < dns.n_rrs; i++) {
        dns.rrs[i] = ldns_rr_list_rr(list, i);
        ldns_rr2canonical(dns.rrs[i]);
    }
    qsort(dns.rrs, dns.n_rrs, sizeof(*dns.rrs), compare_rrs);
}

/* The first record of that owner; n_rrs where there is none. */
static size_t find_owner(const ldns_rdf *owner)
{
    size_t low = 0, high = dns.n_rrs;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_owners(ldns_rr_owner(dns.rrs[middle]), owner) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < dns.n_rrs && compare_owners(ldns_rr_owner(dns.rrs[low]), owner) == 0 ? low : dns.n_rrs;
}

/* --- answers --------------------------------------------------------------------- */

static void add_count(ldns_pkt *packet)
{
    char text[80];
    ldns_rr *rr;

    snprintf(text, sizeof(text), "count.bench. 0 IN TXT \"%lu\"", dns.questions);
    if (ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL) == LDNS_STATUS_OK)
        ldns_pkt_push_rr(packet, LDNS_SECTION_ANSWER, rr);
}

static void fill_answer(ldns_pkt *packet, ldns_rr *question)
{
    ldns_rdf *owner = ldns_rdf_clone(ldns_rr_owner(question));
    bool is_answered = false;

    ldns_dname2canonical(owner);
    size_t i = find_owner(owner);
    ldns_pkt_set_rcode(packet, i < dns.n_rrs ? LDNS_RCODE_NOERROR : LDNS_RCODE_NXDOMAIN);
    for (; i < dns.n_rrs && compare_owners(ldns_rr_owner(dns.rrs[i]), owner) == 0; i++) {
        if (ldns_rr_get_type(dns.rrs[i]) != ldns_rr_get_type(question))
            continue;
        ldns_pkt_push_rr(packet, LDNS_SECTION_ANSWER, ldns_rr_clone(dns.rrs[i]));
        is_answered = true;
    }
    if (!is_answered)
        ldns_pkt_push_rr(packet, LDNS_SECTION_AUTHORITY, ldns_rr_clone(dns.soa));
    ldns_rdf_deep_free(owner);
}

static bool asks_for_count(const ldns_rr *question)
{
    char *name = ldns_rdf2str(ldns_rr_owner(question));
    bool asks = name != NULL && strcasecmp(name, "count.bench.") == 0;

    free(name);
    return asks;
}

static struct queue *queue_of(const ldns_rr *question)
{
    static const char slow[] = ".slow.test.";
    char *name = ldns_rdf2str(ldns_rr_owner(question));
    size_t len = name == NULL ? 0 : strlen(name);
    bool is_slow = len >= sizeof(slow) && strcasecmp(name + len - (sizeof(slow) - 1), slow) == 0;

    free(name);
    return is_slow ? &dns.slow : &dns.usual;
}

/* The queue it is to wait in; NULL where it is no question. */
static struct queue *make_answer(const uint8_t *data, size_t len, struct answer *answer_r)
{
    struct queue *queue = NULL;
    ldns_pkt *packet;

    if (ldns_wire2pkt(&packet, data, len) != LDNS_STATUS_OK)
        return NULL;
    ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(packet), 0);
    if (question != NULL) {
        ldns_pkt_set_qr(packet, true);
        ldns_pkt_set_aa(packet, true);
        ldns_pkt_set_ra(packet, true);
        if (asks_for_count(question)) {
            add_count(packet);
        } else {
            dns.questions++;
            fill_answer(packet, question);
        }
        if (ldns_pkt2wire(&answer_r->wire, packet, &answer_r->len) == LDNS_STATUS_OK)
            queue = queue_of(question);
    }
    ldns_pkt_free(packet);
    return queue;
}

static void take_question(void)
{
    uint8_t data[PACKET_SIZE];
    struct answer answer;
    socklen_t size = sizeof(answer.to);
    ssize_t len = recvfrom(dns.fd, data, sizeof(data), 0, (struct sockaddr *)&answer.to, &size);
    struct queue *queue = len <= 0 ? NULL : make_answer(data, (size_t)len, &answer);

    if (queue == NULL)
        return;
    if (queue->count == WAITING_MAX) {
        free(answer.wire);
        return;
    }
    answer.due_us = now_us() + queue->delay_us;
    queue->waiting[(queue->first + queue->count++) % WAITING_MAX] = answer;
}

/* How long until the next one is due, in milliseconds; -1 where none waits. */
static int send_what_is_due(struct queue *queue)
{
    while (queue->count > 0) {
        struct answer *answer = &queue->waiting[queue->first];
        int64_t left_us = answer->due_us - now_us();
        if (left_us > 0)
            return (int)((left_us + 999) / 1000);
        if (sendto(dns.fd, answer->wire, answer->len, 0, (struct sockaddr *)&answer->to, sizeof(answer->to)) < 0)
            perror("dns: sendto");
        free(answer->wire);
        queue->first = (queue->first + 1) % WAITING_MAX;
        queue->count--;
    }
    return -1;
}

static int time_left(void)
{
    int usual = send_what_is_due(&dns.usual), slow = send_what_is_due(&dns.slow);

    return usual < 0 || (slow >= 0 && slow < usual) ? slow : usual;
}

static void open_socket(const char *address, int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int size = 4 * 1024 * 1024;

    dns.fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (inet_pton(AF_INET, address, &at.sin_addr) != 1 || bind(dns.fd, (struct sockaddr *)&at, sizeof(at)) < 0)
        die("the address cannot be had");
    if (setsockopt(dns.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0)
        die("no room for questions");
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fputs("usage: dns ZONE ADDRESS PORT DELAY_MS SLOW_MS\n", stderr);
        return 2;
    }
    load_zone(argv[1]);
    open_socket(argv[2], atoi(argv[3]));
    dns.usual.delay_us = (int64_t)atoi(argv[4]) * 1000;
    dns.slow.delay_us = (int64_t)atoi(argv[5]) * 1000;
    for (;;) {
        struct pollfd ready = { .fd = dns.fd, .events = POLLIN };
        if (poll(&ready, 1, time_left()) > 0)
            take_question();
    }
}
