/*
 * Answers; see answer.h.  A published answer is a small head with its own ttl on top of the shared body.
 */
#include "config.h"

#include "lib/dns/answer.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct answer {
    atomic_int refs;
    enum dns_status status;
    uint32_t ttl;
    size_t size;
    size_t count;
    const struct dns_rdata *rdata;
    const uint8_t *packet;
    size_t packet_len;
};

struct head {
    struct dns_answer pub;      /* first: the caller's pointer is ours */
    struct answer *body;
};

static bool is_too_big(const struct dns_rdata *rdata, size_t count, size_t packet_len)
{
    size_t bytes = packet_len;

    for (size_t i = 0; i < count && bytes <= ANSWER_BYTES_MAX; i++)
        bytes += rdata[i].len;
    return bytes > ANSWER_BYTES_MAX;
}

static size_t bytes_of(const struct dns_rdata *rdata, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += rdata[i].len;
    return bytes;
}

struct answer *answer_new(enum dns_status status, uint32_t ttl, const struct dns_rdata *rdata, size_t count,
                          const void *packet, size_t packet_len)
{
    if (packet == NULL)
        packet_len = 0;
    if (is_too_big(rdata, count, packet_len))
        return answer_new_failure(DNS_TEMPFAIL);

    size_t size = sizeof(struct answer) + count * sizeof(struct dns_rdata) + bytes_of(rdata, count) + packet_len;
    struct answer *answer = xmalloc(size);
    struct dns_rdata *list = (struct dns_rdata *)(answer + 1);
    uint8_t *bytes = (uint8_t *)(list + count);
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct dns_rdata){ .data = bytes, .len = rdata[i].len };
        memcpy(bytes, rdata[i].data, rdata[i].len);
        bytes += rdata[i].len;
    }
    if (packet_len > 0)
        memcpy(bytes, packet, packet_len);
    *answer = (struct answer){
        .status = status, .ttl = ttl, .size = size, .count = count, .rdata = list,
        .packet = packet_len > 0 ? bytes : NULL, .packet_len = packet_len,
    };
    atomic_init(&answer->refs, 1);
    return answer;
}

struct answer *answer_new_failure(enum dns_status status)
{
    return answer_new(status, 0, NULL, 0, NULL, 0);
}

struct answer *answer_ref(struct answer *answer)
{
    atomic_fetch_add_explicit(&answer->refs, 1, memory_order_relaxed);
    return answer;
}

void answer_unref(struct answer *answer)
{
    if (answer == NULL)
        return;
    int before = atomic_fetch_sub_explicit(&answer->refs, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before == 1)
        free(answer);
}

enum dns_status answer_status(const struct answer *answer)
{
    return answer->status;
}

uint32_t answer_ttl(const struct answer *answer)
{
    return answer->ttl;
}

size_t answer_size(const struct answer *answer)
{
    return answer->size;
}

const struct dns_answer *answer_publish(struct answer *answer, uint32_t ttl_left)
{
    struct head *head = xmalloc(sizeof(*head));

    head->body = answer;
    head->pub = (struct dns_answer){
        .status = answer->status, .ttl = ttl_left, .count = answer->count, .rdata = answer->rdata,
        .packet = answer->packet, .packet_len = answer->packet_len,
    };
    return &head->pub;
}

void dns_answer_unref(const struct dns_answer *answer)
{
    if (answer == NULL)
        return;
    struct head *head = (struct head *)(uintptr_t)answer;
    answer_unref(head->body);
    free(head);
}
